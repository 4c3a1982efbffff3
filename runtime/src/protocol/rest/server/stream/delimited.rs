//! Where one message ends and the next begins, in a body of protobuf that arrives in pieces.
//!
//! The body is a `StreamBody` (see [`Format::Protobuf`](super::format::Format)): records of a tag, a length and as many
//! bytes. Those that keep the connection alive are skipped.

use bytes::{Buf, Bytes, BytesMut};

use super::format::tag;
use crate::transcode::split::{Piece, SplitError};

/// A varint of 64 bits has no more bytes.
const MAX_VARINT: usize = 10;

/// Cuts a body of protobuf records into messages.
#[derive(Debug)]
pub(crate) struct Records {
    /// What arrived and is not taken yet.
    rest: BytesMut,
    /// Where `rest` starts in the body.
    offset: usize,
    index: usize,
    limit: usize,
    /// How many bytes came since the last message that are none.
    gap: usize,
}

/// What stands at the start of what arrived.
enum Record {
    /// Not all of it.
    Incomplete,
    Message(Piece),
    Nothing,
}

impl Records {
    pub(crate) fn new(limit: usize) -> Self {
        Self { rest: BytesMut::new(), offset: 0, index: 0, limit, gap: 0 }
    }

    pub(crate) fn push(&mut self, frame: &Bytes) {
        self.rest.extend_from_slice(frame);
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.rest.is_empty()
    }

    pub(crate) fn next(&mut self) -> Result<Option<Piece>, SplitError> {
        loop {
            match self.record()? {
                Record::Incomplete => return Ok(None),
                Record::Message(piece) => return Ok(Some(piece)),
                Record::Nothing => {}
            }
        }
    }

    pub(crate) fn finish(&self) -> Result<(), SplitError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.syntax("the last message is cut off")) }
    }

    fn record(&mut self) -> Result<Record, SplitError> {
        let Some(&tag) = self.rest.first() else { return Ok(Record::Incomplete) };
        if tag != tag::MESSAGE && tag != tag::NOOP {
            return Err(self.syntax("expected a message (field 1 with its length)"));
        }
        let Some((length, head)) = self.length()? else { return Ok(Record::Incomplete) };
        if length > self.limit {
            return Err(SplitError::TooLarge { limit: self.limit, index: self.index });
        }
        if self.rest.len() - head < length {
            return Ok(Record::Incomplete);
        }
        self.rest.advance(head);
        let content = self.rest.split_to(length).freeze();
        let offset = self.offset + head;
        self.offset = offset + length;
        if tag == tag::NOOP {
            self.gap = self.gap.saturating_add(head + length);
            if self.gap > self.limit {
                return Err(SplitError::Gap { limit: self.limit, index: self.index });
            }
            return Ok(Record::Nothing);
        }
        self.gap = 0;
        let piece = Piece { content, offset, index: self.index };
        self.index += 1;
        Ok(Record::Message(piece))
    }

    /// The length after the tag, and where the content starts.
    fn length(&self) -> Result<Option<(usize, usize)>, SplitError> {
        let varint = &self.rest[1..self.rest.len().min(1 + MAX_VARINT)];
        match varint.iter().position(|byte| byte & 0x80 == 0) {
            Some(last) => {
                let length = prost::decode_length_delimiter(&varint[..=last])
                    .map_err(|_| self.syntax("a length that is not a number"))?;
                Ok(Some((length, last + 2)))
            }
            None if varint.len() == MAX_VARINT => Err(self.syntax("a length that is not a number")),
            None => Ok(None),
        }
    }

    fn syntax(&self, message: &str) -> SplitError {
        SplitError::Syntax { message: message.to_owned(), offset: self.offset, index: self.index }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1000;

    type Outcome = (Vec<(Vec<u8>, usize)>, Option<SplitError>);

    fn split<'a>(frames: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
        let mut records = Records::new(LIMIT);
        let mut pieces = Vec::new();
        for frame in frames {
            records.push(&Bytes::copy_from_slice(frame));
            loop {
                match records.next() {
                    Ok(Some(piece)) => pieces.push((piece.content.to_vec(), piece.offset)),
                    Ok(None) => break,
                    Err(error) => return (pieces, Some(error)),
                }
            }
        }
        (pieces, records.finish().err())
    }

    #[test]
    fn messages_and_nothing() {
        let body = b"\x0a\x01a\x7a\x00\x0a\x00\x7a\x02xx\x0a\x02bc";
        let (pieces, error) = split([&body[..]]);
        assert_eq!(error, None);
        assert_eq!(pieces, [(b"a".to_vec(), 2), (b"".to_vec(), 7), (b"bc".to_vec(), 13)]);
    }

    #[test]
    fn what_is_no_record_has_a_place() {
        for (body, text) in [
            (&b"\x0a\x01a\x12\x00"[..], "expected a message (field 1 with its length) (offset 3)"),
            (b"{}", "expected a message (field 1 with its length) (offset 0)"),
            (b"\x0a\x02a", "the last message is cut off (offset 0)"),
            (b"\x0a", "the last message is cut off (offset 0)"),
            (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a length that is not a number (offset 0)"),
            (b"\x0a\xff\x7f", "message 0 of the stream is larger than 1000 bytes"),
        ] {
            assert_eq!(split([body]).1.unwrap().to_string(), text);
        }
    }

    #[test]
    fn nothing_has_a_limit() {
        let (pieces, error) =
            split([&b"\x7a\x00".repeat(LIMIT / 2)[..], b"\x0a\x00", &b"\x7a\x02xx".repeat(250)]);
        assert_eq!((pieces.len(), error), (1, None));
        let (_, error) = split([&b"\x7a\x00".repeat(LIMIT / 2 + 1)[..]]);
        assert_eq!(error, Some(SplitError::Gap { limit: LIMIT, index: 0 }));
    }

    proptest! {
        #[test]
        fn frames_make_no_difference(
            body in prop::collection::vec(prop::sample::select(vec![0x0a_u8, 0x7a, 0, 1, 2, 0x80, 0xff]), 0..60),
        ) {
            prop_assert_eq!(split(body.chunks(1)), split([&*body]));
            prop_assert_eq!(split(body.chunks(3)), split([&*body]));
        }
    }
}
