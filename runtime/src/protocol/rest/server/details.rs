//! A status as the bodies of errors have it.

use http::StatusCode;
use prost::Message;
use prost_types::Any;

use crate::bridge::{Code, Status, pb};
use crate::error::code_name;
use crate::json;

/// A status with its details: a `google.rpc.Status`.
pub(super) struct Details(pb::Status);

impl Details {
    pub(super) fn of(status: &Status) -> Self {
        let details = pb::Status::decode(status.details()).unwrap_or_default().details;
        Self(pb::Status { code: status.code() as i32, message: status.message().to_owned(), details })
    }

    /// In protobuf.
    pub(super) fn protobuf(&self) -> Vec<u8> {
        self.0.encode_to_vec()
    }

    /// In JSON.
    pub(super) fn json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"{\"code\":");
        out.extend_from_slice(itoa::Buffer::new().format(self.0.code).as_bytes());
        out.extend_from_slice(b",\"message\":");
        push_text(&self.0.message, &mut out);
        self.push_details(&mut out);
        out
    }

    /// A problem document, by RFC 9457.
    pub(super) fn problem(&self, http: StatusCode) -> Vec<u8> {
        let code = code_name(Code::from_i32(self.0.code));
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"{\"type\":\"about:blank\",\"title\":");
        push_text(http.canonical_reason().unwrap_or(code), &mut out);
        out.extend_from_slice(b",\"status\":");
        out.extend_from_slice(http.as_str().as_bytes());
        out.extend_from_slice(b",\"detail\":");
        push_text(&self.0.message, &mut out);
        out.extend_from_slice(b",\"code\":");
        push_text(code, &mut out);
        self.push_details(&mut out);
        out
    }

    /// Adds the details and closes the object.
    fn push_details(&self, out: &mut Vec<u8>) {
        for (index, detail) in self.0.details.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b",\"details\":[" } else { b"," });
            match json::to_vec(detail) {
                Ok(text) => out.extend(text),
                Err(_) => push_opaque(detail, out),
            }
        }
        out.extend_from_slice(if self.0.details.is_empty() { b"}" } else { b"]}" });
    }
}

/// A detail whose type is not known here: its bytes, so that the others are not lost for its sake.
fn push_opaque(detail: &Any, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"@type\":");
    push_text(&detail.type_url, out);
    out.extend_from_slice(b",\"value\":");
    out.extend(json::to_vec(&detail.value).expect("bytes have JSON"));
    out.push(b'}');
}

fn push_text(text: &str, out: &mut Vec<u8>) {
    out.extend(json::to_vec(&text.to_owned()).expect("a text has JSON"));
}
