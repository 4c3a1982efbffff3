//! `descriptor.proto` as this phase needs it: typed, but with every options message left as bytes.
//!
//! `prost_types` drops what it does not know, above all custom options. Here nothing of an options message is
//! touched, and the fields of editions, which `prost_types` has not got, are there. An options message and a
//! byte string look the same on the wire, so both forms read the same data. They have no `Debug`, which would be as
//! much code as the rest of them.

mod each;
pub(crate) mod options;
pub(crate) mod source_info;

pub(crate) use each::{OptionsKind, each_options};
use prost::Message;
pub(crate) use prost_types::field_descriptor_proto::{Label, Type};

/// The numbers of the fields of `descriptor.proto` that stand in a path of source information.
pub(crate) mod tag {
    pub(crate) mod file {
        pub(crate) const PACKAGE: i32 = 2;
        pub(crate) const DEPENDENCY: i32 = 3;
        pub(crate) const MESSAGE: i32 = 4;
        pub(crate) const ENUM: i32 = 5;
        pub(crate) const SERVICE: i32 = 6;
        pub(crate) const EXTENSION: i32 = 7;
    }
    pub(crate) mod message {
        pub(crate) const FIELD: i32 = 2;
        pub(crate) const NESTED: i32 = 3;
        pub(crate) const ENUM: i32 = 4;
        pub(crate) const EXTENSION_RANGE: i32 = 5;
        pub(crate) const EXTENSION: i32 = 6;
        pub(crate) const ONEOF: i32 = 8;
        pub(crate) const RESERVED_RANGE: i32 = 9;
        pub(crate) const RESERVED_NAME: i32 = 10;
    }
    /// The same in every definition that has a name.
    pub(crate) const NAME: i32 = 1;
    pub(crate) mod field {
        pub(crate) const EXTENDEE: i32 = 2;
        pub(crate) const NUMBER: i32 = 3;
        pub(crate) const LABEL: i32 = 4;
        pub(crate) const TYPE: i32 = 5;
        pub(crate) const TYPE_NAME: i32 = 6;
        pub(crate) const DEFAULT: i32 = 7;
    }
    pub(crate) mod enumeration {
        pub(crate) const VALUE: i32 = 2;
        pub(crate) const NUMBER: i32 = 2;
        pub(crate) const RESERVED_RANGE: i32 = 4;
        pub(crate) const RESERVED_NAME: i32 = 5;
    }
    pub(crate) mod service {
        pub(crate) const METHOD: i32 = 2;
        pub(crate) const INPUT: i32 = 2;
        pub(crate) const OUTPUT: i32 = 3;
    }
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct FileSet {
    #[prost(message, repeated, tag = "1")]
    pub(crate) file: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct File {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) package: Option<String>,
    #[prost(string, repeated, tag = "3")]
    pub(crate) dependency: Vec<String>,
    #[prost(int32, repeated, packed = "false", tag = "10")]
    pub(crate) public_dependency: Vec<i32>,
    #[prost(int32, repeated, packed = "false", tag = "11")]
    pub(crate) weak_dependency: Vec<i32>,
    #[prost(string, repeated, tag = "15")]
    pub(crate) option_dependency: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) message: Vec<Descriptor>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) enumeration: Vec<Enum>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) service: Vec<Service>,
    #[prost(message, repeated, tag = "7")]
    pub(crate) extension: Vec<Field>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub(crate) options: Option<Vec<u8>>,
    /// A `SourceCodeInfo`, the largest part of a file, which is read only to tell a place.
    #[prost(bytes = "vec", optional, tag = "9")]
    pub(crate) source_code_info: Option<Vec<u8>>,
    #[prost(string, optional, tag = "12")]
    pub(crate) syntax: Option<String>,
    #[prost(int32, optional, tag = "14")]
    pub(crate) edition: Option<i32>,
}

fn at<T>(items: &[T], index: i32) -> Option<&T> {
    items.get(usize::try_from(index).ok()?)
}

