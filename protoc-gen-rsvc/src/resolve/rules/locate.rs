//! Where an expression stands in its `.proto`: the place of a byte inside the string literals that make it up.

use crate::cel::ast::Span;
use crate::diag::{Place, Position};
use crate::input::escape;

/// The place of `span` inside the expression, when the literals of it are found behind `from`.
pub(super) fn place(text: &str, from: &Place, expression: &str, span: Span) -> Option<Place> {
    let (start, _) = from.span?;
    let mut line_start = 0;
    for _ in 0..start.line {
        line_start += text[line_start..].find('\n')? + 1;
    }
    let mut at = line_start;
    while let Some((value, map, end)) = next_string(text, at) {
        if value == expression.as_bytes() {
            let from_byte = *map.get(span.start as usize).or(map.last())?;
            let last = (span.end as usize).max(span.start as usize + 1) - 1;
            let to_byte = map.get(last).copied().unwrap_or(from_byte) + 1;
            return Some(Place::new(from.file.clone(), position(text, from_byte), position(text, to_byte)));
        }
        at = end;
    }
    None
}

fn position(text: &str, byte: usize) -> Position {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let line = before.split(|b| *b == b'\n').count() - 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count();
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

/// The next string with its neighbours joined: its bytes, where each of them stands, and where it ends.
fn next_string(text: &str, from: usize) -> Option<(Vec<u8>, Vec<usize>, usize)> {
    let bytes = text.as_bytes();
    let (mut value, mut map) = (Vec::new(), Vec::new());
    let mut at = from;
    let mut found = false;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += text[at..].find("*/").map_or(text.len() - at, |n| n + 2);
            }
            quote @ (b'"' | b'\'') => {
                at = literal(bytes, at + 1, quote, &mut value, &mut map);
                found = true;
            }
            b if b.is_ascii_whitespace() => at += 1,
            _ if found => break,
            _ => at += 1,
        }
    }
    found.then_some((value, map, at))
}

/// Reads a literal up to its closing quote; gives the place behind it.
fn literal(bytes: &[u8], mut at: usize, quote: u8, value: &mut Vec<u8>, map: &mut Vec<usize>) -> usize {
    while let Some(&b) = bytes.get(at) {
        if b == quote || b == b'\n' {
            return at + 1;
        }
        if b != b'\\' {
            value.push(b);
            map.push(at);
            at += 1;
            continue;
        }
        let (decoded, length) = escape(&bytes[at..]);
        map.extend(std::iter::repeat_n(at, decoded.len()));
        value.extend(decoded);
        at += length;
    }
    at
}
