//! The generated REST client against the generated server: every kind of method, errors, metadata, what a URL cannot say.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

#[path = "../../../runtime/tests/support/authority.rs"]
mod authority;

use std::time::Duration;

use authority::Authority;
use goldens::rest_client::client::v1::{
    CreateNoteRequest, Filter, GetNoteRequest, Note, Notes, NotesRestClient, NotesServer,
};
use rsvc::client::RestChannel;
use rsvc::pb::google::api::HttpBody;
use rsvc::tls::{ClientTls, ServerTls};
use rsvc::{Code, Context, RequestStream, ResponseStream, Server, Status};

/// Says what it heard.
struct Heard;

fn note(name: impl Into<String>, text: impl Into<String>) -> Note {
    Note { name: name.into(), text: text.into() }
}

impl Notes for Heard {
    async fn get_note(&self, ctx: Context, request: GetNoteRequest) -> Result<Note, Status> {
        ctx.set_header("x-seen", ctx.metadata_str("x-sent").unwrap_or("nothing"))?;
        match request.name.as_str() {
            "folders/a/notes/gone" => {
                let mut details = tonic_types::ErrorDetails::new();
                details.set_error_info("GONE", "notes.example", [("name".to_owned(), "gone".to_owned())]);
                Err(<Status as tonic_types::StatusExt>::with_error_details(
                    Code::NotFound,
                    "no such note",
                    details,
                ))
            }
            "folders/a/notes/slow" => {
                tokio::time::sleep(Duration::from_mins(1)).await;
                Ok(Note::default())
            }
            _ => Ok(note(request.name, format!("{:?} {:?}", request.tags, request.filter))),
        }
    }

    async fn create_note(&self, _: Context, request: CreateNoteRequest) -> Result<Note, Status> {
        let CreateNoteRequest { note: sent, dry_run } = request;
        Ok(note("not sent", format!("{sent:?} {dry_run}")))
    }

    async fn watch_notes(&self, _: Context, request: GetNoteRequest) -> Result<ResponseStream<Note>, Status> {
        let fails = request.name == "fails";
        let notes = (0..3).map(|n| Ok(note(n.to_string(), "a\nb")));
        let end = fails.then(|| Err(Status::aborted("that is all")));
        Ok(ResponseStream::new(futures_util::stream::iter(notes.chain(end))))
    }

    async fn import_notes(&self, _: Context, mut requests: RequestStream<Note>) -> Result<Note, Status> {
        let mut names = Vec::new();
        while let Some(note) = requests.message().await? {
            names.push(note.name);
        }
        Ok(note("", names.join(",")))
    }

    async fn talk(
        &self,
        _: Context,
        mut requests: RequestStream<Note>,
    ) -> Result<ResponseStream<Note>, Status> {
        let (sender, responses) = ResponseStream::channel(1);
        tokio::spawn(async move {
            while let Ok(Some(heard)) = requests.message().await {
                if sender.send(note(heard.name, "heard")).await.is_err() {
                    break;
                }
            }
        });
        Ok(responses)
    }

    async fn picture(&self, _: Context, request: GetNoteRequest) -> Result<HttpBody, Status> {
        let content_type = "image/x-test".to_owned();
        Ok(HttpBody { content_type, data: request.name.into_bytes(), extensions: Vec::new() })
    }

    async fn hidden(&self, _: Context, _: GetNoteRequest) -> Result<Note, Status> {
        Ok(Note::default())
    }
}

/// A client of a server that ends with the test.
async fn client(http2: bool) -> NotesRestClient {
    let server = Server::new().add(NotesServer::new(Heard)).bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(async move { server.serve_with_shutdown(std::future::pending()).await });
    let channel = RestChannel::builder(format!("http://{addr}")).http2(http2).build().unwrap();
    NotesRestClient::new(channel)
}

fn named(name: &str) -> GetNoteRequest {
    GetNoteRequest { name: name.into(), ..GetNoteRequest::default() }
}

#[tokio::test]
async fn a_path_and_a_query() {
    let client = client(false).await;
    let request = GetNoteRequest {
        name: "folders/a b/notes/100%/".trim_end_matches('/').into(),
        tags: vec!["x&y".into(), "ü".into()],
        filter: Some(Filter { text: "=".into(), after: i64::MIN }),
    };
    let ctx = Context::new().with_metadata("x-sent", "yes").unwrap();
    let answer = client.get_note(ctx.clone(), request).await.unwrap();
    assert_eq!(answer.name, "folders/a b/notes/100%");
    assert_eq!(answer.text, r#"["x&y", "ü"] Some(Filter { text: "=", after: -9223372036854775808 })"#);
    assert_eq!(ctx.response_headers().get("x-seen").unwrap(), "yes");
}

#[tokio::test]
async fn another_binding_where_the_first_has_no_place() {
    let client = client(false).await;
    let answer = client.get_note(Context::new(), named("no folder")).await.unwrap();
    assert_eq!(answer.name, "no folder");
}

#[tokio::test]
async fn a_field_each_way() {
    let client = client(false).await;
    let request = CreateNoteRequest { note: Some(note("n", "t")), dry_run: true };
    let answer = client.create_note(Context::new(), request).await.unwrap();
    assert_eq!(answer.name, "");
    assert_eq!(answer.text, r#"Some(Note { name: "n", text: "t" }) true"#);
    let answer = client.create_note(Context::new(), CreateNoteRequest::default()).await.unwrap();
    assert_eq!(answer.text, "None false");
}

#[tokio::test]
async fn errors_keep_their_details() {
    let client = client(false).await;
    let error = client.get_note(Context::new(), named("folders/a/notes/gone")).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::NotFound, "no such note"));
    let info = tonic_types::StatusExt::get_details_error_info(&error).unwrap();
    assert_eq!((info.reason.as_str(), info.metadata["name"].as_str()), ("GONE", "gone"));
}

