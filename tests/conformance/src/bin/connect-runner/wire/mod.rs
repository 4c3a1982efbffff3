//! What the protocols say of bytes: read and checked without the code that is tested.

pub(crate) mod coding;
pub(crate) mod decode;
pub(crate) mod envelope;
pub(crate) mod error_json;
pub(crate) mod grpc_status;
pub(crate) mod requests;
pub(crate) mod responses;
pub(crate) mod web_trailers;

use conformance::connect::{Codec, Protocol, StreamType};

use crate::cases::Case;

/// How the messages of a case lie in bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Unary calls of Connect: a body is a message.
    Bare,
    /// All other calls: each message behind its flags and its length.
    Envelopes,
}

impl Framing {
    pub(crate) fn of(case: &Case) -> Self {
        if case.request.protocol() == Protocol::Connect && case.request.stream_type() == StreamType::Unary {
            Self::Bare
        } else {
            Self::Envelopes
        }
    }
}

/// The content types that say what a case is to send, the usual one first.
pub(crate) fn content_types(case: &Case) -> Vec<String> {
    let codec = codec(case);
    let base = match (case.request.protocol(), Framing::of(case)) {
        (Protocol::Grpc, _) => "application/grpc",
        (Protocol::GrpcWeb, _) => "application/grpc-web",
        (_, Framing::Bare) => return vec![format!("application/{codec}")],
        (_, Framing::Envelopes) => return vec![format!("application/connect+{codec}")],
    };
    let mut types = vec![format!("{base}+{codec}")];
    if case.request.codec() == Codec::Proto {
        types.push(base.to_owned());
    }
    types
}

/// The codec of a case as content types name it.
pub(crate) fn codec(case: &Case) -> &'static str {
    if case.request.codec() == Codec::Json { "json" } else { "proto" }
}

/// The header that names the compression of a case's messages.
pub(crate) fn encoding_header(case: &Case) -> &'static str {
    match (case.request.protocol(), Framing::of(case)) {
        (Protocol::Grpc | Protocol::GrpcWeb, _) => "grpc-encoding",
        (_, Framing::Bare) => "content-encoding",
        (_, Framing::Envelopes) => "connect-content-encoding",
    }
}
