//! Streams: the forms in which the adapter sends and takes the messages of one.

use serde_json::{Value, json};
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::extensions::{Extensions, ExtensionsBuilder};
use utoipa::openapi::schema::Object;
use utoipa::openapi::{RefOr, Schema};

use super::examples::with_example;
use super::media::{EVENTS, JSON, NDJSON};
use super::shape::{any_of, list, object, text};
use super::writer::Writer;
use crate::options::OpenApiVersion;

/// What the description of a stream of requests says.
pub(super) const REQUESTS: &str =
    "A stream of messages: each is read as it arrives. A JSON array, or JSON texts one after the other.";

/// What the description of a stream of responses says.
pub(super) const RESPONSES: &str = "A stream of messages: each is sent as it comes. `Accept` selects the form, a JSON array \
    if it names none. An error before the first message is the response; a later one ends the stream.";

/// The forms of a stream of requests.
pub(super) fn requests(
    message: RefOr<Schema>,
    example: Option<Value>,
    version: OpenApiVersion,
) -> Vec<(&'static str, Content)> {
    let example = example.map(|message| json!([message]));
    vec![
        (JSON, with_example(Content::new(Some(list(message.clone()))), example)),
        (NDJSON, lines(message, version)),
    ]
}

/// JSON texts, one a line. Only 3.2 can say what each of them is.
fn lines(message: RefOr<Schema>, version: OpenApiVersion) -> Content {
    items(message, version, "One JSON text a line; `x-item-schema` is the schema of each.")
}

fn items(item: RefOr<Schema>, version: OpenApiVersion, words: &str) -> Content {
    match version {
        OpenApiVersion::V32 => ContentBuilder::new().item_schema(Some(item)).build(),
        OpenApiVersion::V31 => {
            let more: Extensions = ExtensionsBuilder::new().add("x-item-schema", value(&item)).build();
            ContentBuilder::new().schema(Some(text(words))).extensions(Some(more)).build()
        }
    }
}

/// A schema in an extension, which has any JSON.
fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).expect("a schema is JSON")
}

impl Writer<'_> {
    /// The forms of a stream of responses. A message of the stream can also be the error that ends it.
    pub(super) fn responses_of_stream(
        &mut self,
        message: &RefOr<Schema>,
        example: Option<Value>,
    ) -> Vec<(&'static str, Content)> {
        let version = self.options.version;
        let example = example.map(|message| json!([message]));
        let error = self.error();
        let end = self.common("StreamError", |_| {
            object("The last message of a stream that an error has ended.", [("error*", error)]).into()
        });
        let item = any_of(vec![message.clone(), end]);
        let mut event = object(
            "An event. The stream ends with the event `end`, or with `error`, whose data is the error.",
            [
                ("id", text("The number of the message.")),
                ("event", text("Nothing for a message; `end` or `error`.")),
            ],
        );
        event.required.push("data".to_owned());
        event.properties.insert("data".to_owned(), json_text(message).into());
        let events = items(
            event.into(),
            version,
            "Server-sent events: the data of each is a message in JSON. The stream ends with the event `end`, or with `error`.",
        );
        vec![
            (JSON, with_example(Content::new(Some(list(item.clone()))), example)),
            (NDJSON, lines(item, version)),
            (EVENTS, events),
        ]
    }
}

/// How a method that streams is called over a WebSocket, for `x-websocket`.
pub(super) fn websocket(sent: Option<&RefOr<Schema>>, received: &RefOr<Schema>) -> Value {
    json!({
        "protocols": ["rsvc.json", "rsvc.protobuf"],
        "send": sent.map(value),
        "receive": value(received),
    })
}

/// A text that is JSON.
fn json_text(schema: &RefOr<Schema>) -> Object {
    let mut data = text("");
    JSON.clone_into(&mut data.content_media_type);
    data.content_schema = Some(Box::new(schema.clone()));
    data
}
