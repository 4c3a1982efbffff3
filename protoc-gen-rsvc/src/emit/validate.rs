//! `impl rsvc::Validate` of every message.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::internal;
use crate::cel::emit::{self as cel, Context, Place};
use crate::cel::native as build;
use crate::cel::plan::{Const, Op, Plan, Store, Variable};
use crate::diag::Diagnostic;
use crate::model::rules::{
    Check, FieldRules, Group, MessageRules, PathElement, RulePlace, Test, Text, ValueRules,
};
use crate::model::{FieldId, FieldKind, MessageId, PackageId, Scalar, Schema, ValueType};
use crate::names;
use crate::storage::reach;

/// The impls of all messages of a package, nested ones included, in its module.
pub(super) fn emit(schema: &Schema, package: PackageId) -> Result<Vec<syn::Item>, Diagnostic> {
    let this = Place::behind(quote!(self));
    let cx = Context { schema, module: &schema.packages[package].module, this };
    let mut items = Vec::new();
    let mut open: Vec<MessageId> = schema.packages[package].messages.iter().rev().copied().collect();
    while let Some(id) = open.pop() {
        let message = &schema.messages[id];
        open.extend(message.messages.iter().rev());
        if !message.is_generated() {
            continue;
        }
        let tokens = message_impl(id, &cx);
        let item = syn::parse2(tokens).map_err(|error| {
            internal(format!("the validation of `{}` is not valid Rust: {error}", message.full_name))
        })?;
        items.push(item);
    }
    Ok(items)
}

fn path(text: &str) -> TokenStream {
    text.parse().unwrap_or_default()
}

fn message_impl(id: MessageId, cx: &Context<'_>) -> TokenStream {
    let ty = path(&names::path_from(cx.module, &cx.schema.messages[id].rust));
    let Some(rules) = cx.schema.rules.of(id).filter(|r| r.any) else {
        return quote!(impl ::rsvc::Validate for #ty {});
    };
    let body = Message { rules, cx }.body();
    quote! {
        impl ::rsvc::Validate for #ty {
            fn check(&self, __rsvc_out: &mut ::rsvc::validate::Sink) {
                #body
            }
        }
    }
}

/// The rules of a message on their way to Rust.
struct Message<'a> {
    rules: &'a MessageRules,
    cx: &'a Context<'a>,
}

