//! Servers that do less than they should: they accept connections and say nothing, read nothing or open nothing.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rsvc::client::{HttpVersion, Protocol};
use rsvc::codegen::client;
use rsvc::{Channel, Code, Context, RequestStream, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::evil::{WAYS, all_are, lazy, media_type, outcomes};
use crate::raw::{After, Script, frame, head_block, http2, literal};
use crate::setup::{LONG, Text, UNARY, UPLOAD, text, unary};

const SOON: Duration = Duration::from_millis(100);

fn soon() -> Context {
    Context::new().with_timeout(SOON)
}

/// A server that says something to each connection, and then reads or does not; and how many connections it has had.
async fn server(said: Vec<u8>, reads: bool) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut io, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            // The client may have gone.
            let _ = io.write_all(&said).await;
            if reads {
                tokio::spawn(
                    async move { while io.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {} },
                );
            } else {
                silent.push(io);
            }
        }
    });
    (address, count)
}

/// SETTINGS with or without a limit of streams, and the acknowledgement of the client's.
fn settings(streams: Option<u32>) -> Vec<u8> {
    let limit = streams.map(|count| [&[0, 3][..], &count.to_be_bytes()].concat());
    [frame(4, 0, 0, &limit.unwrap_or_default()), frame(4, 1, 0, &[])].concat()
}

#[tokio::test]
async fn a_server_that_says_nothing_at_all() {
    let (address, count) = server(Vec::new(), true).await;
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let builder = Channel::builder(format!("http://{address}")).protocol(protocol).connect_timeout(SOON);
        let channel = builder.connect_lazy().unwrap();
        all_are(&outcomes(&channel, &Context::new()).await, Code::Unavailable, &format!("{protocol:?}"));
    }
    assert_eq!(
        count.load(Ordering::SeqCst),
        3,
        "a call that comes soon after one that had no connection does not try"
    );
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_handshake_that_does_not_come_to_an_end() {
    for (said, reads) in
        [(&b""[..], true), (b"\x16\x03\x03", true), (b"", false), (b"HTTP/1.1 400 No\r\n\r\n", true)]
    {
        let (address, _) = server(said.to_vec(), reads).await;
        for (protocol, version) in WAYS {
            let builder =
                Channel::builder(format!("https://{address}")).protocol(protocol).http_version(version);
            let channel = builder.connect_timeout(SOON).connect_lazy().unwrap();
            let name = format!("{protocol:?} {version:?}: {said:?}");
            all_are(&outcomes(&channel, &Context::new()).await, Code::Unavailable, &name);
        }
    }
}

#[tokio::test]
async fn a_peer_that_has_died_is_noticed() {
    // Pings are read and not answered, or not even read.
    for reads in [true, false] {
        let (address, _) = server(settings(None), reads).await;
        for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
            let builder = Channel::builder(format!("http://{address}")).protocol(protocol);
            let channel = builder.keepalive(Some((SOON, SOON))).connect_lazy().unwrap();
            all_are(&outcomes(&channel, &Context::new()).await, Code::Unavailable, &format!("{protocol:?}"));
        }
    }
}

#[tokio::test]
async fn a_server_that_stops_reading() {
    for (protocol, version) in WAYS {
        let said = if version == HttpVersion::Http2 { settings(None) } else { Vec::new() };
        let (address, _) = server(said, false).await;
        let name = format!("{protocol:?} {version:?}");
        let builder = Channel::builder(format!("http://{address}")).protocol(protocol).http_version(version);
        let channel = builder.keepalive(Some((SOON, 10 * SOON))).connect_lazy().unwrap();
        let large = text(&"a".repeat(16 << 20));
        let call = client::unary::<_, Text, Status>(&channel, &UNARY, soon(), large);
        all_are(&[timeout(LONG, call).await.unwrap().unwrap_err()], Code::DeadlineExceeded, &name);
        // A stream that could go on for ever waits for its reader. It ends with the call, or as soon as the connection is
        // found dead.
        let (sender, requests) = RequestStream::channel(1);
        let feed = tokio::spawn(async move {
            let message = text(&"a".repeat(64 << 10));
            let mut count = 0;
            while sender.send(message.clone()).await.is_ok() {
                count += 1;
            }
            count
        });
        let call = client::client_streaming::<_, Text, Status>(&channel, &UPLOAD, soon(), requests);
        all_are(&[timeout(LONG, call).await.unwrap().unwrap_err()], Code::DeadlineExceeded, &name);
        let sent =
            timeout(LONG, feed).await.unwrap_or_else(|_| panic!("{name}: the stream goes on")).unwrap();
        assert!(sent < 1000, "{name}: {sent} messages were taken");
    }
}

