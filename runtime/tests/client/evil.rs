//! Servers that misbehave: whatever they do, a call ends in time, with the code that tells what happened.

use std::sync::Arc;
use std::time::Duration;

use rsvc::client::{HttpVersion, Protocol};
use rsvc::error::is_retryable;
use rsvc::{Channel, Code, Context, Status};
use tokio::time::timeout;

use crate::raw::{After, Script, head_block, http1, http2, literal};
use crate::setup::{Answer, LONG, Part, answer, download, envelope, hi, text, unary, upload};

/// All ways to call.
pub(crate) const WAYS: [(Protocol, HttpVersion); 5] = [
    (Protocol::Grpc, HttpVersion::Http2),
    (Protocol::GrpcWeb, HttpVersion::Http1),
    (Protocol::GrpcWeb, HttpVersion::Http2),
    (Protocol::Connect, HttpVersion::Http1),
    (Protocol::Connect, HttpVersion::Http2),
];
const OVER_HTTP1: [Protocol; 2] = [Protocol::GrpcWeb, Protocol::Connect];
const OVER_HTTP2: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect];
/// A peer may send a little of what is refused before it notices: what the kernel holds, and what is read at once.
pub(crate) const A_LITTLE: usize = 32 << 20;

/// How calls of each kind end: one response, many requests, many responses.
pub(crate) async fn outcomes(channel: &Channel, ctx: &Context) -> [Status; 3] {
    let ended = async {
        let one = unary(channel, ctx).await.map(drop);
        let many = upload(channel, ctx).await.map(drop);
        let (_, stream) = download(channel, ctx).await;
        [one, many, stream].map(|outcome| outcome.expect_err("no call can succeed"))
    };
    timeout(LONG, ended).await.expect("a call ends, whatever the server does")
}

pub(crate) fn all_are(statuses: &[Status], expected: Code, name: &str) {
    for status in statuses {
        assert_eq!(status.code(), expected, "{name}: {status:?}");
        assert_eq!(is_retryable(status), expected == Code::Unavailable, "{name}: {status:?}");
    }
}

pub(crate) async fn lazy(protocol: Protocol, version: HttpVersion, script: Script) -> Channel {
    let address = if version == HttpVersion::Http1 { http1(script).await } else { http2(script).await };
    let builder = Channel::builder(format!("http://{address}")).protocol(protocol).http_version(version);
    builder.max_response_size(1000).connect_lazy().unwrap()
}

/// The media type of a good response to a unary call.
pub(crate) fn media_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "application/grpc",
        Protocol::GrpcWeb => "application/grpc-web+proto",
        _ => "application/proto",
    }
}

/// A good response to a unary call.
pub(crate) fn good(protocol: Protocol) -> Answer {
    let good = answer(media_type(protocol));
    match protocol {
        Protocol::Connect => good.data(&hi()[5..]),
        Protocol::GrpcWeb => good.data(hi()).data(envelope(0x80, b"grpc-status: 0\r\n")),
        _ => good.data(hi()).trailers([("grpc-status", "0")]),
    }
}

#[tokio::test]
async fn the_page_of_a_proxy_has_the_code_of_its_http_status() {
    let codes = [
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (429, Code::Unavailable),
        (500, Code::Unknown),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
    ];
    for (protocol, version) in WAYS {
        for (http, expected) in codes {
            for page in [answer("text/html"), Answer::default()] {
                let page = page.status(http).data("<html>no</html>");
                let channel = crate::setup::channel(protocol, version, page).await;
                let name = format!("{protocol:?} {version:?} {http}");
                all_are(&outcomes(&channel, &Context::new()).await, expected, &name);
            }
        }
    }
}

#[tokio::test]
async fn a_page_without_end_is_the_same_error() {
    // More than a client reads of an error, and then silence: what the head says is enough.
    let endless = answer("text/html").status(503).data(vec![b'x'; 8 << 20]).part(Part::Silence);
    for (protocol, version) in WAYS {
        let channel = crate::setup::channel(protocol, version, endless.clone()).await;
        let ctx = Context::new().with_timeout(Duration::from_secs(5));
        all_are(&outcomes(&channel, &ctx).await, Code::Unavailable, &format!("{protocol:?} {version:?}"));
    }
}

