//! Every options message of a file, for changing them all alike.

use super::{Descriptor, Enum, Field, File, tag};

/// Which options they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionsKind {
    File,
    Message,
    Field,
    Oneof,
    ExtensionRange,
    Enum,
    Value,
    Service,
    Method,
}

impl OptionsKind {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        use OptionsKind as Kind;
        let all = [
            Kind::File,
            Kind::Message,
            Kind::Field,
            Kind::Oneof,
            Kind::ExtensionRange,
            Kind::Enum,
            Kind::Value,
            Kind::Service,
            Kind::Method,
        ];
        all.into_iter()
    }

    /// The full name of the message that such options are.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::File => "google.protobuf.FileOptions",
            Self::Message => "google.protobuf.MessageOptions",
            Self::Field => "google.protobuf.FieldOptions",
            Self::Oneof => "google.protobuf.OneofOptions",
            Self::ExtensionRange => "google.protobuf.ExtensionRangeOptions",
            Self::Enum => "google.protobuf.EnumOptions",
            Self::Value => "google.protobuf.EnumValueOptions",
            Self::Service => "google.protobuf.ServiceOptions",
            Self::Method => "google.protobuf.MethodOptions",
        }
    }

    /// The number of what they stand on in `FieldOptions.OptionTargetType`.
    pub(crate) fn target(self) -> i32 {
        match self {
            Self::File => 1,
            Self::ExtensionRange => 2,
            Self::Message => 3,
            Self::Field => 4,
            Self::Oneof => 5,
            Self::Enum => 6,
            Self::Value => 7,
            Self::Service => 8,
            Self::Method => 9,
        }
    }

    /// The number of `features` in options of this kind.
    pub(crate) fn features(self) -> u32 {
        match self {
            Self::File | Self::ExtensionRange => 50,
            Self::Message => 12,
            Self::Field => 21,
            Self::Oneof => 1,
            Self::Enum => 7,
            Self::Value => 2,
            Self::Service => 34,
            Self::Method => 35,
        }
    }
}

type Change<'c> = dyn FnMut(&[i32], OptionsKind, &mut Option<Vec<u8>>) + 'c;

/// Shows the options of every definition, with the path of the options.
pub(crate) fn each_options(file: &mut File, change: &mut Change) {
    let mut each = OptionsWalk { path: Vec::new(), change };
    each.one(OptionsKind::File, 8, &mut file.options);
    each.all(tag::file::MESSAGE, &mut file.message, OptionsWalk::message);
    each.all(tag::file::ENUM, &mut file.enumeration, OptionsWalk::enumeration);
    each.all(tag::file::EXTENSION, &mut file.extension, OptionsWalk::field);
    each.all(tag::file::SERVICE, &mut file.service, |each, service| {
        each.one(OptionsKind::Service, 3, &mut service.options);
        each.all(tag::service::METHOD, &mut service.method, |each, method| {
            each.one(OptionsKind::Method, 4, &mut method.options);
        });
    });
}

struct OptionsWalk<'a, 'c> {
    path: Vec<i32>,
    change: &'a mut Change<'c>,
}

impl OptionsWalk<'_, '_> {
    /// The options of what is at the path; `number` is that of `options` in it.
    fn one(&mut self, kind: OptionsKind, number: i32, options: &mut Option<Vec<u8>>) {
        self.path.push(number);
        (self.change)(&self.path, kind, options);
        self.path.pop();
    }

    fn all<T>(&mut self, number: i32, items: &mut [T], mut show: impl FnMut(&mut Self, &mut T)) {
        for (index, item) in (0..).zip(items) {
            self.path.extend([number, index]);
            show(self, item);
            self.path.truncate(self.path.len() - 2);
        }
    }

    fn message(&mut self, message: &mut Descriptor) {
        self.one(OptionsKind::Message, 7, &mut message.options);
        self.all(tag::message::FIELD, &mut message.field, Self::field);
        self.all(tag::message::EXTENSION, &mut message.extension, Self::field);
        self.all(tag::message::ONEOF, &mut message.oneof, |each, oneof| {
            each.one(OptionsKind::Oneof, 2, &mut oneof.options);
        });
        self.all(tag::message::EXTENSION_RANGE, &mut message.extension_range, |each, range| {
            each.one(OptionsKind::ExtensionRange, 3, &mut range.options);
        });
        self.all(tag::message::ENUM, &mut message.enumeration, Self::enumeration);
        self.all(tag::message::NESTED, &mut message.nested, Self::message);
    }

    fn field(&mut self, field: &mut Field) {
        self.one(OptionsKind::Field, 8, &mut field.options);
    }

    fn enumeration(&mut self, enumeration: &mut Enum) {
        self.one(OptionsKind::Enum, 3, &mut enumeration.options);
        self.all(tag::enumeration::VALUE, &mut enumeration.value, |each, value| {
            each.one(OptionsKind::Value, 3, &mut value.options);
        });
    }
}
