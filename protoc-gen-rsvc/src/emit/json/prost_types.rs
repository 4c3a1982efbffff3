//! The JSON of the messages of `google.protobuf` that prost-types has ready, which the runtime carries.

use super::{GeneratedTypes, JsonEmitter, print};
use crate::model::{FileId, Schema, TypePath};

/// Where prost-build finds them.
const PROST_TYPES: &str = "::rsvc::prost_types::";

/// Types, with all that is in them, and fields that came after the files that prost-types was made from.
const NEWER: &[&str] = &[
    "Api.edition",
    "DescriptorProto.visibility",
    "Edition",
    "Enum.edition",
    "EnumDescriptorProto.visibility",
    "EnumOptions.deprecated_legacy_json_field_conflicts",
    "EnumOptions.features",
    "EnumValueOptions.debug_redact",
    "EnumValueOptions.feature_support",
    "EnumValueOptions.features",
    "ExtensionRangeOptions.Declaration",
    "ExtensionRangeOptions.VerificationState",
    "ExtensionRangeOptions.declaration",
    "ExtensionRangeOptions.features",
    "ExtensionRangeOptions.verification",
    "FeatureSet",
    "FeatureSetDefaults",
    "FieldOptions.EditionDefault",
    "FieldOptions.FeatureSupport",
    "FieldOptions.OptionRetention",
    "FieldOptions.OptionTargetType",
    "FieldOptions.debug_redact",
    "FieldOptions.edition_defaults",
    "FieldOptions.feature_support",
    "FieldOptions.features",
    "FieldOptions.retention",
    "FieldOptions.targets",
    "FieldOptions.unverified_lazy",
    "FileDescriptorProto.edition",
    "FileDescriptorProto.option_dependency",
    "FileOptions.features",
    "GeneratedCodeInfo.Annotation.Semantic",
    "GeneratedCodeInfo.Annotation.semantic",
    "MessageOptions.deprecated_legacy_json_field_conflicts",
    "MessageOptions.features",
    "Method.edition",
    "MethodOptions.features",
    "OneofOptions.features",
    "ServiceOptions.features",
    "SymbolVisibility",
    "Type.edition",
    "compiler.CodeGeneratorRequest.source_file_descriptors",
    "compiler.CodeGeneratorResponse.maximum_edition",
    "compiler.CodeGeneratorResponse.minimum_edition",
];

/// Whether a type or field, by its full name, is one that prost-types does not have.
fn is_newer(full_name: &str) -> bool {
    let Some(name) = full_name.strip_prefix("google.protobuf.") else { return false };
    let is_in =
        |outer: &&str| name.strip_prefix(*outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    NEWER.iter().any(is_in)
}

/// The messages and enums of the files named, without the messages whose JSON the runtime writes by hand.
pub(crate) fn emit(schema: &Schema) -> String {
    let ready = |file: FileId, path: &TypePath, name: &str| {
        let extern_path = matches!(path, TypePath::Extern(path) if path.starts_with(PROST_TYPES));
        schema.files[file].root && extern_path && !is_newer(name)
    };
    let messages = schema.messages.iter().filter(|(_, message)| {
        ready(message.file, &message.rust, &message.full_name) && message.well_known.is_none()
    });
    let enums = schema.enums.iter().filter(|(_, node)| ready(node.file, &node.rust, &node.full_name));
    let found = GeneratedTypes {
        messages: messages.map(|(id, _)| id).collect(),
        enums: enums.map(|(id, _)| id).collect(),
    };
    let cx = JsonEmitter { lacks: is_newer, ..JsonEmitter::new(schema, &[], "self") };
    let enums = found.enums.iter().map(|id| cx.enumeration(*id));
    let messages = found.messages.iter().map(|id| cx.message(*id));
    print::items(enums.chain(messages).chain(found.register(&cx, false)))
}
