//! Fields of prost's structs.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Context, StoredExpr, load, types, value};
use crate::cel::stored::{item_form, repr_of_store, store_of, store_of_field, unwrapped};
use crate::model::plan::{Const, Held, MapForm, Op, Own, Plan, Repr, Store};
use crate::model::{FieldId, FieldKind, MessageId, ValueType, WellKnown};
use crate::storage::access;

/// The field of a struct, as a place.
fn place(base: &TokenStream, field: FieldId, cx: &Context<'_>) -> TokenStream {
    access::place(cx.schema, field, base)
}

/// `Option<&T>` of a field that may be unset, from a struct.
fn optional(base: &TokenStream, field: FieldId, cx: &Context<'_>) -> TokenStream {
    access::optional(cx.schema, field, base, cx.module)
}

/// A pattern that holds for a field that is set, with the name of a reference to its value, and what it is matched with.
pub fn bind(base: &TokenStream, field: FieldId, var: &Ident, cx: &Context<'_>) -> (TokenStream, TokenStream) {
    access::bind(cx.schema, field, base, var, cx.module)
}

/// Whether a field of a struct is set.
pub fn is_set(base: &TokenStream, field: FieldId, cx: &Context<'_>) -> TokenStream {
    access::is_set(cx.schema, field, base, cx.module)
}

