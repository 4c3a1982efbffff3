//! What a server may send at most: headers, trailers, messages, errors. All limits are on without being asked for.

use std::sync::Arc;
use std::time::Duration;

use rsvc::client::{HttpVersion, Protocol};
use rsvc::{Channel, Code, Context, Status};
use tokio::time::timeout;

use crate::evil::{WAYS, all_are, good, lazy, media_type, outcomes};
use crate::raw::{After, Script, counted, frame, head_block, literal};
use crate::setup::{Answer, LONG, Part, answer, build, download, envelope, hi, text, unary, upload};

/// The limit of headers and trailers.
const HEADERS: usize = 16 << 10;
/// The limit of errors, and of the end of a stream in its body.
const ERROR: usize = 256 << 10;

async fn default(protocol: Protocol, version: HttpVersion, answer: Answer) -> Channel {
    build(protocol, version, answer, |builder| builder.max_response_size(4 << 20)).await
}

async fn call(channel: &Channel) -> Result<(), Status> {
    timeout(LONG, unary(channel, &Context::new())).await.expect("a call ends").map(drop)
}

#[tokio::test]
async fn headers_beyond_the_limit() {
    for (protocol, version) in WAYS {
        let name = format!("{protocol:?} {version:?}");
        let large = good(protocol).header("x-large", vec![b'a'; HEADERS]);
        let channel = default(protocol, version, large.clone()).await;
        all_are(&outcomes(&channel, &Context::new()).await, Code::ResourceExhausted, &name);
        // Others are not affected, and the limit can be another one.
        let channel = build(protocol, version, large, |builder| builder.max_header_list_size(64 << 10)).await;
        assert_eq!(unary(&channel, &Context::new()).await.unwrap(), text("hi"), "{name}");
        let small = good(protocol).header("x-small", vec![b'a'; 2000]);
        let channel = build(protocol, version, small, |builder| builder.max_header_list_size(1000)).await;
        all_are(&outcomes(&channel, &Context::new()).await, Code::ResourceExhausted, &name);
    }
}

#[tokio::test]
async fn many_headers() {
    for protocol in [Protocol::GrpcWeb, Protocol::Connect] {
        let many = (0..200).fold(good(protocol), |answer, _| answer.header("x-a", "b"));
        let channel = default(protocol, HttpVersion::Http1, many).await;
        all_are(
            &outcomes(&channel, &Context::new()).await,
            Code::ResourceExhausted,
            &format!("{protocol:?}"),
        );
    }
}

#[tokio::test]
async fn trailers_beyond_the_limit() {
    let trailers = |size: usize, count: usize| {
        let large = (0..count).map(|_| ("x-large", vec![b'a'; size]));
        let all = large.chain([("grpc-status", b"0".to_vec())]);
        answer("application/grpc").data(hi()).part(Part::Trailers(all.collect()))
    };
    for (size, count) in [(HEADERS, 1), (1000, 30), (100, 150)] {
        let channel = default(Protocol::Grpc, HttpVersion::Http2, trailers(size, count)).await;
        let outcome = download(&channel, &Context::new()).await.1.unwrap_err();
        let all = [call(&channel).await.unwrap_err(), outcome];
        all_are(&all, Code::ResourceExhausted, &format!("{count} of {size}"));
    }
    let channel = default(Protocol::Grpc, HttpVersion::Http2, trailers(1000, 10)).await;
    call(&channel).await.unwrap();
    // Those in a body.
    let block = [b"x-a: ", &vec![b'a'; ERROR][..], b"\r\ngrpc-status: 0\r\n"].concat();
    let web = answer(media_type(Protocol::GrpcWeb)).data(hi()).data(envelope(0x80, &block));
    let channel = default(Protocol::GrpcWeb, HttpVersion::Http1, web).await;
    all_are(&[call(&channel).await.unwrap_err()], Code::ResourceExhausted, "gRPC-Web");
    let end = [b"{\"metadata\":{\"x-a\":[\"", &vec![b'a'; ERROR][..], b"\"]}}"].concat();
    let connect = answer("application/connect+proto").data(hi()).data(envelope(2, &end));
    let channel = default(Protocol::Connect, HttpVersion::Http1, connect).await;
    let outcome = download(&channel, &Context::new()).await.1.unwrap_err();
    all_are(&[outcome], Code::ResourceExhausted, "Connect");
}

#[tokio::test]
async fn trailers_without_end() {
    let ctx = || Context::new().with_timeout(Duration::from_secs(10));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ntransfer-encoding: chunked\r\n\r\n";
    for (begin, again) in
        [("0\r\n", b"x-a: bbbbbbbbbbbbbbbbbbbbb\r\n".to_vec()), ("0\r\nx-a: ", vec![b'a'; 999])]
    {
        let said = format!("{head}{begin}").into_bytes();
        let (script, sent) = counted(Arc::new(move |_| (said.clone(), After::Repeat(again.clone(), 0))));
        let channel = lazy(Protocol::Connect, HttpVersion::Http1, script).await;
        let status = timeout(LONG, unary(&channel, &ctx())).await.unwrap().unwrap_err();
        all_are(&[status], Code::ResourceExhausted, begin);
        assert!(sent() < crate::evil::A_LITTLE);
    }
    let script: Script = Arc::new(|stream| {
        let head = [literal(":status", b"200"), literal("content-type", b"application/grpc")].concat();
        let trailers = frame(1, 1, stream, &literal("x-a", b"a"));
        let said = [head_block(stream, &head, false), frame(0, 0, stream, &hi()), trailers].concat();
        (said, After::Repeat(frame(9, 0, stream, &literal("x-a", &[b'a'; 8000])), 0))
    });
    let (script, sent) = counted(script);
    let channel = lazy(Protocol::Grpc, HttpVersion::Http2, script).await;
    let status = timeout(LONG, unary(&channel, &ctx())).await.unwrap().unwrap_err();
    all_are(&[status], Code::Unavailable, "CONTINUATION: the connection is closed");
    assert!(sent() < crate::evil::A_LITTLE);
}

