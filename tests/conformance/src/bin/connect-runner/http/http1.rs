//! HTTP/1.1 in one direction.

use std::mem;

use anyhow::{Context, Result, bail};

use super::fields::Fields;

/// More than this is not a head of ours.
const LONGEST_HEAD: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Requests,
    Responses,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The first line and the headers. Interim responses are left out.
    Head(String, Fields),
    Data(Vec<u8>),
    Trailers(Fields),
    End,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Head,
    Fixed(usize),
    ChunkSize,
    Chunk(usize),
    ChunkEnd,
    Trailers,
    /// The body ends with the connection.
    Rest,
}

/// Takes the bytes of a connection, of one message after the other.
#[derive(Debug)]
pub(crate) struct Parser {
    direction: Direction,
    state: State,
    buffer: Vec<u8>,
}

impl Parser {
    pub(crate) fn new(direction: Direction) -> Self {
        Self { direction, state: State::Head, buffer: Vec::new() }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>> {
        self.buffer.extend_from_slice(bytes);
        let mut events = Vec::new();
        while self.step(&mut events)? {}
        Ok(events)
    }

    /// The end of the connection; whether a message ends with it.
    pub(crate) fn finish(&self) -> bool {
        matches!(self.state, State::Rest)
    }

    /// Takes one more part of a message; false if it is not here yet.
    fn step(&mut self, events: &mut Vec<Event>) -> Result<bool> {
        match self.state {
            State::Head => {
                let Some(head) = self.take_until(b"\r\n\r\n")? else { return Ok(false) };
                let (start, rest) = head.split_once("\r\n").unwrap_or((&head, ""));
                let fields = fields(rest)?;
                let interim = self.direction == Direction::Responses && status(start)? / 100 == 1;
                if !interim {
                    self.state = self.body(start, &fields)?;
                    events.push(Event::Head(start.to_owned(), fields));
                }
            }
            State::Fixed(0) => {
                events.push(Event::End);
                self.state = State::Head;
            }
            State::Fixed(left) => {
                let Some(data) = self.take_some(left) else { return Ok(false) };
                self.state = State::Fixed(left - data.len());
                events.push(Event::Data(data));
            }
            State::ChunkSize => {
                let Some(line) = self.take_until(b"\r\n")? else { return Ok(false) };
                let digits = line.split(';').next().unwrap_or_default().trim();
                let size =
                    usize::from_str_radix(digits, 16).with_context(|| format!("the chunk size {line:?}"))?;
                self.state = if size == 0 { State::Trailers } else { State::Chunk(size) };
            }
            State::Chunk(left) => {
                let Some(data) = self.take_some(left) else { return Ok(false) };
                self.state =
                    if data.len() == left { State::ChunkEnd } else { State::Chunk(left - data.len()) };
                events.push(Event::Data(data));
            }
            State::ChunkEnd => match self.take_until(b"\r\n")? {
                None => return Ok(false),
                Some(line) if line.is_empty() => self.state = State::ChunkSize,
                Some(line) => bail!("{line:?} at the end of a chunk"),
            },
            State::Trailers => {
                if self.buffer.starts_with(b"\r\n") {
                    self.buffer.drain(..2);
                } else {
                    let Some(block) = self.take_until(b"\r\n\r\n")? else { return Ok(false) };
                    events.push(Event::Trailers(fields(&block)?));
                }
                events.push(Event::End);
                self.state = State::Head;
            }
            State::Rest => {
                let Some(data) = self.take_some(usize::MAX) else { return Ok(false) };
                events.push(Event::Data(data));
            }
        }
        Ok(true)
    }

    /// How the body of a message is delimited.
    fn body(&self, start: &str, fields: &Fields) -> Result<State> {
        if let Some(coding) = fields.get("transfer-encoding") {
            return match coding {
                "chunked" => Ok(State::ChunkSize),
                other => bail!("the transfer encoding {other:?}"),
            };
        }
        if let Some(length) = fields.get("content-length") {
            return Ok(State::Fixed(length.parse().with_context(|| format!("the length {length:?}"))?));
        }
        let empty = match self.direction {
            Direction::Requests => true,
            Direction::Responses => matches!(status(start)?, 204 | 304),
        };
        Ok(if empty { State::Fixed(0) } else { State::Rest })
    }

    /// What stands before `end`, which is taken too.
    fn take_until(&mut self, end: &[u8]) -> Result<Option<String>> {
        let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) else {
            if self.buffer.len() > LONGEST_HEAD {
                bail!("a head of more than {LONGEST_HEAD} bytes");
            }
            return Ok(None);
        };
        let taken: Vec<u8> = self.buffer.drain(..at + end.len()).take(at).collect();
        Ok(Some(String::from_utf8(taken).context("a head that is not text")?))
    }

