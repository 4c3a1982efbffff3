//! An error set: its enum and what the runtime needs to know of it, by `templates/error_set.rs.askama`.

use askama::Template as _;
use proc_macro2::TokenStream;
use quote::quote;

use super::{docs, internal, literal, literals, parens, parse};
use crate::diag::Diagnostic;
use crate::model::{
    ErrorSet, ErrorSetId, ErrorVariant, FieldId, FieldKind, Scalar, Schema, TemplatePart, TextTemplate,
    ValueType, WellKnown,
};
use crate::names;
use crate::options::{Options, path_matches};
use crate::storage::{self, Parameter, access};
use crate::tokens;

// What askama's derive makes of the template. It is derived here, so that a user's build compiles no templates.
include!("derived/error_set.rs");

/// Everything the template prints, decided.
struct ErrorSetView<'a> {
    /// Rust string literals.
    docs: Vec<String>,
    attributes: Vec<&'a str>,
    deprecated: bool,
    name: &'a str,
    full_name: &'a str,
    /// The variant of everything else.
    status: &'static str,
    /// A literal.
    domain: String,
    errors: Vec<ErrorView<'a>>,
}

struct ErrorView<'a> {
    index: usize,
    docs: Vec<String>,
    deprecated: bool,
    /// The variant.
    name: &'a str,
    /// The type that the variant holds.
    payload: TokenStream,
    /// The payload's own type, for `From`: of a struct that belongs to no other error of the set.
    from: Option<TokenStream>,
    /// A payload of that type as the variant holds it.
    wrapped: TokenStream,
    constructor: &'a str,
    parameters: Vec<Parameter>,
    /// The payload made of the parameters.
    construct: TokenStream,
    reason: &'a str,
    code: &'static str,
    /// Literals.
    proto_name: String,
    payload_name: String,
    http_status: u16,
    retry_after: Option<(u64, u32)>,
    help: Vec<(String, String)>,
    locales: Vec<String>,
    /// Expressions that write to `f` and give a `fmt::Result`, of a value `payload`.
    message: Vec<TokenStream>,
    localized: Vec<Vec<TokenStream>>,
    /// Statements that write to `out`.
    metadata: Vec<TokenStream>,
    /// Statements that fill `payload` from `incoming`.
    restore: Vec<TokenStream>,
}

pub(super) fn emit(schema: &Schema, options: &Options, id: ErrorSetId) -> Result<Vec<syn::Item>, Diagnostic> {
    let set = &schema.error_sets[id];
    let message = &schema.messages[set.message];
    let module = &schema.packages[message.package].module;
    let crate::model::TypePath::Local { name, .. } = &message.rust else { return Ok(Vec::new()) };
    if !schema.files[message.file].generate {
        return Ok(Vec::new());
    }
    let attributes =
        options.type_attributes.iter().filter(|(path, _)| path_matches(path, &message.full_name));
    let view = ErrorSetView {
        docs: literals(docs::lines(&message.origin.comments)),
        attributes: attributes.map(|(_, attribute)| attribute.as_str()).collect(),
        deprecated: message.origin.deprecated,
        name,
        full_name: &message.full_name,
        status: names::STATUS_VARIANT,
        domain: literal(&set.domain),
        errors: set.errors.iter().enumerate().map(|(i, e)| error(schema, set, i, e, module)).collect(),
    };
    let text = view.render().map_err(|e| internal(format!("the template of error sets: {e}")))?;
    let mut items = parse(&text, &format!("the code of error set `{}`", message.full_name))?;
    parens::strip(&mut items);
    Ok(items)
}

fn error<'a>(
    schema: &'a Schema,
    set: &ErrorSet,
    index: usize,
    error: &'a ErrorVariant,
    module: &[String],
) -> ErrorView<'a> {
    let (field, payload) = (&schema.fields[error.field], &schema.messages[error.payload]);
    let ty = tokens::path(module, &payload.rust);
    let (parameters, value) = construct(schema, error, &ty, module);
    let print = |template: &TextTemplate| template.0.iter().map(|part| print(schema, part, module)).collect();
    let mut docs = docs::lines(&field.origin.comments);
    if !docs.is_empty() {
        docs.push(String::new());
    }
    docs.push(format!(" Travels as `{}`, over HTTP as {}.", error.code.name, error.http_status));
    ErrorView {
        index,
        docs: literals(docs),
        deprecated: field.origin.deprecated,
        name: &field.rust_name,
        payload: storage::payload_type(&ty, error.boxed),
        from: is_only_one_of_its_type(schema, set, error).then_some(ty),
        wrapped: storage::payload(&quote!(payload), error.boxed),
        constructor: &error.constructor,
        parameters,
        construct: storage::payload(&value, error.boxed),
        reason: &error.reason,
        code: error.code.rust,
        proto_name: literal(&field.name),
        payload_name: literal(&payload.full_name),
        http_status: error.http_status,
        retry_after: error.retry_after.map(|delay| (delay.as_secs(), delay.subsec_nanos())),
        help: error.help.iter().map(|(text, url)| (literal(text), literal(url))).collect(),
        locales: literals(error.localized.iter().map(|(locale, _)| locale)),
        message: print(&error.message),
        localized: error.localized.iter().map(|(_, template)| print(template)).collect(),
        metadata: error.metadata.iter().map(|f| metadata(schema, *f, module)).collect(),
        restore: error.metadata.iter().map(|f| restore(schema, *f, module)).collect(),
    }
}

