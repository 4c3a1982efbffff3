//! Envelopes: how messages stand in the body of gRPC, gRPC-Web and streaming Connect.
//!
//! An envelope is one byte of flags, a length as a big-endian `u32`, and as many bytes
//! ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), `Length-Prefixed-Message`;
//! [Connect](https://connectrpc.com/docs/protocol/#streaming-rpcs), `Enveloped-Message`).

use std::mem::take;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;
use http_body::Body as _;

use super::compression::{Compression, DecompressError};
use crate::bridge::Status;
use crate::call::Body;
use crate::message::AnyMessage;

/// The flags and the length.
pub(crate) const HEADER: usize = 5;
/// The flag of a message that is compressed.
pub(crate) const COMPRESSED: u8 = 1;

/// One envelope as it arrived.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) flags: u8,
    pub(crate) data: Bytes,
}

/// Why there is no envelope.
#[derive(Debug)]
pub(crate) enum EnvelopeError {
    /// It is longer than the limit.
    TooLarge {
        /// What its header says.
        length: usize,
        limit: usize,
    },
    /// The body ended in the middle of it.
    Incomplete,
    /// The body broke off.
    Body(Status),
    /// The other end took too long.
    #[cfg(feature = "server")]
    Timeout(Status),
}

/// Reads the envelopes of a body, one after the other.
///
/// An envelope that lies in one frame of the body is not copied. One that arrives in several takes as much memory as has
/// arrived, whatever its header says. Between envelopes nothing is held.
pub(crate) struct EnvelopeReader {
    body: Body,
    /// The rest of the frame that arrived last.
    frame: Bytes,
    /// The beginning of an envelope that goes on in the next frame.
    partial: BytesMut,
    limit: usize,
    ended: bool,
    /// How many bytes have arrived.
    received: usize,
    trailers: Option<HeaderMap>,
}

impl EnvelopeReader {
    /// The envelopes of `body`, each of at most `limit` bytes.
    pub(crate) fn new(body: Body, limit: usize) -> Self {
        Self {
            body,
            frame: Bytes::new(),
            partial: BytesMut::new(),
            limit,
            ended: false,
            received: 0,
            trailers: None,
        }
    }

    /// The next envelope; `None` is the end of the body.
    #[allow(clippy::inline_always, reason = "it is on the way of each message of a stream")]
    #[inline(always)]
    pub(crate) fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Envelope, EnvelopeError>>> {
        loop {
            match self.take_envelope() {
                Ok(None) => {}
                Ok(Some(envelope)) => return Poll::Ready(Some(Ok(envelope))),
                Err(error) => {
                    self.close();
                    return Poll::Ready(Some(Err(error)));
                }
            }
            if self.ended {
                let begun = !take(&mut self.partial).is_empty();
                return Poll::Ready(begun.then_some(Err(EnvelopeError::Incomplete)));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(task)) {
                None => self.ended = true,
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        self.received = self.received.wrapping_add(data.len());
                        self.frame = data;
                        // Known at once where the last frame says so: nobody is asked once more.
                        self.ended = self.body.take_end();
                    }
                    Err(frame) => {
                        self.trailers = frame.into_trailers().ok();
                        self.ended = true;
                    }
                },
                Some(Err(status)) => {
                    self.close();
                    return Poll::Ready(Some(Err(EnvelopeError::Body(status))));
                }
            }
        }
    }

    /// The trailers of a body that was read to its end.
    pub(crate) fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }

    /// How many bytes have arrived so far.
    pub(crate) fn received(&self) -> usize {
        self.received
    }

    /// Whether a part of an envelope has arrived, and the rest has not.
    pub(crate) fn has_begun(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Whether everything of the body was read, and nothing is left of it.
    pub(crate) fn is_at_end(&self) -> bool {
        self.ended && self.frame.is_empty() && self.partial.is_empty()
    }

    /// Gives the body up.
    pub(crate) fn close(&mut self) {
        self.body = Body::empty();
        self.frame = Bytes::new();
        self.partial = BytesMut::new();
        self.ended = true;
    }

    /// The next envelope, if all of it is there.
    #[inline]
    fn take_envelope(&mut self) -> Result<Option<Envelope>, EnvelopeError> {
        if self.partial.is_empty() {
            let Some(header) = self.frame.first_chunk() else {
                if !self.frame.is_empty() {
                    self.keep(self.frame.len());
                }
                return Ok(None);
            };
            let (flags, length) = self.header(*header)?;
            if self.frame.len() - HEADER >= length {
                self.frame.advance(HEADER);
                let data = self.frame.split_to(length);
                return Ok(Some(Envelope { flags, data }));
            }
            self.keep(self.frame.len());
            return Ok(None);
        }
        self.keep(HEADER.saturating_sub(self.partial.len()));
        let Some(header) = self.partial.first_chunk() else { return Ok(None) };
        let (flags, length) = self.header(*header)?;
        self.keep(HEADER + length - self.partial.len());
        if self.partial.len() < HEADER + length {
            return Ok(None);
        }
        self.partial.advance(HEADER);
        Ok(Some(Envelope { flags, data: take(&mut self.partial).freeze() }))
    }

    /// Moves up to `count` bytes from the frame to the envelope that has begun.
    fn keep(&mut self, count: usize) {
        let count = count.min(self.frame.len());
        self.partial.extend_from_slice(&self.frame[..count]);
        self.frame.advance(count);
    }

    fn header(&self, header: [u8; HEADER]) -> Result<(u8, usize), EnvelopeError> {
        let [flags, length @ ..] = header;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > self.limit {
            return Err(EnvelopeError::TooLarge { length, limit: self.limit });
        }
        Ok((flags, length))
    }
}

