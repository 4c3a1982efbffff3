//! [`ServerTls`].

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::server::TlsStream;

use super::error::TlsError;
use super::live::{self, INTERVAL, Live, Reload, Settings};
use super::pem::Files;
use super::provider::provider;
use super::sni::Identities;
use super::{Identity, Pem, TlsReload};

/// The versions of HTTP that a server speaks, the preferred first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS of a [`Server`](crate::Server).
#[derive(Clone, Debug)]
pub struct ServerTls {
    kind: Kind,
    reload: Option<TlsReload>,
    interval: Option<Duration>,
}

#[derive(Clone, Debug)]
enum Kind {
    Settings(Own),
    Config(Arc<ServerConfig>),
    /// A configuration of the user's, and settings that it already has.
    Both,
}

/// What a user says in our words.
#[derive(Clone, Debug)]
struct Own {
    identity: Identity,
    named: Vec<(Vec<String>, Identity)>,
    clients: Clients,
    revoked: Option<Pem>,
}

/// What a server wants to know of its clients.
#[derive(Clone, Debug)]
enum Clients {
    Any,
    Known { ca: Pem, optional: bool },
}

impl ServerTls {
    /// TLS with the server's identity, for any client.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self::of(Kind::Settings(Own { identity, named: Vec::new(), clients: Clients::Any, revoked: None }))
    }

    /// TLS as a configuration of rustls has it. Where it names no protocols (ALPN), the server offers `h2` and `http/1.1`;
    /// if it names some, one of them must be there. Everything else is up to the configuration: identities, client
    /// authorities and their reloading.
    #[must_use]
    pub fn from_config(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self::of(Kind::Config(config.into()))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, reload: None, interval: Some(INTERVAL) }
    }

    fn change(mut self, change: impl FnOnce(&mut Own)) -> Self {
        match &mut self.kind {
            Kind::Settings(own) => change(own),
            Kind::Config(_) | Kind::Both => self.kind = Kind::Both,
        }
        self
    }

    /// Shows clients that ask for one of these names another identity. A name is exact, as `api.shop.example`, or a
    /// wildcard for one label, as `*.shop.example`; exact names come first. All others get the identity of
    /// [`new`](Self::new).
    #[must_use]
    pub fn identity_for<N: Into<String>>(
        self,
        names: impl IntoIterator<Item = N>,
        identity: Identity,
    ) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        self.change(|own| own.named.push((names, identity)))
    }

    /// Only takes clients with a certificate of this authority;
    /// [`Context::peer_certificates`](crate::Context::peer_certificates) has it.
    #[must_use]
    pub fn client_ca(self, ca: impl Into<Pem>) -> Self {
        let ca = ca.into();
        self.change(|own| own.clients = Clients::Known { ca, optional: false })
    }

    /// Takes clients without a certificate as well as those with one of this authority.
    #[must_use]
    pub fn optional_client_ca(self, ca: impl Into<Pem>) -> Self {
        let ca = ca.into();
        self.change(|own| own.clients = Clients::Known { ca, optional: true })
    }

    /// Refuses client certificates that these lists (CRLs) revoke, and those of an authority that has no list among them.
    #[must_use]
    pub fn client_revocation_lists(self, lists: impl Into<Pem>) -> Self {
        let lists = lists.into();
        self.change(|own| own.revoked = Some(lists))
    }

    /// Lets a handle say when files are read again, beside the time of [`check_files_every`](Self::check_files_every).
    #[must_use]
    pub fn reload_by(mut self, reload: &TlsReload) -> Self {
        self.reload = Some(reload.clone());
        self
    }

    /// How often files are read to see whether they have changed. Default: every 5 seconds. `None` leaves it to
    /// [`TlsReload`].
    #[must_use]
    pub fn check_files_every(mut self, interval: Option<Duration>) -> Self {
        self.interval = interval.map(|interval| interval.max(Duration::from_millis(1)));
        self
    }

    pub(crate) fn acceptor(self) -> Result<TlsAcceptor, TlsError> {
        let Self { kind, reload, interval } = self;
        let live = Arc::new(Live::new(kind)?);
        if let Some(reload) = &reload {
            let live: Arc<dyn Reload> = live.clone();
            reload.know(Arc::downgrade(&live));
        }
        Ok(TlsAcceptor { live, interval, _reload: reload })
    }
}

impl Settings for Kind {
    type Made = Arc<ServerConfig>;

    fn pem(&self) -> Vec<&Pem> {
        let Self::Settings(own) = self else { return Vec::new() };
        let identities = [&own.identity].into_iter().chain(own.named.iter().map(|(_, identity)| identity));
        let mut all: Vec<_> = identities.flat_map(Identity::pem).collect();
        if let Clients::Known { ca, .. } = &own.clients {
            all.push(ca);
        }
        all.extend(&own.revoked);
        all
    }

    fn make(&self, files: &Files) -> Result<Arc<ServerConfig>, TlsError> {
        match self {
            Self::Settings(own) => Ok(with_protocols(own.config(files)?)),
            Self::Config(config) if config.alpn_protocols.is_empty() => {
                Ok(with_protocols(ServerConfig::clone(config)))
            }
            Self::Config(config) => {
                let is_ours = |name: &Vec<u8>| PROTOCOLS.contains(&&**name);
                if !config.alpn_protocols.iter().any(is_ours) {
                    return Err(TlsError::new("protocols")("neither `h2` nor `http/1.1` is among them"));
                }
                Ok(Arc::clone(config))
            }
            Self::Both => {
                Err(TlsError::new("settings")("identities and authorities are those of the configuration"))
            }
        }
    }
}

impl Own {
    /// A new configuration knows no sessions of the one before it, so that nobody resumes one that it would refuse.
    fn config(&self, files: &Files) -> Result<ServerConfig, TlsError> {
        let provider = provider()?;
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::new("protocol"))?;
        let mut identities = Identities::new(self.identity.read(files, &provider)?);
        for (names, identity) in &self.named {
            identities.add(names, identity.read(files, &provider)?)?;
        }
        let config = match &self.clients {
            Clients::Any if self.revoked.is_some() => {
                return Err(TlsError::new("revocation list")(
                    "there is no authority for client certificates",
                ));
            }
            Clients::Any => config.with_no_client_auth(),
            Clients::Known { ca, optional } => {
                let wrong = "client authority";
                let roots = Arc::new(files.roots(ca, wrong)?);
                let mut verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                if *optional {
                    verifier = verifier.allow_unauthenticated();
                }
                if let Some(lists) = &self.revoked {
                    verifier = verifier.with_crls(files.revocation_lists(lists, "revocation list")?);
                }
                config.with_client_cert_verifier(verifier.build().map_err(TlsError::new(wrong))?)
            }
        };
        Ok(config.with_cert_resolver(Arc::new(identities)))
    }
}

fn with_protocols(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Arc::new(config)
}

/// Makes handshakes with the identities and authorities that there are now.
#[derive(Clone)]
pub(crate) struct TlsAcceptor {
    live: Arc<Live<Kind>>,
    interval: Option<Duration>,
    /// It lives as long as what it reloads.
    _reload: Option<TlsReload>,
}

impl TlsAcceptor {
    pub(crate) async fn accept<I: AsyncRead + AsyncWrite + Unpin>(&self, io: I) -> io::Result<TlsStream<I>> {
        tokio_rustls::TlsAcceptor::from(self.live.current()).accept(io).await
    }

    /// Looks for files that have changed, as long as it runs.
    pub(crate) fn watch(&self) -> impl Future<Output = ()> + Send + 'static {
        live::watch(Arc::clone(&self.live), self.interval)
    }
}
