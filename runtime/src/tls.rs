//! TLS, of servers and clients, with client certificates where both sides are to know each other.
//!
//! It is rustls with ring. Certificates and keys are PEM text, as files hold them.
//!
//! ```no_run
//! # use rsvc::codegen::Service;
//! # async fn example<S: Service>(users: S) -> Result<(), Box<dyn std::error::Error>> {
//! use rsvc::tls::{ClientTls, Identity, ServerTls};
//!
//! let identity = Identity::from_pem(std::fs::read("server.pem")?, std::fs::read("server.key")?);
//! let tls = ServerTls::new(identity).client_ca(std::fs::read("clients-ca.pem")?);
//! rsvc::Server::new().add(users).tls(tls).serve("0.0.0.0:443").await?;
//!
//! let identity = Identity::from_pem(std::fs::read("client.pem")?, std::fs::read("client.key")?);
//! let tls = ClientTls::new().ca(std::fs::read("servers-ca.pem")?).identity(identity);
//! let channel = rsvc::Channel::builder("https://shop.example").tls(tls).connect().await?;
//! # Ok(())
//! # }
//! ```

use std::fmt;
#[cfg(any(feature = "server", feature = "client"))]
use std::sync::Arc;

#[cfg(feature = "client")]
use hyper_rustls::{ConfigBuilderExt as _, FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
#[cfg(feature = "client")]
use hyper_util::client::legacy::connect::HttpConnector;
#[cfg(any(feature = "server", feature = "client"))]
use tokio_rustls::rustls::{
    self, RootCertStore,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
#[cfg(feature = "client")]
use tokio_rustls::rustls::{ClientConfig, pki_types::ServerName};
#[cfg(feature = "server")]
use tokio_rustls::rustls::{ServerConfig, server::WebPkiClientVerifier};

pub use tokio_rustls::rustls::pki_types::CertificateDer;

/// A certificate chain and the private key of its first certificate.
#[derive(Clone)]
pub struct Identity {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Identity {
    /// Takes both as PEM; they are read when they are used.
    pub fn from_pem(chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        Self { chain: chain.into(), key: key.into() }
    }

    #[cfg(any(feature = "server", feature = "client"))]
    fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let chain = certificates(&self.chain, "certificate chain")?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(TlsError::new("private key"))?;
        Ok((chain, key))
    }
}

/// Keys are nothing to print.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// TLS of a [`Server`](crate::Server).
#[cfg(feature = "server")]
#[derive(Clone, Debug)]
pub struct ServerTls {
    identity: Identity,
    clients: Clients,
}

/// What a server wants to know of its clients.
#[cfg(feature = "server")]
#[derive(Clone, Debug)]
enum Clients {
    Any,
    Known { ca: Vec<u8>, optional: bool },
}

#[cfg(feature = "server")]
impl ServerTls {
    /// TLS with the server's identity, for any client.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self { identity, clients: Clients::Any }
    }

    /// Only takes clients with a certificate of this authority;
    /// [`Context::peer_certificates`](crate::Context::peer_certificates) has it.
    #[must_use]
    pub fn client_ca(mut self, ca: impl Into<Vec<u8>>) -> Self {
        self.clients = Clients::Known { ca: ca.into(), optional: false };
        self
    }

    /// Takes clients without a certificate as well as those with one of this authority.
    #[must_use]
    pub fn optional_client_ca(mut self, ca: impl Into<Vec<u8>>) -> Self {
        self.clients = Clients::Known { ca: ca.into(), optional: true };
        self
    }

    pub(crate) fn acceptor(&self) -> Result<tokio_rustls::TlsAcceptor, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::new("protocol"))?;
        let config = match &self.clients {
            Clients::Any => config.with_no_client_auth(),
            Clients::Known { ca, optional } => {
                let wrong = "client authority";
                let roots = Arc::new(roots(ca, wrong)?);
                let mut verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                if *optional {
                    verifier = verifier.allow_unauthenticated();
                }
                config.with_client_cert_verifier(verifier.build().map_err(TlsError::new(wrong))?)
            }
        };
        let (chain, key) = self.identity.read()?;
        let mut config = config.with_single_cert(chain, key).map_err(TlsError::new("identity"))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config).into())
    }
}

#[cfg(any(feature = "server", feature = "client"))]
fn roots(pem: &[u8], what: &'static str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, what)? {
        roots.add(certificate).map_err(TlsError::new(what))?;
    }
    Ok(roots)
}

#[cfg(any(feature = "server", feature = "client"))]
fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(TlsError::new(what))?;
    if certificates.is_empty() {
        return Err(TlsError::new(what)("there is no certificate in it"));
    }
    Ok(certificates)
}

/// TLS of a [`Channel`](crate::Channel).
#[cfg(feature = "client")]
#[derive(Clone, Debug, Default)]
pub struct ClientTls {
    ca: Option<Vec<u8>>,
    identity: Option<Identity>,
    server_name: Option<String>,
}

#[cfg(feature = "client")]
impl ClientTls {
    /// TLS to a server that one of the well-known authorities vouches for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The authority that vouches for the server, in place of the well-known ones.
    #[must_use]
    pub fn ca(mut self, ca: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(ca.into());
        self
    }

    /// Who the client is, for a server that wants to know.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// The name in the server's certificate, if it is not that of the endpoint.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Connects to `https` endpoints with one version of HTTP.
    pub(crate) fn connector(
        &self,
        mut tcp: HttpConnector,
        http2: bool,
    ) -> Result<HttpsConnector<HttpConnector>, TlsError> {
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new().with_tls_config(self.rustls()?).https_only();
        let connector = match &self.server_name {
            Some(name) => {
                let name = ServerName::try_from(name.clone()).map_err(TlsError::new("server name"))?;
                connector.with_server_name_resolver(FixedServerNameResolver::new(name))
            }
            None => connector,
        };
        Ok(if http2 {
            connector.enable_http2().wrap_connector(tcp)
        } else {
            connector.enable_http1().wrap_connector(tcp)
        })
    }

    fn rustls(&self) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::new("protocol"))?;
        let config = match &self.ca {
            None => config.with_webpki_roots(),
            Some(ca) => config.with_root_certificates(roots(ca, "server authority")?),
        };
        match &self.identity {
            None => Ok(config.with_no_client_auth()),
            Some(identity) => {
                let (chain, key) = identity.read()?;
                config.with_client_auth_cert(chain, key).map_err(TlsError::new("identity"))
            }
        }
    }
}

/// Certificates or keys are of no use.
#[cfg(any(feature = "server", feature = "client"))]
#[derive(Debug)]
pub struct TlsError {
    what: &'static str,
    reason: String,
}

#[cfg(any(feature = "server", feature = "client"))]
impl TlsError {
    fn new<E: fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |reason| Self { what, reason: reason.to_string() }
    }
}

#[cfg(any(feature = "server", feature = "client"))]
impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS {}: {}", self.what, self.reason)
    }
}

#[cfg(any(feature = "server", feature = "client"))]
impl std::error::Error for TlsError {}
