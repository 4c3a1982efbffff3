//! Interceptors on servers and clients: every kind of method over every protocol, what they see, change and answer.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use goldens::rest_client::client::v1::{
    CreateNoteRequest, GetNoteRequest, Note, Notes, NotesClient, NotesRestClient, NotesServer,
};
use rsvc::client::{Protocol, RestChannel};
use rsvc::interceptor::{Call, Intercepted, Interceptor, Next, Reply};
use rsvc::pb::google::api::HttpBody;
use rsvc::{Channel, Code, Context, RequestStream, ResponseStream, Server, Status};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// Says what it heard.
struct Heard;

fn note(name: impl Into<String>, text: impl Into<String>) -> Note {
    Note { name: name.into(), text: text.into() }
}

fn named(name: &str) -> GetNoteRequest {
    GetNoteRequest { name: name.into(), ..GetNoteRequest::default() }
}

impl Notes for Heard {
    async fn get_note(&self, ctx: Context, request: GetNoteRequest) -> Result<Note, Status> {
        match request.name.as_str() {
            "gone" => Err(Status::not_found("gone")),
            "slow" => pending().await,
            "panic" => panic!("as asked"),
            name => Ok(note(name, ctx.metadata_str("x-added").unwrap_or_default())),
        }
    }

    async fn create_note(&self, _: Context, request: CreateNoteRequest) -> Result<Note, Status> {
        Ok(request.note.unwrap_or_default())
    }

    async fn watch_notes(&self, _: Context, request: GetNoteRequest) -> Result<ResponseStream<Note>, Status> {
        let end = match request.name.as_str() {
            "fails" => Some(Err(Status::aborted("that is all"))),
            "endless" => return Ok(ResponseStream::from_messages(futures_util::stream::pending())),
            "panic" => panic!("as asked"),
            _ => None,
        };
        let notes = ["a", "b"].map(|name| Ok(note(name, "")));
        Ok(ResponseStream::new(futures_util::stream::iter(notes.into_iter().chain(end))))
    }

