//! REST beside the other protocols, on one server.

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rsvc::{Body, Server};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::demo::Items;

/// Serves, and gives back what stops it.
async fn serve(server: Server) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>) {
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    tokio::spawn(server.serve_with_shutdown(async { stopped.await.unwrap_or_default() }));
    (addr, stop)
}

async fn send(
    addr: std::net::SocketAddr,
    http2: bool,
    request: http::request::Builder,
    body: &str,
) -> (u16, http::HeaderMap, String) {
    let io = TokioIo::new(TcpStream::connect(addr).await.unwrap());
    // Over HTTP/2 the target says the host.
    let request = if http2 { request } else { request.header("host", addr.to_string()) };
    let request = request.body(Full::<bytes::Bytes>::from(body.to_owned())).unwrap();
    let response = if http2 {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    };
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.into()).unwrap())
}

fn target(http2: bool, addr: std::net::SocketAddr, path: &str) -> String {
    if http2 { format!("http://{addr}{path}") } else { path.to_owned() }
}

#[tokio::test]
async fn both_versions_of_http() {
    let (addr, _stop) = serve(Server::new().authenticated_by_layers().add(Items::default())).await;
    for http2 in [false, true] {
        let get = Request::get(target(http2, addr, "/v1/items/7?count=1"));
        let (status, headers, body) = send(addr, http2, get, "").await;
        assert_eq!((status, headers["content-length"].to_str().unwrap()), (200, "20"));
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), json!({"id": "7", "count": 1}));
        let head = Request::head(target(http2, addr, "/v1/items/7?count=1"));
        let (status, headers, body) = send(addr, http2, head, "").await;
        assert_eq!((status, headers["content-length"].to_str().unwrap(), &*body), (200, "20", ""));
        let post =
            Request::post(target(http2, addr, "/v1/items")).header("content-type", "application/grpc-web");
        assert_eq!(send(addr, http2, post, "{\"count\":1}").await.2, "{\"count\":1}");
        let nothing = Request::get(target(http2, addr, "/nothing"));
        let (status, _, body) = send(addr, http2, nothing, "").await;
        assert_eq!((status, &*body), (404, "{\"code\":5,\"message\":\"nothing has this path\"}"));
        let call = Request::post(target(http2, addr, "/rest.v1.Items/Get"));
        let connect = call.header("content-type", "application/json");
        assert_eq!(send(addr, http2, connect, "{\"count\":1}").await.2, "{\"count\":1}");
        let call = Request::post(target(http2, addr, "/rest.v1.Items/Get"));
        let neither = call.header("content-type", "text/plain");
        assert_eq!(send(addr, http2, neither, "{}").await.0, 415);
    }
}

#[cfg(feature = "client")]
#[tokio::test]
async fn grpc_beside_it() {
    let (addr, _stop) = serve(Server::new().authenticated_by_layers().add(Items::default())).await;
    let channel = rsvc::Channel::connect(format!("http://{addr}")).await.unwrap();
    let info = <Items as rsvc::codegen::Service>::INFO;
    let request = crate::demo::Item { count: 3, ..Default::default() };
    let answer: Result<crate::demo::Item, rsvc::Status> =
        rsvc::codegen::client::unary(&channel, &info.methods[0], rsvc::Context::new(), request.clone()).await;
    assert_eq!(answer.unwrap(), request);
}

#[tokio::test]
async fn switched_off() {
    let (addr, _stop) =
        serve(Server::new().authenticated_by_layers().add(Items::default()).without_rest()).await;
    assert_eq!(send(addr, false, Request::get("/v1/items/7"), "").await.0, 404);
    let options = rsvc::rest::Options::new().max_query_pairs(0);
    let (addr, _stop) =
        serve(Server::new().authenticated_by_layers().add(Items::default()).rest(options)).await;
    assert_eq!(send(addr, false, Request::get("/v1/items/7?a"), "").await.0, 400);
}

#[tokio::test]
async fn a_tower_service_for_any_server() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (io, _) = listener.accept().await.unwrap();
        let service =
            hyper_util::service::TowerToHyperService::new(rsvc::rest::Rest::new().add(Items::default()));
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(io), service).await
    });
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let response = client.get(format!("http://{addr}/v1/items/7").parse().unwrap()).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "{\"id\":\"7\"}");
}

#[tokio::test]
async fn a_router_of_axum() {
    use tower::ServiceExt as _;

    let app = axum::Router::from(rsvc::rest::Rest::new().add(Items::default()))
        .route("/healthz", axum::routing::get(|| async { "ok" }));
    for (path, expected) in [("/healthz", "ok"), ("/v1/items/7", "{\"id\":\"7\"}")] {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn what_no_url_has_is_refused() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (addr, _stop) = serve(Server::new().authenticated_by_layers().add(Items::default())).await;
    for target in ["/v1/any?note=\"a\"", "/v1/any?note=<"] {
        let mut io = TcpStream::connect(addr).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        io.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        io.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{target}: {answer}");
    }
}

/// A body whose end can be read in two ways is the client's fault, and no client that is gone.
#[tokio::test]
async fn bodies_that_are_not_framed() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (addr, _stop) = serve(Server::new().authenticated_by_layers().add(Items::default())).await;
    let trailers = format!("x-long: {}\r\n", "x".repeat(1000)).repeat(40);
    for rest in [
        "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}\r\n\r\n".to_owned(),
        format!("transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n{trailers}\r\n"),
    ] {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let request = format!("POST /v1/items HTTP/1.1\r\nhost: localhost\r\n{rest}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 400", "{}", &rest[..40]);
    }
}
