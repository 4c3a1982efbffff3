//! The name of what options stand on, from which the names of extensions are searched.

use crate::input::raw::{self, tag};
use crate::input::verify::join;

/// The full name of the definition that options at `path` stand on.
pub(super) fn definition_name(file: &raw::File, path: &[i32]) -> String {
    let at = |index: i32| usize::try_from(index).unwrap_or(usize::MAX);
    let package = file.package();
    let [kind, index, rest @ ..] = path else { return join(package, "") };
    let leaf = |name: Option<&str>| join(package, name.unwrap_or_default());
    match *kind {
        tag::file::MESSAGE => {
            let Some(message) = file.message.get(at(*index)) else { return leaf(None) };
            in_message(&join(package, message.name()), message, rest)
        }
        tag::file::ENUM => in_enum(package, file.enumeration.get(at(*index)), rest),
        tag::file::EXTENSION => leaf(file.extension.get(at(*index)).map(raw::Field::name)),
        tag::file::SERVICE => {
            let Some(service) = file.service.get(at(*index)) else { return leaf(None) };
            let name = join(package, service.name());
            match rest {
                [tag::service::METHOD, method, ..] => {
                    join(&name, service.method.get(at(*method)).map_or("", raw::Method::name))
                }
                _ => name,
            }
        }
        _ => leaf(None),
    }
}

fn in_message(name: &str, message: &raw::Descriptor, path: &[i32]) -> String {
    let [kind, index, rest @ ..] = path else { return name.to_owned() };
    let at = usize::try_from(*index).unwrap_or(usize::MAX);
    let leaf = |leaf: Option<&str>| join(name, leaf.unwrap_or_default());
    match *kind {
        tag::message::NESTED => match message.nested.get(at) {
            Some(nested) => in_message(&join(name, nested.name()), nested, rest),
            None => leaf(None),
        },
        tag::message::ENUM => in_enum(name, message.enumeration.get(at), rest),
        tag::message::FIELD => leaf(message.field.get(at).map(raw::Field::name)),
        tag::message::EXTENSION => leaf(message.extension.get(at).map(raw::Field::name)),
        tag::message::ONEOF => leaf(message.oneof.get(at).map(raw::Oneof::name)),
        // The range of a message has no name of its own.
        _ => name.to_owned(),
    }
}

/// Values are named beside their enum.
fn in_enum(scope: &str, enumeration: Option<&raw::Enum>, path: &[i32]) -> String {
    let name = enumeration.map_or("", |enumeration| match path {
        [tag::enumeration::VALUE, value, ..] => {
            let value = usize::try_from(*value).ok().and_then(|value| enumeration.value.get(value));
            value.map_or("", raw::EnumValue::name)
        }
        _ => enumeration.name(),
    });
    join(scope, name)
}
