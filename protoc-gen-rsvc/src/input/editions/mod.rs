//! Editions of the protobuf language.

use super::lexer::tokens;
use super::locations::position;
use crate::diag::{Code, Diagnostic, Place};

/// Refuses a text of an edition.
pub(crate) fn check(name: &str, text: &str) -> Result<(), Vec<Diagnostic>> {
    let mut tokens = tokens(text).into_iter();
    let (Some(word), Some(_), Some(edition)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return Ok(());
    };
    if !word.is("edition") {
        return Ok(());
    }
    let message = format!("edition `{}` is not known", edition.unquoted().unwrap_or(edition.text));
    let span = edition.span();
    let place = Place::new(name, position(text, span.start), position(text, span.end));
    Err(vec![Diagnostic::error(Code::UNKNOWN_EDITION, message).at(place)])
}
