//! The body of a response as a whole.

use bytes::{Bytes, BytesMut};
use http_body::Body as _;

use super::error::body_error;
use crate::bridge::Status;
use crate::call::Body;
use crate::protocol::envelope::too_large;

/// The beginning of a body, of at most `limit` bytes, whatever happens to the rest.
#[cfg(feature = "rest-client")]
pub(crate) async fn beginning(mut body: Body, limit: usize) -> Vec<u8> {
    let mut whole = Vec::new();
    // One that says it is much longer is not waited for.
    let mut wanted = body.size_hint().lower() <= limit as u64;
    while wanted && let Some(Ok(data)) = std::future::poll_fn(|task| body.poll_data(task)).await {
        whole.extend_from_slice(&data);
        wanted = whole.len() < limit;
    }
    whole.truncate(limit);
    whole
}

/// All of a body. One that arrives at once is not copied.
pub(crate) async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Status> {
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(data) = std::future::poll_fn(|task| body.poll_data(task)).await {
        let data = data.map_err(body_error)?;
        if first.len() + whole.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}
