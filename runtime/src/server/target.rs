//! Request targets as people type them.
//!
//! `curl 'host/v1/books?filter=author="Kim"'` sends the quotes as they stand. Other servers take them; hyper refuses them, as
//! no URI has them, before anyone is asked. So they are escaped on their way in, as the client should have done.
//!
//! That needs to know where a request begins, for certain: bytes of a body must never be touched. Where that is not plain
//! (chunked bodies, other protocols), the rest of the connection is left as it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use memchr::{memchr, memchr_iter, memchr3_iter};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::server::session::Way;

/// How much of a header line is kept to know its meaning, when it comes in parts.
const KEPT: usize = 64;

/// A connection whose request targets are what hyper takes.
pub(super) struct Targets<I> {
    io: I,
    way: Way,
    place: Place,
    /// Whether that holds only if the server has met no body since.
    supposed: bool,
    /// What did not fit into the reader's buffer any more.
    rest: Vec<u8>,
}

impl<I> Targets<I> {
    /// A connection of which `first` was read already.
    pub(super) fn new(io: I, first: Vec<u8>, way: Way) -> Self {
        let mut this = Self { io, way, place: Place::BEGIN, supposed: false, rest: Vec::new() };
        this.rest = this.pass(&first).unwrap_or(first);
        this
    }

    /// One that is passed on as it is.
    pub(super) fn untouched(io: I, first: Vec<u8>, way: Way) -> Self {
        Self { io, way, place: Place::Unknown, supposed: false, rest: first }
    }

