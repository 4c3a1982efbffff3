//! What a method can fail with.

use super::set::ErrorSet;
use super::{http_status, wire};
use crate::bridge::Status;

/// What a method can fail with: a generated [`ErrorSet`], or [`Status`] where a service has none.
pub trait MethodError: From<Status> + Send + 'static {
    /// As it travels. `languages` is the caller's `accept-language`, for texts that are meant for users.
    fn into_status(self, languages: Option<&str>) -> Status;

    /// The HTTP status over REST.
    fn http_status(&self) -> u16;
}

impl MethodError for Status {
    fn into_status(self, _: Option<&str>) -> Status {
        self
    }

    fn http_status(&self) -> u16 {
        http_status(self.code())
    }
}

impl<S: ErrorSet> MethodError for S {
    fn into_status(self, languages: Option<&str>) -> Status {
        match self.which() {
            Ok(index) => wire::to_status(&self, index, languages),
            Err(_) => self.into(),
        }
    }

    fn http_status(&self) -> u16 {
        match self.which() {
            Ok(index) => S::ERRORS[index].http_status,
            Err(status) => http_status(status.code()),
        }
    }
}
