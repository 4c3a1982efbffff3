//! From bytes to what a client says: frames and messages of RFC 6455.
//!
//! It is done here and not by the library because of what is kept: of a message, no more than has arrived of it, and
//! nothing once it is complete.

use std::io::Cursor;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// A control frame has no more bytes.
const MAX_CONTROL: u64 = 125;
/// Fragments without content count for no size.
const MAX_EMPTY_FRAGMENTS: u32 = 1000;
/// What is reserved at once for a message that is announced.
const ROOM: usize = 8 * 1024;

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Text(Bytes),
    Binary(Bytes),
    Ping(Bytes),
    Pong,
    Close(Option<CloseFrame>),
}

/// What a client must not say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It breaks the protocol: with this the WebSocket is closed.
    Protocol(CloseCode, &'static str),
    /// A message has more bytes than the limit allows.
    TooLarge,
    /// A text that is none.
    NotUtf8,
}

/// Reads the frames of a client.
#[derive(Debug)]
pub(crate) struct Decoder {
    limit: usize,
    /// The frame that has begun and is not complete.
    frame: Option<OpenFrame>,
    /// The message that has begun and is not complete.
    message: Option<OpenMessage>,
}

#[derive(Debug)]
struct OpenFrame {
    opcode: OpCode,
    is_last: bool,
    mask: [u8; 4],
    /// How many bytes of its content have come, and are still to come.
    taken: usize,
    left: usize,
    /// The content of a control frame; that of others belongs to the message.
    control: Vec<u8>,
}

#[derive(Debug)]
struct OpenMessage {
    is_text: bool,
    content: Vec<u8>,
    empty_fragments: u32,
}

impl Decoder {
    /// For messages of at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, frame: None, message: None }
    }

    /// Whether a frame or a message has begun and not ended.
    pub(crate) fn is_open(&self) -> bool {
        self.frame.is_some() || self.message.is_some()
    }

    /// What comes next in `arrived`; `None` if all of it is taken, or too little there.
    pub(crate) fn next(&mut self, arrived: &mut BytesMut) -> Result<Option<Event>, Fault> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.begin(arrived)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            self.take(&mut frame, arrived);
            if frame.left > 0 {
                self.frame = Some(frame);
                return Ok(None);
            }
            if let Some(event) = self.complete(frame)? {
                return Ok(Some(event));
            }
        }
    }

    /// Reads the header of a frame, if all of it is there.
    fn begin(&mut self, arrived: &mut BytesMut) -> Result<Option<OpenFrame>, Fault> {
        let mut cursor = Cursor::new(&arrived[..]);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| broken("a frame of an unknown kind"))?;
        let Some((header, length)) = parsed else { return Ok(None) };
        let used = usize::try_from(cursor.position()).expect("a header is short");
        arrived.advance(used);
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(broken("a reserved bit is set"));
        }
        let mask = header.mask.ok_or(broken("a frame is not masked"))?;
        match header.opcode {
            OpCode::Control(_) if !header.is_final => return Err(broken("a control frame is in fragments")),
            OpCode::Control(_) if length > MAX_CONTROL => return Err(broken("a control frame is too long")),
            OpCode::Control(_) => {}
            OpCode::Data(data) => self.begin_data(data, length, header.is_final)?,
        }
        let left = usize::try_from(length).map_err(|_| Fault::TooLarge)?;
        let frame = OpenFrame {
            opcode: header.opcode,
            is_last: header.is_final,
            mask,
            taken: 0,
            left,
            control: Vec::new(),
        };
        Ok(Some(frame))
    }

    /// Begins a message, or goes on in one.
    fn begin_data(&mut self, data: Data, length: u64, is_last: bool) -> Result<(), Fault> {
        let message = match (data, &mut self.message) {
            (Data::Continue, Some(message)) => message,
            (Data::Continue, None) => return Err(broken("nothing is continued")),
            (_, Some(_)) => return Err(broken("a message begins within another")),
            (_, message @ None) => message.insert(OpenMessage {
                is_text: data == Data::Text,
                content: Vec::new(),
                empty_fragments: 0,
            }),
        };
        if length > (self.limit - message.content.len()) as u64 {
            return Err(Fault::TooLarge);
        }
        if length == 0 && !is_last {
            message.empty_fragments += 1;
            if message.empty_fragments > MAX_EMPTY_FRAGMENTS {
                return Err(Fault::Protocol(CloseCode::Policy, "too many fragments without content"));
            }
        }
        Ok(())
    }

    /// Takes what has arrived of a frame's content.
    fn take(&mut self, frame: &mut OpenFrame, arrived: &mut BytesMut) {
        let count = arrived.len().min(frame.left);
        let content = match (&frame.opcode, &mut self.message) {
            (OpCode::Data(_), Some(message)) => {
                // It grows as it fills, and not beyond what is announced.
                let content = &mut message.content;
                if content.capacity() - content.len() < count {
                    content.reserve_exact(frame.left.min(content.len().max(ROOM)));
                }
                content
            }
            _ => &mut frame.control,
        };
        let from = content.len();
        content.extend_from_slice(&arrived[..count]);
        unmask(&mut content[from..], frame.mask, frame.taken);
        arrived.advance(count);
        frame.taken += count;
        frame.left -= count;
    }

    /// What a frame says that is complete; a fragment says nothing by itself.
    fn complete(&mut self, frame: OpenFrame) -> Result<Option<Event>, Fault> {
        let control = match frame.opcode {
            OpCode::Control(control) => control,
            OpCode::Data(_) if !frame.is_last => return Ok(None),
            OpCode::Data(_) => {
                let message = self.message.take().expect("a frame with data is of a message");
                return Ok(Some(match message.is_text {
                    true if std::str::from_utf8(&message.content).is_err() => return Err(Fault::NotUtf8),
                    true => Event::Text(message.content.into()),
                    false => Event::Binary(message.content.into()),
                }));
            }
        };
        Ok(Some(match control {
            Control::Close => Event::Close(close(&frame.control)?),
            Control::Ping => Event::Ping(frame.control.into()),
            Control::Pong | Control::Reserved(_) => Event::Pong,
        }))
    }
}

