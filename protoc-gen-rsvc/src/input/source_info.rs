//! The source information of a file, read from its bytes without `SourceCodeInfo`: a large API has millions of places,
//! and each of those would be four allocations.

use std::ops::Range;

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::diag::Position;
use crate::sorted;

/// First position and the one after the last.
pub(crate) type PositionRange = (Position, Position);

/// All places of a file, by path.
#[derive(Debug, Default)]
pub(crate) struct SourceInfo {
    /// Sorted by path; of one path, in the order in which they stand.
    places: Vec<SourcePlace>,
    /// The paths of all places, one after the other.
    paths: Vec<i32>,
    /// What the comments are parts of.
    bytes: Vec<u8>,
}

/// A definition, or a part of one.
#[derive(Debug, Default)]
struct SourcePlace {
    path: Range<u32>,
    span: Option<PositionRange>,
    /// Where a comment begins and ends in the bytes; empty without one.
    leading: Range<u32>,
    trailing: Range<u32>,
}

/// What is known of the part of a file at some path.
pub(crate) struct FoundPlace<'a> {
    info: &'a SourceInfo,
    place: &'a SourcePlace,
}

impl SourceInfo {
    /// Reads an encoded `SourceCodeInfo`; one that is none has no places.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let mut info = Self { bytes, ..Self::default() };
        if info.read().is_none() {
            return Self::default();
        }
        info.places.shrink_to_fit();
        info.paths.shrink_to_fit();
        let paths = &info.paths;
        sorted::sort_by(&mut info.places, |a, b| part(paths, &a.path).cmp(part(paths, &b.path)));
        info
    }

    /// The first place with this very path.
    pub(crate) fn find(&self, path: &[i32]) -> Option<FoundPlace<'_>> {
        let first = self.places.partition_point(|place| part(&self.paths, &place.path) < path);
        let place = self.places.get(first).filter(|place| part(&self.paths, &place.path) == path)?;
        Some(FoundPlace { info: self, place })
    }

    /// The closest place around `path` that has a span, and how much of the path it is.
    pub(crate) fn closest(&self, path: &[i32]) -> Option<(usize, PositionRange)> {
        (1..=path.len()).rev().find_map(|end| Some((end, self.find(&path[..end])?.span()?)))
    }

    fn read(&mut self) -> Option<()> {
        /// `SourceCodeInfo.location`
        const LOCATION: u32 = 1;
        let bytes = std::mem::take(&mut self.bytes);
        u32::try_from(bytes.len()).ok()?;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (tag, wire_type) = decode_key(&mut rest).ok()?;
            if tag == LOCATION && wire_type == WireType::LengthDelimited {
                let (from, to) = delimited(&bytes, &mut rest)?;
                let place = self.place(&bytes, from..to)?;
                self.places.push(place);
            } else {
                skip_field(wire_type, tag, &mut rest, DecodeContext::default()).ok()?;
            }
        }
        self.bytes = bytes;
        Some(())
    }

    /// Reads one `Location`.
    fn place(&mut self, bytes: &[u8], part: Range<usize>) -> Option<SourcePlace> {
        const PATH: u32 = 1;
        const SPAN: u32 = 2;
        const LEADING: u32 = 3;
        const TRAILING: u32 = 4;
        let start = short(self.paths.len())?;
        let (mut span, mut place) = (Vec::with_capacity(4), SourcePlace::default());
        let bytes = &bytes[..part.end];
        let mut rest = &bytes[part.start..];
        while !rest.is_empty() {
            let (tag, wire_type) = decode_key(&mut rest).ok()?;
            match tag {
                PATH => numbers(bytes, &mut rest, wire_type, &mut self.paths)?,
                SPAN => numbers(bytes, &mut rest, wire_type, &mut span)?,
                LEADING | TRAILING if wire_type == WireType::LengthDelimited => {
                    let (from, to) = delimited(bytes, &mut rest)?;
                    let comment = short(from)?..short(to)?;
                    *(if tag == LEADING { &mut place.leading } else { &mut place.trailing }) = comment;
                }
                _ => skip_field(wire_type, tag, &mut rest, DecodeContext::default()).ok()?,
            }
        }
        place.path = start..short(self.paths.len())?;
        place.span = positions(&span);
        Some(place)
    }
}

