//! One way through a file: every definition with its parent's name and its path.

use crate::diag::{Code, Diagnostic, Place};
use crate::input::locations::Places;
use crate::input::raw::{self, tag};

/// A definition and what it stands in.
#[derive(Clone, Copy)]
pub(crate) enum Definition<'a> {
    Message { message: &'a raw::Descriptor, parent: Option<&'a raw::Descriptor> },
    Field(&'a raw::Field),
    Extension(&'a raw::Field),
    Oneof { oneof: &'a raw::Oneof, message: &'a raw::Descriptor, index: usize },
    Enum(&'a raw::Enum),
    Value(&'a raw::EnumValue),
    Service(&'a raw::Service),
    Method(&'a raw::Method),
}

impl Definition<'_> {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Message { message, .. } => message.name(),
            Self::Field(field) | Self::Extension(field) => field.name(),
            Self::Oneof { oneof, .. } => oneof.name(),
            Self::Enum(enumeration) => enumeration.name(),
            Self::Value(value) => value.name(),
            Self::Service(service) => service.name(),
            Self::Method(method) => method.name(),
        }
    }

    /// What it is, for messages.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message",
            Self::Field(_) => "field",
            Self::Extension(_) => "extension",
            Self::Oneof { .. } => "oneof",
            Self::Enum(_) => "enum",
            Self::Value(_) => "enum value",
            Self::Service(_) => "service",
            Self::Method(_) => "method",
        }
    }

    pub(crate) fn options(&self) -> Option<&[u8]> {
        let options = match self {
            Self::Message { message, .. } => &message.options,
            Self::Field(field) | Self::Extension(field) => &field.options,
            Self::Oneof { oneof, .. } => &oneof.options,
            Self::Enum(enumeration) => &enumeration.options,
            Self::Value(value) => &value.options,
            Self::Service(service) => &service.options,
            Self::Method(method) => &method.options,
        };
        options.as_deref()
    }
}

/// Where the walk is.
pub(crate) struct Cursor<'a> {
    pub(crate) file: &'a raw::File,
    /// Full name of what the definition stands in; empty at the top of a file without a package.
    pub(crate) scope: String,
    pub(crate) path: Vec<i32>,
    pub(crate) places: Places,
}

impl Cursor<'_> {
    pub(crate) fn full_name(&self, name: &str) -> String {
        join(&self.scope, name)
    }

    /// The place of the definition's part with these further numbers.
    pub(crate) fn place(&self, rest: &[i32]) -> Place {
        let path: Vec<i32> = self.path.iter().chain(rest).copied().collect();
        self.places.place(self.file.name(), self.file.source_code_info.as_deref(), &path)
    }

    /// An error at a part of the definition.
    pub(crate) fn error(&self, code: Code, rest: &[i32], message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(self.place(rest))
    }
}

/// A name in a scope.
pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// The scope of a full name.
pub(crate) fn parent(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// Shows every definition of a file, each before what it contains.
pub(crate) fn walk<'a>(file: &'a raw::File, show: &mut dyn FnMut(&Cursor<'a>, Definition<'a>)) {
    let at = Cursor { file, scope: file.package().to_owned(), path: Vec::new(), places: Places::default() };
    let mut walk = DefinitionWalk { at, show };
    walk.all(tag::file::MESSAGE, &file.message, |walk, message| walk.message(message, None));
    walk.all(tag::file::ENUM, &file.enumeration, DefinitionWalk::enumeration);
    walk.all(tag::file::SERVICE, &file.service, DefinitionWalk::service);
    walk.all(tag::file::EXTENSION, &file.extension, |walk, field| walk.leaf(Definition::Extension(field)));
}

struct DefinitionWalk<'a, 'f> {
    at: Cursor<'a>,
    show: &'f mut dyn FnMut(&Cursor<'a>, Definition<'a>),
}

impl<'a> DefinitionWalk<'a, '_> {
    fn all<T>(&mut self, number: i32, items: &'a [T], mut each: impl FnMut(&mut Self, &'a T)) {
        for (index, item) in (0..).zip(items) {
            self.at.path.extend([number, index]);
            each(self, item);
            self.at.path.truncate(self.at.path.len() - 2);
        }
    }

    fn leaf(&mut self, node: Definition<'a>) {
        (self.show)(&self.at, node);
    }

    fn inside(&mut self, name: &str, each: impl FnOnce(&mut Self)) {
        let outer = self.at.scope.len();
        if outer > 0 {
            self.at.scope.push('.');
        }
        self.at.scope.push_str(name);
        each(self);
        self.at.scope.truncate(outer);
    }

    fn message(&mut self, message: &'a raw::Descriptor, parent: Option<&'a raw::Descriptor>) {
        self.leaf(Definition::Message { message, parent });
        self.inside(message.name(), |walk| {
            let mut index = 0;
            walk.all(tag::message::ONEOF, &message.oneof, |walk, oneof| {
                walk.leaf(Definition::Oneof { oneof, message, index });
                index += 1;
            });
            walk.all(tag::message::FIELD, &message.field, |walk, field| walk.leaf(Definition::Field(field)));
            walk.all(tag::message::NESTED, &message.nested, |walk, nested| {
                walk.message(nested, Some(message));
            });
            walk.all(tag::message::ENUM, &message.enumeration, Self::enumeration);
            walk.all(tag::message::EXTENSION, &message.extension, |walk, field| {
                walk.leaf(Definition::Extension(field));
            });
        });
    }

    fn enumeration(&mut self, enumeration: &'a raw::Enum) {
        self.leaf(Definition::Enum(enumeration));
        // Values are named in the scope around their enum.
        self.all(tag::enumeration::VALUE, &enumeration.value, |walk, value| {
            walk.leaf(Definition::Value(value));
        });
    }

    fn service(&mut self, service: &'a raw::Service) {
        self.leaf(Definition::Service(service));
        self.inside(service.name(), |walk| {
            walk.all(tag::service::METHOD, &service.method, |walk, method| {
                walk.leaf(Definition::Method(method));
            });
        });
    }
}
