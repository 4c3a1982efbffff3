//! What holds for every call on a client, whatever its protocol: deadline, rules, metadata.

use std::time::Duration;

use http::header::InvalidHeaderValue;
use http::header::{
    AGE, CACHE_CONTROL, ETAG, EXPIRES, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use tokio::time::Instant;

use super::error::transport_error;
use super::wait::WaitForReady;
use super::{ClientSettings, Dialect, Endpoint, Sent, write_form};
use crate::Context;
use crate::bridge::{MetadataMap, Status};
use crate::call::{Body, rules};
use crate::deadline::{self, earliest};
use crate::message::AnyMessage;
use crate::metadata;
use crate::method::MethodInfo;
use crate::protocol::accept;
use crate::validate::Validator;

/// Who calls.
const USER_AGENT: HeaderValue = HeaderValue::from_static(NAME);
const NAME: &str = concat!("rsvc/", env!("CARGO_PKG_VERSION"));

/// The header with a name of the user's before that of this library.
pub(crate) fn user_agent(name: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::from_str(&format!("{name} {NAME}"))
}

/// How many attempts at a call have failed
/// ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md#exposed-retry-metadata)).
const PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// A call that is going out.
pub(crate) struct ClientCall<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) info: &'static MethodInfo,
    pub(crate) ctx: Context,
    pub(crate) deadline: Option<Instant>,
    settings: &'a ClientSettings,
    /// How many attempts at it have failed.
    previous: u32,
}

impl<'a> ClientCall<'a> {
    pub(crate) fn new(endpoint: &'a Endpoint, info: &'static MethodInfo, ctx: Context) -> Self {
        let settings = endpoint.settings_of(info);
        let timeout = earliest(info.timeout, settings.timeout);
        let deadline = earliest(ctx.instant(), timeout.and_then(deadline::after));
        Self { endpoint, info, ctx, deadline, settings, previous: 0 }
    }

    /// The same call as another attempt, after `previous` that have failed.
    #[must_use]
    pub(crate) fn after(mut self, previous: u32) -> Self {
        self.previous = previous;
        self
    }

    pub(crate) fn settings(&self) -> &'a ClientSettings {
        self.settings
    }

    /// The time that is left for the call.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The headers of the call that are the application's, with room for those of the protocol.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(6);
        metadata::append_application(self.ctx.metadata().as_ref(), &mut headers);
        headers.insert(http::header::USER_AGENT, self.settings().user_agent.clone().unwrap_or(USER_AGENT));
        self.tell_attempts(&mut headers);
        headers
    }

    /// Tells the server of attempts that have failed.
    #[inline]
    pub(crate) fn tell_attempts(&self, headers: &mut HeaderMap) {
        if self.previous > 0 {
            headers.insert(PREVIOUS_ATTEMPTS, self.previous.into());
        }
    }

    /// Takes from the headers of a `GET` what somebody else has asked about a response of this server: the context is
    /// that of a call that arrived here, and nobody here could go on without the response.
    pub(crate) fn drop_conditions(&self, headers: &mut HeaderMap) {
        if self.ctx.method().is_some() {
            for name in [IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, IF_RANGE, RANGE] {
                headers.remove(name);
            }
        }
    }

    /// Takes from the headers of a response to `GET` what caches go by: the context is that of a call that arrived here,
    /// and its response is another one, which must not have the version and the age of this. That nobody shall keep it
    /// holds for both.
    pub(crate) fn drop_validity(&self, headers: &mut HeaderMap) {
        if self.ctx.method().is_some() {
            for name in [AGE, ETAG, EXPIRES, LAST_MODIFIED] {
                headers.remove(name);
            }
            let is_strict =
                ["no-store", "private"].iter().any(|word| accept::lists(headers, CACHE_CONTROL, word));
            if !is_strict {
                headers.remove(CACHE_CONTROL);
            }
        }
    }

    /// An HTTP request of the call.
    pub(crate) fn request(
        &self,
        method: Method,
        path: PathAndQuery,
        headers: HeaderMap,
        body: Body,
    ) -> Request<Body> {
        let mut uri = http::uri::Parts::default();
        uri.scheme = Some(self.endpoint.scheme.clone());
        uri.authority = Some(self.endpoint.authority.clone());
        uri.path_and_query = Some(path);
        let mut request = Request::new(body.until(self.deadline));
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_parts(uri).expect("a scheme, an authority and a path are a URI");
        *request.headers_mut() = headers;
        if self.settings.wait_for_ready || self.ctx.extension::<WaitForReady>().is_some() {
            request.extensions_mut().insert(WaitForReady);
        }
        request
    }

    /// Sends a request and waits for the head of the response.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        self.endpoint.transport.send(request).await.map_err(transport_error)
    }

    /// Sends a request with messages in envelopes.
    pub(super) fn start(&self, dialect: &dyn Dialect, body: Body) -> Sent {
        let mut headers = self.headers();
        let settings = self.settings();
        let media_type = dialect.media_type(settings.codec);
        write_form(settings, media_type, dialect.encoding(), dialect.accept_encoding(), &mut headers);
        dialect.write_headers(self.remaining(), &mut headers);
        let path = PathAndQuery::from_static(self.info.path);
        self.endpoint.transport.send(self.request(Method::POST, path, headers, body))
    }
}

