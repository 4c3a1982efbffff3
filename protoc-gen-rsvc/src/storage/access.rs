//! Reading and setting the fields of prost's structs, as source text.

use crate::model::{FieldId, FieldKind, Presence, Scalar, Schema, Shape, ValueType};
use crate::names;

/// Whether the struct itself tells unset from the default.
pub(crate) fn is_optional(schema: &Schema, field: FieldId) -> bool {
    matches!(schema.fields[field].storage.shape, Shape::Option | Shape::Variant)
}

/// Whether the value stands in the struct, whatever was sent.
pub(crate) fn is_always_there(schema: &Schema, field: FieldId) -> bool {
    schema.fields[field].storage.shape == Shape::Plain
}

/// Whether it is a map that keeps its keys in their order.
pub(crate) fn is_sorted_map(schema: &Schema, field: FieldId) -> bool {
    schema.fields[field].storage.shape == Shape::BTreeMap
}

/// A field that is not optional, as a place of type `T`.
pub(crate) fn place(schema: &Schema, field: FieldId, base: &str) -> String {
    let place = format!("{base}.{}", schema.fields[field].rust_name);
    if schema.fields[field].storage.boxed { format!("(*{place})") } else { place }
}

/// The field itself, if it is an `Option`.
pub(crate) fn option(schema: &Schema, field: FieldId, base: &str) -> Option<String> {
    (schema.fields[field].storage.shape == Shape::Option)
        .then(|| format!("{base}.{}", schema.fields[field].rust_name))
}

/// The oneof's field in the struct, and the variant of a field.
fn variant(schema: &Schema, field: FieldId, module: &[String]) -> Option<(String, String)> {
    let node = &schema.fields[field];
    let oneof = &schema.oneofs[node.oneof?];
    let variant = format!("{}::{}", names::path_from(module, &oneof.rust), node.rust_name);
    (node.storage.shape == Shape::Variant).then(|| (oneof.rust_name.clone(), variant))
}

/// `Option<&T>` of any field that is not a list or map. Wrappers are the values in them, enums their numbers.
pub(crate) fn optional(schema: &Schema, field: FieldId, base: &str, module: &[String]) -> String {
    let boxed = schema.fields[field].storage.boxed;
    if let Some((oneof, variant)) = variant(schema, field, module) {
        let held = if boxed { "&**__rsvc_f" } else { "__rsvc_f" };
        return format!(
            "match &{base}.{oneof} {{ ::core::option::Option::Some({variant}(__rsvc_f)) => \
             ::core::option::Option::Some({held}), _ => ::core::option::Option::None }}"
        );
    }
    match (is_optional(schema, field), boxed) {
        (true, true) => format!("{base}.{}.as_deref()", schema.fields[field].rust_name),
        (true, false) => format!("{base}.{}.as_ref()", schema.fields[field].rust_name),
        (false, _) => format!("::core::option::Option::Some(&{})", place(schema, field, base)),
    }
}

/// A pattern that binds `var` to `&T` when a field that may be unset is set, and what it is matched with.
pub(crate) fn bind(
    schema: &Schema,
    field: FieldId,
    base: &str,
    var: &str,
    module: &[String],
) -> (String, String) {
    let some = |inner: &str| format!("::core::option::Option::Some({inner})");
    let boxed = schema.fields[field].storage.boxed;
    match variant(schema, field, module) {
        Some((oneof, variant)) if !boxed => (some(&format!("{variant}({var})")), format!("&{base}.{oneof}")),
        None if is_optional(schema, field) && !boxed => {
            (some(var), format!("&{base}.{}", schema.fields[field].rust_name))
        }
        _ => (some(var), optional(schema, field, base, module)),
    }
}

/// Whether a field is set: by presence, or by a value that is not the default.
pub(crate) fn is_set(schema: &Schema, field: FieldId, base: &str, module: &[String]) -> String {
    if let Some((oneof, variant)) = variant(schema, field, module) {
        return format!("::core::matches!(&{base}.{oneof}, ::core::option::Option::Some({variant}(_)))");
    }
    if is_optional(schema, field) {
        return format!("{base}.{}.is_some()", schema.fields[field].rust_name);
    }
    let place = place(schema, field, base);
    match &schema.fields[field].kind {
        FieldKind::Repeated(_) | FieldKind::Map(..) => format!("!{place}.is_empty()"),
        // Required: always there as far as prost can tell.
        FieldKind::Singular(_, Presence::Required) => "true".into(),
        FieldKind::Singular(value, _) => not_default(&place, value),
    }
}

/// Whether a value without presence differs from the default.
pub(crate) fn not_default(place: &str, value: &ValueType) -> String {
    match value {
        ValueType::Scalar(Scalar::Bool) => place.to_owned(),
        ValueType::Scalar(Scalar::String | Scalar::Bytes) => format!("!{place}.is_empty()"),
        // Minus zero is not the default.
        ValueType::Scalar(Scalar::Double | Scalar::Float) => format!("{place}.to_bits() != 0"),
        ValueType::Scalar(_) | ValueType::Enum(_) => format!("{place} != 0"),
        ValueType::Message(_) | ValueType::Group(_) => "true".into(),
    }
}

/// A statement that sets a singular field of a struct to a value.
pub(crate) fn set(schema: &Schema, field: FieldId, base: &str, value: &str, module: &[String]) -> String {
    if let Some((oneof, variant)) = variant(schema, field, module) {
        return format!("{base}.{oneof} = ::core::option::Option::Some({variant}({value}));");
    }
    let name = &schema.fields[field].rust_name;
    if is_optional(schema, field) {
        format!("{base}.{name} = ::core::option::Option::Some({value});")
    } else {
        format!("{base}.{name} = {value};")
    }
}
