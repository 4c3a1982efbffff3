//! Texts that the parser would not take, changed token by token before it: what an edition writes otherwise than proto3,
//! and the few things of the language that the parser lacks.
//!
//! No token moves to another line, so a place is mapped back by its column.

use std::ops::Range;

use super::editions::{self, Edition};
use super::lexer::{Change, Token, TokenKind, tokens};
use super::numbers::NEGATIVE_NAN;
use crate::diag::{Diagnostic, Position};
use crate::sorted;

/// A text that is to be parsed instead of another.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) text: String,
    pub(crate) edition: Option<Edition>,
    edits: Vec<Edit>,
}

/// A change within a line, with columns before and after.
#[derive(Debug)]
struct Edit {
    line: u32,
    old: Range<u32>,
    new: Range<u32>,
}

/// The rewritten text; `None` when the parser takes it as it is.
pub(crate) fn rewrite(name: &str, text: &str) -> Result<Option<Rewritten>, Box<Diagnostic>> {
    if !may_need_it(text) {
        return Ok(None);
    }
    let tokens = tokens(text);
    let edition = editions::changes(name, text, &tokens)?;
    let (edition, mut changes) =
        edition.map_or_else(Default::default, |(edition, changes)| (Some(edition), changes));
    collect(&tokens, edition.is_some(), &mut changes);
    if changes.is_empty() {
        return Ok(None);
    }
    sorted::sort_by_key(&mut changes, |(span, _)| span.start);
    // Two statements without a `;` between them both reach for what follows. The parser says what is wrong with them.
    let mut end = 0;
    changes.retain(|(span, _)| {
        let is_behind = span.start >= end;
        if is_behind {
            end = span.end;
        }
        is_behind
    });
    Ok(Some(apply(text, edition, &changes)))
}

/// Most texts are taken as they are, and looking into all of their tokens costs time.
fn may_need_it(text: &str) -> bool {
    let negative = |word| {
        let mut found = text.match_indices(word);
        found.any(|(at, _)| text[..at].trim_end().ends_with(['-', '/']))
    };
    let has = |word| text.contains(word);
    has("edition")
        || has("extensions")
        || (has("reserved") && has("\\"))
        || negative("inf")
        || negative("nan")
}

