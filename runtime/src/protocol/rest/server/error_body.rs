//! Bodies of errors that a function of the user's makes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::details::Details;
use crate::bridge::Status;
use crate::call::CallError;
use crate::json;
use crate::method::MethodInfo;
use crate::protocol::accept;
use crate::protocol::rest::negotiate::JSON;

/// An error that is about to be answered over REST, for [`Options::error_body`](super::Options::error_body).
pub struct ErrorResponse<'a> {
    pub(super) error: &'a CallError,
    pub(super) request: &'a HeaderMap,
    pub(super) method: Option<&'static MethodInfo>,
    pub(super) in_stream: bool,
}

impl<'a> ErrorResponse<'a> {
    /// The code, the message and the details: [`StatusExt`](crate::error::StatusExt) reads them.
    pub fn status(&self) -> &'a Status {
        &self.error.status
    }

    /// The status of the response. In a stream, where the response has begun, the one that it would have had.
    pub fn http_status(&self) -> StatusCode {
        self.error.http_status()
    }

    /// The method, unless the request has led to none: the path is unknown, or a header is wrong.
    pub fn method(&self) -> Option<&'static MethodInfo> {
        self.method
    }

    /// The headers of the request, as `accept` and `accept-language`. Secrets are among them: a body that repeats them
    /// gives them away.
    pub fn request_headers(&self) -> &'a HeaderMap {
        self.request
    }

    /// Whether the error ends a stream that has begun. What is made of it then stands within the stream: as the value of
    /// `error` in a line of NDJSON, in a JSON array, in an event, or in a message of a WebSocket.
    pub fn is_in_stream(&self) -> bool {
        self.in_stream
    }

    /// The usual body: a `google.rpc.Status` in JSON, with its details.
    pub fn to_json(&self) -> Vec<u8> {
        Details::of(self.status()).json()
    }
}

impl fmt::Debug for ErrorResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorResponse")
            .field("status", self.status())
            .field("http_status", &self.http_status())
            .field("method", &self.method.map(|method| method.name))
            .field("in_stream", &self.in_stream)
            .finish_non_exhaustive()
    }
}

/// The body of an error, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorBody {
    pub(super) content_type: HeaderValue,
    pub(super) body: Bytes,
}

impl ErrorBody {
    /// A body of this type, as `application/xml`.
    pub fn new(content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self { content_type, body: body.into() }
    }

    /// A JSON text.
    pub fn json(text: impl Into<Bytes>) -> Self {
        Self::new(JSON, text)
    }

    /// Whether it can stand within a JSON text.
    fn is_json(&self) -> bool {
        let media_type = self.content_type.to_str().map(|said| accept::essence(said).to_ascii_lowercase());
        media_type.is_ok_and(|media_type| media_type == "application/json" || media_type.ends_with("+json"))
    }
}

/// The function that makes bodies of errors.
#[derive(Clone)]
pub(crate) struct WriteError(Arc<Write>);

type Write = dyn Fn(&ErrorResponse<'_>) -> Option<ErrorBody> + Send + Sync;

impl WriteError {
    pub(super) fn new(
        write: impl Fn(&ErrorResponse<'_>) -> Option<ErrorBody> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(write))
    }

    /// What the function makes of an error; nothing if it leaves that to us, or panics.
    pub(super) fn body(&self, error: &ErrorResponse<'_>) -> Option<ErrorBody> {
        // It is called where no handler runs any more, so that nothing around it would catch a panic.
        let written = catch_unwind(AssertUnwindSafe(|| (self.0)(error)));
        let body = written.unwrap_or_else(|_| {
            tracing::error!(
                method = error.method.map(|method| method.name),
                "the function for error bodies panicked"
            );
            None
        })?;
        if error.in_stream && !is_one_json_text(&body) {
            tracing::error!(content_type = ?body.content_type, "in a stream an error body has to be JSON on one line");
            return None;
        }
        Some(body)
    }
}

/// Whether a body can be put into a stream of JSON without breaking it.
fn is_one_json_text(body: &ErrorBody) -> bool {
    body.is_json()
        && !body.body.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
        && json::from_slice::<prost_types::Value>(&body.body).is_ok()
}

impl fmt::Debug for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function")
    }
}