    async fn import_notes(&self, _: Context, mut requests: RequestStream<Note>) -> Result<Note, Status> {
        let mut names = Vec::new();
        while let Some(note) = requests.message().await? {
            names.push(note.name);
        }
        Ok(note(names.join(","), ""))
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

/// Writes down what it sees.
#[derive(Clone)]
struct Recorder {
    name: &'static str,
    seen: mpsc::UnboundedSender<String>,
}

impl Recorder {
    fn say(&self, what: impl std::fmt::Display) {
        // Fails when the test is over.
        let _ = self.seen.send(format!("{} {what}", self.name));
    }
}

fn name_in(message: &rsvc::interceptor::Message<'_>) -> String {
    let name = match message.downcast_ref::<Note>() {
        Some(note) => &note.name,
        None => &message.downcast_ref::<GetNoteRequest>().unwrap().name,
    };
    format!("{} {name:?}", message.type_name())
}

impl Interceptor for Recorder {
    async fn intercept(&self, mut call: Call, next: Next<'_>) -> Result<Reply, Status> {
        self.say(format_args!("before {}", call.method().name));
        let this = self.clone();
        call.on_request(move |message| {
            this.say(format_args!("request {}", name_in(message)));
            Ok(())
        });
        let this = self.clone();
        call.on_response(move |message| {
            this.say(format_args!("response {}", name_in(message)));
            Ok(())
        });
        let this = self.clone();
        call.on_end(move |status| this.say(format_args!("end {:?}", status.code())));
        let answered = next.run(call).await;
        match &answered {
            Ok(_) => self.say("after"),
            Err(status) => self.say(format_args!("after {:?}", status.code())),
        }
        answered
    }
}

fn recorder(name: &'static str) -> (Recorder, mpsc::UnboundedReceiver<String>) {
    let (seen, seeing) = mpsc::unbounded_channel();
    (Recorder { name, seen }, seeing)
}

/// What was seen up to the end of the call.
async fn seen(seeing: &mut mpsc::UnboundedReceiver<String>, ends: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut left = ends;
    // `after` may come behind `end`.
    while left > 0 {
        let line = timeout(LONG, seeing.recv()).await.expect("an end").unwrap();
        left -= usize::from(line.contains(" end "));
        all.push(line);
    }
    tokio::task::yield_now().await;
    while let Ok(line) = seeing.try_recv() {
        all.push(line);
    }
    all
}

/// The address of a server that ends with the test.
async fn serve(server: Server) -> String {
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(async move { server.serve_with_shutdown(pending()).await });
    format!("http://{addr}")
}

/// Clients of all protocols.
enum Client {
    Rpc(NotesClient),
    Rest(NotesRestClient),
}

const CLIENTS: [&str; 5] = ["gRPC", "gRPC-Web", "Connect", "REST", "REST over HTTP/2"];

/// A client of the protocol with this index in [`CLIENTS`], with interceptors.
fn client(protocol: usize, endpoint: &str, interceptors: &[Recorder]) -> Client {
    let protocol = match protocol {
        0 => Protocol::Grpc,
        1 => Protocol::GrpcWeb,
        2 => Protocol::Connect,
        rest => {
            let builder = RestChannel::builder(endpoint).http2(rest == 4);
            let builder = interceptors
                .iter()
                .fold(builder, |builder, interceptor| builder.intercept(interceptor.clone()));
            return Client::Rest(NotesRestClient::new(builder.build().unwrap()));
        }
    };
    let builder = Channel::builder(endpoint).protocol(protocol);
    let builder =
        interceptors.iter().fold(builder, |builder, interceptor| builder.intercept(interceptor.clone()));
    Client::Rpc(NotesClient::new(builder.connect_lazy().unwrap()))
}

macro_rules! call {
    ($client:expr, $method:ident($($argument:expr),*)) => {
        match $client {
            Client::Rpc(client) => client.$method($($argument),*).await,
            Client::Rest(client) => client.$method($($argument),*).await,
        }
    };
}

/// All messages, and the code at the end.
async fn drain(responses: Result<ResponseStream<Note>, Status>) -> (Vec<String>, Code) {
    let mut names = Vec::new();
    let mut responses = match responses {
        Ok(responses) => responses,
        Err(status) => return (names, status.code()),
    };
    loop {
        match responses.message().await {
            Ok(Some(note)) => names.push(note.name),
            Ok(None) => return (names, Code::Ok),
            Err(status) => return (names, status.code()),
        }
    }
}

const NOTE: &str = "client.v1.Note";
const GET: &str = "client.v1.GetNoteRequest";

/// Makes a call of each kind; what each interceptor of a client or a server has to see of it.
async fn call_each_kind(client: &Client, mut check: impl AsyncFnMut(&[String])) {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let answer = call!(client, get_note(Context::new(), named("n"))).unwrap();
    assert_eq!(answer.name, "n");
    let (n, a, b) = (format!("{NOTE} \"n\""), format!("{NOTE} \"a\""), format!("{NOTE} \"b\""));
    let get = |name: &str| format!("request {GET} \"{name}\"");
    check(&lines(&["before GetNote", &get("n"), &format!("response {n}"), "after", "end Ok"])).await;

    let error = call!(client, get_note(Context::new(), named("gone"))).unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::NotFound, "gone"));
    check(&lines(&["before GetNote", &get("gone"), "after NotFound", "end NotFound"])).await;

    let watched = call!(client, watch_notes(Context::new(), named("x")));
    assert_eq!(drain(watched).await, (vec!["a".into(), "b".into()], Code::Ok));
    let (sent_a, sent_b) = (format!("response {a}"), format!("response {b}"));
    check(&lines(&["before WatchNotes", &get("x"), "after", &sent_a, &sent_b, "end Ok"])).await;

    let watched = call!(client, watch_notes(Context::new(), named("fails")));
    assert_eq!(drain(watched).await, (vec!["a".into(), "b".into()], Code::Aborted));
    check(&lines(&["before WatchNotes", &get("fails"), "after", &sent_a, &sent_b, "end Aborted"])).await;

    let sent = || RequestStream::from_iter([note("a", ""), note("b", "")]);
    let imported = call!(client, import_notes(Context::new(), sent())).unwrap();
    assert_eq!(imported.name, "a,b");
    let (asked_a, asked_b) = (format!("request {a}"), format!("request {b}"));
    let both = format!("response {NOTE} \"a,b\"");
    check(&lines(&["before ImportNotes", &asked_a, &asked_b, &both, "after", "end Ok"])).await;

    let talked = call!(client, talk(Context::new(), sent()));
    assert_eq!(drain(talked).await, (vec!["a".into(), "b".into()], Code::Ok));
    check(&lines(&["before Talk", &asked_a, &asked_b, &sent_a, &sent_b, "after", "end Ok"])).await;
}

