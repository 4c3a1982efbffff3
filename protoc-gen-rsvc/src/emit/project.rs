//! The schema as prost-build is to see it: descriptors with the projected names and nothing it could stumble on.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, EnumValueOptions,
    FieldDescriptorProto, FieldOptions, FileDescriptorProto, MessageOptions, OneofDescriptorProto,
};

use crate::model::{
    EnumId, FieldId, FieldKind, FileId, MessageId, OneofId, PackageId, Presence, Scalar, Schema, Syntax,
    ValueType,
};
use crate::sorted::SortedMap;
use crate::storage::Derives;

/// Types of one file; services are emitted by us.
pub(super) struct TypesPart {
    pub(super) file: FileId,
    pub(super) messages: Vec<MessageId>,
    pub(super) enums: Vec<EnumId>,
}

pub(super) fn file(schema: &Schema, part: &TypesPart) -> FileDescriptorProto {
    let file = &schema.files[part.file];
    let package = &schema.packages[file.package];
    FileDescriptorProto {
        name: Some(file.name.to_string()),
        package: (!package.projected.is_empty()).then(|| package.projected.clone()),
        message_type: part.messages.iter().map(|id| message(schema, *id)).collect(),
        enum_type: part.enums.iter().map(|id| enumeration(schema, *id)).collect(),
        syntax: match file.syntax {
            Syntax::Proto2 => None,
            Syntax::Proto3 => Some("proto3".into()),
        },
        ..FileDescriptorProto::default()
    }
}

