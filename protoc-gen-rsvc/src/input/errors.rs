//! What prost-reflect finds wrong in options, in our codes, with our places and with advice.

use miette::{Diagnostic as Finding, SourceSpan};
use prost_reflect::{DescriptorError, DescriptorPool, Kind, MessageDescriptor};

use super::lexer::tokens;
use super::locations::{Sources, offset, place_in, position};
use super::raw::options;
use super::{builtin, pool, raw, suggest};
use crate::diag::{Code, Diagnostic, Place, Sink, SourceText};

/// Tells every finding in an error of the pool that was to be built from `files`.
pub(crate) fn report(error: &DescriptorError, files: &[raw::File], sources: &Sources, sink: &mut Sink) {
    let mut reporter = PoolErrorReporter { files, sources, known: None };
    let first = (error.file().unwrap_or_default().to_owned(), error.path().unwrap_or_default().to_vec());
    sink.push(reporter.finding(error, first));
    for related in error.related().into_iter().flatten() {
        sink.push(reporter.finding(related, label(&format!("{related:?}")).unwrap_or_default()));
    }
}

/// File and path out of the `Debug` text of a finding: those of the first are open, those of the others only here.
fn label(debug: &str) -> Option<(String, Vec<i32>)> {
    // Quotes inside strings are escaped there, so the text of a user cannot look like this.
    let (_, rest) = debug.split_once("found: Label { file: \"")?;
    let (file, rest) = rest.split_once("\", path: [")?;
    let (path, _) = rest.split_once(']')?;
    let path = path.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    Some((file.to_owned(), path))
}

struct PoolErrorReporter<'a> {
    files: &'a [raw::File],
    sources: &'a Sources,
    /// The files as they are without the options that are not interpreted yet, for suggestions.
    known: Option<DescriptorPool>,
}