/// The content of a close frame.
fn close(content: &[u8]) -> Result<Option<CloseFrame>, Fault> {
    let Some((&code, reason)) = content.split_first_chunk() else {
        return if content.is_empty() { Ok(None) } else { Err(broken("a close frame with half a code")) };
    };
    let code = CloseCode::from(u16::from_be_bytes(code));
    if !code.is_allowed() {
        return Err(broken("a code that no close frame has"));
    }
    match std::str::from_utf8(reason) {
        Ok(reason) => Ok(Some(CloseFrame { code, reason: Utf8Bytes::from(reason) })),
        Err(_) => Err(Fault::Protocol(CloseCode::Invalid, "a reason that is not UTF-8")),
    }
}

fn broken(what: &'static str) -> Fault {
    Fault::Protocol(CloseCode::Protocol, what)
}

/// Makes content readable that stands at `at` in its frame.
fn unmask(content: &mut [u8], mask: [u8; 4], at: usize) {
    let mask: [u8; 4] = std::array::from_fn(|index| mask[(at + index) % 4]);
    for chunk in content.chunks_mut(4) {
        for (byte, mask) in chunk.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1000;
    const MASK: [u8; 4] = [1, 2, 3, 4];

    /// A frame as a client sends it; `first` is its first byte.
    fn frame(first: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut bytes = vec![first];
        if length < 126 {
            bytes.push(0x80 | u8::try_from(length).unwrap());
        } else {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        bytes.extend(MASK);
        bytes.extend(content.iter().enumerate().map(|(index, byte)| byte ^ MASK[index % 4]));
        bytes
    }

    /// What bytes that arrive in these pieces say.
    fn said<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, Option<Fault>) {
        let mut decoder = Decoder::new(LIMIT);
        let mut arrived = BytesMut::new();
        let mut events = Vec::new();
        for piece in pieces {
            arrived.extend_from_slice(piece);
            loop {
                match decoder.next(&mut arrived) {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => break,
                    Err(fault) => return (events, Some(fault)),
                }
            }
        }
        (events, None)
    }

    #[test]
    fn messages_and_what_comes_between_their_fragments() {
        let bytes = [
            frame(0x81, b"text"),
            frame(0x02, b"ab"),
            frame(0x89, b"?"),
            frame(0x00, b""),
            frame(0x8a, b"!"),
            frame(0x80, &[b'c'; 500]),
            frame(0x88, b""),
        ]
        .concat();
        let joined = [&b"ab"[..], &[b'c'; 500]].concat();
        let events = [
            Event::Text(Bytes::from_static(b"text")),
            Event::Ping(Bytes::from_static(b"?")),
            Event::Pong,
            Event::Binary(joined.into()),
            Event::Close(None),
        ];
        let (found, fault) = said([&*bytes]);
        assert_eq!((&found[..], &fault), (&events[..], &None));
    }

    #[test]
    fn what_breaks_the_protocol_has_a_code() {
        let mut unmasked = frame(0x81, b"");
        unmasked[1] &= 0x7f;
        for (bytes, code) in [
            (frame(0xc1, b""), CloseCode::Protocol),
            (unmasked, CloseCode::Protocol),
            (frame(0x83, b""), CloseCode::Protocol),
            (frame(0x8b, b""), CloseCode::Protocol),
            (frame(0x09, b""), CloseCode::Protocol),
            (frame(0x89, &[0; 126]), CloseCode::Protocol),
            (frame(0x80, b""), CloseCode::Protocol),
            ([frame(0x01, b"a"), frame(0x81, b"a")].concat(), CloseCode::Protocol),
            (frame(0x88, b"\x03"), CloseCode::Protocol),
            (frame(0x88, b"\x03\xed"), CloseCode::Protocol),
            (frame(0x88, b"\0\0"), CloseCode::Protocol),
            (frame(0x88, b"\x03\xe8\xff\xfe"), CloseCode::Invalid),
        ] {
            match said([&*bytes]) {
                (events, Some(Fault::Protocol(found, _))) if events.is_empty() => assert_eq!(found, code),
                other => panic!("{bytes:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_message_has_a_limit() {
        assert_eq!(said([&*frame(0x81, &[b'a'; LIMIT])]).1, None);
        assert_eq!(said([&*frame(0x81, &[b'a'; LIMIT + 1])]).1, Some(Fault::TooLarge));
        let fragments = [frame(0x01, &[b'a'; LIMIT]), frame(0x80, b"a")].concat();
        assert_eq!(said([&*fragments]).1, Some(Fault::TooLarge));
        // The length alone is enough.
        assert_eq!(said([&b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"[..]]).1, Some(Fault::TooLarge));
        assert_eq!(said([&*frame(0x81, b"\xff")]).1, Some(Fault::NotUtf8));
        let empty = [frame(0x01, b"a"), frame(0x00, b"").repeat(1001)].concat();
        assert!(matches!(said([&*empty]).1, Some(Fault::Protocol(CloseCode::Policy, _))));
    }

    #[test]
    fn nothing_is_reserved_for_what_is_announced() {
        let mut decoder = Decoder::new(1 << 30);
        let mut arrived = BytesMut::from(&b"\x82\xff\0\0\0\0\x3f\xff\xff\xff\0\0\0\0abc"[..]);
        assert_eq!(decoder.next(&mut arrived), Ok(None));
        assert!(decoder.is_open());
        let message = decoder.message.unwrap();
        assert_eq!(message.content, b"abc");
        assert!(message.content.capacity() <= ROOM);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            frames in prop::collection::vec(
                (prop::sample::select(vec![0x01, 0x81, 0x02, 0x82, 0x00, 0x80, 0x88, 0x89, 0x8a, 0x03]), prop::collection::vec(any::<u8>(), 0..140)),
                0..6,
            ),
            noise in prop::collection::vec(any::<u8>(), 0..8),
        ) {
            let mut bytes: Vec<u8> = frames.iter().flat_map(|(first, content)| frame(*first, content)).collect();
            bytes.extend(noise);
            prop_assert_eq!(said(bytes.chunks(1)), said([&*bytes]));
            prop_assert_eq!(said(bytes.chunks(7)), said([&*bytes]));
        }
    }
}
