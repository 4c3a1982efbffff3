//! REST: the bindings of a service as constants.
//!
//! What a binding does with a request is in the runtime; these are the facts it goes by.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::model::http::{Binding, Body, Forms, PathVariable, Segment};
use crate::model::{FieldId, MethodId, Schema, Service};

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
    parts.extend(binding.forms.as_ref().map(|forms| self::forms(schema, forms)));
    parts.push(declared(schema, binding.method));
    let doc = format!(" {}", describe(schema, binding));
    quote! {
        #[doc = #doc]
        ::rsvc::codegen::rest::Binding::new(#method, #verb, #template) #(#parts)*
    }
}

/// Where the rpc stands, by the name that imports have for its file: whoever generates finds the same.
fn declared(schema: &Schema, method: MethodId) -> TokenStream {
    let method = &schema.methods[method];
    let file = &schema.files[schema.services[method.service].file].name;
    let line = method.origin.place.span.map_or(0, |(start, _)| start.line + 1);
    let line = Literal::u32_unsuffixed(line);
    quote! { .declared(#file, #line) }
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
    let path = path(schema, &variable.fields);
    let multi = variable.multi.then(|| quote! { .multi() });
    let (start, end) = (variable.start, variable.end);
    let rest = segments.iter().position(|segment| *segment == Segment::Rest);
    let number = Literal::usize_unsuffixed;
    // How many segments stand behind the variable, and behind its first one.
    let (behind, behind_start) = (number(segments.len() - end), number(segments.len() - start));
    let before_rest = rest.is_none_or(|rest| end <= rest);
    let (start, end) = (number(start), number(end));
    let variable = if before_rest {
        quote! { new(#path, #start, #end) #multi }
    } else if rest.is_some_and(|rest| variable.start > rest) {
        quote! { behind_rest(#path, #behind_start, #behind) #multi }
    } else {
        quote! { rest(#path, #start, #behind) }
    };
    quote! { ::rsvc::codegen::rest::Variable::#variable }
}

/// A path from a message to a field, each step an index into its message's fields.
fn path(schema: &Schema, fields: &[FieldId]) -> TokenStream {
    let indices = fields.iter().map(|field| Literal::usize_unsuffixed(index_of(schema, *field)));
    quote! { &[#(#indices),*] }
}

/// The forms that a body can be.
fn forms(schema: &Schema, Forms { urlencoded, multipart, files }: &Forms) -> TokenStream {
    let urlencoded = urlencoded.then(|| quote! { .urlencoded() });
    let multipart = multipart.then(|| quote! { .multipart() });
    let files = files.iter().map(|file| {
        let content = path(schema, &file.content);
        let told = |method, fields: &Option<Vec<FieldId>>| {
            let path = path(schema, fields.as_ref()?);
            let method = format_ident!("{method}");
            Some(quote! { .#method(#path) })
        };
        let filename = told("filename", &file.filename);
        let media_type = told("media_type", &file.media_type);
        quote! { ::rsvc::codegen::rest::FormFile::new(#content) #filename #media_type }
    });
    let files = (files.len() > 0).then(|| quote! { .files(&[#(#files),*]) });
    quote! { .forms(&::rsvc::codegen::rest::Forms::new() #urlencoded #multipart #files) }
}

/// The place of a field in the table of its message.
fn index_of(schema: &Schema, field: FieldId) -> usize {
    let siblings = &schema.messages[schema.fields[field].message].fields;
    siblings.iter().position(|sibling| *sibling == field).expect("a field is one of its message's")
}
