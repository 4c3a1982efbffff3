//! A service, and clients of all protocols that call it in every way that differs.

use std::future::pending;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use goldens::rest_client::client::v1::{
    CreateNoteRequest, GetNoteRequest, Note, Notes, NotesClient, NotesRestClient, NotesServer,
};
use rsvc::client::{Protocol, RestChannel, Retries};
use rsvc::pb::google::api::HttpBody;
use rsvc::{Authenticator, Channel, Code, Context, Principal, RequestStream, ResponseStream, Server, Status};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// Says what it heard.
struct Heard;

pub(crate) fn note(name: impl Into<String>) -> Note {
    Note { name: name.into(), text: String::new() }
}

pub(crate) fn named(name: &str) -> GetNoteRequest {
    GetNoteRequest { name: name.into(), ..GetNoteRequest::default() }
}

impl Notes for Heard {
    async fn get_note(&self, _: Context, request: GetNoteRequest) -> Result<Note, Status> {
        tracing::info!(target: "handler", "at work");
        match request.name.as_str() {
            "gone" => {
                let mut details = tonic_types::ErrorDetails::new();
                details.set_error_info("GONE", "notes.example", [("name".to_owned(), "secret".to_owned())]);
                Err(<Status as tonic_types::StatusExt>::with_error_details(Code::NotFound, "secret", details))
            }
            "down" => Err(Status::unavailable("secret")),
            "broken" => Err(Status::data_loss("secret")),
            "slow" => pending().await,
            name => Ok(note(name)),
        }
    }

    async fn create_note(&self, _: Context, request: CreateNoteRequest) -> Result<Note, Status> {
        Ok(request.note.unwrap_or_default())
    }

    async fn watch_notes(&self, _: Context, request: GetNoteRequest) -> Result<ResponseStream<Note>, Status> {
        let end = (request.name == "fails").then(|| Err(Status::aborted("secret")));
        let notes = ["a", "bb"].map(|name| Ok(note(name)));
        let notes = futures_util::stream::iter(notes.into_iter().chain(end));
        Ok(ResponseStream::new(notes.inspect(|_| tracing::info!(target: "handler", "at work"))))
    }

    async fn import_notes(&self, _: Context, mut requests: RequestStream<Note>) -> Result<Note, Status> {
        let mut names = Vec::new();
        while let Some(note) = requests.message().await? {
            names.push(note.name);
        }
        Ok(note(names.join(",")))
    }

    async fn talk(&self, _: Context, requests: RequestStream<Note>) -> Result<ResponseStream<Note>, Status> {
        Ok(ResponseStream::new(requests))
    }

    async fn picture(&self, _: Context, _: GetNoteRequest) -> Result<HttpBody, Status> {
        Ok(HttpBody::default())
    }

    async fn hidden(&self, _: Context, _: GetNoteRequest) -> Result<Note, Status> {
        Ok(Note::default())
    }
}

/// Knows everybody but who has a wrong token.
struct Tokens;

impl Authenticator for Tokens {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        match ctx.metadata_str("authorization") {
            Some("Bearer wrong") => Err(Status::unauthenticated("secret")),
            _ => Ok(Some(Principal::new("ann"))),
        }
    }
}

/// The address of a server that tells everything and ends with the test.
pub(crate) async fn serve(change: impl FnOnce(Server) -> Server) -> String {
    let server = Server::new().add(NotesServer::new(Heard)).authenticator(Tokens);
    let server = change(server.spans().metrics().access_log()).bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(async move { server.serve_with_shutdown(pending()).await });
    format!("http://{addr}")
}

/// A client of a protocol.
pub(crate) enum Client {
    Rpc(NotesClient),
    Rest(NotesRestClient),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Grpc,
    GrpcWeb,
    Connect,
    Rest,
}

pub(crate) const WAYS: [Way; 4] = [Way::Grpc, Way::GrpcWeb, Way::Connect, Way::Rest];

/// A client that tells everything.
pub(crate) fn client(way: Way, endpoint: &str) -> Client {
    client_with(way, endpoint, Retries::new())
}

