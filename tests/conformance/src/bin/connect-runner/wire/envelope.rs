//! Messages behind their flags and lengths.

use anyhow::{Context, Result, ensure};

use super::coding::decompress;

pub(crate) const COMPRESSED: u8 = 1;
/// Of Connect: the message that ends a stream.
pub(crate) const END_STREAM: u8 = 2;
/// Of gRPC-Web: the trailers.
pub(crate) const TRAILERS: u8 = 128;

const PREFIX: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) flags: u8,
    pub(crate) data: Vec<u8>,
}

impl Envelope {
    /// Its data without compression.
    pub(crate) fn plain(&self, encoding: Option<&str>) -> Result<Vec<u8>> {
        if self.flags & COMPRESSED == 0 {
            return Ok(self.data.clone());
        }
        ensure!(!matches!(encoding, None | Some("identity")), "a compressed message without an encoding");
        decompress(encoding, &self.data)
    }
}

/// The whole envelopes of a body, and how many bytes follow.
pub(crate) fn split(body: &[u8]) -> (Vec<Envelope>, usize) {
    let mut envelopes = Vec::new();
    let mut rest = body;
    while let Some((prefix, after)) = rest.split_first_chunk::<PREFIX>() {
        let [flags, length @ ..] = *prefix;
        let Some((data, after)) = after.split_at_checked(u32::from_be_bytes(length) as usize) else { break };
        envelopes.push(Envelope { flags, data: data.to_vec() });
        rest = after;
    }
    (envelopes, rest.len())
}

/// The bytes of an envelope.
pub(crate) fn write(flags: u8, length: Option<u32>, data: &[u8]) -> Result<Vec<u8>> {
    let length = match length {
        Some(length) => length,
        None => u32::try_from(data.len()).context("a message of more than 4 GiB")?,
    };
    let mut bytes = Vec::with_capacity(PREFIX + data.len());
    bytes.push(flags);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(data);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes =
            [write(0, None, b"ab").unwrap(), write(2, None, b"").unwrap(), b"\0\0\0".to_vec()].concat();
        let (envelopes, rest) = split(&bytes);
        assert_eq!(
            envelopes,
            [Envelope { flags: 0, data: b"ab".to_vec() }, Envelope { flags: 2, data: Vec::new() }]
        );
        assert_eq!(rest, 3);
        assert_eq!(split(&write(0, Some(9), b"ab").unwrap()), (Vec::new(), 7));
    }
}
