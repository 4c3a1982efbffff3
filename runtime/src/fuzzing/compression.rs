//! Decompression of messages and of bodies.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body::Body as _;

use super::input::{Input, body, frames, now};
use crate::protocol::compression::Compression;
use crate::protocol::compression::decode::Decompressed;
use crate::protocol::compression::held::DecoderShare;

const LIMIT: usize = 256 * 1024;

/// Two bytes steer: the compression, and the size of the frames. The rest is what is compressed, or said to be.
pub(super) fn decompress(data: &[u8]) {
    let mut input = Input(data);
    let (how, size) = (input.byte(), input.byte());
    let all = Compression::SUPPORTED;
    let coding = all[usize::from(how) % all.len()];
    let data = input.0;

    let whole = coding.decompress(Bytes::copy_from_slice(data), LIMIT);
    let whole = whole.map(|bytes| {
        assert!(bytes.len() <= LIMIT, "more than the limit");
        bytes.to_vec()
    });
    let at_once = stream(coding, data, 0);
    assert_eq!(stream(coding, data, size), at_once, "frames make a difference");
    if let Some(bytes) = &at_once {
        assert!(matches!(&whole, Ok(same) if same == bytes), "a body is taken that is not a message");
    }

    let compressed = coding.compress(data);
    let back = coding.decompress(compressed.into(), data.len()).expect("what was compressed");
    assert_eq!(back, data, "what was compressed comes back as something else");
}

/// The body, if it is one within the limit.
fn stream(coding: Compression, data: &[u8], size: u8) -> Option<Vec<u8>> {
    let mut stream = Decompressed::new(coding, body(frames(data, size)), DecoderShare::new(Arc::default()));
    let mut out = Vec::new();
    while let Some(frame) = now(|task| Pin::new(&mut stream).poll_frame(task)) {
        let frame = frame.ok()?;
        let data = frame.into_data().expect("there are no trailers");
        assert!(!data.is_empty(), "a frame of nothing");
        out.extend_from_slice(&data);
        if out.len() > LIMIT {
            return None;
        }
    }
    Some(out)
}
