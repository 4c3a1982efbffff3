//! Our own clients: what they learn of a response, and 304. Gateways over gRPC and over REST.

use std::net::SocketAddr;

use goldens::caches::caches::v1::{Key, Note, Notes, NotesClient, NotesRestClient};
use rsvc::client::{Protocol, RestChannel};
use rsvc::error::is_not_modified;
use rsvc::{Channel, Code, Context, Status};

use crate::notes::{open, serve};
use crate::wire::{ask, connect, get};

fn key() -> Key {
    Key { id: "a".into() }
}

fn asking(tag: &str) -> Context {
    Context::new().with_metadata("if-none-match", tag).unwrap()
}

fn rest(addr: SocketAddr) -> NotesRestClient {
    NotesRestClient::new(RestChannel::new(format!("http://{addr}")).unwrap())
}

async fn connect_get(addr: SocketAddr) -> NotesClient {
    let channel = Channel::builder(format!("http://{addr}")).protocol(Protocol::Connect).use_get(true);
    NotesClient::new(channel.connect().await.unwrap())
}

macro_rules! a_client_keeps_what_it_has {
    ($client:expr, $tag:expr) => {{
        let (client, tag) = ($client, $tag);
        let ctx = Context::new();
        assert_eq!(client.by_version(ctx.clone(), key()).await.unwrap().version, 7);
        let headers = ctx.response_headers();
        assert_eq!(headers.get("etag").unwrap(), tag);
        assert_eq!(headers.get("cache-control").unwrap(), "max-age=60");
        let ctx = asking(tag);
        let status = client.by_version(ctx.clone(), key()).await.unwrap_err();
        assert!(is_not_modified(&status) && status.code() == Code::FailedPrecondition, "{status:?}");
        assert_eq!(ctx.response_headers().get("etag").unwrap(), tag);
        assert_eq!(client.by_version(asking("\"6\""), key()).await.unwrap().version, 7);
        // Another failure is none of these.
        let missing = client.by_version(asking(tag), Key { id: "missing".into() }).await.unwrap_err();
        assert!(!is_not_modified(&missing));
    }};
}

#[tokio::test]
async fn over_rest() {
    a_client_keeps_what_it_has!(rest(open().await), "\"7\"");
}

#[tokio::test]
async fn by_get_of_connect() {
    a_client_keeps_what_it_has!(connect_get(open().await).await, "\"7~proto\"");
}

/// A gateway of each kind says the same as the server behind it. What a client asks of its response is its own affair:
/// the server behind it is asked for the whole of it.
#[tokio::test]
async fn gateways() {
    let behind = format!("http://{}", open().await);
    let grpc = NotesClient::new(Channel::connect(&behind).await.unwrap());
    let over_grpc = serve(grpc, |server| server).await;
    let over_rest = serve(rest(open().await), |server| server).await;
    let over_connect = serve(connect_get(open().await).await, |server| server).await;
    for addr in [over_grpc, over_rest, over_connect] {
        for target in ["/v1/notes/a/version".to_owned(), connect("ByVersion", "json", "a")] {
            let answer = get(addr, &target, &[]).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("cache-control").as_deref(), Some("max-age=60"), "{target}");
            let tag = answer.etag();
            let again = get(addr, &target, &[("if-none-match", &tag)]).await;
            assert_eq!((again.status, again.cached()), (304, answer.cached()), "{target}");
            assert_eq!(get(addr, &target, &[("if-none-match", "\"6\"")]).await.status, 200, "{target}");
            assert_eq!(get(addr, &target, &[("if-match", &tag)]).await.status, 200, "{target}");
        }
        // Errors of the server behind it are as little kept.
        let missing = get(addr, "/v1/notes/missing/version", &[("if-none-match", "*")]).await;
        assert_eq!((missing.status, missing.header("cache-control").as_deref()), (404, Some("no-store")));
        // And changes go through.
        let change = async |tag| ask(addr, "PATCH", "/v1/notes/a", &[("if-match", tag)], "{}").await.status;
        assert_eq!((change("\"6\"").await, change("\"7\"").await, change("\"7\"").await), (412, 200, 412));
    }
}

/// Makes one note of another, with a call in its own context.
struct Composed {
    behind: NotesRestClient,
}

impl Notes for Composed {
    async fn plain(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        let other = self.behind.open(ctx, key).await?;
        Ok(Note { text: other.id, ..Note::default() })
    }

    async fn by_version(&self, ctx: Context, key: Key) -> Result<Note, Status> {
        self.plain(ctx, key).await
    }
}

/// A response has neither the version nor the age of what it was made of. What nobody may keep makes one that nobody may.
#[tokio::test]
async fn a_response_is_not_the_one_behind_it() {
    let addr = serve(Composed { behind: rest(open().await) }, |server| server).await;
    assert_eq!(get(addr, "/v1/notes/a", &[("if-none-match", "\"7\"")]).await.cached(), [None, None, None]);
    let answer = get(addr, "/v1/notes/a/version", &[("if-none-match", "\"7\"")]).await;
    assert_eq!((answer.status, answer.etag().as_str()), (200, "\"0\""));
    assert_eq!(answer.header("cache-control").as_deref(), Some("max-age=60"));
    for (id, expected) in [("secret", "no-store"), ("cookie", "private, max-age=3600")] {
        let answer = get(addr, &format!("/v1/notes/{id}/version"), &[]).await;
        assert_eq!((answer.status, answer.header("cache-control").as_deref()), (200, Some(expected)), "{id}");
    }
}
