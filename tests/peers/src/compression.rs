//! Whether messages were compressed, which the interop cases ask and an API of messages does not tell.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use rsvc::Body;

/// Flags and length, before each message of gRPC, gRPC-Web and of a stream of Connect.
const PREFIX: usize = 5;
const COMPRESSED: u8 = 1;

/// For each message of a body that has passed, whether it was compressed.
#[derive(Clone, Debug, Default)]
pub struct Flags(Arc<Mutex<Vec<bool>>>);

impl Flags {
    /// Whether the message at this place was compressed; `None` if it has not passed.
    #[must_use]
    pub fn of(&self, index: usize) -> Option<bool> {
        self.all().get(index).copied()
    }

    /// Those of all messages that have passed.
    #[must_use]
    pub fn all(&self) -> Vec<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of a message.
    fn push(&self, compressed: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(compressed);
    }
}

/// Finds the prefixes of messages in the bytes of a body, in whatever pieces they come.
#[derive(Debug, Default)]
pub struct Envelopes {
    prefix: Vec<u8>,
    /// How much of the message is still to come.
    left: usize,
}

impl Envelopes {
    /// Reads a piece of the body.
    pub fn read(&mut self, mut bytes: &[u8], flags: &Flags) {
        while !bytes.is_empty() {
            let skipped = self.left.min(bytes.len());
            self.left -= skipped;
            bytes = &bytes[skipped..];
            let wanted = (PREFIX - self.prefix.len()).min(bytes.len());
            self.prefix.extend_from_slice(&bytes[..wanted]);
            bytes = &bytes[wanted..];
            if let [kind, a, b, c, d] = *self.prefix {
                flags.push(kind & COMPRESSED != 0);
                self.left = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
                self.prefix.clear();
            }
        }
    }
}

/// Puts the [`Flags`] of the request on it, for handlers to find. A layer of the server does so for each request.
#[must_use]
pub fn watch(mut request: Request<Body>) -> Request<Body> {
    let flags = Flags::default();
    request.extensions_mut().insert(flags.clone());
    if has_envelopes(request.headers()) {
        let mut envelopes = Envelopes::default();
        request.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(data) = frame.data_ref() {
                    envelopes.read(data, &flags);
                }
                frame
            }))
        })
    } else {
        // The one message is the body.
        flags.push(request.headers().contains_key(header::CONTENT_ENCODING));
        request
    }
}

fn has_envelopes(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    ["application/grpc", "application/connect+"].iter().any(|start| kind.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_found_in_any_pieces() {
        let body = b"\x00\x00\x00\x00\x03abc\x01\x00\x00\x00\x00\x01\x00\x00\x00\x01x\x00\x00\x00\x00\x02yz";
        for size in 1..=body.len() {
            let (mut envelopes, flags) = (Envelopes::default(), Flags::default());
            for piece in body.chunks(size) {
                envelopes.read(piece, &flags);
            }
            assert_eq!(flags.all(), [false, true, true, false], "pieces of {size}");
        }
    }
}
