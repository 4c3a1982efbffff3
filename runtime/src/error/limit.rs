//! What fits into the trailers of a call.
//!
//! A status travels in HTTP/2 trailers, and a peer that finds them too long resets the stream: the caller then sees
//! a broken connection instead of the error. Many peers take 8 KiB (Java, and C and Python from there on at
//! random), hyper takes 16. So an error that is longer is cut down, and the log says so.

use crate::bridge::Status;
use crate::bridge::{BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, RetryInfo, pb};
use prost::Message;

use super::wire::is;

/// What the status and the metadata of a call may take of the 8 KiB; the rest is for headers that are not ours.
const BUDGET: usize = 8 * 1024 - 512;
/// What HTTP/2 counts for each header besides its name and value.
const PER_HEADER: usize = 32;

/// One way to make an error smaller, with its name for the log.
type Step = (&'static str, fn(&mut pb::Status));

/// From the least to the most painful. The reason stays as long as anything can.
const STEPS: &[Step] = &[
    ("help", |status| status.details.retain(|any| !is(any, Help::TYPE_URL) && !is(any, DebugInfo::TYPE_URL))),
    ("localized message", |status| status.details.retain(|any| !is(any, LocalizedMessage::TYPE_URL))),
    ("end of the message", |status| truncate(&mut status.message, 1024)),
    ("payload", |status| status.details.retain(|any| any.type_url.contains("google.rpc."))),
    ("most violations", |status| violations(status, 16)),
    ("metadata", |status| metadata(status, |value| value.len() <= 64)),
    ("most of the message", |status| truncate(&mut status.message, 256)),
    ("more violations", |status| violations(status, 2)),
    ("more metadata", |status| metadata(status, |_| false)),
    ("details", |status| {
        status.details.retain(|any| is(any, ErrorInfo::TYPE_URL) || is(any, RetryInfo::TYPE_URL));
    }),
    ("all details", |status| status.details.clear()),
];

/// The status as it fits, or as near to it as can be: what a handler put into the metadata is not touched.
pub(crate) fn fit(status: Status) -> Status {
    let length = size(&status, status.message(), status.details().len());
    if length <= BUDGET {
        return status;
    }
    let mut reduced = match pb::Status::decode(status.details()) {
        Ok(reduced) if !status.details().is_empty() => reduced,
        // Bytes that are nobody's status: there is no part of them to keep.
        _ => pb::Status { code: status.code().into(), ..pb::Status::default() },
    };
    status.message().clone_into(&mut reduced.message);
    let mut dropped = Vec::new();
    for (name, step) in STEPS {
        let before = reduced.encoded_len();
        step(&mut reduced);
        if reduced.encoded_len() < before {
            dropped.push(*name);
        }
        if size(&status, &reduced.message, reduced.encoded_len()) <= BUDGET {
            break;
        }
    }
    tracing::warn!(
        code = super::code_name(status.code()),
        length,
        limit = BUDGET,
        dropped = dropped.join(", "),
        "an error is too long for the trailers of a call and was cut down"
    );
    let details = if reduced.details.is_empty() { Vec::new() } else { reduced.encode_to_vec() };
    let metadata = status.metadata().clone();
    Status::with_details_and_metadata(status.code(), reduced.message, details.into(), metadata)
}

/// What HTTP/2 counts for the trailers.
fn size(status: &Status, message: &str, details: usize) -> usize {
    let header = |name: &str, value: usize| name.len() + value + PER_HEADER;
    let metadata = status.metadata().as_ref().iter();
    header("grpc-status", 2)
        + header("grpc-message", message.bytes().map(percent_encoded).sum())
        + header("grpc-status-details-bin", details.div_ceil(3) * 4)
        + metadata.map(|(name, value)| header(name.as_str(), value.len())).sum::<usize>()
}

/// How long a byte of a message is in its header.
fn percent_encoded(byte: u8) -> usize {
    if is_plain(byte) { 1 } else { 3 }
}

/// Whether a byte of a message stands for itself in its header. gRPC asks for less to be encoded; blanks at the ends of a
/// header's value would be lost.
pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'%' | b'<' | b'>' | b'`' | b'?' | b'{' | b'}')
}

/// What stands in place of violations that are not listed.
pub(crate) fn more_violations(count: u64) -> String {
    if count == 1 { "1 more violation".to_owned() } else { format!("{count} more violations") }
}

/// How many violations an entry stands for.
fn counted(entry: &pb::bad_request::FieldViolation) -> u64 {
    let count = entry.description.split(' ').next().and_then(|word| word.parse().ok());
    count.filter(|count| entry.field.is_empty() && entry.description == more_violations(*count)).unwrap_or(1)
}

/// Keeps the first violations of a bad request and counts the rest.
fn violations(status: &mut pb::Status, keep: usize) {
    for any in status.details.iter_mut().filter(|any| is(any, BadRequest::TYPE_URL)) {
        if let Ok(mut request) = pb::BadRequest::decode(&*any.value)
            && request.field_violations.len() > keep + 1
        {
            let rest = request.field_violations.split_off(keep).iter().map(counted).sum();
            request.field_violations.push(pb::bad_request::FieldViolation {
                description: more_violations(rest),
                ..Default::default()
            });
            any.value = request.encode_to_vec();
        }
    }
}

/// Keeps some of the metadata of an error.
fn metadata(status: &mut pb::Status, keep: fn(&str) -> bool) {
    for any in status.details.iter_mut().filter(|any| is(any, ErrorInfo::TYPE_URL)) {
        if let Ok(mut info) = pb::ErrorInfo::decode(&*any.value) {
            info.metadata.retain(|_, value| keep(value));
            any.value = info.encode_to_vec();
        }
    }
}

