//! [`ServiceConfigError`].

use std::error::Error;
use std::fmt;

/// A text is not a service config.
///
/// ```
/// use rsvc::client::ServiceConfig;
///
/// let error = ServiceConfig::parse(r#"{ "methodConfig": [{ "name": [{}], "timeout": 3 }] }"#).unwrap_err();
/// assert_eq!(error.path(), "methodConfig[0].timeout");
/// assert_eq!(error.to_string(), "methodConfig[0].timeout: it must be a duration, as \"1.5s\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceConfigError {
    path: String,
    problem: String,
}

impl ServiceConfigError {
    pub(super) fn new(path: &str, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }

    /// Where the mistake is, as in `methodConfig[0].retryPolicy.maxAttempts`; empty for the text as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ServiceConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.path {
            "" => write!(f, "the service config: {}", self.problem),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl Error for ServiceConfigError {}
