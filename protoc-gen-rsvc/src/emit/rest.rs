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
use crate::tokens;

pub(super) use routes::emit as emit_routes;

/// Who uses the typed code of bodies: a server reads those of requests and writes those of responses, a client the
/// other way round.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Server,
    Client,
}

/// The bindings of a service as expressions, in the order of its methods.
pub(super) fn bindings(schema: &Schema, service: &Service) -> Vec<String> {
    let methods = service.methods.iter().enumerate();
    methods
        .flat_map(|(index, method)| schema.methods[*method].bindings.iter().map(move |b| (index, b)))
        .map(|(index, binding)| self::binding(schema, index, binding).to_string())
        .collect()
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
    siblings.iter().position(|sibling| *sibling == field).expect("a field is one of its message")
}

/// The typed code of the fields that are the body of a request or response of a method.
pub(super) fn fields(schema: &Schema, method: MethodId, module: &[String], side: Side) -> String {
    let node = &schema.methods[method];
    let bodies = node.bindings.iter().filter_map(|b| match b.body {
        Body::Field(field) => Some(field),
        _ => None,
    });
    let of_request: BTreeSet<FieldId> = bodies.collect();
    let of_response: BTreeSet<FieldId> = node.bindings.iter().filter_map(|b| b.response_body).collect();
    let ((read, from), (written, to)) = match side {
        Side::Server => ((of_request, node.input), (of_response, node.output)),
        Side::Client => ((of_response, node.output), (of_request, node.input)),
    };
    let (from, to) = (path(schema, module, from), path(schema, module, to));
    if read.is_empty() && written.is_empty() {
        return "::rsvc::codegen::rest::Fields::none()".into();
    }
    let reads: Vec<TokenStream> = read
        .into_iter()
        .map(|field| {
            let index = Literal::usize_unsuffixed(index_of(schema, field));
            let read = json::read_field(schema, module, "__rsvc_read", field);
            quote! { #index => #read, }
        })
        .collect();
    let writes: Vec<TokenStream> = written
        .into_iter()
        .map(|field| {
            let index = Literal::usize_unsuffixed(index_of(schema, field));
            let entry = quote! { <#to as ::rsvc::json::Json>::info().field(#index) };
            let write = json::write_field(schema, module, "__rsvc_written", field, &entry);
            quote! { #index => #write, }
        })
        .collect();
    let read = (!reads.is_empty()).then(|| {
        quote! {
            read: |__rsvc_field: u16, __rsvc_read: &mut #from, __rsvc_r: &mut ::rsvc::json::Reader<'_>| match __rsvc_field {
                #(#reads)*
                _ => ::core::result::Result::Ok(()),
            },
        }
    });
    let write = (!writes.is_empty()).then(|| {
        quote! {
            write: |__rsvc_field: u16, __rsvc_written: &#to, __rsvc_w: &mut ::rsvc::json::Writer| match __rsvc_field {
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
    tokens::parse(&names::path_from(module, &schema.messages[message].rust))
}
