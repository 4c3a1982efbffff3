//! What a failed call brings along: its own metadata travels on, whatever belongs to one connection or protocol does not.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::future::pending;

use goldens::rest_client::client::v1::{
    CreateNoteRequest, GetNoteRequest, Note, Notes, NotesClient, NotesRestClient, NotesServer,
};
use rsvc::client::{Protocol, RestChannel};
use rsvc::pb::google::api::HttpBody;
use rsvc::{Channel, Code, Context, RequestStream, ResponseStream, Server, Status};

/// Headers that another server sent for its own connection.
const FOREIGN: [(&str, &str); 6] = [
    ("server", "backend"),
    ("via", "1.1 backend"),
    ("content-encoding", "gzip"),
    ("content-length", "7"),
    ("content-type", "text/plain"),
    ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
];

/// The status of a backend, with all that its answer had.
fn foreign() -> Status {
    let mut status = Status::not_found("the backend has none");
    let metadata = status.metadata_mut();
    metadata.insert("x-kept", "yes".parse().unwrap());
    for (key, value) in FOREIGN {
        metadata.insert(key, value.parse().unwrap());
    }
    status
}

/// Fails, at once or behind the first message.
struct Backend;

impl Notes for Backend {
    async fn get_note(&self, _: Context, _: GetNoteRequest) -> Result<Note, Status> {
        Err(foreign())
    }

    async fn create_note(&self, _: Context, _: CreateNoteRequest) -> Result<Note, Status> {
        Err(foreign())
    }

    async fn watch_notes(&self, _: Context, request: GetNoteRequest) -> Result<ResponseStream<Note>, Status> {
        if request.name == "none" {
            return Err(foreign());
        }
        Ok(ResponseStream::new(futures_util::stream::iter([Ok(Note::default()), Err(foreign())])))
    }

    async fn import_notes(&self, _: Context, _: RequestStream<Note>) -> Result<Note, Status> {
        Err(foreign())
    }

    async fn talk(&self, _: Context, _: RequestStream<Note>) -> Result<ResponseStream<Note>, Status> {
        Err(foreign())
    }

    async fn picture(&self, _: Context, _: GetNoteRequest) -> Result<HttpBody, Status> {
        Err(foreign())
    }

    async fn hidden(&self, _: Context, _: GetNoteRequest) -> Result<Note, Status> {
        Err(foreign())
    }
}

/// The address of a server that ends with the test.
async fn serve<S: Notes>(service: S) -> String {
    let server = Server::new().add(NotesServer::new(service)).bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(async move { server.serve_with_shutdown(pending()).await });
    format!("http://{addr}")
}

fn rpc(endpoint: &str, protocol: Protocol) -> NotesClient {
    NotesClient::new(Channel::builder(endpoint).protocol(protocol).connect_lazy().unwrap())
}

/// The status that arrives is the backend's, with its own metadata and with nothing of a connection.
fn check(failed: Result<(), Status>, ctx: &Context, case: &str) {
    let status = failed.expect_err(case);
    assert_eq!((status.code(), status.message()), (Code::NotFound, "the backend has none"), "{case}");
    let kept = status.metadata().get("x-kept").map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(kept.as_deref(), Some("yes"), "{case}");
    for (key, value) in FOREIGN {
        assert!(status.metadata().get(key).is_none(), "{case}: `{key}` is in the status");
        for there in [ctx.response_headers().get(key), ctx.response_trailers().get(key)] {
            assert!(there.is_none_or(|there| there != value), "{case}: `{key}` is the backend's");
        }
    }
    let own = ctx.response_trailers();
    assert!(["content-type", "date"].iter().all(|key| own.get(*key).is_none()), "{case}: {own:?}");
}

async fn check_all(client: &impl Notes, case: &str) {
    let named = |name: &str| GetNoteRequest { name: name.into(), ..GetNoteRequest::default() };
    let ctx = Context::new();
    let failed = client.get_note(ctx.clone(), named("n")).await;
    check(failed.map(|_| ()), &ctx, &format!("{case}, unary"));
    let ctx = Context::new();
    let failed = client.import_notes(ctx.clone(), RequestStream::from_iter([Note::default()])).await;
    check(failed.map(|_| ()), &ctx, &format!("{case}, client stream"));
    for (name, count) in [("none", 0), ("n", 1)] {
        let case = format!("{case}, server stream behind {count}");
        let ctx = Context::new();
        let mut seen = 0;
        let failed = match client.watch_notes(ctx.clone(), named(name)).await {
            Err(status) => Err(status),
            Ok(mut responses) => loop {
                match responses.message().await {
                    Ok(Some(_)) => seen += 1,
                    Ok(None) => break Ok(()),
                    Err(status) => break Err(status),
                }
            },
        };
        assert_eq!(seen, count, "{case}");
        check(failed, &ctx, &case);
    }
}

#[tokio::test]
async fn a_failed_call_travels_on_without_what_belongs_to_its_connection() {
    const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect];
    let backend = serve(Backend).await;
    let mut endpoints = vec![("the backend".to_owned(), backend.clone())];
    // A relay is a server whose service is a client.
    for protocol in PROTOCOLS {
        endpoints.push((format!("a relay by {protocol:?}"), serve(rpc(&backend, protocol)).await));
    }
    for (through, endpoint) in endpoints {
        for protocol in PROTOCOLS {
            check_all(&rpc(&endpoint, protocol), &format!("{protocol:?} to {through}")).await;
        }
        let rest = NotesRestClient::new(RestChannel::builder(&endpoint).build().unwrap());
        let ctx = Context::new();
        let failed =
            rest.get_note(ctx.clone(), GetNoteRequest { name: "n".into(), ..Default::default() }).await;
        check(failed.map(|_| ()), &ctx, &format!("REST to {through}"));
    }
}
