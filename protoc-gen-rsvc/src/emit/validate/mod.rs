//! `impl rsvc::Validate` of every message.

mod check;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use self::check::{FieldPart, ViolationField, check, checks, holds, last_check, paths};
use super::{Emitted, fits, internal, parens};
use crate::cel::emit::{self as cel, Context, StoredExpr};
use crate::diag::Diagnostic;
use crate::model::rules::{Check, FieldRules, Group, MessageRules, ValueRules};
use crate::model::{FieldId, FieldKind, MessageId, PackageId, Schema, ValueType};
use crate::names;
use crate::storage::access;
use crate::tokens;

/// The messages of a package that have an impl, nested ones included.
pub(super) fn messages(schema: &Schema, package: PackageId) -> Vec<MessageId> {
    let mut found = Vec::new();
    let mut open: Vec<MessageId> = schema.packages[package].messages.iter().rev().copied().collect();
    while let Some(id) = open.pop() {
        let message = &schema.messages[id];
        open.extend(message.messages.iter().rev());
        if message.is_generated() {
            found.push(id);
        }
    }
    found
}

/// The impls of messages of a package, in its module; empty ones as text if `as_text` asks for it.
pub(super) fn emit(
    schema: &Schema,
    package: PackageId,
    messages: &[MessageId],
    as_text: bool,
) -> Result<Vec<Emitted>, Diagnostic> {
    let this = StoredExpr::behind(quote!(self));
    let cx = Context { schema, module: &schema.packages[package].module, this };
    let item = |id: &MessageId| {
        let rules = schema.rules.of(*id).filter(|rules| rules.any);
        if as_text
            && rules.is_none()
            && let Some(text) = empty_impl(*id, &cx)
        {
            return Ok(Emitted::Text(text));
        }
        let item = syn::parse2(message_impl(*id, rules, &cx)).map_err(|error| {
            let name = &schema.messages[*id].full_name;
            internal(format!("the validation of `{name}` is not valid Rust: {error}"))
        })?;
        let mut items = vec![item];
        parens::strip(&mut items);
        Ok(Emitted::Items(items))
    };
    messages.iter().map(item).collect()
}

/// The impl of a message without rules, if prettyplease leaves it as it is.
fn empty_impl(id: MessageId, cx: &Context<'_>) -> Option<String> {
    let path = names::path_from(cx.module, &cx.schema.messages[id].rust);
    let text = format!("impl ::rsvc::Validate for {path} {{}}\n");
    fits(text.trim_end()).then_some(text)
}

fn message_impl(id: MessageId, rules: Option<&MessageRules>, cx: &Context<'_>) -> TokenStream {
    let ty = tokens::path(cx.module, &cx.schema.messages[id].rust);
    let Some(rules) = rules else {
        return quote!(impl ::rsvc::Validate for #ty {});
    };
    let body = MessageEmitter { rules, cx }.body();
    quote! {
        impl ::rsvc::Validate for #ty {
            fn check(&self, __rsvc_out: &mut ::rsvc::codegen::validate::Sink) {
                #body
            }
        }
    }
}

/// The rules of a message on their way to Rust.
struct MessageEmitter<'a> {
    rules: &'a MessageRules,
    cx: &'a Context<'a>,
}

