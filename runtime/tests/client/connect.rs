//! Broken responses over Connect.

use rsvc::client::{HttpVersion, Protocol};
use rsvc::{Code, Context};

use crate::setup::{
    Answer, Part, answer, channel, code, download, envelope, hi, text, unary, upload, values,
};

const BOTH: [HttpVersion; 2] = [HttpVersion::Http1, HttpVersion::Http2];

/// `text("hi")`.
const HI: &[u8] = b"\x0a\x02en\x12\x02hi";

fn proto() -> Answer {
    answer("application/proto")
}

fn json(status: u16, body: &str) -> Answer {
    answer("application/json").status(status).data(body)
}

fn stream() -> Answer {
    answer("application/connect+proto")
}

fn end(text: &str) -> Vec<u8> {
    envelope(2, text.as_bytes())
}

#[tokio::test]
async fn unary_responses() {
    let cases = [
        ("whole", proto().data(HI), Code::Ok),
        ("in pieces", proto().data(&HI[..3]).data(&HI[3..]), Code::Ok),
        ("JSON", json(200, "{}"), Code::Internal),
        ("other content", answer("image/jpeg").data(HI), Code::Unknown),
        ("no content type", Answer::default().status(200), Code::Unknown),
        ("a stream", stream().data(hi()).data(end("{}")), Code::Unknown),
        ("an odd encoding", proto().header("content-encoding", "foo").data(HI), Code::Internal),
        ("not compressed at all", proto().header("content-encoding", "gzip").data(HI), Code::Internal),
        ("no message of this type", proto().data(b"\xff"), Code::Internal),
        ("too large", proto().data([0; 1001]), Code::ResourceExhausted),
        ("too large in pieces", proto().data([0; 600]).data([0; 600]), Code::ResourceExhausted),
        ("an error", json(404, r#"{"code":"aborted"}"#), Code::Aborted),
        ("an error without a code", json(401, "{}"), Code::Unauthenticated),
        ("no error", json(403, "null"), Code::PermissionDenied),
        ("no JSON", json(503, "<html>"), Code::Unavailable),
        ("an error that breaks off", json(503, "{").part(Part::Break), Code::Unavailable),
        ("an error in protobuf", proto().status(403).data(HI), Code::PermissionDenied),
        ("another success", proto().status(204), Code::Unknown),
        ("nothing", Answer::default().status(404), Code::Unimplemented),
    ];
    for version in BOTH {
        for (name, answer, expected) in cases.clone() {
            let channel = channel(Protocol::Connect, version, answer).await;
            let outcome = unary(&channel, &Context::new()).await;
            assert_eq!(code(&outcome), expected, "{name}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn the_one_response_of_a_stream() {
    let cases = [
        ("whole", stream().data(hi()).data(end("{}")), Code::Ok),
        ("no end", stream().data(hi()), Code::Internal),
        ("no message", stream().data(end("{}")), Code::Unimplemented),
        ("no message, and an odd end", stream().data(end(r#"{"code":"aborted"}"#)), Code::Unimplemented),
        ("two messages", stream().data(hi()).data(hi()).data(end("{}")), Code::Unimplemented),
        ("an error", stream().data(end(r#"{"error":{"code":"aborted"}}"#)), Code::Aborted),
        ("an error without a code", stream().data(end(r#"{"error":{}}"#)), Code::Unknown),
        ("an end that is not a JSON", stream().data(hi()).data(end("x")), Code::Internal),
        ("more after the end", stream().data(hi()).data(end("{}")).data(hi()), Code::Internal),
        ("a compressed end", stream().data(hi()).data(envelope(3, b"{}")), Code::Internal),
        ("JSON", answer("application/connect+json").data(end("{}")), Code::Internal),
        ("a unary response", proto().data(HI), Code::Unknown),
        (
            "an odd encoding",
            stream().header("connect-content-encoding", "foo").data(hi()).data(end("{}")),
            Code::Internal,
        ),
        ("too large", stream().data(envelope(0, &[0; 1001])), Code::ResourceExhausted),
        ("a proxy's error", json(503, "{}"), Code::Unavailable),
    ];
    for version in BOTH {
        for (name, answer, expected) in cases.clone() {
            let channel = channel(Protocol::Connect, version, answer).await;
            let outcome = upload(&channel, &Context::new()).await;
            assert_eq!(code(&outcome), expected, "{name}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn many_responses() {
    let last = r#"{"error":{"code":"not_found","message":"no"},"metadata":{"X-T":["1","2"]}}"#;
    for version in BOTH {
        for (name, answer, count, expected) in [
            ("none", stream().data(end("{}")), 0, Code::Ok),
            ("no error", stream().data(end(r#"{"error":null}"#)), 0, Code::Ok),
            ("two", stream().data([hi(), hi(), end(last)].concat()), 2, Code::NotFound),
            ("no end", stream().data(hi()), 1, Code::Internal),
            ("half a message", stream().data(hi()).data(&hi()[..8]), 1, Code::Internal),
        ] {
            let channel = channel(Protocol::Connect, version, answer).await;
            let ctx = Context::new();
            let (texts, outcome) = download(&channel, &ctx).await;
            assert_eq!(texts, vec![text("hi"); count], "{name}");
            let code = outcome.as_ref().map_or_else(rsvc::Status::code, |()| Code::Ok);
            assert_eq!(code, expected, "{name}: {outcome:?}");
            if code == Code::NotFound {
                assert_eq!(values(&ctx.response_trailers(), "x-t"), ["1", "2"]);
            }
        }
    }
}

#[tokio::test]
async fn metadata_of_a_unary_call() {
    let with_metadata = |answer: Answer| {
        answer
            .header("x-h", "1")
            .header("x-h", "2")
            .header("trailer-x-t", "3")
            .header("trailer-grpc-status", "0")
    };
    for answer in [proto().data(HI), json(404, r#"{"code":"not_found","message":"no: \u00fc"}"#)] {
        let is_error = answer.status != 200;
        let channel = channel(Protocol::Connect, HttpVersion::Http2, with_metadata(answer)).await;
        let ctx = Context::new();
        let outcome = unary(&channel, &ctx).await;
        assert_eq!(values(&ctx.response_headers(), "x-h"), ["1", "2"]);
        let trailers = ctx.response_trailers();
        assert_eq!((values(&trailers, "x-t"), trailers.len()), (vec!["3".to_owned()], 1));
        if is_error {
            let status = outcome.unwrap_err();
            assert_eq!((status.code(), status.message()), (Code::NotFound, "no: ü"));
            assert_eq!(values(status.metadata(), "x-h"), ["1", "2"]);
            assert_eq!(values(status.metadata(), "x-t"), ["3"]);
        } else {
            assert_eq!(outcome.unwrap(), text("hi"));
        }
    }
}