#[tokio::test]
async fn calls_that_wait_for_a_stream_do_not_pile_up() {
    let (address, count) = server(settings(Some(0)), true).await;
    let channel = Channel::connect(format!("http://{address}")).await.unwrap();
    // The limit of streams has come when the first call ends at the latest.
    all_are(&[unary(&channel, &soon()).await.unwrap_err()], Code::DeadlineExceeded, "no answer");
    let (sender, requests) = RequestStream::<Text>::channel(1);
    let call = client::client_streaming::<_, Text, Status>(&channel, &UPLOAD, soon(), requests);
    all_are(&[call.await.unwrap_err()], Code::DeadlineExceeded, "no stream");
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let large = text(&"a".repeat(4 << 20));
    // Those whose time is over before they are sent do not count.
    for _ in 0..50 {
        if count.load(Ordering::SeqCst) > 1 {
            break;
        }
        let call = client::unary::<_, Text, Status>(&channel, &UNARY, soon(), large.clone());
        all_are(&[call.await.unwrap_err()], Code::DeadlineExceeded, "no stream");
    }
    assert_eq!(count.load(Ordering::SeqCst), 2, "another connection is tried");
    timeout(LONG, sender.closed()).await.expect("what has waited is let go");
}

#[tokio::test]
async fn a_server_that_answers_keeps_its_connection() {
    // It answers one call in three, and what is given up in between would be too much in the end.
    let streams = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&streams);
    let script: Script = Arc::new(move |stream| {
        seen.lock().unwrap().push(stream);
        let head = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5")];
        let block = head.map(|(name, value)| literal(name, value.as_bytes())).concat();
        let answers = seen.lock().unwrap().len().is_multiple_of(3);
        (if answers { head_block(stream, &block, true) } else { Vec::new() }, After::Stay)
    });
    let address = http2(script).await;
    let channel = Channel::connect(format!("http://{address}")).await.unwrap();
    let large = text(&"a".repeat(4 << 20));
    let mut answered = 0;
    for _ in 0..100 {
        if answered == 4 {
            break;
        }
        let ctx = Context::new().with_timeout(Duration::from_millis(300));
        let call = client::unary::<_, Text, Status>(&channel, &UNARY, ctx, large.clone());
        let status = timeout(LONG, call).await.unwrap().unwrap_err();
        answered += u32::from(status.code() == Code::NotFound);
    }
    assert_eq!(answered, 4);
    let first = streams.lock().unwrap().iter().filter(|stream| **stream == 1).count();
    assert_eq!(first, 1, "all calls went by one connection");
}

#[tokio::test]
async fn interim_responses_without_end() {
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let script: Script = Arc::new(|stream| {
            (Vec::new(), After::Repeat(head_block(stream, &literal(":status", b"103"), false), 0))
        });
        let channel = lazy(protocol, HttpVersion::Http2, script).await;
        let status = timeout(LONG, unary(&channel, &soon())).await.unwrap().unwrap_err();
        all_are(&[status], Code::DeadlineExceeded, &format!("{protocol:?}"));
    }
}

