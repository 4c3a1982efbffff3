//! Connect as a client speaks it: the streams. Unary calls are in [`unary`](super::unary).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::end_stream::{self, END_STREAM};
use super::{ACCEPT_ENCODING, ENCODING, PROTOCOL_VERSION, VERSION, stream_media_type, timeout};
use crate::bridge::Status;
use crate::protocol::client::Dialect;
use crate::protocol::wire::Codec;

/// Connect's streams.
pub(crate) struct ConnectStream;

impl Dialect for ConnectStream {
    fn family(&self) -> &'static str {
        "application/connect"
    }

    fn media_type(&self, codec: Codec) -> &'static str {
        stream_media_type(codec)
    }

    fn encoding(&self) -> HeaderName {
        ENCODING
    }

    fn accept_encoding(&self) -> HeaderName {
        ACCEPT_ENCODING
    }

    fn write_headers(&self, timeout: Option<Duration>, headers: &mut HeaderMap) {
        headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(VERSION));
        if let Some(time) = timeout {
            headers.insert(timeout::HEADER, timeout::format(time));
        }
    }

    fn end_flag(&self) -> u8 {
        END_STREAM
    }

    fn read_end(&self, content: Bytes) -> Result<HeaderMap, Status> {
        let end = end_stream::read(&content)?;
        match end.error {
            None => Ok(end.trailers),
            Some(mut status) => {
                *status.metadata_mut() = crate::bridge::MetadataMap::from_headers(end.trailers);
                Err(status)
            }
        }
    }

    fn read_trailers(&self, _: Option<HeaderMap>, _: Option<&HeaderMap>) -> Result<HeaderMap, Status> {
        Err(Status::internal("the response ended without the end of the stream"))
    }

    fn has_outcome(&self, _: &HeaderMap) -> bool {
        false
    }
}