/// Compares what was seen, where the order between the two directions of a stream is not given.
fn compare(mut seen: Vec<String>, expected: &[String], context: &str) {
    let mut expected = expected.to_vec();
    if expected[0].ends_with("Talk") || expected[0].ends_with("ImportNotes") {
        seen.sort();
        expected.sort();
    }
    assert_eq!(seen, expected, "{context}");
}

#[tokio::test]
async fn a_server_shows_each_call_whatever_the_protocol() {
    let (recorder, mut seeing) = recorder("s");
    let endpoint = serve(Server::new().add(NotesServer::new(Heard)).intercept(recorder)).await;
    for (index, name) in CLIENTS.iter().enumerate() {
        let client = client(index, &endpoint, &[]);
        call_each_kind(&client, async |expected| {
            let seen = seen(&mut seeing, 1).await;
            let expected: Vec<_> = expected.iter().map(|line| format!("s {line}")).collect();
            compare(seen, &expected, name);
        })
        .await;
    }
}

#[tokio::test]
async fn a_client_shows_each_call_whatever_the_protocol() {
    let endpoint = serve(Server::new().add(NotesServer::new(Heard))).await;
    for (index, name) in CLIENTS.iter().enumerate() {
        let (recorder, mut seeing) = recorder("c");
        let client = client(index, &endpoint, &[recorder]);
        call_each_kind(&client, async |expected| {
            let seen = seen(&mut seeing, 1).await;
            let expected: Vec<_> = expected.iter().map(|line| format!("c {line}")).collect();
            compare(seen, &expected, name);
        })
        .await;
    }
}

#[tokio::test]
async fn the_first_is_the_outermost() {
    let (first, mut seeing) = recorder("1");
    let others = ["2", "3", "4"].map(|name| Recorder { name, ..first.clone() });
    let [second, third, fourth] = others;
    let service = Intercepted::new(NotesServer::new(Heard), third).and(fourth);
    let endpoint = serve(Server::new().intercept(first).add(service).intercept(second)).await;
    call!(&client(0, &endpoint, &[]), get_note(Context::new(), named("n"))).unwrap();
    let steps = ["before GetNote", &format!("request {GET} \"n\"")];
    let mut expected: Vec<_> =
        steps.iter().flat_map(|step| ["1", "2", "3", "4"].map(|name| format!("{name} {step}"))).collect();
    let back = |step: &str| ["4", "3", "2", "1"].map(|name| format!("{name} {step}"));
    expected.extend(back(&format!("response {NOTE} \"n\"")));
    // The service's own have ended before those of the server.
    expected.extend(
        ["4 after", "3 after", "4 end Ok", "3 end Ok", "2 after", "1 after", "2 end Ok", "1 end Ok"]
            .map(str::to_owned),
    );
    assert_eq!(seen(&mut seeing, 4).await, expected);
    // On a client as well.
    let (first, mut seeing) = recorder("1");
    let second = Recorder { name: "2", ..first.clone() };
    let endpoint = serve(Server::new().add(NotesServer::new(Heard))).await;
    call!(&client(0, &endpoint, &[first, second]), get_note(Context::new(), named("n"))).unwrap();
    let order: Vec<_> = seen(&mut seeing, 2).await.iter().map(|line| line[..1].to_owned()).collect();
    assert_eq!(order.concat(), "1212212121");
}

#[tokio::test]
async fn every_outcome_is_seen() {
    let (recorder, mut seeing) = recorder("s");
    let endpoint = serve(Server::new().add(NotesServer::new(Heard)).intercept(recorder)).await;
    let client = client(0, &endpoint, &[]);
    let soon = || Context::new().with_timeout(Duration::from_millis(100));
    for (request, outcome) in [("slow", "DeadlineExceeded"), ("panic", "Internal")] {
        call!(&client, get_note(soon(), named(request))).unwrap_err();
        let seen = seen(&mut seeing, 1).await;
        // A client that knows of the deadline first gives the call up.
        let last = seen.last().unwrap();
        assert!(last.ends_with(outcome) || request == "slow" && last.ends_with("Cancelled"), "{seen:?}");
    }
    for (request, outcomes) in [("endless", &["DeadlineExceeded", "Cancelled"][..]), ("panic", &["Internal"])]
    {
        drain(call!(&client, watch_notes(soon(), named(request)))).await;
        let seen = seen(&mut seeing, 1).await;
        let end = seen.iter().find(|line| line.contains(" end ")).unwrap();
        assert!(outcomes.iter().any(|outcome| end.ends_with(outcome)), "{seen:?}");
    }
    // A caller that leaves.
    let responses = call!(&client, watch_notes(Context::new(), named("endless"))).unwrap();
    drop(responses);
    assert_eq!(seen(&mut seeing, 1).await.last().unwrap(), "s end Cancelled");
}

