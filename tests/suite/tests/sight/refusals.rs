//! Requests that are refused before they are calls: they are told of as well, and no peer makes up names.

use std::collections::BTreeSet;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::notes::serve;
use crate::recorded::Recorded;

#[tokio::test]
async fn what_is_refused_is_told_of() {
    let (recorded, _guard) = Recorded::begin();
    let endpoint = serve(|server| server.max_header_list_size(4096)).await;
    let address = endpoint.trim_start_matches("http://");
    let oversized = format!("x-long: {}", "x".repeat(5000));
    let mut methods = BTreeSet::new();
    let method = "client.v1.Notes/GetNote";
    for (head, expected) in [
        ("GET /nowhere HTTP/1.1", "rest _OTHER NOT_FOUND"),
        ("GET /made-up HTTP/1.1", "rest _OTHER NOT_FOUND"),
        ("DELETE /v1/notes HTTP/1.1", "rest _OTHER UNIMPLEMENTED"),
        ("GET /v1/notes HTTP/1.1\r\nconnection: close\r\nx-http-method-override: x y", "rest METHOD OK"),
        (
            "POST /client.v1.Notes/Made HTTP/1.1\r\ncontent-type: application/grpc-web",
            "grpc _OTHER UNIMPLEMENTED",
        ),
        ("POST /made.Up/Method HTTP/1.1\r\ncontent-type: application/grpc-web", "grpc _OTHER UNIMPLEMENTED"),
        (
            "POST /client.v1.Notes/GetNote HTTP/1.1\r\ncontent-type: application/grpc-web\r\ngrpc-encoding: made-up",
            "grpc METHOD UNIMPLEMENTED",
        ),
        (
            "POST /client.v1.Notes/GetNote HTTP/1.1\r\ncontent-type: application/grpc",
            "grpc METHOD UNIMPLEMENTED",
        ),
        (
            "POST /client.v1.Notes/GetNote HTTP/1.1\r\ncontent-type: application/proto\r\nconnect-protocol-version: 7",
            "connectrpc METHOD INVALID_ARGUMENT",
        ),
        (
            &format!(
                "POST /client.v1.Notes/GetNote HTTP/1.1\r\ncontent-type: application/proto\r\n{oversized}"
            ),
            "connectrpc METHOD RESOURCE_EXHAUSTED",
        ),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{head}\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // It may be reset once it is answered.
        let _ = stream.read_to_end(&mut answer).await;
        let span = recorded.spans(1).await.remove(0);
        let field = |name| span.fields.0[name].as_str();
        let told = [field("rpc.system.name"), field("rpc.method"), field("rpc.response.status_code")];
        assert_eq!(told.join(" "), expected.replace("METHOD", method), "{head}: {span:?}");
        let log = std::mem::take(&mut *recorded.log.lock().unwrap());
        assert_eq!(log.len(), 1, "{head}");
        assert_eq!(log[0].0["rpc.method"], field("rpc.method"), "{head}");
        methods.insert(field("rpc.method").to_owned());
    }
    assert_eq!(methods.len(), 2, "one name for what there is not: {methods:?}");
}