/// The same, which makes calls again as `retries` say.
pub(crate) fn client_with(way: Way, endpoint: &str, retries: Retries) -> Client {
    let protocol = match way {
        Way::Grpc => Protocol::Grpc,
        Way::GrpcWeb => Protocol::GrpcWeb,
        Way::Connect => Protocol::Connect,
        Way::Rest => {
            let channel = RestChannel::builder(endpoint).spans().metrics().retries(retries).build();
            return Client::Rest(NotesRestClient::new(channel.unwrap()));
        }
    };
    let builder = Channel::builder(endpoint).protocol(protocol).spans().metrics().retries(retries);
    let channel = builder.connect_lazy();
    Client::Rpc(NotesClient::new(channel.unwrap()))
}

macro_rules! call {
    ($client:expr, $method:ident($($argument:expr),*)) => {
        match $client {
            Client::Rpc(client) => client.$method($($argument),*).await,
            Client::Rest(client) => client.$method($($argument),*).await,
        }
    };
}
pub(crate) use call;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    Unary,
    TypedError,
    ServerError,
    Refusal,
    Deadline,
    ServerStream,
    ServerStreamFails,
    ClientStream,
    Bidi,
}

pub(crate) const SCENES: [Scene; 9] = [
    Scene::Unary,
    Scene::TypedError,
    Scene::ServerError,
    Scene::Refusal,
    Scene::Deadline,
    Scene::ServerStream,
    Scene::ServerStreamFails,
    Scene::ClientStream,
    Scene::Bidi,
];

/// Plays a scene to its end.
pub(crate) async fn play(scene: Scene, way: Way) {
    // The server knows first that the time is over, so that the client is told.
    let hasty = scene == Scene::Deadline;
    let limit = Duration::from_millis(300);
    let endpoint = serve(|server| if hasty { server.max_timeout(limit) } else { server }).await;
    let client = &client(way, &endpoint);
    let ctx = Context::new().with_metadata("x-request-id", "7").unwrap();
    let get = async |ctx: Context, name: &str| call!(client, get_note(ctx, named(name))).map(drop);
    let code = |outcome: Result<(), Status>| outcome.unwrap_err().code();
    let sent = || RequestStream::from_iter([note("a"), note("bb")]);
    match scene {
        Scene::Unary => get(ctx, "secret").await.unwrap(),
        Scene::TypedError => assert_eq!(code(get(ctx, "gone").await), Code::NotFound),
        Scene::ServerError => assert_eq!(code(get(ctx, "broken").await), Code::DataLoss),
        Scene::Refusal => {
            let ctx = ctx.with_metadata("authorization", "Bearer wrong").unwrap();
            assert_eq!(code(get(ctx, "secret").await), Code::Unauthenticated);
        }
        Scene::Deadline => assert_eq!(code(get(ctx, "slow").await), Code::DeadlineExceeded),
        Scene::ServerStream | Scene::ServerStreamFails => {
            let fails = scene == Scene::ServerStreamFails;
            let name = if fails { "fails" } else { "secret" };
            let mut responses = call!(client, watch_notes(ctx, named(name))).unwrap();
            for _ in 0..2 {
                responses.message().await.unwrap().unwrap();
            }
            assert_eq!(responses.message().await.is_err(), fails);
        }
        Scene::ClientStream => drop(call!(client, import_notes(ctx, sent())).unwrap()),
        Scene::Bidi => {
            let mut responses = call!(client, talk(ctx, sent())).unwrap();
            while responses.message().await.unwrap().is_some() {}
        }
    }
}

/// The same over WebSocket, for what goes over it. Its client tells nothing.
pub(crate) async fn play_over_websocket(scene: Scene) {
    let endpoint = serve(|server| server).await;
    let address = endpoint.trim_start_matches("http://");
    let (path, sent): (_, &[&str]) = match scene {
        Scene::ServerStream => ("/v1/notes:watch?name=secret", &[]),
        Scene::ServerStreamFails => ("/v1/notes:watch?name=fails", &[]),
        Scene::ClientStream => ("/v1/notes:import", &[r#"{"name":"a"}"#, r#"{"name":"bb"}"#, ""]),
        Scene::Bidi => ("/v1/notes:talk", &[r#"{"name":"a"}"#, r#"{"name":"bb"}"#, ""]),
        _ => unreachable!("only streams go over WebSocket"),
    };
    let request = format!("ws://{address}{path}").into_client_request().unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    for text in sent {
        socket.send(Message::text(*text)).await.unwrap();
    }
    while let Some(Ok(_)) = socket.next().await {}
}
