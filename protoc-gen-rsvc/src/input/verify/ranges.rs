//! Reserved numbers and names, and numbers for extensions: none of them twice.

use super::walk::Cursor;
use crate::diag::{Code, Sink};
use crate::input::raw::{self, tag};
use crate::sorted::{self, SortedMap};

/// A range from its first number to the one after its last, with the path of where it stands.
struct Range {
    start: i64,
    end: i64,
    path: [i32; 2],
}

pub(super) fn check_message(at: &Cursor, message: &raw::Descriptor, sink: &mut Sink) {
    let range = |kind, index, start: i32, end: i32| Range {
        start: start.into(),
        end: end.into(),
        path: [kind, index],
    };
    let reserved = (0..).zip(&message.reserved_range);
    let reserved = reserved.map(|(i, r)| range(tag::message::RESERVED_RANGE, i, r.start(), r.end()));
    let extensions = (0..).zip(&message.extension_range);
    let extensions = extensions.map(|(i, r)| range(tag::message::EXTENSION_RANGE, i, r.start(), r.end()));
    let mut ranges: Vec<Range> = reserved.chain(extensions).collect();
    for range in &ranges {
        if range.start < 1 || range.end <= range.start {
            let text = format!("a range of numbers from {} to {} holds nothing", range.start, range.end - 1);
            sink.push(at.error(Code::INVALID_DEFINITION, &range.path, text));
        }
    }
    overlaps(at, &mut ranges, sink);
    twice(at, tag::message::RESERVED_NAME, &message.reserved_name, sink);
}

pub(super) fn check_enum(at: &Cursor, enumeration: &raw::Enum, sink: &mut Sink) {
    let ranges = (0..).zip(&enumeration.reserved_range);
    // The end is inside.
    let mut ranges: Vec<Range> = ranges
        .map(|(index, range)| Range {
            start: range.start().into(),
            end: i64::from(range.end()) + 1,
            path: [tag::enumeration::RESERVED_RANGE, index],
        })
        .collect();
    overlaps(at, &mut ranges, sink);
    twice(at, tag::enumeration::RESERVED_NAME, &enumeration.reserved_name, sink);
}

/// Each range against the one that reaches furthest of those that begin before it.
fn overlaps(at: &Cursor, ranges: &mut [Range], sink: &mut Sink) {
    sorted::sort_by_key(ranges, |range| (range.start, range.path));
    let mut before: Option<&Range> = None;
    for range in ranges.iter() {
        if let Some(other) = before.filter(|other| range.start < other.end) {
            let text = format!("numbers from {} on are in two ranges", range.start);
            let found = at.error(Code::INVALID_DEFINITION, &range.path, text);
            sink.push(found.note(at.place(&other.path), "the other range"));
        }
        if before.is_none_or(|other| range.end > other.end) {
            before = Some(range);
        }
    }
}

fn twice(at: &Cursor, kind: i32, names: &[String], sink: &mut Sink) {
    let mut seen = SortedMap::new();
    for (index, name) in (0..).zip(names) {
        let first = *seen.or_insert(name, index);
        if first != index {
            let text = format!("the name `{}` is reserved twice", name.escape_debug());
            let found = at.error(Code::INVALID_DEFINITION, &[kind, index], text);
            sink.push(found.note(at.place(&[kind, first]), "first here"));
        }
    }
}