#[tokio::test]
async fn a_server_that_goes_away() {
    for protocol in OVER_HTTP1 {
        let media_type = media_type(protocol);
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ntransfer-encoding: chunked\r\n\r\n");
        let begun = [head.as_bytes(), b"8\r\n", &hi()[..8], b"\r\n"].concat();
        let short = format!("HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: 99\r\n\r\nab");
        for said in
            [b"".to_vec(), b"HTTP/1.1 200 OK\r\ncont".to_vec(), head.clone().into(), begun, short.into()]
        {
            let name = format!("{protocol:?} after {:?}", String::from_utf8_lossy(&said));
            let script: Script = Arc::new(move |_| (said.clone(), After::Close));
            let channel = lazy(protocol, HttpVersion::Http1, script).await;
            // Streams of Connect have another media type, which only a response with a body can tell.
            let statuses = [unary(&channel, &Context::new()).await.unwrap_err()];
            all_are(&statuses, Code::Unavailable, &name);
        }
    }
    for protocol in OVER_HTTP2 {
        let head =
            [literal(":status", b"200"), literal("content-type", media_type(protocol).as_bytes())].concat();
        for (name, begun) in [("nothing", None), ("a head", Some(0)), ("half a message", Some(8))] {
            let head = head.clone();
            let script: Script = Arc::new(move |stream| {
                let Some(length) = begun else { return (Vec::new(), After::Close) };
                let data = crate::raw::frame(0, 0, stream, &hi()[..length]);
                ([head_block(stream, &head, false), data].concat(), After::Close)
            });
            let channel = lazy(protocol, HttpVersion::Http2, script).await;
            let statuses = [timeout(LONG, unary(&channel, &Context::new())).await.unwrap().unwrap_err()];
            all_are(&statuses, Code::Unavailable, &format!("{protocol:?} after {name}"));
        }
    }
}

#[tokio::test]
async fn a_goaway_and_a_refused_stream_are_unavailable() {
    let goaway =
        |last: u32, code: u32| crate::raw::frame(7, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat());
    let cases: [(&str, Script, Code); 5] = [
        ("GOAWAY before the call", Arc::new(move |_| (goaway(0, 0), After::Close)), Code::Unavailable),
        (
            "GOAWAY with the call",
            Arc::new(move |stream| (goaway(stream, 0), After::Close)),
            Code::Unavailable,
        ),
        ("GOAWAY with an error", Arc::new(move |_| (goaway(0, 2), After::Close)), Code::Unavailable),
        ("GOAWAY, be calm", Arc::new(move |_| (goaway(0, 11), After::Close)), Code::Unavailable),
        (
            "REFUSED_STREAM",
            Arc::new(|stream| (crate::raw::frame(3, 0, stream, &7_u32.to_be_bytes()), After::Stay)),
            Code::Unavailable,
        ),
    ];
    for protocol in OVER_HTTP2 {
        for (name, script, expected) in &cases {
            let channel = lazy(protocol, HttpVersion::Http2, Arc::clone(script)).await;
            let name = format!("{protocol:?}: {name}");
            all_are(&outcomes(&channel, &Context::new()).await, *expected, &name);
        }
    }
}

#[tokio::test]
async fn resets_have_the_codes_of_the_specification() {
    let codes = [
        (0, Code::Internal),
        (1, Code::Internal),
        (2, Code::Internal),
        (7, Code::Unavailable),
        (8, Code::Cancelled),
        (11, Code::ResourceExhausted),
        (12, Code::PermissionDenied),
    ];
    for protocol in OVER_HTTP2 {
        for (reason, expected) in codes {
            let script: Script = Arc::new(move |stream| {
                (crate::raw::frame(3, 0, stream, &u32::to_be_bytes(reason)), After::Stay)
            });
            let channel = lazy(protocol, HttpVersion::Http2, script).await;
            let statuses = outcomes(&channel, &Context::new()).await;
            all_are(&statuses, expected, &format!("{protocol:?}: reset with {reason}"));
        }
    }
}

