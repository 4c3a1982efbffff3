//! Requests made as large as a case wants them.

use anyhow::{Context, Result, bail, ensure};
use conformance::connect::test_case::ExpandedSize;
use prost::Message as _;
use prost::bytes::Bytes;
use prost_reflect::Value;
use prost_types::Any;

use crate::SERVER_LIMIT;
use crate::schema::Schema;

const FIELD: &str = "request_data";

/// Pads requests, each by the entry at its place.
pub(crate) fn pad(schema: &Schema, requests: &mut [Any], sizes: &[ExpandedSize]) -> Result<()> {
    ensure!(sizes.len() <= requests.len(), "more sizes than requests");
    for (request, size) in requests.iter_mut().zip(sizes) {
        if let Some(relative) = size.size_relative_to_limit {
            let size = i64::from(SERVER_LIMIT) + i64::from(relative);
            request.value = padded(schema, request, usize::try_from(size)?)?;
        }
    }
    Ok(())
}

/// A message with zero bytes at the end of its data, so many that it is as large as wanted.
fn padded(schema: &Schema, request: &Any, size: usize) -> Result<Vec<u8>> {
    let mut message = schema.unpack(request)?;
    let data = message.get_field_by_name(FIELD).context(FIELD)?;
    let mut data = data.as_bytes().with_context(|| format!("{FIELD} is not bytes"))?.to_vec();
    // The second round makes good what the first one added to the length of the data.
    for _ in 0..3 {
        let now = message.encoded_len();
        if now == size {
            return Ok(message.encode_to_vec());
        }
        let length = (data.len() + size).checked_sub(now).context("the message is too large already")?;
        data.resize(length, 0);
        message.set_field_by_name(FIELD, Value::Bytes(Bytes::from(data.clone())));
    }
    bail!("no padding makes a message of {size} bytes")
}

#[cfg(test)]
mod tests {
    use conformance::connect::{BidiStreamRequest, Named as _, UnaryRequest};

    use super::*;

    #[test]
    fn requests_become_as_large_as_wanted() {
        let one = UnaryRequest { request_data: b"x".to_vec(), ..UnaryRequest::default() };
        let mut requests = [one.to_any(), BidiStreamRequest::default().to_any(), one.to_any()];
        let size = |relative| ExpandedSize { size_relative_to_limit: relative };
        pad(&Schema::of_tests(), &mut requests, &[size(Some(10)), size(Some(0))]).unwrap();
        let limit = SERVER_LIMIT as usize;
        let sizes: Vec<_> = requests.iter().map(|request| request.value.len()).collect();
        assert_eq!(sizes, [limit + 10, limit, 3]);
        let padded = UnaryRequest::decode(&*requests[0].value).unwrap().request_data;
        assert!(padded.starts_with(b"x\0\0") && padded.ends_with(b"\0"));
    }
}