/// Definitions by their paths.
impl File {
    pub(crate) fn message_at(&self, path: &[i32]) -> Option<&Descriptor> {
        let [tag::file::MESSAGE, first, inner @ ..] = path else { return None };
        inner.chunks(2).try_fold(at(&self.message, *first)?, |message, step| match step {
            [tag::message::NESTED, index] => at(&message.nested, *index),
            _ => None,
        })
    }

    pub(crate) fn enum_at(&self, path: &[i32]) -> Option<&Enum> {
        match path {
            [tag::file::ENUM, index] => at(&self.enumeration, *index),
            [outer @ .., tag::message::ENUM, index] => at(&self.message_at(outer)?.enumeration, *index),
            _ => None,
        }
    }

    /// A field or an extension.
    pub(crate) fn field_at(&self, path: &[i32]) -> Option<&Field> {
        match path {
            [tag::file::EXTENSION, index] => at(&self.extension, *index),
            [outer @ .., tag::message::EXTENSION, index] => at(&self.message_at(outer)?.extension, *index),
            [outer @ .., tag::message::FIELD, index] => at(&self.message_at(outer)?.field, *index),
            _ => None,
        }
    }
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Descriptor {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) field: Vec<Field>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) extension: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) nested: Vec<Descriptor>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) enumeration: Vec<Enum>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) extension_range: Vec<ExtensionRange>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) oneof: Vec<Oneof>,
    #[prost(bytes = "vec", optional, tag = "7")]
    pub(crate) options: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "9")]
    pub(crate) reserved_range: Vec<NumberRange>,
    #[prost(string, repeated, tag = "10")]
    pub(crate) reserved_name: Vec<String>,
    #[prost(int32, optional, tag = "11")]
    pub(crate) visibility: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct ExtensionRange {
    #[prost(int32, optional, tag = "1")]
    pub(crate) start: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) end: Option<i32>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) options: Option<Vec<u8>>,
}

/// Reserved numbers: the end is outside for messages, inside for enums.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct NumberRange {
    #[prost(int32, optional, tag = "1")]
    pub(crate) start: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) end: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Field {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) extendee: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) number: Option<i32>,
    #[prost(enumeration = "Label", optional, tag = "4")]
    pub(crate) label: Option<i32>,
    #[prost(enumeration = "Type", optional, tag = "5")]
    pub(crate) r#type: Option<i32>,
    #[prost(string, optional, tag = "6")]
    pub(crate) type_name: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub(crate) default_value: Option<String>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub(crate) options: Option<Vec<u8>>,
    #[prost(int32, optional, tag = "9")]
    pub(crate) oneof_index: Option<i32>,
    #[prost(string, optional, tag = "10")]
    pub(crate) json_name: Option<String>,
    #[prost(bool, optional, tag = "17")]
    pub(crate) proto3_optional: Option<bool>,
}

impl Field {
    /// Its type, where it has one that exists.
    pub(crate) fn known_type(&self) -> Option<Type> {
        self.r#type.and_then(|number| Type::try_from(number).ok())
    }

    /// Whether values of its type can be packed. An enum has to be known as one already.
    pub(crate) fn is_packable(&self) -> bool {
        self.known_type()
            .is_some_and(|ty| !matches!(ty, Type::String | Type::Bytes | Type::Message | Type::Group))
    }
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Oneof {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) options: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Enum {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) value: Vec<EnumValue>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) options: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) reserved_range: Vec<NumberRange>,
    #[prost(string, repeated, tag = "5")]
    pub(crate) reserved_name: Vec<String>,
    #[prost(int32, optional, tag = "6")]
    pub(crate) visibility: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct EnumValue {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) number: Option<i32>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) options: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Service {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) method: Vec<Method>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) options: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(crate) struct Method {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) input_type: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) output_type: Option<String>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) options: Option<Vec<u8>>,
    #[prost(bool, optional, tag = "5")]
    pub(crate) client_streaming: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub(crate) server_streaming: Option<bool>,
}