#[tokio::test]
async fn a_message_that_is_no_utf8_keeps_its_code() {
    for message in [&b"\xff\xfe no"[..], b"%FF%FE no", b"%", b"%zz", b"%C3", b"caf\xe9", b"%00%01"] {
        // Among headers alone, as a response of gRPC and gRPC-Web may be.
        for (protocol, version) in
            [(Protocol::Grpc, HttpVersion::Http2), (Protocol::GrpcWeb, HttpVersion::Http1)]
        {
            let refusal =
                answer(media_type(protocol)).header("grpc-status", "9").header("grpc-message", message);
            let channel = crate::setup::channel(protocol, version, refusal).await;
            let name = format!("{protocol:?}: {message:?}");
            all_are(&outcomes(&channel, &Context::new()).await, Code::FailedPrecondition, &name);
        }
        let trailers =
            Part::Trailers(vec![("grpc-status", b"9".to_vec()), ("grpc-message", message.to_vec())]);
        let channel = crate::setup::channel(
            Protocol::Grpc,
            HttpVersion::Http2,
            answer("application/grpc").part(trailers),
        )
        .await;
        all_are(&outcomes(&channel, &Context::new()).await, Code::FailedPrecondition, "in trailers");
        let block = [b"grpc-status: 9\r\ngrpc-message: ", message, b"\r\n"].concat();
        let web = answer("application/grpc-web+proto").data(envelope(0x80, &block));
        let channel = crate::setup::channel(Protocol::GrpcWeb, HttpVersion::Http1, web).await;
        all_are(&outcomes(&channel, &Context::new()).await, Code::FailedPrecondition, "in the body");
    }
    let json = [b"{\"code\":\"failed_precondition\",\"message\":\"", &b"\xff\xfe"[..], b"\"}"].concat();
    let refusal = answer("application/json").status(400).data(json);
    let channel = crate::setup::channel(Protocol::Connect, HttpVersion::Http1, refusal).await;
    let status = unary(&channel, &Context::new()).await.unwrap_err();
    // It is not a JSON in the strict sense; the code is there all the same, and says more than the HTTP status.
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    let end =
        [b"{\"error\":{\"code\":\"failed_precondition\",\"message\":\"", &b"\xff"[..], b"\"}}"].concat();
    let streamed = answer("application/connect+proto").data(envelope(2, &end));
    let channel = crate::setup::channel(Protocol::Connect, HttpVersion::Http1, streamed).await;
    all_are(
        &outcomes(&channel, &Context::new()).await[1..],
        Code::FailedPrecondition,
        "at the end of a stream",
    );
}

#[tokio::test]
async fn too_much_is_exhausted_before_it_has_come() {
    for (protocol, version) in WAYS {
        let media_type = media_type(protocol);
        // A message beyond the limit, and one that only says so.
        let large = if protocol == Protocol::Connect { vec![b'x'; 1001] } else { envelope(0, &[0; 1001]) };
        let announced =
            if protocol == Protocol::Connect { vec![0x0a; 4000] } else { vec![0, 0x7f, 0, 0, 0, 1] };
        for body in [large, announced] {
            let too_large = answer(media_type).data(body).part(Part::Silence);
            let channel = crate::setup::channel(protocol, version, too_large).await;
            let status = timeout(LONG, unary(&channel, &Context::new())).await.unwrap().unwrap_err();
            all_are(&[status], Code::ResourceExhausted, &format!("{protocol:?} {version:?}"));
        }
    }
    // The end of a gRPC-Web stream is limited like a message.
    let end =
        answer("application/grpc-web+proto").data(envelope(0x80, &vec![b'a'; 64 << 10])).part(Part::Silence);
    let channel = crate::setup::channel(Protocol::GrpcWeb, HttpVersion::Http1, end).await;
    let ctx = Context::new().with_timeout(Duration::from_secs(5));
    let status = timeout(LONG, unary(&channel, &ctx)).await.unwrap().unwrap_err();
    all_are(&[status], Code::ResourceExhausted, "an end of 64 KiB");
}

