//! [`ClientTls`].

use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, Write};
use hyper_rustls::{
    ConfigBuilderExt as _, DefaultServerNameResolver, FixedServerNameResolver, HttpsConnector,
    MaybeHttpsStream, ResolveServerName,
};
use hyper_util::client::legacy::connect::Connection;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use super::error::TlsError;
use super::live::{INTERVAL, Live, Reload, Settings};
use super::pem::Files;
use super::provider::provider;
use super::{Identity, Pem, TlsReload};
use crate::call::BoxError;

/// TLS of a [`Channel`](crate::Channel).
#[derive(Clone, Debug)]
pub struct ClientTls {
    ca: Option<Pem>,
    native_roots: bool,
    identity: Option<Identity>,
    server_name: Option<String>,
    config: Option<Arc<ClientConfig>>,
    reload: Option<TlsReload>,
    interval: Option<Duration>,
}

impl Default for ClientTls {
    fn default() -> Self {
        Self {
            ca: None,
            native_roots: false,
            identity: None,
            server_name: None,
            config: None,
            reload: None,
            interval: Some(INTERVAL),
        }
    }
}

impl ClientTls {
    /// TLS to a server that one of the well-known authorities vouches for, those of Mozilla's list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// TLS as a configuration of rustls has it. Where it names protocols (ALPN), the version of HTTP of the channel must be
    /// among them; the channel offers that one.
    #[must_use]
    pub fn from_config(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self { config: Some(config.into()), ..Self::default() }
    }

    /// The authority that vouches for the server, in place of the well-known ones.
    #[must_use]
    pub fn ca(mut self, ca: impl Into<Pem>) -> Self {
        self.ca = Some(ca.into());
        self
    }

    /// Trusts the authorities that this machine trusts, in place of the well-known ones and beside [`ca`](Self::ca). The
    /// variables `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    #[cfg(feature = "tls-native-roots")]
    #[must_use]
    pub fn native_roots(mut self) -> Self {
        self.native_roots = true;
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

    /// Lets a handle say when files are read again, beside the time of [`check_files_every`](Self::check_files_every).
    #[must_use]
    pub fn reload_by(mut self, reload: &TlsReload) -> Self {
        self.reload = Some(reload.clone());
        self
    }

    /// How old may be what was read from files when a connection is made. Default: 5 seconds. `None` leaves it to
    /// [`TlsReload`].
    #[must_use]
    pub fn check_files_every(mut self, interval: Option<Duration>) -> Self {
        self.interval = interval;
        self
    }

    /// Prepares TLS for connections of one version of HTTP.
    pub(crate) fn prepare(&self, http2: bool) -> Result<PreparedTls, TlsError> {
        let live = Arc::new(Live::new(Connecting { tls: self.clone(), http2 })?);
        if let Some(reload) = &self.reload {
            let live: Arc<dyn Reload> = live.clone();
            reload.know(Arc::downgrade(&live));
        }
        let interval = self.interval.filter(|_| live.has_files());
        Ok(PreparedTls { live, interval })
    }

    fn config(&self, files: &Files) -> Result<ClientConfig, TlsError> {
        let provider = provider()?;
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::new("protocol"))?;
        let config = match self.roots(files)? {
            None => config.with_webpki_roots(),
            Some(roots) => config.with_root_certificates(roots),
        };
        Ok(match &self.identity {
            None => config.with_no_client_auth(),
            Some(identity) => {
                let identity = SingleCertAndKey::from(identity.read(files, &provider)?);
                config.with_client_cert_resolver(Arc::new(identity))
            }
        })
    }

    /// Whom to trust, if it is not the well-known authorities.
    fn roots(&self, files: &Files) -> Result<Option<RootCertStore>, TlsError> {
        let ca = self.ca.as_ref().map(|ca| files.roots(ca, "server authority")).transpose()?;
        #[cfg(feature = "tls-native-roots")]
        if self.native_roots {
            return with_native_roots(ca.unwrap_or_else(RootCertStore::empty)).map(Some);
        }
        Ok(ca)
    }

