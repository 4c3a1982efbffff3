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
    pt::Field,
    pt::FieldDescriptorProto,
    pt::FieldMask,
    pt::FileDescriptorProto,
    pt::FileDescriptorSet,
    pt::ListValue,
    pt::Method,
    pt::Mixin,
    pt::ServiceDescriptorProto,
    pt::SourceContext,
    pt::Struct,
    pt::Timestamp,
    pt::Type,
    pt::Value,
}

impl<T: Validate + ?Sized> Validate for Box<T> {
    fn check(&self, out: &mut super::Sink) {
        (**self).check(out);
    }
}