impl PoolErrorReporter<'_> {
    fn finding(&mut self, finding: &dyn Finding, (file, path): (String, Vec<i32>)) -> Diagnostic {
        let info = self.files.iter().find(|f| f.name() == file).and_then(|f| f.source_code_info.as_deref());
        let place = (!file.is_empty()).then(|| place_in(&file, info, &path));
        let message = finding.to_string();
        let inner = finding.diagnostic_source();
        let cause = inner.map(ToString::to_string).or_else(|| finding.source().map(ToString::to_string));
        let place = match (&place, inner) {
            (Some(place), Some(inner)) => self.inside(place, inner).or_else(|| Some(place.clone())),
            _ => place,
        };
        let (code, message, help) = self.words(&message, cause.as_deref(), finding);
        let found = Diagnostic::error(code, message).at(place);
        match help {
            Some(help) => found.help(help),
            None => found,
        }
    }

    /// The place of a token in the value of an option: the parser of the value counts in a text of its own, which
    /// has the same tokens.
    fn inside(&self, option: &Place, inner: &dyn Finding) -> Option<Place> {
        let start = inner.labels()?.next()?.offset();
        let value = inner.source_code()?;
        // An empty span is read as one character.
        let before = value.read_span(&SourceSpan::from(0..start), 0, 0).ok().filter(|_| start > 0);
        let count = before.and_then(|b| Some(tokens(std::str::from_utf8(b.data()).ok()?).len())).unwrap_or(0);
        let text = self.sources.text(&option.file)?;
        let (from, to) = option.span?;
        let from = offset(text, from);
        let all = tokens(text.get(from..offset(text, to))?);
        let open = all.iter().skip_while(|t| !t.is("=")).position(|t| t.is("{"))?;
        let equals = all.iter().position(|t| t.is("="))?;
        let token = all.get(equals + open + 1 + count)?;
        let span = token.span();
        Some(Place::new(
            option.file.clone(),
            position(text, from + span.start),
            position(text, from + span.end),
        ))
    }

    fn words(
        &mut self,
        message: &str,
        cause: Option<&str>,
        finding: &dyn Finding,
    ) -> (Code, String, Option<String>) {
        let quoted = quoted(message);
        let name = quoted.first().copied().unwrap_or_default();
        let help = finding.help().map(|help| help.to_string());
        match message {
            _ if message.ends_with("is not defined") && message.starts_with("option field") => {
                let text = format!("option `{name}` is not defined");
                (Code::UNKNOWN_OPTION, text, self.near_option(name))
            }
            // The first part of the name is found in an inner scope, the rest is not: mostly because it is nowhere.
            _ if message.ends_with("is not defined") => {
                let text = format!("option `({name})` is not defined");
                let help = import_from(help.as_deref()).or_else(|| self.near_extension(name));
                let general = || Some("define it, or import the file that does".to_owned());
                (Code::UNKNOWN_OPTION, text, help.or_else(general))
            }
            _ if message.ends_with("is not an extension") => {
                (Code::UNKNOWN_OPTION, format!("`{name}` is not an option"), None)
            }
            _ if message.starts_with("expected an extension to type") => {
                let [wanted, name, extended] = quoted[..] else {
                    return (Code::UNKNOWN_OPTION, message.to_owned(), help);
                };
                let text = format!("option `({name})` does not belong here");
                let help =
                    format!("it is for {}, and this takes those for {}", kind_of(extended), kind_of(wanted));
                (Code::UNKNOWN_OPTION, text, Some(help))
            }
            _ if message.starts_with("expected a value of type") => {
                let [ty, name, ..] = quoted[..] else { return (Code::OPTION_TYPE, message.to_owned(), help) };
                let value =
                    message.rsplit_once("but found '").map_or("", |(_, value)| value.trim_end_matches('\''));
                let text = format!("option `{name}` takes a value of type `{ty}`, not `{value}`");
                (Code::OPTION_TYPE, text, self.enum_values(name))
            }
            _ if message.starts_with("invalid value of type") => {
                let text = format!(
                    "the value of option `{}`: {}",
                    quoted.last().unwrap_or(&name),
                    ticks(cause.unwrap_or("is not valid"))
                );
                (Code::OPTION_TYPE, text, cause.and_then(|cause| self.near_field(cause)))
            }
            _ if message.starts_with("cannot set field") => {
                (Code::OPTION_TYPE, format!("option `{name}` has no fields to set"), help)
            }
            _ if message.ends_with("has already been set") => {
                (Code::INVALID_DEFINITION, format!("option `{name}` is set twice"), help)
            }
            _ if message.starts_with("failed to decode") => {
                let text =
                    format!("descriptors that cannot be decoded: {}", cause.unwrap_or("unknown reason"));
                (Code::BAD_DESCRIPTOR, text, None)
            }
            _ => (Code::INVALID_DEFINITION, ticks(message), help),
        }
    }

    fn known(&mut self) -> &DescriptorPool {
        self.known.get_or_insert_with(|| {
            let mut files = self.files.to_vec();
            for file in &mut files {
                raw::each_options(file, &mut |_, _, options| {
                    *options =
                        options.as_deref().and_then(|bytes| options::without(bytes, options::UNINTERPRETED));
                });
            }
            pool::build(&files).unwrap_or_default()
        })
    }

    /// For `(a.b).c.d`, where `d` is wrong: a field of the message that `c` is, like `d`.
    fn near_option(&mut self, name: &str) -> Option<String> {
        let (before, last) = name.rsplit_once('.').unwrap_or(("", name));
        if before.is_empty() {
            let fields = self.option_messages().into_iter().flat_map(|m| m.fields().collect::<Vec<_>>());
            let names: Vec<String> = fields.map(|f| f.name().to_owned()).collect();
            let near = suggest::closest(last, names.iter().map(String::as_str));
            return near
                .map(did_you_mean)
                .or_else(|| Some("an option of your own is written in parentheses".to_owned()));
        }
        let message = self.message_at(before)?;
        let names: Vec<String> = message.fields().map(|f| f.name().to_owned()).collect();
        suggest::closest(last, names.iter().map(String::as_str)).map(did_you_mean)
    }

    fn option_messages(&mut self) -> Vec<MessageDescriptor> {
        let global = DescriptorPool::global();
        let options = |m: &MessageDescriptor| {
            m.full_name().starts_with("google.protobuf.") && m.name().ends_with("Options")
        };
        self.known().all_messages().chain(global.all_messages()).filter(options).collect()
    }

    /// The message that the parts of an option's name lead to.
    fn message_at(&mut self, name: &str) -> Option<MessageDescriptor> {
        let (extension, fields) = name.strip_prefix('(')?.split_once(')')?;
        let extension = extension.trim_start_matches('.');
        let dotted = format!(".{extension}");
        let found = self
            .known()
            .all_extensions()
            .find(|e| e.full_name() == extension || e.full_name().ends_with(&dotted))?
            .kind();
        fields.split('.').filter(|part| !part.is_empty()).try_fold(message_of(&found)?, |message, part| {
            message_of(&message.get_field_by_name(part)?.kind())
        })
    }

    fn near_extension(&mut self, name: &str) -> Option<String> {
        if let Some((_, file)) =
            ANNOTATIONS.iter().find(|(start, _)| name.trim_start_matches('.').starts_with(start))
            && !self.files.iter().any(|f| f.name() == *file)
            && builtin::builtin(file).is_some()
        {
            return Some(format!("add `import \"{file}\";`"));
        }
        let names: Vec<String> = self.known().all_extensions().map(|e| e.full_name().to_owned()).collect();
        suggest::closest(name, names.iter().map(String::as_str))
            .map(|near| did_you_mean(&format!("({near})")))
    }

    /// The values to choose from, when an option is an enum.
    fn enum_values(&mut self, name: &str) -> Option<String> {
        let (before, last) = name.rsplit_once('.').unwrap_or(("", name));
        let in_message = match before {
            "" => self.option_messages().iter().find_map(|m| m.get_field_by_name(last)),
            _ => self.message_at(before).and_then(|m| m.get_field_by_name(last)),
        };
        let kind = match in_message {
            Some(field) => field.kind(),
            None => self.known().get_extension_by_name(name.trim_matches(['(', ')', '.']))?.kind(),
        };
        let names: Vec<String> = kind.as_enum()?.values().map(|v| format!("`{}`", v.name())).collect();
        (names.len() <= 12).then(|| format!("one of {}", names.join(", ")))
    }

    /// For a field that a message has not got, as the parser of option values says it.
    fn near_field(&mut self, cause: &str) -> Option<String> {
        let [field, message] = quoted(cause)[..] else { return None };
        let message = self.known().get_message_by_name(message)?;
        let names: Vec<String> = message.fields().map(|f| f.name().to_owned()).collect();
        suggest::closest(field, names.iter().map(String::as_str)).map(did_you_mean)
    }
}

