//! Bodies that are compressed, by the words of HTTP.

use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use http_body::Body as _;

use crate::bridge::Status;
use crate::call::Body;
use crate::protocol::client::{ClientSettings, compression_of};
use crate::protocol::compression::Compression;
#[cfg(feature = "compression")]
use crate::protocol::compression::{decode::Decompressed, encode::Compressed, held::DecoderShare};

/// Compresses the body of a request, if the channel says so. One that is there as a whole stays so.
pub(super) fn request(settings: &ClientSettings, headers: &mut HeaderMap, body: Body) -> Body {
    let Some(compression) = settings.compression.filter(|_| !body.is_end_stream()) else { return body };
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(compression.name()));
    match body.into_whole() {
        Ok(bytes) => compression.compress(&bytes).into(),
        Err(body) => compressed(compression, body),
    }
}

/// The body of a response without its compression.
pub(super) fn response(headers: &HeaderMap, body: Body) -> Result<Body, Status> {
    match compression_of(headers, &CONTENT_ENCODING)? {
        Some(compression) if !body.is_end_stream() => Ok(decompressed(compression, body)),
        _ => Ok(body),
    }
}

#[cfg(feature = "compression")]
fn compressed(compression: Compression, body: Body) -> Body {
    Body::new(Compressed::new(compression, body))
}

#[cfg(feature = "compression")]
fn decompressed(compression: Compression, body: Body) -> Body {
    // Its own memory is all that a decoder may hold.
    let decoder = Decompressed::new(compression, body, DecoderShare::default());
    Body::new(decoder.failing_with(|why| Status::internal(format!("the response is not {why}"))))
}

#[cfg(not(feature = "compression"))]
use self::{unsupported as compressed, unsupported as decompressed};

#[cfg(not(feature = "compression"))]
fn unsupported(compression: Compression, _: Body) -> Body {
    unreachable!("no compression is supported, and a body is said to be {compression:?}")
}
