//! The types that options are made of, read from the raw descriptors in which they are defined.

use prost::Message as _;

use crate::input::editions::{Edition, Features};
use crate::input::raw::{self, Label, OptionsKind, Type, options};
use crate::input::verify::{Symbol, Symbols};

/// Files with their names. Types in them are resolved.
#[derive(Clone, Copy)]
pub(super) struct Types<'a> {
    pub(super) files: &'a [raw::File],
    pub(super) symbols: &'a Symbols,
}

/// A message, for its fields.
#[derive(Clone, Copy)]
pub(super) struct MessageType<'a> {
    types: Types<'a>,
    file: &'a raw::File,
    message: &'a raw::Descriptor,
    pub(super) name: &'a str,
}

/// An enum, for its values.
#[derive(Clone, Copy)]
pub(super) struct EnumType<'a> {
    file: &'a raw::File,
    pub(super) enumeration: &'a raw::Enum,
    pub(super) name: &'a str,
}

/// A field or an extension.
#[derive(Clone, Copy)]
pub(super) struct FieldType<'a> {
    types: Types<'a>,
    file: &'a raw::File,
    pub(super) field: &'a raw::Field,
}

impl<'a> Types<'a> {
    pub(super) fn message(self, name: &str) -> Option<MessageType<'a>> {
        let (name, symbol) = self.symbols.entry(name.trim_start_matches('.'))?;
        let file = self.files.get(symbol.file)?;
        Some(MessageType { types: self, file, message: file.message_at(symbol.path())?, name })
    }

    pub(super) fn enumeration(self, name: &str) -> Option<EnumType<'a>> {
        let (name, symbol) = self.symbols.entry(name.trim_start_matches('.'))?;
        let file = self.files.get(symbol.file)?;
        let enumeration = file.enum_at(symbol.path())?;
        Some(EnumType { file, enumeration, name })
    }

    /// The field or extension of a symbol, if it is one.
    pub(super) fn field(self, symbol: &Symbol) -> Option<FieldType<'a>> {
        let file = self.files.get(symbol.file)?;
        let field = file.field_at(symbol.path())?;
        Some(FieldType { types: self, file, field })
    }

    /// The extensions of `extended` that are defined in a message.
    pub(super) fn extensions_of(
        self,
        message: &Symbol,
        extended: &str,
    ) -> impl Iterator<Item = FieldType<'a>> {
        let file = &self.files[message.file];
        let inside = file.message_at(message.path()).map_or(&[][..], |message| &message.extension);
        let extends = move |field: &&raw::Field| field.extendee().trim_start_matches('.') == extended;
        inside.iter().filter(extends).map(move |field| FieldType { types: self, file, field })
    }
}

impl<'a> MessageType<'a> {
    fn made(self, field: &'a raw::Field) -> FieldType<'a> {
        FieldType { types: self.types, file: self.file, field }
    }

    pub(super) fn field(self, name: &str) -> Option<FieldType<'a>> {
        self.message.field.iter().find(|field| field.name() == name).map(|field| self.made(field))
    }

    /// As values in braces name it: a group also goes by the name of its type.
    pub(super) fn field_in_text(self, name: &str) -> Option<FieldType<'a>> {
        let lower = name.to_ascii_lowercase();
        let group = || {
            let field = self.field(&lower).filter(|field| field.is_delimited())?;
            field.field.type_name().rsplit('.').next().is_some_and(|last| last == name).then_some(field)
        };
        self.field(name).or_else(group)
    }

    pub(super) fn fields(self) -> impl Iterator<Item = FieldType<'a>> {
        self.message.field.iter().map(move |field| self.made(field))
    }

    /// Whether a name once was that of a field.
    pub(super) fn is_reserved(self, name: &str) -> bool {
        self.message.reserved_name.iter().any(|reserved| reserved == name)
    }

    pub(super) fn is_message_set(self) -> bool {
        options::message_set(self.message.options.as_deref())
    }

    pub(super) fn oneof_name(self, index: i32) -> &'a str {
        let oneof = usize::try_from(index).ok().and_then(|index| self.message.oneof.get(index));
        oneof.map_or("", raw::Oneof::name)
    }
}