#[tokio::test]
async fn https() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity("localhost")).client_ca(authority.pem());
    let server = Server::new().add(NotesServer::new(Heard)).tls(tls).bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://localhost:{}", server.local_addr().port());
    tokio::spawn(server.serve_with_shutdown(std::future::pending()));
    let call = async |tls: &ClientTls, http2: bool| {
        let channel = RestChannel::builder(&endpoint).tls(tls.clone()).http2(http2).build().unwrap();
        let client = NotesRestClient::new(channel);
        client.get_note(Context::new(), named("a")).await.map(|note| note.name).map_err(|error| error.code())
    };
    let trusting = ClientTls::new().ca(authority.pem());
    let known = trusting.clone().identity(authority.identity("client"));
    for http2 in [false, true] {
        assert_eq!(call(&known, http2).await.as_deref(), Ok("a"));
        for stranger in [
            &trusting,
            &known.clone().ca(Authority::new().pem()),
            &known.clone().server_name("elsewhere"),
            &ClientTls::new(),
        ] {
            assert_eq!(call(stranger, http2).await, Err(Code::Unavailable));
        }
    }
    let useless = RestChannel::builder(&endpoint).tls(ClientTls::new().ca("nothing")).build().unwrap_err();
    let reason = std::error::Error::source(&useless).unwrap().to_string();
    assert!(reason.ends_with("TLS server authority: there is no certificate in it"), "{useless}: {reason}");
}

#[tokio::test]
async fn deadlines_hold() {
    let client = client(false).await;
    let ctx = Context::new().with_timeout(Duration::from_millis(50));
    let error = client.get_note(ctx, named("folders/a/notes/slow")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn streams_of_all_kinds() {
    for http2 in [false, true] {
        let client = client(http2).await;
        let mut watched = client.watch_notes(Context::new(), named("")).await.unwrap();
        let mut names = Vec::new();
        while let Some(note) = watched.message().await.unwrap() {
            assert_eq!(note.text, "a\nb");
            names.push(note.name);
        }
        assert_eq!(names, ["0", "1", "2"]);

        let mut watched = client.watch_notes(Context::new(), named("fails")).await.unwrap();
        for _ in 0..3 {
            watched.message().await.unwrap().unwrap();
        }
        let error = watched.message().await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Aborted, "that is all"));

        let sent = RequestStream::from_iter([note("a", ""), note("b", "")]);
        let imported = client.import_notes(Context::new(), sent).await.unwrap();
        assert_eq!(imported.text, "a,b");

        let sent = RequestStream::from_iter([note("a", ""), note("b", "")]);
        let mut answers = client.talk(Context::new(), sent).await.unwrap();
        let mut heard = Vec::new();
        while let Some(note) = answers.message().await.unwrap() {
            heard.push(note.name);
        }
        assert_eq!(heard, ["a", "b"]);
    }
}

#[tokio::test]
async fn a_request_stream_that_fails_is_how_the_call_ends() {
    for http2 in [false, true] {
        let client = client(http2).await;
        let failing = || {
            let failed = Status::data_loss("the disk");
            RequestStream::new(futures_util::stream::iter([Ok(note("a", "")), Err(failed)]))
        };
        let error = client.import_notes(Context::new(), failing()).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::DataLoss, "the disk"), "{http2}");
        let talk = async {
            let mut answers = client.talk(Context::new(), failing()).await?;
            while answers.message().await?.is_some() {}
            Ok::<_, Status>(())
        };
        assert_eq!(talk.await.unwrap_err().code(), Code::DataLoss, "{http2}");
    }
}

#[tokio::test]
async fn raw_content() {
    let client = client(false).await;
    let body = client.picture(Context::new(), named("folders/x")).await.unwrap();
    assert_eq!((body.content_type.as_str(), &*body.data), ("image/x-test", &b"folders/x"[..]));
}

#[tokio::test]
async fn what_cannot_be_said_is_an_error() {
    let client = client(false).await;
    let error = client.hidden(Context::new(), named("")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    assert_eq!(error.message(), "`/client.v1.Notes/Hidden` has no `google.api.http`");
    let error = client.picture(Context::new(), named("elsewhere")).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    let empty = GetNoteRequest { filter: Some(Filter::default()), ..named("") };
    let error = client.watch_notes(Context::new(), empty).await.map(|_| ()).unwrap_err();
    assert_eq!(error.message(), "`filter` has no form in the query of `/v1/notes:watch`");
}

#[tokio::test]
async fn nobody_there() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = socket.local_addr().unwrap();
    drop(socket);
    let client = NotesRestClient::new(RestChannel::new(format!("http://{addr}")).unwrap());
    let error = client.get_note(Context::new(), named("x")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    for endpoint in ["nothing", "ftp://host", "http://host/?q=1"] {
        assert!(RestChannel::new(endpoint).unwrap_err().is_invalid_endpoint(), "{endpoint}");
    }
}

#[tokio::test]
async fn without_a_socket() {
    let service = rsvc::rest::Rest::new().add(NotesServer::new(Heard));
    let channel = RestChannel::builder("http://in.process/").with_transport(service).unwrap();
    let answer = NotesRestClient::new(channel).get_note(Context::new(), named("folders/a/notes/b")).await;
    assert_eq!(answer.unwrap().name, "folders/a/notes/b");
}