/// Keeps the metadata of an error for whoever asks the context.
pub(super) fn failed(ctx: &Context, status: Status) -> Status {
    if !status.metadata().is_empty() {
        ctx.store_trailers(status.metadata().clone());
    }
    status
}

/// Keeps the response headers of a call.
pub(super) fn store_headers(ctx: &Context, headers: &HeaderMap) {
    let headers = metadata::select_application(headers);
    if !headers.is_empty() {
        ctx.store_headers(MetadataMap::from_headers(headers));
    }
}

/// Keeps the trailers of a call that went well.
pub(super) fn store_trailers(ctx: &Context, trailers: &HeaderMap) {
    let trailers = metadata::select_application(trailers);
    if !trailers.is_empty() {
        ctx.store_trailers(MetadataMap::from_headers(trailers));
    }
}

/// Tests a request that is about to leave.
pub(crate) fn check(
    method: &MethodInfo,
    settings: &ClientSettings,
    message: &dyn AnyMessage,
) -> Result<(), Status> {
    if settings.validate_requests { rules::test(method, message, Validator::new()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use http::uri::{Authority, Scheme};

    use super::*;
    use crate::method::MethodKind;
    use crate::protocol::client::Transport;

    struct Nowhere;

    impl Transport for Nowhere {
        fn send(&self, _: Request<Body>) -> Sent {
            Box::pin(std::future::pending())
        }
    }

    static INFO: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::Unary);

    fn endpoint() -> Endpoint {
        Endpoint {
            scheme: Scheme::HTTP,
            authority: Authority::from_static("a"),
            transport: Box::new(Nowhere),
            settings: ClientSettings::default(),
        }
    }

    #[test]
    fn a_context_that_arrived_brings_nothing_of_its_hop() {
        let mut arrived = HeaderMap::new();
        for key in [
            "x-a",
            "connection",
            "connect-timeout-ms",
            "content-length",
            "grpc-encoding",
            "grpc-status-details-bin",
            "grpc-timeout",
            "host",
            "proxy-authorization",
            "te",
            "transfer-encoding",
            "user-agent",
        ] {
            arrived.insert(key, HeaderValue::from_static("caller"));
        }
        let metadata = MetadataMap::from_headers(arrived);
        let ctx = Context::arrived(&INFO, metadata, http::Extensions::new(), None, None, None);
        let endpoint = endpoint();
        let headers = ClientCall::new(&endpoint, &INFO, ctx).headers();
        let keys: Vec<_> = headers.iter().filter(|(_, value)| *value == "caller").collect();
        assert_eq!(keys.len(), 1, "{headers:?}");
        assert_eq!(headers["x-a"], "caller");
        assert_eq!(headers.get_all("user-agent").iter().collect::<Vec<_>>(), [USER_AGENT]);
    }

    #[test]
    fn a_response_that_is_made_of_another_is_not_that_one() {
        let endpoint = endpoint();
        let arrived = Context::arrived(&INFO, MetadataMap::new(), http::Extensions::new(), None, None, None);
        let call = |ctx: &Context| ClientCall::new(&endpoint, &INFO, ctx.clone());
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
                .collect()
        };
        let asked = [
            "if-match",
            "if-none-match",
            "if-modified-since",
            "if-unmodified-since",
            "if-range",
            "range",
            "x",
        ];
        for (ctx, expected) in [(&arrived, 1), (&Context::new(), asked.len())] {
            let mut headers = headers(&asked.map(|name| (name, "1")));
            call(ctx).drop_conditions(&mut headers);
            assert_eq!(headers.len(), expected);
        }
        for (cache_control, expected) in [
            ("max-age=60", 1),
            ("public, max-age=60", 1),
            ("no-cache", 1),
            ("no-store", 2),
            ("max-age=60, Private", 2),
        ] {
            let told = ["age", "etag", "expires", "last-modified", "x"].map(|name| (name, "1"));
            let told = [&told[..], &[("cache-control", cache_control)]].concat();
            for (ctx, expected) in [(&arrived, expected), (&Context::new(), told.len())] {
                let mut headers = headers(&told);
                call(ctx).drop_validity(&mut headers);
                assert_eq!(headers.len(), expected, "{cache_control}");
            }
        }
    }

    #[test]
    fn the_earliest_of_all_limits_holds() {
        static HASTY: MethodInfo = INFO.timeout(Duration::from_secs(30));
        let minutes = |count| Context::new().with_timeout(Duration::from_mins(count));
        let mut endpoint = endpoint();
        let remaining = |endpoint: &Endpoint, info, ctx| {
            let remaining = ClientCall::new(endpoint, info, ctx).remaining()?;
            // Up to the next second: some of the time has passed.
            Some(remaining.as_secs() + 1)
        };
        assert_eq!(remaining(&endpoint, &INFO, Context::new()), None);
        assert_eq!(remaining(&endpoint, &INFO, minutes(5)), Some(300));
        assert_eq!(remaining(&endpoint, &HASTY, minutes(5)), Some(30));
        endpoint.settings.timeout = Some(Duration::from_mins(1));
        assert_eq!(remaining(&endpoint, &INFO, Context::new()), Some(60));
        assert_eq!(remaining(&endpoint, &INFO, minutes(5)), Some(60));
        assert_eq!(remaining(&endpoint, &HASTY, minutes(5)), Some(30));
    }
}
