//! What HTTP caches may do with the responses of a method, as an expression.

use super::literals;
use crate::model::{Cache, ETag, FieldId, MessageId, Schema};
use crate::names;
use crate::storage::access;

/// The `rsvc::Cache` of a method whose responses are of the message `output`.
pub(super) fn cache(schema: &Schema, cache: &Cache, output: MessageId, module: &[String]) -> String {
    let max_age = cache.max_age.map(|seconds| format!(".max_age({seconds})"));
    let private = cache.private.then(|| ".private()".to_owned());
    let vary = (!cache.vary.is_empty()).then(|| format!(".vary(&[{}])", literals(&cache.vary).join(", ")));
    let etag = cache.etag.as_ref().map(|etag| match etag {
        ETag::Content => ".etag_of_content()".to_owned(),
        ETag::Field(path) => format!(".etag({})", version(schema, path, output, module)),
    });
    let parts = [max_age, private, vary, etag].into_iter().flatten();
    std::iter::once("::rsvc::Cache::new()".to_owned()).chain(parts).collect()
}

/// A closure that finds the field at `path` in a response.
fn version(schema: &Schema, path: &[FieldId], output: MessageId, module: &[String]) -> String {
    let node = &schema.messages[output];
    let (ty, message) = match &node.stand_in {
        Some(name) => {
            let name = names::stand_in_path(module, name);
            (format!("::rsvc::codegen::Plain<{name}>"), "&__rsvc_response.0")
        }
        None => (names::path_from(module, &node.rust), "__rsvc_response"),
    };
    let mut place = message.to_owned();
    for (index, field) in path.iter().enumerate() {
        let base = if index == 0 { place.trim_start_matches('&') } else { "__rsvc_message" };
        let value = access::optional(schema, *field, base, module);
        place = if index == 0 { value } else { format!("{place}.and_then(|__rsvc_message| {value})") };
    }
    format!(
        "|__rsvc_response| {{ let __rsvc_response = ::rsvc::codegen::etag::response::<{ty}>(__rsvc_response); ::rsvc::codegen::etag::version({place}) }}"
    )
}
