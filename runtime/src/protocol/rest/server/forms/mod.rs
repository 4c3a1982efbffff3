//! Forms of HTML as bodies, for methods that take them (`(rsvc.v1.method).forms`).
//!
//! `fields` puts names and values into a message, `parts` reads the parts of a multipart form as they arrive, and `whole`
//! and `messages` make one message of a form, or several.

mod fields;
#[cfg(feature = "multipart")]
mod messages;
#[cfg(feature = "multipart")]
mod parts;
mod whole;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

#[cfg(feature = "multipart")]
pub(crate) use self::messages::FormMessages;
#[cfg(all(feature = "multipart", any(test, fuzzing)))]
pub(crate) use self::parts::{Event, Parts};
pub(crate) use self::whole::{FormContent, read};
use super::options::Options;
use crate::bridge::Status;
use crate::call::CallError;
use crate::protocol::accept;
use crate::protocol::rest::negotiate::URLENCODED;
use crate::transcode::forms::Forms;
use crate::transcode::url::named::ParameterSource;
use crate::transcode::url::{QueryRules, wrong};

/// The media type of content about which nothing is known.
#[cfg(feature = "multipart")]
const BINARY: &str = "application/octet-stream";

/// A form that a body is.
pub(crate) enum Form {
    Urlencoded,
    #[cfg(feature = "multipart")]
    Multipart {
        /// What separates the parts, unless the header does not say it.
        boundary: Option<String>,
    },
}

impl Form {
    /// The form that a body with these headers is, of those that are taken.
    pub(crate) fn sent(headers: &HeaderMap, forms: &Forms) -> Option<Self> {
        let said = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let is = |media_type: &str| accept::essence(said).eq_ignore_ascii_case(media_type);
        if forms.urlencoded && is(URLENCODED) {
            return Some(Self::Urlencoded);
        }
        #[cfg(feature = "multipart")]
        if forms.multipart && is("multipart/form-data") {
            return Some(Self::Multipart { boundary: multer::parse_boundary(said).ok() });
        }
        None
    }

    /// Whether the body is not this form after all, but JSON: programs such as curl call whatever they send
    /// urlencoded, and a form does not begin with a brace.
    pub(crate) fn is_json(&self, body: &[u8]) -> bool {
        matches!(self, Self::Urlencoded) && body.trim_ascii_start().starts_with(b"{")
    }
}

/// What holds for the names in a form.
fn rules(options: &Options) -> QueryRules {
    QueryRules { max_pairs: options.forms.fields, refuse_unknown: options.refuse_unknown }
}

/// A body that is not a form.
#[cold]
fn malformed(what: &str) -> CallError {
    CallError::bad_request("", what, format!("the form: {what}"))
}

/// A form whose fields are beyond the limit.
#[cold]
fn large_text(limit: usize) -> CallError {
    let status = Status::resource_exhausted(format!("the fields of the form have more than {limit} bytes"));
    CallError::with_http(StatusCode::PAYLOAD_TOO_LARGE, status)
}

/// What is wrong with the field of this name.
#[cold]
fn faulty(name: &str, fault: &str) -> CallError {
    wrong(ParameterSource::Form.kind(), name, fault)
}
