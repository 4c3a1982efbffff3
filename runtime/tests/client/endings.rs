//! Calls that end before their time.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use rsvc::client::{HttpVersion, Protocol};
use rsvc::codegen::client;
use rsvc::{Channel, Code, Context, RequestStream, Status};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::clock::Stopped;
use crate::setup::{
    Answer, CHAT, DOWNLOAD, Handler, LONG, Part, Text, UNARY, UPLOAD, answer, channel, hi, read, serve, text,
};

const SOON: Duration = Duration::from_millis(50);

/// All ways to call.
const WAYS: [(Protocol, HttpVersion); 5] = [
    (Protocol::Grpc, HttpVersion::Http2),
    (Protocol::GrpcWeb, HttpVersion::Http1),
    (Protocol::GrpcWeb, HttpVersion::Http2),
    (Protocol::Connect, HttpVersion::Http1),
    (Protocol::Connect, HttpVersion::Http2),
];

/// How the body of a request ended.
#[derive(Debug, PartialEq)]
enum Ending {
    Begun,
    Regular,
    Broken,
}

/// A channel to a server that answers one message and then nothing, and tells how its requests end.
async fn watcher(
    protocol: Protocol,
    version: HttpVersion,
    answer: Answer,
) -> (Channel, mpsc::UnboundedReceiver<Ending>) {
    let (sender, endings) = mpsc::unbounded_channel();
    let handler: Handler = Arc::new(move |_, mut body| {
        let sender = sender.clone();
        tokio::spawn(async move {
            loop {
                let ending = match body.frame().await {
                    Some(Ok(_)) => Ending::Begun,
                    Some(Err(_)) => Ending::Broken,
                    None => Ending::Regular,
                };
                let is_over = ending != Ending::Begun;
                let _ = sender.send(ending);
                if is_over {
                    break;
                }
            }
        });
        Box::pin(std::future::ready(answer.clone()))
    });
    let address = serve(version, handler).await;
    let builder = Channel::builder(format!("http://{address}")).protocol(protocol).http_version(version);
    (builder.connect().await.unwrap(), endings)
}

async fn next(endings: &mut mpsc::UnboundedReceiver<Ending>) -> Ending {
    timeout(LONG, endings.recv()).await.expect("it ends").expect("somebody tells how")
}

