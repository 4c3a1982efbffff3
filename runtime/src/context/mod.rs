//! [`Context`]: everything about a call except its messages.

#[cfg(feature = "client")]
mod attempt;
#[cfg(feature = "client")]
pub(crate) mod wait;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

#[cfg(feature = "client")]
use futures_util::future::BoxFuture;
use http::{Extensions, HeaderMap};
use tokio::time::Instant;

use crate::bridge;
use crate::cancellation::CancellationToken;
use crate::deadline;
use crate::deadline::earliest;
use crate::metadata;
use crate::metadata::{MetadataError, MetadataMap, Value};
use crate::method::MethodInfo;
#[cfg(feature = "server")]
use crate::peer::Lane;
use crate::peer::Peer;
use crate::principal::Principal;
#[cfg(any(feature = "server", feature = "client"))]
use crate::sight::Seen;

/// Everything about a call except its messages: metadata both ways, the deadline, who calls and from where.
///
/// A handler is given one; a caller makes one with [`Context::new`]. Cloning is cheap, and all clones speak about
/// the same call.
///
/// ```
/// # fn main() -> Result<(), rsvc::metadata::MetadataError> {
/// use std::time::Duration;
/// use rsvc::Context;
///
/// let ctx = Context::new().with_timeout(Duration::from_secs(2)).with_metadata("x-request-id", "42")?;
///
/// assert_eq!(ctx.metadata_str("x-request-id"), Some("42"));
/// assert!(ctx.remaining().unwrap() <= Duration::from_secs(2));
/// # Ok(())
/// # }
/// ```
///
/// # Handing it on
///
/// A handler that calls another service with its own `ctx` is transparent: metadata and the *remaining* time go
/// out, response metadata comes back (keys that belong to the protocol, such as `grpc-*`, `content-type`, `te` or
/// `user-agent`, never travel). For a call on the service's own behalf, use [`child`](Self::child): it keeps the
/// deadline and the trace, and leaves credentials and the rest of the metadata behind.
#[derive(Clone)]
pub struct Context {
    call: Arc<Call>,
    /// Replaces `call.request` where a `with_*` method changed a context that others share.
    request: Option<Arc<Request>>,
}

/// What came in with a call, or goes out with it.
#[derive(Clone, Default)]
struct Request {
    metadata: MetadataMap,
    extensions: Extensions,
    deadline: Option<Instant>,
    /// Set once, by the server, before the handler sees the context.
    principal: OnceLock<Arc<Principal>>,
}

/// What all clones of a context share.
#[derive(Default)]
struct Call {
    request: Request,
    method: Option<&'static MethodInfo>,
    /// Most calls have none.
    response: OnceLock<Box<Mutex<Response>>>,
    cancellation: CancellationToken,
    /// The other end of the connection, unless that is told by the extensions.
    peer: Option<Arc<Peer>>,
    /// The life of the server, until it is told to stop.
    stopping: Option<Arc<CancellationToken>>,
    parent: Option<Context>,
    /// Whether a precondition of the caller's was tested and did not hold.
    precondition_failed: AtomicBool,
    /// What is told of the call, where anything is.
    #[cfg(any(feature = "server", feature = "client"))]
    seen: Option<Arc<Seen>>,
    /// Whether the condition of the method was met.
    permitted: AtomicBool,
}

/// Metadata that goes back to the caller.
#[derive(Default)]
struct Response {
    headers: MetadataMap,
    trailers: MetadataMap,
}

/// Where a call comes from, when a test says so.
#[derive(Clone, Copy)]
struct PeerAddr(SocketAddr);

impl Context {
    /// A context for a call that starts here: no metadata, no deadline.
    #[must_use]
    pub fn new() -> Self {
        Self { call: Arc::default(), request: None }
    }

    /// A context for a call that arrived.
    #[inline]
    pub(crate) fn arrived(
        method: &'static MethodInfo,
        metadata: MetadataMap,
        extensions: Extensions,
        peer: Option<Arc<Peer>>,
        deadline: Option<Instant>,
        stopping: Option<Arc<CancellationToken>>,
    ) -> Self {
        let principal = match extensions.get::<Principal>() {
            Some(principal) => OnceLock::from(Arc::new(principal.clone())),
            None => OnceLock::new(),
        };
        let request = Request { metadata, extensions, deadline, principal };
        // Without a default to take the rest from, which would be made and dropped for each call.
        let call = Call {
            request,
            method: Some(method),
            response: OnceLock::new(),
            cancellation: CancellationToken::default(),
            peer,
            stopping,
            parent: None,
            precondition_failed: AtomicBool::new(false),
            #[cfg(any(feature = "server", feature = "client"))]
            seen: None,
            permitted: AtomicBool::new(false),
        };
        Self { call: Arc::new(call), request: None }
    }

