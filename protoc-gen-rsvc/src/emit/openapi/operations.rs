//! Operations: what one binding of a method does.

use utoipa::openapi::Deprecated;
use utoipa::openapi::extensions::{Extensions, ExtensionsBuilder};
use utoipa::openapi::path::{Operation, OperationBuilder};

use super::info;
use super::streams;
use super::templates::Path;
use super::writer::Writer;
use crate::emit::docs;
use crate::model::Method;
use crate::model::http::{Binding, Body};
use crate::names;

impl Writer<'_> {
    /// The operation of a binding, the `index`-th of its method.
    pub(super) fn operation(&mut self, method: &Method, index: usize, path: &Path) -> Operation {
        let binding = &method.bindings[index];
        let suffix = names::operation_suffix(index);
        let parameters = self.parameters(method, binding, path);
        let mut operation = self.described(method, &suffix).build();
        operation.external_docs = method.openapi.external_docs.as_ref().map(info::page);
        operation.parameters = (!parameters.is_empty()).then_some(parameters);
        operation.request_body = self.request_body(method, binding).map(Into::into);
        operation.responses = self.responses(method, binding);
        operation.extensions = self.websocket(method, binding);
        operation
    }

    /// What the protocol makes no difference to.
    pub(super) fn described(&mut self, method: &Method, suffix: &str) -> OperationBuilder {
        let service = &self.schema.services[method.service];
        let (summary, description) = words(method);
        let id = self.operation_id(&format!("{}{suffix}", names::operation_id(self.schema, method)));
        let said = &method.openapi;
        let tags = match &*said.tags {
            [] => vec![info::tag(self.schema, method.service).to_owned()],
            tags => tags.to_vec(),
        };
        OperationBuilder::new()
            .tags(Some(tags))
            .summary(summary)
            .description(description)
            .operation_id(Some(id))
            .deprecated((method.origin.deprecated || service.origin.deprecated).then_some(Deprecated::True))
            .securities(Some(self.security.requirements(method)))
    }

    /// Methods that stream can be called over a WebSocket, too, for which OpenAPI has no words.
    fn websocket(&mut self, method: &Method, binding: &Binding) -> Option<Extensions> {
        let streams = method.kind.client_streams() || method.kind.server_streams();
        if !streams {
            return None;
        }
        let sent = (binding.body != Body::None).then(|| self.message_of_body(method, binding));
        let received = self.response_schema(method, binding);
        let value = streams::websocket(sent.as_ref(), &received);
        Some(ExtensionsBuilder::new().add("x-websocket", value).build())
    }
}

/// What the method says of itself: or else the first sentence of the comment as the summary, and all of it as the
/// description.
fn words(method: &Method) -> (Option<String>, Option<String>) {
    let said = &method.openapi;
    let mut description = said.description.clone().or_else(|| docs::markdown(&method.origin.comments));
    let summary = said.summary.clone().or_else(|| description.as_deref().and_then(first_sentence));
    if summary.as_deref() == description.as_deref().map(|text| text.trim_end_matches('.')) {
        description = None;
    }
    let mut more = Vec::new();
    if method.condition.is_some() {
        more.push("A condition on the caller and the request decides whether the call is allowed.");
    }
    if method.kind.client_streams() || method.kind.server_streams() {
        more.push("Can be called over a WebSocket, too: with `GET` and this path, a message a frame.");
    }
    for words in more {
        let text = description.get_or_insert_default();
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(words);
    }
    // Tools want one.
    let summary = summary.unwrap_or_else(|| capitalized(&names::words(&method.name)));
    (Some(summary), description)
}

fn capitalized(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The first sentence of a text, without its full stop.
pub(super) fn first_sentence(text: &str) -> Option<String> {
    let paragraph = text.split("\n\n").next()?;
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.find(". ").unwrap_or(line.len());
    let sentence = line[..end].trim_end_matches('.').to_owned();
    (!sentence.is_empty()).then_some(sentence)
}
