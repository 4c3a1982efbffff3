//! Server-sent events, as they arrive: the `text/event-stream` of the HTML standard, section 9.2.6.

use bytes::{Buf, Bytes, BytesMut};

/// An event that is complete.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// What it is; empty for an ordinary message.
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
}

/// An event or line beyond the limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Cuts a body into events.
#[derive(Debug)]
pub(crate) struct Events {
    pending: BytesMut,
    /// How much of `pending` has no end of a line.
    searched: usize,
    event: Event,
    /// Whether the open event has data: an empty line of it counts.
    has_data: bool,
    limit: usize,
}

impl Events {
    pub(crate) fn new(limit: usize) -> Self {
        Self { pending: BytesMut::new(), searched: 0, event: Event::default(), has_data: false, limit }
    }

    pub(crate) fn push(&mut self, frame: &Bytes) {
        self.pending.extend_from_slice(frame);
    }

    /// The next event, or `None` if it takes more of the body.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, TooLarge> {
        while let Some(length) = self.pending[self.searched..].iter().position(|&byte| byte == b'\n') {
            let line = self.pending.split_to(self.searched + length);
            self.pending.advance(1);
            self.searched = 0;
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if std::mem::take(&mut self.has_data) || !event.name.is_empty() {
                    return Ok(Some(event));
                }
                continue;
            }
            self.line(line)?;
        }
        self.searched = self.pending.len();
        if self.pending.len() > self.limit { Err(TooLarge) } else { Ok(None) }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), TooLarge> {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"event" => self.event.name = String::from_utf8_lossy(value).into_owned(),
            b"data" => {
                if self.has_data {
                    self.event.data.push(b'\n');
                }
                self.has_data = true;
                self.event.data.extend_from_slice(value);
            }
            // Comments, ids, and what is not known.
            _ => {}
        }
        if self.event.data.len() > self.limit { Err(TooLarge) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, piece: usize) -> Vec<(String, String)> {
        let mut events = Events::new(100);
        let mut found = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            events.push(&Bytes::copy_from_slice(piece));
            while let Some(event) = events.next().unwrap() {
                found.push((event.name, String::from_utf8(event.data).unwrap()));
            }
        }
        found
    }

    #[test]
    fn events_come_in_pieces() {
        let text = ":\n\nid: 1\ndata: {\"a\":1}\n\nevent: x\r\ndata:one\r\ndata: two\r\n\r\nevent: end\ndata: {}\n\ndata: cut";
        let expected = [("", "{\"a\":1}"), ("x", "one\ntwo"), ("end", "{}")];
        for piece in [1, 2, 7, 1000] {
            let found = all(text, piece);
            let found: Vec<_> = found.iter().map(|(name, data)| (name.as_str(), data.as_str())).collect();
            assert_eq!(found, expected, "{piece}");
        }
    }

    #[test]
    fn a_line_in_many_pieces_is_searched_once() {
        let mut events = Events::new(10_000);
        for piece in 1..=5_000 {
            events.push(&Bytes::from_static(b"ab"));
            assert_eq!(events.next(), Ok(None));
            assert_eq!((events.searched, events.pending.len()), (2 * piece, 2 * piece));
        }
        events.push(&Bytes::from_static(b"\n\ndata"));
        assert_eq!(events.next(), Ok(None), "a field that is not known");
        assert_eq!((events.searched, events.pending.len()), (4, 4), "of the next line");
    }

    #[test]
    fn too_much_is_refused() {
        let mut events = Events::new(10);
        events.push(&Bytes::from(vec![b'x'; 11]));
        assert_eq!(events.next(), Err(TooLarge));
        let mut events = Events::new(10);
        events.push(&Bytes::from_static(b"data: 123456\ndata: 123456\n\n"));
        assert_eq!(events.next(), Err(TooLarge));
    }
}
