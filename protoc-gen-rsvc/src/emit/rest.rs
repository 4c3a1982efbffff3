//! REST: the bindings of a service as constants, the typed code of their bodies, and the automaton of all paths.
//!
//! What a binding does with a request is in the runtime; these are the facts it goes by.

mod routes;

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::json;
use crate::model::http::{Binding, Body, PathVariable, Segment};
use crate::model::{FieldId, MessageId, MethodId, Schema, Service};
use crate::names;

pub(super) use routes::emit as emit_routes;

/// A service's part of the REST adapter; `None` when nothing of it is bound.
pub(super) struct RestView {
    /// The bindings, as expressions.
    pub(super) bindings: Vec<String>,
    /// The path of the automaton.
    pub(super) routes: String,
}

pub(super) fn service(schema: &Schema, service: &Service, module: &[String]) -> Option<RestView> {
    let bindings: Vec<String> = bindings(schema, service)
        .map(|(index, binding)| self::binding(schema, index, binding).to_string())
        .collect();
    (!bindings.is_empty())
        .then(|| RestView { bindings, routes: names::root_path(module, names::REST_ROUTES) })
}

/// The bindings of a service, each with the index of its method.
fn bindings<'a>(schema: &'a Schema, service: &'a Service) -> impl Iterator<Item = (usize, &'a Binding)> {
    let methods = service.methods.iter().enumerate();
    methods.flat_map(|(index, method)| schema.methods[*method].bindings.iter().map(move |b| (index, b)))
}

fn binding(schema: &Schema, method: usize, binding: &Binding) -> TokenStream {
    let (method, verb, template) =
        (Literal::usize_unsuffixed(method), binding.verb.name(), &binding.template.text);
    let index = |field| Literal::usize_unsuffixed(index_of(schema, field));
    let mut parts = Vec::new();
    if !binding.variables.is_empty() {
        let variables = binding.variables.iter().map(|v| variable(schema, v, &binding.template.segments));
        parts.push(quote! { .variables(&[#(#variables),*]) });
    }
    match binding.body {
        Body::None => {}
        Body::Whole => parts.push(quote! { .body(::rsvc::codegen::rest::BodyKind::Whole) }),
        Body::Field(field) => {
            let field = index(field);
            parts.push(quote! { .body(::rsvc::codegen::rest::BodyKind::Field(#field)) });
        }
    }
    if let Some(field) = binding.response_body.map(index) {
        parts.push(quote! { .response_body(#field) });
    }
    if let Some(field) = binding.fill_update_mask.map(index) {
        parts.push(quote! { .fill_update_mask(#field) });
    }
    quote! { ::rsvc::codegen::rest::Binding::new(#method, #verb, #template) #(#parts)* }
}

fn variable(schema: &Schema, variable: &PathVariable, segments: &[Segment]) -> TokenStream {
    let path = variable.fields.iter().map(|field| Literal::usize_unsuffixed(index_of(schema, *field)));
    let (start, end) = (Literal::usize_unsuffixed(variable.start), Literal::usize_unsuffixed(variable.end));
    let multi = if variable.multi {
        quote! { .multi() }
    } else {
        quote! {}
    };
    if segments.get(variable.end - 1) == Some(&Segment::Rest) {
        quote! { ::rsvc::codegen::rest::Variable::rest(&[#(#path),*], #start) #multi }
    } else {
        quote! { ::rsvc::codegen::rest::Variable::new(&[#(#path),*], #start, #end) #multi }
    }
}

/// The place of a field in the table of its message.
fn index_of(schema: &Schema, field: FieldId) -> usize {
    let siblings = &schema.messages[schema.fields[field].message].fields;
    siblings.iter().position(|sibling| *sibling == field).unwrap_or_default()
}

/// The typed code of the fields that are the body of a request or response of a method.
pub(super) fn fields(schema: &Schema, method: MethodId, module: &[String]) -> String {
    let node = &schema.methods[method];
    let (bindings, request, response) =
        (&node.bindings, path(schema, module, node.input), path(schema, module, node.output));
    let read: BTreeSet<FieldId> = bindings
        .iter()
        .filter_map(|b| match b.body {
            Body::Field(field) => Some(field),
            _ => None,
        })
        .collect();
    let written: BTreeSet<FieldId> = bindings.iter().filter_map(|b| b.response_body).collect();
    if read.is_empty() && written.is_empty() {
        return "::rsvc::codegen::rest::Fields::none()".into();
    }
    let reads: Vec<TokenStream> = read
        .into_iter()
        .map(|field| {
            let index = Literal::usize_unsuffixed(index_of(schema, field));
            let read = json::read_field(schema, module, "__rsvc_request", field);
            quote! { #index => #read, }
        })
        .collect();
    let writes: Vec<TokenStream> = written
        .into_iter()
        .map(|field| {
            let index = Literal::usize_unsuffixed(index_of(schema, field));
            let entry = quote! { <#response as ::rsvc::json::Json>::info().field(#index) };
            let write = json::write_field(schema, module, "__rsvc_response", field, &entry);
            quote! { #index => #write, }
        })
        .collect();
    let read = (!reads.is_empty()).then(|| {
        quote! {
            read: |__rsvc_field: u16, __rsvc_request: &mut #request, __rsvc_r: &mut ::rsvc::json::Reader<'_>| match __rsvc_field {
                #(#reads)*
                _ => ::core::result::Result::Ok(()),
            },
        }
    });
    let write = (!writes.is_empty()).then(|| {
        quote! {
            write: |__rsvc_field: u16, __rsvc_response: &#response, __rsvc_w: &mut ::rsvc::json::Writer| match __rsvc_field {
                #(#writes)*
                _ => {}
            },
        }
    });
    let rest =
        (reads.is_empty() || writes.is_empty()).then(|| quote! { ..::rsvc::codegen::rest::Fields::none() });
    quote! { ::rsvc::codegen::rest::Fields { #read #write #rest } }.to_string()
}

fn path(schema: &Schema, module: &[String], message: MessageId) -> TokenStream {
    names::path_from(module, &schema.messages[message].rust).parse().unwrap_or_default()
}
