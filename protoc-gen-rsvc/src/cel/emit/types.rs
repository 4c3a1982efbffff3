//! The Rust types of forms.

use proc_macro2::TokenStream;
use quote::quote;

use super::Context;
use crate::cel::stored::{item_form, repr_of_scalar, repr_of_store};
use crate::model::MessageId;
use crate::model::plan::{Held, MapForm, Own, Repr};
use crate::tokens;

/// The type of a value. A list or map in prost's storage stands for one of values.
pub(super) fn of(repr: &Repr, cx: &Context<'_>) -> TokenStream {
    match repr {
        Repr::Null | Repr::Rules => quote!(()),
        Repr::Never => quote!(::core::convert::Infallible),
        Repr::Bool => quote!(bool),
        Repr::Int => quote!(i64),
        Repr::Uint => quote!(u64),
        Repr::Double => quote!(f64),
        Repr::Str(Own::Borrowed) => quote!(&str),
        Repr::Type => quote!(&'static str),
        Repr::Str(Own::Owned) => quote!(::std::string::String),
        Repr::Bytes(Own::Borrowed) => quote!(&[u8]),
        Repr::Bytes(Own::Owned) => quote!(::std::vec::Vec<u8>),
        Repr::Timestamp => quote!(::rsvc::codegen::cel::Timestamp),
        Repr::Duration => quote!(::rsvc::codegen::cel::Duration),
        Repr::Nullable(inner) => {
            let inner = of(inner, cx);
            quote!(::core::option::Option<#inner>)
        }
        Repr::Message { id, held } => {
            let ty = message(*id, cx);
            match held {
                Held::Present => quote!(&#ty),
                Held::Optional => quote!(::core::option::Option<&#ty>),
                Held::Owned => ty,
            }
        }
        Repr::List(item, _) => {
            let inner = of(&item_form(item), cx);
            quote!(::std::vec::Vec<#inner>)
        }
        Repr::Map(form) => {
            let (key, value) = match &**form {
                MapForm::Stored(key, value) => (of(&repr_of_scalar(*key), cx), of(&repr_of_store(value), cx)),
                MapForm::Built(key, value) => (of(key, cx), of(value, cx)),
            };
            quote!(::std::vec::Vec<(#key, #value)>)
        }
        Repr::Dyn => quote!(::rsvc::codegen::cel::Value<'_>),
    }
}

/// The struct of a message.
pub(super) fn message(id: MessageId, cx: &Context<'_>) -> TokenStream {
    tokens::path(cx.module, &cx.schema.messages[id].rust)
}
