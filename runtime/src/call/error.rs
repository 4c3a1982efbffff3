//! [`CallError`]: how a call failed, as all protocols need it.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use crate::Context;
use crate::bridge::{Code, ErrorDetails, Status, StatusExt as _};
use crate::error::{self, MethodError};

/// A call that failed: its status, and the HTTP status that says so over REST.
#[derive(Debug)]
pub(crate) struct CallError {
    pub(crate) status: Status,
    pub(crate) http: u16,
}

impl CallError {
    /// A status with an HTTP status of its own.
    pub(crate) fn with_http(http: StatusCode, status: Status) -> Self {
        Self { status, http: http.as_u16() }
    }

    /// The status of an HTTP response that says so.
    pub(crate) fn http_status(&self) -> StatusCode {
        // An error set that somebody wrote by hand may have any number.
        StatusCode::from_u16(self.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A request that is wrong in one place.
    #[cold]
    pub(crate) fn bad_request(field: &str, what: &str, message: String) -> Self {
        let details = ErrorDetails::with_bad_request_violation(field, what);
        Status::with_error_details(Code::InvalidArgument, message, details).into()
    }

    /// A handler's error, its texts in the caller's language.
    #[cold]
    pub(crate) fn of<E: MethodError>(ctx: &Context, error: E) -> Self {
        let http = error.http_status();
        let status = error.into_status(ctx.metadata_str("accept-language"));
        Self { http: Fault::http(&status).unwrap_or(http), status }.without_os_error(ctx)
    }

    /// The same, unless it is an error of the operating system that nobody meant for the caller.
    #[cold]
    pub(crate) fn without_os_error(self, ctx: &Context) -> Self {
        error::in_place_of_os_error(ctx.method(), &self.status).map_or(self, Self::from)
    }

    /// A status that remembers its HTTP status on the way through a handler.
    #[cold]
    pub(crate) fn into_status(self) -> Status {
        let Self { mut status, http } = self;
        if http != error::http_status(status.code()) {
            status.set_source(Arc::new(Fault(http)));
        }
        status
    }
}

impl From<Status> for CallError {
    #[cold]
    fn from(status: Status) -> Self {
        let http = Fault::http(&status).unwrap_or_else(|| error::http_status(status.code()));
        Self { status, http }
    }
}

/// What a caller is told of a panic: nothing of the inside.
#[cold]
pub(crate) fn panicked() -> Status {
    Status::internal("the handler failed")
}

/// A fault of the request that a handler met while it read a stream, by its HTTP status.
#[derive(Debug)]
struct Fault(u16);

impl Fault {
    fn http(status: &Status) -> Option<u16> {
        let source = std::error::Error::source(status)?;
        source.downcast_ref().map(|Self(http)| *http)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request is at fault: {}", self.0)
    }
}

impl std::error::Error for Fault {}
