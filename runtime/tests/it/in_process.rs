//! Calls of a server in the same process are what they are over a network.

use std::sync::Arc;
use std::time::Duration;

use rsvc::codegen::http::Request;
use rsvc::interceptor::{Call, Interceptor, Next, Reply};
use rsvc::metadata::MetadataMap;
use rsvc::server::ResponseValidation;
use rsvc::{
    Authenticator, Body, Channel, Code, Context, Principal, RequestStream, ResponseStream, Server, Status,
};
use tokio::time::timeout;
use tower::util::MapRequestLayer;

use crate::demo::{CHAT, Demo, DemoClient, DemoServer, SAY, Text, number, text};
use crate::setup::{Events, LONG, Script};

/// The ways to a service in the same process.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// The service alone.
    Alone,
    /// A whole server.
    Server,
    /// One whose layers see requests.
    Layers,
    /// The same service over HTTP, as a channel to any other one.
    Http,
}

const WAYS: [Way; 4] = [Way::Alone, Way::Server, Way::Layers, Way::Http];

fn client(way: Way) -> (DemoClient, Events) {
    let (script, events) = Script::new();
    (over(way, script), events)
}

fn over(way: Way, demo: impl Demo) -> DemoClient {
    let service = DemoServer::new(demo);
    if way == Way::Alone {
        return DemoClient::new(Channel::in_process(service));
    }
    let server = Server::new().authenticated_by_layers().add(service);
    DemoClient::new(match way {
        Way::Server => server.into_channel().unwrap(),
        Way::Layers => {
            server.layer(MapRequestLayer::new(|request: Request<Body>| request)).into_channel().unwrap()
        }
        _ => Channel::builder("http://in.process").with_transport(server.into_service().unwrap()).unwrap(),
    })
}

async fn expect(events: &mut Events, event: &str) {
    let next = timeout(LONG, events.recv()).await.expect(event);
    assert_eq!(next, Some(event));
}

/// All messages of a stream, and how it ended.
async fn drain(responses: Result<ResponseStream<Text>, Status>) -> (Vec<Text>, Result<(), Status>) {
    let mut all = Vec::new();
    let mut responses = match responses {
        Ok(responses) => responses,
        Err(status) => return (all, Err(status)),
    };
    loop {
        match responses.message().await {
            Ok(Some(message)) => all.push(message),
            Ok(None) => return (all, Ok(())),
            Err(status) => return (all, Err(status)),
        }
    }
}

/// What a caller sees of a call.
type Seen = (Vec<Text>, Option<(Code, String, Vec<u8>, Vec<String>)>, Vec<String>, Vec<String>);

fn pairs(metadata: &MetadataMap) -> Vec<String> {
    let mut pairs: Vec<_> =
        metadata.as_ref().iter().map(|(key, value)| format!("{key}: {value:?}")).collect();
    pairs.sort();
    pairs
}

fn seen(ctx: &Context, (messages, outcome): (Vec<Text>, Result<(), Status>)) -> Seen {
    let error = outcome.err().map(|status| {
        let metadata = pairs(status.metadata());
        (status.code(), status.message().to_owned(), status.details().to_vec(), metadata)
    });
    (messages, error, pairs(&ctx.response_headers()), pairs(&ctx.response_trailers()))
}

fn one(outcome: Result<Text, Status>) -> (Vec<Text>, Result<(), Status>) {
    match outcome {
        Ok(message) => (vec![message], Ok(())),
        Err(status) => (Vec::new(), Err(status)),
    }
}

