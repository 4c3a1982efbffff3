//! The segments of a path: where they stand.

use memchr::{memchr, memrchr};

use super::binding::Edge;

/// Of how many segments it is remembered where they begin. What is behind them is searched for.
const KNOWN: usize = 12;

/// Where the segments of a path begin, as routing has met them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segments {
    /// No URI is longer than what these hold.
    starts: [u16; KNOWN],
    count: u8,
    /// Where the path ends; behind it there is only a custom verb.
    end: u16,
    /// Whether there are escapes in it.
    escaped: bool,
}

impl Segments {
    /// Of a path that begins with a slash.
    pub(crate) const fn new() -> Self {
        let mut starts = [0; KNOWN];
        starts[0] = 1;
        Self { starts, count: 1, end: 0, escaped: false }
    }

    /// Notes where the next one begins.
    pub(crate) fn push(&mut self, start: usize) {
        if let Some(next) = self.starts.get_mut(usize::from(self.count)) {
            *next = place(start);
            self.count += 1;
        }
    }

    /// Notes where the path ends, and whether it has escapes.
    pub(crate) fn finish(&mut self, end: usize, escaped: bool) {
        self.end = place(end);
        self.escaped = escaped;
    }

    /// Whether there may be escapes in the path.
    pub(crate) fn has_escapes(&self) -> bool {
        self.escaped
    }

    /// The path, of the same URI, without its custom verb.
    pub(crate) fn path<'p>(&self, path: &'p str) -> &'p str {
        path.get(..self.end.into()).unwrap_or_default()
    }

    /// The segments between two places of the path.
    #[inline]
    pub(crate) fn between<'p>(&self, path: &'p str, from: Edge, to: Edge) -> &'p str {
        // Nearly all of them are among those that are known.
        let range = match (from, to) {
            (Edge::Start(from), Edge::Start(to)) => {
                self.known(from).and_then(|start| Some(start..self.known_end(to)?))
            }
            _ => None,
        };
        match range {
            Some(range) => path.get(range).unwrap_or_default(),
            None => self.searched(path, from, to),
        }
    }

    /// Where the segment of this index begins, if that is remembered.
    #[inline]
    fn known(&self, index: u16) -> Option<usize> {
        if index >= u16::from(self.count) {
            return None;
        }
        self.starts.get(usize::from(index)).map(|&start| start.into())
    }

    /// Where the segment before the one of this index ends, if that is remembered.
    #[inline]
    fn known_end(&self, next: u16) -> Option<usize> {
        let is_last = next == u16::from(self.count) && usize::from(self.count) < KNOWN;
        if is_last { Some(self.end.into()) } else { self.known(next).map(|next| next - 1) }
    }

    #[inline(never)]
    fn searched<'p>(&self, path: &'p str, from: Edge, to: Edge) -> &'p str {
        let path = self.path(path);
        let Some(start) = self.edge(path, from) else { return "" };
        let end = self.edge(path, to).map_or(path.len(), |next| next - 1);
        path.get(start..end).unwrap_or_default()
    }

    /// Where the segment behind a place begins.
    fn edge(&self, path: &str, edge: Edge) -> Option<usize> {
        match edge {
            Edge::Start(index) => self.start(path, index),
            Edge::End(0) => None,
            Edge::End(left) => start_of_last(path.as_bytes(), left.into()),
        }
    }

    /// Where the segment that begins at `start`, of this index, ends: at the end of the path at the latest, which is
    /// without its custom verb.
    #[inline]
    pub(super) fn end_of(&self, path: &[u8], start: usize, index: usize) -> usize {
        let next = index.wrapping_add(1);
        let count = usize::from(self.count);
        if next < count {
            return usize::from(self.starts[next]) - 1;
        }
        if next == count && count < KNOWN {
            // It is the last one.
            return path.len();
        }
        memchr(b'/', path.get(start..).unwrap_or_default()).map_or(path.len(), |at| start + at)
    }

    fn start(&self, path: &str, index: u16) -> Option<usize> {
        if let Some(known) = self.known(index) {
            return Some(known);
        }
        let mut at = usize::from(self.starts[KNOWN - 1]);
        if at == 0 {
            return None;
        }
        for _ in KNOWN - 1..usize::from(index) {
            at += memchr(b'/', path.as_bytes().get(at..)?)? + 1;
        }
        Some(at)
    }
}