fn message_of(kind: &Kind) -> Option<MessageDescriptor> {
    kind.as_message().cloned()
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// `FieldOptions` is for fields.
fn kind_of(options: &str) -> String {
    let name = options.rsplit('.').next().unwrap_or(options);
    match name.strip_suffix("Options") {
        Some("EnumValue") => "enum values".to_owned(),
        Some("ExtensionRange") => "extension ranges".to_owned(),
        Some(kind) => kind.to_lowercase() + "s",
        None => format!("`{name}`"),
    }
}

/// prost-reflect's own help says in which file an extension is.
fn import_from(help: Option<&str>) -> Option<String> {
    match quoted(help?)[..] {
        [_, file, _] => Some(format!("add `import \"{file}\";`")),
        _ => None,
    }
}

/// What stands in single quotes.
fn quoted(message: &str) -> Vec<&str> {
    message.split('\'').skip(1).step_by(2).collect()
}

fn ticks(message: &str) -> String {
    message.replace('\'', "`")
}

/// Annotations that are built in, by the start of their names.
const ANNOTATIONS: &[(&str, &str)] = &[
    ("google.api.http", "google/api/annotations.proto"),
    ("google.api.field_behavior", "google/api/field_behavior.proto"),
    ("buf.validate.", "buf/validate/validate.proto"),
    ("rsvc.v1.", "rsvc/v1/rsvc.proto"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_read_from_debug_text() {
        let debug = r#"OptionNotFound { name: "found: Label { file: \"x\"", found: Label { file: "a/b.proto", path: [4, 0, 7, 999, 0], span: None } }"#;
        assert_eq!(label(debug), Some(("a/b.proto".to_owned(), vec![4, 0, 7, 999, 0])));
        assert_eq!(label("InvalidImportIndex"), None);
    }
}