impl FoundPlace<'_> {
    pub(crate) fn span(&self) -> Option<PositionRange> {
        self.place.span
    }

    pub(crate) fn leading(&self) -> Option<&str> {
        self.comment(&self.place.leading)
    }

    pub(crate) fn trailing(&self) -> Option<&str> {
        self.comment(&self.place.trailing)
    }

    fn comment(&self, range: &Range<u32>) -> Option<&str> {
        std::str::from_utf8(&self.info.bytes[range.start as usize..range.end as usize]).ok()
    }
}

fn part<'a>(paths: &'a [i32], range: &Range<u32>) -> &'a [i32] {
    &paths[range.start as usize..range.end as usize]
}

fn short(length: usize) -> Option<u32> {
    u32::try_from(length).ok()
}

/// Takes what follows the key of a length-delimited field off `rest`, the end of `bytes`: where it begins and ends there.
fn delimited(bytes: &[u8], rest: &mut &[u8]) -> Option<(usize, usize)> {
    let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
    let from = bytes.len() - rest.len();
    *rest = rest.get(length..)?;
    Some((from, from + length))
}

/// Reads what follows the key of a repeated `int32`, packed or not.
fn numbers(bytes: &[u8], rest: &mut &[u8], wire_type: WireType, out: &mut Vec<i32>) -> Option<()> {
    #[allow(clippy::cast_possible_truncation)] // as every reader of the wire format does
    let number = |rest: &mut &[u8]| decode_varint(rest).ok().map(|number| number as i32);
    match wire_type {
        WireType::Varint => out.push(number(rest)?),
        WireType::LengthDelimited => {
            let (from, to) = delimited(bytes, rest)?;
            let mut packed = &bytes[from..to];
            while !packed.is_empty() {
                out.push(number(&mut packed)?);
            }
        }
        _ => return None,
    }
    Some(())
}

/// The span of a place: three numbers when it stays on a line, else four.
fn positions(span: &[i32]) -> Option<PositionRange> {
    let at = |line: i32, column: i32| {
        Some(Position { line: u32::try_from(line).ok()?, column: u32::try_from(column).ok()? })
    };
    match *span {
        [line, from, to] => Some((at(line, from)?, at(line, to)?)),
        [line, from, end, to] => Some((at(line, from)?, at(end, to)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::SourceCodeInfo;
    use prost_types::source_code_info::Location;

    use super::*;

    #[test]
    fn places_are_found_by_their_path() {
        let location = |path: &[i32], span: &[i32], leading: Option<&str>| Location {
            path: path.into(),
            span: span.into(),
            leading_comments: leading.map(str::to_owned),
            trailing_comments: Some(" after".into()),
            leading_detached_comments: vec![" away".into()],
        };
        let locations = vec![
            location(&[4, 1], &[1, 0, 5, 1], Some(" first")),
            location(&[4, 0], &[-1, 2, 20], None),
            location(&[4, 1], &[7, 8, 9], Some(" second")),
            location(&[], &[0, 0, 99, 0], None),
        ];
        let info = SourceInfo::new(SourceCodeInfo { location: locations }.encode_to_vec());
        let found = info.find(&[4, 1]).expect("a place");
        let (start, end) = found.span().expect("a span");
        assert_eq!([start.line, start.column, end.line, end.column], [1, 0, 5, 1]);
        assert_eq!((found.leading(), found.trailing()), (Some(" first"), Some(" after")));
        assert!(info.find(&[4, 0]).is_some_and(|found| found.span().is_none()));
        assert!(info.find(&[]).is_some() && info.find(&[4]).is_none() && info.find(&[5]).is_none());
    }

    #[test]
    fn unpacked_numbers_are_read_and_what_is_cut_off_is_no_information() {
        // location { path: 4 path: 0 span: 1 span: 2 span: 3 }
        let bytes = [10, 10, 8, 4, 8, 0, 16, 1, 16, 2, 16, 3];
        assert!(SourceInfo::new(bytes.to_vec()).find(&[4, 0]).is_some_and(|found| found.span().is_some()));
        for end in 1..bytes.len() {
            assert!(SourceInfo::new(bytes[..end].to_vec()).find(&[4, 0]).is_none(), "{end}");
        }
    }
}
