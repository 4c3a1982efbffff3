//! [`ConnectError`].

use std::error::Error;
use std::fmt;

use crate::call::BoxError;

/// A server could not be reached, or cannot be called as the settings say.
#[derive(Debug)]
pub struct ConnectError {
    endpoint: String,
    problem: Problem,
}

#[derive(Debug)]
pub(crate) enum Problem {
    Uri(http::uri::InvalidUri),
    Form,
    /// The endpoint has a user or a password in it.
    Password,
    /// Something is wrong with one of several endpoints.
    Endpoints(BoxError),
    /// Settings that do not go together.
    Settings(&'static str),
    #[cfg(not(feature = "_tls"))]
    NoTls,
    #[cfg(feature = "_tls")]
    Tls(crate::tls::TlsError),
    Connection(BoxError),
}

impl ConnectError {
    pub(crate) fn new(endpoint: String, problem: Problem) -> Self {
        Self { endpoint, problem }
    }

    /// The endpoint that was to be connected to, without what may be secret in it: a password or a query.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether the endpoint or the settings are wrong, so that another try is of no use.
    pub fn is_invalid_endpoint(&self) -> bool {
        !matches!(self.problem, Problem::Connection(_))
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = &self.endpoint;
        match &self.problem {
            Problem::Uri(_) => write!(f, "`{endpoint}` is not an endpoint"),
            Problem::Form => {
                write!(
                    f,
                    "`{endpoint}` is not an endpoint: it must look like `http://host:port` or `unix:/path`"
                )
            }
            Problem::Password => write!(
                f,
                "`{endpoint}` is not an endpoint: it has no user and no password; metadata is for those"
            ),
            Problem::Endpoints(error) => write!(f, "`{endpoint}` cannot be called: {error}"),
            Problem::Settings(what) => write!(f, "`{endpoint}` cannot be called: {what}"),
            #[cfg(not(feature = "_tls"))]
            Problem::NoTls => write!(f, "`{endpoint}` needs the feature `tls` of rsvc"),
            #[cfg(feature = "_tls")]
            Problem::Tls(_) => write!(f, "`{endpoint}` cannot be called with these settings of TLS"),
            Problem::Connection(_) => write!(f, "cannot connect to `{endpoint}`"),
        }
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Uri(error) => Some(error),
            Problem::Endpoints(_) | Problem::Form | Problem::Password | Problem::Settings(_) => None,
            #[cfg(not(feature = "_tls"))]
            Problem::NoTls => None,
            #[cfg(feature = "_tls")]
            Problem::Tls(error) => Some(error),
            Problem::Connection(error) => Some(&**error),
        }
    }
}