impl Envelope {
    /// Whether its content has more than `size` bytes. What has not is decompressed then.
    #[cfg(feature = "server")]
    #[inline]
    pub(crate) fn is_large(&mut self, compression: Option<Compression>, size: usize) -> bool {
        self.data.len() > size || self.flags != 0 && self.becomes_large(compression, size)
    }

    #[cfg(feature = "server")]
    fn becomes_large(&mut self, compression: Option<Compression>, size: usize) -> bool {
        // What is wrong with it is for who reads it.
        let Some(compression) = compression.filter(|_| self.flags == COMPRESSED) else { return false };
        match compression.decompress(self.data.clone(), size) {
            Ok(content) => {
                (self.flags, self.data) = (0, content);
                false
            }
            Err(DecompressError::Malformed(_)) => false,
            Err(DecompressError::TooLarge) => true,
        }
    }

    /// Its content, decompressed if its flag says that it is compressed.
    ///
    /// # Errors
    /// `INTERNAL` for a flag without a compression, as the specifications of both protocols ask; `INVALID_ARGUMENT` for what
    /// is malformed.
    #[inline]
    pub(crate) fn content(self, compression: Option<Compression>, limit: usize) -> Result<Bytes, Status> {
        if self.flags == 0 { Ok(self.data) } else { self.flagged_content(compression, limit) }
    }

    fn flagged_content(self, compression: Option<Compression>, limit: usize) -> Result<Bytes, Status> {
        if self.flags != COMPRESSED {
            return Err(Status::invalid_argument(format!("no message has the flags {:#x}", self.flags)));
        }
        let Some(compression) = compression else {
            return Err(Status::internal("a message is compressed, but its encoding was not said"));
        };
        decompress(compression, self.data, limit)
    }
}

/// Decompresses a message.
pub(crate) fn decompress(compression: Compression, data: Bytes, limit: usize) -> Result<Bytes, Status> {
    // A message of no bytes may be left as it is.
    if data.is_empty() {
        return Ok(data);
    }
    compression.decompress(data, limit).map_err(|error| match error {
        DecompressError::TooLarge => too_large(limit),
        DecompressError::Malformed(why) => {
            Status::invalid_argument(format!("the message is not {}: {why}", compression.name()))
        }
    })
}

/// A message beyond the limit.
#[cold]
pub(crate) fn too_large(limit: usize) -> Status {
    Status::resource_exhausted(format!("the message has more than {limit} bytes"))
}

impl From<EnvelopeError> for Status {
    #[cold]
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::TooLarge { length, limit } => {
                Self::resource_exhausted(format!("the message has {length} bytes, more than {limit}"))
            }
            EnvelopeError::Incomplete => Self::internal("the body ended in the middle of a message"),
            EnvelopeError::Body(status) => status,
            #[cfg(feature = "server")]
            EnvelopeError::Timeout(status) => status,
        }
    }
}

/// Appends an envelope with what `write` appends, compressed if that is wanted and it is at least `from` bytes long; how long
/// it is before.
pub(crate) fn append(
    out: &mut Vec<u8>,
    compression: Option<(Compression, usize)>,
    limit: usize,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Status>,
) -> Result<usize, Status> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER]);
    let written = write(out).and_then(|()| {
        let length = out.len() - start - HEADER;
        check(length, limit)?;
        if let Some((compression, from)) = compression
            && length >= from
        {
            let compressed = compression.compress(&out[start + HEADER..]);
            out.truncate(start + HEADER);
            out.extend_from_slice(&compressed);
            out[start] = COMPRESSED;
        }
        Ok(length)
    });
    match written {
        Ok(_) => seal(out, start),
        Err(_) => out.truncate(start),
    }
    written
}

