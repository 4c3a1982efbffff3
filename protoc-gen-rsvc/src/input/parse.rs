//! One file of text: through protox's parser, into the raw form.

use std::ops::Range;

use miette::Diagnostic as _;
use prost::Message as _;
use protox_parse::ParseError;

use super::lexer::tokens;
use super::locations::{offset, position};
use super::{editions, raw};
use crate::diag::{Code, Diagnostic, Place};

/// The descriptor of a text, or everything that is wrong with its syntax.
pub(crate) fn parse(name: &str, text: &str) -> Result<raw::File, Vec<Diagnostic>> {
    editions::check(name, text)?;
    let file = protox_parse::parse(name, text).map_err(|error| findings(name, text, &error))?;
    raw::File::decode(file.encode_to_vec().as_slice()).map_err(|error| {
        vec![
            Diagnostic::error(Code::INTERNAL, format!("descriptor not read back: {error}"))
                .at(Place::file(name)),
        ]
    })
}

fn findings(name: &str, text: &str, error: &ParseError) -> Vec<Diagnostic> {
    let mut found = vec![finding(name, text, error)];
    found.extend(error.related().into_iter().flatten().map(|related| finding(name, text, related)));
    found
}

fn finding(name: &str, text: &str, error: &dyn miette::Diagnostic) -> Diagnostic {
    let message = error.to_string().replace('\'', "`");
    let place = |range: Range<usize>| {
        Place::new(name, position(text, range.start), position(text, range.end.max(range.start)))
    };
    let mut labels = error.labels().into_iter().flatten().map(|label| {
        let start = label.offset();
        (place(start..start + label.len()), label.label().map(str::to_owned))
    });
    let first = labels.next();
    let own_help = error.help().map(|help| help.to_string());
    // The parser has one message for a bad group name and for a bad import; only the help differs.
    let import = own_help.as_ref().is_some_and(|help| help.starts_with("imports"));
    let (code, better, help) = if import { IMPORT } else { explain(&message) };
    let help = help.map(str::to_owned).or(own_help);
    let mut found = Diagnostic::error(code, better.map_or_else(|| message.clone(), str::to_owned));
    found = match (first, labels.next()) {
        (Some((first, _)), Some((second, _))) => found.at(second).note(first, "first here"),
        (Some((place, _)), None) => match missing_semicolon(name, text, &message, &place) {
            Some(before) => found.at(before).label("a `;` is missing here"),
            None => found.at(place),
        },
        // Only the end of the file has no span.
        _ => found.at(place(text.trim_end().len()..text.trim_end().len())),
    };
    match help {
        Some(help) => found.help(help),
        None => found,
    }
}

/// The end of the line before, when the parser stumbles only over what stands on the next.
fn missing_semicolon(name: &str, text: &str, message: &str, found: &Place) -> Option<Place> {
    let (start, _) = found.span.filter(|_| message.starts_with("expected `;`"))?;
    let at = offset(text, start);
    let end = tokens(&text[..at]).last()?.span().end;
    let place = position(text, end);
    (place.line < start.line).then(|| Place::new(name, place, place))
}

/// Our code for a message of the parser, and better words or a help where we have them.
fn explain(message: &str) -> Words {
    let row = EXPLANATIONS.iter().find(|(start, _)| message.starts_with(start));
    row.map_or((Code::SYNTAX, None, None), |&(_, words)| words)
}

/// A code, better words, a help.
type Words = (Code, Option<&'static str>, Option<&'static str>);

const IMPORT: Words = (
    Code::SYNTAX,
    Some("this cannot be the name of an import"),
    Some("write the path from an include folder, its parts joined by single `/`, without `.` and `..`"),
);

/// By the first words of the parser's message.
const EXPLANATIONS: &[(&str, Words)] = &[
    (
        "nested block comments",
        (Code::SYNTAX, None, Some("end the first comment with `*/` before the next begins")),
    ),
    ("unterminated string", (Code::SYNTAX, None, Some("close the string on the line on which it starts"))),
    (
        "unknown syntax",
        (Code::UNSUPPORTED, None, Some("write `syntax = \"proto3\";` or `syntax = \"proto2\";`")),
    ),
    ("multiple package names", (Code::DUPLICATE_NAME, None, Some("keep one `package` statement"))),
    (
        "message numbers must be",
        (Code::INVALID_DEFINITION, Some("field numbers must be between 1 and 536870911"), None),
    ),
    ("enum numbers must be", (Code::INVALID_DEFINITION, None, None)),
    (
        "default values are not allowed",
        (Code::INVALID_DEFINITION, None, Some("drop the default: in proto3 it is always zero or empty")),
    ),
    ("extension fields may not be required", (Code::INVALID_DEFINITION, None, Some("write `optional`"))),
    (
        "map fields cannot have labels",
        (Code::INVALID_DEFINITION, None, Some("drop the label: a map is repeated by nature")),
    ),
    (
        "oneof fields cannot have labels",
        (Code::INVALID_DEFINITION, None, Some("drop the label: a oneof's fields are optional by nature")),
    ),
    (
        "fields must have a label with proto2",
        (
            Code::INVALID_DEFINITION,
            Some("a proto2 field needs a label"),
            Some("write `optional`, `repeated` or `required`; or begin the file with `syntax = \"proto3\";`"),
        ),
    ),
    (
        "groups are not allowed",
        (Code::INVALID_DEFINITION, None, Some("define a message and a field of its type")),
    ),
    (
        "required fields are not allowed",
        (Code::INVALID_DEFINITION, None, Some("drop `required`; check for presence in a validation rule")),
    ),
    ("a map field key type", (Code::INVALID_DEFINITION, None, None)),
    ("expected value to be", (Code::OPTION_TYPE, None, None)),
    ("a oneof must have", (Code::INVALID_DEFINITION, None, None)),
    ("reached maximum recursion", (Code::UNSUPPORTED, None, None)),
];
