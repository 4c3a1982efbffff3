//! A server that has an answer for each attempt, and counts them.

use std::sync::{Arc, Mutex};

use http_body_util::BodyExt as _;
use rsvc::client::{Builder, HttpVersion, Protocol};
use rsvc::codegen::http::HeaderMap;
use rsvc::{Channel, Idempotency, MethodInfo, MethodKind};

use crate::setup::{Answer, Handler, answer, envelope, hi, serve};

pub(crate) static CHANGE: MethodInfo = MethodInfo::new("a.B", "Change", "/a.B/Change", MethodKind::Unary);
pub(crate) static READ: MethodInfo =
    MethodInfo::new("a.B", "Read", "/a.B/Read", MethodKind::Unary).idempotency(Idempotency::NoSideEffects);
pub(crate) static PUT: MethodInfo =
    MethodInfo::new("a.B", "Put", "/a.B/Put", MethodKind::Unary).idempotency(Idempotency::Idempotent);
pub(crate) static UPLOAD: MethodInfo =
    MethodInfo::new("a.B", "Upload", "/a.B/Upload", MethodKind::ClientStreaming)
        .idempotency(Idempotency::Idempotent);
pub(crate) static LIST: MethodInfo = MethodInfo::new("a.B", "List", "/a.B/List", MethodKind::ServerStreaming)
    .idempotency(Idempotency::NoSideEffects);
pub(crate) static CHAT: MethodInfo = MethodInfo::new("a.B", "Chat", "/a.B/Chat", MethodKind::BidiStreaming)
    .idempotency(Idempotency::Idempotent);

/// What a server has got, one after the other.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Got>>>);

#[derive(Clone)]
pub(crate) struct Got {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Log {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn all(&self) -> Vec<Got> {
        self.0.lock().unwrap().clone()
    }

    /// What each attempt has said of those before.
    pub(crate) fn previous(&self) -> Vec<Option<String>> {
        let of = |got: &Got| {
            got.headers.get("grpc-previous-rpc-attempts").map(|value| value.to_str().unwrap().to_owned())
        };
        self.0.lock().unwrap().iter().map(of).collect()
    }
}

/// The answers to the attempts: the last one is for all that follow.
pub(crate) async fn server(version: HttpVersion, answers: Vec<Answer>) -> (String, Log) {
    let log = Log::default();
    let requests = log.clone();
    let handler: Handler = Arc::new(move |parts, body| {
        let (answers, log) = (answers.clone(), requests.clone());
        Box::pin(async move {
            let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
            let mut got = log.0.lock().unwrap();
            got.push(Got { headers: parts.headers, body });
            answers[(got.len() - 1).min(answers.len() - 1)].clone()
        })
    });
    (format!("http://{}", serve(version, handler).await), log)
}

/// All protocols, each with a version of HTTP.
pub(crate) const PROTOCOLS: [(Protocol, HttpVersion); 4] = [
    (Protocol::Grpc, HttpVersion::Http2),
    (Protocol::GrpcWeb, HttpVersion::Http1),
    (Protocol::Connect, HttpVersion::Http1),
    (Protocol::Connect, HttpVersion::Http2),
];

pub(crate) async fn channel(answers: Vec<Answer>) -> (Channel, Log) {
    build((Protocol::Grpc, HttpVersion::Http2), answers, |builder| builder).await
}

pub(crate) async fn build(
    (protocol, version): (Protocol, HttpVersion),
    answers: Vec<Answer>,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Channel, Log) {
    let (endpoint, log) = server(version, answers).await;
    let builder = Channel::builder(endpoint).protocol(protocol).http_version(version);
    (settings(builder).connect_lazy().unwrap(), log)
}

/// `text("hi")` as the answer to a call with one response.
pub(crate) fn well(protocol: Protocol) -> Answer {
    match protocol {
        Protocol::Grpc => answer("application/grpc").data(hi()).trailers([("grpc-status", "0")]),
        Protocol::GrpcWeb => {
            answer("application/grpc-web+proto").data(hi()).data(envelope(0x80, b"grpc-status: 0\r\n"))
        }
        _ => answer("application/proto").data(b"\x0a\x02en\x12\x02hi"),
    }
}

/// An error with one of the codes 5, 13 and 14.
pub(crate) fn fails(protocol: Protocol, code: u8) -> Answer {
    let number = match code {
        14 => "14",
        5 => "5",
        13 => "13",
        _ => unreachable!("no test has it"),
    };
    match protocol {
        Protocol::Grpc => answer("application/grpc").header("grpc-status", number),
        Protocol::GrpcWeb => answer("application/grpc-web+proto").header("grpc-status", number),
        _ => {
            let (status, name) = match code {
                14 => (503, "unavailable"),
                5 => (404, "not_found"),
                _ => (500, "internal"),
            };
            answer("application/json").status(status).data(format!(r#"{{"code":"{name}"}}"#))
        }
    }
}

pub(crate) fn down() -> Answer {
    fails(Protocol::Grpc, 14)
}

pub(crate) fn up() -> Answer {
    well(Protocol::Grpc)
}
