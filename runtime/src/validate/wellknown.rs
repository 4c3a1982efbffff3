//! Types that are messages, too, but have no rules: whatever they hold is valid.

use prost_types as pt;

use super::Validate;

macro_rules! valid {
    ($($ty:ty,)*) => {
        $(impl Validate for $ty {})*
    };
}

valid! {
    (),
    bool,
    i32,
    i64,
    u32,
    u64,
    f32,
    f64,
    String,
    Vec<u8>,
    bytes::Bytes,
    pt::Any,
    pt::Api,
    pt::DescriptorProto,
    pt::Duration,
    pt::Enum,
    pt::EnumDescriptorProto,
    pt::EnumOptions,
    pt::EnumValue,
    pt::EnumValueDescriptorProto,
    pt::EnumValueOptions,
    pt::ExtensionRangeOptions,
    pt::Field,
    pt::FieldDescriptorProto,
    pt::FieldMask,
    pt::FieldOptions,
    pt::FileDescriptorProto,
    pt::FileDescriptorSet,
    pt::FileOptions,
    pt::GeneratedCodeInfo,
    pt::ListValue,
    pt::MessageOptions,
    pt::Method,
    pt::MethodDescriptorProto,
    pt::MethodOptions,
    pt::Mixin,
    pt::OneofDescriptorProto,
    pt::OneofOptions,
    pt::Option,
    pt::ServiceDescriptorProto,
    pt::ServiceOptions,
    pt::SourceCodeInfo,
    pt::SourceContext,
    pt::Struct,
    pt::Timestamp,
    pt::Type,
    pt::UninterpretedOption,
    pt::Value,
    pt::compiler::CodeGeneratorRequest,
    pt::compiler::CodeGeneratorResponse,
    pt::compiler::Version,
    pt::compiler::code_generator_response::File,
    pt::descriptor_proto::ExtensionRange,
    pt::descriptor_proto::ReservedRange,
    pt::enum_descriptor_proto::EnumReservedRange,
    pt::generated_code_info::Annotation,
    pt::source_code_info::Location,
    pt::uninterpreted_option::NamePart,
}

/// Its crate knows nothing of rules.
impl<P: crate::json::PlainMessage> Validate for crate::json::Plain<P> {}

impl<T: Validate> Validate for Box<T> {
    fn check(&self, out: &mut super::Sink) {
        (**self).check(out);
    }
}