    /// At most `limit` bytes of a body.
    fn take_some(&mut self, limit: usize) -> Option<Vec<u8>> {
        if self.buffer.is_empty() {
            return None;
        }
        if self.buffer.len() <= limit {
            return Some(mem::take(&mut self.buffer));
        }
        Some(self.buffer.drain(..limit).collect())
    }
}

/// The status in the first line of a response.
pub(crate) fn status(start: &str) -> Result<u16> {
    let mut words = start.split(' ');
    match (words.next(), words.next()) {
        (Some("HTTP/1.1"), Some(status)) if status.len() == 3 => Ok(status.parse()?),
        _ => bail!("the first line {start:?}"),
    }
}

fn fields(block: &str) -> Result<Fields> {
    let mut fields = Fields::default();
    for line in block.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').with_context(|| format!("the header line {line:?}"))?;
        if name.is_empty() || name.contains([' ', '\t']) || line.contains(['\r', '\n']) {
            bail!("the header line {line:?}");
        }
        fields.push(name.as_bytes(), value.trim_matches([' ', '\t']).as_bytes());
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a text, whole and byte by byte.
    fn events(direction: Direction, text: &[u8]) -> Result<String> {
        let whole = Parser::new(direction).feed(text)?;
        let mut parser = Parser::new(direction);
        let mut single = Vec::new();
        for byte in text {
            single.extend(parser.feed(&[*byte])?);
        }
        assert_eq!(show(&whole), show(&single));
        Ok(show(&whole))
    }

    /// The events, neighbouring data as one.
    fn show(events: &[Event]) -> String {
        let mut out = String::new();
        for event in events {
            match event {
                Event::Head(start, fields) => out.extend([format!("[{start}|{}]", fields.iter().count())]),
                Event::Data(data) => out += &String::from_utf8_lossy(data),
                Event::Trailers(fields) => out.extend([format!("[trailers {}]", fields.iter().count())]),
                Event::End => out += ".",
            }
        }
        out
    }

    #[test]
    fn bodies_by_length_and_in_chunks() {
        let text = b"POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n";
        let shown = events(Direction::Requests, text).unwrap();
        assert_eq!(shown, "[POST /a HTTP/1.1|1]abc.[GET /b HTTP/1.1|0].");
        let text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\nHTTP/1.1 204 \r\n\r\n";
        let shown = events(Direction::Responses, text).unwrap();
        assert_eq!(shown, "[HTTP/1.1 200 OK|1]abc.[HTTP/1.1 204 |0].");
        let text = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: 1\r\n\r\n";
        assert_eq!(events(Direction::Responses, text).unwrap(), "[HTTP/1.1 200 OK|1][trailers 1].");
    }

    #[test]
    fn a_body_may_end_with_the_connection() {
        let mut parser = Parser::new(Direction::Responses);
        let shown = show(&parser.feed(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 800 \r\n\r\nab").unwrap());
        assert_eq!(shown, "[HTTP/1.1 800 |0]ab");
        assert!(parser.finish());
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        for text in [
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\na : b\r\n\r\n",
        ] {
            assert!(events(Direction::Responses, text.as_bytes()).is_err(), "{text}");
        }
    }
}
