//! `impl rsvc::Validate` of every message.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use super::internal;
use crate::cel::emit::{self as cel, Context};
use crate::cel::plan::{Const, Op, Plan};
use crate::diag::Diagnostic;
use crate::model::rules::{Check, FieldRules, Group, MessageRules, PathElement, Test, ValueRules};
use crate::model::{FieldId, FieldKind, MessageId, PackageId, Scalar, Schema, ValueType};
use crate::names;
use crate::storage::reach;

/// The impls of all messages of a package, nested ones included, in its module.
pub(super) fn emit(schema: &Schema, package: PackageId) -> Result<Vec<syn::Item>, Diagnostic> {
    let cx = Context { schema, module: &schema.packages[package].module };
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
    let body = message(rules, cx);
    quote! {
        impl ::rsvc::Validate for #ty {
            fn check(
                &self,
                __rsvc_out: &mut ::rsvc::validate::Sink,
            ) -> ::core::result::Result<(), ::rsvc::validate::Stop> {
                #body
            }
        }
    }
}

fn broken(text: &str) -> TokenStream {
    quote!(::core::result::Result::Err(__rsvc_out.broken(#text)))
}

fn message(rules: &MessageRules, cx: &Context<'_>) -> TokenStream {
    if let Some(text) = &rules.broken {
        return broken(text);
    }
    let mut body = TokenStream::new();
    if !rules.checks.is_empty() {
        let this = cel::this();
        body.extend(quote!(let #this = self;));
        body.extend(rules.checks.iter().map(|c| check(c, None, cx)));
    }
    body.extend(rules.groups.iter().map(|g| group(g, cx)));
    for oneof in &rules.required_oneofs {
        let node = &cx.schema.oneofs[*oneof];
        let (field, name) = (path(&node.rust_name), &node.name);
        body.extend(quote! {
            if self.#field.is_none() {
                __rsvc_out.add(
                    &::rsvc::validate::Rule::ONEOF_REQUIRED,
                    ::core::option::Option::Some(
                        ::rsvc::validate::PathElement::field(const { &::rsvc::validate::Field::oneof(#name) })),
                )?;
            }
        });
    }
    for field in &rules.fields {
        if let Some(text) = &field.broken {
            // Nothing behind it is reached.
            body.extend(broken(text));
            return body;
        }
        body.extend(self::field(field, cx));
    }
    body.extend(quote!(::core::result::Result::Ok(())));
    body
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
        quote!(__rsvc_out.add(
            const { &::rsvc::validate::Rule::of_message("message.oneof", #message) },
            ::core::option::Option::None,
        )?)
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

/// The name of the constant that describes a field.
fn constant(field: FieldId, cx: &Context<'_>) -> Ident {
    Ident::new(&format!("__RSVC_F{}", cx.schema.fields[field].number), Span::call_site())
}

fn type_number(field: &prost_reflect::FieldDescriptor) -> TokenStream {
    let number = i32::from(field.field_descriptor_proto().r#type());
    let number = Literal::i32_unsuffixed(number);
    quote!(#number)
}

fn describe(field: FieldId, cx: &Context<'_>) -> TokenStream {
    let node = &cx.schema.fields[field];
    let (constant, name) = (constant(field, cx), &node.name);
    let number = Literal::u32_unsuffixed(node.number);
    let ty = type_number(&node.descriptor);
    let value = if let (FieldKind::Map(..), prost_reflect::Kind::Message(entry)) =
        (&node.kind, node.descriptor.kind())
    {
        let key = type_number(&entry.map_entry_key_field());
        let value = type_number(&entry.map_entry_value_field());
        quote!(::rsvc::validate::Field::map(#name, #number, #key, #value))
    } else {
        quote!(::rsvc::validate::Field::new(#name, #number, #ty))
    };
    quote!(const #constant: &::rsvc::validate::Field = &#value;)
}

fn field(rules: &FieldRules, cx: &Context<'_>) -> TokenStream {
    let this = cel::this();
    let constant = constant(rules.field, cx);
    let element = quote!(::rsvc::validate::PathElement::field(#constant));
    let body = value(&rules.value, rules.field, &element, cx);
    let describe = describe(rules.field, cx);
    let missing = rules.required.then(|| {
        quote!(__rsvc_out.add(&::rsvc::validate::Rule::REQUIRED, ::core::option::Option::Some(#element))?;)
    });
    let set = cel::is_set(&quote!(self), rules.field, cx);
    let optional = cel::optional(&quote!(self), rules.field, cx);
    let nothing = rules.value.is_empty();
    let test = match (reach::is_optional(cx.schema, rules.field), missing) {
        (_, Some(missing)) if nothing => quote!(if !(#set) { #missing }),
        (true, Some(missing)) => quote! {
            if let ::core::option::Option::Some(#this) = #optional { #body } else { #missing }
        },
        (true, None) => quote! {
            if let ::core::option::Option::Some(#this) = #optional { #body }
        },
        (false, missing) => {
            let place = path(&reach::place(cx.schema, rules.field, "self"));
            let body = quote!({ let #this = &#place; #body });
            match missing {
                Some(missing) => quote!(if #set #body else { #missing }),
                None if rules.skip_unset => quote!(if #set #body),
                None => body,
            }
        }
    };
    quote!(#describe #test)
}

/// The rules of a value that `this` refers to; `element` is its place in the path.
fn value(rules: &ValueRules, field: FieldId, element: &TokenStream, cx: &Context<'_>) -> TokenStream {
    let this = cel::this();
    let mut body = TokenStream::new();
    body.extend(rules.checks.iter().map(|c| check(c, Some(element), cx)));
    if rules.message.is_some() {
        body.extend(quote!(__rsvc_out.nested(#this, || #element)?;));
    }
    let constant = constant(field, cx);
    let kind = &cx.schema.fields[field].kind;
    if let Some(items) = &rules.items {
        let element = quote!(::rsvc::validate::PathElement::index(#constant, __rsvc_n));
        let inner = part(items, field, kind.value(), &element, cx);
        body.extend(quote!(for (__rsvc_n, #this) in #this.iter().enumerate() { #inner }));
    }
    if let (FieldKind::Map(key, item), true) = (kind, rules.keys.is_some() || rules.values.is_some()) {
        let subscript = subscript(*key);
        let element = quote!(::rsvc::validate::PathElement::key(#constant, #subscript));
        let keys = rules.keys.as_ref().map(|keys| {
            let inner = part(keys, field, &ValueType::Scalar(*key), &element, cx);
            quote!({ let #this = __rsvc_key; #inner })
        });
        let values = rules.values.as_ref().map(|values| part(values, field, item, &element, cx));
        let this = if values.is_some() { quote!(#this) } else { quote!(_) };
        let map = cel::this();
        body.extend(quote!(for (__rsvc_key, #this) in #map { #keys #values }));
    }
    body
}

/// The rules of an item, with the exception of zero values where asked for.
fn part(
    rules: &ValueRules,
    field: FieldId,
    ty: &ValueType,
    element: &TokenStream,
    cx: &Context<'_>,
) -> TokenStream {
    let inner = value(rules, field, element, cx);
    if !rules.skip_zero {
        return inner;
    }
    let this = cel::this();
    let differs = match ty {
        ValueType::Message(_) | ValueType::Group(_) => {
            quote!(*#this != ::core::default::Default::default())
        }
        _ => cel::not_default(&quote!((*#this)), ty),
    };
    quote!(if #differs { #inner })
}

fn subscript(key: Scalar) -> TokenStream {
    match key {
        Scalar::Bool => quote!(::rsvc::validate::Subscript::Bool(*__rsvc_key)),
        Scalar::String => quote!(::rsvc::validate::Subscript::String(__rsvc_key.clone())),
        Scalar::Uint32 | Scalar::Uint64 | Scalar::Fixed32 | Scalar::Fixed64 => {
            quote!(::rsvc::validate::Subscript::Uint(u64::from(*__rsvc_key)))
        }
        _ => quote!(::rsvc::validate::Subscript::Int(i64::from(*__rsvc_key))),
    }
}

fn rule(check: &Check) -> TokenStream {
    let elements = check.path.iter().map(|PathElement { name, number, ty, index }| {
        let (number, ty) = (Literal::u32_unsuffixed(*number), Literal::i32_unsuffixed(*ty));
        match index {
            None => quote!(::rsvc::validate::RuleElement::new(#name, #number, #ty)),
            Some(index) => {
                let index = Literal::u64_unsuffixed(*index);
                quote!(::rsvc::validate::RuleElement::at(#name, #number, #ty, #index))
            }
        }
    });
    let Check { id, message, for_key, .. } = check;
    quote!({
        static __RSVC_RULE: ::rsvc::validate::Rule =
            ::rsvc::validate::Rule { id: #id, message: #message, path: &[#(#elements),*], for_key: #for_key };
        &__RSVC_RULE
    })
}

fn check(check: &Check, element: Option<&TokenStream>, cx: &Context<'_>) -> TokenStream {
    let element = if let Some(element) = element {
        quote!(::core::option::Option::Some(#element))
    } else {
        quote!(::core::option::Option::None)
    };
    let rule = rule(check);
    let report = Report { element, rule };
    let test = match &check.test {
        Test::Fails(plan) => report.condition(plan, true, cx),
        Test::Holds(plan) => report.condition(plan, false, cx),
        Test::Text(plan) => report.text(plan, cx),
    };
    if check.now { quote!({ let __rsvc_now = __rsvc_out.now(); #test }) } else { test }
}

struct Report {
    element: TokenStream,
    rule: TokenStream,
}

impl Report {
    fn add(&self) -> TokenStream {
        let Self { element, rule } = self;
        quote!(__rsvc_out.add(#rule, #element)?)
    }

    fn failed(&self) -> TokenStream {
        let rule = &self.rule;
        quote!(::core::result::Result::Err(__rsvc_error) => {
            return ::core::result::Result::Err(__rsvc_out.fail(#rule, __rsvc_error));
        })
    }

    /// Violated when the condition is `bad`.
    fn condition(&self, plan: &Plan, bad: bool, cx: &Context<'_>) -> TokenStream {
        let add = self.add();
        if !plan.fallible {
            let text = match (&plan.op, bad) {
                (Op::Not(inner), false) => cel::value(inner, cx),
                (_, true) => cel::value(plan, cx),
                (_, false) => {
                    let text = cel::value(plan, cx);
                    quote!(!(#text))
                }
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
    fn text(&self, plan: &Plan, cx: &Context<'_>) -> TokenStream {
        let Self { element, rule } = self;
        match &plan.op {
            Op::Const(Const::Str(text)) if text.is_empty() => TokenStream::new(),
            Op::Const(Const::Str(text)) => quote!(__rsvc_out.add_text(#rule, #element, #text)?;),
            Op::ToOwned(inner) => self.text(inner, cx),
            Op::Conditional(cond, then, otherwise) => {
                let (then, otherwise) = (self.text(then, cx), self.text(otherwise, cx));
                if !cond.fallible {
                    let cond = cel::value(cond, cx);
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
            _ => {
                let add = quote!(__rsvc_out.add_text(#rule, #element, __rsvc_text)?);
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
