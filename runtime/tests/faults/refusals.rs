//! Calls that a server has not begun with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use h2::Reason;
use rsvc::client::Balance;
use rsvc::codegen::bytes::Bytes;
use rsvc::codegen::client;
use rsvc::{Code, Context, RequestStream, Status};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::server::{
    CHAT, Call, DOWNLOAD, HI, LONG, Server, Text, UNARY, answer, answer_all, end, head, report, text, unary,
};

/// A server that refuses so many calls before it answers, and how many it has got.
async fn refuses(refusals: usize) -> (Server, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let server = Server::start(
        100,
        Arc::new(move |_, mut connection| {
            let seen = Arc::clone(&seen);
            Box::pin(async move {
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    if seen.fetch_add(1, Ordering::SeqCst) < refusals {
                        respond.send_reset(Reason::REFUSED_STREAM);
                    } else {
                        answer(respond);
                    }
                }
            })
        }),
    )
    .await;
    (server, count)
}

#[tokio::test]
async fn a_stream_that_is_refused_is_sent_again() {
    for refusals in [1, 2, usize::MAX] {
        let (server, count) = refuses(refusals).await;
        let channel = server.builder().connect_lazy().unwrap();
        let since = Instant::now();
        let outcome = unary(&channel, Context::new()).await;
        report(&format!("refused {refusals} times"), since, &outcome);
        let tries = count.load(Ordering::SeqCst);
        println!("tries: {tries}");
        match outcome {
            Ok(response) => assert_eq!((response, tries), (text("hi"), refusals + 1)),
            Err(status) => {
                assert_eq!((refusals, status.code()), (usize::MAX, Code::Unavailable), "{status:?}");
                // What repeats calls sends it once more.
                assert!((3..=6).contains(&tries), "{tries}");
            }
        }
    }
}

#[tokio::test]
async fn who_does_not_answer_a_health_check_is_not_said_to_be_unhealthy() {
    // It takes calls, and answers none.
    let serve: crate::server::Serve = Arc::new(move |_, mut connection| {
        Box::pin(async move {
            let mut calls = Vec::new();
            while let Some(call) = connection.accept().await {
                calls.push(call);
            }
        })
    });
    let server = Server::start(100, serve).await;
    let channel = server
        .builder()
        .endpoints([server.address])
        .balance(Balance::round_robin().health_check("a.B"))
        .connect_timeout(Duration::from_secs(1));
    let status = unary(&channel.connect_lazy().unwrap(), Context::new()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("none can take a call in time"), "{}", status.message());
}

#[tokio::test]
async fn a_stream_of_requests_that_is_refused_is_sent_again_if_nothing_of_it_was_sent() {
    let server = Server::start(
        100,
        Arc::new(move |_, mut connection| {
            Box::pin(async move {
                let mut is_first = true;
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    if std::mem::take(&mut is_first) {
                        respond.send_reset(Reason::REFUSED_STREAM);
                    } else {
                        answer(respond);
                    }
                }
            })
        }),
    )
    .await;
    // Its first message waits for a response.
    let channel = server.builder().connect_lazy().unwrap();
    let (_sender, requests) = RequestStream::<Text>::channel(1);
    let call = client::bidi_streaming::<_, Text, Status>(&channel, &CHAT, Context::new(), requests);
    let mut responses = timeout(LONG, call).await.unwrap().unwrap();
    assert_eq!(responses.next().await.unwrap().unwrap(), text("hi"));
    // One whose messages are gone is not.
    let channel = server.builder().connect_lazy().unwrap();
    let (sender, requests) = RequestStream::<Text>::channel(1);
    sender.send(text("a")).await.unwrap();
    let call = client::bidi_streaming::<_, Text, Status>(&channel, &CHAT, Context::new(), requests);
    let status = timeout(LONG, call).await.unwrap().map(drop).unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
}

