//! What is told of calls: spans, metrics, and a line of the access log.
//!
//! [`Sight`] says what of it, for a server or a channel. A call has a [`Seen`], which gathers what there is to tell and
//! tells it at the end. Where nothing is asked for there is none. Credentials, messages, queries and other metadata never
//! get here.

#![cfg_attr(
    not(all(feature = "server", feature = "client", feature = "spans", feature = "metrics")),
    allow(
        dead_code,
        clippy::unused_self,
        reason = "what there is to tell is gathered for all that may tell it"
    )
)]

mod log;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "spans")]
mod span;
#[cfg(feature = "opentelemetry")]
mod trace_context;

#[cfg(feature = "metrics")]
pub(crate) use metrics::describe as describe_metrics;

use std::net::SocketAddr;
#[cfg(feature = "metrics")]
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode, Version};

use crate::bridge::Code;
use crate::method::MethodInfo;

/// The method of a call of which there is none.
const OTHER: &str = "_OTHER";

/// What is told of calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sight {
    #[cfg(feature = "spans")]
    pub(crate) spans: bool,
    #[cfg(feature = "metrics")]
    pub(crate) metrics: bool,
    /// The access log.
    pub(crate) log: bool,
}

impl Sight {
    /// Whether anything is.
    #[inline]
    pub(crate) fn is_on(self) -> bool {
        #[cfg(feature = "spans")]
        if self.spans {
            return true;
        }
        #[cfg(feature = "metrics")]
        if self.metrics {
            return true;
        }
        self.log
    }
}

/// What is told of a call that is refused before it is one.
pub(crate) struct Refusal<'a> {
    /// `None` if there is no such method.
    pub(crate) method: Option<&'static MethodInfo>,
    pub(crate) http: Http<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) peer: Option<SocketAddr>,
}

impl Sight {
    /// Tells of a call that is refused before it is one, if anything is told.
    #[inline]
    pub(crate) fn refused(self, refusal: &Refusal<'_>, code: Code, status: StatusCode) {
        if self.is_on() {
            self.tell_refused(refusal, code, status);
        }
    }

    #[cold]
    fn tell_refused(self, refusal: &Refusal<'_>, code: Code, status: StatusCode) {
        let Refusal { method, http, headers, peer } = *refusal;
        let seen = Seen::arrived(self, method, http, headers, peer);
        seen.http_status(status);
        seen.ended(code);
        seen.finish(&Caller { peer, subject: None });
    }
}

/// Which end of a call tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

/// What a call speaks: values of `rpc.system.name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum System {
    /// gRPC and gRPC-Web.
    Grpc,
    Connect,
    /// REST and WebSocket, for which the convention has no name.
    Rest,
}

impl System {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Connect => "connectrpc",
            Self::Rest => "rest",
        }
    }
}

/// Why there is another attempt at a call: values of `rpc.attempt_type`, as
/// [gRPC](https://github.com/grpc/proposal/blob/master/A96-retry-otel-stats.md) names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptType {
    Retry,
    Hedge,
    /// No server had begun with the last one.
    Transparent,
}

impl AttemptType {
    #[cfg(any(feature = "spans", feature = "metrics"))]
    const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Hedge => "hedge",
            Self::Transparent => "transparent_retry",
        }
    }
}

/// What HTTP tells of a call besides its headers.
#[derive(Clone, Copy)]
pub(crate) struct Http<'a> {
    pub(crate) system: System,
    pub(crate) version: Version,
    /// The verb and the path template, over REST.
    pub(crate) route: Option<(&'a Method, &'static str)>,
    /// The server that the call is for.
    pub(crate) authority: Option<&'a Authority>,
}

