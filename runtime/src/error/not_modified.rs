//! What a call ends with whose response the caller has already.

use std::fmt;
use std::sync::Arc;

use crate::bridge::Status;

/// Whether a call over REST, or by Connect's `GET`, was answered with 304: the caller has asked with `if-none-match`, and
/// what it has is still right. The status is `FAILED_PRECONDITION`; the headers (`etag`, `cache-control`) are in the context.
///
/// ```no_run
/// # use rsvc::{Context, Status};
/// # struct User;
/// # async fn get_user(_: Context) -> Result<User, Status> { Ok(User) }
/// # async fn example(mut known: User, tag: &str) -> Result<User, Status> {
/// match get_user(Context::new().with_metadata("if-none-match", tag)?).await {
///     Err(status) if rsvc::error::is_not_modified(&status) => Ok(known),
///     result => result,
/// }
/// # }
/// ```
pub fn is_not_modified(status: &Status) -> bool {
    std::error::Error::source(status).is_some_and(<dyn std::error::Error>::is::<NotModified>)
}

/// The status of a response that is 304.
#[cfg(feature = "client")]
#[cold]
pub(crate) fn not_modified() -> Status {
    let mut status = Status::failed_precondition("not modified: the caller has the response already");
    status.set_source(Arc::new(NotModified));
    status
}

#[derive(Debug)]
struct NotModified;

impl fmt::Display for NotModified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("304 Not Modified")
    }
}

impl std::error::Error for NotModified {}