impl EnumType<'_> {
    pub(super) fn number(self, name: &str) -> Option<i32> {
        self.enumeration.value.iter().find(|value| value.name() == name).map(raw::EnumValue::number)
    }

    /// Whether a number without a name is not a value.
    pub(super) fn is_closed(self) -> bool {
        match Edition::of(self.file) {
            Some(_) => {
                Features::DEFAULT
                    .under(self.file.options.as_deref(), OptionsKind::File)
                    .under(self.enumeration.options.as_deref(), OptionsKind::Enum)
                    .closed
            }
            None => self.file.syntax() != "proto3",
        }
    }
}

/// `google.protobuf.FieldOptions`, as far as it says where and since when a field can be used.
#[derive(Clone, prost::Message)]
#[prost(skip_debug)]
struct UseOptions {
    #[prost(int32, repeated, packed = "false", tag = "19")]
    targets: Vec<i32>,
    #[prost(message, optional, tag = "22")]
    support: Option<FeatureSupport>,
}

/// `google.protobuf.FieldOptions.FeatureSupport`
#[derive(Clone, prost::Message)]
#[prost(skip_debug)]
pub(super) struct FeatureSupport {
    #[prost(int32, optional, tag = "1")]
    pub(super) introduced: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(super) deprecated: Option<i32>,
    #[prost(string, optional, tag = "3")]
    pub(super) warning: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub(super) removed: Option<i32>,
}

impl<'a> FieldType<'a> {
    pub(super) fn number(self) -> u32 {
        u32::try_from(self.field.number()).expect("numbers of fields are checked")
    }

    pub(super) fn ty(self) -> Type {
        self.field.known_type().expect("types are resolved")
    }

    pub(super) fn is_repeated(self) -> bool {
        self.field.label == Some(Label::Repeated as i32)
    }

    fn features(self) -> Option<Features> {
        Edition::of(self.file)?;
        let file = Features::DEFAULT.under(self.file.options.as_deref(), OptionsKind::File);
        Some(file.under(self.field.options.as_deref(), OptionsKind::Field))
    }

    pub(super) fn is_required(self) -> bool {
        let said = self.field.label == Some(Label::Required as i32);
        said || self.features().is_some_and(Features::is_required)
    }

    /// Whether it is a message between tags that open and close.
    pub(super) fn is_delimited(self) -> bool {
        let delimited = || self.features().is_some_and(|features| features.delimited);
        self.ty() == Type::Group || (self.ty() == Type::Message && delimited())
    }

    pub(super) fn message(self) -> Option<MessageType<'a>> {
        matches!(self.ty(), Type::Message | Type::Group)
            .then(|| self.types.message(self.field.type_name()).expect("types are resolved"))
    }

    pub(super) fn enumeration(self) -> Option<EnumType<'a>> {
        (self.ty() == Type::Enum)
            .then(|| self.types.enumeration(self.field.type_name()).expect("types are resolved"))
    }

    /// The kinds of definitions that it is for, by their numbers in `descriptor.proto`; none says all.
    pub(super) fn targets(self) -> Vec<i32> {
        self.uses().targets
    }

    /// Since and until when it is there.
    pub(super) fn support(self) -> Option<FeatureSupport> {
        self.uses().support
    }

    fn uses(self) -> UseOptions {
        let said = self.field.options.as_deref().map(UseOptions::decode);
        said.and_then(Result::ok).unwrap_or(UseOptions { targets: Vec::new(), support: None })
    }

    /// What its values are, for messages.
    pub(super) fn type_name(self) -> String {
        match self.ty() {
            Type::Message | Type::Group | Type::Enum => {
                self.field.type_name().trim_start_matches('.').to_owned()
            }
            scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_ascii_lowercase(),
        }
    }
}