/// A response that begins and does not go on.
fn paused(protocol: Protocol) -> Answer {
    let media_type = match protocol {
        Protocol::Grpc => "application/grpc",
        Protocol::GrpcWeb => "application/grpc-web+proto",
        _ => "application/connect+proto",
    };
    answer(media_type).data(hi()).part(Part::Silence)
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_no_whole_one() {
    for (protocol, version) in WAYS {
        let (channel, mut endings) = watcher(protocol, version, paused(protocol)).await;
        let (sender, requests) = RequestStream::channel(1);
        sender.send(text("a")).await.unwrap();
        let call = client::bidi_streaming::<_, Text, Status>(&channel, &CHAT, Context::new(), requests);
        let mut responses = timeout(LONG, call).await.unwrap().unwrap();
        assert_eq!(responses.message().await.unwrap(), Some(text("hi")));
        assert_eq!(next(&mut endings).await, Ending::Begun);
        drop(responses);
        // The request stream still waits for its next message.
        assert_eq!(next(&mut endings).await, Ending::Broken, "{protocol:?} {version:?}");
        timeout(LONG, sender.closed()).await.expect("nobody reads the requests any more");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_is_no_whole_one() {
    for (protocol, version) in WAYS {
        let (channel, mut endings) = watcher(protocol, version, paused(protocol)).await;
        let (sender, requests) = RequestStream::channel(1);
        sender.send(text("a")).await.unwrap();
        let mut call = Box::pin(client::client_streaming::<_, Text, Status>(
            &channel,
            &UPLOAD,
            Context::new(),
            requests,
        ));
        tokio::select! {
            outcome = &mut call => panic!("{outcome:?}"),
            ending = next(&mut endings) => assert_eq!(ending, Ending::Begun),
        }
        drop(call);
        drop(sender);
        assert_eq!(next(&mut endings).await, Ending::Broken, "{protocol:?} {version:?}");
    }
}

#[tokio::test]
async fn an_error_among_the_requests_is_the_outcome() {
    for (protocol, version) in WAYS {
        let (channel, mut endings) = watcher(protocol, version, paused(protocol)).await;
        let requests = || {
            let requests = [Ok(text("a")), Err(Status::data_loss("lost"))];
            RequestStream::new(futures_util::stream::iter(requests))
        };
        let call = client::client_streaming::<_, Text, Status>(&channel, &UPLOAD, Context::new(), requests());
        let status = timeout(LONG, call).await.unwrap().unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::DataLoss, "lost"), "{protocol:?} {version:?}");
        let call = client::bidi_streaming::<_, Text, Status>(&channel, &CHAT, Context::new(), requests());
        let status = match timeout(LONG, call).await.unwrap() {
            Ok(responses) => timeout(LONG, read(responses)).await.unwrap().1.unwrap_err(),
            Err(status) => status,
        };
        assert_eq!((status.code(), status.message()), (Code::DataLoss, "lost"), "{protocol:?} {version:?}");
        while let Ok(ending) = endings.try_recv() {
            assert_ne!(ending, Ending::Regular);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_keeps_the_deadline() {
    let ctx = || Context::new().with_timeout(SOON);
    for (protocol, version) in WAYS {
        let name = format!("{protocol:?} {version:?}");
        let late = |outcome: Result<(), Status>| {
            assert_eq!(outcome.unwrap_err().code(), Code::DeadlineExceeded, "{name}");
        };
        let stopped = Stopped::new();
        let channel = channel(protocol, version, paused(protocol)).await;
        let call = client::server_streaming::<_, Text, Status>(&channel, &DOWNLOAD, ctx(), text("ho"));
        let mut responses = call.await.unwrap();
        assert_eq!(responses.message().await.unwrap(), Some(text("hi")), "{name}");
        drop(stopped);
        let (texts, outcome) = read(responses).await;
        assert_eq!(texts, [], "{name}");
        late(outcome);

        let (_sender, requests) = RequestStream::<Text>::channel(1);
        let call = client::client_streaming::<_, Text, Status>(&channel, &UPLOAD, ctx(), requests);
        late(timeout(LONG, call).await.unwrap().map(drop));
        if protocol != Protocol::Connect {
            let call = client::unary::<_, Text, Status>(&channel, &UNARY, ctx(), text("ho"));
            late(timeout(LONG, call).await.unwrap().map(drop));
        }
    }
    // Not even the head of a response.
    let address = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut connections = Vec::new();
            while let Ok((io, _)) = listener.accept().await {
                connections.push(io);
            }
        });
        address
    };
    for (protocol, version) in WAYS {
        let builder = Channel::builder(format!("http://{address}")).protocol(protocol).http_version(version);
        let channel = builder.connect_lazy().unwrap();
        let call = client::unary::<_, Text, Status>(&channel, &UNARY, ctx(), text("ho"));
        let status = timeout(LONG, call).await.unwrap().unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{protocol:?} {version:?}");
    }
}

#[tokio::test]
async fn responses_that_never_end_do_not_outrun_the_deadline() {
    let many = std::iter::repeat_n(hi(), 200_000).flatten().collect::<Vec<_>>();
    let channel = channel(Protocol::Grpc, HttpVersion::Http2, answer("application/grpc").data(many)).await;
    let ctx = Context::new().with_timeout(Duration::from_millis(1));
    let call = client::server_streaming::<_, Text, Status>(&channel, &DOWNLOAD, ctx, text("ho"));
    let outcome = match call.await {
        Ok(responses) => read(responses).await.1,
        Err(status) => Err(status),
    };
    assert_eq!(outcome.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_request_stream_that_ends_is_a_whole_one() {
    let (channel, mut endings) = watcher(Protocol::Grpc, HttpVersion::Http2, paused(Protocol::Grpc)).await;
    let requests = RequestStream::from_iter([text("a")]);
    let call = client::bidi_streaming::<_, Text, Status>(&channel, &CHAT, Context::new(), requests);
    let mut responses = call.await.unwrap();
    assert_eq!(responses.message().await.unwrap(), Some(text("hi")));
    assert_eq!(next(&mut endings).await, Ending::Begun);
    assert_eq!(next(&mut endings).await, Ending::Regular);
}
