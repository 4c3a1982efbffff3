//! HTTP/2 in one direction.

use anyhow::{Context, Result, bail, ensure};
use loona_hpack::Decoder;

use super::fields::Fields;

/// How the bytes of a client begin.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;

// Flags of frames.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 32;

const PREFIX: usize = 9;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Headers or trailers, and whether they are the end.
    Fields(Fields, bool),
    Data(Vec<u8>, bool),
    Reset,
}

/// Takes the bytes of a connection. What is not about a stream's messages is left out.
pub(crate) struct Parser {
    buffer: Vec<u8>,
    decoder: Decoder<'static>,
    /// A block of fields that goes on in the next frame: its stream, its flags, its bytes.
    block: Option<(u32, u8, Vec<u8>)>,
}

impl Parser {
    pub(crate) fn new() -> Self {
        Self { buffer: Vec::new(), decoder: Decoder::new(), block: None }
    }

    /// The events in `bytes`, each with its stream. A client's preface is not part of them.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<(u32, Event)>> {
        self.buffer.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut at = 0;
        while let Some(prefix) = self.buffer[at..].first_chunk::<PREFIX>().copied() {
            let [a, b, c, kind, flags, stream @ ..] = prefix;
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            let Some(payload) = self.buffer.get(at + PREFIX..at + PREFIX + length) else { break };
            let payload = payload.to_vec();
            at += PREFIX + length;
            let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
            events.extend(self.frame(kind, flags, stream, payload)?.map(|event| (stream, event)));
        }
        self.buffer.drain(..at);
        Ok(events)
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: Vec<u8>) -> Result<Option<Event>> {
        ensure!(self.block.is_none() || kind == CONTINUATION, "a frame of type {kind} inside of a block");
        match kind {
            DATA => {
                let data = unpadded(flags, payload)?;
                Ok(Some(Event::Data(data, flags & END_STREAM != 0)))
            }
            HEADERS => {
                let mut block = unpadded(flags, payload)?;
                if flags & PRIORITY != 0 {
                    ensure!(block.len() >= 5, "a frame without its priority");
                    block.drain(..5);
                }
                self.fields(stream, flags, block)
            }
            CONTINUATION => {
                let (of, first, mut block) = self.block.take().context("a continuation of nothing")?;
                ensure!(of == stream, "a continuation of another stream");
                block.extend_from_slice(&payload);
                self.fields(stream, first | (flags & END_HEADERS), block)
            }
            RST_STREAM => Ok(Some(Event::Reset)),
            _ => Ok(None),
        }
    }

    fn fields(&mut self, stream: u32, flags: u8, block: Vec<u8>) -> Result<Option<Event>> {
        if flags & END_HEADERS == 0 {
            self.block = Some((stream, flags, block));
            return Ok(None);
        }
        let mut fields = Fields::default();
        match self.decoder.decode(&block) {
            Ok(decoded) => decoded.iter().for_each(|(name, value)| fields.push(name, value)),
            Err(error) => bail!("a block of fields: {error}"),
        }
        Ok(Some(Event::Fields(fields, flags & END_STREAM != 0)))
    }
}

fn unpadded(flags: u8, mut payload: Vec<u8>) -> Result<Vec<u8>> {
    if flags & PADDED != 0 {
        ensure!(!payload.is_empty(), "a frame without the length of its padding");
        let padding = usize::from(payload.remove(0));
        let length = payload.len().checked_sub(padding).context("more padding than there are bytes")?;
        payload.truncate(length);
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        let mut bytes = vec![0, 0, length, kind, flags, 0, 0, 0, stream];
        bytes.extend_from_slice(payload);
        bytes
    }

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_response_in_pieces() {
        // `:status 200`, `x: ab` as literals of which the second goes on in a continuation, after it in the table.
        let bytes = [
            frame(4, 0, 0, &[]),
            frame(HEADERS, 0, 1, &[0x88, 0x40, 1, b'x']),
            frame(CONTINUATION, END_HEADERS, 1, &[2, b'a', b'b']),
            frame(DATA, PADDED, 1, &[2, b'h', b'i', 0, 0]),
            frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xbe]),
            frame(RST_STREAM, 0, 3, &[0, 0, 0, 8]),
        ]
        .concat();
        let wanted = [
            (1, Event::Fields(fields(&[(":status", "200"), ("x", "ab")]), false)),
            (1, Event::Data(b"hi".to_vec(), false)),
            (1, Event::Fields(fields(&[("x", "ab")]), true)),
            (3, Event::Reset),
        ];
        assert_eq!(Parser::new().feed(&bytes).unwrap(), wanted);
        let mut parser = Parser::new();
        let single: Vec<_> = bytes.iter().flat_map(|byte| parser.feed(&[*byte]).unwrap()).collect();
        assert_eq!(single, wanted);
    }

    #[test]
    fn what_is_broken_is_an_error() {
        assert!(Parser::new().feed(&frame(CONTINUATION, END_HEADERS, 1, &[])).is_err());
        assert!(Parser::new().feed(&frame(DATA, PADDED, 1, &[9, 1])).is_err());
        let between = [frame(HEADERS, 0, 1, &[0x88]), frame(DATA, 0, 1, b"x")].concat();
        assert!(Parser::new().feed(&between).is_err());
    }
}
