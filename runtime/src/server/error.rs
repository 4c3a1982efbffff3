//! [`ServeError`].

use std::error::Error;
use std::{fmt, io};

use super::pages::PageProblem;
use crate::call::BoxError;
#[cfg(feature = "rest")]
use crate::transcode::routes::RouteConflicts;

/// A server cannot serve.
#[derive(Debug)]
pub struct ServeError(Problem);

#[derive(Debug)]
pub(super) enum Problem {
    /// The address cannot be listened on.
    Bind { addr: String, error: io::Error },
    /// There is nothing to listen to.
    NoListener,
    /// The admin listener could be reached from other machines.
    #[cfg(feature = "admin")]
    OpenAdmin(std::net::SocketAddr),
    /// Services were added more than once.
    Duplicates(Vec<&'static str>),
    /// Methods do not say who may call them.
    UndeclaredAccess(Vec<&'static str>),
    /// Methods need an authenticated caller, and nobody authenticates.
    NoAuthenticator(Vec<&'static str>),
    /// Methods of several services claim the same requests over REST.
    #[cfg(feature = "rest")]
    Routes(RouteConflicts),
    /// A descriptor set cannot be served by reflection.
    Descriptors(BoxError),
    /// Pages cannot be seen.
    Pages(PageProblem),
    #[cfg(feature = "_tls")]
    Tls(crate::tls::TlsError),
    /// The system refuses what a server needs.
    System(io::Error),
}

impl From<Problem> for ServeError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl ServeError {
    /// Whether the address cannot be listened on, or there is none. In the first case the source is an [`io::Error`].
    pub fn is_bind(&self) -> bool {
        matches!(self.0, Problem::Bind { .. } | Problem::NoListener)
    }

    /// Whether the admin listener could be reached from other machines, and nobody has said that it may.
    #[cfg(feature = "admin")]
    pub fn is_open_admin(&self) -> bool {
        matches!(self.0, Problem::OpenAdmin(_))
    }

    /// Whether services were added more than once; [`names`](Self::names) says which.
    pub fn is_duplicate_service(&self) -> bool {
        matches!(self.0, Problem::Duplicates(_))
    }

    /// Whether methods do not say who may call them, while [`require_access`](crate::Server::require_access) is set;
    /// [`names`](Self::names) says which.
    pub fn is_undeclared_access(&self) -> bool {
        matches!(self.0, Problem::UndeclaredAccess(_))
    }

    /// Whether methods need an authenticated caller, and the server has neither an
    /// [`authenticator`](crate::Server::authenticator) nor
    /// [layers that authenticate](crate::Server::authenticated_by_layers); [`names`](Self::names) says which.
    pub fn is_missing_authenticator(&self) -> bool {
        matches!(self.0, Problem::NoAuthenticator(_))
    }

    /// Whether methods of several services claim the same requests over REST, as
    /// [`RouteConflicts`](crate::rest::RouteConflicts), which is the source, says.
    #[cfg(feature = "rest")]
    pub fn is_route_conflict(&self) -> bool {
        matches!(self.0, Problem::Routes(_))
    }

    /// Whether what [`docs`](crate::Server::docs) or [`openapi`](crate::Server::openapi) has cannot be seen: something else
    /// has its path, or its path or content is not valid.
    pub fn is_page_conflict(&self) -> bool {
        matches!(self.0, Problem::Pages(_))
    }

    /// Whether a descriptor set cannot be served by reflection.
    pub fn is_invalid_descriptors(&self) -> bool {
        matches!(self.0, Problem::Descriptors(_))
    }

    /// Whether the certificates or keys for TLS cannot be used. The source is a [`TlsError`](crate::tls::TlsError).
    #[cfg(feature = "_tls")]
    pub fn is_invalid_tls(&self) -> bool {
        matches!(self.0, Problem::Tls(_))
    }

    /// The services or methods at fault; empty where it is neither.
    pub fn names(&self) -> &[&'static str] {
        match &self.0 {
            Problem::Duplicates(names)
            | Problem::UndeclaredAccess(names)
            | Problem::NoAuthenticator(names) => names,
            _ => &[],
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Problem::Bind { addr, .. } => write!(f, "cannot listen on {addr}"),
            #[cfg(feature = "admin")]
            Problem::OpenAdmin(addr) => write!(
                f,
                "other machines could reach the admin listener at {addr}; `Admin::allow_remote` lets them"
            ),
            Problem::NoListener => f.write_str("there is nothing to listen to"),
            Problem::Duplicates(names) => write!(f, "added more than once: {}", names.join(", ")),
            Problem::UndeclaredAccess(methods) => {
                write!(f, "the `.proto` does not say who may call: {}", methods.join(", "))
            }
            Problem::NoAuthenticator(methods) => write!(
                f,
                "these methods need an authenticated caller, but nothing authenticates: {}; set \
                 `Server::authenticator`, or `Server::authenticated_by_layers` if a tower layer adds the `Principal`",
                methods.join(", ")
            ),
            #[cfg(feature = "rest")]
            Problem::Routes(_) => f.write_str("services cannot be served together over REST"),
            Problem::Pages(problem) => write!(f, "{problem}"),
            Problem::Descriptors(_) => f.write_str("reflection cannot serve the descriptors"),
            #[cfg(feature = "_tls")]
            Problem::Tls(_) => f.write_str("cannot serve with these settings of TLS"),
            Problem::System(_) => f.write_str("the system refuses what the server needs"),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Problem::Bind { error, .. } | Problem::System(error) => Some(error),
            #[cfg(feature = "rest")]
            Problem::Routes(error) => Some(error),
            Problem::Descriptors(error) => Some(&**error),
            #[cfg(feature = "_tls")]
            Problem::Tls(error) => Some(error),
            #[cfg(feature = "admin")]
            Problem::OpenAdmin(_) => None,
            Problem::NoListener
            | Problem::Pages(_)
            | Problem::Duplicates(_)
            | Problem::UndeclaredAccess(_)
            | Problem::NoAuthenticator(_) => None,
        }
    }
}
