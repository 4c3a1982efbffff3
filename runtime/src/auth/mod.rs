//! Ready-made authenticators, each behind a feature of its own.
//!
//! | type | feature | who the caller is |
//! |---|---|---|
//! | [`jwt::Jwt`] | `jwt`; keys from a URL: `jwks` | the subject of a signed token |
//! | [`mtls::ClientCertificate`] | `mtls` | a name in the certificate of the connection |
//! | [`api_keys::ApiKeys`] | `api-keys` | whoever has a key of a set that can be replaced |
//! | [`FirstOf`] | | the first of several that finds credentials of its kind |
//!
//! All of them take what they read for credentials of their kind or say that there are none; wrong credentials are
//! `UNAUTHENTICATED` with a text that does not tell which check failed. The reason is an event of `tracing` at the level
//! `DEBUG`, without the credentials.

#[cfg(feature = "api-keys")]
pub mod api_keys;
mod chain;
#[cfg(any(feature = "api-keys", feature = "jwt"))]
mod credentials;
#[cfg(feature = "jwt")]
pub mod jwt;
#[cfg(feature = "mtls")]
pub mod mtls;

pub use chain::FirstOf;