    /// The configuration of the user's.
    fn given(&self, config: &ClientConfig) -> Result<ClientConfig, TlsError> {
        if self.ca.is_some() || self.native_roots || self.identity.is_some() {
            return Err(TlsError::new("settings")("identity and authorities are those of the configuration"));
        }
        Ok(config.clone())
    }
}

/// Adds the authorities that this machine trusts. Some may be of a kind that is not usable here.
#[cfg(feature = "tls-native-roots")]
fn with_native_roots(mut roots: RootCertStore) -> Result<RootCertStore, TlsError> {
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::warn!(%error, "not all authorities of this machine can be read");
    }
    let (added, _) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        return Err(TlsError::new("server authority")("this machine has none"));
    }
    Ok(roots)
}

/// What configurations are made of.
struct Connecting {
    tls: ClientTls,
    http2: bool,
}

/// What a connection needs, made of the files that there were.
#[derive(Clone)]
struct Made {
    config: Arc<ClientConfig>,
    server_name: Arc<dyn ResolveServerName + Send + Sync>,
}

impl Settings for Connecting {
    type Made = Made;

    fn pem(&self) -> Vec<&Pem> {
        let identity = self.tls.identity.iter().flat_map(Identity::pem);
        self.tls.ca.iter().chain(identity).collect()
    }

    fn make(&self, files: &Files) -> Result<Made, TlsError> {
        let mut config = match &self.tls.config {
            None => self.tls.config(files)?,
            Some(config) => self.tls.given(config)?,
        };
        let protocol: &[u8] = if self.http2 { HTTP2 } else { HTTP1 };
        if !config.alpn_protocols.is_empty() && !config.alpn_protocols.iter().any(|named| named == protocol) {
            let name = String::from_utf8_lossy(protocol);
            return Err(TlsError::new("protocols")(format_args!("`{name}` is not among them")));
        }
        // HTTP/1.1 is what a server speaks that is asked for nothing.
        config.alpn_protocols = if self.http2 { vec![HTTP2.to_vec()] } else { Vec::new() };
        let server_name: Arc<dyn ResolveServerName + Send + Sync> = match &self.tls.server_name {
            Some(name) => {
                let name = ServerName::try_from(name.clone()).map_err(TlsError::new("server name"))?;
                Arc::new(FixedServerNameResolver::new(name))
            }
            None => Arc::new(DefaultServerNameResolver::default()),
        };
        Ok(Made { config: Arc::new(config), server_name })
    }
}

/// The names of the versions of HTTP in TLS (ALPN).
const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

/// TLS with the identity and the authorities that there are now.
#[derive(Clone)]
pub(crate) struct PreparedTls {
    live: Arc<Live<Connecting>>,
    /// How old may be what was read from files; `None` if there are none.
    interval: Option<Duration>,
}

impl PreparedTls {
    /// Puts TLS on what connects.
    pub(crate) fn over<C>(self, connector: C) -> TlsConnector<C> {
        TlsConnector { tls: self, connector }
    }
}

/// Connects to the server of an `https` URI.
#[derive(Clone)]
pub(crate) struct TlsConnector<C> {
    tls: PreparedTls,
    connector: C,
}

impl<C> Service<Uri> for TlsConnector<C>
where
    C: Service<Uri, Error: Into<BoxError>> + Clone + Send + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
{
    type Response = MaybeHttpsStream<C::Response>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(task).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { tls: PreparedTls { live, interval }, connector } = self.clone();
        Box::pin(async move {
            if interval.is_some_and(|interval| live.is_older_than(interval)) {
                let live = Arc::clone(&live);
                tokio::task::spawn_blocking(move || live.check()).await?;
            }
            let Made { config, server_name } = live.current();
            HttpsConnector::new(connector, config, true, server_name).call(uri).await
        })
    }
}
