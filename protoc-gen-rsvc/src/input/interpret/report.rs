//! What is wrong with an option, with our places and with advice.

use prost_types::UninterpretedOption;

use super::schema::FieldType;
use crate::diag::{Code, Diagnostic, Place, SourceText as _};
use crate::input::lexer::tokens;
use crate::input::locations::{Sources, offset, position};
use crate::input::{builtin, suggest};

/// Something wrong with an option.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) text: String,
    pub(super) help: Option<String>,
    /// Of a value in braces, which of its tokens is wrong.
    pub(super) token: Option<usize>,
}

impl Problem {
    pub(super) fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), help: None, token: None }
    }

    /// At a token of a value in braces.
    pub(super) fn in_value(token: usize, text: impl Into<String>) -> Self {
        Self { token: Some(token), ..Self::new(Code::OPTION_TYPE, text) }
    }

    pub(super) fn at_token(self, token: usize) -> Self {
        Self { token: Some(token), ..self }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Suggests a name that is like the wrong one.
    pub(super) fn near<'n>(self, wrong: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        match suggest::closest(wrong, known) {
            Some(near) => self.help(did_you_mean(near)),
            None => self,
        }
    }

    /// The finding, for an option that stands at `place`.
    pub(super) fn diagnostic(self, place: Place, sources: &Sources) -> Diagnostic {
        let place = self.token.and_then(|token| inside(&place, token, sources)).unwrap_or(place);
        let found = Diagnostic::error(self.code, self.text).at(place);
        match self.help {
            Some(help) => found.help(help),
            None => found,
        }
    }
}

pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// The place of a token in the value of an option: what the parser kept of the value has the same tokens as the text.
fn inside(option: &Place, token: usize, sources: &Sources) -> Option<Place> {
    let text = sources.text(&option.file)?;
    let (from, to) = option.span?;
    let from = offset(text, from);
    let all = tokens(text.get(from..offset(text, to))?);
    let equals = all.iter().position(|token| token.is("="))?;
    let open = all[equals..].iter().position(|token| token.is("{"))?;
    let span = all.get(equals + open + 1 + token)?.span();
    Some(Place::new(option.file.clone(), position(text, from + span.start), position(text, from + span.end)))
}

/// The name of an option up to its part `last`, as it is written.
pub(super) fn name(option: &UninterpretedOption, last: usize) -> String {
    let part = |part: &prost_types::uninterpreted_option::NamePart| {
        if part.is_extension { format!("({})", part.name_part) } else { part.name_part.clone() }
    };
    option.name.iter().take(last + 1).map(part).collect::<Vec<_>>().join(".")
}

/// A value that does not fit.
pub(super) fn misfit(option: &UninterpretedOption, field: FieldType) -> Problem {
    let text = format!(
        "option `{}` takes a value of type `{}`, not `{}`",
        name(option, option.name.len()),
        field.type_name(),
        shown(option)
    );
    let problem = Problem::new(Code::OPTION_TYPE, text);
    match field.enumeration() {
        Some(known) if known.enumeration.value.len() <= 12 => {
            let names = known.enumeration.value.iter().map(|value| format!("`{}`", value.name()));
            problem.help(format!("one of {}", names.collect::<Vec<_>>().join(", ")))
        }
        _ => problem,
    }
}

fn shown(option: &UninterpretedOption) -> String {
    let text = |bytes: &Vec<u8>| format!("\"{}\"", bytes.escape_ascii());
    let aggregate = || option.aggregate_value.as_ref().map(|text| format!("{{ {text} }}"));
    None.or_else(|| option.identifier_value.clone())
        .or_else(|| option.positive_int_value.map(|value| value.to_string()))
        .or_else(|| option.negative_int_value.map(|value| value.to_string()))
        .or_else(|| option.double_value.map(|value| value.to_string()))
        .or_else(|| option.string_value.as_ref().map(text))
        .or_else(aggregate)
        .unwrap_or_default()
}

/// `FieldOptions` is for fields.
pub(super) fn kind_of(options: &str) -> String {
    let name = options.rsplit('.').next().unwrap_or(options);
    match name.strip_suffix("Options") {
        Some("EnumValue") => "enum values".to_owned(),
        Some("ExtensionRange") => "extension ranges".to_owned(),
        Some(kind) => kind.to_lowercase() + "s",
        None => format!("`{name}`"),
    }
}

/// Annotations that are built in, by the start of their names.
const ANNOTATIONS: &[(&str, &str)] = &[
    ("google.api.http", "google/api/annotations.proto"),
    ("google.api.field_behavior", "google/api/field_behavior.proto"),
    ("buf.validate.", "buf/validate/validate.proto"),
    ("rsvc.v1.", "rsvc/v1/rsvc.proto"),
];

/// The built-in file that has an annotation.
pub(super) fn annotation_file(name: &str) -> Option<&'static str> {
    let name = name.trim_start_matches('.');
    let (_, file) = ANNOTATIONS.iter().find(|(start, _)| name.starts_with(start))?;
    builtin::builtin(file).map(|_| *file)
}
