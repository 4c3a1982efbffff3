//! What of `google.protobuf` prost-types does not have.

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
pub fn is_newer(full_name: &str) -> bool {
    let Some(name) = full_name.strip_prefix("google.protobuf.") else { return false };
    let is_in =
        |outer: &&str| name.strip_prefix(*outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    NEWER.iter().any(is_in)
}
