//! [`Unprocessed`].

use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use http::Request;

use crate::call::{Body, BoxError};

/// Why a request was not sent, or was refused before the server has begun with it: it may be sent again, to the same
/// server or to another, whatever its method does
/// ([RFC 9113, section 8.7](https://www.rfc-editor.org/rfc/rfc9113#section-8.7)).
///
/// A transport has it among the reasons of its error.
pub(crate) struct Unprocessed {
    /// Never locked: errors have to be `Sync`, which bodies are not.
    request: Mutex<Option<Box<Request<Body>>>>,
    reason: BoxError,
}

impl Unprocessed {
    /// `request` is there if its body can be sent once more.
    pub(crate) fn new(request: Option<Request<Body>>, reason: impl Into<BoxError>) -> Self {
        Self { request: Mutex::new(request.map(Box::new)), reason: reason.into() }
    }

    /// The request of an error of a transport, if it may and can be sent again, and why it was not taken; or else the error.
    pub(crate) fn take_request(error: BoxError) -> Result<(Request<Body>, BoxError), BoxError> {
        let mut unprocessed = error.downcast::<Self>()?;
        match unprocessed.request.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            Some(request) => Ok((*request, unprocessed.reason)),
            None => Err(unprocessed),
        }
    }
}

/// Without the request: there may be credentials in it.
impl fmt::Debug for Unprocessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unprocessed").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl fmt::Display for Unprocessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server has not begun with the request")
    }
}

impl Error for Unprocessed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_once_if_it_can_be_sent_again() {
        let error = Unprocessed::new(Some(Request::new(Body::from("a"))), "refused");
        assert_eq!(error.to_string(), "the server has not begun with the request");
        assert_eq!(format!("{error:?}"), r#"Unprocessed { reason: "refused", .. }"#);
        let (request, reason) = Unprocessed::take_request(error.into()).unwrap();
        assert_eq!(reason.to_string(), "refused");
        assert_eq!(request.into_body().into_whole().unwrap(), "a");
        let error = Unprocessed::take_request(Unprocessed::new(None, "refused").into()).unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), "refused");
        assert!(Unprocessed::take_request("other".into()).is_err());
    }
}
