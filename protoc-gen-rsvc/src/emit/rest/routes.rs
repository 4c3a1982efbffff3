//! The automaton of all path templates as a `match` over states and segments.

use std::collections::BTreeMap;

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::diag::Diagnostic;
use crate::emit::internal;
use crate::model::http::{Routes, Segment, State};
use crate::model::{MethodId, Schema, ServiceId};
use crate::names;

/// From how many texts on they are told apart by their length first: a `match` compares them one by one.
const BY_LENGTH: usize = 8;

/// The constant of the tree's root; `None` without bindings.
pub(in crate::emit) fn emit(schema: &Schema) -> Result<Option<syn::Item>, Diagnostic> {
    let routes = &schema.routes;
    if routes.states.is_empty() {
        return Ok(None);
    }
    // By their first binding: the order in which they stand in the files.
    let mut services: Vec<ServiceId> = Vec::new();
    for (_, method) in schema.methods.iter().filter(|(_, m)| !m.bindings.is_empty()) {
        if !services.contains(&method.service) {
            services.push(method.service);
        }
    }
    let steps = routes.states.iter().enumerate().skip(Routes::START).filter_map(|(number, state)| {
        let (number, next) = (Literal::usize_unsuffixed(number), next(state)?);
        Some(quote! { #number => #next, })
    });
    let ends = routes.states.iter().map(|state| {
        let ends = state.ends.iter().map(|&(method, index)| end(schema, &services, method, index));
        quote! { &[#(#ends),*] }
    });
    let bound = services.iter().map(|id| {
        let service = &schema.services[*id];
        let name = &service.full_name;
        let module = schema.packages[service.package].module.iter().map(|part| ident(part));
        let constant = format_ident!("{}", service.names.bindings);
        quote! { (#name, #(#module::)* #constant) }
    });
    let name = format_ident!("{}", names::REST_ROUTES);
    let routes = syn::parse2(quote! {
        /// Finds the methods of all services by the paths of `google.api.http`.
        pub const #name: ::rsvc::codegen::rest::Routes = {
            /// The state after one more segment.
            fn step(state: u16, segment: &str) -> u16 {
                match state {
                    #(#steps)*
                    _ => 0,
                }
            }
            ::rsvc::codegen::rest::Routes::new(step, &[#(#ends),*], &[#(#bound),*])
        };
    });
    routes.map(Some).map_err(|error| internal(format!("the automaton of routes is not valid Rust: {error}")))
}

fn end(schema: &Schema, services: &[ServiceId], method: MethodId, index: usize) -> TokenStream {
    let node = &schema.methods[method];
    let binding = &node.bindings[index];
    let place = services.iter().position(|service| *service == node.service);
    let place = place.expect("the service of a bound method is in the list");
    // Those of the methods before it come first in the service's constant.
    let before = schema.services[node.service].methods.iter().take_while(|m| **m != method);
    let number = before.map(|m| schema.methods[*m].bindings.len()).sum::<usize>() + index;
    let (place, number) = (Literal::usize_unsuffixed(place), Literal::usize_unsuffixed(number));
    let verb = binding.template.verb.as_deref().unwrap_or("");
    let http = binding.verb.name();
    let open = matches!(binding.template.segments.last(), None | Some(Segment::Rest));
    quote! { ::rsvc::codegen::rest::End::new(#verb, #http, #place, #number, #open) }
}

/// The state after a segment, as an expression; `None` when there is none.
fn next(state: &State) -> Option<TokenStream> {
    let other = Literal::usize_unsuffixed(state.other);
    if state.literals.is_empty() {
        return (state.other != Routes::NOWHERE).then(|| quote! { #other });
    }
    let arms = |literals: &[(&String, &usize)]| {
        let arms: Vec<TokenStream> = literals
            .iter()
            .map(|&(text, next)| {
                let next = Literal::usize_unsuffixed(*next);
                quote! { #text => #next, }
            })
            .collect();
        quote! { match segment { #(#arms)* _ => #other } }
    };
    let literals: Vec<_> = state.literals.iter().collect();
    if literals.len() <= BY_LENGTH {
        return Some(arms(&literals));
    }
    let mut by_length: BTreeMap<usize, Vec<(&String, &usize)>> = BTreeMap::new();
    for literal in literals {
        by_length.entry(literal.0.len()).or_default().push(literal);
    }
    let lengths = by_length.iter().map(|(length, literals)| {
        let (length, arms) = (Literal::usize_unsuffixed(*length), arms(literals));
        quote! { #length => #arms, }
    });
    Some(quote! { match segment.len() { #(#lengths)* _ => #other } })
}

fn ident(name: &str) -> proc_macro2::Ident {
    match name.strip_prefix("r#") {
        Some(raw) => format_ident!("r#{raw}"),
        None => format_ident!("{name}"),
    }
}