impl MessageEmitter<'_> {
    fn body(&self) -> TokenStream {
        let Self { rules, cx } = self;
        if let Some(text) = &rules.broken {
            return quote!(__rsvc_out.broken(#text););
        }
        let mut body = TokenStream::new();
        body.extend(rules.checks.iter().map(|c| self.message_check(c)));
        body.extend(rules.groups.iter().map(|g| group(g, cx)));
        for oneof in &rules.required_oneofs {
            let oneof = &cx.schema.oneofs[*oneof];
            let (field, name) = (tokens::ident(&oneof.rust_name), &oneof.name);
            let members = oneof.fields.iter().map(|f| Literal::u32_unsuffixed(cx.schema.fields[*f].number));
            body.extend(
                quote!(if self.#field.is_none() { __rsvc_out.add_missing_oneof(#name, &[#(#members),*]); }),
            );
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

    /// A rule of the message, which waits until the lists that it goes through are not too long.
    fn message_check(&self, rule: &Check) -> TokenStream {
        let cx = self.cx;
        let test = check(rule, &ViolationField::MESSAGE, cx);
        let mut sizes = rule.limited.iter().map(|id| {
            let rules = self.rules.fields.iter().find(|rules| rules.field == *id);
            let size = rules.and_then(|rules| rules.value.max_size()).expect("the list has a limit");
            let list = access::place(cx.schema, *id, &quote!(self));
            holds(size, &cx.on(StoredExpr::direct(list)))
        });
        match sizes.next() {
            Some(first) => quote!(if #first #(&& #sizes)* { #test }),
            None => test,
        }
    }

    fn field(&self, rules: &FieldRules) -> TokenStream {
        let cx = self.cx;
        let field = rules.field;
        if let Some(call) = self.message(rules) {
            return call;
        }
        let missing = rules.required.then(|| {
            let number = ViolationField::new(field, FieldPart::Whole, cx).number();
            quote!(__rsvc_out.add_missing(#number);)
        });
        let set = || cel::is_set(&quote!(self), field, cx);
        if rules.value.is_empty() {
            let set = set();
            return missing.map_or_else(TokenStream::new, |missing| quote!(if !(#set) { #missing }));
        }
        let ty = cx.schema.fields[field].kind.value().clone();
        if access::is_optional(cx.schema, field) {
            let this = cel::this();
            let whole = cx.on(StoredExpr::behind(quote!(#this)));
            let body = self.part(&rules.value, field, &ty, FieldPart::Whole, &whole);
            let (pattern, text) = cel::bind(&quote!(self), field, &this, cx);
            let otherwise = missing.map(|missing| quote!(else { #missing }));
            return quote!(if let #pattern = #text { #body } #otherwise);
        }
        let place = StoredExpr::direct(access::place(cx.schema, field, &quote!(self)));
        let body = self.part(&rules.value, field, &ty, FieldPart::Whole, &cx.on(place));
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
        let place = access::option(cx.schema, rules.field, &quote!(self))?;
        if !rules.value.is_message_only() {
            return None;
        }
        let number = ViolationField::new(rules.field, FieldPart::Whole, cx).number();
        let method = if rules.required { quote!(required) } else { quote!(optional) };
        Some(quote!(__rsvc_out.#method(#number, &#place);))
    }

    /// The rules of a value, and of what is in it: a list or map of a wrong size is not looked into.
    fn value(&self, rules: &ValueRules, field: FieldId, part: FieldPart, cx: &Context<'_>) -> TokenStream {
        let at = ViolationField::new(field, part, cx);
        let inside = self.inside(rules, field, part, cx);
        if rules.sizes.is_empty() {
            return inside;
        }
        if inside.is_empty() {
            return rules.sizes.iter().map(|size| check(size, &at, cx)).collect();
        }
        let sizes = rules.sizes.iter().map(|size| last_check(size, &at, cx));
        quote!('__rsvc_size: { #(#sizes)* #inside })
    }

    /// What is left to test of a value of the right size.
    fn inside(&self, rules: &ValueRules, field: FieldId, part: FieldPart, cx: &Context<'_>) -> TokenStream {
        let this = cel::this();
        let at = ViolationField::new(field, part, cx);
        let number = at.number();
        let mut body = checks(&rules.checks, &at, cx);
        if rules.message.is_some() {
            let value = cx.this.reference();
            body.extend(match part {
                FieldPart::Whole | FieldPart::Key => quote!(__rsvc_out.nested(#number, #value);),
                FieldPart::Item => quote!(__rsvc_out.nested_item(#number, #value, __rsvc_n);),
                FieldPart::Value => quote!(__rsvc_out.nested_value(#number, #value, __rsvc_key);),
            });
        }
        let kind = &cx.schema.fields[field].kind;
        let held = StoredExpr::behind(quote!(#this));
        if let Some(items) = &rules.items {
            if items.is_message_only() {
                let list = cx.this.reference();
                body.extend(quote!(__rsvc_out.items(#number, #list);));
            } else {
                let inner = self.part(items, field, kind.value(), FieldPart::Item, &cx.on(held.clone()));
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
                let cx = cx.on(StoredExpr::behind(quote!(__rsvc_key)));
                self.part(keys, field, &ValueType::Scalar(*key), FieldPart::Key, &cx)
            });
            let values =
                rules.values.as_ref().map(|v| self.part(v, field, item, FieldPart::Value, &cx.on(held)));
            let this = if values.is_some() { quote!(#this) } else { quote!(_) };
            body.extend(quote!(for (__rsvc_key, #this) in #map { #keys #values }));
        }
        body
    }

    /// The rules of a value, with the exception of zero values where asked for.
    fn part(
        &self,
        rules: &ValueRules,
        field: FieldId,
        ty: &ValueType,
        part: FieldPart,
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
            _ => access::not_default(&this, ty),
        };
        quote!(if #differs { #inner })
    }
}

/// At most one of the fields, or exactly one.
fn group(group: &Group, cx: &Context<'_>) -> TokenStream {
    let set = group.fields.iter().map(|f| {
        let set = cel::is_set(&quote!(self), *f, cx);
        quote!(usize::from(#set))
    });
    let count = set.reduce(|all, one| quote!(#all + #one)).expect("a group names fields");
    let names: Vec<&str> = group.fields.iter().map(|f| cx.schema.fields[*f].name.as_str()).collect();
    let names = names.join(", ");
    let reads = paths(&group.reads);
    let rule = |message: String| {
        quote!(__rsvc_out.add_rule(
            0,
            const { &::rsvc::codegen::validate::Rule::of_message("message.oneof", #message).reading(#reads) },
        ))
    };
    let many = rule(format!("only one of {names} can be set"));
    let none = group.required.then(|| {
        let none = rule(format!("one of {names} must be set"));
        quote!(0 => #none,)
    });
    quote! {
        match #count {
            #none
            0 | 1 => {}
            _ => #many,
        }
    }
}
