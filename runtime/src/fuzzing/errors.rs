//! How calls end, as clients read it, and the metadata beside it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;

use crate::Context;
use crate::bridge::{Code, Status};
use crate::error::limit;
use crate::metadata::{self, MetadataValue, Value};
use crate::protocol::connect::{end_stream, error};
use crate::protocol::grpc::{status, trailers};

/// The trailers of gRPC-Web, a line each: `grpc-status`, `grpc-message` and `grpc-status-details-bin` among them.
pub(super) fn grpc_status(data: &[u8]) {
    let Ok(headers) = trailers::read(&Bytes::copy_from_slice(data)) else { return };
    let Some(Err(status)) = status::read_status(&headers) else { return };
    assert_ne!(status.code(), Code::Ok, "an error that is none");
    let mut written = HeaderMap::new();
    status::write_status(&status, &mut written);
    let again = status::read_status(&written).expect("it was written").expect_err("it is an error");
    same(&again, &status);
    assert_eq!(again.metadata().as_ref(), status.metadata().as_ref(), "metadata changes");
    let mut written = HeaderMap::new();
    status::write_status(&limit::fit(status), &mut written);
    let size: usize = written.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    assert!(size <= 64 * 1024 || size <= 2 * data.len(), "an error of {size} bytes goes into headers");
}

/// The body of a Connect call that failed.
pub(super) fn connect_error(data: &[u8]) {
    let Some(status) = error::read(data, Code::Unknown) else { return };
    assert_ne!(status.code(), Code::Ok, "an error that is none");
    let mut written = Vec::new();
    error::append(&status, &mut written);
    same(&error::read(&written, Code::Internal).expect("it was written"), &status);
}

/// The last message of a Connect stream.
pub(super) fn end_stream(data: &[u8]) {
    let Ok(end) = end_stream::read(data) else { return };
    let mut written = Vec::new();
    end_stream::append(end.error.as_ref(), &end.trailers, &mut written);
    let again = end_stream::read(&written).expect("it was written");
    assert_eq!(again.trailers, end.trailers, "trailers change");
    match (&again.error, &end.error) {
        (Some(again), Some(error)) => same(again, error),
        (None, None) => {}
        _ => panic!("an error comes or goes"),
    }
}

fn same(again: &Status, status: &Status) {
    assert_eq!(
        (again.code(), again.message(), again.details()),
        (status.code(), status.message(), status.details()),
        "a status changes"
    );
}

/// Lines of a key and a value: what a context takes, and what arrives as headers.
pub(super) fn metadata(data: &[u8]) {
    let mut context = Context::new();
    // A later value takes the place of an earlier one.
    let mut accepted = BTreeMap::new();
    for line in data.split(|&byte| byte == b'\n').take(64) {
        let Some(at) = line.iter().position(|&byte| byte == b':') else { continue };
        let Ok(key) = std::str::from_utf8(&line[..at]) else { continue };
        let value = &line[at + 1..];
        let text = std::str::from_utf8(value).map(Value::from).ok();
        for value in text.into_iter().chain([Value::from(value)]) {
            if let Ok(with) = context.clone().with_metadata(key, value.clone()) {
                context = with;
                accepted.insert(key.to_ascii_lowercase(), value);
            }
        }
    }
    for (key, value) in &accepted {
        assert!(metadata::is_application(key), "a key of the protocol is taken");
        let is_there = match value {
            Value::Text(text) => {
                let values = context.metadata().get_all(key.as_str());
                values
                    .iter()
                    .any(|value| value.as_bytes() == text.trim_ascii().as_bytes() || value == text.as_str())
            }
            Value::Binary(bytes) => {
                let values = context.metadata().get_all_bin(key.as_str());
                values.iter().any(|value| value.to_bytes().is_ok_and(|value| value == bytes))
            }
        };
        assert!(is_there, "{key}: {value:?} is taken and not there");
    }
    let Ok(headers) = trailers::read(&Bytes::copy_from_slice(data)) else { return };
    let selected = metadata::select_application(&headers);
    assert!(selected.keys().all(|key| metadata::is_application(key.as_str())));
    for value in selected.values() {
        // Binary values may be padded or not, or no base64 at all.
        let _ = MetadataValue::<metadata::Binary>::try_from(value.as_bytes()).map(|value| value.to_bytes());
    }
}