/// What the parser lacks.
fn collect(tokens: &[Token], edition: bool, changes: &mut Vec<Change>) {
    for at in 1..tokens.len() {
        let (before, token) = (&tokens[at - 1], &tokens[at]);
        let starts = before.is(";") || before.is("{") || before.is("}");
        let next = tokens.get(at + 1);
        match token.text {
            // `extensions 5 [verification = UNVERIFIED];`
            "extensions" if starts && next.is_some_and(|next| next.kind == TokenKind::Number) => {
                let open = tokens[at..].iter().position(|token| token.is("[") || token.is(";"));
                let Some(open) = open.map(|open| at + open).filter(|&open| tokens[open].is("[")) else {
                    continue;
                };
                let (last, joint) = (&tokens[open - 1], &tokens[open - 2]);
                if last.kind == TokenKind::Number && !joint.is("to") {
                    changes.push((last.span(), format!("{0} to {0}", last.text)));
                }
            }
            // `reserved "\x61";`
            "reserved" if starts => {
                let list = tokens[at + 1..].iter().take_while(|token| !token.is(";"));
                for token in list.filter(|token| token.kind == TokenKind::Text && token.text.contains('\\')) {
                    let content = String::from_utf8(token.content()).ok();
                    let plain =
                        content.filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
                    changes.extend(plain.map(|text| (token.span(), format!("\"{text}\""))));
                }
            }
            // `option (x) = -inf;`: the parser takes negative words in a default alone.
            "-" if before.is("=") => {
                let Some(word) = next else { continue };
                match word.text {
                    "inf" => changes.push((word.span(), "1e999".to_owned())),
                    "nan" if edition || !tokens[at - 2].is("default") => {
                        changes.push((token.span(), " ".to_owned()));
                        changes.push((word.span(), NEGATIVE_NAN.to_owned()));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn apply(text: &str, edition: Option<Edition>, changes: &[Change]) -> Rewritten {
    let mut out = String::with_capacity(text.len() + 64);
    let mut edits = Vec::with_capacity(changes.len());
    let mut done = 0;
    // Positions are counted on from change to change, so that a long text is walked once.
    let (mut line, mut line_start, mut shift) = (0_u32, 0_usize, 0_i64);
    for (span, new) in changes {
        for (index, _) in text[done..span.start].match_indices('\n') {
            line += 1;
            line_start = done + index + 1;
            shift = 0;
        }
        out.push_str(&text[done..span.start]);
        out.push_str(new);
        done = span.end;
        let column = |offset: i64| u32::try_from(offset).unwrap_or(u32::MAX);
        let signed = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        let start = signed(span.start - line_start);
        let old = column(start)..column(start + signed(span.len()));
        let new_start = start + shift;
        edits.push(Edit { line, old, new: column(new_start)..column(new_start + signed(new.len())) });
        shift += signed(new.len()) - signed(span.len());
    }
    out.push_str(&text[done..]);
    Rewritten { text: out, edition, edits }
}

impl Rewritten {
    /// Changes a span of source information to where it stands in the written text.
    pub(crate) fn map_span(&self, span: &mut [i32]) {
        let map = |line: i32, column: i32| {
            let at = Position {
                line: u32::try_from(line).unwrap_or(0),
                column: u32::try_from(column).unwrap_or(0),
            };
            i32::try_from(self.original(at).column).unwrap_or(i32::MAX)
        };
        match span {
            [line, from, to] => (*from, *to) = (map(*line, *from), map(*line, *to)),
            [line, from, end, to] => (*from, *to) = (map(*line, *from), map(*end, *to)),
            _ => {}
        }
    }

    /// Where a place of the rewritten text stands in the written one.
    pub(crate) fn original(&self, at: Position) -> Position {
        let first = self.edits.partition_point(|edit| edit.line < at.line);
        let mut column = at.column;
        for edit in self.edits[first..].iter().take_while(|edit| edit.line == at.line) {
            if at.column < edit.new.start {
                break;
            }
            column = if at.column < edit.new.end {
                (edit.old.start + (at.column - edit.new.start)).min(edit.old.end)
            } else {
                edit.old.end + (at.column - edit.new.end)
            };
        }
        Position { line: at.line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::input::locations::position;

    fn rewritten(text: &str) -> Rewritten {
        rewrite("a.proto", text).unwrap().unwrap()
    }

    #[test]
    fn only_what_is_of_editions_changes() {
        let text = "edition = \"2023\"; message M { reserved a, b; reserved 1 to 2; string local = 1; \
            int32 default = 2 [default = -inf, (x) = {default: 1}]; local export = 3; }";
        let expected = "syntax = \"proto3\"; message M { reserved \"a\", \"b\"; reserved 1 to 2; \
            string local = 1; int32 default = 2 [default_of_edition = -1e999, (x) = {default: 1}]; local export = 3; }";
        assert_eq!(rewritten(text).text, expected);
    }

    /// Each has two statements that both reach for the second one's tokens.
    #[test]
    fn a_token_is_changed_once_where_an_end_is_missing() {
        let edition = "edition = \"2023\"; message M { reserved a, b message N { reserved c; } }";
        let escapes = "message M { reserved \"\\x61\" } message N { reserved \"\\x62\"; }";
        let ranges = "message M { extensions 5 } message N { extensions 6 [verification = UNVERIFIED]; }";
        for text in [edition, escapes, ranges] {
            let rewritten = rewritten(text);
            let mut done = 0;
            for edit in rewritten.edits {
                assert!(edit.old.start >= done, "{text}");
                done = edit.old.end;
            }
        }
    }

    #[test]
    fn visibility_and_option_imports_become_blanks() {
        let text =
            "edition = \"2024\";\nimport option \"x.proto\";\nexport message M {}\nlocal enum E { A = 0; }";
        let expected =
            "syntax = \"proto3\";\nimport        \"x.proto\";\n       message M {}\n      enum E { A = 0; }";
        assert_eq!(rewritten(text).text, expected);
    }

    #[test]
    fn every_token_that_stays_is_mapped_back_to_itself() {
        let text = "// é\nedition = \"2023\"; package é_;\nmessage M { reserved a, b; int32 x = 1 [default = 7]; }\n";
        let new = rewritten(text);
        let kept: Vec<_> =
            tokens(&new.text).into_iter().filter(|t| !t.text.starts_with(['s', '"', 'd'])).collect();
        assert!(kept.len() > 20);
        for token in kept {
            let back = new.original(position(&new.text, token.start));
            let at = crate::input::locations::offset(text, back);
            assert!(text[at..].starts_with(token.text), "{} at {back:?}", token.text);
        }
    }

    #[test]
    fn what_the_parser_lacks_is_said_in_other_words() {
        let text = "syntax = 'proto2'; message A { extensions 5 [verification = UNVERIFIED]; extensions 6 to 7, 9 [x = 1]; \
            extensions 10 to 11 [x = 1]; extensions 12; reserved \"\\x61b\"; optional string extensions = 1 [(x) = -inf, (y) = - \
            nan, default = -nan]; }";
        let expected = "syntax = 'proto2'; message A { extensions 5 to 5 [verification = UNVERIFIED]; extensions 6 to 7, 9 to 9 [x = 1]; \
            extensions 10 to 11 [x = 1]; extensions 12; reserved \"ab\"; optional string extensions = 1 [(x) = -1e999, (y) =   \
            minus_nan_of_rsvc, default = -nan]; }";
        assert_eq!(rewritten(text).text, expected);
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in
            ["syntax = \"proto3\"; // edition", "edition", "message edition {}", "", "// -inf\nextensions"]
        {
            assert!(rewrite("a.proto", text).unwrap().is_none(), "{text}");
        }
        assert_eq!(rewrite("a.proto", "edition = 2023;").unwrap_err().code, Code::UNKNOWN_EDITION);
    }
}