#[tokio::test]
async fn frames_without_content_do_not_outrun_the_deadline() {
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let script: Script = Arc::new(move |stream| {
            let media_type = media_type(protocol).as_bytes();
            let head = [literal(":status", b"200"), literal("content-type", media_type)].concat();
            (head_block(stream, &head, false), After::Repeat(frame(0, 0, stream, &[]).repeat(100), 0))
        });
        let channel = lazy(protocol, HttpVersion::Http2, script).await;
        let status = timeout(LONG, unary(&channel, &soon())).await.unwrap().unwrap_err();
        // It may well be too much for the connection before.
        let expected = [Code::DeadlineExceeded, Code::Unavailable];
        assert!(expected.contains(&status.code()), "{protocol:?}: {status:?}");
    }
}

#[tokio::test]
async fn an_upgrade_that_nobody_wanted() {
    for protocol in [Protocol::GrpcWeb, Protocol::Connect] {
        for after in [After::Stay, After::Repeat(b"\x81\x01a".to_vec(), 0)] {
            let script: Script = Arc::new(move |_| {
                let head =
                    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
                (head.to_vec(), after.clone())
            });
            let channel = lazy(protocol, HttpVersion::Http1, script).await;
            for status in outcomes(&channel, &Context::new().with_timeout(Duration::from_secs(5))).await {
                let expected = [Code::Unknown, Code::Unavailable];
                assert!(expected.contains(&status.code()), "{protocol:?}: {status:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_call_whose_time_is_over_is_not_sent() {
    for (protocol, version) in WAYS {
        let (address, count) = server(Vec::new(), true).await;
        let builder = Channel::builder(format!("http://{address}")).protocol(protocol).http_version(version);
        let channel = builder.connect_lazy().unwrap();
        let statuses = outcomes(&channel, &Context::new().with_timeout(Duration::ZERO)).await;
        all_are(&statuses, Code::DeadlineExceeded, &format!("{protocol:?} {version:?}"));
        assert_eq!(count.load(Ordering::SeqCst), 0, "{protocol:?} {version:?}");
    }
}

#[tokio::test]
async fn the_earliest_of_all_limits_holds() {
    static HASTY: rsvc::MethodInfo =
        rsvc::MethodInfo::new("a.B", "Hasty", "/a.B/Hasty", rsvc::MethodKind::Unary).timeout(SOON);
    let (address, _) = server(settings(None), true).await;
    let late = || Context::new().with_timeout(Duration::from_mins(10));
    let builder = Channel::builder(format!("http://{address}")).timeout(SOON);
    let channel = builder.connect_lazy().unwrap();
    all_are(&outcomes(&channel, &late()).await, Code::DeadlineExceeded, "the channel's");
    let channel = Channel::connect_lazy(format!("http://{address}")).unwrap();
    let call = client::unary::<_, Text, Status>(&channel, &HASTY, late(), text("ho"));
    all_are(&[timeout(LONG, call).await.unwrap().unwrap_err()], Code::DeadlineExceeded, "the method's");
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_nothing_behind() {
    // Before the head of a response has come, with a request stream that pauses.
    for reads in [true, false] {
        for (protocol, version) in WAYS {
            let said = if version == HttpVersion::Http2 { settings(None) } else { Vec::new() };
            let (address, _) = server(said, reads).await;
            let builder =
                Channel::builder(format!("http://{address}")).protocol(protocol).http_version(version);
            let channel = builder.connect_lazy().unwrap();
            let (sender, requests) = RequestStream::channel(1);
            sender.send(text("a")).await.unwrap();
            let call = client::client_streaming::<_, Text, Status>(&channel, &UPLOAD, soon(), requests);
            let name = format!("{protocol:?} {version:?}, reads: {reads}");
            all_are(&[timeout(LONG, call).await.unwrap().unwrap_err()], Code::DeadlineExceeded, &name);
            timeout(LONG, sender.closed()).await.unwrap_or_else(|_| panic!("{name}: the stream goes on"));
        }
    }
}