/// The text of a struct, when it is there for sure.
fn present(base: &Plan, cx: &Context<'_>) -> Option<TokenStream> {
    match base.repr {
        Repr::Message { held: Held::Present, .. } => {
            if let Op::Load(variable, _) = &base.op {
                return Some(super::variable_place(*variable, cx).receiver().clone());
            }
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
        Some(text) if !access::is_optional(cx.schema, field) => {
            let place = StoredExpr::direct(place(&text, field, cx));
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
    let loaded = load(&StoredExpr::behind(quote!(__rsvc_f)), &store);
    match &store {
        Store::Message(_) | Store::Map(..) => held,
        Store::List(_) => quote!(#held.map_or(&[][..], |__rsvc_f| __rsvc_f.as_slice())),
        _ if nullable => quote!(#held.map(|__rsvc_f| #loaded)),
        _ => {
            let default = super::unset(default, &repr_of_store(&store));
            quote!(#held.map_or(#default, |__rsvc_f| #loaded))
        }
    }
}

/// Whether reading a field is a plain access.
pub(super) fn is_plain(base: &Plan, field: FieldId, cx: &Context<'_>) -> bool {
    matches!(base.repr, Repr::Message { held: Held::Present, .. }) && !access::is_optional(cx.schema, field)
}

/// A field that is stored as `i32` and is there for sure.
pub(super) fn int32(base: &Plan, field: FieldId, cx: &Context<'_>) -> Option<TokenStream> {
    use crate::model::Scalar as S;
    let text = present(base, cx).filter(|_| is_plain(base, field, cx))?;
    match &cx.schema.fields[field].kind {
        FieldKind::Singular(
            ValueType::Scalar(S::Int32 | S::Sint32 | S::Sfixed32) | ValueType::Enum(_),
            _,
        ) => Some(place(&text, field, cx)),
        _ => None,
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

/// Equality of messages, unset being the default.
pub(super) fn equal(left: &Plan, right: &Plan, cx: &Context<'_>) -> TokenStream {
    let option = |plan: &Plan| {
        let text = value(plan, cx);
        if matches!(plan.repr, Repr::Message { held: Held::Present, .. }) {
            quote!(::core::option::Option::Some(#text))
        } else {
            text
        }
    };
    let (left, right) = (option(left), option(right));
    quote!(::rsvc::codegen::cel::messages_equal(#left, #right))
}

pub(super) fn new_message(id: MessageId, fields: &[(FieldId, Plan)], cx: &Context<'_>) -> TokenStream {
    let ty = types::message(id, cx);
    let sets = fields.iter().map(|(field, plan)| {
        let node = &cx.schema.fields[*field];
        let set = |text: &TokenStream| access::set(cx.schema, *field, &quote!(__rsvc_n), text, cx.module);
        match (&node.kind, &plan.repr) {
            (FieldKind::Singular(kind, _), Repr::Nullable(inner)) => {
                let (text, each) = (value(plan, cx), stored_value(&quote!(__rsvc_f), inner, kind, cx));
                let set = set(&each);
                quote!(if let ::core::option::Option::Some(__rsvc_f) = #text { #set })
            }
            _ => set(&stored(plan, &node.kind, cx)),
        }
    });
    quote!({
        let mut __rsvc_n = <#ty as ::core::default::Default>::default();
        #(#sets)*
        __rsvc_n
    })
}

/// A value in the type of its field.
fn stored(plan: &Plan, kind: &FieldKind, cx: &Context<'_>) -> TokenStream {
    let text = value(plan, cx);
    let collected = |items: TokenStream, pattern: TokenStream, each: TokenStream| {
        if plan.fallible {
            quote!((#items).into_iter()
                .map(|#pattern| ::core::result::Result::<_, ::rsvc::codegen::cel::Error>::Ok(#each))
                .collect::<::core::result::Result<_, _>>()?)
        } else {
            quote!((#items).into_iter().map(|#pattern| #each).collect())
        }
    };
    match (kind, &plan.repr) {
        (FieldKind::Singular(kind, _), repr) => stored_value(&text, repr, kind, cx),
        (FieldKind::Repeated(kind), Repr::List(item, _)) => {
            let each = stored_value(&quote!(__rsvc_i), &item_form(item), kind, cx);
            collected(text, quote!(__rsvc_i), each)
        }
        (FieldKind::Map(key, kind), Repr::Map(form)) => match &**form {
            MapForm::Built(have, held) => {
                let key = stored_value(&quote!(__rsvc_k), have, &ValueType::Scalar(*key), cx);
                let each = stored_value(&quote!(__rsvc_w), held, kind, cx);
                collected(text, quote!((__rsvc_k, __rsvc_w)), quote!((#key, #each)))
            }
            MapForm::Stored(..) => quote!((#text).into_iter().flatten()
                .map(|(__rsvc_k, __rsvc_w)| (__rsvc_k.clone(), __rsvc_w.clone())).collect()),
        },
        other => unreachable!("lowering gives lists to lists and maps to maps: {other:?}"),
    }
}

/// One value of a form in the type that it is stored in.
fn stored_value(text: &TokenStream, repr: &Repr, kind: &ValueType, cx: &Context<'_>) -> TokenStream {
    use crate::model::Scalar as S;
    let narrow = |text: TokenStream, ty: TokenStream| quote!(<#ty>::try_from(#text).map_err(|_| ::rsvc::codegen::cel::Error::OVERFLOW)?);
    let want = repr_of_store(&store_of(cx.schema, kind));
    let text = match (repr, &want, kind) {
        (Repr::Dyn, Repr::Dyn, ValueType::Message(id)) => {
            let ty = types::message(*id, cx);
            return quote!(<#ty as ::rsvc::codegen::cel::FromValue>::from_value(#text)?);
        }
        (Repr::Dyn, Repr::Message { id, .. }, _) => {
            let ty = types::message(*id, cx);
            if cx.schema.messages[*id].well_known == Some(WellKnown::Any) {
                return quote!(<#ty as ::rsvc::codegen::cel::FromValue>::from_value(#text)?);
            }
            quote!((#text).into_message::<#ty>()?)
        }
        (Repr::Dyn, want, _) => {
            let ty = types::of(&owned(want), cx);
            quote!(<#ty as ::rsvc::codegen::cel::FromValue>::from_value(#text)?)
        }
        _ => text.clone(),
    };
    match unwrapped(cx.schema, kind) {
        ValueType::Scalar(S::Int32 | S::Sint32 | S::Sfixed32) | ValueType::Enum(_) => {
            narrow(text, quote!(i32))
        }
        ValueType::Scalar(S::Uint32 | S::Fixed32) => narrow(text, quote!(u32)),
        ValueType::Scalar(S::Float) => quote!((#text) as f32),
        ValueType::Scalar(S::Bytes) => quote!(::std::vec::Vec::<u8>::from(#text).into()),
        ValueType::Message(_) | ValueType::Group(_) | ValueType::Scalar(_) => quote!((#text).into()),
    }
}

/// The form in which a value is taken out of a `Value`.
fn owned(repr: &Repr) -> Repr {
    match repr {
        Repr::Str(_) => Repr::Str(Own::Owned),
        Repr::Bytes(_) => Repr::Bytes(Own::Owned),
        other => other.clone(),
    }
}
