//! Options that do not fit what they stand on, once they are interpreted.

use prost::Message;

use super::walk::{Cursor, Definition, walk};
use crate::diag::{Code, Diagnostic, Sink};
use crate::input::editions::Edition;
use crate::input::locations::place_in;
use crate::input::raw::{self, Label, Type};

/// The number of options in a file and in a field.
const OPTIONS: i32 = 8;

/// Options of fields that some types alone have.
#[derive(Clone, Message)]
#[prost(skip_debug)]
struct FieldOptions {
    #[prost(int32, optional, tag = "1")]
    ctype: Option<i32>,
    #[prost(bool, optional, tag = "2")]
    packed: Option<bool>,
    #[prost(bool, optional, tag = "5")]
    lazy: Option<bool>,
    #[prost(int32, optional, tag = "6")]
    jstype: Option<i32>,
    #[prost(bool, optional, tag = "15")]
    unverified_lazy: Option<bool>,
}

impl FieldOptions {
    /// The options of `descriptor.proto` by these numbers.
    const CTYPE: i32 = 1;
    const PACKED: i32 = 2;
    const LAZY: i32 = 5;
    const JSTYPE: i32 = 6;
    const UNVERIFIED_LAZY: i32 = 15;
}

#[derive(Clone, Message)]
#[prost(skip_debug)]
struct FileOptions {
    #[prost(bool, optional, tag = "27")]
    java_string_check_utf8: Option<bool>,
}

const JAVA_STRING_CHECK_UTF8: i32 = 27;

/// Checks the options of a file as it came in, an edition not reduced.
pub(crate) fn check(file: &raw::File, sink: &mut Sink) {
    let edition = Edition::of(file);
    let utf8 = file.options.as_deref().and_then(|bytes| FileOptions::decode(bytes).ok());
    if edition.is_some() && utf8.is_some_and(|options| options.java_string_check_utf8.is_some()) {
        let path = [OPTIONS, JAVA_STRING_CHECK_UTF8];
        let place = place_in(file.name(), file.source_code_info.as_deref(), &path);
        let text = "an edition has no option `java_string_check_utf8`";
        let help = "Java has the feature `(pb.java).utf8_validation` for it";
        sink.push(Diagnostic::error(Code::INVALID_DEFINITION, text).at(place).help(help));
    }
    walk(file, &mut |at, node| {
        if let Definition::Field(field) | Definition::Extension(field) = node {
            check_field(at, field, edition, sink);
        }
    });
}

fn check_field(at: &Cursor, field: &raw::Field, edition: Option<Edition>, sink: &mut Sink) {
    let Some(Ok(said)) = field.options.as_deref().map(FieldOptions::decode) else { return };
    let mut wrong = |option: i32, text: &str| {
        sink.push(at.error(Code::INVALID_DEFINITION, &[OPTIONS, option], text));
    };
    let ty = field.known_type();
    if said.packed() && !(field.label == Some(Label::Repeated as i32) && field.is_packable()) {
        wrong(FieldOptions::PACKED, "only repeated fields of numbers, enums and bools are packed");
    }
    let is_message = ty == Some(Type::Message);
    for (option, lazy) in
        [(FieldOptions::LAZY, said.lazy()), (FieldOptions::UNVERIFIED_LAZY, said.unverified_lazy())]
    {
        if lazy && !is_message {
            wrong(option, "only fields of messages are lazy");
        }
    }
    let long = matches!(ty, Some(Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64));
    if said.jstype() != 0 && !long {
        wrong(FieldOptions::JSTYPE, "`jstype` is for integers of 64 bits");
    }
    if said.ctype.is_some() && edition >= Some(Edition::Year2024) {
        wrong(
            FieldOptions::CTYPE,
            "edition 2024 has no option `ctype`: C++ has the feature `(pb.cpp).string_type`",
        );
    }
}