/// What an interceptor does with a call.
type Act = fn(&mut Call) -> Option<Result<Reply, Status>>;

struct Acting(Act);

impl Interceptor for Acting {
    async fn intercept(&self, mut call: Call, next: Next<'_>) -> Result<Reply, Status> {
        match (self.0)(&mut call) {
            Some(answer) => answer,
            None => next.run(call).await,
        }
    }
}

/// Clients of all protocols of a server that does so, and of one that is called so.
async fn clients(act: Act) -> Vec<(String, Client)> {
    let acting = serve(Server::new().add(NotesServer::new(Heard)).intercept(Acting(act))).await;
    let plain = serve(Server::new().add(NotesServer::new(Heard))).await;
    let mut clients = Vec::new();
    for (index, name) in CLIENTS.iter().enumerate() {
        clients.push((format!("server, {name}"), client(index, &acting, &[])));
        let around = match index {
            3 | 4 => {
                let channel = RestChannel::builder(&plain).http2(index == 4).intercept(Acting(act));
                Client::Rest(NotesRestClient::new(channel.build().unwrap()))
            }
            _ => {
                let protocol = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect][index];
                let channel = Channel::builder(&plain).protocol(protocol).intercept(Acting(act));
                Client::Rpc(NotesClient::new(channel.connect_lazy().unwrap()))
            }
        };
        clients.push((format!("client, {name}"), around));
    }
    clients
}

#[tokio::test]
async fn an_answer_of_its_own() {
    for (name, client) in clients(|_| Some(Err(Status::resource_exhausted("not now")))).await {
        let error = call!(&client, get_note(Context::new(), named("n"))).unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::ResourceExhausted, "not now"), "{name}");
        let watched = call!(&client, watch_notes(Context::new(), named("n")));
        assert_eq!(drain(watched).await, (vec![], Code::ResourceExhausted), "{name}");
    }
    for (name, client) in clients(|_| Some(Ok(Reply::message(note("own", ""))))).await {
        assert_eq!(call!(&client, get_note(Context::new(), named("n"))).unwrap().name, "own", "{name}");
        let watched = call!(&client, watch_notes(Context::new(), named("n")));
        assert_eq!(drain(watched).await, (vec!["own".into()], Code::Ok), "{name}");
    }
    let notes = |_: &mut Call| {
        let notes = [Ok(note("1", "")), Ok(note("2", "")), Err(Status::aborted(""))];
        Some(Ok(Reply::messages(ResponseStream::new(futures_util::stream::iter(notes)))))
    };
    for (name, client) in clients(notes).await {
        let watched = call!(&client, watch_notes(Context::new(), named("n")));
        assert_eq!(drain(watched).await, (vec!["1".into(), "2".into()], Code::Aborted), "{name}");
        // One response is not a stream.
        assert_eq!(call!(&client, get_note(Context::new(), named("n"))).unwrap_err().code(), Code::Internal);
    }
    for (name, client) in clients(|_| Some(Ok(Reply::message(GetNoteRequest::default())))).await {
        let error = call!(&client, get_note(Context::new(), named("n"))).unwrap_err();
        assert_eq!(error.code(), Code::Internal, "{name}: it is not a response of the method");
        let watched = call!(&client, watch_notes(Context::new(), named("n")));
        assert_eq!(drain(watched).await, (vec![], Code::Internal), "{name}");
    }
}

/// Answers in place of an error.
struct Fallback;

impl Interceptor for Fallback {
    async fn intercept(&self, call: Call, next: Next<'_>) -> Result<Reply, Status> {
        match next.run(call).await {
            Err(status) if status.code() == Code::NotFound => Ok(Reply::message(note("fallback", ""))),
            answered => answered,
        }
    }
}