/// Where the last `count` segments of a path begin, if it has as many.
pub(super) fn start_of_last(path: &[u8], count: usize) -> Option<usize> {
    let mut end = path.len();
    for _ in 0..count {
        end = memrchr(b'/', path.get(..end)?)?;
    }
    Some(end + 1)
}

fn place(at: usize) -> u16 {
    at.try_into().unwrap_or(u16::MAX)
}

/// The places of `/`, `%` and `:` in a path, and perhaps some that are behind one of them.
///
/// Paths are short and have many of them: going over them word by word is faster than many searches with wider registers,
/// of which each takes some time to begin.
pub(crate) struct Marks<'a> {
    rest: &'a [u8],
    /// Where `rest` begins.
    next: usize,
    /// Of the word before it: the highest bit of each byte that is still to be told of.
    found: u64,
}

const WORD: usize = size_of::<u64>();

impl<'a> Marks<'a> {
    /// Those from `start` on.
    pub(crate) fn from(path: &'a str, start: usize) -> Self {
        Self { rest: path.as_bytes().get(start..).unwrap_or_default(), next: start, found: 0 }
    }
}

impl Iterator for Marks<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            let word = if let Some((word, rest)) = self.rest.split_first_chunk::<WORD>() {
                self.rest = rest;
                u64::from_le_bytes(*word)
            } else if self.rest.is_empty() {
                return None;
            } else {
                // Zeros are not marks.
                let word = self.rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
                self.rest = &[];
                word
            };
            self.next += WORD;
            self.found = marks(word);
        }
        let place = self.next - WORD + self.found.trailing_zeros() as usize / 8;
        self.found &= self.found - 1;
        Some(place)
    }
}

/// Where the segment that begins at `start` ends, if there is neither `%` nor `:` in it. `None` as well for a path that is
/// short.
#[inline]
pub(super) fn end_of_plain(path: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let rest = path.get(at..).filter(|rest| !rest.is_empty());
        let Some(rest) = rest else { return Some(path.len()) };
        let Some(word) = rest.first_chunk() else {
            // The end of the last word of the path. Zeros are not marks.
            let word = u64::from_le_bytes(*path.last_chunk()?) >> (8 * (WORD - rest.len()));
            let found = marks(word);
            return if found == 0 { Some(path.len()) } else { slash_at(path, at, found) };
        };
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return slash_at(path, at, found);
        }
        at += WORD;
        // Where a word has none, what follows is often long.
        while let Some(wide) = path.get(at..).and_then(<[u8]>::first_chunk)
            && !has_mark(wide)
        {
            at += WIDE;
        }
        // What is left is looked at with some of what is before it.
        if path.len() - at < WIDE && path.last_chunk().is_some_and(|last| !has_mark(last)) {
            return Some(path.len());
        }
    }
}

/// Where the first mark of a word at `at` is, if it is a slash.
#[inline]
fn slash_at(path: &[u8], at: usize, found: u64) -> Option<usize> {
    let place = at + found.trailing_zeros() as usize / 8;
    path.get(place).filter(|&&byte| byte == b'/').map(|_| place)
}

/// As many bytes as are looked at together in a long segment.
const WIDE: usize = 16;

/// Whether a mark is among these. One after the other, as the compiler looks at all bytes at once then.
#[inline]
fn has_mark(bytes: &[u8; WIDE]) -> bool {
    #[allow(clippy::needless_bitwise_bool, reason = "without branches")]
    let any = |mark: u8| bytes.iter().fold(false, |found, &byte| found | (byte == mark));
    any(b'/') || any(b'%') || any(b':')
}

