//! The tables that samples of messages are made from, for the runtime.

use quote::quote;

use super::internal;
use crate::diag::Diagnostic;
use crate::model::{MessageId, PackageId, Schema};
pub(crate) use crate::samples::{SampleTables, Samples};
use crate::tokens;

/// What makes samples of messages of a package: one table for all of them and what is in them.
pub(super) fn emit(
    schema: &Schema,
    tables: &SampleTables,
    package: PackageId,
    messages: &[MessageId],
) -> Result<Vec<syn::Item>, Diagnostic> {
    let module = &schema.packages[package].module;
    let text = tables.text(messages);
    let paths = messages.iter().map(|id| tokens::path(module, &schema.messages[*id].rust));
    let item = syn::parse2(quote!(::rsvc::sample_impls!(#text, #(#paths),*);)).map_err(|error| {
        let name = &schema.packages[package].name;
        internal(format!("the samples of the package `{name}` are not valid Rust: {error}"))
    })?;
    Ok(vec![item])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Samples;
    use crate::emit::fixture;

    #[test]
    fn requests_have_no_outputs_unless_a_rule_requires_them() {
        let schema = fixture::schema(
            r#"import "google/api/field_behavior.proto";
            message M {
              string a = 1 [(buf.validate.field).string.const = "a"];
              string made = 2 [(buf.validate.field).string.const = "b", (google.api.field_behavior) = OUTPUT_ONLY];
              string tested = 3 [(buf.validate.field) = {required: true, string: {const: "c"}},
                  (google.api.field_behavior) = OUTPUT_ONLY];
              repeated M more = 4 [(buf.validate.field).repeated.max_items = 1];
            }"#,
        );
        let mut samples = Samples::new(&schema);
        let message = fixture::message(&schema, "t.v1.M");
        let (whole, request) = (samples.message(message).unwrap(), samples.request(message).unwrap());
        assert_eq!([&whole["made"], &whole["tested"]], ["b", "c"]);
        assert_eq!(
            [request.get("a"), request.get("made"), request.get("tested")],
            [Some(&json!("a")), None, Some(&json!("c"))]
        );
        for inner in request.get("more").and_then(|more| more.as_array()).into_iter().flatten() {
            assert_eq!(inner.get("made"), None);
        }
    }

    #[test]
    fn content_has_a_media_type() {
        let schema = fixture::schema(
            r#"import "google/api/httpbody.proto"; message M { google.api.HttpBody b = 1; }"#,
        );
        let body = Samples::new(&schema).message(fixture::message(&schema, "google.api.HttpBody"));
        assert_eq!(body, Some(json!({"contentType": "text/plain", "data": "SGVsbG8="})));
    }
}
