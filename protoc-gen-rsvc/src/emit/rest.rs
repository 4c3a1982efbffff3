//! REST: the bindings of a service as constants, and the automaton of all paths.
//!
//! What a binding does with a request is in the runtime; these are the facts it goes by.

mod routes;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::model::http::{Binding, Body, PathVariable, Segment};
use crate::model::{FieldId, Schema, Service};

pub(super) use routes::emit as emit_routes;

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
    let doc = format!(" {}", describe(schema, binding));
    quote! {
        #[doc = #doc]
        ::rsvc::codegen::rest::Binding::new(#method, #verb, #template) #(#parts)*
    }
}

/// What a binding does in words, for whoever reads the numbers of fields.
fn describe(schema: &Schema, binding: &Binding) -> String {
    let name = |field: &FieldId| format!("`{}`", schema.fields[*field].name);
    let path = |variable: &PathVariable| {
        let names: Vec<&str> =
            variable.fields.iter().map(|field| schema.fields[*field].name.as_str()).collect();
        format!("`{}`", names.join("."))
    };
    let mut parts = vec![format!("`{}`", schema.methods[binding.method].name)];
    if !binding.variables.is_empty() {
        let paths: Vec<String> = binding.variables.iter().map(path).collect();
        parts.push(format!("in the path {}", paths.join(", ")));
    }
    parts.push(match &binding.body {
        Body::None => "the rest in the query".to_owned(),
        Body::Whole => "the rest in the body".to_owned(),
        Body::Field(field) => format!("{} in the body, the rest in the query", name(field)),
    });
    parts.extend(binding.response_body.as_ref().map(|field| format!("answers with {}", name(field))));
    parts.join("; ")
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
    siblings.iter().position(|sibling| *sibling == field).expect("a field is one of its message's")
}
