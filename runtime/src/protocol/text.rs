//! gRPC-Web's text form: the body in base64, for clients that can only read text
//! ([PROTOCOL-WEB](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md)).

use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes, BytesMut};
use http_body::Frame;

use crate::bridge::Status;
use crate::call::Body;

/// Four characters stand for three bytes.
const GROUP: usize = 4;

/// Bytes as text.
pub(crate) fn encode(data: &[u8]) -> Vec<u8> {
    STANDARD.encode(data).into_bytes()
}

/// The bytes of a body that is text.
pub(crate) fn decode(body: Body) -> Body {
    Body::new(Decoded { body, pending: BytesMut::new(), is_wrong: false })
}

/// A body that is decoded as it arrives. The text may have padding in its middle: it may be several texts, one after the
/// other.
struct Decoded {
    body: Body,
    /// The beginning of a group of four characters that goes on in the next frame.
    pending: BytesMut,
    /// A group was no base64: nothing is read after it.
    is_wrong: bool,
}

impl Decoded {
    /// Decodes all groups that are there, up to a wrong one: what stands before it counts, however the frames are cut.
    fn take_groups(&mut self) -> Bytes {
        let whole = self.pending.len() / GROUP * GROUP;
        let mut out = Vec::with_capacity(whole / GROUP * 3);
        let mut text = &self.pending[..whole];
        while !text.is_empty() {
            // A group with padding ends one of the texts.
            let padded = text.iter().position(|&byte| byte == b'=');
            let end = padded.map_or(text.len(), |at| at / GROUP * GROUP + GROUP);
            let decoded = out.len();
            if STANDARD.decode_vec(&text[..end], &mut out).is_err() {
                out.truncate(decoded);
                decode_right_groups(&text[..end], &mut out);
                self.is_wrong = true;
                break;
            }
            text = &text[end..];
        }
        self.pending.advance(whole);
        out.into()
    }
}

/// Decodes the groups before the first wrong one.
#[cold]
fn decode_right_groups(text: &[u8], out: &mut Vec<u8>) {
    for group in text.chunks(GROUP) {
        let decoded = out.len();
        if STANDARD.decode_vec(group, out).is_err() {
            return out.truncate(decoded);
        }
    }
}

#[cold]
fn not_base64() -> Status {
    Status::invalid_argument("the body of the request is not base64")
}

impl http_body::Body for Decoded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            if self.is_wrong {
                return Poll::Ready(Some(Err(not_base64())));
            }
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(task)) {
                Some(Ok(frame)) => frame,
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None if self.pending.is_empty() => return Poll::Ready(None),
                None => {
                    self.pending.clear();
                    return Poll::Ready(Some(Err(not_base64())));
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            self.pending.extend_from_slice(&data);
            if self.pending.len() >= GROUP {
                let data = self.take_groups();
                if !data.is_empty() {
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;
    use crate::bridge::Code;

    fn decoded(frames: &[&'static str]) -> Result<Vec<u8>, String> {
        let frames: Vec<_> =
            frames.iter().map(|text| Ok::<_, Status>(Frame::data(Bytes::from(*text)))).collect();
        let body = decode(Body::new(StreamBody::new(futures_util::stream::iter(frames))));
        let collected = body.collect().now_or_never().expect("all is there");
        collected.map(|body| body.to_bytes().to_vec()).map_err(|status| status.message().to_owned())
    }

    #[test]
    fn texts_follow_each_other() {
        assert_eq!(encode(b"abcd"), b"YWJjZA==");
        for frames in [&["YWJjZA==YWJj"][..], &["YW", "JjZA=", "=YWJ", "j"], &["", "YWJjZA==", "YWJj"]] {
            assert_eq!(decoded(frames).unwrap(), b"abcdabc", "{frames:?}");
        }
        assert_eq!(decoded(&["YWI=YWJj"]).unwrap(), b"ababc");
        assert_eq!(decoded(&[]).unwrap(), b"");
    }

    #[test]
    fn what_stands_before_a_wrong_group_arrives() {
        for frames in [&["YWJjYWJj!!!!YWJj"][..], &["YWJjYW", "Jj!!", "!!YWJj"], &["YWJjYWJj", "!!!!"]] {
            let frames: Vec<_> =
                frames.iter().map(|text| Ok::<_, Status>(Frame::data(Bytes::from(*text)))).collect();
            let mut body = decode(Body::new(StreamBody::new(futures_util::stream::iter(frames))));
            let mut data = Vec::new();
            let error = loop {
                match body.frame().now_or_never().expect("all is there").expect("it ends with an error") {
                    Ok(frame) => data.extend_from_slice(&frame.into_data().unwrap()),
                    Err(error) => break error,
                }
            };
            assert_eq!((&*data, error.code()), (&b"abcabc"[..], Code::InvalidArgument));
        }
    }

    #[test]
    fn what_is_not_base64_is_an_error() {
        for text in ["!!!!", "YWJ", "YW=J", "====", "Y==="] {
            assert_eq!(decoded(&[text]).unwrap_err(), "the body of the request is not base64", "{text}");
        }
    }
}