/// What the caller sees of calls of all kinds.
async fn calls(way: Way) -> Vec<(String, Seen)> {
    let (client, _events) = client(way);
    let mut all = Vec::new();
    let ctx = || {
        let ctx = Context::new().with_metadata("x-request", "asked").unwrap().with_extension(7_u8);
        ctx.with_metadata("x-request-bin", b"\x00\xff").unwrap()
    };
    let mut note = |name: &str, ctx: &Context, outcome| all.push((name.to_owned(), seen(ctx, outcome)));
    for request in
        ["you", "fail", "foreign", "panic", "no such file", "metadata", "method", "peer", "remaining"]
    {
        let ctx = ctx();
        let outcome = client.say(ctx.clone(), text(request)).await;
        note(request, &ctx, one(outcome));
    }
    let ctx_of_rule = ctx();
    let outcome = client.say(ctx_of_rule.clone(), number(-666)).await;
    note("a rule", &ctx_of_rule, one(outcome));
    for request in ["fail", "foreign", "foreign at the end", "no such file at the end", "panic", "wrong"] {
        let ctx = ctx();
        let outcome = drain(client.count(ctx.clone(), text(request)).await).await;
        note(&format!("stream, {request}"), &ctx, outcome);
    }
    let counted = ctx();
    let outcome = drain(client.count(counted.clone(), number(1000)).await).await;
    note("stream", &counted, outcome);
    let (summed, sent) = (ctx(), RequestStream::from_iter((1..=1000).map(number)));
    note("upload", &summed, one(client.sum(summed.clone(), sent).await));
    let (summed, sent) = (ctx(), RequestStream::from_iter([number(1), number(-666)]));
    note("upload with a wrong one", &summed, one(client.sum(summed.clone(), sent).await));
    let (summed, sent) = (ctx(), RequestStream::from_iter([]));
    note("upload of nothing", &summed, one(client.sum(summed.clone(), sent).await));
    let (sender, sent) = RequestStream::channel(2);
    sender.send(number(1)).await.unwrap();
    sender.fail(Status::data_loss("the disk is gone")).await.unwrap();
    let summed = ctx();
    note("upload that fails", &summed, one(client.sum(summed.clone(), sent).await));
    let (talked, sent) = (ctx(), RequestStream::from_iter(["a", "b"].map(text)));
    note("chat", &talked, drain(client.chat(talked.clone(), sent).await).await);
    for (name, outcome) in
        [("private", client.private(ctx(), text("")).await), ("scoped", client.scoped(ctx(), text("")).await)]
    {
        note(name, &ctx(), one(outcome));
    }
    all
}

#[tokio::test]
async fn a_call_is_what_it_is_over_http() {
    let expected = calls(Way::Http).await;
    assert!(expected.iter().any(|(_, (.., trailers))| trailers.iter().any(|line| line.contains("last"))));
    for way in WAYS {
        for ((name, seen), (_, expected)) in calls(way).await.into_iter().zip(&expected) {
            assert_eq!(&seen, expected, "{name}, {way:?}");
        }
    }
}

#[tokio::test]
async fn an_error_among_the_requests_is_that_of_the_call_whatever_the_handler_makes_of_it() {
    let (client, _events) = client(Way::Alone);
    let (sender, requests) = RequestStream::channel(4);
    let mut responses = client.chat(Context::new(), requests).await.unwrap();
    sender.send(text("a")).await.unwrap();
    assert_eq!(responses.message().await.unwrap().unwrap().text, "re: a");
    sender.fail(Status::data_loss("the disk is gone")).await.unwrap();
    let error = responses.message().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::DataLoss, "the disk is gone"));
    assert_eq!(responses.message().await.unwrap(), None);
}