/// Whether the type of a payload tells which error it is: a struct, and that of no other error. What stands for a
/// well-known type, as `String` and `()`, says too little by itself.
fn is_only_one_of_its_type(schema: &Schema, set: &ErrorSet, error: &ErrorVariant) -> bool {
    let payload = &schema.messages[error.payload];
    let same = |other: &&ErrorVariant| schema.messages[other.payload].rust == payload.rust;
    payload.well_known.is_none() && set.errors.iter().filter(same).count() == 1
}

/// What the constructor takes, and the payload that it makes of that. A payload from elsewhere is taken as it is.
fn construct(
    schema: &Schema,
    error: &ErrorVariant,
    ty: &TokenStream,
    module: &[String],
) -> (Vec<Parameter>, TokenStream) {
    let payload = &schema.messages[error.payload];
    if payload.well_known == Some(WellKnown::Empty) {
        return (Vec::new(), quote!(()));
    }
    if !payload.is_generated() {
        let (name, value) = (tokens::ident("payload"), quote!(payload));
        return (vec![Parameter { name, ty: ty.clone(), value: value.clone() }], value);
    }
    let parameters = storage::parameters(schema, error.payload, module);
    let members = parameters.iter().map(|Parameter { name, value, .. }| quote!(#name: #value));
    let made = quote!(#ty { #(#members),* });
    (parameters, made)
}

/// An expression that writes a part of a template.
fn print(schema: &Schema, part: &TemplatePart, module: &[String]) -> TokenStream {
    let path = match part {
        TemplatePart::Text(text) => return quote!(f.write_str(#text)),
        TemplatePart::Field(path) => path,
    };
    let mut value = TokenStream::new();
    for (depth, field) in path.iter().enumerate() {
        let inner = access::optional(schema, *field, &quote!(payload), module);
        value = if depth == 0 { inner } else { quote!((#value).and_then(|payload| #inner)) };
    }
    let Some(&last) = path.last() else { return quote!(::core::result::Result::Ok(())) };
    let default = default(schema, last);
    if let Some(ty) = enumeration(schema, last, module) {
        let name = name_of(&ty);
        quote!(::rsvc::codegen::error::show_enumeration(f, #value, #name, #default))
    } else {
        quote!(::rsvc::codegen::error::show(f, #value, #default))
    }
}

/// What an unset field prints.
pub(super) fn default(schema: &Schema, id: FieldId) -> String {
    let field = &schema.fields[id];
    if let Some(default) = &field.default {
        return default.clone();
    }
    match field.kind.value() {
        ValueType::Scalar(Scalar::Bool) => "false".into(),
        ValueType::Enum(id) => schema.enums[*id].values[0].name.clone(),
        // A wrapper that is not there has no value either.
        ValueType::Scalar(Scalar::String | Scalar::Bytes) | ValueType::Message(_) | ValueType::Group(_) => {
            String::new()
        }
        ValueType::Scalar(_) => "0".into(),
    }
}

/// A statement that adds a field to the metadata.
fn metadata(schema: &Schema, id: FieldId, module: &[String]) -> TokenStream {
    let (name, value) = (&schema.fields[id].name, access::optional(schema, id, &quote!(payload), module));
    if let Some(ty) = enumeration(schema, id, module) {
        let name_of = name_of(&ty);
        quote!(out.enumeration(#name, #value, #name_of);)
    } else {
        quote!(out.field(#name, #value);)
    }
}

/// A statement that reads a field back from the metadata.
fn restore(schema: &Schema, id: FieldId, module: &[String]) -> TokenStream {
    let name = &schema.fields[id].name;
    let value = if let Some(ty) = enumeration(schema, id, module) {
        let number_of = number_of(&ty);
        quote!(incoming.enumeration(#name, #number_of))
    } else {
        quote!(incoming.field(#name))
    };
    let set = access::set(schema, id, &quote!(payload), &quote!(value), module);
    quote!(if let ::core::option::Option::Some(value) = #value { #set })
}

/// The Rust type of an enum field.
fn enumeration(schema: &Schema, id: FieldId, module: &[String]) -> Option<TokenStream> {
    match &schema.fields[id].kind {
        FieldKind::Singular(ValueType::Enum(id), _) => Some(tokens::path(module, &schema.enums[*id].rust)),
        _ => None,
    }
}

/// A function from the number of an enum's value to its name.
fn name_of(ty: &TokenStream) -> TokenStream {
    quote!(|number| <#ty as ::core::convert::TryFrom<i32>>::try_from(number).ok().map(|value| value.as_str_name()))
}

/// A function from the name of an enum's value to its number.
fn number_of(ty: &TokenStream) -> TokenStream {
    quote!(|name| <#ty>::from_str_name(name).map(|value| value as i32))
}
