//! Spans, by OpenTelemetry's conventions for RPC and HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, Version};
use tracing::Span;
use tracing::field::{Empty, display};

use super::{AttemptType, Http, Outcome, Seen};
use crate::bridge::Code;

/// A span of one kind. All fields have to be named when it is made. Numbers are `i64`, which OpenTelemetry has.
macro_rules! span {
    ($seen:expr, $kind:literal, $name:expr) => {
        tracing::info_span!(
            target: "rsvc",
            "rpc",
            otel.kind = $kind,
            otel.name = $name,
            otel.status_code = Empty,
            rpc.system.name = $seen.system.name(),
            rpc.method = $seen.method_name(),
            rpc.response.status_code = Empty,
            "error.type" = Empty,
            server.address = $seen.server.address.as_deref(),
            server.port = $seen.server.port.map(i64::from),
            network.peer.address = Empty,
            network.peer.port = Empty,
            network.protocol.name = Empty,
            network.protocol.version = Empty,
            http.request.method = Empty,
            http.route = Empty,
            url.template = Empty,
            http.response.status_code = Empty,
        )
    };
}

/// The span of a call that arrived. It belongs to the trace of its caller, if there is one.
pub(super) fn arrived(seen: &Seen, http: Http<'_>, headers: &HeaderMap, peer: Option<SocketAddr>) -> Span {
    let span = if let Some((verb, template)) = seen.route.get() {
        span!(seen, "server", display(format_args!("{verb} {template}")))
    } else {
        span!(seen, "server", seen.method_name())
    };
    if span.is_disabled() {
        return span;
    }
    #[cfg(feature = "opentelemetry")]
    super::trace_context::continue_in(&span, headers);
    #[cfg(not(feature = "opentelemetry"))]
    let _ = headers;
    if let Some(peer) = peer {
        span.record("network.peer.address", display(peer.ip()));
        span.record("network.peer.port", i64::from(peer.port()));
    }
    span.record("network.protocol.name", "http");
    span.record("network.protocol.version", version(http.version));
    if let Some((verb, template)) = seen.route.get() {
        span.record("http.request.method", verb.as_str());
        span.record("http.route", *template);
    }
    span
}

/// The span of a call that a client makes, inside the one that is current.
pub(super) fn leaving(seen: &Seen) -> Span {
    span!(seen, "client", seen.method_name())
}

/// The binding that the call of a client goes by. The URL itself is not told: it has values of the request.
#[cfg(feature = "rest-client")]
pub(super) fn bound(seen: &Seen, verb: &http::Method, template: &str) {
    seen.span.record("http.request.method", verb.as_str());
    seen.span.record("url.template", template);
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        _ => "3",
    }
}

/// An event for a message of a stream.
pub(super) fn message(seen: &Seen, is_sent: bool, number: u64, bytes: usize) {
    let direction = if is_sent { "sent" } else { "received" };
    let (number, bytes) = (number.cast_signed(), bytes.cast_signed());
    tracing::debug!(target: "rsvc::message", parent: &seen.span, direction, number, bytes, "message");
}

/// An event for another attempt.
pub(super) fn again(seen: &Seen, why: AttemptType, failed: Option<Code>, pause: Duration) {
    let code = failed.map(crate::error::code_name);
    tracing::debug!(
        target: "rsvc::attempt",
        parent: &seen.span,
        { rpc.attempt_type = why.name(), rpc.response.status_code = code, pause = pause.as_secs_f64() },
        "another attempt"
    );
}

pub(super) fn finish(seen: &Seen, outcome: &Outcome) {
    let span = &seen.span;
    span.record("rpc.response.status_code", outcome.code_name());
    if let Some(http) = outcome.http {
        span.record("http.response.status_code", i64::from(http));
    }
    if let Some(error) = outcome.error_type(seen.side) {
        span.record("error.type", error);
        span.record("otel.status_code", "ERROR");
    }
}
