//! Tokens that a server stops to take while calls are under way: what callers see of it, over every protocol.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use goldens::rest_client::client::v1::{
    CreateNoteRequest, GetNoteRequest, Note, Notes, NotesClient, NotesRestClient, NotesServer,
};
use rsvc::client::{Credentials, Protocol, RestChannel, Token};
use rsvc::pb::google::api::HttpBody;
use rsvc::{Authenticator, Channel, Code, Context, Principal, RequestStream, ResponseStream, Server, Status};

/// Answers with who calls.
struct Who;

fn note(ctx: &Context) -> Note {
    Note { name: ctx.principal().unwrap().subject().to_owned(), ..Note::default() }
}

impl Notes for Who {
    async fn get_note(&self, ctx: Context, _: GetNoteRequest) -> Result<Note, Status> {
        Ok(note(&ctx))
    }

    async fn create_note(&self, ctx: Context, _: CreateNoteRequest) -> Result<Note, Status> {
        Ok(note(&ctx))
    }

    async fn watch_notes(&self, ctx: Context, _: GetNoteRequest) -> Result<ResponseStream<Note>, Status> {
        Ok(ResponseStream::from_iter([note(&ctx)]))
    }

    async fn import_notes(&self, ctx: Context, mut requests: RequestStream<Note>) -> Result<Note, Status> {
        while requests.message().await?.is_some() {}
        Ok(note(&ctx))
    }

    async fn talk(&self, ctx: Context, _: RequestStream<Note>) -> Result<ResponseStream<Note>, Status> {
        Ok(ResponseStream::from_iter([note(&ctx)]))
    }

    async fn picture(&self, _: Context, _: GetNoteRequest) -> Result<HttpBody, Status> {
        Ok(HttpBody::default())
    }

    async fn hidden(&self, _: Context, _: GetNoteRequest) -> Result<Note, Status> {
        Ok(Note::default())
    }
}

/// Gives tokens, and takes the last one alone.
#[derive(Clone, Default)]
struct TokenServer {
    valid: Arc<Mutex<String>>,
    count: Arc<AtomicU32>,
}

impl TokenServer {
    fn give(&self) -> Token {
        let token = format!("token-{}", self.count.fetch_add(1, Ordering::Relaxed));
        (*self.valid.lock().unwrap()).clone_from(&token);
        Token::bearer(token).expires_in(Duration::from_hours(1))
    }

    /// Takes back what it gave.
    fn revoke(&self) {
        self.valid.lock().unwrap().clear();
    }
}

impl Authenticator for TokenServer {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        let Some(token) = ctx.metadata_str("authorization") else { return Ok(None) };
        let token = token.strip_prefix("Bearer ").unwrap_or_default();
        if token.is_empty() || token != *self.valid.lock().unwrap() {
            return Err(Status::unauthenticated("the token has expired"));
        }
        Ok(Some(Principal::new(token)))
    }
}

/// The address of a server that takes the tokens of `tokens`, and the credentials for it.
async fn serve(tokens: &TokenServer) -> (String, Credentials) {
    let server = Server::new().add(NotesServer::new(Who)).authenticator(tokens.clone());
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", server.local_addr());
    tokio::spawn(async move { server.serve_with_shutdown(pending()).await });
    let source = tokens.clone();
    let credentials = Credentials::new(move || {
        let source = source.clone();
        async move { Ok(source.give()) }
    });
    (endpoint, credentials.over_plain_text(true))
}

fn named() -> GetNoteRequest {
    GetNoteRequest { name: "n".into(), ..GetNoteRequest::default() }
}

async fn only(responses: Result<ResponseStream<Note>, Status>) -> Result<String, Status> {
    Ok(responses?.message().await?.unwrap().name)
}

/// Every kind of call while the server takes back the token.
async fn check(notes: impl Notes, tokens: &TokenServer, talks: bool) {
    let given = || tokens.count.load(Ordering::Relaxed);
    assert_eq!(notes.get_note(Context::new(), named()).await.unwrap().name, "token-0");
    tokens.revoke();
    assert_eq!(notes.get_note(Context::new(), named()).await.unwrap().name, "token-1");
    assert_eq!(only(notes.watch_notes(Context::new(), named()).await).await.unwrap(), "token-1");
    assert_eq!(given(), 2, "one that holds is kept");

    let upload = || RequestStream::from_iter([Note::default()]);
    assert_eq!(notes.import_notes(Context::new(), upload()).await.unwrap().name, "token-1");
    if talks {
        assert_eq!(only(notes.talk(Context::new(), upload()).await).await.unwrap(), "token-1");
    }
    // What a call brings itself is not touched.
    let own = Context::new().with_metadata("authorization", "Bearer other").unwrap();
    assert_eq!(notes.get_note(own, named()).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(given(), 2);
}

/// The beginning of a stream of requests is gone: its caller learns of the refusal, the next one has a new token.
async fn check_stream(notes: impl Notes, tokens: &TokenServer, protocol: Option<Protocol>) {
    notes.get_note(Context::new(), named()).await.unwrap();
    tokens.revoke();
    let upload = || RequestStream::from_iter([Note::default()]);
    let error = notes.import_notes(Context::new(), upload()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Unauthenticated, "the token has expired"));
    if protocol == Some(Protocol::Connect) {
        // The refusal stands at the end of a stream, where no transport looks for it. The next unary call sees one.
        notes.get_note(Context::new(), named()).await.unwrap();
    }
    assert_eq!(notes.import_notes(Context::new(), upload()).await.unwrap().name, "token-1");
}

#[tokio::test]
async fn over_grpc_and_grpc_web_and_connect() {
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        for streams in [false, true] {
            let tokens = TokenServer::default();
            let (endpoint, credentials) = serve(&tokens).await;
            let channel = Channel::builder(endpoint).protocol(protocol).credentials(credentials);
            let notes = NotesClient::new(channel.connect_lazy().unwrap());
            if streams {
                check_stream(notes, &tokens, Some(protocol)).await;
            } else {
                check(notes, &tokens, true).await;
            }
        }
    }
}

#[tokio::test]
async fn over_rest() {
    for http2 in [false, true] {
        for streams in [false, true] {
            let tokens = TokenServer::default();
            let (endpoint, credentials) = serve(&tokens).await;
            let channel = RestChannel::builder(endpoint).http2(http2).credentials(credentials);
            let notes = NotesRestClient::new(channel.build().unwrap());
            if streams {
                check_stream(notes, &tokens, None).await;
            } else {
                check(notes, &tokens, http2).await;
            }
        }
    }
}

#[tokio::test]
async fn many_calls_do_not_notice_a_token_that_is_taken_back() {
    let tokens = TokenServer::default();
    let (endpoint, credentials) = serve(&tokens).await;
    let channel = Channel::builder(endpoint).credentials(credentials).connect_lazy().unwrap();
    let notes = NotesClient::new(channel);
    notes.get_note(Context::new(), named()).await.unwrap();
    tokens.revoke();
    let calls = (0..100).map(|_| notes.get_note(Context::new(), named()));
    for outcome in futures_util::future::join_all(calls).await {
        assert_eq!(outcome.unwrap().name, "token-1");
    }
    assert_eq!(tokens.count.load(Ordering::Relaxed), 2);
}
