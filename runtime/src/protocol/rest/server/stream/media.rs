//! What form a stream has: the media types of a request, and those that its client accepts.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::format::Format;
use crate::protocol::accept;
use crate::weights;

/// The names of the forms, the preferred first.
const NAMES: [(&str, Format); 9] = [
    ("application/json", Format::Array),
    ("application/x-ndjson", Format::Lines),
    ("application/ndjson", Format::Lines),
    ("application/jsonl", Format::Lines),
    ("application/x-jsonlines", Format::Lines),
    ("text/event-stream", Format::Events),
    ("application/x-protobuf", Format::Protobuf),
    ("application/protobuf", Format::Protobuf),
    ("application/vnd.google.protobuf", Format::Protobuf),
];

/// The form of a request's body, if its media type is one of ours.
pub(crate) fn sent(headers: &HeaderMap) -> Option<Format> {
    let said = accept::essence(headers.get(CONTENT_TYPE)?.to_str().ok()?);
    let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(said));
    known.map(|&(_, format)| format)
}

/// The form of the response and its name: what the client accepts most, and of equals the one that it speaks itself.
///
/// A client that accepts none of ours gets an array: most of those that name something else would take anything.
pub(crate) fn accepted(headers: &HeaderMap) -> (&'static str, Format) {
    let own = sent(headers).filter(|format| *format != Format::Events).unwrap_or(Format::Array);
    let ranges: Vec<_> = accept::entries(headers, ACCEPT).collect();
    let weight = |&(name, format): &(&'static str, Format)| {
        let weight = if ranges.is_empty() { weights::FULL } else { accept::weight_of(name, &ranges) };
        (weight, format == own)
    };
    // Of equals, `max_by_key` takes the last.
    let best = NAMES.iter().rev().max_by_key(|name| weight(name)).filter(|name| weight(name).0 > 0);
    best.copied().unwrap_or(NAMES[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses_the_form() {
        for (accepted, sent, expected) in [
            ("", "", "application/json"),
            ("*/*", "", "application/json"),
            ("application/x-ndjson", "", "application/x-ndjson"),
            ("application/jsonl", "", "application/jsonl"),
            ("text/event-stream", "", "text/event-stream"),
            ("application/x-protobuf", "", "application/x-protobuf"),
            ("application/json;q=0.5, text/event-stream", "", "text/event-stream"),
            ("application/json, text/event-stream", "", "application/json"),
            ("text/*", "", "text/event-stream"),
            ("application/octet-stream", "", "application/json"),
            ("application/json;q=0", "", "application/json"),
            ("*/*", "application/x-ndjson", "application/x-ndjson"),
            ("", "application/x-protobuf; a=b", "application/x-protobuf"),
            ("application/json", "application/x-ndjson", "application/json"),
            ("", "text/event-stream", "application/json"),
            ("", "application/xml", "application/json"),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(ACCEPT, accepted), (CONTENT_TYPE, sent)] {
                if !value.is_empty() {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(super::accepted(&headers).0, expected, "{accepted} {sent}");
        }
    }
}