/// A call that is told of.
pub(crate) struct Seen {
    sight: Sight,
    side: Side,
    system: System,
    /// `None` where the server does not know the method.
    method: Option<&'static MethodInfo>,
    /// The verb and the path template, over REST. A client knows them once it has found the binding for its request.
    route: OnceLock<(Method, &'static str)>,
    server: Server,
    started: Instant,
    requests: Tally,
    responses: Tally,
    /// How it ended: a code, once that is known.
    code: AtomicU32,
    /// The HTTP status, over REST, once there is one.
    http: AtomicU16,
    is_finished: AtomicBool,
    /// What the caller names the call.
    request_id: Option<Box<str>>,
    #[cfg(feature = "spans")]
    span: tracing::Span,
    #[cfg(feature = "metrics")]
    keys: Option<Arc<metrics::Keys>>,
}

/// No code yet.
const UNKNOWN: u32 = u32::MAX;

/// Messages of one direction.
#[derive(Default)]
struct Tally {
    count: AtomicU64,
    bytes: AtomicU64,
}

impl Tally {
    fn add(&self, bytes: usize) -> u64 {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// The server of a call, as its client names it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    address: Option<Box<str>>,
    port: Option<u16>,
}

impl Server {
    /// By the authority of a request, or by its `host`. The port of none is not guessed on a server, which may stand
    /// behind something that has another.
    fn of(http: Http<'_>, headers: &HeaderMap) -> Self {
        let host = || headers.get(http::header::HOST)?.to_str().ok()?.parse().ok();
        match http.authority.cloned().or_else(host) {
            Some(authority) => Self::named(&authority, None),
            None => Self::default(),
        }
    }

    /// By the endpoint of a channel.
    pub(crate) fn named(authority: &Authority, default_port: Option<u16>) -> Self {
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        Self { address: Some(host.into()), port: authority.port_u16().or(default_port) }
    }
}

impl Seen {
    /// A call that arrived at a server.
    pub(crate) fn arrived(
        sight: Sight,
        method: Option<&'static MethodInfo>,
        http: Http<'_>,
        headers: &HeaderMap,
        peer: Option<SocketAddr>,
    ) -> Self {
        let request_id = if sight.log { log::request_id(headers) } else { None };
        let route = http.route.map(|(verb, template)| (verb.clone(), template));
        let seen =
            Self::new(sight, Side::Server, http.system, method, route, Server::of(http, headers), request_id);
        #[cfg(feature = "spans")]
        let seen = {
            let mut seen = seen;
            if sight.spans {
                seen.span = span::arrived(&seen, http, headers, peer);
            }
            seen
        };
        #[cfg(not(feature = "spans"))]
        let _ = peer;
        seen
    }

    /// A call that a client makes.
    pub(crate) fn leaving(sight: Sight, method: &'static MethodInfo, system: System, server: Server) -> Self {
        let seen = Self::new(sight, Side::Client, system, Some(method), None, server, None);
        #[cfg(feature = "spans")]
        let seen = {
            let mut seen = seen;
            if sight.spans {
                seen.span = span::leaving(&seen);
            }
            seen
        };
        seen
    }

    fn new(
        sight: Sight,
        side: Side,
        system: System,
        method: Option<&'static MethodInfo>,
        route: Option<(Method, &'static str)>,
        server: Server,
        request_id: Option<Box<str>>,
    ) -> Self {
        let seen = Self {
            sight,
            side,
            system,
            method,
            route: route.map_or_else(OnceLock::new, OnceLock::from),
            server,
            started: Instant::now(),
            requests: Tally::default(),
            responses: Tally::default(),
            code: AtomicU32::new(UNKNOWN),
            http: AtomicU16::new(0),
            is_finished: AtomicBool::new(false),
            request_id,
            #[cfg(feature = "spans")]
            span: tracing::Span::none(),
            #[cfg(feature = "metrics")]
            keys: None,
        };
        #[cfg(feature = "metrics")]
        let seen = {
            let keys = sight.metrics.then(|| metrics::begin(&seen));
            Self { keys, ..seen }
        };
        seen
    }

    /// What of a call's headers tells the server which trace the call belongs to. `headers` is what it has.
    #[cfg_attr(not(feature = "opentelemetry"), allow(clippy::unused_self, reason = "traces are a feature"))]
    pub(crate) fn trace_headers(&self, headers: &HeaderMap) -> Vec<(&'static str, String)> {
        #[cfg(feature = "opentelemetry")]
        return trace_context::hand_on(&self.span, headers);
        #[cfg(not(feature = "opentelemetry"))]
        {
            let _ = headers;
            Vec::new()
        }
    }

    pub(crate) fn side(&self) -> Side {
        self.side
    }

    /// The name of the method as the convention has it: the path without its slash.
    fn method_name(&self) -> &'static str {
        self.method.map_or(OTHER, |method| method.path.trim_start_matches('/'))
    }

    /// Runs something inside the span of the call.
    #[inline]
    pub(crate) fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        #[cfg(feature = "spans")]
        return self.span.in_scope(run);
        #[cfg(not(feature = "spans"))]
        run()
    }

