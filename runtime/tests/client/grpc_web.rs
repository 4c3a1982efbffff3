//! Broken responses over gRPC-Web.

use rsvc::client::{HttpVersion, Protocol};
use rsvc::{Code, Context};

use crate::setup::{Answer, answer, channel, code, download, envelope, hi, text, unary, upload, values};

fn web() -> Answer {
    answer("application/grpc-web+proto")
}

fn trailers(text: &str) -> Vec<u8> {
    envelope(0x80, text.as_bytes())
}

fn cases() -> Vec<(&'static str, Answer, Code)> {
    let ok = "grpc-status: 0\r\n";
    vec![
        ("whole", web().data(hi()).data(trailers(ok)), Code::Ok),
        ("at once", web().data([hi(), trailers(ok)].concat()), Code::Ok),
        ("another name", answer("application/grpc-web").data(hi()).data(trailers(ok)), Code::Ok),
        ("other letters", web().data(hi()).data(trailers("GRPC-Status:0\nX: y")), Code::Ok),
        ("no trailers", web().data(hi()), Code::Internal),
        ("trailers of HTTP", web().data(hi()).trailers([("grpc-status", "0")]), Code::Internal),
        ("no status", web().data(trailers("grpc-message: error\r\n")), Code::Unknown),
        ("no message", web().data(trailers(ok)), Code::Unimplemented),
        ("two messages", web().data(hi()).data(hi()).data(trailers(ok)), Code::Unimplemented),
        ("an error", web().data(trailers("grpc-status: 9\r\n")), Code::FailedPrecondition),
        ("nothing but headers", web().header("grpc-status", "9"), Code::FailedPrecondition),
        ("nothing but good headers", web().header("grpc-status", "0"), Code::Unimplemented),
        (
            "a status before the end",
            web().header("grpc-status", "8").data(trailers("grpc-status: 9\r\n")),
            Code::FailedPrecondition,
        ),
        ("more after the end", web().data(hi()).data(trailers(ok)).data(hi()), Code::Internal),
        ("two ends", web().data(hi()).data(trailers(ok)).data(trailers(ok)), Code::Internal),
        ("half an end", web().data(hi()).data(&trailers(ok)[..9]), Code::Internal),
        ("no lines", web().data(hi()).data(trailers("grpc-status")), Code::Internal),
        ("a compressed end", web().data(hi()).data(envelope(0x81, ok.as_bytes())), Code::Internal),
        ("an odd flag", web().data(envelope(0x82, b"")), Code::Internal),
        ("gRPC", answer("application/grpc").data(hi()).data(trailers(ok)), Code::Unknown),
        ("JSON", answer("application/grpc-web+json").data(trailers(ok)), Code::Internal),
        ("text", answer("application/grpc-web-text").data("AAAA"), Code::Unknown),
        ("too large", web().data(envelope(0, &[0; 1001])), Code::ResourceExhausted),
        ("a proxy's error", Answer::default().status(502), Code::Unavailable),
    ]
}

#[tokio::test]
async fn one_response() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        for (name, answer, expected) in cases() {
            let channel = channel(Protocol::GrpcWeb, version, answer).await;
            let outcome = unary(&channel, &Context::new()).await;
            assert_eq!(code(&outcome), expected, "{name}: {outcome:?}");
            let outcome = upload(&channel, &Context::new()).await;
            assert_eq!(code(&outcome), expected, "{name}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn many_responses() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let end = trailers("grpc-status: 5\r\ngrpc-message: a%20b\r\nx-t: 1\r\nx-t: 2\r\n");
        let answer = web().data(hi()).data(hi()).data(end);
        let channel = channel(Protocol::GrpcWeb, version, answer).await;
        let ctx = Context::new();
        let (texts, outcome) = download(&channel, &ctx).await;
        assert_eq!(texts, [text("hi"), text("hi")]);
        let status = outcome.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, "a b"));
        assert_eq!(values(&ctx.response_trailers(), "x-t"), ["1", "2"]);
    }
}
