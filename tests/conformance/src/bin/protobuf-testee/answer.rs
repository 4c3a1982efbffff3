//! One request: read in one format, written in another.

use rsvc::json::{Json, ReadOptions};

use crate::protocol::{Category, Format, Outcome, Payload, Request};

/// Reads the payload as a `T` and writes that as it was asked for.
pub(crate) fn answer<T: Json + prost::Message + Default>(request: &Request) -> Outcome {
    let message = match &request.payload {
        Some(Payload::Protobuf(bytes)) => T::decode(&bytes[..]).map_err(|error| error.to_string()),
        Some(Payload::Json(text)) => {
            let ignore = request.category() == Category::JsonIgnoreUnknown;
            let options = ReadOptions::new().ignore_unknown(ignore);
            options.from_str::<T>(text).map_err(|error| error.to_string())
        }
        Some(Payload::Jspb(_) | Payload::Text(_)) => return Outcome::Skipped("not a format of ours".into()),
        None => return Outcome::RuntimeError("a request without a payload".into()),
    };
    let message = match message {
        Ok(message) => message,
        Err(error) => return Outcome::ParseError(error),
    };
    match request.output() {
        Format::Protobuf => Outcome::ProtobufPayload(message.encode_to_vec()),
        Format::Json => match rsvc::json::to_string(&message) {
            Ok(text) => Outcome::JsonPayload(text),
            Err(error) => Outcome::SerializeError(error.to_string()),
        },
        Format::Jspb | Format::Text | Format::Unspecified => Outcome::Skipped("not a format of ours".into()),
    }
}
