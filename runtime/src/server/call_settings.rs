//! What a server says about calls.

use std::sync::Arc;
use std::time::Duration;

use super::Server;
use crate::Authenticator;
use crate::access::AnyAuthenticator;
use crate::call::dispatch::ResponseValidation;
use crate::protocol::compression::{AcceptedCompressions, Compression};
use crate::protocol::settings::CompressFrom;
use crate::validate::Validator;

/// Settings of calls: who may call, how long a call may take, how large its messages may be.
impl<L> Server<L> {
    /// Sets who finds out who calls. A method then needs an authenticated caller unless its `.proto` declares it
    /// `public`.
    ///
    /// Without one, a method that is declared to need a caller is an error when the server binds, and methods that
    /// declare nothing are open to all.
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        let authenticator: Arc<dyn AnyAuthenticator> = Arc::new(authenticator);
        self.settings.policy.authenticate_by(authenticator);
        self
    }

    /// Says that a tower layer authenticates: it puts the [`Principal`](crate::Principal) of a caller among the
    /// extensions of the request. A method then needs one unless its `.proto` declares it `public`, and the server
    /// starts without an [`authenticator`](Self::authenticator).
    ///
    /// ```
    /// use rsvc::{Body, Principal, Server};
    ///
    /// let server = Server::new()
    ///     .layer(tower::util::MapRequestLayer::new(|mut request: http::Request<Body>| {
    ///         // Only what cannot be forged counts here.
    ///         request.extensions_mut().insert(Principal::new("the only caller"));
    ///         request
    ///     }))
    ///     .authenticated_by_layers();
    /// ```
    pub fn authenticated_by_layers(mut self) -> Self {
        self.settings.policy.default_deny = true;
        self
    }

    /// Refuses to serve methods whose `.proto` does not declare who may call them. Default: they are open to all, or
    /// need an authenticated caller where there is an [`authenticator`](Self::authenticator).
    pub fn require_access(mut self) -> Self {
        self.require_access = true;
        self
    }

    /// What is done about responses that break their rules. Default: [`ResponseValidation::Log`] in builds with debug
    /// assertions, otherwise [`ResponseValidation::Off`]. Rules that compare with now are not tested.
    pub fn validate_responses(mut self, validation: ResponseValidation) -> Self {
        self.settings.policy.responses = validation;
        self
    }

    /// How many violations an error lists of a message that breaks its rules; those beyond are counted in its last line.
    /// Default: [`DEFAULT_MAX_VIOLATIONS`](crate::validate::DEFAULT_MAX_VIOLATIONS), which is 100.
    pub fn max_violations(mut self, count: u32) -> Self {
        self.settings.policy.validator = Validator::new().max_violations(count);
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

    /// Writes a line for each call of a generated service, an event of `tracing` (`INFO`, target `rsvc::access`): method,
    /// protocol, status, duration, the caller's address and the subject of its principal, the number and size of messages,
    /// and `x-request-id`. Default: none.
    pub fn access_log(mut self) -> Self {
        self.settings.policy.sight.log = true;
        self
    }

    /// Makes a span of `tracing` for each call of a generated service, by OpenTelemetry's conventions; handlers run inside.
    /// Default: none.
    #[cfg(feature = "spans")]
    pub fn spans(mut self) -> Self {
        self.settings.policy.sight.spans = true;
        self
    }

    /// Measures each call of a generated service, with the recorder that is installed for the crate `metrics`. Default:
    /// none.
    #[cfg(feature = "metrics")]
    pub fn metrics(mut self) -> Self {
        self.settings.policy.sight.metrics = true;
        crate::sight::describe_metrics();
        self
    }

    /// The largest request message, in bytes. Default: 4 MiB.
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.settings.messages.received.size = bytes;
        self
    }

    /// The memory that a request message may take once it is read, in bytes: an empty message inside another one is two
    /// bytes on the wire and hundreds in memory. 32 times its size is allowed in any case. Default: 32 MiB. Beyond it a
    /// call fails with `RESOURCE_EXHAUSTED`. REST has
    /// [its own](crate::rest::Options::max_message_memory).
    pub fn max_message_memory(mut self, bytes: usize) -> Self {
        self.settings.messages.received.memory = bytes;
        self
    }

    /// The largest response message, in bytes. Default: no limit.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.settings.messages.sent_size = bytes;
        self
    }

    /// How requests over gRPC, gRPC-Web and Connect may be compressed. Default: in every way that the feature
    /// `compression` brings: gzip and zstd, and br for Connect.
    pub fn accept_compression(mut self, accepted: impl IntoIterator<Item = Compression>) -> Self {
        self.settings.accepted = AcceptedCompressions::of(accepted);
        self
    }

    /// The size in bytes from which response messages over gRPC, gRPC-Web and Connect are compressed for clients that
    /// accept it, with the first of those that they name which the protocol and this build have; `None` compresses nothing.
    /// Default: none over gRPC and gRPC-Web, and from 1 KiB on over Connect.
    pub fn compress_from(mut self, bytes: Option<usize>) -> Self {
        self.settings.compress = bytes.map_or(CompressFrom::Never, CompressFrom::Size);
        self
    }

    /// How many calls may have their handlers running, over all connections. [Some more](Self::max_waiting_calls) wait for
    /// that; others are refused with `RESOURCE_EXHAUSTED` (over HTTP 429) and the time after which to try again. Health
    /// checks are not counted. Default: 10,000.
    pub fn max_calls(mut self, count: usize) -> Self {
        self.calls.running = count;
        self
    }

    /// How many calls may wait until others have ended, when there are as many as [`max_calls`](Self::max_calls) allows.
    /// They are taken in the order in which they came, and each waits for a second at most. When more come, the one that
    /// has waited longest is refused. Default: a tenth of `max_calls`. With 0 nobody waits.
    pub fn max_waiting_calls(mut self, count: usize) -> Self {
        self.calls.waiting = Some(count);
        self
    }

    /// How long a client may keep the server waiting within a request message over gRPC, gRPC-Web and Connect; its call
    /// ends with `DEADLINE_EXCEEDED` then. REST has a limit of its own. Default: 30 seconds. `None` has no limit.
    pub fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.settings.timeouts.within_message.timeout = timeout;
        self
    }

    /// How many bytes of such a message must come each second, on average over the [`idle_timeout`](Self::idle_timeout).
    /// With 0 any progress is enough. Default: 240.
    pub fn min_body_rate(mut self, bytes_per_second: u32) -> Self {
        self.settings.timeouts.within_message.min_rate = bytes_per_second;
        self
    }

    /// How long a client that streams requests over gRPC, gRPC-Web or Connect may take until the next one, unless both
    /// sides stream. Default: 5 minutes. `None` has no limit.
    pub fn stream_idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.settings.timeouts.between_messages = timeout;
        self
    }
}