    /// A request message, by its size as protobuf.
    pub(crate) fn request(&self, bytes: usize) {
        let number = self.requests.add(bytes);
        self.message(self.side == Side::Client, self.client_streams(), number, bytes);
    }

    /// A response message, by its size as protobuf.
    pub(crate) fn response(&self, bytes: usize) {
        let number = self.responses.add(bytes);
        self.message(self.side == Side::Server, self.server_streams(), number, bytes);
    }

    fn client_streams(&self) -> bool {
        self.method.is_some_and(|method| method.kind.client_streams())
    }

    fn server_streams(&self) -> bool {
        self.method.is_some_and(|method| method.kind.server_streams())
    }

    fn message(&self, is_sent: bool, is_of_stream: bool, number: u64, bytes: usize) {
        #[cfg(feature = "spans")]
        if is_of_stream {
            span::message(self, is_sent, number, bytes);
        }
        #[cfg(not(feature = "spans"))]
        let _ = (is_sent, is_of_stream, number, bytes);
    }

    /// There is another attempt at the call, after this pause. `failed` is how the last one has ended, if it has.
    #[cold]
    pub(crate) fn again(&self, why: AttemptType, failed: Option<Code>, pause: Duration) {
        #[cfg(feature = "spans")]
        span::again(self, why, failed, pause);
        #[cfg(feature = "metrics")]
        if let Some(keys) = &self.keys {
            metrics::again(keys, why);
        }
        #[cfg(not(all(feature = "spans", feature = "metrics")))]
        let _ = (why, failed, pause);
    }

    /// The binding that the call of a client goes by.
    #[cfg(feature = "rest-client")]
    pub(crate) fn bound(&self, verb: &Method, template: &'static str) {
        if self.route.set((verb.clone(), template)).is_ok() {
            #[cfg(feature = "spans")]
            span::bound(self, verb, template);
        }
    }

    /// The HTTP status of the response.
    pub(crate) fn http_status(&self, status: StatusCode) {
        self.http.store(status.as_u16(), Ordering::Relaxed);
    }

    /// The HTTP status of a refusal, unless the response has begun.
    #[cfg(feature = "websocket")]
    pub(crate) fn refused_with(&self, status: StatusCode) {
        let _ = self.http.compare_exchange(0, status.as_u16(), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// How the call ended. What is said first holds.
    pub(crate) fn ended(&self, code: Code) {
        // What is known already stays.
        let _ = self.code.compare_exchange(UNKNOWN, code as u32, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Tells of the call: once. One whose end nobody has told was given up.
    pub(crate) fn finish(&self, caller: &Caller<'_>) {
        if self.is_finished.swap(true, Ordering::Relaxed) {
            return;
        }
        self.ended(Code::Cancelled);
        let outcome = Outcome {
            code: Code::from_i32(self.code.load(Ordering::Relaxed).cast_signed()),
            http: Some(self.http.load(Ordering::Relaxed))
                .filter(|&http| http != 0 && self.route.get().is_some()),
            duration: self.started.elapsed(),
        };
        #[cfg(feature = "spans")]
        if self.sight.spans {
            span::finish(self, &outcome);
        }
        #[cfg(feature = "metrics")]
        if let Some(keys) = &self.keys {
            metrics::finish(keys, self, &outcome);
        }
        if self.sight.log {
            log::write(self, &outcome, caller);
        }
    }
}

/// How a call ended.
struct Outcome {
    code: Code,
    http: Option<u16>,
    duration: Duration,
}

impl Outcome {
    fn code_name(&self) -> &'static str {
        crate::error::code_name(self.code)
    }

    /// The code, if it is an error for this side: for a server what is its own fault, as the convention of gRPC has it.
    #[cfg(any(feature = "spans", feature = "metrics"))]
    fn error_type(&self, side: Side) -> Option<&'static str> {
        let is_error = match (side, self.code) {
            (_, Code::Ok) => false,
            (Side::Client, _) => true,
            (Side::Server, code) => matches!(
                code,
                Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Unimplemented
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            ),
        };
        is_error.then(|| self.code_name())
    }
}

/// Who made the call, as far as that is known.
#[derive(Default)]
pub(crate) struct Caller<'a> {
    pub(crate) peer: Option<SocketAddr>,
    /// The subject of the principal.
    pub(crate) subject: Option<&'a str>,
}