#[tokio::test]
async fn a_stream_of_requests_is_sent_three_times_and_no_more() {
    for (refusals, sent) in [(2, 3), (usize::MAX, 3)] {
        let (server, count) = refuses(refusals).await;
        // Without a connection, and with one that is there.
        let lazy = server.builder().connect_lazy().unwrap();
        let open = server.builder().connect().await.unwrap();
        for channel in [lazy, open] {
            count.store(0, Ordering::SeqCst);
            let (_sender, requests) = RequestStream::<Text>::channel(1);
            let call = client::bidi_streaming::<_, Text, Status>(&channel, &CHAT, Context::new(), requests);
            let outcome = timeout(LONG, call).await.expect("an end").map(drop);
            assert_eq!(outcome.is_ok(), refusals < sent, "{outcome:?}");
            assert_eq!(count.load(Ordering::SeqCst), sent, "refused {refusals} times");
        }
    }
}

#[tokio::test]
async fn a_server_that_goes_away_ends_what_it_has_begun_with_and_the_rest_is_sent_again() {
    let began = Arc::new(Notify::new());
    let more = Arc::new(Notify::new());
    let (begins, go_on) = (Arc::clone(&began), Arc::clone(&more));
    let server = Server::start(
        100,
        Arc::new(move |number, mut connection| {
            let (begins, go_on) = (Arc::clone(&begins), Arc::clone(&go_on));
            Box::pin(async move {
                if number > 0 {
                    return answer_all(connection).await;
                }
                let (_, mut respond): Call = connection.accept().await.unwrap().unwrap();
                let mut stream = respond.send_response(head(), false).unwrap();
                stream.send_data(Bytes::from_static(HI), false).unwrap();
                begins.notify_one();
                // The connection works on while it waits.
                tokio::select! {
                    _ = connection.accept() => panic!("no other call is taken"),
                    () = go_on.notified() => {}
                }
                connection.graceful_shutdown();
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                    stream.send_data(Bytes::from_static(HI), false).unwrap();
                    end(&mut stream);
                });
                // What comes before the client knows is answered.
                answer_all(connection).await;
            })
        }),
    )
    .await;
    let channel = server.builder().connect_lazy().unwrap();
    let call = client::server_streaming::<_, Text, Status>(&channel, &DOWNLOAD, Context::new(), text("hi"));
    let mut responses = timeout(LONG, call).await.unwrap().unwrap();
    assert_eq!(responses.next().await.unwrap().unwrap(), text("hi"));
    began.notified().await;
    more.notify_one();
    let since = Instant::now();
    // These may come before the client knows that the server goes away, or after.
    for _ in 0..20 {
        let outcome = unary(&channel, Context::new()).await;
        outcome.unwrap();
    }
    println!("20 calls to a server that goes away: answered after {:?}", since.elapsed());
    assert_eq!(server.connections(), 2);
    assert_eq!(timeout(LONG, responses.next()).await.unwrap().unwrap().unwrap(), text("hi"));
    assert!(responses.next().await.is_none(), "the stream has ended well");
}

#[tokio::test]
async fn calls_above_the_last_one_of_a_server_that_goes_away_are_sent_again() {
    // It takes the first call of its first connection and says that it has begun with none of the others.
    let server = raw_goaway().await;
    let channel = rsvc::Channel::builder(format!("http://{server}")).connect_lazy().unwrap();
    let since = Instant::now();
    let calls = (0..8).map(|_| unary(&channel, Context::new()));
    let outcomes = join_all(calls).await;
    println!("8 calls, of which a server has begun with 1: answered after {:?}", since.elapsed());
    for outcome in outcomes {
        assert_eq!(outcome.unwrap(), text("hi"));
    }
}

