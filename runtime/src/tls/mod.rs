//! TLS, of servers and clients, with client certificates where both sides are to know each other.
//!
//! It is rustls. Certificates and keys are PEM, as text or in files; see [`Pem`].
//!
//! ```no_run
//! # use rsvc::codegen::Service;
//! # async fn example<S: Service>(users: S) -> Result<(), Box<dyn std::error::Error>> {
//! use rsvc::tls::{ClientTls, Identity, Pem, ServerTls};
//!
//! let tls = ServerTls::new(Identity::from_files("server.pem", "server.key"))
//!     .client_ca(Pem::file("clients-ca.pem"));
//! rsvc::Server::new().add(users).tls(tls).serve("0.0.0.0:443").await?;
//!
//! let tls = ClientTls::new()
//!     .ca(Pem::file("servers-ca.pem"))
//!     .identity(Identity::from_files("client.pem", "client.key"));
//! let channel = rsvc::Channel::builder("https://shop.example").tls(tls).connect().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Files that change
//!
//! Files are read again every 5 seconds, and by [`TlsReload`] when the program says so. New connections use what is in
//! them; connections that are open go on. Files that are not usable are logged, and what was used before them stays. A
//! file may be replaced, as may a link on the way to it, as Kubernetes does for secrets.
//!
//! # Cryptography
//!
//! It comes from the provider that the program has installed with rustls's `CryptoProvider::install_default`. If there is
//! none, it comes from aws-lc-rs with the feature `tls-aws-lc`, and otherwise from ring, which the feature `tls` brings.
//! With both features aws-lc-rs is used.

#[cfg(feature = "client")]
mod client;
#[cfg(any(feature = "server", feature = "client"))]
mod error;
mod identity;
#[cfg(any(feature = "server", feature = "client"))]
mod live;
mod pem;
#[cfg(any(feature = "server", feature = "client"))]
mod provider;
#[cfg(any(feature = "server", feature = "client"))]
mod reload;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod sni;

/// Of the version that configurations and certificates have here.
pub use tokio_rustls::rustls;
pub use tokio_rustls::rustls::pki_types::CertificateDer;

#[cfg(feature = "client")]
pub use client::ClientTls;
#[cfg(feature = "client")]
pub(crate) use client::PreparedTls;
#[cfg(any(feature = "server", feature = "client"))]
pub use error::TlsError;
pub use identity::Identity;
pub use pem::Pem;
#[cfg(any(feature = "server", feature = "client"))]
pub use reload::TlsReload;
#[cfg(feature = "server")]
pub use server::ServerTls;
#[cfg(feature = "server")]
pub(crate) use server::TlsAcceptor;