#[tokio::test]
async fn an_error_that_is_too_long_has_the_code_of_its_http_status() {
    let long = [b"{\"code\":\"aborted\",\"message\":\"", &vec![b'a'; ERROR][..], b"\"}"].concat();
    let endless = answer("application/json").status(503).data(&long).data(&long).part(Part::Silence);
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let channel = default(Protocol::Connect, version, endless.clone()).await;
        all_are(&[call(&channel).await.unwrap_err()], Code::Unavailable, "one that does not end");
        let broken = answer("application/json").status(503).data("{\"code\":").part(Part::Break);
        let channel = default(Protocol::Connect, version, broken).await;
        all_are(&[call(&channel).await.unwrap_err()], Code::Unavailable, "one that breaks off");
        let short = answer("application/json").status(503).data(b"{\"code\":\"aborted\"}");
        let channel = build(Protocol::Connect, version, short, |builder| builder.max_response_size(1)).await;
        all_are(&[call(&channel).await.unwrap_err()], Code::Aborted, "the limit of messages is another one");
    }
}

/// A frame of zstd that says the same byte over and over: 128 KiB for each block of four bytes.
fn zstd_bomb(blocks: u32) -> Vec<u8> {
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x38];
    for block in 1..=blocks {
        let header = u32::from(block == blocks) | 1 << 1 | (128 << 10) << 3;
        bomb.extend_from_slice(&header.to_le_bytes()[..3]);
        bomb.push(0x0a);
    }
    bomb
}

#[tokio::test]
async fn a_bomb_is_not_unpacked() {
    let bomb = zstd_bomb(8 << 10);
    for (protocol, version) in WAYS {
        let (header, body) = match protocol {
            Protocol::Connect => ("content-encoding", bomb.clone()),
            _ => ("grpc-encoding", envelope(1, &bomb)),
        };
        let packed = answer(media_type(protocol)).header(header, "zstd").data(body);
        let channel = default(protocol, version, packed).await;
        all_are(&[call(&channel).await.unwrap_err()], Code::ResourceExhausted, &format!("{protocol:?}"));
    }
    // The same in an error, and at the end of a stream: neither has a message that counts.
    let error = answer("application/json").status(503).header("content-encoding", "zstd").data(&bomb);
    let channel = default(Protocol::Connect, HttpVersion::Http1, error).await;
    all_are(&[call(&channel).await.unwrap_err()], Code::Unavailable, "an error");
    for (protocol, media_type, header, flags) in [
        (Protocol::Connect, "application/connect+proto", "connect-content-encoding", 3),
        (Protocol::GrpcWeb, "application/grpc-web+proto", "grpc-encoding", 0x81),
    ] {
        let end = answer(media_type).header(header, "zstd").data(envelope(flags, &zstd_bomb(4)));
        let channel = default(protocol, HttpVersion::Http1, end).await;
        let outcome = download(&channel, &Context::new()).await.1.unwrap_err();
        all_are(&[outcome], Code::ResourceExhausted, &format!("the end over {protocol:?}"));
    }
}

#[tokio::test]
async fn a_second_response_is_one_too_many() {
    let trailers = [("grpc-status", "0")];
    let twice = answer("application/grpc").data(hi()).data(hi()).trailers(trailers);
    let channel = default(Protocol::Grpc, HttpVersion::Http2, twice).await;
    let many = timeout(LONG, upload(&channel, &Context::new())).await.unwrap().unwrap_err();
    all_are(&[call(&channel).await.unwrap_err(), many], Code::Unimplemented, "two messages");
    let none = answer("application/grpc").trailers(trailers);
    let channel = default(Protocol::Grpc, HttpVersion::Http2, none).await;
    all_are(&[call(&channel).await.unwrap_err()], Code::Unimplemented, "no message");
}

#[tokio::test]
async fn details_that_are_none_leave_the_code() {
    for details in [&b"not base64!"[..], b"/////w", b"CgE", b"\xff\xfe", b""] {
        let all = vec![
            ("grpc-status", b"9".to_vec()),
            ("grpc-message", b"no".to_vec()),
            ("grpc-status-details-bin", details.to_vec()),
        ];
        let trailers = answer("application/grpc").part(Part::Trailers(all.clone()));
        let head =
            all.iter().fold(answer("application/grpc"), |answer, (name, value)| answer.header(name, value));
        for answer in [trailers, head] {
            let channel = default(Protocol::Grpc, HttpVersion::Http2, answer).await;
            let status = call(&channel).await.unwrap_err();
            assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "no"), "{details:?}");
        }
    }
}

#[tokio::test]
async fn errors_show_little_of_what_was_sent() {
    let long = vec![b'a'; 5000];
    let strange = |name: &'static str| answer("application/grpc").header(name, &long);
    for answer in
        [answer(std::str::from_utf8(&long).unwrap()), strange("grpc-encoding"), strange("grpc-status")]
    {
        let channel = default(Protocol::Grpc, HttpVersion::Http2, answer.data(hi())).await;
        let status = call(&channel).await.unwrap_err();
        assert!(status.message().len() < 500, "{status:?}");
    }
}
