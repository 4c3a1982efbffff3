//! Lists, maps and loops.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, StoredExpr, body_result, load, local, name};
use crate::cel::stored::item_form;
use crate::model::plan::{Held, Item, ListForm, MapForm, Op, Own, Plan, Quantifier, Range, Repr};

/// A list, or what is made of lists.
pub(super) fn value(plan: &Plan, cx: &Context<'_>) -> TokenStream {
    match &plan.op {
        Op::List(items) if items.is_empty() => {
            let ty = super::types::of(&plan.repr, cx);
            quote!(<#ty>::new())
        }
        Op::List(items) => {
            let items = items.iter().map(|i| super::value(i, cx));
            quote!(::std::vec![#(#items),*])
        }
        Op::Items { function, lists, args, fails } => {
            let function = name(function);
            let items = lists.iter().map(|l| values(l, cx));
            let args = args.iter().map(|a| super::value(a, cx));
            let question = fails.then(|| quote!(?));
            quote!(::rsvc::codegen::cel::#function(#(#items,)* #(#args),*) #question)
        }
        Op::Length(list) => match list.repr {
            Repr::List(_, ListForm::Lazy) => {
                let items = iterate(list, cx);
                quote!(::rsvc::codegen::cel::length((#items).count()))
            }
            _ => {
                let list = super::value(list, cx);
                quote!(::rsvc::codegen::cel::length((#list).len()))
            }
        },
        Op::Index(list, at) => {
            let (item, _) = list.as_list();
            let each = held(item, plan.repr == item_form(item) && plan.repr.is_owned());
            let (list, at) = (super::value(list, cx), super::value(at, cx));
            // No block around it: what is borrowed from a new message lives as long as that.
            quote!(match (#list).get(::rsvc::codegen::cel::index(#at)?) {
                ::core::option::Option::Some(__rsvc_i) => #each,
                ::core::option::Option::None => ::core::result::Result::Err(::rsvc::codegen::cel::Error::INDEX)?,
            })
        }
        Op::Quantifier { kind, range, var, second, body } => {
            quantifier(*kind, range, *var, *second, body, cx)
        }
        Op::Collect { .. } | Op::Filter { .. } => collected(plan, cx),
        Op::ListEqual { left, right, vars, body } => {
            let (a, b) = (local(vars[0]), local(vars[1]));
            let (left, right) = (iterate(left, cx), iterate(right, cx));
            let text = body_result(body, cx);
            // Without a failing body the `Result` is only a shape.
            let call = quote!(::rsvc::codegen::cel::lists_equal(#left, #right, |#a, #b| #text));
            if body.fallible { quote!(#call?) } else { quote!(#call.unwrap_or(false)) }
        }
        other => unreachable!("no list and made of none: {other:?}"),
    }
}

/// An iterator over a list: references to prost's storage, or values.
pub(super) fn iterate(list: &Plan, cx: &Context<'_>) -> TokenStream {
    let (item, form) = list.as_list();
    match (&list.op, form) {
        (Op::Collect { range, var, filter, body }, ListForm::Lazy) => {
            let (items, pattern) = ranged(range, *var, None, cx);
            let kept = filter.as_ref().map(|f| {
                let f = super::value(f, cx);
                let by_ref = by_reference(range, &pattern);
                quote!(.filter(|#by_ref| #f))
            });
            let body = super::value(body, cx);
            quote!((#items) #kept .map(|#pattern| #body))
        }
        (Op::Filter { range, var, body }, ListForm::Lazy) => {
            let (items, pattern) = ranged(range, *var, None, cx);
            let by_ref = by_reference(range, &pattern);
            let body = super::value(body, cx);
            quote!((#items).filter(|#by_ref| #body))
        }
        (_, ListForm::Slice) => {
            let text = super::operand(list, cx);
            match item {
                Item::Stored(_) => quote!(#text.iter()),
                Item::Value(_) => quote!(#text.iter().cloned()),
            }
        }
        _ => {
            let text = super::value(list, cx);
            quote!((#text).into_iter())
        }
    }
}

/// A filter sees its items by reference.
fn by_reference(range: &Range, pattern: &TokenStream) -> TokenStream {
    let owned = match range {
        Range::Items(_, Item::Value(repr)) | Range::Keys(_, Item::Value(repr)) => !is_copied(repr),
        _ => false,
    };
    if owned { quote!(#pattern) } else { quote!(&#pattern) }
}

/// Whether a pattern can take it from behind a reference.
fn is_copied(repr: &Repr) -> bool {
    match repr {
        Repr::Dyn | Repr::Map(_) => false,
        Repr::Nullable(inner) => is_copied(inner),
        other => !other.is_owned(),
    }
}

/// An iterator over the values of a list.
fn values(list: &Plan, cx: &Context<'_>) -> TokenStream {
    let (item, _) = list.as_list();
    let items = iterate(list, cx);
    match item {
        Item::Stored(_) => {
            let each = behind(item);
            quote!((#items).map(|__rsvc_i| #each))
        }
        Item::Value(_) => items,
    }
}

/// The value behind a reference to an item, which the list keeps.
fn behind(item: &Item) -> TokenStream {
    match item {
        Item::Stored(store) => load(&StoredExpr::behind(quote!(__rsvc_i)), store),
        Item::Value(repr) => match &**repr {
            Repr::Str(Own::Owned) => quote!(__rsvc_i.as_str()),
            Repr::Bytes(Own::Owned) | Repr::List(_, ListForm::Owned) => quote!(__rsvc_i.as_slice()),
            Repr::Message { held: Held::Owned, .. } => quote!(__rsvc_i),
            Repr::Nullable(inner) if inner.is_owned() => quote!(__rsvc_i.as_deref()),
            _ => quote!(__rsvc_i.clone()),
        },
    }
}

/// What a comprehension runs over, and the pattern of its variables.
fn ranged(range: &Range, var: u32, second: Option<u32>, cx: &Context<'_>) -> (TokenStream, TokenStream) {
    let var = local(var);
    let second = second.map(local);
    match range {
        Range::Items(list, _) => (iterate(list, cx), quote!(#var)),
        Range::Enumerated(list, _) => {
            let items = iterate(list, cx);
            let numbered = quote!((#items).enumerate().map(|(__rsvc_n, __rsvc_i)| (::rsvc::codegen::cel::length(__rsvc_n), __rsvc_i)));
            (numbered, quote!((#var, #second)))
        }
        Range::Keys(map, _) => match &map.repr {
            Repr::Map(form) if matches!(**form, MapForm::Stored(..)) => {
                let map = super::value(map, cx);
                (quote!((#map).into_iter().flat_map(|__rsvc_m| __rsvc_m.keys())), quote!(#var))
            }
            _ => {
                let map = super::value(map, cx);
                (quote!((#map).into_iter().map(|__rsvc_e| __rsvc_e.0)), quote!(#var))
            }
        },
        Range::Entries(map, ..) => {
            let stored = matches!(&map.repr, Repr::Map(form) if matches!(**form, MapForm::Stored(..)));
            let map = super::value(map, cx);
            if stored {
                (quote!((#map).into_iter().flatten()), quote!((#var, #second)))
            } else {
                (quote!((#map).into_iter()), quote!((#var, #second)))
            }
        }
    }
}

fn quantifier(
    kind: Quantifier,
    range: &Range,
    var: u32,
    second: Option<u32>,
    body: &Plan,
    cx: &Context<'_>,
) -> TokenStream {
    let (items, pattern) = ranged(range, var, second, cx);
    if body.fallible {
        let function = name(match kind {
            Quantifier::All => "all",
            Quantifier::Exists => "exists",
            Quantifier::ExistsOne => "exists_one",
        });
        let body = body_result(body, cx);
        return quote!(::rsvc::codegen::cel::#function(#items, |#pattern| #body)?);
    }
    let body = super::value(body, cx);
    match kind {
        Quantifier::All => quote!(#items.all(|#pattern| #body)),
        Quantifier::Exists => quote!(#items.any(|#pattern| #body)),
        Quantifier::ExistsOne => quote!(::rsvc::codegen::cel::one(#items, |#pattern| #body)),
    }
}

/// `map` and `filter` as a `Vec`.
fn collected(plan: &Plan, cx: &Context<'_>) -> TokenStream {
    let (item, form) = plan.as_list();
    if form == ListForm::Lazy || !plan_loops_fail(plan) {
        let lazy = Plan { repr: Repr::List(item.clone(), ListForm::Lazy), ..plan.clone() };
        let items = iterate(&lazy, cx);
        return quote!((#items).collect::<::std::vec::Vec<_>>());
    }
    let vector = quote!(::core::result::Result<::std::vec::Vec<_>, ::rsvc::codegen::cel::Error>);
    match &plan.op {
        Op::Collect { range, var, filter, body } => {
            let (items, pattern) = ranged(range, *var, None, cx);
            let body = super::value(body, cx);
            let skip = filter.as_ref().map(|f| {
                let f = super::value(f, cx);
                quote!(if !(#f) { return ::core::result::Result::Ok(::core::option::Option::None); })
            });
            quote!((#items).map(|#pattern| { #skip ::core::result::Result::Ok(::core::option::Option::Some(#body)) })
                .filter_map(::core::result::Result::transpose).collect::<#vector>()?)
        }
        Op::Filter { range, var, body } => {
            let (items, pattern) = ranged(range, *var, None, cx);
            let each = match range.source_item() {
                Some(Item::Stored(store)) => {
                    let var = local(*var);
                    load(&StoredExpr::behind(quote!(#var)), store)
                }
                _ => {
                    let var = local(*var);
                    quote!(#var.clone())
                }
            };
            let body = super::value(body, cx);
            quote!((#items).map(|#pattern| ::core::result::Result::Ok(
                    if #body { ::core::option::Option::Some(#each) } else { ::core::option::Option::None }))
                .filter_map(::core::result::Result::transpose).collect::<#vector>()?)
        }
        other => unreachable!("no list and made of none: {other:?}"),
    }
}

fn plan_loops_fail(plan: &Plan) -> bool {
    match &plan.op {
        Op::Collect { filter, body, .. } => body.fallible || filter.as_ref().is_some_and(|f| f.fallible),
        Op::Filter { body, .. } => body.fallible,
        _ => false,
    }
}

/// What is behind a reference to an item: a copy when the list does not outlive the expression.
fn held(item: &Item, owned: bool) -> TokenStream {
    if owned { quote!(__rsvc_i.clone()) } else { behind(item) }
}

/// The value of a key.
pub(super) fn map_get(map: &Plan, key: &Plan, owned: bool, cx: &Context<'_>) -> TokenStream {
    let (found, key_value) = (lookup(map, key, cx), super::value(key, cx));
    let each = match map.as_map() {
        MapForm::Stored(_, store) => load(&StoredExpr::behind(quote!(__rsvc_i)), store),
        MapForm::Built(_, repr) => held(&Item::Value(Box::new(repr.clone())), owned),
    };
    quote!({
        let __rsvc_k = #key_value;
        match #found {
            ::core::option::Option::Some(__rsvc_i) => #each,
            ::core::option::Option::None => ::core::result::Result::Err(::rsvc::codegen::cel::Error::NO_SUCH_KEY)?,
        }
    })
}

/// Whether a key is there.
pub(super) fn map_has(map: &Plan, key: &Plan, cx: &Context<'_>) -> TokenStream {
    let (found, key_value) = (lookup(map, key, cx), super::value(key, cx));
    quote!({ let __rsvc_k = #key_value; #found.is_some() })
}

/// The reference to the value of the key that `__rsvc_k` holds.
fn lookup(map: &Plan, key: &Plan, cx: &Context<'_>) -> TokenStream {
    let text = super::value(map, cx);
    match map.as_map() {
        MapForm::Stored(scalar, _) => {
            let found = if key.repr == Repr::Dyn { dynamic_key(*scalar) } else { stored_key(*scalar) };
            quote!((#text).and_then(|__rsvc_m| #found))
        }
        MapForm::Built(..) => {
            quote!((#text).iter().find(|__rsvc_e| __rsvc_e.0 == __rsvc_k).map(|__rsvc_e| &__rsvc_e.1))
        }
    }
}

/// Looks a key up in the type of the map's keys.
fn stored_key(scalar: crate::model::Scalar) -> TokenStream {
    use crate::model::Scalar as S;
    match scalar {
        S::Int32 | S::Sint32 | S::Sfixed32 => {
            quote!(i32::try_from(__rsvc_k).ok().and_then(|__rsvc_k| __rsvc_m.get(&__rsvc_k)))
        }
        S::Uint32 | S::Fixed32 => {
            quote!(u32::try_from(__rsvc_k).ok().and_then(|__rsvc_k| __rsvc_m.get(&__rsvc_k)))
        }
        S::String => quote!(__rsvc_m.get(__rsvc_k)),
        _ => quote!(__rsvc_m.get(&__rsvc_k)),
    }
}

/// Looks a key up that may be of another type.
fn dynamic_key(scalar: crate::model::Scalar) -> TokenStream {
    use crate::model::Scalar as S;
    let (ty, get) = match scalar {
        S::Int32 | S::Sint32 | S::Sfixed32 => (quote!(i32), quote!(&__rsvc_k)),
        S::Uint32 | S::Fixed32 => (quote!(u32), quote!(&__rsvc_k)),
        S::Uint64 | S::Fixed64 => (quote!(u64), quote!(&__rsvc_k)),
        S::Bool => (quote!(bool), quote!(&__rsvc_k)),
        S::String => (quote!(::std::string::String), quote!(__rsvc_k.as_str())),
        _ => (quote!(i64), quote!(&__rsvc_k)),
    };
    quote!(<#ty as ::rsvc::codegen::cel::MapKey>::of_value(&__rsvc_k).and_then(|__rsvc_k| __rsvc_m.get(#get)))
}

/// The length of a list that is there as a whole, as Rust counts it.
pub(super) fn count(list: &Plan, cx: &Context<'_>) -> Option<TokenStream> {
    let Repr::List(_, ListForm::Slice | ListForm::Owned | ListForm::Const) = &list.repr else { return None };
    if let Op::Load(variable, _) = &list.op {
        let place = super::variable_place(*variable, cx);
        let list = place.receiver();
        return Some(quote!(#list.len()));
    }
    let list = super::operand(list, cx);
    Some(quote!(#list.len()))
}

/// The size of a map that is there for sure, as Rust counts it.
pub(super) fn map_count(map: &Plan, cx: &Context<'_>) -> Option<TokenStream> {
    let Op::Load(variable, _) = &map.op else { return None };
    let place = super::variable_place(*variable, cx);
    let map = place.receiver();
    Some(quote!(#map.len()))
}

/// The size of a map.
pub(super) fn map_length(map: &Plan, cx: &Context<'_>) -> TokenStream {
    let text = super::value(map, cx);
    match &map.repr {
        Repr::Map(form) if matches!(**form, MapForm::Stored(..)) => {
            quote!((#text).map_or(0, |__rsvc_m| ::rsvc::codegen::cel::length(__rsvc_m.len())))
        }
        _ => quote!(::rsvc::codegen::cel::length((#text).len())),
    }
}

impl Range {
    fn source_item(&self) -> Option<&Item> {
        match self {
            Self::Items(_, item) | Self::Keys(_, item) => Some(item),
            _ => None,
        }
    }
}
