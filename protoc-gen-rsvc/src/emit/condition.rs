//! The condition of a method: a closure over a call.

use proc_macro2::TokenStream;
use quote::quote;

use crate::cel::emit::{self as cel, Context, StoredExpr};
use crate::model::plan::Input;
use crate::model::{Condition, Method, Schema};
use crate::tokens;

/// The closure, which binds what it reads. There may be parentheses in it that nobody needs.
pub(super) fn condition(
    schema: &Schema,
    method: &Method,
    condition: &Condition,
    module: &[String],
) -> String {
    let Condition { plan, claims } = condition;
    let message = |id| tokens::path(module, &schema.messages[id].rust);
    let bindings = [Input::Request, Input::Subject, Input::Scopes, Input::Claims, Input::Metadata]
        .into_iter()
        .filter(|input| plan.reads_input(*input))
        .map(|input| {
            let value = match input {
                Input::Request => {
                    if let Some(stand_in) = &schema.messages[method.input].stand_in {
                        let ty = tokens::stand_in(module, stand_in);
                        quote!(&__rsvc_call.request::<::rsvc::codegen::Plain<#ty>>().0)
                    } else {
                        let ty = message(method.input);
                        quote!(__rsvc_call.request::<#ty>())
                    }
                }
                Input::Subject => quote!(__rsvc_call.subject()),
                Input::Scopes => quote!(__rsvc_call.scopes()),
                Input::Claims => {
                    let ty = claims.map_or_else(|| quote!(::rsvc::prost_types::Struct), message);
                    quote!(__rsvc_call.claims::<#ty>()?)
                }
                Input::Metadata => quote!(&__rsvc_call.metadata()),
            };
            let name = cel::input(input);
            quote!(let #name = #value;)
        });
    let bindings: TokenStream = bindings.collect();
    // A condition stands on no value.
    let cx = Context { schema, module, this: StoredExpr::direct(TokenStream::new()) };
    let holds = cel::condition(plan, &cx);
    quote!(|__rsvc_call| { #bindings ::core::result::Result::Ok(#holds) }).to_string()
}
