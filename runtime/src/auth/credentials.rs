//! What a call brings in `authorization`.

use crate::context::Context;

const AUTHORIZATION: &str = "authorization";

/// Why there are no credentials where there should be some.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

/// The credentials of `scheme`, in whatever case it is written; `None` without any of that scheme.
///
/// Whoever is asked for one header and gets two cannot know which of them a proxy in front has looked at.
pub(super) fn of_scheme<'a>(ctx: &'a Context, scheme: &str) -> Result<Option<&'a str>, Ambiguous> {
    let values = ctx.metadata().as_ref().get_all(AUTHORIZATION);
    let mut ours = values.iter().filter_map(|value| of_value(value.as_bytes(), scheme));
    let Some(credentials) = ours.next() else { return Ok(None) };
    if values.iter().nth(1).is_some() {
        return Err(Ambiguous);
    }
    // Bytes that are not text are credentials, too, and wrong ones.
    std::str::from_utf8(credentials).map(Some).map_err(|_| Ambiguous)
}

fn of_value<'a>(value: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let (name, rest) = value.split_at_checked(scheme.len())?;
    if !name.eq_ignore_ascii_case(scheme.as_bytes()) {
        return None;
    }
    match rest.first() {
        None => Some(rest),
        Some(b' ' | b'\t') => Some(rest.trim_ascii()),
        Some(_) => None,
    }
}