/// Cuts a text between two characters, and shows that it was.
fn truncate(text: &mut String, length: usize) {
    if text.len() > length {
        text.truncate(text.floor_char_boundary(length));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use crate::bridge::Code;
    use crate::bridge::MetadataMap;
    use crate::bridge::StatusExt as _;
    use prost_types::Any;

    use super::*;

    fn any(name: &str, value: &impl Message) -> Any {
        Any { type_url: format!("type.googleapis.com/{name}"), value: value.encode_to_vec() }
    }

    /// The parts of an error, each of about the given length.
    fn status(message: usize, payload: usize, metadata: usize, violations: usize) -> Status {
        let info = pb::ErrorInfo {
            reason: "REASON".into(),
            domain: "domain".into(),
            metadata: [("long".into(), "x".repeat(metadata)), ("short".into(), "y".into())].into(),
        };
        let request = pb::BadRequest {
            field_violations: (0..violations)
                .map(|i| pb::bad_request::FieldViolation { field: format!("f{i}"), ..Default::default() })
                .collect(),
        };
        let link = pb::help::Link { description: "d".into(), url: "https://u".into() };
        let message = "ä".repeat(message / 2);
        let inner = pb::Status {
            code: 5,
            message: message.clone(),
            details: vec![
                any("google.rpc.ErrorInfo", &info),
                any("shop.v1.Payload", &"p".repeat(payload)),
                any("google.rpc.BadRequest", &request),
                any("google.rpc.Help", &pb::Help { links: vec![link] }),
            ],
        };
        Status::with_details(Code::NotFound, message, inner.encode_to_vec().into())
    }

    fn names(status: &Status) -> Vec<String> {
        let inner = pb::Status::decode(status.details()).unwrap();
        inner.details.iter().map(|any| super::super::wire::type_name(any).to_owned()).collect()
    }

    fn header_list(status: &Status) -> usize {
        let mut headers = http::HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + PER_HEADER).sum()
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let whole = status(100, 1000, 1000, 10);
        let fitted = fit(whole.clone());
        assert_eq!((fitted.details(), fitted.message()), (whole.details(), whole.message()));
    }

    #[test]
    fn the_payload_goes_before_the_reason() {
        let fitted = fit(status(100, 20_000, 10, 1));
        assert_eq!(names(&fitted), ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]);
        let info = fitted.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.metadata.len()), ("REASON", 2));
    }

    #[test]
    fn long_metadata_goes_before_short() {
        let info = fit(status(100, 10, 20_000, 1)).get_details_error_info().unwrap();
        assert_eq!(info.metadata.into_iter().collect::<Vec<_>>(), [("short".to_owned(), "y".to_owned())]);
    }

    #[test]
    fn some_violations_stay() {
        let request = fit(status(100, 10, 10, 5000)).get_details_bad_request().unwrap();
        assert_eq!(request.field_violations.len(), 17);
        assert_eq!(request.field_violations[16].description, "4984 more violations");
    }

    /// Cutting down twice loses nothing of the count.
    #[test]
    fn violations_that_are_counted_stay_counted() {
        let mut status = pb::Status::decode(status(0, 0, 0, 50).details()).unwrap();
        let count = |status: &pb::Status| {
            let any = status.details.iter().find(|any| is(any, BadRequest::TYPE_URL)).unwrap();
            pb::BadRequest::decode(&*any.value).unwrap().field_violations
        };
        for keep in [16, 2, 2, 1] {
            violations(&mut status, keep);
            assert_eq!(count(&status).len(), keep + 1);
            assert_eq!(count(&status).iter().map(counted).sum::<u64>(), 50, "{keep}");
        }
        assert_eq!(count(&status)[1].description, "49 more violations");
        let named = pb::bad_request::FieldViolation { field: "f".into(), ..count(&status)[1].clone() };
        assert_eq!(counted(&named), 1, "a violation of a field that happens to say so");
    }

    #[test]
    fn everything_fits_in_the_end_and_says_its_reason() {
        for (message, payload, metadata, violations) in
            [(50_000, 0, 0, 0), (9_000, 9_000, 9_000, 900), (0, 0, 0, 90_000), (1 << 20, 1 << 20, 1 << 20, 0)]
        {
            let fitted = fit(status(message, payload, metadata, violations));
            assert!(header_list(&fitted) <= BUDGET, "{} of {message}", header_list(&fitted));
            assert_eq!(fitted.code(), Code::NotFound);
            assert_eq!(fitted.get_details_error_info().unwrap().reason, "REASON");
        }
    }

    #[test]
    fn foreign_details_are_measured_and_dropped() {
        let fitted = fit(Status::with_details(Code::Aborted, "m", vec![0xFF; 20_000].into()));
        assert_eq!((fitted.message(), fitted.details()), ("m", &b""[..]));
    }

    #[test]
    fn metadata_of_the_handler_counts_and_stays() {
        let mut metadata = MetadataMap::new();
        metadata.insert("x-long", "v".repeat(6000).parse().unwrap());
        let long = status(100, 2000, 10, 1);
        let with = Status::with_details_and_metadata(
            long.code(),
            long.message(),
            bytes::Bytes::copy_from_slice(long.details()),
            metadata,
        );
        let fitted = fit(with);
        assert_eq!(fitted.metadata().get("x-long").unwrap().len(), 6000);
        assert_eq!(names(&fitted), ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]);
    }

    #[test]
    fn the_size_is_that_of_the_headers() {
        for text in ["", "plain", "no user \"ä\" {x}", "100 % of <it>?"] {
            let status = Status::with_details(Code::NotFound, text, vec![1; 100].into());
            let headers = header_list(&status);
            let size = size(&status, text, 100);
            // An absent message and the padding of base64 are all that may differ.
            assert!(size >= headers && size - headers < 60, "{text}: {size} {headers}");
        }
    }
}
