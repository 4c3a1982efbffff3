//! Preconditions of changes, over all protocols and through a gateway.

use std::net::SocketAddr;

use goldens::caches::caches::v1::{Note, Notes as _, NotesClient, NotesRestClient};
use rsvc::client::{Codec, Protocol, RestChannel};
use rsvc::{Channel, Code, Context};

use crate::notes::{Store, open, serve};
use crate::wire::ask;

/// A gateway in front of a server, over gRPC.
async fn gateway() -> SocketAddr {
    let behind = Channel::connect(format!("http://{}", open().await)).await.unwrap();
    serve(NotesClient::new(behind), |server| server).await
}

/// What comes of a change of version 7, from the same place that knows the version.
const OUTCOMES: [(&str, &str, &str, u16); 14] = [
    ("a", "if-match", "\"7\"", 200),
    ("a", "if-match", "\"7~gzip\"", 200),
    ("a", "if-match", "\"7~proto~br\", \"1\"", 200),
    ("a", "if-match", "*", 200),
    ("a", "x-nothing", "1", 200),
    ("a", "if-match", "\"6\"", 412),
    ("a", "if-match", "W/\"7\"", 412),
    ("a", "if-match", "7", 400),
    ("a", "if-none-match", "*", 412),
    ("a", "if-none-match", "\"6\"", 200),
    ("absent", "if-none-match", "*", 200),
    ("absent", "if-match", "*", 412),
    // It is for another reason, which holds without a condition as well.
    ("locked", "if-match", "\"7\"", 400),
    ("aborts", "if-match", "\"6\"", 409),
];

#[tokio::test]
async fn over_rest() {
    for behind in [false, true] {
        for (id, name, value, expected) in OUTCOMES {
            for method in ["PATCH", "PUT"] {
                let addr = if behind { gateway().await } else { open().await };
                let answer = ask(addr, method, &format!("/v1/notes/{id}"), &[(name, value)], "{}").await;
                assert_eq!(answer.status, expected, "{method} {id} {name}: {value} {behind}");
                // What the server sends after a `PUT` may be something else than what was sent to it.
                let tag = (expected == 200 && method == "PATCH").then(|| "\"8\"".to_owned());
                assert_eq!(answer.cached(), [tag, None, None], "{method} {id} {name}: {value}");
            }
        }
    }
}

/// An error of the handler's own has the usual status of a precondition, where the check has failed.
#[tokio::test]
async fn an_error_of_its_own() {
    let addr = open().await;
    let change =
        async |headers: &[(&str, &str)]| ask(addr, "PATCH", "/v1/notes/own", headers, "{}").await.status;
    assert_eq!(change(&[("if-match", "\"6\"")]).await, 412);
    assert_eq!(change(&[("if-match", "\"7\"")]).await, 200);
}

/// Of two that have seen the same version, one changes it.
#[tokio::test]
async fn no_update_is_lost() {
    let addr = open().await;
    let tag = ask(addr, "GET", "/v1/notes/a/version", &[], "").await.etag();
    let change = async |tag: &str| ask(addr, "PATCH", "/v1/notes/a", &[("if-match", tag)], "{}").await;
    let first = change(&tag).await;
    assert_eq!(first.status, 200);
    let second = change(&tag).await;
    assert_eq!(second.status, 412);
    assert!(second.text().contains("\"code\":9"), "{}", second.text());
    assert_eq!(change(&first.etag()).await.status, 200);
}

/// The same handler hears the same over every protocol. The code is `FAILED_PRECONDITION` everywhere.
#[tokio::test]
async fn over_all_protocols() {
    for (id, name, value, expected) in OUTCOMES {
        let expected = match expected {
            200 => Code::Ok,
            409 => Code::Aborted,
            400 if value == "7" => Code::InvalidArgument,
            _ => Code::FailedPrecondition,
        };
        for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
            let addr = open().await;
            let channel = Channel::builder(format!("http://{addr}")).protocol(protocol);
            let client = NotesClient::new(channel.codec(Codec::Json).connect().await.unwrap());
            let ctx = Context::new().with_metadata(name, value).unwrap();
            let request = Note { id: id.into(), ..Note::default() };
            let code = client.change(ctx, request).await.map_or_else(|status| status.code(), |_| Code::Ok);
            assert_eq!(code, expected, "{protocol:?} {id} {name}: {value}");
        }
        // By the first of its bindings, which is `PATCH`.
        let channel = RestChannel::new(format!("http://{}", open().await)).unwrap();
        let ctx = Context::new().with_metadata(name, value).unwrap();
        let request = Note { id: id.into(), ..Note::default() };
        let changed = NotesRestClient::new(channel).change(ctx.clone(), request).await;
        assert_eq!(
            changed.map_or_else(|status| status.code(), |_| Code::Ok),
            expected,
            "{id} {name}: {value}"
        );
        if expected == Code::Ok {
            assert_eq!(ctx.response_headers().get("etag").unwrap(), "\"8\"");
        }
    }
}

/// In the same process, too.
#[tokio::test]
async fn in_process() {
    let store = Store::new();
    let change = async |tag: &str| {
        let ctx = Context::new().with_metadata("if-match", tag).unwrap();
        store.change(ctx, Note::default()).await.map(|note| note.version).map_err(|status| status.code())
    };
    assert_eq!(change("\"6\"").await, Err(Code::FailedPrecondition));
    assert_eq!(change("\"7\"").await, Ok(8));
}
