//! The messages of `descriptor.proto`, which prost-types has.

use goldens::descriptors::FILE_DESCRIPTOR_SET;
use goldens::descriptors::descriptors::v1::{Described, described::Other};
use prost::Message;
use prost_types::field_options::JsType;
use prost_types::uninterpreted_option::NamePart;
use prost_types::{Any, FieldOptions, FileDescriptorSet};
use rsvc::json::{from_str, to_string};

#[test]
fn descriptors_survive() {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("descriptors");
    let text = to_string(&set).expect("JSON");
    assert!(text.contains(r#""typeName":".google.protobuf.FileDescriptorProto""#), "{text}");
    assert!(text.contains(r#""label":"LABEL_REPEATED","type":"TYPE_MESSAGE""#), "{text}");
    assert_eq!(from_str::<FileDescriptorSet>(&text).expect("descriptors"), set);
}

#[test]
fn as_fields() {
    let options = FieldOptions { jstype: Some(JsType::JsString.into()), ..FieldOptions::default() };
    let described = Described {
        options: [("a".to_owned(), options)].into(),
        other: Some(Other::Part(NamePart { name_part: "a.b".into(), is_extension: false })),
        ..Described::default()
    };
    let text = r#"{"options":{"a":{"jstype":"JS_STRING"}},"part":{"namePart":"a.b","isExtension":false}}"#;
    assert_eq!(to_string(&described).as_deref(), Ok(text));
    assert_eq!(from_str::<Described>(text), Ok(described));
    let error = from_str::<Described>(r#"{"part":{"namePart":""}}"#).expect_err("required");
    assert_eq!(
        error.message(),
        r#"google.protobuf.UninterpretedOption.NamePart needs its field "isExtension""#
    );
}

#[test]
fn in_an_any() {
    let type_url = "type.googleapis.com/google.protobuf.FieldOptions".to_owned();
    let value = FieldOptions { deprecated: Some(true), ..FieldOptions::default() }.encode_to_vec();
    let any = Any { type_url, value };
    let text = r#"{"@type":"type.googleapis.com/google.protobuf.FieldOptions","deprecated":true}"#;
    assert_eq!(to_string(&any).as_deref(), Ok(text));
    assert_eq!(from_str::<Any>(text), Ok(any));
}