    /// Goes over what was read. What is to be read instead is returned, if that is something else.
    fn pass(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        // Before hyper reads on, it has given every request that was complete to the server.
        if self.supposed && self.way.had_more() {
            self.place = Place::Unknown;
        }
        self.supposed = matches!(self.place, Place::Line(Line::Before)) && may_be_plain(bytes);
        if self.supposed {
            self.way.expect_heads();
            return None;
        }
        self.place.pass(bytes)
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Targets<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.rest.is_empty() {
            let before = buf.filled().len();
            ready!(Pin::new(&mut this.io).poll_read(task, buf))?;
            let Some(escaped) = this.pass(&buf.filled()[before..]) else { return Poll::Ready(Ok(())) };
            buf.set_filled(before);
            this.rest = escaped;
        }
        let fits = this.rest.len().min(buf.remaining());
        buf.put_slice(&this.rest[..fits]);
        this.rest.drain(..fits);
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Targets<I> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(task, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(task, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// Where in a connection the next byte stands.
enum Place {
    /// In a request line; what is known of it.
    Line(Line),
    Headers(Head),
    /// In a body with so many bytes left.
    Body(u64),
    /// Nobody knows, and nobody asks any more.
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Before,
    Method,
    Target,
}

/// The headers of a request, as far as they tell where its body ends.
#[derive(Default)]
struct Head {
    length: Option<u64>,
    /// The beginning of a line that comes in parts.
    line: Vec<u8>,
}

impl Place {
    const BEGIN: Self = Self::Line(Line::Before);

    /// Goes over what was read. What is to be read instead is returned, if that is something else.
    fn pass(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut wrong = Vec::new();
        let mut at = 0;
        while let Some(rest @ [_, ..]) = bytes.get(at..) {
            match self {
                Self::Unknown => break,
                Self::Body(left) => {
                    let passed = usize::try_from(*left).map_or(rest.len(), |left| left.min(rest.len()));
                    *left -= passed as u64;
                    if *left == 0 {
                        *self = Self::BEGIN;
                    }
                    at += passed;
                }
                Self::Headers(head) => {
                    let end = memchr(b'\n', rest);
                    let line = &rest[..end.unwrap_or(rest.len())];
                    at += line.len() + usize::from(end.is_some());
                    match end {
                        None => head.keep(line),
                        Some(_) => {
                            if let Some(next) = head.end_line(line) {
                                *self = next;
                            }
                        }
                    }
                }
                Self::Line(line) => {
                    let end = memchr(b'\n', rest);
                    let part = &rest[..end.unwrap_or(rest.len())];
                    match line.after(part) {
                        None => *self = Self::Unknown,
                        Some(next) => {
                            if next == Line::Target {
                                find_wrong(*line, part, at, &mut wrong);
                            }
                            *self = match end {
                                Some(_) if next != Line::Before => Self::Headers(Head::default()),
                                _ => Self::Line(next),
                            };
                        }
                    }
                    at += part.len() + usize::from(end.is_some());
                }
            }
        }
        (!wrong.is_empty()).then(|| escape(bytes, &wrong))
    }
}

impl Line {
    /// What is known after one more part of a line; `None` where it is no request that is understood here.
    fn after(self, part: &[u8]) -> Option<Self> {
        match self {
            // Empty lines may stand before a request.
            Self::Before if matches!(part, b"" | b"\r") => Some(Self::Before),
            // A line that comes byte by byte, HTTP/2, or a tunnel.
            Self::Before if part.len() < 4 || part.starts_with(b"PRI ") || part.starts_with(b"CONN") => None,
            Self::Target => Some(Self::Target),
            _ if memchr(b' ', part).is_some() => Some(Self::Target),
            _ => Some(Self::Method),
        }
    }
}

/// Whether this may be what nearly all reads bring: the whole head of a request, or of several, that has no body and no
/// byte that might have to be escaped.
///
/// If the server then gets to know of no body and no other protocol, the next request begins behind it.
fn may_be_plain(bytes: &[u8]) -> bool {
    // GET, HEAD, DELETE, OPTIONS.
    matches!(bytes.first(), Some(b'G' | b'H' | b'D' | b'O'))
        && bytes.ends_with(b"\r\n\r\n")
        && !has_wrong(bytes)
}

/// Whether there is something that no URI has. In nearly all there is nothing.
fn has_wrong(target: &[u8]) -> bool {
    match target.last_chunk::<LANES>() {
        // The last ones again, so that nothing is left over that does not fill the lanes.
        Some(last) => any_wrong(&target[..target.len() / LANES * LANES]) | any_wrong(last),
        None => any_wrong(target),
    }
}

/// How many bytes a compiler compares in one go with the registers that all processors have.
const LANES: usize = 32;

/// Looks at all bytes, without a way out that would keep it from looking at many at once.
#[inline]
fn any_wrong(target: &[u8]) -> bool {
    let wrong = |byte: u8| u8::from(byte == b'"') | u8::from(byte & !2 == b'<') | u8::from(byte == b'`');
    target.iter().fold(0, |any, &byte| any | wrong(byte)) != 0
}

/// Notes where `part`, which stands at `at` and is the rest of a request line, has what no URI has.
fn find_wrong(line: Line, part: &[u8], at: usize, wrong: &mut Vec<usize>) {
    let start = if line == Line::Target { 0 } else { memchr(b' ', part).unwrap_or(part.len()) };
    let target = &part[start..];
    if has_wrong(target) {
        let found = memchr3_iter(b'"', b'<', b'>', target).chain(memchr_iter(b'`', target));
        wrong.extend(found.map(|place| at + start + place));
    }
}

/// Replaces the bytes at these places by their escapes.
#[cold]
fn escape(bytes: &[u8], wrong: &[usize]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2 * wrong.len());
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'<' | b'>' | b'`' if wrong.contains(&at) => {
                out.extend_from_slice(match byte {
                    b'"' => b"%22",
                    b'<' => b"%3C",
                    b'>' => b"%3E",
                    _ => b"%60",
                });
            }
            _ => out.push(byte),
        }
    }
    out
}

impl Head {
    /// Keeps the beginning of a line that comes in parts.
    fn keep(&mut self, part: &[u8]) {
        let room = KEPT.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// Takes the end of a line. What comes after the headers is returned when that is it.
    fn end_line(&mut self, part: &[u8]) -> Option<Place> {
        if self.line.is_empty() {
            return self.header(part);
        }
        self.keep(part);
        let line = std::mem::take(&mut self.line);
        self.header(&line)
    }

    fn header(&mut self, line: &[u8]) -> Option<Place> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is = |name: &[u8]| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let Some(first) = line.first() else {
            return Some(match self.length {
                Some(length @ 1..) => Place::Body(length),
                _ => Place::BEGIN,
            });
        };
        match first.to_ascii_lowercase() {
            b'c' if is(b"content-length") => {
                let digits = line[b"content-length".len()..].strip_prefix(b":").map(<[u8]>::trim_ascii);
                let digits =
                    digits.filter(|digits| digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit));
                let length = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
                // A line that was cut may have lost digits.
                if length.is_none() || self.length.is_some() || line.len() >= KEPT {
                    return Some(Place::Unknown);
                }
                self.length = length;
                None
            }
            b't' if is(b"transfer-encoding") => Some(Place::Unknown),
            b'u' if is(b"upgrade") => Some(Place::Unknown),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is read of requests that come in parts.
    fn read(parts: &[&[u8]]) -> String {
        let mut place = Place::BEGIN;
        let read = parts.iter().flat_map(|part| place.pass(part).unwrap_or_else(|| part.to_vec()));
        String::from_utf8(read.collect()).unwrap()
    }

    const GET: &str = "GET /a?b=\"<`>\" HTTP/1.1\r\nx: \"\r\n\r\n";
    const ESCAPED: &str = "GET /a?b=%22%3C%60%3E%22 HTTP/1.1\r\nx: \"\r\n\r\n";

    fn post(body: &str, headers: &str) -> String {
        format!("POST /<> HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn targets_are_escaped_and_nothing_else_is() {
        assert_eq!(read(&[GET.as_bytes()]), ESCAPED);
        let post = post(GET, "Cookie: \"c\"\r\n");
        let all = [GET, &post, "\r\n", GET, GET].concat();
        let expected = [ESCAPED, &post.replacen("<>", "%3C%3E", 1), "\r\n", ESCAPED, ESCAPED].concat();
        assert_eq!(read(&[all.as_bytes()]), expected);
        let empty = self::post("", "");
        assert_eq!(read(&[empty.as_bytes(), GET.as_bytes()]), empty.replace("<>", "%3C%3E") + ESCAPED);
    }

    #[test]
    fn what_the_server_meets_decides() {
        let (way, _sessions) = super::super::session::sessions();
        let mut targets = Targets::new((), Vec::new(), way.clone());
        let plain = b"GET / HTTP/1.1\r\ncontent-length: 9\r\n\r\n";
        assert_eq!(targets.pass(plain), None);
        assert_eq!(targets.pass(GET.as_bytes()).unwrap(), ESCAPED.as_bytes());
        assert_eq!(targets.pass(plain), None);
        way.note_more();
        assert_eq!(targets.pass(GET.as_bytes()), None);
        assert_eq!(targets.pass(GET.as_bytes()), None);
    }

    #[test]
    fn what_is_not_plain_is_left_as_it_is() {
        for first in [
            "POST / HTTP/1.1\r\ntransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: +1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 1, 1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length : 1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length:\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length:                                                            1\r\n\r\n",
            "GET / HTTP/1.1\r\nUPGRADE: websocket\r\n\r\n",
            "CONNECT a:1 HTTP/1.1\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\n",
            "GE",
        ] {
            assert_eq!(read(&[first.as_bytes(), GET.as_bytes()]), format!("{first}{GET}"), "{first}");
        }
    }

    proptest! {
        #[test]
        fn parts_do_not_matter(cuts in proptest::collection::vec(4_usize..400, 0..8)) {
            let long = format!("Long: {}\r\n", "x".repeat(100));
            let post = post(GET, &long);
            let all = [GET, &post, GET].concat();
            let mut cuts: Vec<_> = cuts.into_iter().filter(|&cut| cut < all.len()).collect();
            cuts.extend([0, all.len()]);
            cuts.sort_unstable();
            let parts: Vec<_> = cuts.windows(2).map(|cut| &all.as_bytes()[cut[0]..cut[1]]).collect();
            let read = read(&parts);
            // Where a request's first bytes come alone, the rest of the connection is not looked at.
            let expected = [ESCAPED, &post.replacen("<>", "%3C%3E", 1), ESCAPED].concat();
            let unescaped = |text: &str| text.replace("%22", "\"").replace("%3C", "<").replace("%60", "`").replace("%3E", ">");
            prop_assert_eq!(unescaped(&read), unescaped(&expected));
            let apart = |at: usize| cuts.iter().any(|&cut| cut > at && cut < at + 4);
            if !apart(GET.len()) && !apart(GET.len() + post.len()) {
                prop_assert_eq!(read, expected);
            }
        }

        #[test]
        fn nothing_is_lost(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut place = Place::BEGIN;
            if let Some(escaped) = place.pass(&bytes) {
                prop_assert!(escaped.len() > bytes.len());
            }
        }
    }
}
