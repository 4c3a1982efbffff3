//! gRPC and gRPC-Web on a server: what they add to calls with envelopes.
//!
//! [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) ends in trailers,
//! [gRPC-Web](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md) in one more envelope with the same content.

use std::sync::LazyLock;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::{ACCEPT_ENCODING, ENCODING, TRAILERS, media_type, status, web_media_type};
use crate::bridge::{Code, Status};
use crate::call::Body;
use crate::call::body::Trailers;
use crate::deadline;
use crate::protocol::compression::Compression;
use crate::protocol::envelope;
use crate::protocol::server::{Dialect, End};
use crate::protocol::wire::Codec;

/// The compressions that gRPC names.
const COMPRESSIONS: &[Compression] = &[Compression::Gzip, Compression::Zstd];

/// gRPC.
pub(crate) static GRPC: Grpc = Grpc;
/// gRPC-Web, its bodies as they are.
pub(crate) static WEB: Web = Web { text: false };
/// gRPC-Web, its bodies in base64.
pub(crate) static WEB_TEXT: Web = Web { text: true };

/// The trailers of a call that went well. Copies are made of them: that takes half of what it takes to make them.
static SUCCESS: LazyLock<HeaderMap> =
    LazyLock::new(|| HeaderMap::from_iter([(status::STATUS, HeaderValue::from_static("0"))]));

pub(crate) struct Grpc;

pub(crate) struct Web {
    text: bool,
}

impl Dialect for Grpc {
    fn encoding(&self) -> HeaderName {
        ENCODING
    }

    fn accept_encoding(&self) -> HeaderName {
        ACCEPT_ENCODING
    }

    fn compressions(&self) -> &'static [Compression] {
        COMPRESSIONS
    }

    fn compress_from(&self) -> Option<usize> {
        None
    }

    /// By gRPC's table of
    /// [status codes](https://github.com/grpc/grpc/blob/master/doc/statuscodes.md) that its libraries give.
    fn malformed(&self) -> Code {
        Code::Internal
    }

    fn timeout(&self, headers: &HeaderMap) -> Result<Option<Duration>, Status> {
        deadline::of_caller(headers)
    }

    fn content_type(&self, codec: Codec) -> HeaderValue {
        // Made when this is compiled: otherwise each call would test its bytes.
        match codec {
            Codec::Protobuf => const { HeaderValue::from_static(media_type(Codec::Protobuf)) },
            Codec::Json => const { HeaderValue::from_static(media_type(Codec::Json)) },
        }
    }

    fn end(&self, status: &Status) -> End {
        End::Trailers(trailers(status).into())
    }

    fn end_of_success(&self) -> End {
        End::Trailers(Trailers::Fixed(&SUCCESS))
    }

    fn refusal(&self, codec: Codec, status: &Status) -> Response<Body> {
        refusal(self, codec, status)
    }
}

impl Dialect for Web {
    fn encoding(&self) -> HeaderName {
        ENCODING
    }

    fn accept_encoding(&self) -> HeaderName {
        ACCEPT_ENCODING
    }

    fn compressions(&self) -> &'static [Compression] {
        COMPRESSIONS
    }

    fn compress_from(&self) -> Option<usize> {
        None
    }

    /// By gRPC's table of
    /// [status codes](https://github.com/grpc/grpc/blob/master/doc/statuscodes.md) that its libraries give.
    fn malformed(&self) -> Code {
        Code::Internal
    }

    fn timeout(&self, headers: &HeaderMap) -> Result<Option<Duration>, Status> {
        deadline::of_caller(headers)
    }

    fn content_type(&self, codec: Codec) -> HeaderValue {
        match (self.text, codec) {
            (false, Codec::Protobuf) => const { HeaderValue::from_static(web_media_type(Codec::Protobuf)) },
            (false, Codec::Json) => const { HeaderValue::from_static(web_media_type(Codec::Json)) },
            (true, Codec::Protobuf) => const { HeaderValue::from_static("application/grpc-web-text+proto") },
            (true, Codec::Json) => const { HeaderValue::from_static("application/grpc-web-text+json") },
        }
    }

    fn end(&self, status: &Status) -> End {
        let trailers = trailers(status);
        let length = trailers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let mut block = Vec::with_capacity(length);
        for (name, value) in &trailers {
            block.extend_from_slice(name.as_str().as_bytes());
            block.extend_from_slice(b": ");
            block.extend_from_slice(value.as_bytes());
            block.extend_from_slice(b"\r\n");
        }
        let mut end = Vec::new();
        envelope::append_flagged(&mut end, TRAILERS, &block);
        End::Data(end)
    }

    fn refusal(&self, codec: Codec, status: &Status) -> Response<Body> {
        refusal(self, codec, status)
    }

    fn is_text(&self) -> bool {
        self.text
    }
}

/// The status and the metadata at the end of a call.
#[inline]
fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    status::write_status(status, &mut trailers);
    trailers
}

/// A response that has the trailers among its headers, and nothing else (`Trailers-Only`).
#[cold]
fn refusal(dialect: &dyn Dialect, codec: Codec, status: &Status) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    status::write_status(status, headers);
    headers.insert(CONTENT_TYPE, dialect.content_type(codec));
    response
}