impl Message<'_> {
    fn body(&self) -> TokenStream {
        let Self { rules, cx } = self;
        if let Some(text) = &rules.broken {
            return quote!(__rsvc_out.broken(#text););
        }
        let mut body = TokenStream::new();
        body.extend(rules.checks.iter().map(|c| check(c, &At::MESSAGE, cx)));
        body.extend(rules.groups.iter().map(|g| group(g, cx)));
        for oneof in &rules.required_oneofs {
            let oneof = &cx.schema.oneofs[*oneof];
            let (field, name) = (path(&oneof.rust_name), &oneof.name);
            body.extend(quote!(if self.#field.is_none() { __rsvc_out.add_missing_oneof(#name); }));
        }
        for field in &rules.fields {
            if let Some(text) = &field.broken {
                // Nothing behind it is reached.
                body.extend(quote!(__rsvc_out.broken(#text);));
                return body;
            }
            body.extend(self.field(field));
        }
        body
    }

    fn field(&self, rules: &FieldRules) -> TokenStream {
        let cx = self.cx;
        let field = rules.field;
        if let Some(call) = self.message(rules) {
            return call;
        }
        let missing = rules.required.then(|| {
            let number = At::new(field, Part::Whole, cx).number();
            quote!(__rsvc_out.add_missing(#number);)
        });
        let set = || cel::is_set(&quote!(self), field, cx);
        if rules.value.is_empty() {
            let set = set();
            return missing.map_or_else(TokenStream::new, |missing| quote!(if !(#set) { #missing }));
        }
        if reach::is_optional(cx.schema, field) {
            let this = cel::this();
            let body = self.value(&rules.value, field, Part::Whole, &cx.on(Place::behind(quote!(#this))));
            let (pattern, text) = cel::bind(&quote!(self), field, &this, cx);
            let otherwise = missing.map(|missing| quote!(else { #missing }));
            return quote!(if let #pattern = #text { #body } #otherwise);
        }
        let place = Place::direct(path(&reach::place(cx.schema, field, "self")));
        let body = self.value(&rules.value, field, Part::Whole, &cx.on(place));
        match missing {
            Some(missing) => {
                let set = set();
                quote!(if #set { #body } else { #missing })
            }
            None if rules.skip_unset => {
                let set = set();
                quote!(if #set { #body })
            }
            None => body,
        }
    }

    /// The call for a field that is an optional message with no rules but its own.
    fn message(&self, rules: &FieldRules) -> Option<TokenStream> {
        let cx = self.cx;
        let place = path(&reach::option(cx.schema, rules.field, "self")?);
        if !rules.value.is_message_only() {
            return None;
        }
        let number = At::new(rules.field, Part::Whole, cx).number();
        let method = if rules.required { quote!(required) } else { quote!(optional) };
        Some(quote!(__rsvc_out.#method(#number, &#place);))
    }

    /// The rules of a value, and of what is in it.
    fn value(&self, rules: &ValueRules, field: FieldId, part: Part, cx: &Context<'_>) -> TokenStream {
        let this = cel::this();
        let at = At::new(field, part, cx);
        let number = at.number();
        let mut body = checks(&rules.checks, &at, cx);
        if rules.message.is_some() {
            let value = cx.this.reference();
            body.extend(match part {
                Part::Whole | Part::Key => quote!(__rsvc_out.nested(#number, #value);),
                Part::Item => quote!(__rsvc_out.nested_item(#number, #value, __rsvc_n);),
                Part::Value => quote!(__rsvc_out.nested_value(#number, #value, __rsvc_key);),
            });
        }
        let kind = &cx.schema.fields[field].kind;
        let held = Place::behind(quote!(#this));
        if let Some(items) = &rules.items {
            if items.is_message_only() {
                let list = cx.this.reference();
                body.extend(quote!(__rsvc_out.items(#number, #list);));
            } else {
                let inner = self.part(items, field, kind.value(), Part::Item, &cx.on(held.clone()));
                let list = cx.this.receiver();
                body.extend(quote!(for (__rsvc_n, #this) in #list.iter().enumerate() { #inner }));
            }
        }
        if let (FieldKind::Map(key, item), true) = (kind, rules.keys.is_some() || rules.values.is_some()) {
            let map = cx.this.reference();
            if rules.keys.is_none() && rules.values.as_ref().is_some_and(|values| values.is_message_only()) {
                body.extend(quote!(__rsvc_out.values(#number, #map);));
                return body;
            }
            let keys = rules.keys.as_ref().map(|keys| {
                let cx = cx.on(Place::behind(quote!(__rsvc_key)));
                self.part(keys, field, &ValueType::Scalar(*key), Part::Key, &cx)
            });
            let values = rules.values.as_ref().map(|v| self.part(v, field, item, Part::Value, &cx.on(held)));
            let this = if values.is_some() { quote!(#this) } else { quote!(_) };
            body.extend(quote!(for (__rsvc_key, #this) in #map { #keys #values }));
        }
        body
    }

    /// The rules of an item, with the exception of zero values where asked for.
    fn part(
        &self,
        rules: &ValueRules,
        field: FieldId,
        ty: &ValueType,
        part: Part,
        cx: &Context<'_>,
    ) -> TokenStream {
        let inner = self.value(rules, field, part, cx);
        if !rules.skip_zero {
            return inner;
        }
        let this = cx.this.value();
        let differs = match ty {
            ValueType::Message(_) | ValueType::Group(_) => {
                quote!(#this != ::core::default::Default::default())
            }
            _ => cel::not_default(&this, ty),
        };
        quote!(if #differs { #inner })
    }
}

/// What of a field is tested.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Item,
    Key,
    Value,
}

/// What a violation is about.
struct At {
    /// The number of the field; zero for the message itself.
    number: u32,
    part: Part,
}

impl At {
    const MESSAGE: Self = Self { number: 0, part: Part::Whole };

    fn new(field: FieldId, part: Part, cx: &Context<'_>) -> Self {
        Self { number: cx.schema.fields[field].number, part }
    }

    fn number(&self) -> Literal {
        Literal::u32_unsuffixed(self.number)
    }

    /// What takes the violation.
    fn out(&self) -> TokenStream {
        match self.part {
            Part::Whole => quote!(__rsvc_out),
            Part::Item => quote!(__rsvc_out.item(__rsvc_n)),
            Part::Key => quote!(__rsvc_out.key(__rsvc_key)),
            Part::Value => quote!(__rsvc_out.value(__rsvc_key)),
        }
    }
}

/// The tests of a value. Some standard rules of a field are one call; what takes more is shorter beside its report.
fn checks(checks: &[Check], at: &At, cx: &Context<'_>) -> TokenStream {
    let mut body = TokenStream::new();
    let mut rest = checks;
    while let Some((first, after)) = rest.split_first() {
        let (text, used) = match after.first().and_then(|second| both_lengths(first, second, at, cx)) {
            Some(call) => (call, 2),
            None => (call(first, at, cx).unwrap_or_else(|| check(first, at, cx)), 1),
        };
        body.extend(text);
        rest = &rest[used..];
    }
    body
}

/// `min_len` and `max_len` of a string together.
fn both_lengths(first: &Check, second: &Check, at: &At, cx: &Context<'_>) -> Option<TokenStream> {
    let (("string.min_len", min), ("string.max_len", max)) = (length(first, at)?, length(second, at)?) else {
        return None;
    };
    let (number, text) = (at.number(), cx.this.reference());
    Some(quote!(__rsvc_out.min_max_len(#number, #text, #min, #max);))
}

/// The call for a standard rule that the runtime knows.
fn call(check: &Check, at: &At, cx: &Context<'_>) -> Option<TokenStream> {
    let (number, value) = (at.number(), cx.this.reference());
    if let Some((id, size)) = length(check, at) {
        let method = if id == "string.min_len" { quote!(min_len) } else { quote!(max_len) };
        return Some(quote!(__rsvc_out.#method(#number, #value, #size);));
    }
    let Test::Fails(Plan { op: Op::Not(unique), .. }) = &check.test else { return None };
    let Op::Items { lists, .. } = &unique.op else { return None };
    let [Plan { op: Op::Load(Variable::This, Store::List(item)), .. }] = lists.as_slice() else {
        return None;
    };
    let is_known = matches!(**item, Store::Scalar(_) | Store::Enum);
    (is_known && is_standard(check, at) && check.id == "repeated.unique")
        .then(|| quote!(__rsvc_out.unique(#number, #value);))
}

/// The id and the size of a rule about the length of a string that is a field.
fn length<'a>(check: &'a Check, at: &At) -> Option<(&'a str, Literal)> {
    let (Text::Size(size), Test::Fails(plan)) = (&check.text, &check.test) else { return None };
    let Op::Call { function: "is_shorter" | "is_longer", args, .. } = &plan.op else { return None };
    let Op::Load(Variable::This, Store::Scalar(Scalar::String)) = args.first()?.op else { return None };
    is_standard(check, at).then(|| (check.id.as_str(), Literal::u64_unsuffixed(*size)))
}

/// Whether the id tells all of a rule of a field as a whole.
fn is_standard(check: &Check, at: &At) -> bool {
    at.part == Part::Whole && check.place == RulePlace::Standard
}

/// At most one of the fields, or exactly one.
fn group(group: &Group, cx: &Context<'_>) -> TokenStream {
    let set = group.fields.iter().map(|f| {
        let set = cel::is_set(&quote!(self), *f, cx);
        quote!(usize::from(#set))
    });
    let names: Vec<&str> = group.fields.iter().map(|f| cx.schema.fields[*f].name.as_str()).collect();
    let names = names.join(", ");
    let rule = |message: String| {
        quote!(__rsvc_out.add_rule(
            0,
            const { &::rsvc::validate::Rule::of_message("message.oneof", #message) },
        ))
    };
    let many = rule(format!("only one of {names} can be set"));
    let none = group.required.then(|| {
        let none = rule(format!("one of {names} must be set"));
        quote!(0 => #none,)
    });
    quote! {
        match 0 #(+ #set)* {
            #none
            0 | 1 => {}
            _ => #many,
        }
    }
}

fn check(check: &Check, at: &At, cx: &Context<'_>) -> TokenStream {
    let report = Report { at, check, cx };
    let test = match &check.test {
        Test::Fails(plan) => report.condition(plan, true),
        Test::Holds(plan) => report.condition(plan, false),
        Test::Text(plan) => report.text(plan),
    };
    if check.now { quote!({ let __rsvc_now = __rsvc_out.now(); #test }) } else { test }
}

/// What happens to the outcome of a test.
struct Report<'a> {
    at: &'a At,
    check: &'a Check,
    cx: &'a Context<'a>,
}

impl Report<'_> {
    /// The constant that describes a rule that is not a standard one.
    fn rule(&self) -> TokenStream {
        let id = &self.check.id;
        let message = match (&self.check.text, &self.check.test) {
            (Text::Fixed(text), Test::Fails(_) | Test::Holds(_)) => text.as_str(),
            _ => "",
        };
        let index = |n: u64| Literal::u64_unsuffixed(n);
        let rule = match &self.check.place {
            RulePlace::Message | RulePlace::Standard => quote!(of_message(#id, #message)),
            RulePlace::Cel(n) => {
                let n = index(*n);
                quote!(cel(#id, #message, #n))
            }
            RulePlace::Expression(n) => {
                let n = index(*n);
                quote!(expression(#id, #message, #n))
            }
            RulePlace::Path(path) => {
                let elements = path.iter().map(|PathElement { name, number, ty }| {
                    let (number, ty) = (Literal::u32_unsuffixed(*number), Literal::i32_unsuffixed(*ty));
                    quote!((#name, #number, #ty))
                });
                quote!(new(#id, #message, &[#(#elements),*]))
            }
        };
        quote!(const { &::rsvc::validate::Rule::#rule })
    }

    fn add(&self) -> TokenStream {
        let Self { at, check, cx } = self;
        let (out, number) = (at.out(), at.number());
        let id = &check.id;
        match (&check.place, &check.text) {
            (RulePlace::Standard, Text::Fixed(text)) => quote!(#out.add(#number, #id, #text)),
            (RulePlace::Standard, Text::Size(n)) => {
                let n = Literal::u64_unsuffixed(*n);
                quote!(#out.add_size(#number, #id, #n))
            }
            (RulePlace::Standard, Text::Format(empty)) => {
                let empty = cel::condition(empty, cx);
                quote!(#out.add_format(#number, #id, #empty))
            }
            _ => {
                let rule = self.rule();
                quote!(#out.add_rule(#number, #rule))
            }
        }
    }

    fn failed(&self) -> TokenStream {
        let id = &self.check.id;
        quote!(::core::result::Result::Err(__rsvc_error) => __rsvc_out.fail(#id, __rsvc_error),)
    }

    /// Violated when the condition is `bad`.
    fn condition(&self, plan: &Plan, bad: bool) -> TokenStream {
        let (add, cx) = (self.add(), self.cx);
        if !plan.fallible {
            let text = match (&plan.op, bad) {
                (Op::Not(inner), false) => cel::condition(inner, cx),
                (_, true) => cel::condition(plan, cx),
                (_, false) => cel::condition(&build::not(plan.clone()), cx),
            };
            return quote!(if #text { #add; });
        }
        let (result, failed) = (cel::result(plan, cx), self.failed());
        quote!(match #result {
            ::core::result::Result::Ok(#bad) => #add,
            ::core::result::Result::Ok(_) => {}
            #failed
        })
    }

    /// Violated when the text is not empty. A choice between texts is one between statements.
    fn text(&self, plan: &Plan) -> TokenStream {
        let Self { at, cx, .. } = self;
        let (out, number) = (at.out(), at.number());
        match &plan.op {
            Op::Const(Const::Str(text)) if text.is_empty() => TokenStream::new(),
            Op::ToOwned(inner) => self.text(inner),
            Op::Conditional(cond, then, otherwise) => {
                let (then, otherwise) = (self.text(then), self.text(otherwise));
                if !cond.fallible {
                    if then.is_empty() {
                        let cond = cel::condition(&build::not((**cond).clone()), cx);
                        return quote!(if #cond { #otherwise });
                    }
                    let cond = cel::condition(cond, cx);
                    let otherwise = (!otherwise.is_empty()).then(|| quote!(else { #otherwise }));
                    return quote!(if #cond { #then } #otherwise);
                }
                let (cond, failed) = (cel::result(cond, cx), self.failed());
                quote!(match #cond {
                    ::core::result::Result::Ok(true) => { #then }
                    ::core::result::Result::Ok(false) => { #otherwise }
                    #failed
                })
            }
            Op::Const(Const::Str(text)) => {
                let rule = self.rule();
                quote!(#out.add_text(#number, #rule, #text);)
            }
            _ => {
                let rule = self.rule();
                let add = quote!(#out.add_text(#number, #rule, __rsvc_text));
                if !plan.fallible {
                    let text = cel::value(plan, cx);
                    return quote!({ let __rsvc_text = #text; if !__rsvc_text.is_empty() { #add; } });
                }
                let (text, failed) = (cel::result(plan, cx), self.failed());
                quote!(match #text {
                    ::core::result::Result::Ok(__rsvc_text) => if !__rsvc_text.is_empty() { #add; },
                    #failed
                })
            }
        }
    }
}
