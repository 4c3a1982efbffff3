//! The server: [`Server`] collects services and settings, binds, and serves until it is told to stop.

mod addresses;
#[cfg(feature = "admin")]
mod admin;
mod bound;
mod call_settings;
mod connect_info;
mod connection;
mod connection_settings;
mod connection_timer;
mod control_frames;
mod embedded;
mod error;
mod expiry;
/// The services that a server brings itself.
#[allow(unreachable_pub)] // the generator does not know that nothing is public here
#[allow(unsafe_code)] // linkme's: each package registers its messages in a link section
mod generated {
    include!("generated/mod.rs");
}
mod health;
mod http_service;
mod linger;
mod listener;
pub(crate) mod mounted;
mod pages;
mod panics;
mod reflection;
mod rewind;
mod router;
mod sending;
mod serve;
pub(crate) mod session;
mod signal;
mod socket;
mod streams;
#[cfg(all(unix, feature = "systemd"))]
mod systemd;
#[cfg(unix)]
mod unix;
mod unsent;
mod waker;

use std::fmt;
use std::sync::Arc;

use crate::bridge::NamedService;
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, ToSocketAddrs};
use tower::layer::util::{Identity, Stack};
use tower::{Layer, Service, ServiceBuilder};

pub use crate::bridge::Connected;
pub use crate::call::dispatch::ResponseValidation;
use crate::call::in_flight::{CallLimits, InFlight};
use crate::call::intercept::{Chain, Interceptor};
use crate::call::{Body, BoxError};
use crate::cancellation::CancellationToken;
use crate::protocol::settings::ServerSettings;
#[cfg(feature = "admin")]
pub use crate::server::admin::Admin;
pub use crate::server::bound::BoundServer;
use crate::server::bound::Prepared;
use crate::server::connection::Serving;
use crate::server::connection_settings::{ConnectionSettings, Drain};
pub use crate::server::embedded::{ServerFuture, ServerService};
use crate::server::error::Problem;
pub use crate::server::error::ServeError;
pub use crate::server::health::Health;
pub use crate::server::http_service::HttpService;
pub use crate::server::listener::{ListenAddr, Listener};
use crate::server::pages::Pages;
#[cfg(feature = "swagger-ui")]
pub use crate::server::pages::SwaggerUi;
pub use crate::server::pages::{Document, Site};
use crate::server::router::{Entry, FallbackService};
pub use crate::server::router::{MatchedPath, Router};
use crate::server::socket::Arrival;

/// Serves generated services over gRPC, and over REST where their `.proto` says how.
///
/// ```no_run
/// # use rsvc::codegen::Service;
/// # async fn example<S: Service>(users: S) -> Result<(), rsvc::server::ServeError> {
/// rsvc::Server::new().add(users).serve("127.0.0.1:8080").await?;
/// # Ok(())
/// # }
/// ```
///
/// Health checking and reflection (v1 and v1alpha) are on unless they are switched off. A request that is neither gRPC
/// nor REST gets an HTTP answer that says so.
///
/// REST (feature `rest`, on by default) has limits and options of its own: [`rest::Options`](crate::protocol::rest::server::Options).
///
/// The same port takes calls of gRPC-Web and Connect, over HTTP/1.1 as well. For
/// pages of another origin, add a layer that answers the browser's questions, as the `CorsLayer` of tower-http.
///
/// # Stopping
///
/// [`serve`](Self::serve) stops on ctrl-c or SIGTERM: health turns to `NOT_SERVING`, new connections are no longer
/// accepted, and calls that are under way may finish within the [`drain_timeout`](Self::drain_timeout). A second
/// signal ends them at once. Handlers of endless streams learn of it by
/// [`Context::stopping`](crate::Context::stopping).
///
/// # Limits and their defaults
///
/// | | |
/// |---|---|
/// | [`max_request_size`](Self::max_request_size) | 4 MiB |
/// | [`max_message_memory`](Self::max_message_memory) | 32 MiB, or 32 times a request's size |
/// | [`max_response_size`](Self::max_response_size) | none |
/// | [`max_violations`](Self::max_violations) | 100 |
/// | [`default_timeout`](Self::default_timeout), [`max_timeout`](Self::max_timeout) | none |
/// | [`max_calls`](Self::max_calls), [`max_waiting_calls`](Self::max_waiting_calls) | 10,000, and a tenth of them |
/// | [`max_connections`](Self::max_connections) | 10,000 |
/// | [`max_connections_per_address`](Self::max_connections_per_address) | half of all |
/// | [`max_connection_age`](Self::max_connection_age) | an hour, a tenth more or less |
/// | [`max_concurrent_streams`](Self::max_concurrent_streams) | 200 calls a connection |
/// | [`send_timeout`](Self::send_timeout) | a minute |
/// | [`idle_timeout`](Self::idle_timeout), [`min_body_rate`](Self::min_body_rate) | 30 seconds, 240 bytes a second |
/// | [`stream_idle_timeout`](Self::stream_idle_timeout) | 5 minutes |
/// | [`max_unsent_size`](Self::max_unsent_size) | 32 MiB a connection |
/// | [`max_header_list_size`](Self::max_header_list_size) | 16 KiB |
/// | [`keepalive`](Self::keepalive) | a ping a minute, 20 seconds for its answer |
/// | [`handshake_timeout`](Self::handshake_timeout) | 20 seconds until a connection speaks |
/// | [`drain_timeout`](Self::drain_timeout) | 30 seconds |
#[must_use = "a server does nothing until it serves"]
pub struct Server<L = Identity> {
    entries: Vec<Entry>,
    descriptor_sets: Vec<&'static [u8]>,
    layers: ServiceBuilder<L>,
    settings: ServerSettings,
    connections: ConnectionSettings,
    drain: Drain,
    health: Option<Health>,
    reflection: bool,
    public_reflection: bool,
    require_access: bool,
    calls: CallLimits,
    pages: Pages,
    fallback: Option<FallbackService>,
    interceptors: Chain,
    #[cfg(feature = "rest")]
    rest: Option<crate::protocol::rest::server::Options>,
    #[cfg(feature = "_tls")]
    tls: Option<crate::tls::ServerTls>,
    #[cfg(feature = "admin")]
    admin: Option<(Admin, Listener)>,
}

