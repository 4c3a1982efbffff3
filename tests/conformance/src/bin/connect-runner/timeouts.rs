//! Deadlines that only the server minds: a client of ours would give up by itself, and hide a server that does not.

use anyhow::Result;
use conformance::connect::{
    Code, Compression, Header, MessageContents, Protocol, RawHttpRequest, StreamContents, message_contents,
    raw_http_request, stream_contents,
};

use crate::cases::Case;
use crate::schema::Schema;
use crate::wire::{Framing, coding, content_types, encoding_header, envelope};

/// The cases in which a deadline passes, with their requests in HTTP's terms.
pub(crate) fn raw_requests<'a>(
    schema: &Schema,
    cases: &[&'a Case],
) -> Result<Vec<(&'a Case, RawHttpRequest)>> {
    let exceeds = |case: &&&Case| {
        let error = case.expected.error.as_ref();
        case.request.timeout_ms.is_some() && error.is_some_and(|error| error.code() == Code::DeadlineExceeded)
    };
    cases.iter().filter(exceeds).map(|case| Ok((*case, raw_request(schema, case)?))).collect()
}

/// The request of a case as a client would put it on the wire.
fn raw_request(schema: &Schema, case: &Case) -> Result<RawHttpRequest> {
    let request = &case.request;
    let mut headers = Vec::new();
    let mut push = |name: &str, value: String| {
        headers.push(Header { name: name.to_owned(), value: vec![value] });
    };
    push("content-type", content_types(case).swap_remove(0));
    let milliseconds = request.timeout_ms.unwrap_or_default();
    match request.protocol() {
        Protocol::Connect => {
            push("connect-protocol-version", "1".into());
            push("connect-timeout-ms", milliseconds.to_string());
        }
        _ => push("grpc-timeout", format!("{milliseconds}m")),
    }
    if request.protocol() == Protocol::Grpc {
        push("te", "trailers".into());
    }
    let compressed = request.compression() == Compression::Gzip;
    if compressed {
        push(encoding_header(case), "gzip".into());
    }
    let mut messages = Vec::new();
    for message in &request.request_messages {
        messages.push(MessageContents {
            data: Some(message_contents::Data::Binary(coding::encoded(schema, request.codec(), message)?)),
            compression: request.compression,
        });
    }
    let flags = if compressed { envelope::COMPRESSED.into() } else { 0 };
    let body = match Framing::of(case) {
        Framing::Bare => messages.pop().map(raw_http_request::Body::Unary),
        Framing::Envelopes => {
            let item = |payload| stream_contents::StreamItem { flags, payload: Some(payload), length: None };
            let items = messages.into_iter().map(item).collect();
            Some(raw_http_request::Body::Stream(StreamContents { items }))
        }
    };
    Ok(RawHttpRequest {
        verb: "POST".into(),
        uri: format!("/{}/{}", request.service(), request.method()),
        headers,
        body,
        ..RawHttpRequest::default()
    })
}