#[tokio::test]
async fn silence_ends_with_the_deadline() {
    let ctx = || Context::new().with_timeout(Duration::from_millis(100));
    for (protocol, version) in WAYS {
        let silence: Script = Arc::new(|_| (Vec::new(), After::Stay));
        let channel = lazy(protocol, version, silence).await;
        let name = format!("{protocol:?} {version:?}");
        all_are(&outcomes(&channel, &ctx()).await, Code::DeadlineExceeded, &name);
    }
    for protocol in OVER_HTTP1 {
        let interim: Script =
            Arc::new(|_| (Vec::new(), After::Repeat(b"HTTP/1.1 103 Hints\r\n\r\n".repeat(40), 0)));
        let channel = lazy(protocol, HttpVersion::Http1, interim).await;
        let name = format!("{protocol:?}: interim responses");
        all_are(&outcomes(&channel, &ctx()).await, Code::DeadlineExceeded, &name);
        // Some of a head, and a byte of it now and then.
        let drip: Script =
            Arc::new(|_| (b"HTTP/1.1 200 OK\r\nx-a: ".to_vec(), After::Repeat(b"a".to_vec(), 20)));
        let channel = lazy(protocol, HttpVersion::Http1, drip).await;
        all_are(&outcomes(&channel, &ctx()).await, Code::DeadlineExceeded, &format!("{protocol:?}: a drip"));
    }
}

#[tokio::test]
async fn heads_without_end_are_refused() {
    for protocol in OVER_HTTP1 {
        let cases = [
            ("headers", &b"HTTP/1.1 200 OK\r\n"[..], [b"x-a: ", &[b'b'; 1000][..], b"\r\n"].concat()),
            ("one header", b"HTTP/1.1 200 OK\r\nx-a: ", vec![b'a'; 1000]),
        ];
        for (name, begin, again) in cases {
            let begin = begin.to_vec();
            let (script, sent) =
                crate::raw::counted(Arc::new(move |_| (begin.clone(), After::Repeat(again.clone(), 0))));
            let channel = lazy(protocol, HttpVersion::Http1, script).await;
            let ctx = Context::new().with_timeout(Duration::from_secs(10));
            let status = timeout(LONG, unary(&channel, &ctx)).await.unwrap().unwrap_err();
            refused(&status, &format!("{protocol:?}: {name}"));
            assert!(sent() < A_LITTLE, "{protocol:?}: {name}: {} bytes taken", sent());
        }
    }
    for protocol in OVER_HTTP2 {
        let begin: Script = Arc::new(|stream| {
            let head = crate::raw::frame(1, 0, stream, &literal(":status", b"200"));
            let more = crate::raw::frame(9, 0, stream, &literal("x-a", &[b'a'; 8000]));
            (head, After::Repeat(more, 0))
        });
        let (script, sent) = crate::raw::counted(begin);
        let channel = lazy(protocol, HttpVersion::Http2, script).await;
        let ctx = Context::new().with_timeout(Duration::from_secs(10));
        let status = timeout(LONG, unary(&channel, &ctx)).await.unwrap().unwrap_err();
        refused(&status, &format!("{protocol:?}: CONTINUATION"));
        assert!(sent() < A_LITTLE, "{protocol:?}: {} bytes taken", sent());
    }
}

/// A head that a client does not want to read on: a broken connection, or too much, but not silence until the deadline.
fn refused(status: &Status, name: &str) {
    let expected = [Code::Unavailable, Code::ResourceExhausted, Code::Internal];
    assert!(expected.contains(&status.code()), "{name}: {status:?}");
}

#[tokio::test]
async fn what_is_no_http_is_unavailable() {
    let said = [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"HTTP/9.9 200 OK\r\n\r\n",
        &[0; 100],
    ];
    for (protocol, version) in WAYS {
        for bytes in said {
            let script: Script = Arc::new(move |_| (bytes.to_vec(), After::Close));
            let address = crate::raw::blunt(script).await;
            let builder =
                Channel::builder(format!("http://{address}")).protocol(protocol).http_version(version);
            let channel = builder.connect_lazy().unwrap();
            let name = format!("{protocol:?} {version:?}: {bytes:?}");
            all_are(&outcomes(&channel, &Context::new()).await, Code::Unavailable, &name);
        }
    }
}

#[tokio::test]
async fn a_channel_recovers() {
    // The first connection goes away in the middle of a call, the next is good.
    for protocol in OVER_HTTP2 {
        let channel = crate::raw::second_is_good(protocol, good(protocol)).await;
        let status = timeout(LONG, unary(&channel, &Context::new())).await.unwrap().unwrap_err();
        all_are(&[status], Code::Unavailable, &format!("{protocol:?}"));
        let response = timeout(LONG, unary(&channel, &Context::new())).await.unwrap();
        assert_eq!(response.unwrap(), text("hi"), "{protocol:?}");
    }
}