/// Appends an envelope with what `write` appends, which is about `length` bytes.
pub(crate) fn append_known(
    out: &mut Vec<u8>,
    length: usize,
    limit: usize,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<(), Status> {
    check(length, limit)?;
    let start = out.len();
    out.reserve_exact(HEADER + length);
    out.extend_from_slice(&[0; HEADER]);
    write(out);
    seal(out, start);
    Ok(())
}

/// Whether the message is short enough.
#[inline]
fn check(length: usize, limit: usize) -> Result<(), Status> {
    if length > limit || u32::try_from(length).is_err() {
        return Err(too_large(limit.min(u32::MAX as usize)));
    }
    Ok(())
}

/// Appends an envelope with these flags.
pub(crate) fn append_flagged(out: &mut Vec<u8>, flags: u8, data: &[u8]) {
    let start = out.len();
    out.reserve(HEADER + data.len());
    out.extend_from_slice(&[flags, 0, 0, 0, 0]);
    out.extend_from_slice(data);
    seal(out, start);
}

/// Writes the length of the envelope that stands at the end of `out`.
fn seal(out: &mut [u8], start: usize) {
    let length = u32::try_from(out.len() - start - HEADER).expect("what is longer was refused before");
    out[start + 1..start + HEADER].copy_from_slice(&length.to_be_bytes());
}

/// The form of messages in envelopes and bodies.
pub(crate) mod codec {
    use super::{AnyMessage, Bytes, HEADER, Status};
    use crate::json;
    use crate::message::ReadError;
    use crate::protocol::wire::Codec;

    /// Reads a message that is empty, and may take so much memory.
    #[allow(clippy::inline_always, reason = "it is on the way of each message of a stream")]
    #[inline(always)]
    pub(crate) fn read(
        codec: Codec,
        content: Bytes,
        max_memory: usize,
        message: &mut dyn AnyMessage,
    ) -> Result<(), Status> {
        let read = match codec {
            Codec::Protobuf => message.read_wire(content, max_memory),
            Codec::Json => {
                message.read_text(&content, &json::ReadOptions::new().ignore_unknown(true), max_memory)
            }
        };
        read.map_err(unreadable)
    }

    #[cold]
    fn unreadable(error: ReadError) -> Status {
        match error {
            ReadError::Wire(error) => {
                Status::invalid_argument(format!("the message cannot be decoded: {error}"))
            }
            ReadError::Json(error) => Status::invalid_argument(format!("the message: {error}")),
            ReadError::Memory(error) => Status::resource_exhausted(error.to_string()),
        }
    }

    /// Appends a message to `out`.
    pub(crate) fn write(codec: Codec, message: &dyn AnyMessage, out: &mut Vec<u8>) -> Result<(), Status> {
        match codec {
            Codec::Protobuf => {
                // Behind others, a message has about their size: to count its own costs more than room that is found as it
                // is needed.
                if out.len() <= HEADER {
                    out.reserve(message.wire_len());
                }
                message.encode_wire(out);
                Ok(())
            }
            Codec::Json => {
                let text = json::WriteOptions::new().to_vec(message);
                out.extend_from_slice(&text.map_err(|error| unwritable(&error))?);
                Ok(())
            }
        }
    }

    /// A message without JSON, which is for whoever sends it to know.
    #[cold]
    fn unwritable(error: &json::Error) -> Status {
        tracing::error!(%error, "a message has no JSON");
        Status::internal("the message has no JSON")
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use proptest::prelude::*;

    use super::*;

    fn body(frames: Vec<Vec<u8>>) -> Body {
        let frames = frames.into_iter().map(|data| Ok::<_, Status>(Frame::data(Bytes::from(data))));
        Body::new(StreamBody::new(futures_util::stream::iter(frames)))
    }

    /// The envelopes of a body, each with its flags, and whether it ends well.
    type Read = (Vec<(u8, Vec<u8>)>, Result<(), String>);

    fn read(frames: Vec<Vec<u8>>, limit: usize) -> Read {
        let mut reader = EnvelopeReader::new(body(frames), limit);
        let mut envelopes = Vec::new();
        loop {
            match std::future::poll_fn(|task| reader.poll_next(task)).now_or_never().expect("all is there") {
                None => return (envelopes, Ok(())),
                Some(Ok(Envelope { flags, data })) => envelopes.push((flags, data.to_vec())),
                Some(Err(error)) => return (envelopes, Err(Status::from(error).message().to_owned())),
            }
        }
    }

    #[test]
    fn what_takes_too_much_memory_is_not_read() {
        use crate::bridge::Code;
        use crate::pb::google::rpc::BadRequest;
        use crate::protocol::wire::Codec;

        let json = format!("{{\"fieldViolations\":[{}{{}}]}}", "{},".repeat(1_000_000));
        for (codec, content) in [(Codec::Protobuf, b"\x0a\0".repeat(1_000_000)), (Codec::Json, json.into())] {
            let content = Bytes::from(content);
            let mut message = BadRequest::default();
            let error = codec::read(codec, content.clone(), 32 << 20, &mut message).unwrap_err();
            assert_eq!(error.code(), Code::ResourceExhausted);
            assert!(error.message().contains("(`max_message_memory`)"), "{}", error.message());
            // Nothing of it was built.
            assert_eq!(message.field_violations.capacity(), 0);
            codec::read(codec, content, 1 << 30, &mut message).unwrap();
            assert!(message.field_violations.len() >= 1_000_000);
        }
    }

    #[test]
    fn one_frame_is_not_copied() {
        let frame = Bytes::from_static(&[0, 0, 0, 0, 2, 7, 8, 1, 0, 0, 0, 0]);
        let mut reader = EnvelopeReader::new(Body::from(frame.clone()), 2);
        let next = |reader: &mut EnvelopeReader| {
            std::future::poll_fn(|task| reader.poll_next(task)).now_or_never().flatten().map(Result::unwrap)
        };
        let first = next(&mut reader).unwrap();
        assert_eq!(first.data.as_ptr(), frame[HEADER..].as_ptr());
        let second = next(&mut reader).unwrap();
        assert_eq!((second.flags, second.data.len()), (1, 0));
        assert!(next(&mut reader).is_none());
    }

    #[test]
    fn what_is_too_long_or_breaks_off_is_an_error() {
        let (envelopes, end) = read(vec![vec![0, 0, 0, 0, 3, 1, 2, 3]], 2);
        assert_eq!((envelopes.len(), end.unwrap_err().as_str()), (0, "the message has 3 bytes, more than 2"));
        for cut in 1..8 {
            let (envelopes, end) = read(vec![vec![0, 0, 0, 0, 3, 1, 2, 3][..cut].to_vec()], 9);
            assert_eq!(envelopes.len(), 0);
            assert_eq!(end.unwrap_err(), "the body ended in the middle of a message");
        }
    }

    #[test]
    fn a_failed_write_leaves_no_trace() {
        let mut out = vec![9];
        append(&mut out, None, 2, |out| {
            out.extend_from_slice(b"abc");
            Ok(())
        })
        .unwrap_err();
        append(&mut out, None, 2, |_| Err(Status::internal(""))).unwrap_err();
        assert_eq!(out, [9]);
    }

    proptest! {
        #[test]
        fn envelopes_come_back_however_they_are_cut(
            messages in prop::collection::vec((0_u8..4, prop::collection::vec(any::<u8>(), 0..20)), 0..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut wire = Vec::new();
            for (flags, data) in &messages {
                append_flagged(&mut wire, *flags, data);
            }
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
            cuts.extend([0, wire.len()]);
            cuts.sort_unstable();
            let frames = cuts.windows(2).map(|cut| wire[cut[0]..cut[1]].to_vec()).collect();
            prop_assert_eq!(read(frames, 20), (messages, Ok(())));
        }
    }

    #[test]
    fn sizes_are_those_of_the_message_alone() {
        let gzip = Some((Compression::SUPPORTED[0], 100));
        for (length, flags) in [(99, 0), (100, COMPRESSED)] {
            // What is there already does not count.
            let mut out = vec![7; 50];
            append(&mut out, gzip, 100, |out| {
                out.extend_from_slice(&vec![0; length]);
                Ok(())
            })
            .unwrap();
            assert_eq!(out[50], flags, "{length}");
        }
        let mut out = vec![7; 50];
        let too_much = append(&mut out, None, 100, |out| {
            out.extend_from_slice(&[0; 101]);
            Ok(())
        });
        assert_eq!(too_much.unwrap_err().code(), crate::bridge::Code::ResourceExhausted);
        assert_eq!(out.len(), 50);
    }
}
