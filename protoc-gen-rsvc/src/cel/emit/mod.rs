//! Plan to Rust. Decides nothing: every node has one text.

mod access;
mod dynamic;
mod list;
mod types;

pub use access::{bind, is_set};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::model::Schema;
use crate::model::plan::{
    CharBound, Const, Held, Input, Item, Logic, Op, Operator, Plan, Repr, Store, Variable,
};

/// Where the text goes.
pub struct Context<'a> {
    pub schema: &'a Schema,
    /// The module that the text is in, for paths of types.
    pub module: &'a [String],
    /// What a rule stands on.
    pub this: StoredExpr,
}

impl Context<'_> {
    /// The same for a rule that stands on something else.
    #[must_use]
    pub fn on(&self, this: StoredExpr) -> Self {
        Self { this, ..*self }
    }
}

/// A value in prost's storage: an expression that is it, or one that refers to it.
#[derive(Clone, Debug)]
pub struct StoredExpr {
    text: TokenStream,
    reference: bool,
}

impl StoredExpr {
    /// A field or the like.
    pub fn direct(text: TokenStream) -> Self {
        Self { text, reference: false }
    }

    /// A variable that holds a reference.
    pub fn behind(text: TokenStream) -> Self {
        Self { text, reference: true }
    }

    /// The value, for a type that is copied, or to look into.
    pub fn value(&self) -> TokenStream {
        let text = &self.text;
        if self.reference { quote!((*#text)) } else { text.clone() }
    }

    /// A reference to the value.
    pub fn reference(&self) -> TokenStream {
        let text = &self.text;
        if self.reference { text.clone() } else { quote!(&#text) }
    }

    /// The value as the receiver of a method.
    pub fn receiver(&self) -> &TokenStream {
        &self.text
    }
}

/// The name of the reference to an item, or to the value of an optional field.
pub fn this() -> Ident {
    Ident::new("__rsvc_this", Span::call_site())
}

/// The name of the reference to what a condition reads.
pub fn input(input: Input) -> Ident {
    name(match input {
        Input::Request => "__rsvc_request",
        Input::Subject => "__rsvc_subject",
        Input::Scopes => "__rsvc_scopes",
        Input::Claims => "__rsvc_claims",
        Input::Metadata => "__rsvc_metadata",
    })
}

fn local(id: u32) -> Ident {
    Ident::new(&format!("__rsvc_v{id}"), Span::call_site())
}

fn name(text: &str) -> Ident {
    Ident::new(text, Span::call_site())
}

/// The value of a plan; a fallible one leaves with `?`.
#[allow(clippy::too_many_lines)] // one short arm for each node
pub fn value(plan: &Plan, cx: &Context<'_>) -> TokenStream {
    match &plan.op {
        Op::Const(value) => constant_as(value, &plan.repr, cx),
        Op::Load(variable, store) => load(&variable_place(*variable, cx), store),
        Op::Local(id) => {
            let name = local(*id);
            match &plan.repr {
                Repr::Dyn | Repr::Nullable(_) | Repr::Map(_) => quote!(#name.clone()),
                repr if repr.is_owned() => quote!(#name.clone()),
                _ => quote!(#name),
            }
        }
        Op::Now => quote!(__rsvc_now),
        Op::Field { base, field, default } => access::read(base, *field, default, cx),
        Op::HasField { base, field } => access::has(base, *field, cx),
        Op::Let(id, held, body) => {
            let name = local(*id);
            let held = value(held, cx);
            let body = value(body, cx);
            quote!({ let #name = #held; #body })
        }
        Op::Not(inner) => negated(inner, cx),
        Op::Infix(..) => {
            let text = condition(plan, cx);
            quote!((#text))
        }
        Op::OneOf(inner, constants) => one_of(inner, constants, cx),
        Op::Logic(kind, left, right) => logic(*kind, left, right, cx),
        Op::Conditional(cond, then, otherwise) => {
            let (cond, then, otherwise) = (condition(cond, cx), value(then, cx), value(otherwise, cx));
            quote!(if #cond { #then } else { #otherwise })
        }
        Op::Call { function, args, fails } => {
            let function = name(function);
            let args = args.iter().map(|a| value(a, cx));
            let question = fails.then(|| quote!(?));
            quote!(::rsvc::codegen::cel::#function(#(#args),*) #question)
        }
        Op::Zone(zone) => {
            let zone = value(zone, cx);
            quote!(const { ::rsvc::codegen::cel::zone(#zone) })
        }
        Op::IsEmpty(text) => {
            let text = operand(text, cx);
            quote!(#text.is_empty())
        }
        Op::CharCount(text) => {
            let text = value(text, cx);
            quote!(::rsvc::codegen::cel::size(#text))
        }
        Op::CharBound { text, bound, than } => {
            let (text, than) = (value(text, cx), value(than, cx));
            match bound {
                CharBound::Shorter => quote!(::rsvc::codegen::cel::is_shorter(#text, #than)),
                CharBound::Longer => quote!(::rsvc::codegen::cel::is_longer(#text, #than)),
            }
        }
        Op::ByteCount(bytes) => {
            let bytes = value(bytes, cx);
            quote!(::rsvc::codegen::cel::size_bytes(#bytes))
        }
        Op::Matches { text, pattern } => {
            let text = value(text, cx);
            quote!({
                static __RSVC_PATTERN: ::rsvc::codegen::cel::Pattern = ::rsvc::codegen::cel::Pattern::new(#pattern);
                __RSVC_PATTERN.is_match(#text)
            })
        }
        Op::Items { .. }
        | Op::List(_)
        | Op::Length(_)
        | Op::Index(..)
        | Op::Quantifier { .. }
        | Op::Collect { .. }
        | Op::Filter { .. }
        | Op::ListEqual { .. } => list::value(plan, cx),
        Op::Map(entries) if entries.is_empty() => {
            let ty = types::of(&plan.repr, cx);
            quote!(<#ty>::new())
        }
        Op::Map(entries) => {
            let entries = entries.iter().map(|(k, v)| {
                let (k, v) = (value(k, cx), value(v, cx));
                quote!((#k, #v))
            });
            quote!(::std::vec![#(#entries),*])
        }
        Op::MapGet { map, key } => list::map_get(map, key, plan.repr.is_owned(), cx),
        Op::MapHas { map, key } => list::map_has(map, key, cx),
        Op::MapLength(map) => list::map_length(map, cx),
        Op::MessageEqual { left, right } => access::equal(left, right, cx),
        Op::ToOwned(inner) => to_owned(inner, cx),
        Op::Borrow(inner) => borrow(inner, cx),
        Op::Unwrap(inner) => {
            let inner = value(inner, cx);
            quote!((#inner).ok_or(::rsvc::codegen::cel::Error::NO_OVERLOAD)?)
        }
        Op::IsNull(inner) => {
            let text = value(inner, cx);
            match inner.repr {
                Repr::Dyn => quote!((#text).is_null()),
                _ => quote!((#text).is_none()),
            }
        }
        Op::Wrap(inner) => {
            let text = value(inner, cx);
            match inner.repr {
                Repr::Message { held: Held::Optional, .. } => text,
                _ => quote!(::core::option::Option::Some(#text)),
            }
        }
        Op::ToDyn(inner) => dynamic::value(inner, cx),
        Op::FromDyn(inner) => {
            let text = value(inner, cx);
            let ty = types::of(&plan.repr, cx);
            match plan.repr {
                Repr::Message { .. } => quote!((#text).into_message::<#ty>()?),
                _ => quote!(<#ty as ::rsvc::codegen::cel::FromValue>::from_value(#text)?),
            }
        }
        Op::NewMessage { id, fields } => access::new_message(*id, fields, cx),
        Op::Then(first, second) => {
            let (first, second) = (value(first, cx), value(second, cx));
            quote!({ let _ = #first; #second })
        }
        Op::Absurd(inner) => {
            let (text, ty) = (value(inner, cx), types::of(&plan.repr, cx));
            quote!({ let __rsvc_never: #ty = match #text {}; __rsvc_never })
        }
        Op::Fail(text) => {
            let ty = types::of(&plan.repr, cx);
            quote!({
                let __rsvc_failed: #ty =
                    ::core::result::Result::Err(::rsvc::codegen::cel::Error::new(#text))?;
                __rsvc_failed
            })
        }
    }
}

/// A value beside an operator.
fn operand(plan: &Plan, cx: &Context<'_>) -> TokenStream {
    let text = value(plan, cx);
    let alone = match &plan.op {
        Op::Const(Const::Int(n)) => *n >= 0,
        Op::Const(Const::Double(d)) => d.is_sign_positive(),
        Op::Const(_)
        | Op::Load(..)
        | Op::Local(_)
        | Op::Now
        | Op::Infix(..)
        | Op::OneOf(..)
        | Op::Logic(..)
        | Op::Call { .. }
        | Op::Zone(_)
        | Op::IsEmpty(_)
        | Op::CharCount(_)
        | Op::CharBound { .. }
        | Op::ByteCount(_)
        | Op::Length(_)
        | Op::MapLength(_) => true,
        Op::Field { base, field, .. } => access::is_plain(base, *field, cx),
        _ => false,
    };
    if alone { text } else { quote!((#text)) }
}

/// A value where nothing stands beside it.
pub fn condition(plan: &Plan, cx: &Context<'_>) -> TokenStream {
    let Op::Infix(operator, left, right) = &plan.op else { return value(plan, cx) };
    let (left, right) = match (narrow(left, cx), &right.op) {
        (Some((left, fits)), Op::Const(Const::Int(n))) if fits.contains(n) => {
            let n = proc_macro2::Literal::i64_unsuffixed(*n);
            (left, quote!(#n))
        }
        _ => (operand(left, cx), operand(right, cx)),
    };
    let operator = self::operator(*operator);
    quote!(#left #operator #right)
}

fn operator(operator: Operator) -> TokenStream {
    match operator {
        Operator::Equal => quote!(==),
        Operator::NotEqual => quote!(!=),
        Operator::Less => quote!(<),
        Operator::LessOrEqual => quote!(<=),
        Operator::Greater => quote!(>),
        Operator::GreaterOrEqual => quote!(>=),
        Operator::Add => quote!(+),
        Operator::Subtract => quote!(-),
        Operator::Multiply => quote!(*),
        Operator::Divide => quote!(/),
        Operator::And => quote!(&&),
        Operator::Or => quote!(||),
    }
}

/// The opposite of a condition.
pub fn negated(plan: &Plan, cx: &Context<'_>) -> TokenStream {
    let inner = operand(plan, cx);
    quote!(!#inner)
}

/// A number in the type that it is stored in, and which constants that type has.
fn narrow(plan: &Plan, cx: &Context<'_>) -> Option<(TokenStream, std::ops::RangeInclusive<i64>)> {
    use crate::model::Scalar as S;
    const INT32: std::ops::RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;
    // What every machine can count to.
    const SIZE: std::ops::RangeInclusive<i64> = 0..=u32::MAX as i64;
    match &plan.op {
        Op::Load(variable, Store::Scalar(S::Int32 | S::Sint32 | S::Sfixed32) | Store::Enum) => {
            Some((variable_place(*variable, cx).value(), INT32))
        }
        Op::Field { base, field, .. } => Some((access::int32(base, *field, cx)?, INT32)),
        Op::Length(list) => Some((list::count(list, cx)?, SIZE)),
        Op::MapLength(map) => Some((list::map_count(map, cx)?, SIZE)),
        Op::ByteCount(bytes) => {
            let bytes = operand(bytes, cx);
            Some((quote!(#bytes.len()), SIZE))
        }
        _ => None,
    }
}

/// Whether a value is among constants.
fn one_of(plan: &Plan, constants: &[Const], cx: &Context<'_>) -> TokenStream {
    if constants.is_empty() {
        let text = value(plan, cx);
        return quote!({ let _ = #text; false });
    }
    let fits = |range: &std::ops::RangeInclusive<i64>| {
        constants.iter().all(|c| matches!(c, Const::Int(n) if range.contains(n)))
    };
    if let Some((text, _)) = narrow(plan, cx).filter(|(_, range)| fits(range)) {
        let patterns = constants.iter().filter_map(|c| match c {
            Const::Int(n) => Some(proc_macro2::Literal::i64_unsuffixed(*n)),
            _ => None,
        });
        return quote!(::core::matches!(#text, #(#patterns)|*));
    }
    let patterns = constants.iter().map(|c| match c {
        Const::Bytes(bytes) => {
            let literal = proc_macro2::Literal::byte_string(bytes);
            quote!(#literal)
        }
        other => constant(other),
    });
    let text = value(plan, cx);
    quote!(::core::matches!(#text, #(#patterns)|*))
}

/// The plan as a `Result`, its errors inside.
pub fn result(plan: &Plan, cx: &Context<'_>) -> TokenStream {
    let text = value(plan, cx);
    if plan.fallible {
        quote!((|| ::core::result::Result::<_, ::rsvc::codegen::cel::Error>::Ok(#text))())
    } else {
        quote!(::core::result::Result::<_, ::rsvc::codegen::cel::Error>::Ok(#text))
    }
}

/// The body of a closure that gives a `Result`.
fn body_result(plan: &Plan, cx: &Context<'_>) -> TokenStream {
    let text = value(plan, cx);
    quote!(::core::result::Result::<_, ::rsvc::codegen::cel::Error>::Ok(#text))
}

fn variable_place(variable: Variable, cx: &Context<'_>) -> StoredExpr {
    match variable {
        Variable::This => cx.this.clone(),
        Variable::Local(id) => {
            let name = local(id);
            StoredExpr::behind(quote!(#name))
        }
        Variable::Input(input) => {
            let name = self::input(input);
            StoredExpr::behind(quote!(#name))
        }
    }
}

/// The value at a place of prost's storage.
fn load(place: &StoredExpr, store: &Store) -> TokenStream {
    use crate::model::Scalar as S;
    let (value, reference, receiver) = (place.value(), place.reference(), place.receiver());
    match store {
        Store::Scalar(S::Int64 | S::Sint64 | S::Sfixed64 | S::Uint64 | S::Fixed64 | S::Double | S::Bool) => {
            value
        }
        Store::Scalar(S::Int32 | S::Sint32 | S::Sfixed32) | Store::Enum => quote!((#value as i64)),
        Store::Scalar(S::Uint32 | S::Fixed32) => quote!((#value as u64)),
        Store::Scalar(S::Float) => quote!((#value as f64)),
        Store::Scalar(S::String) => quote!(#receiver.as_str()),
        Store::Scalar(S::Bytes) => quote!((&#value[..])),
        Store::Message(_) => reference,
        Store::Timestamp => quote!(::rsvc::codegen::cel::Timestamp::from(#reference)),
        Store::Duration => quote!(::rsvc::codegen::cel::Duration::from(#reference)),
        Store::Json => quote!(::rsvc::codegen::cel::Value::from(#reference)),
        Store::List(_) => quote!(#receiver.as_slice()),
        Store::Map(..) => quote!(::core::option::Option::Some(#reference)),
    }
}

/// A constant whose own type does not say the form: null, and what is empty.
fn constant_as(value: &Const, repr: &Repr, cx: &Context<'_>) -> TokenStream {
    match (value, repr) {
        (Const::Null, Repr::Nullable(inner)) => {
            let ty = types::of(inner, cx);
            quote!(::core::option::Option::<#ty>::None)
        }
        (Const::List(items), Repr::List(Item::Value(item), _)) if items.is_empty() => {
            let ty = types::of(item, cx);
            quote!(::core::array::from_fn::<#ty, 0, _>(|_| ::core::unreachable!()))
        }
        (Const::Map(entries), _) if entries.is_empty() => {
            let ty = types::of(repr, cx);
            quote!(<#ty>::new())
        }
        _ => constant(value),
    }
}

/// A constant of a field of this form that is not set.
fn unset(value: &Const, repr: &Repr) -> TokenStream {
    match (value, repr) {
        (Const::List(_), Repr::Dyn) => quote!(::rsvc::codegen::cel::Value::List(::std::vec::Vec::new())),
        (Const::Map(_), Repr::Dyn) => quote!(::rsvc::codegen::cel::Value::Map(::std::vec::Vec::new())),
        (_, Repr::Dyn) => quote!(::rsvc::codegen::cel::Value::Null),
        _ => constant(value),
    }
}

fn constant(value: &Const) -> TokenStream {
    match value {
        Const::Null => quote!(()),
        Const::Bool(b) => quote!(#b),
        Const::Int(i64::MIN) => quote!(::core::primitive::i64::MIN),
        Const::Int(n) => quote!(#n),
        Const::Uint(n) => quote!(#n),
        Const::Double(d) if d.is_nan() => quote!(::core::primitive::f64::NAN),
        Const::Double(d) if d.is_infinite() && *d > 0.0 => quote!(::core::primitive::f64::INFINITY),
        Const::Double(d) if d.is_infinite() => quote!(::core::primitive::f64::NEG_INFINITY),
        Const::Double(d) => quote!(#d),
        Const::Str(s) | Const::Type(s) => quote!(#s),
        Const::Bytes(b) => {
            let literal = proc_macro2::Literal::byte_string(b);
            quote!((&#literal[..]))
        }
        Const::Timestamp(seconds, nanos) => quote!(::rsvc::codegen::cel::Timestamp::new(#seconds, #nanos)),
        Const::Duration(seconds, nanos) => quote!(::rsvc::codegen::cel::Duration::new(#seconds, #nanos)),
        Const::List(items) => {
            let items = items.iter().map(constant);
            quote!([#(#items),*])
        }
        Const::Map(entries) => {
            let entries = entries.iter().map(|(k, v)| {
                let (k, v) = (constant(k), constant(v));
                quote!((#k, #v))
            });
            quote!([#(#entries),*])
        }
        // Rules as a whole have no form: the lowering takes their fields.
        Const::Message(_) => quote!(()),
    }
}

/// The borrowed form of an owned value.
fn borrow(inner: &Plan, cx: &Context<'_>) -> TokenStream {
    // A variable is not copied first.
    let text = match &inner.op {
        Op::Local(id) => {
            let name = local(*id);
            quote!(#name)
        }
        _ => {
            let text = value(inner, cx);
            quote!((#text))
        }
    };
    match &inner.repr {
        Repr::Message { .. } => quote!((&#text)),
        Repr::Nullable(_) => quote!(#text.as_deref()),
        _ => quote!((&*#text)),
    }
}

/// The form that refers to nothing.
fn to_owned(inner: &Plan, cx: &Context<'_>) -> TokenStream {
    let text = value(inner, cx);
    match &inner.repr {
        Repr::Message { held: Held::Optional, .. } => quote!((#text).cloned().unwrap_or_default()),
        Repr::Message { .. } => quote!(::core::clone::Clone::clone(#text)),
        Repr::Nullable(_) => quote!((#text).map(|__rsvc_f| __rsvc_f.to_owned())),
        Repr::Dyn => quote!((#text).into_owned()),
        _ => quote!((#text).to_owned()),
    }
}

fn logic(kind: Logic, left: &Plan, right: &Plan, cx: &Context<'_>) -> TokenStream {
    let and = kind == Logic::And;
    if !left.fallible {
        let (l, r) = (operand(left, cx), operand(right, cx));
        return if and { quote!((#l && #r)) } else { quote!((#l || #r)) };
    }
    let (first, second) = (result(left, cx), result(right, cx));
    // The one that decides absorbs the error of the other.
    let function = name(if and { "and" } else { "or" });
    quote!(::rsvc::codegen::cel::#function(#first, || #second)?)
}