impl Server {
    /// A server without services, with the default settings.
    pub fn new() -> Self {
        Self {
            entries: Vec::new(),
            descriptor_sets: Vec::new(),
            layers: ServiceBuilder::new(),
            settings: ServerSettings::default(),
            connections: ConnectionSettings::default(),
            drain: Drain::default(),
            health: Some(Health::new()),
            reflection: true,
            public_reflection: false,
            require_access: false,
            calls: CallLimits::default(),
            pages: Pages::default(),
            fallback: None,
            interceptors: Chain::default(),
            #[cfg(feature = "rest")]
            rest: Some(crate::protocol::rest::server::Options::new()),
            #[cfg(feature = "_tls")]
            tls: None,
            #[cfg(feature = "admin")]
            admin: None,
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl<L> Server<L> {
    /// Adds a service. Adding one of the same name twice is an error when the server binds.
    #[allow(clippy::should_implement_trait, reason = "nobody takes this for a sum")]
    pub fn add<S: crate::protocol::service::Service>(mut self, service: S) -> Self {
        self.descriptor_sets.push(S::INFO.descriptor_set);
        self.entries.push(Entry::generated(service));
        self
    }

    /// Adds a service made with tonic. What this server says about calls (timeouts, access, sizes) is not for it.
    pub fn add_tonic<S, B>(mut self, service: S) -> Self
    where
        S: Service<
                Request<crate::bridge::TonicBody>,
                Response = Response<B>,
                Error = std::convert::Infallible,
            >,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        self.entries.push(Entry::foreign(service));
        self
    }

    /// Adds descriptors to what reflection knows: an encoded `google.protobuf.FileDescriptorSet`. Generated services
    /// bring their own.
    pub fn descriptor_set(mut self, set: &'static [u8]) -> Self {
        self.descriptor_sets.push(set);
        self
    }

    /// Adds a tower layer around all services. The first one added is the outermost.
    pub fn layer<N>(self, layer: N) -> Server<Stack<N, L>> {
        Server {
            layers: self.layers.layer(layer),
            entries: self.entries,
            descriptor_sets: self.descriptor_sets,
            settings: self.settings,
            connections: self.connections,
            drain: self.drain,
            health: self.health,
            reflection: self.reflection,
            public_reflection: self.public_reflection,
            require_access: self.require_access,
            calls: self.calls,
            pages: self.pages,
            fallback: self.fallback,
            interceptors: self.interceptors,
            #[cfg(feature = "rest")]
            rest: self.rest,
            #[cfg(feature = "_tls")]
            tls: self.tls,
            #[cfg(feature = "admin")]
            admin: self.admin,
        }
    }

    /// Adds an interceptor around all generated services, whatever the protocol of a call. The first one added is the
    /// outermost. The services that the server brings itself, as health, have none.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptors.add(interceptor);
        self
    }

    /// Sets what answers requests whose paths lead to no method: pages, metrics and the like, as a tower service or a
    /// router of axum. Layers, [`max_calls`](Self::max_calls) and the limits of connections hold for it as well.
    ///
    /// ```
    /// # #[cfg(feature = "axum")]
    /// # {
    /// use axum::routing::get;
    ///
    /// let pages: axum::Router = axum::Router::new().route("/healthz", get(|| async { "ok" }));
    /// let server = rsvc::Server::new().fallback(pages);
    /// # }
    /// ```
    pub fn fallback<S, B>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = std::convert::Infallible>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        self.fallback = Some(FallbackService::new(service));
        self
    }

