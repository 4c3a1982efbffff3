//! The text of an edition as proto3, token by token, for a parser that knows no editions.
//!
//! This is sound because an edition differs from proto3 in few places, each of which shows in its tokens alone, and
//! because what proto3 forbids on top is either forbidden in editions too (groups, `required`) or renamed here (the
//! option `default`).

use std::ops::Range;

use super::features::Edition;
use crate::diag::{Code, Diagnostic, Place};
use crate::input::lexer::{Change, Token, TokenKind};
use crate::input::locations::position;

/// What `default` is called in the rewritten text: proto3 has no defaults.
pub(super) const DEFAULT: &str = "default_of_edition";

/// The edition that a text names, with what is to be replaced in it; none for a text of no edition.
pub(crate) fn changes(
    name: &str,
    text: &str,
    tokens: &[Token],
) -> Result<Option<(Edition, Vec<Change>)>, Box<Diagnostic>> {
    let [word, equals, value, ..] = tokens else { return Ok(None) };
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
    collect(tokens, &mut changes);
    if let Some(span) = reserved_text(tokens) {
        let place = Place::new(name, position(text, span.start), position(text, span.end));
        let found = Diagnostic::error(Code::INVALID_DEFINITION, "an edition reserves names without quotes");
        return Err(Box::new(found.at(place).help("write `reserved name;`")));
    }
    Ok(Some((edition, changes)))
}

/// A string where an edition has the words that are reserved.
fn reserved_text(tokens: &[Token]) -> Option<Range<usize>> {
    tokens.windows(3).find_map(|window| {
        let starts = window[0].is(";") || window[0].is("{") || window[0].is("}");
        let text = window[2].kind == TokenKind::Text;
        (starts && window[1].is("reserved") && text).then(|| window[2].span())
    })
}

/// What is to be replaced, in the order of the text.
fn collect(tokens: &[Token], changes: &mut Vec<Change>) {
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
            }
            _ => {}
        }
    }
}
