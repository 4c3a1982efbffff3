//! [`TlsError`].

use std::fmt;

/// Certificates, keys or settings of TLS cannot be used.
#[derive(Debug)]
pub struct TlsError {
    what: &'static str,
    reason: String,
}

impl TlsError {
    pub(super) fn new<E: fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |reason| Self { what, reason: reason.to_string() }
    }

    /// The same with the place of the mistake.
    pub(super) fn at(self, place: impl fmt::Display) -> Self {
        Self { reason: format!("{place}: {}", self.reason), ..self }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS {}: {}", self.what, self.reason)
    }
}

impl std::error::Error for TlsError {}
