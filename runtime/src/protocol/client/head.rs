//! How much the headers of a response are.

use http::HeaderMap;

use super::error::too_many_headers;
use crate::bridge::Status;

/// What HTTP/2 counts for each header besides its name and value
/// ([RFC 9113, section 6.5.2](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2)).
const PER_HEADER: usize = 32;

/// What headers or trailers have, in bytes as HTTP/2 counts them.
pub(crate) fn list_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + PER_HEADER).sum()
}

/// Tests that headers are no more than the limit.
pub(crate) fn check_headers(headers: &HeaderMap, limit: usize) -> Result<(), Status> {
    if list_size(headers) > limit { Err(too_many_headers()) } else { Ok(()) }
}
