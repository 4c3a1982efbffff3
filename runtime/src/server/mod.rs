//! The server: [`Server`] collects services and settings, binds, and serves until it is told to stop.

mod addresses;
mod bound;
mod connect_info;
mod connection;
mod connection_timer;
mod control_frames;
mod error;
/// The services that a server brings itself.
#[allow(unreachable_pub)] // the generator does not know that nothing is public here
#[allow(unsafe_code)] // linkme's: each package registers its messages in a link section
mod generated {
    include!("generated/mod.rs");
}
mod health;
mod http_service;
mod limits;
mod linger;
pub(crate) mod mounted;
mod panics;
mod reflection;
mod rewind;
mod router;
mod sending;
mod serve;
pub(crate) mod session;
mod signal;
mod unsent;
mod waker;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::bridge::NamedService;
use bytes::Bytes;
use futures_util::stream::Stream;
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, ToSocketAddrs};
use tower::layer::util::{Identity, Stack};
use tower::{Layer, Service, ServiceBuilder};

use crate::Authenticator;
use crate::access::AnyAuthenticator;
pub use crate::bridge::Connected;
use crate::call::BoxError;
use crate::call::in_flight::InFlight;
use crate::cancellation::CancellationToken;
use crate::protocol::compression::Compression;
use crate::protocol::settings::{CompressFrom, ServerSettings};
pub use crate::server::bound::BoundServer;
use crate::server::bound::Prepared;
use crate::server::connection::Serving;
use crate::server::error::Problem;
pub use crate::server::error::ServeError;
pub use crate::server::health::Health;
pub use crate::server::http_service::HttpService;
use crate::server::limits::{Drain, Limits};
use crate::server::router::Entry;
pub use crate::server::router::Router;
use crate::validate::Validator;

/// How many calls may be under way if nobody says so.
const MAX_CALLS: usize = 10_000;

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
/// | [`max_calls`](Self::max_calls) | 10,000 |
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
    limits: Limits,
    drain: Drain,
    health: Option<Health>,
    reflection: bool,
    public_reflection: bool,
    require_access: bool,
    max_calls: usize,
    #[cfg(feature = "rest")]
    rest: Option<crate::protocol::rest::server::Options>,
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::ServerTls>,
}

impl Server {
    /// A server without services, with the default settings.
    pub fn new() -> Self {
        Self {
            entries: Vec::new(),
            descriptor_sets: Vec::new(),
            layers: ServiceBuilder::new(),
            settings: ServerSettings::default(),
            limits: Limits::default(),
            drain: Drain::default(),
            health: Some(Health::new()),
            reflection: true,
            public_reflection: false,
            require_access: false,
            max_calls: MAX_CALLS,
            #[cfg(feature = "rest")]
            rest: Some(crate::protocol::rest::server::Options::new()),
            #[cfg(feature = "tls")]
            tls: None,
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
            limits: self.limits,
            drain: self.drain,
            health: self.health,
            reflection: self.reflection,
            public_reflection: self.public_reflection,
            require_access: self.require_access,
            max_calls: self.max_calls,
            #[cfg(feature = "rest")]
            rest: self.rest,
            #[cfg(feature = "tls")]
            tls: self.tls,
        }
    }