    /// Has a document of `OpenAPI` at a path, as the generator writes it with its option `openapi`: JSON, or YAML where the
    /// path ends in `.yaml`. For everyone, unless the [`Document`] says otherwise.
    ///
    /// A path that a method has is an error when the server binds.
    ///
    /// ```
    /// # mod api { pub const OPENAPI: &str = "{}"; }
    /// let server = rsvc::Server::new().openapi("/openapi.json", api::OPENAPI);
    /// ```
    pub fn openapi(mut self, path: &str, document: impl Into<Document>) -> Self {
        self.pages.document(path, document.into());
        self
    }

    /// Has a reference of the services below a path, as the generator writes it with its option `docs`; see [`Site`] for what
    /// can be chosen.
    ///
    /// A path that a method has is an error when the server binds.
    ///
    /// ```
    /// # mod api { pub const DOCS: &str = "rsvc site 1\n\n"; }
    /// let server = rsvc::Server::new().docs("/docs", api::DOCS);
    /// ```
    pub fn docs(mut self, path: &str, site: impl Into<Site>) -> Self {
        self.pages.site(path, &site.into());
        self
    }

    /// Has Swagger UI below a path, which shows the document at another and calls what it describes; see [`SwaggerUi`] for
    /// what can be chosen. Such a call is one like any other: access, rules and limits hold for it.
    ///
    /// A path that a method has, and a document that [`openapi`](Self::openapi) has not, are errors when the server binds.
    ///
    /// ```
    /// # mod api { pub const OPENAPI: &str = "{}"; }
    /// let server = rsvc::Server::new().openapi("/openapi.json", api::OPENAPI).swagger_ui("/swagger", "/openapi.json");
    /// ```
    #[cfg(feature = "swagger-ui")]
    pub fn swagger_ui(mut self, path: &str, page: impl Into<SwaggerUi>) -> Self {
        self.pages.swagger_ui(path, &page.into());
        self
    }

    /// Answers the questions of those who run the server on a listener of its own, as long as it serves; see [`Admin`]. One
    /// that is [a service of somebody else's server](Self::into_service) answers none.
    #[cfg(feature = "admin")]
    pub fn admin(mut self, admin: Admin, listener: Listener) -> Self {
        self.admin = Some((admin, listener));
        self
    }

    /// Replaces the health service's state, to change it while the server runs; see [`Health`].
    pub fn health(mut self, health: Health) -> Self {
        self.health = Some(health);
        self
    }

    /// Switches the health service off.
    pub fn without_health(mut self) -> Self {
        self.health = None;
        self
    }

    /// Switches reflection off.
    pub fn without_reflection(mut self) -> Self {
        self.reflection = false;
        self
    }

    /// Opens reflection to everyone where [`require_access`](Self::require_access) is set. Default: it then needs an
    /// authenticated caller, as it tells what there is to call.
    pub fn public_reflection(mut self) -> Self {
        self.public_reflection = true;
        self
    }

    /// Sets limits of REST and the like.
    #[cfg(feature = "rest")]
    pub fn rest(mut self, options: crate::protocol::rest::server::Options) -> Self {
        self.rest = Some(options);
        self
    }

    /// Switches REST off.
    #[cfg(feature = "rest")]
    pub fn without_rest(mut self) -> Self {
        self.rest = None;
        self
    }

    /// Binds to an address. Port 0 takes any free port; [`BoundServer::local_addr`] tells which.
    pub async fn bind<A: ToSocketAddrs + fmt::Debug>(self, addr: A) -> Result<BoundServer<L>, ServeError> {
        self.with_tcp(Listener::tcp(addr).await?)
    }

    /// Takes a socket that is bound already.
    pub fn with_listener(self, listener: TcpListener) -> Result<BoundServer<L>, ServeError> {
        self.with_tcp(Listener::from_tcp(listener)?)
    }

