//! Broken responses over gRPC.

use rsvc::client::{HttpVersion, Protocol};
use rsvc::{Code, Context};

use crate::setup::{
    Answer, Part, answer, channel, code, download, envelope, hi, text, unary, upload, values,
};

fn grpc() -> Answer {
    answer("application/grpc")
}

/// What is to come of an answer for a method with one response.
fn cases() -> Vec<(&'static str, Answer, Code)> {
    let ok = [("grpc-status", "0")];
    vec![
        ("whole", grpc().data(hi()).trailers(ok), Code::Ok),
        ("a form that is said", answer("application/grpc+proto").data(hi()).trailers(ok), Code::Ok),
        ("parameters", answer("Application/gRPC; a=b").data(hi()).trailers(ok), Code::Ok),
        ("no trailers", grpc().data(hi()), Code::Internal),
        ("no status", grpc().trailers([("grpc-message", "error")]), Code::Unknown),
        ("no message", grpc().trailers(ok), Code::Unimplemented),
        ("two messages", grpc().data(hi()).data(hi()).trailers(ok), Code::Unimplemented),
        ("nothing but headers", grpc().header("grpc-status", "9"), Code::FailedPrecondition),
        ("nothing but good headers", grpc().header("grpc-status", "0"), Code::Unimplemented),
        ("a status before a message", grpc().header("grpc-status", "9").data(hi()), Code::Internal),
        (
            "a status before trailers",
            grpc().header("grpc-status", "8").trailers([("grpc-status", "9")]),
            Code::FailedPrecondition,
        ),
        (
            "an error after a message",
            grpc().data(hi()).trailers([("grpc-status", "9")]),
            Code::FailedPrecondition,
        ),
        ("other content", answer("image/jpeg").data(hi()).trailers(ok), Code::Unknown),
        ("no content type", Answer::default().status(200), Code::Unknown),
        ("gRPC-Web", answer("application/grpc-web").data(hi()).trailers(ok), Code::Unknown),
        ("JSON", answer("application/grpc+json").data(hi()).trailers(ok), Code::Internal),
        ("an odd encoding", grpc().header("grpc-encoding", "foo").data(hi()).trailers(ok), Code::Internal),
        ("no encoding", grpc().data(envelope(1, b"x")).trailers(ok), Code::Internal),
        (
            "not compressed at all",
            grpc().header("grpc-encoding", "gzip").data(envelope(1, b"x")).trailers(ok),
            Code::Internal,
        ),
        ("identity", grpc().header("grpc-encoding", "identity").data(hi()).trailers(ok), Code::Ok),
        ("odd flags", grpc().data(envelope(4, b"")).trailers(ok), Code::Internal),
        ("the end of another protocol", grpc().data(envelope(128, b"")).trailers(ok), Code::Internal),
        ("no message of this type", grpc().data(envelope(0, b"\xff")).trailers(ok), Code::Internal),
        ("too large", grpc().data(envelope(0, &[0; 1001])).trailers(ok), Code::ResourceExhausted),
        ("a length that lies", grpc().data([0, 0xff, 0xff, 0xff, 0xff, 1]), Code::ResourceExhausted),
        ("half a message", grpc().data(&hi()[..8]).trailers(ok), Code::Internal),
        ("half a header", grpc().data(&hi()[..3]).trailers(ok), Code::Internal),
        ("a code that is none", grpc().trailers([("grpc-status", "99")]), Code::Unknown),
        ("a proxy's error", answer("text/html").status(503).data("<html>"), Code::Unavailable),
        ("no such page", answer("text/html").status(404), Code::Unimplemented),
        ("nothing known", Answer::default().status(418), Code::Unknown),
        (
            "a status beside an HTTP status",
            grpc().status(500).header("grpc-status", "9"),
            Code::FailedPrecondition,
        ),
    ]
}

#[tokio::test]
async fn one_response() {
    for (name, answer, expected) in cases() {
        let channel = channel(Protocol::Grpc, HttpVersion::Http2, answer).await;
        let outcome = unary(&channel, &Context::new()).await;
        assert_eq!(code(&outcome), expected, "{name}: {outcome:?}");
        let outcome = upload(&channel, &Context::new()).await;
        assert_eq!(code(&outcome), expected, "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn many_responses() {
    let ok = [("grpc-status", "0")];
    for (name, answer, count, expected) in [
        ("none", grpc().trailers(ok), 0, Code::Ok),
        ("none, and nothing but headers", grpc().header("grpc-status", "0"), 0, Code::Ok),
        ("two", grpc().data([hi(), hi()].concat()).trailers(ok), 2, Code::Ok),
        ("an error", grpc().data(hi()).trailers([("grpc-status", "9")]), 1, Code::FailedPrecondition),
        ("no trailers", grpc().data(hi()), 1, Code::Internal),
        ("half a message", grpc().data(hi()).data(&hi()[..8]).trailers(ok), 1, Code::Internal),
        ("broken", grpc().data(hi()).part(Part::Break), 1, Code::Internal),
        ("no message of this type", grpc().data(hi()).data(envelope(0, b"\xff")), 1, Code::Internal),
    ] {
        let channel = channel(Protocol::Grpc, HttpVersion::Http2, answer).await;
        let (texts, outcome) = download(&channel, &Context::new()).await;
        assert_eq!(texts, vec![text("hi"); count], "{name}");
        let code = outcome.as_ref().map_or_else(rsvc::Status::code, |()| Code::Ok);
        assert_eq!(code, expected, "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_error_brings_its_metadata() {
    let trailers = [("grpc-status", "9"), ("grpc-message", "a%20b%FF"), ("x-t", "1"), ("x-t", "2")];
    let answer = grpc().header("x-h", "0").trailers(trailers);
    let only = grpc()
        .header("grpc-status", "9")
        .header("grpc-message", b"a b\xff")
        .header("grpc-status-details-bin", "not base64!")
        .header("x-t", "1")
        .header("x-t", "2");
    for (answer, headers) in [(answer, &["0"][..]), (only, &[])] {
        let channel = channel(Protocol::Grpc, HttpVersion::Http2, answer).await;
        let ctx = Context::new();
        let status = unary(&channel, &ctx).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "a b\u{fffd}"));
        assert_eq!(values(status.metadata(), "x-t"), ["1", "2"]);
        assert_eq!(values(&ctx.response_trailers(), "x-t"), ["1", "2"]);
        assert_eq!(values(&ctx.response_headers(), "x-h"), headers);
    }
}

#[tokio::test]
async fn metadata_of_a_response() {
    let trailers = [("grpc-status", "0"), ("x-t", "1"), ("grpc-odd", "x")];
    let answer = grpc().header("x-h", "1").header("x-h", "2").data(hi()).trailers(trailers);
    let channel = channel(Protocol::Grpc, HttpVersion::Http2, answer).await;
    let ctx = Context::new();
    unary(&channel, &ctx).await.unwrap();
    let (headers, trailers) = (ctx.response_headers(), ctx.response_trailers());
    assert_eq!((values(&headers, "x-h"), headers.len()), (vec!["1".to_owned(), "2".to_owned()], 2));
    assert_eq!((values(&trailers, "x-t"), trailers.len()), (vec!["1".to_owned()], 1));
}