#[tokio::test]
async fn an_answer_in_place_of_the_handlers() {
    let acting = serve(Server::new().add(NotesServer::new(Heard)).intercept(Fallback)).await;
    for (index, name) in CLIENTS.iter().enumerate() {
        let client = client(index, &acting, &[]);
        assert_eq!(
            call!(&client, get_note(Context::new(), named("gone"))).unwrap().name,
            "fallback",
            "{name}"
        );
        assert_eq!(call!(&client, get_note(Context::new(), named("n"))).unwrap().name, "n", "{name}");
    }
}

fn change(call: &mut Call) -> Option<Result<Reply, Status>> {
    call.context().set_header("x-header", "1").unwrap();
    call.context().set_trailer("x-trailer", "2").unwrap();
    let ctx = call.context().clone().with_metadata("x-added", "3").unwrap();
    call.set_context(ctx);
    call.on_request(|message| {
        if let Some(note) = message.downcast_mut::<Note>() {
            note.name.insert(0, '>');
        } else if let Some(request) = message.downcast_mut::<GetNoteRequest>() {
            request.name.insert(0, '>');
        }
        Ok(())
    });
    call.on_response(|message| {
        message.downcast_mut::<Note>().unwrap().name.push('<');
        Ok(())
    });
    None
}

#[tokio::test]
async fn metadata_and_messages_are_changed() {
    for (name, client) in clients(change).await {
        let ctx = Context::new();
        let answer = call!(&client, get_note(ctx.clone(), named("n"))).unwrap();
        assert_eq!((answer.name.as_str(), answer.text.as_str()), (">n<", "3"), "{name}");
        if name.starts_with("server") {
            assert_eq!(ctx.response_headers().get("x-header").unwrap(), "1", "{name}");
            assert_eq!(ctx.response_trailers().get("x-trailer").unwrap(), "2", "{name}");
        }
        let sent = || RequestStream::from_iter([note("a", ""), note("b", "")]);
        let imported = call!(&client, import_notes(Context::new(), sent())).unwrap();
        assert_eq!(imported.name, ">a,>b<", "{name}");
        let talked = call!(&client, talk(Context::new(), sent()));
        assert_eq!(drain(talked).await, (vec![">a<".into(), ">b<".into()], Code::Ok), "{name}");
        let watched = call!(&client, watch_notes(Context::new(), named("n")));
        assert_eq!(drain(watched).await, (vec!["a<".into(), "b<".into()], Code::Ok), "{name}");
    }
}

fn refuse_second(call: &mut Call) -> Option<Result<Reply, Status>> {
    let refuse = |mut count: u32| {
        move |message: &mut rsvc::interceptor::Message<'_>| {
            count += u32::from(message.downcast_ref::<Note>().is_some());
            if count == 2 { Err(Status::failed_precondition("the second")) } else { Ok(()) }
        }
    };
    call.on_request(refuse(0));
    call.on_response(refuse(0));
    None
}

#[tokio::test]
async fn a_message_may_end_the_call() {
    for (name, client) in clients(refuse_second).await {
        let sent = RequestStream::from_iter([note("a", ""), note("b", "")]);
        let error = call!(&client, import_notes(Context::new(), sent)).unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::FailedPrecondition, "the second"), "{name}");
        let watched = call!(&client, watch_notes(Context::new(), named("n")));
        assert_eq!(drain(watched).await, (vec!["a".into()], Code::FailedPrecondition), "{name}");
    }
}

/// Writes down the forms of responses.
struct Forms(Arc<Mutex<Vec<String>>>);

impl Interceptor for Forms {
    async fn intercept(&self, mut call: Call, next: Next<'_>) -> Result<Reply, Status> {
        let forms = Arc::clone(&self.0);
        call.on_response(move |message| {
            let wire = message.to_vec();
            assert_eq!(wire.len(), message.encoded_len());
            forms.lock().unwrap().push(format!("{} {wire:?}", message.to_json().unwrap()));
            Ok(())
        });
        next.run(call).await
    }
}