    fn with_tcp(self, listener: Listener) -> Result<BoundServer<L>, ServeError> {
        let ListenAddr::Tcp(local_addr) = *listener.addr() else { unreachable!("it listens to TCP") };
        Ok(BoundServer { local_addr, listeners: vec![listener], prepared: self.prepare()? })
    }

    /// Takes one or several listeners of any kind. They stop together.
    ///
    /// # Errors
    ///
    /// If there are none, or if the server cannot be served.
    pub fn with_listeners(
        self,
        listeners: impl IntoIterator<Item = Listener>,
    ) -> Result<BoundServer<L, ()>, ServeError> {
        let listeners: Vec<_> = listeners.into_iter().collect();
        if listeners.is_empty() {
            return Err(Problem::NoListener.into());
        }
        Ok(BoundServer { local_addr: (), listeners, prepared: self.prepare()? })
    }

    /// Reflection tells what there is to attack: where access is required, it takes a caller that is known.
    fn settings_of_reflection(&self) -> ServerSettings {
        let mut settings = ServerSettings::default();
        if self.require_access && !self.public_reflection {
            settings.policy.authenticator.clone_from(&self.settings.policy.authenticator);
            settings.policy.default_deny = true;
        }
        settings
    }

    fn prepare(mut self) -> Result<Prepared<L>, ServeError> {
        if !self.interceptors.is_empty() || self.settings.policy.sight.is_on() {
            let chain = Arc::new(std::mem::take(&mut self.interceptors));
            for entry in &mut self.entries {
                entry.intercept(&chain);
            }
        }
        if let Some(health) = &self.health {
            health.know(self.entries.iter().map(Entry::name));
            self.entries.push(health.entry());
        }
        if self.reflection {
            let settings = self.settings_of_reflection();
            self.entries.extend(reflection::entries(&self.entries, &self.descriptor_sets, settings)?);
        }
        let stopping = Arc::new(CancellationToken::default());
        self.settings.policy.stopping = Some(Arc::clone(&stopping));
        self.settings.policy.in_flight = Some(Arc::new(InFlight::new(self.calls)));
        #[cfg(feature = "admin")]
        let admin = match self.admin {
            None => None,
            Some((admin, listener)) => {
                let routes = admin::Routes::new(&self.entries, self.settings.policy.default_deny);
                let server = admin.server(&listener, routes, self.health.clone(), Arc::clone(&stopping))?;
                let Prepared { router, serving, .. } = server.prepare()?;
                Some(admin::AdminServer { listener: listener.without_tls(), router, serving })
            }
        };
        let router = Router::new(
            self.entries,
            self.settings,
            #[cfg(feature = "rest")]
            self.rest,
            self.require_access,
            self.pages,
            self.fallback,
            self.connections.limits.header_list_size(),
        )?;
        Ok(Prepared {
            layers: self.layers,
            serving: Serving {
                connections: self.connections,
                drain: self.drain,
                health: self.health,
                stopping,
                #[cfg(feature = "_tls")]
                tls: self.tls.map(crate::tls::ServerTls::acceptor).transpose().map_err(Problem::Tls)?,
            },
            router,
            #[cfg(feature = "admin")]
            admin,
        })
    }
}

impl<L: Layer<Router, Service: HttpService>> Server<L> {
    /// Binds to an address and serves until ctrl-c or SIGTERM.
    pub async fn serve<A: ToSocketAddrs + fmt::Debug>(self, addr: A) -> Result<(), ServeError> {
        self.bind(addr).await?.serve().await
    }

    /// Binds to an address and serves until `stop` resolves.
    pub async fn serve_with_shutdown<A: ToSocketAddrs + fmt::Debug>(
        self,
        addr: A,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        self.bind(addr).await?.serve_with_shutdown(stop).await
    }

    /// Serves the connections of any transport until `stop` resolves or there are no more.
    pub async fn serve_with_incoming<I, E>(
        self,
        incoming: impl Stream<Item = Result<I, E>>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServeError>
    where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
        E: fmt::Display,
    {
        let incoming = incoming.map(|accepted| accepted.map(Arrival::new));
        self.prepare()?.serve(incoming, stop, std::future::pending()).await;
        Ok(())
    }

    /// Makes a Unix socket, as [`Listener::unix`] does, and serves until ctrl-c or SIGTERM.
    #[cfg(unix)]
    pub async fn serve_unix(self, path: impl AsRef<std::path::Path>) -> Result<(), ServeError> {
        self.with_listeners([Listener::unix(path)?])?.serve().await
    }
}

impl<L> fmt::Debug for Server<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.entries.iter().map(Entry::name).collect();
        f.debug_struct("Server").field("services", &services).finish_non_exhaustive()
    }
}
