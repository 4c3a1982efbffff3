//! Values whose type is known at run time only.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, StoredExpr, list, load};
use crate::cel::stored::repr_of_store;
use crate::model::plan::{Held, Item, MapForm, Plan, Repr, Store};

/// The value of a plan as a `Value`.
pub(super) fn value(inner: &Plan, cx: &Context<'_>) -> TokenStream {
    match &inner.repr {
        Repr::List(item, _) => {
            let items = list::iterate(inner, cx);
            let (pattern, each) = self::item(item);
            quote!(::rsvc::codegen::cel::Value::List((#items).map(|#pattern| #each).collect()))
        }
        repr => of(&super::value(inner, cx), repr),
    }
}

/// How an item of a list is named, and it as a `Value`.
fn item(item: &Item) -> (TokenStream, TokenStream) {
    let name = quote!(__rsvc_i);
    let each = match item {
        Item::Stored(store) => of_stored(&name, store),
        Item::Value(repr) => of(&name, repr),
    };
    (name, each)
}

/// What is behind a reference to prost's storage.
fn of_stored(name: &TokenStream, store: &Store) -> TokenStream {
    of(&load(&StoredExpr::behind(name.clone()), store), &repr_of_store(store))
}

/// A value of a form.
fn of(text: &TokenStream, repr: &Repr) -> TokenStream {
    match repr {
        Repr::Dyn => text.clone(),
        Repr::Type => quote!(::rsvc::codegen::cel::Value::Type(#text)),
        Repr::Message { held: Held::Present, .. } => {
            quote!(::rsvc::codegen::cel::Value::of_message(#text))
        }
        Repr::Message { held: Held::Optional, .. } => {
            quote!(::rsvc::codegen::cel::Value::of_optional_message(#text))
        }
        Repr::Message { held: Held::Owned, .. } => {
            quote!(::rsvc::codegen::cel::Value::of_owned_message(#text))
        }
        Repr::List(item, _) => {
            let (pattern, each) = match item {
                Item::Stored(_) => self::item(item),
                Item::Value(repr) => (quote!(__rsvc_i), of(&quote!(__rsvc_i), repr)),
            };
            quote!(::rsvc::codegen::cel::Value::List((#text).into_iter().map(|#pattern| #each).collect()))
        }
        Repr::Map(form) => {
            let (key_name, value_name) = (quote!(__rsvc_k), quote!(__rsvc_w));
            let (entries, key, value) = match &**form {
                MapForm::Stored(key, store) => (
                    quote!((#text).into_iter().flatten()),
                    of_stored(&key_name, &Store::Scalar(*key)),
                    of_stored(&value_name, store),
                ),
                MapForm::Built(key, value) => {
                    (quote!((#text).into_iter()), of(&key_name, key), of(&value_name, value))
                }
            };
            quote!(::rsvc::codegen::cel::Value::Map(
                (#entries).map(|(#key_name, #value_name)| (#key, #value)).collect()
            ))
        }
        _ => quote!(::rsvc::codegen::cel::Value::from(#text)),
    }
}