/// Has the highest bit of each byte of a word that is a mark, and perhaps of one that follows it.
#[inline]
fn marks(word: u64) -> u64 {
    (equal(word, b'/') | equal(word, b'%') | equal(word, b':')) & HIGHEST
}

const ONES: u64 = u64::from_ne_bytes([1; WORD]);
const HIGHEST: u64 = ONES << 7;

/// Has the highest bit of each byte of a word that is this one, and perhaps of one that follows it.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let differing = word ^ (ONES * u64::from(byte));
    differing.wrapping_sub(ONES) & !differing
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Edge::{End, Start};
    use super::*;

    /// As routing does it.
    fn segments(path: &str) -> Segments {
        let mut segments = Segments::new();
        for at in Marks::from(path, 1).filter(|&at| path.as_bytes()[at] == b'/') {
            segments.push(at + 1);
        }
        segments.finish(path.len(), path.contains('%'));
        segments
    }

    #[test]
    fn segments_are_found_again() {
        for (path, from, to, expected) in [
            ("/a/b/c", Start(0), Start(1), "a"),
            ("/a/b/c", Start(1), Start(3), "b/c"),
            ("/a/b/c", Start(1), End(0), "b/c"),
            ("/a//", Start(1), Start(2), ""),
            ("/a//", Start(1), End(0), "/"),
            ("/a", Start(1), End(0), ""),
            ("/", Start(0), End(0), ""),
            ("/a/b/c/d", Start(1), End(1), "b/c"),
            ("/a/b/c/d", End(2), End(1), "c"),
            ("/a/b/c/d", End(2), End(0), "c/d"),
            ("/a/d", Start(1), End(1), ""),
        ] {
            assert_eq!(segments(path).between(path, from, to), expected, "{path} {from:?} {to:?}");
        }
    }

    #[test]
    fn a_verb_is_no_part_of_them() {
        let mut segments = segments("/a/b:go");
        segments.finish(4, false);
        assert_eq!(segments.between("/a/b:go", Start(1), Start(2)), "b");
        assert_eq!(segments.between("/a/b:go", Start(0), End(0)), "a/b");
    }

    proptest! {
        #[test]
        fn many_segments_are_found_as_well(parts in proptest::collection::vec("[a-z%:]{0,3}", 1..30), from in 0_u16..30, len in 1_u16..30) {
            let path = format!("/{}", parts.join("/"));
            let to = from + len;
            let range = usize::from(from)..usize::from(to).min(parts.len());
            let expected = parts.get(range).unwrap_or_default().join("/");
            prop_assert_eq!(segments(&path).between(&path, Start(from), Start(to)), expected);
        }

        #[test]
        fn plain_segments_end_where_they_do(path in "([a-z]{0,40}|[/%:]|é){0,8}", start in 0_usize..20) {
            let bytes = path.as_bytes();
            let mark = (start..bytes.len()).find(|&at| matches!(bytes[at], b'/' | b'%' | b':'));
            let expected = mark.map_or(Some(bytes.len()), |at| (bytes[at] == b'/').then_some(at));
            let is_known = bytes.len() >= WORD || start >= bytes.len();
            prop_assert_eq!(end_of_plain(bytes, start), expected.filter(|_| is_known));
        }

        #[test]
        fn marks_are_where_they_are(path in "([ -~]|[/%:]|é){0,40}", start in 0_usize..3) {
            let is_mark = |at: &usize| matches!(path.as_bytes()[*at], b'/' | b'%' | b':');
            let marks: Vec<_> = Marks::from(&path, start).filter(is_mark).collect();
            let expected: Vec<_> = (start..path.len()).filter(is_mark).collect();
            prop_assert_eq!(marks, expected);
        }
    }
}
