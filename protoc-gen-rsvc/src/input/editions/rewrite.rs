//! The text of an edition as proto3, token by token, for a parser that knows no editions.
//!
//! This is sound because an edition differs from proto3 in few places, each of which shows in its tokens alone, and
//! because what proto3 forbids on top is either forbidden in editions too (groups, `required`) or renamed here (the
//! option `default`). No token moves to another line, so a place is mapped back by its column.

use std::ops::Range;

use super::features::Edition;
use crate::diag::{Code, Diagnostic, Place, Position};
use crate::input::lexer::{Token, TokenKind, tokens};
use crate::input::locations::position;

/// What `default` is called in the rewritten text: proto3 has no defaults.
pub(super) const DEFAULT: &str = "default_of_edition";

/// A text that is to be parsed instead of another.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) text: String,
    pub(crate) edition: Edition,
    edits: Vec<Edit>,
}

/// A change within a line, with columns before and after.
#[derive(Debug)]
struct Edit {
    line: u32,
    old: Range<u32>,
    new: Range<u32>,
}

/// The rewritten text; `None` for a text of no edition.
pub(crate) fn rewrite(name: &str, text: &str) -> Result<Option<Rewritten>, Box<Diagnostic>> {
    // Most texts are of no edition, and looking into all of their tokens costs time.
    if !text.contains("edition") {
        return Ok(None);
    }
    let tokens = tokens(text);
    let [word, equals, value, ..] = tokens.as_slice() else { return Ok(None) };
    if !word.is("edition") || !equals.is("=") {
        return Ok(None);
    }
    let Some(edition) = value.unquoted().and_then(Edition::from_text) else {
        let span = value.span();
        let place = Place::new(name, position(text, span.start), position(text, span.end));
        let message = format!("edition `{}` is not known", value.unquoted().unwrap_or(value.text));
        let known = "known are `edition = \"2023\";` and `edition = \"2024\";`";
        return Err(Box::new(Diagnostic::error(Code::UNKNOWN_EDITION, message).at(place).help(known)));
    };
    let mut changes = vec![(word.span(), "syntax".to_owned()), (value.span(), "\"proto3\"".to_owned())];
    collect(&tokens, &mut changes);
    Ok(Some(apply(text, edition, &changes)))
}

/// What is to be replaced, in the order of the text.
fn collect(tokens: &[Token], changes: &mut Vec<(Range<usize>, String)>) {
    let blank = |token: &Token| (token.span(), " ".repeat(token.text.len()));
    for at in 3..tokens.len() {
        let token = &tokens[at];
        let before = &tokens[at - 1];
        let is = |ahead: usize, text: &str| tokens.get(at + ahead).is_some_and(|t| t.is(text));
        let is_word = |ahead: usize| tokens.get(at + ahead).is_some_and(|t| t.kind == TokenKind::Word);
        let first = before.is(";") || before.is("{") || before.is("}");
        match token.text {
            // `export message M {`
            "export" | "local"
                if first && (is(1, "message") || is(1, "enum")) && is_word(2) && is(3, "{") =>
            {
                changes.push(blank(token));
            }
            // `import option "x.proto";`
            "option" if before.is("import") => changes.push(blank(token)),
            // `reserved a, b;`
            "reserved" if first && is_word(1) && (is(2, ",") || is(2, ";")) => {
                let list = tokens[at + 1..].iter().take_while(|t| !t.is(";"));
                changes.extend(
                    list.filter(|t| t.kind == TokenKind::Word).map(|t| (t.span(), format!("\"{}\"", t.text))),
                );
            }
            // `[default = 1]`
            "default" if (before.is("[") || before.is(",")) && is(1, "=") => {
                changes.push((token.span(), DEFAULT.to_owned()));
                // Of negative words, the parser takes only a default's.
                if is(2, "-") && is(3, "inf") {
                    changes.push((tokens[at + 3].span(), "1e999".to_owned()));
                }
            }
            _ => {}
        }
    }
}

fn apply(text: &str, edition: Edition, changes: &[(Range<usize>, String)]) -> Rewritten {
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

    fn rewritten(text: &str) -> Rewritten {
        rewrite("a.proto", text).unwrap().unwrap()
    }

    #[test]
    fn only_what_is_of_editions_changes() {
        let text = "edition = \"2023\"; message M { reserved a, b; reserved 1 to 2; reserved \"c\"; string local = 1; \
            int32 default = 2 [default = -inf, (x) = {default: 1}]; local export = 3; }";
        let expected = "syntax = \"proto3\"; message M { reserved \"a\", \"b\"; reserved 1 to 2; reserved \"c\"; \
            string local = 1; int32 default = 2 [default_of_edition = -1e999, (x) = {default: 1}]; local export = 3; }";
        assert_eq!(rewritten(text).text, expected);
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
    fn other_texts_are_left_alone() {
        for text in ["syntax = \"proto3\"; // edition", "edition", "message edition {}", ""] {
            assert!(rewrite("a.proto", text).unwrap().is_none(), "{text}");
        }
        assert_eq!(rewrite("a.proto", "edition = 2023;").unwrap_err().code, Code::UNKNOWN_EDITION);
    }
}
