//! Fields of prost's structs.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::plan::{Const, Plan, Repr, Store};
use super::{Context, constant, load, value};
use crate::cel::lower::{store_of, store_of_field};
use crate::model::{FieldId, FieldKind, MessageId, ValueType};
use crate::storage::Shape;

fn path(text: &str) -> TokenStream {
    text.parse().unwrap_or_default()
}

/// The field of a struct, as a place.
fn place(base: &TokenStream, field: FieldId, cx: &Context<'_>) -> TokenStream {
    let name = field_name(field, cx);
    quote!(#base.#name)
}

/// The name of a field; messages from elsewhere got none, so theirs follows the usual rule.
fn field_name(field: FieldId, cx: &Context<'_>) -> TokenStream {
    let node = &cx.schema.fields[field];
    if node.rust_name.is_empty() { path(&crate::names::snake(&node.name)) } else { path(&node.rust_name) }
}

/// `Option<&T>` of a field that may be unset, from a struct.
pub fn optional(base: &TokenStream, field: FieldId, cx: &Context<'_>) -> TokenStream {
    let node = &cx.schema.fields[field];
    match (node.storage.shape, node.oneof) {
        (Shape::Variant, Some(oneof)) => {
            let oneof = &cx.schema.oneofs[oneof];
            let of = path(&oneof.rust_name);
            let ty = path(&crate::names::path_from(cx.module, &oneof.rust));
            let variant = path(&node.rust_name);
            let held = if node.storage.boxed { quote!(&**__rsvc_f) } else { quote!(__rsvc_f) };
            quote!(match &#base.#of {
                ::core::option::Option::Some(#ty::#variant(__rsvc_f)) => ::core::option::Option::Some(#held),
                _ => ::core::option::Option::None,
            })
        }
        (Shape::Option, _) => {
            let place = place(base, field, cx);
            if node.storage.boxed { quote!(#place.as_deref()) } else { quote!(#place.as_ref()) }
        }
        _ => {
            let place = place(base, field, cx);
            let held = if node.storage.boxed { quote!(&*#place) } else { quote!(&#place) };
            quote!(::core::option::Option::Some(#held))
        }
    }
}

fn is_optional(field: FieldId, cx: &Context<'_>) -> bool {
    matches!(cx.schema.fields[field].storage.shape, Shape::Option | Shape::Variant)
}

/// The text of a struct, when it is there for sure.
fn present(base: &Plan, cx: &Context<'_>) -> Option<TokenStream> {
    match base.repr {
        Repr::Message { present: true, .. } => {
            let text = value(base, cx);
            Some(quote!((#text)))
        }
        _ => None,
    }
}

/// A field's value; what is unset reads as its default.
pub(super) fn read(base: &Plan, field: FieldId, default: &Const, cx: &Context<'_>) -> TokenStream {
    let node = &cx.schema.fields[field];
    let store = match &node.kind {
        FieldKind::Singular(value, _) => store_of(cx.schema, value),
        kind => store_of_field(cx.schema, kind),
    };
    let nullable = match &node.kind {
        FieldKind::Singular(ValueType::Message(_), _) => matches!(store, Store::Scalar(_)),
        _ => false,
    };
    let held = match present(base, cx) {
        Some(text) if !is_optional(field, cx) => {
            let mut place = place(&text, field, cx);
            if node.storage.boxed {
                place = quote!((*#place));
            }
            let loaded = load(&place, &store);
            return match (&store, nullable) {
                (Store::Message(_), _) => loaded,
                (_, true) => quote!(::core::option::Option::Some(#loaded)),
                _ => loaded,
            };
        }
        Some(text) => optional(&text, field, cx),
        None => {
            let text = value(base, cx);
            let inner = optional(&quote!(__rsvc_m), field, cx);
            quote!((#text).and_then(|__rsvc_m| #inner))
        }
    };
    let loaded = load(&quote!((*__rsvc_f)), &store);
    match &store {
        Store::Message(_) | Store::Map(..) => held,
        Store::List(_) => quote!(#held.map_or(&[][..], |__rsvc_f| __rsvc_f.as_slice())),
        Store::Json => quote!(#held.map_or(::rsvc::cel::Value::Null, |__rsvc_f| #loaded)),
        _ if nullable => quote!(#held.map(|__rsvc_f| #loaded)),
        _ => {
            let default = constant(default);
            quote!(#held.map_or(#default, |__rsvc_f| #loaded))
        }
    }
}

/// Whether a field is set: by presence, or by a value that is not the default.
pub(super) fn has(base: &Plan, field: FieldId, cx: &Context<'_>) -> TokenStream {
    match present(base, cx) {
        Some(text) => is_set(&text, field, cx),
        None => {
            let text = value(base, cx);
            let inner = is_set(&quote!(__rsvc_m), field, cx);
            quote!((#text).is_some_and(|__rsvc_m| #inner))
        }
    }
}

/// Whether a field of a struct is set.
pub fn is_set(base: &TokenStream, field: FieldId, cx: &Context<'_>) -> TokenStream {
    let node = &cx.schema.fields[field];
    if is_optional(field, cx) {
        return match node.storage.shape {
            Shape::Option => {
                let place = place(base, field, cx);
                quote!(#place.is_some())
            }
            _ => {
                let oneof = node.oneof.map(|o| &cx.schema.oneofs[o]);
                let of = path(oneof.map_or("", |o| &o.rust_name));
                let ty = path(&oneof.map_or(String::new(), |o| crate::names::path_from(cx.module, &o.rust)));
                let variant = path(&node.rust_name);
                quote!(::core::matches!(&#base.#of, ::core::option::Option::Some(#ty::#variant(_))))
            }
        };
    }
    let place = place(base, field, cx);
    match &node.kind {
        FieldKind::Repeated(_) | FieldKind::Map(..) => quote!(!#place.is_empty()),
        // Required: always there as far as prost can tell.
        FieldKind::Singular(_, crate::model::Presence::Required) => quote!(true),
        FieldKind::Singular(value, _) => not_default(&place, value),
    }
}

/// Whether a value without presence differs from the default.
pub fn not_default(place: &TokenStream, value: &ValueType) -> TokenStream {
    use crate::model::Scalar as S;
    match value {
        ValueType::Scalar(S::Bool) => quote!(#place),
        ValueType::Scalar(S::String | S::Bytes) => quote!(!#place.is_empty()),
        // Minus zero is not the default.
        ValueType::Scalar(S::Double | S::Float) => quote!(#place.to_bits() != 0),
        ValueType::Scalar(_) | ValueType::Enum(_) => quote!(#place != 0),
        ValueType::Message(_) | ValueType::Group(_) => quote!(true),
    }
}

/// Equality of messages, unset being the default.
pub(super) fn equal(left: &Plan, right: &Plan, cx: &Context<'_>) -> TokenStream {
    let option = |plan: &Plan| {
        let text = value(plan, cx);
        if matches!(plan.repr, Repr::Message { present: true, .. }) {
            quote!(::core::option::Option::Some(#text))
        } else {
            text
        }
    };
    let (left, right) = (option(left), option(right));
    quote!(::rsvc::cel::messages_equal(#left, #right))
}

pub(super) fn new_message(id: MessageId, fields: &[(FieldId, Plan)], cx: &Context<'_>) -> TokenStream {
    let ty = path(&crate::names::path_from(cx.module, &cx.schema.messages[id].rust));
    let sets = fields.iter().map(|(field, plan)| {
        let node = &cx.schema.fields[*field];
        let text = value(plan, cx);
        let text = stored(&text, &node.kind);
        match (node.storage.shape, node.oneof) {
            (Shape::Variant, Some(oneof)) => {
                let oneof = &cx.schema.oneofs[oneof];
                let of = path(&oneof.rust_name);
                let enum_type = path(&crate::names::path_from(cx.module, &oneof.rust));
                let variant = path(&node.rust_name);
                quote!(__rsvc_n.#of = ::core::option::Option::Some(#enum_type::#variant(#text));)
            }
            (Shape::Option, _) => {
                let name = field_name(*field, cx);
                quote!(__rsvc_n.#name = ::core::option::Option::Some(#text);)
            }
            _ => {
                let name = field_name(*field, cx);
                quote!(__rsvc_n.#name = #text;)
            }
        }
    });
    quote!(&{
        let mut __rsvc_n = <#ty as ::core::default::Default>::default();
        #(#sets)*
        __rsvc_n
    })
}

/// A value in the type of its field.
fn stored(text: &TokenStream, kind: &FieldKind) -> TokenStream {
    use crate::model::Scalar as S;
    let narrow = |ty: TokenStream| quote!(<#ty>::try_from(#text).map_err(|_| ::rsvc::cel::Error::OVERFLOW)?);
    match kind.value() {
        ValueType::Scalar(S::Int32 | S::Sint32 | S::Sfixed32) | ValueType::Enum(_) => narrow(quote!(i32)),
        ValueType::Scalar(S::Uint32 | S::Fixed32) => narrow(quote!(u32)),
        ValueType::Scalar(S::Float) => quote!((#text) as f32),
        _ => quote!((#text).into()),
    }
}