    /// The context of a call that is told of. Nobody else has it yet.
    #[cfg(feature = "server")]
    pub(crate) fn seen_by(mut self, seen: Seen) -> Self {
        Arc::get_mut(&mut self.call).expect("a context that was just made").seen = Some(Arc::new(seen));
        self
    }

    /// What is told of the call, where anything is.
    #[cfg(any(feature = "server", feature = "client"))]
    #[inline]
    pub(crate) fn seen(&self) -> Option<&Arc<Seen>> {
        self.call.seen.as_ref()
    }

    /// A context for a call that this one causes, on the service's own behalf.
    ///
    /// It keeps the deadline, the trace (`traceparent`, `tracestate`, `grpc-trace-bin`, B3) and cancellation; the
    /// caller's credentials and other metadata, extensions and principal stay behind. When the call that arrived is over,
    /// calls with a child end with `CANCELLED`, wherever they are made; work that shall outlive it takes a
    /// [new](Self::new) context.
    #[must_use]
    pub fn child(&self) -> Self {
        let request = Request {
            metadata: MetadataMap::from_headers(metadata::trace(self.metadata())),
            deadline: self.request().deadline,
            ..Request::default()
        };
        let call = Call { request, parent: Some(self.clone()), ..Call::default() };
        Self { call: Arc::new(call), request: None }
    }

