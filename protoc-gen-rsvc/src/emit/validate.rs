//! `impl rsvc::Validate` of every message.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::internal;
use crate::cel::emit::{self as cel, Context, Place};
use crate::cel::native as build;
use crate::cel::plan::{Const, Op, Plan};
use crate::diag::Diagnostic;
use crate::model::rules::{
    Check, FieldRules, Group, MessageRules, PathElement, RulePlace, Test, Text, ValueRules,
};
use crate::model::{FieldId, FieldKind, MessageId, OneofId, PackageId, Schema, ValueType};
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
        let mut body = self.table();
        let whole = quote!(::rsvc::validate::At::MESSAGE);
        body.extend(rules.checks.iter().map(|c| check(c, &whole, cx)));
        body.extend(rules.groups.iter().map(|g| group(g, &whole, cx)));
        for oneof in &rules.required_oneofs {
            let (field, at) = (path(&cx.schema.oneofs[*oneof].rust_name), self.oneof(*oneof));
            body.extend(quote!(if self.#field.is_none() { __rsvc_out.add_missing(&#at); }));
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

    /// The fields and oneofs that violations name.
    fn table(&self) -> TokenStream {
        let Self { rules, cx } = self;
        let fields = rules.fields.iter().map(|rules| describe(rules.field, cx));
        let oneofs = rules.required_oneofs.iter().map(|oneof| {
            let name = &cx.schema.oneofs[*oneof].name;
            quote!(::rsvc::validate::Field::oneof(#name))
        });
        let all: Vec<TokenStream> = fields.chain(oneofs).collect();
        if all.is_empty() {
            return TokenStream::new();
        }
        let count = Literal::usize_unsuffixed(all.len());
        quote!(static __RSVC_F: [::rsvc::validate::Field; #count] = [#(#all),*];)
    }

    /// The description of a field.
    fn at(&self, field: FieldId) -> TokenStream {
        entry(self.rules.fields.iter().position(|f| f.field == field))
    }

    fn oneof(&self, oneof: OneofId) -> TokenStream {
        let at = self.rules.required_oneofs.iter().position(|o| *o == oneof);
        entry(at.map(|at| self.rules.fields.len() + at))
    }

    fn field(&self, rules: &FieldRules) -> TokenStream {
        let cx = self.cx;
        let field = rules.field;
        let missing = rules.required.then(|| {
            let at = self.at(field);
            quote!(__rsvc_out.add_missing(&#at);)
        });
        let set = || cel::is_set(&quote!(self), field, cx);
        if rules.value.is_empty() {
            let set = set();
            return missing.map_or_else(TokenStream::new, |missing| quote!(if !(#set) { #missing }));
        }
        if reach::is_optional(cx.schema, field) {
            let this = cel::this();
            let body = self.value(&rules.value, field, &Part::Whole, &cx.on(Place::behind(quote!(#this))));
            let (pattern, text) = cel::bind(&quote!(self), field, &this, cx);
            let otherwise = missing.map(|missing| quote!(else { #missing }));
            return quote!(if let #pattern = #text { #body } #otherwise);
        }
        let place = Place::direct(path(&reach::place(cx.schema, field, "self")));
        let body = self.value(&rules.value, field, &Part::Whole, &cx.on(place));
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

    /// The rules of a value, and of what is in it.
    fn value(&self, rules: &ValueRules, field: FieldId, part: &Part, cx: &Context<'_>) -> TokenStream {
        let this = cel::this();
        let at = part.at(&self.at(field));
        let mut body = TokenStream::new();
        body.extend(rules.checks.iter().map(|c| check(c, &at, cx)));
        if rules.message.is_some() {
            let value = cx.this.reference();
            body.extend(quote!(__rsvc_out.nested(#value, #at);));
        }
        let kind = &cx.schema.fields[field].kind;
        let held = Place::behind(quote!(#this));
        if let Some(items) = &rules.items {
            let inner = self.part(items, field, kind.value(), &Part::Item, &cx.on(held.clone()));
            let list = cx.this.receiver();
            body.extend(quote!(for (__rsvc_n, #this) in #list.iter().enumerate() { #inner }));
        }
        if let (FieldKind::Map(key, item), true) = (kind, rules.keys.is_some() || rules.values.is_some()) {
            let keys = rules.keys.as_ref().map(|keys| {
                let cx = cx.on(Place::behind(quote!(__rsvc_key)));
                self.part(keys, field, &ValueType::Scalar(*key), &Part::Key, &cx)
            });
            let values = rules.values.as_ref().map(|v| self.part(v, field, item, &Part::Value, &cx.on(held)));
            let this = if values.is_some() { quote!(#this) } else { quote!(_) };
            let map = cx.this.reference();
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
        part: &Part,
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
enum Part {
    Whole,
    Item,
    Key,
    Value,
}

impl Part {
    /// The place that a violation is at, from the description of the field.
    fn at(&self, field: &TokenStream) -> TokenStream {
        match self {
            Self::Whole => quote!(&#field),
            Self::Item => quote!(#field.item(__rsvc_n)),
            Self::Key => quote!(#field.key(__rsvc_key)),
            Self::Value => quote!(#field.value(__rsvc_key)),
        }
    }
}

fn entry(at: Option<usize>) -> TokenStream {
    let at = Literal::usize_unsuffixed(at.unwrap_or_default());
    quote!(__RSVC_F[#at])
}

/// At most one of the fields, or exactly one.
fn group(group: &Group, at: &TokenStream, cx: &Context<'_>) -> TokenStream {
    let set = group.fields.iter().map(|f| {
        let set = cel::is_set(&quote!(self), *f, cx);
        quote!(usize::from(#set))
    });
    let names: Vec<&str> = group.fields.iter().map(|f| cx.schema.fields[*f].name.as_str()).collect();
    let names = names.join(", ");
    let rule = |message: String| {
        quote!(__rsvc_out.add_rule(
            #at,
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

fn type_number(field: &prost_reflect::FieldDescriptor) -> TokenStream {
    let number = i32::from(field.field_descriptor_proto().r#type());
    let number = Literal::i32_unsuffixed(number);
    quote!(#number)
}

fn describe(field: FieldId, cx: &Context<'_>) -> TokenStream {
    let node = &cx.schema.fields[field];
    let name = &node.name;
    let number = Literal::u32_unsuffixed(node.number);
    let ty = type_number(&node.descriptor);
    if let (FieldKind::Map(..), prost_reflect::Kind::Message(entry)) = (&node.kind, node.descriptor.kind()) {
        let key = type_number(&entry.map_entry_key_field());
        let value = type_number(&entry.map_entry_value_field());
        quote!(::rsvc::validate::Field::map(#name, #number, #key, #value))
    } else {
        quote!(::rsvc::validate::Field::new(#name, #number, #ty))
    }
}

fn check(check: &Check, at: &TokenStream, cx: &Context<'_>) -> TokenStream {
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
    at: &'a TokenStream,
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
        let id = &check.id;
        match (&check.place, &check.text) {
            (RulePlace::Standard, Text::Fixed(text)) => quote!(__rsvc_out.add(#at, #id, #text)),
            (RulePlace::Standard, Text::Size(n)) => {
                let n = Literal::u64_unsuffixed(*n);
                quote!(__rsvc_out.add_size(#at, #id, #n))
            }
            (RulePlace::Standard, Text::Format(empty)) => {
                let empty = cel::condition(empty, cx);
                quote!(__rsvc_out.add_format(#at, #id, #empty))
            }
            _ => {
                let rule = self.rule();
                quote!(__rsvc_out.add_rule(#at, #rule))
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
                quote!(__rsvc_out.add_text(#at, #rule, #text);)
            }
            _ => {
                let rule = self.rule();
                let add = quote!(__rsvc_out.add_text(#at, #rule, __rsvc_text));
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