    /// Sets who finds out who calls. Without one, methods that need an authenticated caller refuse every call, unless
    /// a layer puts a [`Principal`](crate::Principal) on the request.
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        let authenticator: Arc<dyn AnyAuthenticator> = Arc::new(authenticator);
        self.settings.policy.authenticator = Some(authenticator);
        self
    }

    /// Refuses to serve methods of which the `.proto` does not say who may call them. Default: they are public.
    pub fn require_access(mut self) -> Self {
        self.require_access = true;
        self
    }

    /// Whether responses must be valid, too: one that breaks a rule becomes an internal error, and a line of the log.
    /// Default: in builds with debug assertions, so that tests find the mistake and production does not pay for it.
    pub fn validate_responses(mut self, validate: bool) -> Self {
        self.settings.policy.check_responses = validate;
        self
    }

    /// How many violations an error lists of a message that breaks its rules; those beyond are counted in its last line.
    /// Default: [`DEFAULT_MAX_VIOLATIONS`](crate::validate::DEFAULT_MAX_VIOLATIONS), which is 100.
    pub fn max_violations(mut self, count: u32) -> Self {
        self.settings.policy.validator = Validator::new().max_violations(count);
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

    /// The time for a call of which neither its caller nor its method says anything, streams included. Default: no
    /// limit.
    pub fn default_timeout(mut self, timeout: Duration) -> Self {
        self.settings.policy.default_timeout = Some(timeout);
        self
    }

    /// The time that no call may exceed, whatever its caller says. Default: no limit.
    pub fn max_timeout(mut self, timeout: Duration) -> Self {
        self.settings.policy.max_timeout = Some(timeout);
        self
    }

    /// The largest request message, in bytes. Default: 4 MiB.
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.settings.max_request_size = bytes;
        self
    }

    /// The memory that a request message may take once it is read, in bytes: an empty message inside another one is two
    /// bytes on the wire and hundreds in memory. 32 times its size is allowed in any case. Default: 32 MiB. Beyond it a
    /// call fails with `RESOURCE_EXHAUSTED`. REST has
    /// [its own](crate::rest::Options::max_message_memory).
    pub fn max_message_memory(mut self, bytes: usize) -> Self {
        self.settings.max_message_memory = bytes;
        self
    }

    /// The largest response message, in bytes. Default: no limit.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.settings.max_response_size = bytes;
        self
    }

    /// How requests over gRPC, gRPC-Web and Connect may be compressed. Default: in every way that the feature
    /// `compression` brings: gzip and zstd, and br for Connect.
    pub fn accept_compression(mut self, accepted: impl IntoIterator<Item = Compression>) -> Self {
        self.settings.accept_compression = accepted.into_iter().collect();
        self
    }

    /// The size in bytes from which response messages over gRPC, gRPC-Web and Connect are compressed for clients that
    /// accept it; `None` compresses nothing. Default: none over gRPC and gRPC-Web, and from 1 KiB on over Connect.
    pub fn compress_from(mut self, bytes: Option<usize>) -> Self {
        self.settings.compress = bytes.map_or(CompressFrom::Never, CompressFrom::Size);
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

    /// How many calls may have their handlers running, over all connections. More are refused with `RESOURCE_EXHAUSTED`
    /// (over HTTP 429) and the time after which to try again. Health checks are not counted. Default: 10,000.
    pub fn max_calls(mut self, count: usize) -> Self {
        self.max_calls = count;
        self
    }

    /// How many connections may be open; more have to wait. Default: 10,000.
    pub fn max_connections(mut self, count: usize) -> Self {
        self.limits.connections = count.max(1);
        self
    }

    /// How many connections may be open from one address; more are closed at once. An IPv6 address stands for all that
    /// begin with the same 64 bits. Behind a proxy all connections come from one address. Default: half of
    /// [`max_connections`](Self::max_connections).
    pub fn max_connections_per_address(mut self, count: usize) -> Self {
        self.limits.connections_per_address = Some(count.max(1));
        self
    }

    /// How long a client may keep the server waiting within a request message over gRPC, gRPC-Web and Connect; its call
    /// ends with `DEADLINE_EXCEEDED` then. REST has a limit of its own. Default: 30 seconds. `None` has no limit.
    pub fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.settings.waiting.patience.idle = timeout;
        self
    }

    /// How many bytes of such a message must come each second, on average over the [`idle_timeout`](Self::idle_timeout).
    /// With 0 any progress is enough. Default: 240.
    pub fn min_body_rate(mut self, bytes_per_second: u32) -> Self {
        self.settings.waiting.patience.rate = bytes_per_second;
        self
    }

    /// How long a client that streams requests over gRPC, gRPC-Web or Connect may take until the next one, unless both
    /// sides stream. Default: 5 minutes. `None` has no limit.
    pub fn stream_idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.settings.waiting.between = timeout;
        self
    }

    /// How old a connection may become, a tenth more or less, so that those that began together do not end together. It
    /// then takes no more calls (HTTP/2: GOAWAY), and those that are under way may finish. Load balancers move clients
    /// by it. Default: an hour. `None` has no limit.
    pub fn max_connection_age(mut self, age: Option<Duration>) -> Self {
        self.limits.age = age;
        self
    }

    /// How long a client may leave a response unread: over HTTP/1.1 16 KiB of it, over HTTP/2 64 KiB. Its call ends then,
    /// over HTTP/1.1 its connection. The deadline of a call ends it earlier. Default: a minute. `None` has no limit.
    pub fn send_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.limits.send_timeout = timeout;
        self
    }

    /// How much the responses of one connection of HTTP/2 may hold that its client has not taken, in bytes. A response
    /// beyond that is dropped and its call ends with `RESOURCE_EXHAUSTED` (`ENHANCE_YOUR_CALM`), unless it is alone. From
    /// 16 MiB on new calls and messages of streams wait. What a layer has put a body of its own around is counted only from
    /// when it is sent. Default: 32 MiB.
    pub fn max_unsent_size(mut self, bytes: usize) -> Self {
        self.limits.unsent = bytes;
        self
    }

    /// How many calls a connection may have under way. Default: 200.
    pub fn max_concurrent_streams(mut self, count: u32) -> Self {
        self.limits.streams = count;
        self
    }

    /// How many bytes of headers a request may have, each with 32 bytes more than its name and value. REST has a limit of
    /// its own. Default: 16 KiB.
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.limits.header_list = bytes;
        self
    }

    /// How often an HTTP/2 ping asks whether a client is still there, and how long it may take to answer. Default:
    /// every minute, 20 seconds. `None` never asks.
    pub fn keepalive(mut self, interval_and_timeout: Option<(Duration, Duration)>) -> Self {
        self.limits.keepalive = interval_and_timeout;
        self
    }

    /// How long a new connection may stay silent. One of HTTP/1.1 has as long for the head of each of its requests, or at
    /// most a quarter longer. Default: 20 seconds.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake = timeout;
        self
    }

    /// How long to go on as before once the server is told to stop and its health says so, for load balancers to
    /// notice. Default: not at all.
    pub fn drain_delay(mut self, delay: Duration) -> Self {
        self.drain.delay = delay;
        self
    }

    /// How long calls that are under way may take once the server stops. Default: 30 seconds.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain.timeout = timeout;
        self
    }

    /// Serves TLS only. Default: no TLS.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::tls::ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Binds to an address. Port 0 takes any free port; [`BoundServer::local_addr`] tells which.
    pub async fn bind<A: ToSocketAddrs + fmt::Debug>(self, addr: A) -> Result<BoundServer<L>, ServeError> {
        match TcpListener::bind(&addr).await {
            Ok(listener) => self.with_listener(listener),
            Err(error) => Err(Problem::Bind { addr: format!("{addr:?}"), error }.into()),
        }
    }

    /// Takes a socket that is bound already.
    pub fn with_listener(self, listener: TcpListener) -> Result<BoundServer<L>, ServeError> {
        let local_addr = listener.local_addr().map_err(Problem::System)?;
        let prepared = self.prepare()?;
        Ok(BoundServer { local_addr, listener, prepared })
    }

    /// Reflection tells what there is to attack: where access is required, it takes a caller that is known.
    fn settings_of_reflection(&self) -> ServerSettings {
        let mut settings = ServerSettings::default();
        if self.require_access && !self.public_reflection {
            settings.policy.authenticator.clone_from(&self.settings.policy.authenticator);
            settings.policy.needs_caller = true;
        }
        settings
    }

    fn prepare(mut self) -> Result<Prepared<L>, ServeError> {
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
        self.settings.policy.in_flight = Some(Arc::new(InFlight::new(self.max_calls)));
        let router = Router::new(
            self.entries,
            self.settings,
            #[cfg(feature = "rest")]
            self.rest,
            self.require_access,
            usize::try_from(self.limits.header_list).unwrap_or(usize::MAX),
        )?;
        Ok(Prepared {
            layers: self.layers,
            serving: Serving {
                limits: self.limits,
                drain: self.drain,
                health: self.health,
                stopping,
                #[cfg(feature = "tls")]
                tls: self.tls.map(|tls| tls.acceptor()).transpose().map_err(Problem::Tls)?,
            },
            router,
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
        self.prepare()?.serve(incoming, stop, std::future::pending()).await;
        Ok(())
    }
}

impl<L> fmt::Debug for Server<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.entries.iter().map(Entry::name).collect();
        f.debug_struct("Server").field("services", &services).finish_non_exhaustive()
    }
}
