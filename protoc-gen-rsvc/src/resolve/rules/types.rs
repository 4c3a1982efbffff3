//! Messages and enums as CEL sees them.

use prost_reflect::{DescriptorPool, ExtensionDescriptor, FieldDescriptor, Kind};

use crate::cel::types::{FieldType, Type, TypeProvider};

/// The types of a pool.
pub(in crate::resolve) struct PoolTypes<'a>(pub(in crate::resolve) &'a DescriptorPool);

impl TypeProvider for PoolTypes<'_> {
    fn field(&self, message: &str, field: &str) -> Option<FieldType> {
        let message = self.0.get_message_by_name(message)?;
        if let Some(field) = message.get_field_by_name(field) {
            return Some(FieldType { number: field.number(), ty: of_field(&field) });
        }
        let extension = message.extensions().find(|e| e.full_name() == field)?;
        Some(FieldType { number: extension.number(), ty: of_extension(&extension) })
    }

    fn fields(&self, message: &str) -> Option<Vec<String>> {
        let message = self.0.get_message_by_name(message)?;
        Some(message.fields().map(|f| f.name().to_owned()).collect())
    }

    fn enum_value(&self, name: &str) -> Option<i32> {
        let (scope, value) = name.rsplit_once('.')?;
        if let Some(found) = self.0.get_enum_by_name(scope) {
            return found.get_value_by_name(value).map(|v| v.number());
        }
        // Values also live beside their enum, by protobuf's own scoping.

        self.0.all_enums().find_map(|e| {
            let beside = e.full_name().rsplit_once('.').map_or("", |(scope, _)| scope) == scope;
            beside.then(|| e.get_value_by_name(value).map(|v| v.number())).flatten()
        })
    }
}

fn of_kind(kind: &Kind) -> Type {
    match kind {
        Kind::Double | Kind::Float => Type::Double,
        Kind::Int32
        | Kind::Int64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Sfixed32
        | Kind::Sfixed64
        | Kind::Enum(_) => Type::Int,
        Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 => Type::Uint,
        Kind::Bool => Type::Bool,
        Kind::String => Type::String,
        Kind::Bytes => Type::Bytes,
        Kind::Message(message) => Type::of_message(message.full_name()),
    }
}

/// The type of a field as a whole.
pub(super) fn of_field(field: &FieldDescriptor) -> Type {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            Type::map(of_kind(&key.kind()), of_kind(&value.kind()))
        }
        kind if field.is_list() => Type::list(of_kind(&kind)),
        kind => of_kind(&kind),
    }
}

/// The type of one item of a field.
pub(super) fn of_item(field: &FieldDescriptor) -> Type {
    of_kind(&field.kind())
}

/// The type of an extension of a rule message.
pub(super) fn of_extension(extension: &ExtensionDescriptor) -> Type {
    let item = of_kind(&extension.kind());
    if extension.is_list() { Type::list(item) } else { item }
}