#[tokio::test]
async fn a_message_has_other_forms() {
    let forms = Arc::new(Mutex::new(Vec::new()));
    let server = Server::new().add(NotesServer::new(Heard)).intercept(Forms(Arc::clone(&forms)));
    let endpoint = serve(server).await;
    call!(&client(0, &endpoint, &[]), get_note(Context::new(), named("n"))).unwrap();
    assert_eq!(*forms.lock().unwrap(), [r#"{"name":"n"} [10, 1, 110]"#]);
}

/// Sends messages over WebSocket, and their end. The texts that come back, and the code with which the socket is closed.
async fn over_websocket(endpoint: &str, path: &str, sent: &[&str]) -> (Vec<String>, u16) {
    let address = endpoint.trim_start_matches("http://");
    let request = format!("ws://{address}{path}").into_client_request().unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    for text in sent.iter().copied().chain((!sent.is_empty()).then_some("")) {
        socket.send(Frame::text(text)).await.unwrap();
    }
    let mut texts = Vec::new();
    while let Some(frame) = timeout(LONG, socket.next()).await.expect("an end") {
        match frame.unwrap() {
            Frame::Text(text) => texts.push(text.to_string()),
            Frame::Close(close) => return (texts, close.unwrap().code.into()),
            _ => {}
        }
    }
    panic!("the socket was not closed: {texts:?}")
}

const WATCH: &str = "/v1/notes:watch?name=x";
const TWO: [&str; 2] = [r#"{"name":"a"}"#, r#"{"name":"b"}"#];

#[tokio::test]
async fn calls_over_websocket_are_seen() {
    let (recorder, mut seeing) = recorder("s");
    let endpoint = serve(Server::new().add(NotesServer::new(Heard)).intercept(recorder)).await;
    let mut call = async |path: &str, sent: &[&str], code: u16, expected: &[String]| {
        assert_eq!(over_websocket(&endpoint, path, sent).await.1, code, "{path}");
        compare(seen(&mut seeing, 1).await, expected, path);
    };
    let lines = |lines: &[&str]| lines.iter().map(|line| format!("s {line}")).collect::<Vec<_>>();
    let of = |direction: &str, name: &str| format!("{direction} {NOTE} \"{name}\"");
    let get = |name: &str| format!("request {GET} \"{name}\"");
    let (sent_a, sent_b) = (of("response", "a"), of("response", "b"));
    let (asked_a, asked_b, both) = (of("request", "a"), of("request", "b"), of("response", "a,b"));

    call(WATCH, &[], 1000, &lines(&["before WatchNotes", &get("x"), "after", &sent_a, &sent_b, "end Ok"]))
        .await;
    let fails = lines(&["before WatchNotes", &get("fails"), "after", &sent_a, &sent_b, "end Aborted"]);
    call("/v1/notes:watch?name=fails", &[], 4010, &fails).await;
    let imported = lines(&["before ImportNotes", &asked_a, &asked_b, &both, "after", "end Ok"]);
    call("/v1/notes:import", &TWO, 1000, &imported).await;
    let talked = lines(&["before Talk", &asked_a, &asked_b, &sent_a, &sent_b, "after", "end Ok"]);
    call("/v1/notes:talk", &TWO, 1000, &talked).await;
}

#[tokio::test]
async fn calls_over_websocket_are_changed_answered_and_ended() {
    let acting =
        async |act: Act| serve(Server::new().add(NotesServer::new(Heard)).intercept(Acting(act))).await;
    let named =
        |names: &[&str]| names.iter().map(|name| format!(r#"{{"name":"{name}"}}"#)).collect::<Vec<_>>();

    let endpoint = acting(change).await;
    assert_eq!(over_websocket(&endpoint, "/v1/notes:talk", &TWO).await, (named(&[">a<", ">b<"]), 1000));
    assert_eq!(over_websocket(&endpoint, "/v1/notes:import", &TWO).await, (named(&[">a,>b<"]), 1000));

    let endpoint = acting(|_| Some(Ok(Reply::message(note("own", ""))))).await;
    assert_eq!(over_websocket(&endpoint, WATCH, &[]).await, (named(&["own"]), 1000));

    let endpoint = acting(|_| Some(Err(Status::resource_exhausted("not now")))).await;
    let address = endpoint.trim_start_matches("http://");
    let stream = TcpStream::connect(address).await.unwrap();
    let refused = tokio_tungstenite::client_async(format!("ws://{address}{WATCH}"), stream).await;
    let Err(Error::Http(refused)) = refused else { panic!("it was opened: {refused:?}") };
    assert_eq!(refused.status(), 429, "before the socket opens an error is a response");

    let endpoint = acting(refuse_second).await;
    let (texts, code) = over_websocket(&endpoint, WATCH, &[]).await;
    assert_eq!((&texts[0], texts.len(), code), (&named(&["a"])[0], 2, 4009));
}
