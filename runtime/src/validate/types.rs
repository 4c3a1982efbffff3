//! Types of fields, as `google.protobuf.FieldDescriptorProto.Type` numbers them.

pub(super) const DOUBLE: i32 = 1;
pub(super) const FLOAT: i32 = 2;
pub(super) const UINT64: i32 = 4;
pub(super) const BOOL: i32 = 8;
pub(super) const STRING: i32 = 9;
pub(super) const MESSAGE: i32 = 11;
pub(super) const BYTES: i32 = 12;
pub(super) const ENUM: i32 = 14;