#[tokio::test]
async fn a_request_that_is_handed_over_is_the_message_itself() {
    /// Says where the text of a request is.
    struct Where;

    impl Interceptor for Where {
        async fn intercept(&self, mut call: Call, next: Next<'_>) -> Result<Reply, Status> {
            let ctx = call.context().clone();
            call.on_request(move |message| {
                let text = &message.downcast_ref::<Text>().unwrap().text;
                ctx.set_header("x-where", format!("{:p}", text.as_ptr()))?;
                Ok(())
            });
            next.run(call).await
        }
    }

    let (script, _events) = Script::new();
    let server = Server::new().authenticated_by_layers().add(DemoServer::new(script)).intercept(Where);
    let client = DemoClient::new(server.into_channel().unwrap());
    let (ctx, request) = (Context::new(), text("you"));
    let place = format!("{:p}", request.text.as_ptr());
    assert_eq!(client.say(ctx.clone(), request).await.unwrap().text, "hello you");
    assert_eq!(ctx.response_headers().get("x-where").unwrap(), place.as_str());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds() {
    for way in WAYS {
        let (client, mut events) = client(way);
        let soon = || Context::new().with_timeout(Duration::from_secs(5));
        assert_eq!(
            client.say(soon(), text("hang")).await.unwrap_err().code(),
            Code::DeadlineExceeded,
            "{way:?}"
        );
        for event in ["hanging", "dropped", "cancelled"] {
            expect(&mut events, event).await;
        }
        let (_, outcome) = drain(client.count(soon(), text("silent")).await).await;
        assert_eq!(outcome.unwrap_err().code(), Code::DeadlineExceeded, "{way:?}");
        for event in ["hanging", "dropped"] {
            expect(&mut events, event).await;
        }
        let (_sender, requests) = RequestStream::channel(1);
        assert_eq!(client.sum(soon(), requests).await.unwrap_err().code(), Code::DeadlineExceeded);
        expect(&mut events, "summing").await;
        let late = Context::new().with_timeout(Duration::ZERO);
        assert_eq!(client.say(late, text("hang")).await.unwrap_err().code(), Code::DeadlineExceeded);
        // That of the method.
        let left = client.hasty(Context::new(), text("remaining")).await.unwrap().number;
        assert!((0..=50).contains(&left), "{left}");
        assert!(events.try_recv().is_err(), "the handler was not reached");
        let busy = drain(client.count(soon(), text("endless")).await).await;
        assert_eq!(busy.1.unwrap_err().code(), Code::DeadlineExceeded);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_cancels() {
    for way in WAYS {
        let (client, mut events) = client(way);
        let caller = client.clone();
        let call = tokio::spawn(async move { caller.say(Context::new(), text("hang")).await });
        expect(&mut events, "hanging").await;
        call.abort();
        expect(&mut events, "dropped").await;
        expect(&mut events, "cancelled").await;

        let mut responses = client.count(Context::new(), text("endless")).await.unwrap();
        responses.message().await.unwrap();
        drop(responses);
        expect(&mut events, "producer stopped").await;

        let (sender, requests) = RequestStream::channel(1);
        let mut responses = client.chat(Context::new(), requests).await.unwrap();
        sender.send(text("a")).await.unwrap();
        assert_eq!(responses.message().await.unwrap().unwrap().text, "re: a");
        drop(responses);
        expect(&mut events, "chat over").await;
    }
}

#[tokio::test]
async fn responses_that_are_always_there_outrun_nobody() {
    let (client, _events) = client(Way::Alone);
    let mut responses = client.count(Context::new(), text("busy")).await.unwrap();
    let endless = tokio::spawn(async move { while responses.message().await.unwrap().is_some() {} });
    // Another task of the same thread.
    tokio::time::sleep(Duration::from_millis(10)).await;
    endless.abort();
    assert!(endless.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn what_a_handler_calls_in_its_process_ends_with_it() {
    let (inner, mut events) = client(Way::Alone);
    let (mut script, _events) = Script::new();
    script.upstream = Some(inner);
    let outer = over(Way::Alone, script);
    let call = tokio::spawn(async move { outer.say(Context::new(), text("relay hang")).await });
    expect(&mut events, "hanging").await;
    call.abort();
    expect(&mut events, "dropped").await;
}

/// The token is the caller.
struct Tokens;

impl Authenticator for Tokens {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        Ok(ctx.metadata_str("authorization").map(|who| Principal::new(who).with_scopes(["a", "b"])))
    }
}

#[tokio::test]
async fn the_caller_is_that_of_the_context_or_of_the_authenticator() {
    let alone = client(Way::Alone).0;
    let (script, _events) = Script::new();
    let server = Server::new().authenticator(Tokens).add(DemoServer::new(script));
    let server = DemoClient::new(server.into_channel().unwrap());
    let ann = || Context::new().with_principal(Principal::new("ann").with_scopes(["a", "c"]));
    for client in [&alone, &server] {
        assert_eq!(client.private(ann(), text("")).await.unwrap().text, "ann");
        assert_eq!(client.scoped(ann(), text("")).await.unwrap().text, "ann");
        let error = client.private(Context::new(), text("")).await.unwrap_err();
        assert_eq!(error.code(), Code::Unauthenticated);
        assert_eq!(error.message(), "`demo.v1.Demo.Private` needs an authenticated caller");
        assert!(error.metadata().contains_key("www-authenticate"));
        let other = Context::new().with_principal(Principal::new("bob").with_scopes(["b"]));
        let error = client.scoped(other, text("")).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        // A call on a service's own behalf has no caller.
        let error = client.private(ann().child(), text("")).await.unwrap_err();
        assert_eq!(error.code(), Code::Unauthenticated);
    }
    let token = || Context::new().with_metadata("authorization", "carl").unwrap();
    assert_eq!(server.private(token(), text("")).await.unwrap().text, "carl");
    // The authenticator is not asked for one who is known.
    let both = token().with_principal(Principal::new("ann"));
    assert_eq!(server.private(both, text("")).await.unwrap().text, "ann");
}

#[tokio::test]
async fn a_principal_does_not_pass_layers() {
    let (script, _events) = Script::new();
    let server = Server::new().authenticator(Tokens).add(DemoServer::new(script));
    let server = DemoClient::new(
        server.layer(MapRequestLayer::new(|request: Request<Body>| request)).into_channel().unwrap(),
    );
    let ann = Context::new().with_principal(Principal::new("ann"));
    assert_eq!(server.private(ann, text("")).await.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn the_limits_and_rules_of_a_server_hold() {
    let (script, mut events) = Script::new();
    let server = Server::new().authenticated_by_layers().add(DemoServer::new(script)).max_calls(1);
    let server = server.validate_responses(ResponseValidation::Fail);
    let client = DemoClient::new(server.into_channel().unwrap());
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.say(Context::new(), text("hang")).await });
    expect(&mut events, "hanging").await;
    let error = client.say(Context::new(), text("you")).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(rsvc::error::is_retryable(&error));
    call.abort();
    expect(&mut events, "dropped").await;
    let (messages, outcome) = drain(client.count(Context::new(), text("wrong")).await).await;
    assert_eq!((messages.len(), outcome.unwrap_err().code()), (1, Code::Internal));
}

#[tokio::test]
async fn layers_see_requests() {
    let (script, _events) = Script::new();
    let paths = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = Arc::clone(&paths);
    let layer = MapRequestLayer::new(move |request: Request<Body>| {
        noted.lock().unwrap().push(request.uri().path().to_owned());
        request
    });
    let server = Server::new().authenticated_by_layers().add(DemoServer::new(script)).layer(layer);
    let client = DemoClient::new(server.into_channel().unwrap());
    client.say(Context::new(), text("you")).await.unwrap();
    assert_eq!(*paths.lock().unwrap(), ["/demo.v1.Demo/Say"]);
}

#[tokio::test]
async fn what_is_not_there_is_unimplemented() {
    let channel = Server::new().authenticated_by_layers().into_channel().unwrap();
    let error = DemoClient::new(channel).say(Context::new(), text("you")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_message_of_another_crate_goes_by_its_bytes() {
    use rsvc::codegen::client;
    use rsvc::pb::google::rpc::LocalizedMessage;

    let (script, _events) = Script::new();
    let channel = Channel::in_process(DemoServer::new(script));
    // Its first field is that of a text.
    let other = |text: &str| LocalizedMessage { locale: text.into(), message: String::new() };
    let say = async |request| {
        client::unary::<_, LocalizedMessage, Status>(&channel, &SAY, Context::new(), request).await
    };
    assert_eq!(say(other("you")).await.unwrap(), other("hello you"));
    let requests = RequestStream::from_iter(["a", "b"].map(other));
    let chat =
        client::bidi_streaming::<_, LocalizedMessage, Status>(&channel, &CHAT, Context::new(), requests);
    let mut responses = chat.await.unwrap();
    assert_eq!(responses.message().await.unwrap(), Some(other("re: a")));
    assert_eq!(responses.message().await.unwrap(), Some(other("re: b")));
    assert_eq!(responses.message().await.unwrap(), None);
    let misfit = LocalizedMessage { locale: "you".into(), message: "no number".into() };
    assert_eq!(say(misfit).await.unwrap_err().code(), Code::Internal);
}
