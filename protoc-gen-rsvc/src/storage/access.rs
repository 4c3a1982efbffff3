//! Reading and setting the fields of prost's structs, as tokens.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::model::{FieldId, FieldKind, Presence, Scalar, Schema, Shape, ValueType};
use crate::tokens;

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

/// The field itself, of a struct.
fn member(schema: &Schema, field: FieldId, base: &TokenStream) -> TokenStream {
    let name = tokens::ident(&schema.fields[field].rust_name);
    quote!(#base.#name)
}

/// A field that is not optional, as a place of type `T`.
pub(crate) fn place(schema: &Schema, field: FieldId, base: &TokenStream) -> TokenStream {
    let member = member(schema, field, base);
    if schema.fields[field].storage.boxed { quote!((*#member)) } else { member }
}

/// The field itself, if it is an `Option`.
pub(crate) fn option(schema: &Schema, field: FieldId, base: &TokenStream) -> Option<TokenStream> {
    (schema.fields[field].storage.shape == Shape::Option).then(|| member(schema, field, base))
}

/// The oneof's field in the struct, and the variant of a field.
fn variant(schema: &Schema, field: FieldId, module: &[String]) -> Option<(Ident, TokenStream)> {
    let node = &schema.fields[field];
    let oneof = &schema.oneofs[node.oneof?];
    (node.storage.shape == Shape::Variant)
        .then(|| (tokens::ident(&oneof.rust_name), tokens::variant(module, &oneof.rust, &node.rust_name)))
}

/// `Option<&T>` of any field that is not a list or map. Wrappers are the values in them, enums their numbers.
pub(crate) fn optional(
    schema: &Schema,
    field: FieldId,
    base: &TokenStream,
    module: &[String],
) -> TokenStream {
    let boxed = schema.fields[field].storage.boxed;
    if let Some((oneof, variant)) = variant(schema, field, module) {
        let held = if boxed { quote!(&**__rsvc_f) } else { quote!(__rsvc_f) };
        return quote! {
            match &#base.#oneof {
                ::core::option::Option::Some(#variant(__rsvc_f)) => ::core::option::Option::Some(#held),
                _ => ::core::option::Option::None
            }
        };
    }
    let member = member(schema, field, base);
    match (is_optional(schema, field), boxed) {
        (true, true) => quote!(#member.as_deref()),
        (true, false) => quote!(#member.as_ref()),
        (false, _) => {
            let place = place(schema, field, base);
            quote!(::core::option::Option::Some(&#place))
        }
    }
}

/// A pattern that binds `var` to `&T` when a field that may be unset is set, and what it is matched with.
pub(crate) fn bind(
    schema: &Schema,
    field: FieldId,
    base: &TokenStream,
    var: &Ident,
    module: &[String],
) -> (TokenStream, TokenStream) {
    let boxed = schema.fields[field].storage.boxed;
    match variant(schema, field, module) {
        Some((oneof, variant)) if !boxed => {
            (quote!(::core::option::Option::Some(#variant(#var))), quote!(&#base.#oneof))
        }
        None if is_optional(schema, field) && !boxed => {
            let member = member(schema, field, base);
            (quote!(::core::option::Option::Some(#var)), quote!(&#member))
        }
        _ => (quote!(::core::option::Option::Some(#var)), optional(schema, field, base, module)),
    }
}

/// Whether a field is set: by presence, or by a value that is not the default.
pub(crate) fn is_set(schema: &Schema, field: FieldId, base: &TokenStream, module: &[String]) -> TokenStream {
    if let Some((oneof, variant)) = variant(schema, field, module) {
        return quote!(::core::matches!(&#base.#oneof, ::core::option::Option::Some(#variant(_))));
    }
    if is_optional(schema, field) {
        let member = member(schema, field, base);
        return quote!(#member.is_some());
    }
    let place = place(schema, field, base);
    match &schema.fields[field].kind {
        FieldKind::Repeated(_) | FieldKind::Map(..) => quote!(!#place.is_empty()),
        // Required: always there as far as prost can tell.
        FieldKind::Singular(_, Presence::Required) => quote!(true),
        FieldKind::Singular(value, _) => not_default(&place, value),
    }
}

/// Whether a value without presence differs from the default.
pub(crate) fn not_default(place: &TokenStream, value: &ValueType) -> TokenStream {
    match value {
        ValueType::Scalar(Scalar::Bool) => place.clone(),
        ValueType::Scalar(Scalar::String | Scalar::Bytes) => quote!(!#place.is_empty()),
        // Minus zero is not the default.
        ValueType::Scalar(Scalar::Double | Scalar::Float) => quote!(#place.to_bits() != 0),
        ValueType::Scalar(_) | ValueType::Enum(_) => quote!(#place != 0),
        ValueType::Message(_) | ValueType::Group(_) => quote!(true),
    }
}

/// A statement that sets a singular field of a struct to a value.
pub(crate) fn set(
    schema: &Schema,
    field: FieldId,
    base: &TokenStream,
    value: &TokenStream,
    module: &[String],
) -> TokenStream {
    if let Some((oneof, variant)) = variant(schema, field, module) {
        return quote!(#base.#oneof = ::core::option::Option::Some(#variant(#value)););
    }
    let member = member(schema, field, base);
    if is_optional(schema, field) {
        quote!(#member = ::core::option::Option::Some(#value);)
    } else {
        quote!(#member = #value;)
    }
}