/// A message that is only referred to: nothing but fields that make prost-build derive the same traits for what
/// contains it. Without it prost-build would need all that is in the message, however deep.
pub(super) fn stub(schema: &Schema, id: MessageId, derives: Derives) -> FileDescriptorProto {
    let full_name = message_name(schema, id);
    let (scope, name) = full_name.rsplit_once('.').expect("the name has a leading dot");
    let field = |number, kind: Type| FieldDescriptorProto {
        name: Some(format!("f{number}")),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..FieldDescriptorProto::default()
    };
    let no_copy = (!derives.copy).then(|| field(1, Type::String));
    let no_eq = (!derives.eq).then(|| field(2, Type::Double));
    FileDescriptorProto {
        name: Some(String::new()),
        package: scope.strip_prefix('.').map(str::to_owned),
        message_type: vec![DescriptorProto {
            name: Some(name.to_owned()),
            field: no_copy.into_iter().chain(no_eq).collect(),
            ..DescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    }
}

fn message(schema: &Schema, id: MessageId) -> DescriptorProto {
    let node = &schema.messages[id];
    if node.error_set.is_some() {
        // Only what is nested in it: the set itself is not prost's.
        return DescriptorProto {
            name: Some(node.projected.clone()),
            nested_type: node.messages.iter().map(|m| message(schema, *m)).collect(),
            enum_type: node.enums.iter().map(|e| enumeration(schema, *e)).collect(),
            ..DescriptorProto::default()
        };
    }
    let entries = node.fields.iter().filter_map(|f| entry(schema, *f));
    let synthetic = node
        .fields
        .iter()
        .filter(|f| is_synthetic(schema, **f))
        .map(|f| OneofDescriptorProto { name: Some(synthetic_name(schema, *f)), options: None });
    // Each synthetic oneof comes after the written ones, in the order of the fields.
    let oneofs: SortedMap<OneofId, usize> = node.oneofs.iter().enumerate().map(|(i, o)| (*o, i)).collect();
    let mut next_synthetic = node.oneofs.len()..;
    let fields = node.fields.iter().map(|f| {
        let oneof = match schema.fields[*f].oneof {
            Some(oneof) => Some(*oneofs.get(&oneof).expect("the oneof of a field is one of its message")),
            None if is_synthetic(schema, *f) => next_synthetic.next(),
            None => None,
        };
        field(schema, *f, oneof)
    });
    DescriptorProto {
        name: Some(node.projected.clone()),
        field: fields.collect(),
        nested_type: node.messages.iter().map(|m| message(schema, *m)).chain(entries).collect(),
        enum_type: node.enums.iter().map(|e| enumeration(schema, *e)).collect(),
        oneof_decl: node
            .oneofs
            .iter()
            .map(|o| OneofDescriptorProto { name: Some(schema.oneofs[*o].projected.clone()), options: None })
            .chain(synthetic)
            .collect(),
        ..DescriptorProto::default()
    }
}

/// `optional` in a proto3 file.
fn is_synthetic(schema: &Schema, id: FieldId) -> bool {
    let field = &schema.fields[id];
    field.oneof.is_none()
        && matches!(field.kind, FieldKind::Singular(_, Presence::Explicit))
        && schema.files[schema.messages[field.message].file].syntax == Syntax::Proto3
        && !matches!(field.kind.value(), ValueType::Message(_))
}

fn synthetic_name(schema: &Schema, id: FieldId) -> String {
    format!("_{}", schema.fields[id].projected)
}

fn field(schema: &Schema, id: FieldId, oneof: Option<usize>) -> FieldDescriptorProto {
    let node = &schema.fields[id];
    let (label, value) = match &node.kind {
        FieldKind::Singular(value, Presence::Required) => (Label::Required, value),
        FieldKind::Singular(value, _) => (Label::Optional, value),
        FieldKind::Repeated(value) | FieldKind::Map(_, value) => (Label::Repeated, value),
    };
    let map = matches!(node.kind, FieldKind::Map(..));
    let (kind, type_name) =
        if map { (Type::Message, Some(entry_name(schema, id))) } else { value_type(schema, value) };
    FieldDescriptorProto {
        name: Some(node.projected.clone()),
        number: Some(i32::try_from(node.number).expect("the number of a field has 29 bits")),
        label: Some(label.into()),
        r#type: Some(kind.into()),
        type_name,
        default_value: default_value(schema, id),
        oneof_index: oneof.map(|index| i32::try_from(index).expect("oneofs were counted by an i32")),
        proto3_optional: is_synthetic(schema, id).then_some(true),
        // Always there: prost-build takes an absent `packed` beside another option for `false`.
        options: Some(FieldOptions {
            packed: Some(node.packed),
            deprecated: node.origin.deprecated.then_some(true),
            ..FieldOptions::default()
        }),
        ..FieldDescriptorProto::default()
    }
}

/// An enum's default by the projected name of the first value with its number, the one that gets a variant.
fn default_value(schema: &Schema, id: FieldId) -> Option<String> {
    let node = &schema.fields[id];
    let text = node.default.clone()?;
    let ValueType::Enum(enum_id) = node.kind.value() else { return Some(text) };
    let values = &schema.enums[*enum_id].values;
    let number = values.iter().find(|v| v.name == text).expect("a default is a value of its enum").number;
    values.iter().find(|v| v.number == number).map(|v| v.projected.clone())
}

/// The map entry message of a map field.
fn entry(schema: &Schema, id: FieldId) -> Option<DescriptorProto> {
    let node = &schema.fields[id];
    let FieldKind::Map(key, value) = &node.kind else { return None };
    let member = |name: &str, number, (kind, type_name): (Type, Option<String>)| FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        type_name,
        ..FieldDescriptorProto::default()
    };
    Some(DescriptorProto {
        name: entry_name(schema, id).rsplit('.').next().map(str::to_owned),
        field: vec![member("key", 1, (scalar(*key), None)), member("value", 2, value_type(schema, value))],
        options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
        ..DescriptorProto::default()
    })
}

/// By number, which no message or enum of the user can be called.
fn entry_name(schema: &Schema, id: FieldId) -> String {
    let node = &schema.fields[id];
    format!("{}.MapEntry__{}", message_name(schema, node.message), node.number)
}

fn value_type(schema: &Schema, value: &ValueType) -> (Type, Option<String>) {
    match value {
        ValueType::Scalar(kind) => (scalar(*kind), None),
        ValueType::Enum(id) => (Type::Enum, Some(enum_name(schema, *id))),
        ValueType::Message(id) => (Type::Message, Some(message_name(schema, *id))),
        ValueType::Group(id) => (Type::Group, Some(message_name(schema, *id))),
    }
}

/// The full projected name, with the leading dot of a resolved type.
pub(super) fn message_name(schema: &Schema, id: MessageId) -> String {
    let node = &schema.messages[id];
    format!("{}.{}", scope(schema, node.parent, node.package), node.projected)
}

pub(super) fn enum_name(schema: &Schema, id: EnumId) -> String {
    let node = &schema.enums[id];
    format!("{}.{}", scope(schema, node.parent, node.package), node.projected)
}

fn scope(schema: &Schema, parent: Option<MessageId>, package: PackageId) -> String {
    match parent {
        Some(parent) => message_name(schema, parent),
        None => match schema.packages[package].projected.as_str() {
            "" => String::new(),
            name => format!(".{name}"),
        },
    }
}

fn enumeration(schema: &Schema, id: EnumId) -> EnumDescriptorProto {
    let node = &schema.enums[id];
    EnumDescriptorProto {
        name: Some(node.projected.clone()),
        value: node
            .values
            .iter()
            .map(|value| EnumValueDescriptorProto {
                name: Some(value.projected.clone()),
                number: Some(value.number),
                options: value
                    .origin
                    .deprecated
                    .then(|| EnumValueOptions { deprecated: Some(true), ..EnumValueOptions::default() }),
            })
            .collect(),
        options: Some(EnumOptions { allow_alias: Some(true), ..EnumOptions::default() }),
        ..EnumDescriptorProto::default()
    }
}

fn scalar(kind: Scalar) -> Type {
    match kind {
        Scalar::Double => Type::Double,
        Scalar::Float => Type::Float,
        Scalar::Int32 => Type::Int32,
        Scalar::Int64 => Type::Int64,
        Scalar::Uint32 => Type::Uint32,
        Scalar::Uint64 => Type::Uint64,
        Scalar::Sint32 => Type::Sint32,
        Scalar::Sint64 => Type::Sint64,
        Scalar::Fixed32 => Type::Fixed32,
        Scalar::Fixed64 => Type::Fixed64,
        Scalar::Sfixed32 => Type::Sfixed32,
        Scalar::Sfixed64 => Type::Sfixed64,
        Scalar::Bool => Type::Bool,
        Scalar::String => Type::String,
        Scalar::Bytes => Type::Bytes,
    }
}
