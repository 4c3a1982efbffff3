//! Why a server does not serve.

use std::error::Error;
use std::{fmt, io};

/// A server cannot serve.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    Bind {
        /// The address as it was given.
        addr: String,
        /// The reason.
        error: io::Error,
    },
    /// Services were added more than once.
    DuplicateServices(Vec<&'static str>),
    /// Methods do not say who may call them, while [`require_access`](crate::Server::require_access) is set.
    UndeclaredAccess(Vec<&'static str>),
    /// A descriptor set cannot be served by reflection.
    Descriptors(Box<dyn Error + Send + Sync>),
    /// The certificates or keys for TLS are of no use.
    #[cfg(feature = "tls")]
    Tls(crate::tls::TlsError),
    /// The system refuses what a server needs.
    Io(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind { addr, error } => write!(f, "cannot listen on {addr}: {error}"),
            Self::DuplicateServices(names) => write!(f, "added more than once: {}", names.join(", ")),
            Self::UndeclaredAccess(methods) => {
                write!(f, "the `.proto` does not say who may call: {}", methods.join(", "))
            }
            Self::Descriptors(error) => write!(f, "the descriptors are no use to reflection: {error}"),
            #[cfg(feature = "tls")]
            Self::Tls(error) => write!(f, "cannot serve: {error}"),
            Self::Io(error) => write!(f, "cannot serve: {error}"),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Bind { error, .. } | Self::Io(error) => Some(error),
            Self::Descriptors(error) => Some(&**error),
            #[cfg(feature = "tls")]
            Self::Tls(error) => Some(error),
            Self::DuplicateServices(_) | Self::UndeclaredAccess(_) => None,
        }
    }
}