/// A server by hand: h2 cannot be made to refuse what it has read.
async fn raw_goaway() -> std::net::SocketAddr {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let good = Server::start(100, Arc::new(|_, connection| Box::pin(answer_all(connection)))).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut io, _) = listener.accept().await.unwrap();
        io.write_all(&[frame(4, 0, 0, &[]), frame(4, 1, 0, &[])].concat()).await.unwrap();
        let mut received = Vec::new();
        // Until the last call is there: the requests are all the same, and short.
        while received.windows(2).filter(|at| at == b"hi").count() < 8 {
            assert!(io.read_buf(&mut received).await.unwrap() > 0);
        }
        io.write_all(&frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0])).await.unwrap();
        let literal = |name: &str, value: &str| {
            let length = |text: &str| vec![u8::try_from(text.len()).unwrap()];
            [vec![0], length(name), name.into(), length(value), value.into()].concat()
        };
        let head = [vec![0x88], literal("content-type", "application/grpc")].concat();
        let said = [frame(1, 4, 1, &head), frame(0, 0, 1, HI), frame(1, 5, 1, &literal("grpc-status", "0"))];
        io.write_all(&said.concat()).await.unwrap();
        tokio::spawn(async move { while io.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {} });
        while let Ok((mut io, _)) = listener.accept().await {
            let mut there = tokio::net::TcpStream::connect(good.address).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut io, &mut there).await });
        }
    });
    address
}

#[tokio::test]
async fn a_call_that_a_server_has_begun_with_is_not_sent_again() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let server = Server::start(
        100,
        Arc::new(move |_, mut connection| {
            let seen = Arc::clone(&seen);
            Box::pin(async move {
                // The connection ends in the middle of the call.
                let _call = connection.accept().await;
                seen.fetch_add(1, Ordering::SeqCst);
            })
        }),
    )
    .await;
    let channel = server.builder().connect_lazy().unwrap();
    let since = Instant::now();
    let call = client::unary::<_, Text, Status>(&channel, &UNARY, Context::new(), text("hi"));
    let outcome = timeout(LONG, call).await.unwrap();
    report("lost in a call", since, &outcome);
    assert_eq!(outcome.unwrap_err().code(), Code::Unavailable);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

/// A call on a connection that is written by hand.
fn head_of_call(path: &str, stream: u32, ends: bool) -> Vec<u8> {
    let literal =
        |prefix: u8, value: &str| [&[prefix, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat();
    let named = |name: &str, value: &str| {
        [literal(0, name), vec![u8::try_from(value.len()).unwrap()], value.into()].concat()
    };
    let block = [
        vec![0x83, 0x86],
        literal(0x04, path),
        literal(0x01, "a"),
        named("content-type", "application/grpc"),
        named("te", "trailers"),
    ];
    frame(1, if ends { 5 } else { 4 }, stream, &block.concat())
}

const CHECK_PATH: &str = "/grpc.health.v1.Health/Check";

fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// The kinds of the frames in what a server has sent, each with its stream.
fn found(mut received: &[u8]) -> Vec<(u8, u32)> {
    let mut found = Vec::new();
    while let Some((head, content)) = received.split_at_checked(9) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        found.push((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]])));
        received = &content[length.min(content.len())..];
    }
    found
}

/// The kinds of the frames that a server sends until its connection pauses or ends, each with its stream.
async fn frames(io: &mut tokio::net::TcpStream) -> Vec<(u8, u32)> {
    use tokio::io::AsyncReadExt as _;
    let mut received = Vec::new();
    let pause = std::time::Duration::from_millis(500);
    while timeout(pause, io.read_buf(&mut received)).await.is_ok_and(|read| read.unwrap() > 0) {}
    found(&received)
}

/// A connection to a server as it is by default, begun by hand.
async fn connected() -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt as _;
    let server = rsvc::Server::new().bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    tokio::spawn(server.serve());
    let mut io = tokio::net::TcpStream::connect(address).await.unwrap();
    io.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    io.write_all(&frame(4, 0, 0, &[])).await.unwrap();
    io
}