    /// Limits the call to `timeout` from now. A limit can be tightened, never extended.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        let limit = deadline::after(timeout);
        self.edit(|request| request.deadline = earliest(request.deadline, limit))
    }

    /// Limits the call to the time before `deadline`. A limit can be tightened, never extended.
    #[must_use]
    pub fn with_deadline(self, deadline: std::time::Instant) -> Self {
        let limit = Some(Instant::from_std(deadline));
        self.edit(|request| request.deadline = earliest(request.deadline, limit))
    }

    /// Sets request metadata: text, or bytes for a key that ends in `-bin`.
    pub fn with_metadata(self, key: &str, value: impl Into<Value>) -> Result<Self, MetadataError> {
        let mut result = Ok(());
        let changed = self.edit(|request| result = metadata::set(&mut request.metadata, key, value.into()));
        result.map(|()| changed)
    }

    /// Adds a value to request metadata, behind those that the key has already.
    pub fn append_metadata(self, key: &str, value: impl Into<Value>) -> Result<Self, MetadataError> {
        let mut result = Ok(());
        let changed =
            self.edit(|request| result = metadata::append(&mut request.metadata, key, value.into()));
        result.map(|()| changed)
    }

    /// Attaches a value of the program's own, found again by its type with [`extension`](Self::extension).
    #[must_use]
    pub fn with_extension<T: Clone + Send + Sync + 'static>(self, value: T) -> Self {
        self.edit(|request| {
            request.extensions.insert(value);
        })
    }

    /// Says who calls, for tests of handlers.
    #[must_use]
    pub fn with_principal(self, principal: Principal) -> Self {
        self.edit(|request| request.principal = OnceLock::from(Arc::new(principal)))
    }

    /// Says where the call comes from, for tests of handlers.
    #[must_use]
    pub fn with_peer_addr(self, peer: SocketAddr) -> Self {
        self.with_extension(PeerAddr(peer))
    }

    /// The request metadata.
    pub fn metadata(&self) -> &MetadataMap {
        &self.request().metadata
    }

    /// The first text value of request metadata under `key`.
    pub fn metadata_str(&self, key: &str) -> Option<&str> {
        self.metadata().get(key)?.to_str().ok()
    }

    /// A value attached by [`with_extension`](Self::with_extension) or by a layer of the server.
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        let of_connection = || self.call.peer.as_ref()?.info();
        self.request().extensions.get().or_else(of_connection)
    }

    /// When the call must be over.
    pub fn deadline(&self) -> Option<std::time::Instant> {
        self.request().deadline.map(Instant::into_std)
    }

    /// The time left before the deadline; zero once it has passed.
    pub fn remaining(&self) -> Option<Duration> {
        self.request().deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The method that is being called. A context that did not arrive at a server has none.
    pub fn method(&self) -> Option<&'static MethodInfo> {
        self.call.method
    }

    /// Who calls, if an [`Authenticator`](crate::Authenticator) said so.
    pub fn principal(&self) -> Option<&Principal> {
        self.request().principal.get().map(Arc::as_ref)
    }

    /// What the calls of the connection share.
    #[cfg(feature = "server")]
    #[inline]
    pub(crate) fn lane(&self) -> Option<&Lane> {
        self.call.peer.as_ref()?.lane.as_ref()
    }

    /// The address of the peer.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        if let Some(peer) = self.request().extensions.get::<PeerAddr>() {
            return Some(peer.0);
        }
        match &self.call.peer {
            Some(peer) => peer.addr,
            None => bridge::remote_addr(&self.request().extensions),
        }
    }

    /// The process at the other end of a Unix socket: its user, its group and, where the system tells, its id.
    #[cfg(all(unix, feature = "server"))]
    pub fn peer_credentials(&self) -> Option<tokio::net::unix::UCred> {
        self.extension::<bridge::UdsConnectInfo>()?.peer_cred
    }

    /// The certificates that the peer has shown, its own first, if the server asked for them.
    #[cfg(feature = "_tls")]
    pub fn peer_certificates(
        &self,
    ) -> Option<Arc<Vec<tokio_rustls::rustls::pki_types::CertificateDer<'static>>>> {
        match &self.call.peer {
            Some(peer) => peer.certificates.clone(),
            None => bridge::certificates(&self.request().extensions),
        }
    }

    /// Resolves when the call is over: answered, out of time, or given up by the caller.
    ///
    /// A handler needs none of this, since it is dropped itself. It is for work that the handler has spawned.
    ///
    /// ```
    /// # async fn handler(ctx: rsvc::Context) {
    /// # async fn expensive() {}
    /// tokio::spawn(async move {
    ///     tokio::select! {
    ///         () = ctx.cancelled() => {}
    ///         () = expensive() => {}
    ///     }
    /// });
    /// # }
    /// ```
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send + 'static {
        let ctx = self.clone();
        async move { ctx.cancellation().cancelled().await }
    }

    /// Whether the call is over.
    pub fn is_cancelled(&self) -> bool {
        self.cancellation().is_cancelled()
    }

    /// Resolves when the server is told to stop, and never on a client.
    ///
    /// It is for handlers of endless streams: ending them lets the server stop before its drain timeout.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + 'static {
        let stopping = self.root().stopping.clone();
        async move {
            match stopping {
                Some(stopping) => stopping.cancelled().await,
                None => std::future::pending().await,
            }
        }
    }

    /// Sets a response header. It travels if it is set before the handler returns.
    pub fn set_header(&self, key: &str, value: impl Into<Value>) -> Result<(), MetadataError> {
        metadata::set(&mut self.response().headers, key, value.into())
    }

    /// Adds a value to a response header, behind those that the key has already.
    pub fn append_header(&self, key: &str, value: impl Into<Value>) -> Result<(), MetadataError> {
        metadata::append(&mut self.response().headers, key, value.into())
    }

    /// Sets a response trailer. It travels if it is set before the last message is out.
    pub fn set_trailer(&self, key: &str, value: impl Into<Value>) -> Result<(), MetadataError> {
        metadata::set(&mut self.response().trailers, key, value.into())
    }

    /// Adds a value to a response trailer, behind those that the key has already.
    pub fn append_trailer(&self, key: &str, value: impl Into<Value>) -> Result<(), MetadataError> {
        metadata::append(&mut self.response().trailers, key, value.into())
    }

    /// The response headers: what a handler has set so far, or what a finished call has brought.
    pub fn response_headers(&self) -> MetadataMap {
        self.answer().map(|answer| answer.headers.clone()).unwrap_or_default()
    }

    /// The response trailers: what a handler has set so far, or what a finished call has brought.
    ///
    /// A failed call has its metadata here, too.
    pub fn response_trailers(&self) -> MetadataMap {
        self.answer().map(|answer| answer.trailers.clone()).unwrap_or_default()
    }

    fn request(&self) -> &Request {
        self.request.as_deref().unwrap_or(&self.call.request)
    }

    /// The metadata that goes back, to be changed.
    fn response(&self) -> MutexGuard<'_, Response> {
        self.call.response.get_or_init(Box::default).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The metadata that goes back, if there ever was any.
    fn answer(&self) -> Option<MutexGuard<'_, Response>> {
        self.call.response.get().map(|answer| answer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The call that arrived and caused this one.
    fn root(&self) -> &Call {
        let mut ctx = self;
        while let Some(parent) = &ctx.call.parent {
            ctx = parent;
        }
        &ctx.call
    }

    /// Resolves when the call that arrived is over, whose context this is or a child of it. `None` if there is none: nobody
    /// would ever say so.
    #[cfg(feature = "client")]
    #[inline]
    pub(crate) fn end_of_arrived(&self) -> Option<BoxFuture<'static, ()>> {
        if self.call.parent.is_none() && self.call.method.is_none() {
            return None;
        }
        let end: BoxFuture<'static, ()> = Box::pin(self.cancelled());
        self.root().method.map(|_| end)
    }

    /// The life of the call that arrived, which ends the work of its children as well.
    pub(crate) fn cancellation(&self) -> &CancellationToken {
        &self.root().cancellation
    }

    fn edit(mut self, change: impl FnOnce(&mut Request)) -> Self {
        if self.request.is_none() {
            if let Some(call) = Arc::get_mut(&mut self.call) {
                change(&mut call.request);
                return self;
            }
            self.request = Some(Arc::new(self.call.request.clone()));
        }
        if let Some(request) = &mut self.request {
            change(Arc::make_mut(request));
        }
        self
    }
}

