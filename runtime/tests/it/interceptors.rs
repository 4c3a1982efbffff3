//! What interceptors of a server and of a client are told, and what they answer themselves.

use std::sync::{Arc, Mutex};

use rsvc::client::Protocol;
use rsvc::interceptor::{Call, Interceptor, Next, Reply};
use rsvc::{Channel, Code, Context, RequestStream, ResponseStream, Server, Status};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::demo::{Demo, DemoClient, Text, number, text};
use crate::setup::{LONG, Running, serve};

const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect];

/// A server and a client with an interceptor each.
async fn pair(
    protocol: Protocol,
    of_server: impl Interceptor,
    of_client: impl Interceptor,
) -> (Running, DemoClient) {
    let server = serve(|server: Server| server.intercept(of_server)).await;
    let builder = Channel::builder(&*server.endpoint).protocol(protocol).intercept(of_client);
    let client = DemoClient::new(builder.connect_lazy().unwrap());
    (server, client)
}

/// Tells how each call ends.
struct Ends(mpsc::UnboundedSender<Code>);

impl Interceptor for Ends {
    async fn intercept(&self, mut call: Call, next: Next<'_>) -> Result<Reply, Status> {
        let told = self.0.clone();
        call.on_end(move |status| told.send(status.code()).unwrap());
        next.run(call).await
    }
}

/// All messages of a stream, and how it ended.
async fn drain(responses: Result<ResponseStream<Text>, Status>) -> (Vec<i32>, Code) {
    let mut all = Vec::new();
    let mut responses = match responses {
        Ok(responses) => responses,
        Err(status) => return (all, status.code()),
    };
    loop {
        match responses.message().await {
            Ok(Some(message)) => all.push(message.number),
            Ok(None) => return (all, Code::Ok),
            Err(status) => return (all, status.code()),
        }
    }
}

fn code<T>(outcome: Result<T, Status>) -> Code {
    outcome.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test]
async fn both_ends_are_told_how_a_call_ends() {
    for protocol in PROTOCOLS {
        let (of_server, mut at_server) = mpsc::unbounded_channel();
        let (of_client, mut at_client) = mpsc::unbounded_channel();
        let (_server, client) = pair(protocol, Ends(of_server), Ends(of_client)).await;
        let mut told = async |what: &str, code| {
            for (end, side) in [(&mut at_server, "server"), (&mut at_client, "client")] {
                let next = timeout(LONG, end.recv()).await.unwrap_or_else(|_| panic!("{what}, {side}"));
                assert_eq!(next, Some(code), "{what}, {side}, {protocol:?}");
                assert!(end.try_recv().is_err(), "{what}, {side}, {protocol:?}: once");
            }
        };
        let say = async |request| code(client.say(Context::new(), text(request)).await);
        for (request, expected) in
            [("you", Code::Ok), ("fail", Code::FailedPrecondition), ("panic", Code::Internal)]
        {
            assert_eq!(say(request).await, expected);
            told(request, expected).await;
        }
        let count = async |request| drain(client.count(Context::new(), request).await).await.1;
        for (request, expected) in [
            (number(3), Code::Ok),
            (text("fail"), Code::Aborted),
            (text("foreign"), Code::FailedPrecondition),
            (text("panic"), Code::Internal),
        ] {
            assert_eq!(count(request.clone()).await, expected);
            told(&format!("stream {}", request.text), expected).await;
        }
        let requests = RequestStream::from_iter([number(1), number(2)]);
        assert_eq!(code(client.sum(Context::new(), requests).await), Code::Ok);
        told("upload", Code::Ok).await;
        let requests = RequestStream::from_iter([text("a")]);
        assert_eq!(drain(client.chat(Context::new(), requests).await).await.1, Code::Ok);
        told("chat", Code::Ok).await;

        // Who leaves before the end.
        let mut responses = client.count(Context::new(), text("endless")).await.unwrap();
        responses.message().await.unwrap();
        drop(responses);
        told("a stream that is left", Code::Cancelled).await;
    }
}

/// Answers itself, where the call is for it.
struct Answers;

impl Interceptor for Answers {
    async fn intercept(&self, mut call: Call, next: Next<'_>) -> Result<Reply, Status> {
        call.on_response(|message| {
            message.downcast_mut::<Text>().unwrap().number += 10;
            Ok(())
        });
        match call.context().metadata_str("x-answer") {
            Some("one") => Ok(Reply::message(number(1))),
            Some("many") => Ok(Reply::messages(ResponseStream::from_iter([number(1), number(2)]))),
            Some("failing") => {
                let messages = [Ok(number(1)), Err(Status::data_loss("the rest is gone"))];
                Ok(Reply::messages(ResponseStream::new(futures_util::stream::iter(messages))))
            }
            _ => next.run(call).await,
        }
    }
}

/// Does nothing.
struct Nothing;

impl Interceptor for Nothing {
    async fn intercept(&self, call: Call, next: Next<'_>) -> Result<Reply, Status> {
        next.run(call).await
    }
}

#[tokio::test]
async fn an_interceptor_answers_in_place_of_the_server() {
    for protocol in PROTOCOLS {
        for (side, (_server, client)) in [
            ("server", pair(protocol, Answers, Nothing).await),
            ("client", pair(protocol, Nothing, Answers).await),
        ] {
            let ctx = |answer| Context::new().with_metadata("x-answer", answer).unwrap();
            let who = format!("{protocol:?}, {side}");
            assert_eq!(client.say(ctx("one"), text("you")).await.unwrap(), number(11), "{who}");
            assert_eq!(code(client.say(ctx("many"), text("you")).await), Code::Internal, "{who}");
            let sum = client.sum(ctx("one"), RequestStream::from_iter([number(5)])).await;
            assert_eq!(sum.unwrap(), number(11), "{who}");
            for (answer, expected) in [
                ("one", (vec![11], Code::Ok)),
                ("many", (vec![11, 12], Code::Ok)),
                ("failing", (vec![11], Code::DataLoss)),
                ("none", (vec![10, 11, 12], Code::Ok)),
            ] {
                let counted = drain(client.count(ctx(answer), number(3)).await).await;
                assert_eq!(counted, expected, "{who}, {answer}");
            }
        }
    }
}

/// Notes each message.
struct Notes(Arc<Mutex<Vec<String>>>);

impl Interceptor for Notes {
    async fn intercept(&self, mut call: Call, next: Next<'_>) -> Result<Reply, Status> {
        for is_request in [true, false] {
            let notes = Arc::clone(&self.0);
            let hook = move |message: &mut rsvc::interceptor::Message<'_>| {
                let number = message.downcast_ref::<Text>().unwrap().number;
                notes.lock().unwrap().push(format!("{}{number}", if is_request { ">" } else { "<" }));
                Ok(())
            };
            if is_request { call.on_request(hook) } else { call.on_response(hook) }
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn each_message_is_shown_on_both_sides() {
    for protocol in PROTOCOLS {
        let notes = [(); 2].map(|()| Arc::<Mutex<Vec<String>>>::default());
        let [server, client] = notes.each_ref().map(|notes| Notes(Arc::clone(notes)));
        let (_server, client) = pair(protocol, server, client).await;
        let taken = || notes.each_ref().map(|notes| std::mem::take(&mut *notes.lock().unwrap()).join(" "));
        drain(client.count(Context::new(), number(2)).await).await;
        assert_eq!(taken(), [">2 <0 <1"; 2], "{protocol:?}");
        client.sum(Context::new(), RequestStream::from_iter([number(3), number(4)])).await.unwrap();
        assert_eq!(taken(), [">3 >4 <7"; 2], "{protocol:?}");
    }
}
