//! One file of text: through protox's parser, into the raw form.

use std::ops::Range;

use miette::Diagnostic as _;
use prost::Message as _;
use protox_parse::ParseError;

use super::lexer::tokens;
use super::locations::position;
use super::rewrite::{self, Rewritten};
use super::{editions, raw};
use crate::diag::{Code, Diagnostic, Place};

/// The descriptor of a text, or everything that is wrong with its syntax.
pub(crate) fn parse(name: &str, text: &str) -> Result<raw::File, Vec<Diagnostic>> {
    let rewritten = rewrite::rewrite(name, text).map_err(|error| vec![*error])?;
    let text = rewritten.as_ref().map_or(text, |rewritten| &rewritten.text);
    let stumble = ParsedText { name, text, rewritten: rewritten.as_ref() };
    let mut file = protox_parse::parse(name, text).map_err(|error| stumble.findings(&error))?;
    if let (Some(rewritten), Some(info)) = (&rewritten, &mut file.source_code_info) {
        info.location.iter_mut().for_each(|location| rewritten.map_span(&mut location.span));
    }
    let mut file = raw::File::decode(file.encode_to_vec().as_slice()).map_err(|error| {
        vec![
            Diagnostic::error(Code::INTERNAL, format!("descriptor not read back: {error}"))
                .at(Place::file(name)),
        ]
    })?;
    if let Some(edition) = rewritten.and_then(|rewritten| rewritten.edition) {
        editions::restore(&mut file, edition)?;
    }
    Ok(file)
}

/// Where the parser stumbled: the text that it saw, and how to get from it to the text that was written.
struct ParsedText<'a> {
    name: &'a str,
    text: &'a str,
    rewritten: Option<&'a Rewritten>,
}

impl ParsedText<'_> {
    fn is_edition(&self) -> bool {
        self.rewritten.is_some_and(|rewritten| rewritten.edition.is_some())
    }

    fn findings(&self, error: &ParseError) -> Vec<Diagnostic> {
        let mut found = vec![self.finding(error)];
        found.extend(error.related().into_iter().flatten().map(|related| self.finding(related)));
        found
    }

    fn finding(&self, error: &dyn miette::Diagnostic) -> Diagnostic {
        let message = error.to_string().replace('\'', "`");
        let mut labels = error.labels().into_iter().flatten().map(|l| l.offset()..l.offset() + l.len());
        let (first, second) = (labels.next(), labels.next());
        let own_help = error.help().map(|help| help.to_string());
        // The parser has one message for a bad group name and for a bad import; only the help differs.
        let import = own_help.as_ref().is_some_and(|help| help.starts_with("imports"));
        let (code, better, help) = if import { IMPORT } else { explain(&message, self.is_edition()) };
        let help = help.map(str::to_owned).or(own_help);
        let found = Diagnostic::error(code, better.map_or_else(|| message.clone(), str::to_owned));
        let found = match (first, second) {
            (Some(first), Some(second)) => found.at(self.place(second)).note(self.place(first), "first here"),
            (Some(range), None) => match self.missing_semicolon(&message, range.start) {
                Some(end) => found.at(self.place(end..end)).label("a `;` is missing here"),
                None => found.at(self.place(range)),
            },
            // Only the end of the file has no span.
            (None, _) => found.at(self.place(self.text.trim_end().len()..self.text.trim_end().len())),
        };
        match help {
            Some(help) => found.help(help),
            None => found,
        }
    }

    fn place(&self, range: Range<usize>) -> Place {
        let written = |offset| {
            let at = position(self.text, offset);
            self.rewritten.map_or(at, |rewritten| rewritten.original(at))
        };
        Place::new(self.name, written(range.start), written(range.end))
    }

    /// The end of the line before, when the parser stumbles only over what stands on the next.
    fn missing_semicolon(&self, message: &str, start: usize) -> Option<usize> {
        let before = self.text.get(..start).filter(|_| message.starts_with("expected `;`"))?;
        let end = tokens(before).last()?.span().end;
        before[end..].contains('\n').then_some(end)
    }
}

/// Our code for a message of the parser, and better words or a help where we have them.
fn explain(message: &str, edition: bool) -> Explanation {
    let special = if edition { EDITION_EXPLANATIONS } else { &[] };
    let row = special.iter().chain(EXPLANATIONS).find(|(start, _)| message.starts_with(start));
    row.map_or((Code::SYNTAX, None, None), |&(_, words)| words)
}

/// A code, better words, a help.
type Explanation = (Code, Option<&'static str>, Option<&'static str>);

const IMPORT: Explanation = (
    Code::SYNTAX,
    Some("this cannot be the name of an import"),
    Some("write the path from an include folder, its parts joined by single `/`, without `.` and `..`"),
);

/// By the first words of the parser's message.
const EXPLANATIONS: &[(&str, Explanation)] = &[
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
    (
        "reached maximum recursion",
        (
            Code::LIMIT,
            Some("messages nest more than 31 levels deep"),
            Some("define messages beside each other, not inside one another"),
        ),
    ),
];

/// Likewise, where the parser speaks of proto3 but the text is of an edition.
const EDITION_EXPLANATIONS: &[(&str, Explanation)] = &[
    (
        "groups are not allowed",
        (
            Code::INVALID_DEFINITION,
            Some("an edition has no groups"),
            Some("define a message, and a field of its type with `features.message_encoding = DELIMITED`"),
        ),
    ),
    (
        "required fields are not allowed",
        (
            Code::INVALID_DEFINITION,
            Some("an edition has no label `required`"),
            Some("write `features.field_presence = LEGACY_REQUIRED`"),
        ),
    ),
];