/// What the two ends of a call do with its context.
impl Context {
    pub(crate) fn instant(&self) -> Option<Instant> {
        self.request().deadline
    }

    pub(crate) fn authenticated_as(&self, principal: Principal) {
        // A call is authenticated once; a principal that a layer has brought stays.
        let _ = self.request().principal.set(Arc::new(principal));
    }

    /// Notes that the condition of the method was met.
    pub(crate) fn permit(&self) {
        self.call.permitted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_permitted(&self) -> bool {
        self.call.permitted.load(Ordering::Relaxed)
    }

    pub(crate) fn precondition_failed(&self) {
        self.call.precondition_failed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_failed_precondition(&self) -> bool {
        self.call.precondition_failed.load(Ordering::Relaxed)
    }

    pub(crate) fn store_headers(&self, headers: MetadataMap) {
        self.response().headers = headers;
    }

    pub(crate) fn store_trailers(&self, trailers: MetadataMap) {
        self.response().trailers = trailers;
    }

    /// Whether there is anything to answer with besides messages.
    pub(crate) fn has_answer(&self) -> bool {
        self.answer().is_some_and(|answer| !answer.headers.is_empty() || !answer.trailers.is_empty())
    }

    /// Makes of `headers`, which are empty, those of the request, emptied, to be used for the response: two allocations
    /// less, and two that need not be freed. They stay what they are if someone still has the context.
    pub(crate) fn recycle_headers(&mut self, headers: &mut HeaderMap) {
        if let Some(call) = Arc::get_mut(&mut self.call) {
            std::mem::swap(call.request.metadata.as_mut(), headers);
            headers.clear();
        }
    }

    /// The headers to answer with.
    pub(crate) fn answer_headers(&self) -> MetadataMap {
        let headers = self.answer().map(|answer| metadata::application(&answer.headers));
        MetadataMap::from_headers(headers.unwrap_or_default())
    }

    /// The trailers to answer with.
    pub(crate) fn answer_trailers(&self) -> MetadataMap {
        let trailers = self.answer().map(|answer| metadata::application(&answer.trailers));
        MetadataMap::from_headers(trailers.unwrap_or_default())
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

/// Values of metadata may be credentials: only keys are shown.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: &http::HeaderMap = self.metadata().as_ref();
        f.debug_struct("Context")
            .field("method", &self.method().map(|method| method.path))
            .field("metadata", &headers.keys().collect::<Vec<_>>())
            .field("remaining", &self.remaining())
            .field("peer_addr", &self.peer_addr())
            .field("principal", &self.principal())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