#[tokio::test]
async fn what_comes_behind_an_answer_does_not_end_the_connection_of_the_others() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    const AT_ONCE: u32 = 128;
    let mut io = connected().await;
    // More than h2 lets come of streams that it has forgotten.
    for batch in 0..20 {
        let streams = || (0..AT_ONCE).map(|call| 2 * (batch * AT_ONCE + call) + 1);
        // There is no such service, whatever follows.
        let heads: Vec<_> =
            streams().flat_map(|stream| head_of_call("/no.Service/Call", stream, false)).collect();
        io.write_all(&heads).await.unwrap();
        let mut received = Vec::new();
        let answered = |received: &[u8]| found(received).iter().filter(|(kind, _)| *kind == 1).count();
        while answered(&received) < streams().count() {
            let read = timeout(LONG, io.read_buf(&mut received)).await.expect("an answer");
            assert!(read.unwrap() > 0, "it goes away: {:?}", found(&received));
        }
        let rest: Vec<_> = streams().flat_map(|stream| frame(0, 1, stream, &[0; 5])).collect();
        io.write_all(&rest).await.unwrap();
        let found = found(&received);
        assert!(!found.iter().any(|(kind, _)| *kind == 7), "it goes away in batch {batch}");
    }
    let frames = frames(&mut io).await;
    assert!(!frames.iter().any(|(kind, _)| *kind == 7), "it goes away: {frames:?}");
}

#[tokio::test]
async fn calls_that_are_given_up_at_once_do_not_end_the_connection_of_the_others() {
    use tokio::io::AsyncWriteExt as _;
    let mut io = connected().await;
    let mut said = Vec::new();
    // All come at once, so that the server has accepted none when they are given up.
    for call in 0..64 {
        said.extend(head_of_call(CHECK_PATH, 2 * call + 1, false));
        said.extend(frame(3, 0, 2 * call + 1, &8_u32.to_be_bytes()));
    }
    said.extend(head_of_call(CHECK_PATH, 129, false));
    said.extend(frame(0, 1, 129, &[0; 5]));
    io.write_all(&said).await.unwrap();
    let frames = frames(&mut io).await;
    assert!(!frames.iter().any(|(kind, _)| *kind == 7), "it goes away: {frames:?}");
    assert!(frames.contains(&(1, 129)), "the last call is answered: {frames:?}");
}

static CHECK: rsvc::MethodInfo = rsvc::MethodInfo::new(
    "grpc.health.v1.Health",
    "Check",
    "/grpc.health.v1.Health/Check",
    rsvc::MethodKind::ClientStreaming,
);

#[tokio::test]
async fn calls_that_are_refused_early_do_not_end_the_connection_of_the_others() {
    // Each is refused while its caller has more to send.
    let server = rsvc::Server::new().max_request_size(8).bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    tokio::spawn(server.serve());
    let channel = rsvc::Channel::connect(format!("http://{address}")).await.unwrap();
    for _ in 0..40 {
        let calls = (0..64).map(|_| {
            let requests = RequestStream::from_iter((0..20).map(|_| text(&"a".repeat(4000))));
            client::client_streaming::<_, (), Status>(&channel, &CHECK, Context::new(), requests)
        });
        for outcome in timeout(LONG, join_all(calls)).await.unwrap() {
            let status = outcome.unwrap_err();
            assert!(matches!(status.code(), Code::ResourceExhausted | Code::Unimplemented), "{status:?}");
        }
    }
}

#[tokio::test]
async fn calls_that_a_client_gives_up_do_not_end_its_connection() {
    // Their responses come when nobody waits for them.
    let server = Server::start(
        200,
        Arc::new(|_, mut connection| {
            Box::pin(async move {
                while let Some(Ok((_, respond))) = connection.accept().await {
                    tokio::spawn(async move {
                        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                        let mut respond = respond;
                        if let Ok(mut stream) = respond.send_response(head(), false) {
                            let _ = stream.send_data(Bytes::from_static(HI), false);
                        }
                    });
                }
            })
        }),
    )
    .await;
    let channel = server.builder().max_connections(1).connect().await.unwrap();
    for _ in 0..40 {
        let calls = (0..64).map(|_| {
            let call = client::unary::<_, Text, Status>(&channel, &UNARY, Context::new(), text("hi"));
            timeout(std::time::Duration::from_millis(2), call)
        });
        for outcome in join_all(calls).await {
            assert!(outcome.is_err(), "a call has ended otherwise: {outcome:?}");
        }
    }
    assert_eq!(server.connections(), 1);
}
