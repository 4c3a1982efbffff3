//! gRPC and gRPC-Web as a client speaks them.

use std::time::Duration;

use bytes::Bytes;
use http::header::TE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::status::{STATUS, read_status};
use super::{ACCEPT_ENCODING, ENCODING, TRAILERS, media_type, trailers, web_media_type};
use crate::bridge::Status;
use crate::deadline;
use crate::protocol::client::{Dialect, list_size, too_many_headers};
use crate::protocol::wire::Codec;

/// gRPC over HTTP/2.
pub(crate) struct Grpc;

/// gRPC-Web, in its binary form.
pub(crate) struct GrpcWeb;

impl Dialect for Grpc {
    fn family(&self) -> &'static str {
        "application/grpc"
    }

    fn media_type(&self, codec: Codec) -> &'static str {
        media_type(codec)
    }

    fn encoding(&self) -> HeaderName {
        ENCODING
    }

    fn accept_encoding(&self) -> HeaderName {
        ACCEPT_ENCODING
    }

    fn write_headers(&self, timeout: Option<Duration>, headers: &mut HeaderMap) {
        headers.insert(TE, HeaderValue::from_static("trailers"));
        write_timeout(timeout, headers);
    }

    fn end_flag(&self) -> u8 {
        0
    }

    fn read_end(&self, _: Bytes) -> Result<HeaderMap, Status> {
        Err(Status::internal("gRPC has no messages that end a stream"))
    }

    fn read_trailers(
        &self,
        trailers: Option<HeaderMap>,
        head: Option<&HeaderMap>,
    ) -> Result<HeaderMap, Status> {
        outcome(trailers.or_else(|| only_head(head)))
    }

    fn has_outcome(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(STATUS)
    }
}

impl Dialect for GrpcWeb {
    fn family(&self) -> &'static str {
        "application/grpc-web"
    }

    fn media_type(&self, codec: Codec) -> &'static str {
        web_media_type(codec)
    }

    fn encoding(&self) -> HeaderName {
        ENCODING
    }

    fn accept_encoding(&self) -> HeaderName {
        ACCEPT_ENCODING
    }

    fn write_headers(&self, timeout: Option<Duration>, headers: &mut HeaderMap) {
        // Proxies know by it that the caller cannot read trailers.
        headers.insert(HeaderName::from_static("x-grpc-web"), HeaderValue::from_static("1"));
        write_timeout(timeout, headers);
    }

    fn end_flag(&self) -> u8 {
        TRAILERS
    }

    fn read_end(&self, content: Bytes) -> Result<HeaderMap, Status> {
        outcome(Some(trailers::read(&content)?))
    }

    fn read_trailers(&self, _: Option<HeaderMap>, head: Option<&HeaderMap>) -> Result<HeaderMap, Status> {
        outcome(only_head(head))
    }

    fn has_outcome(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(STATUS)
    }
}

fn write_timeout(timeout: Option<Duration>, headers: &mut HeaderMap) {
    if let Some(timeout) = timeout {
        headers.insert(deadline::HEADER, deadline::format(timeout));
    }
}

/// The headers of a response that has nothing else, if they are its trailers.
fn only_head(head: Option<&HeaderMap>) -> Option<HeaderMap> {
    head.filter(|head| head.contains_key(STATUS)).cloned()
}

/// The outcome that trailers tell.
fn outcome(trailers: Option<HeaderMap>) -> Result<HeaderMap, Status> {
    let Some(mut trailers) = trailers else {
        return Err(Status::internal("the response ended without trailers"));
    };
    match read_status(&trailers) {
        Some(Ok(())) => {
            // Nearly always there is nothing else.
            if trailers.len() == 1 {
                return Ok(HeaderMap::new());
            }
            trailers.remove(STATUS);
            Ok(trailers)
        }
        Some(Err(status)) => Err(status),
        None => Err(without_status(&trailers)),
    }
}

/// Trailers without a status. Of those beyond the limit h2 hands on a part, or nothing.
#[cold]
fn without_status(trailers: &HeaderMap) -> Status {
    if trailers.is_empty() || list_size(trailers) > LARGE {
        return too_many_headers();
    }
    Status::unknown("the trailers of the response have no status")
}

/// Trailers of which something may be missing, in bytes: half of what a client takes by default.
const LARGE: usize = 8 << 10;
