//! What holds for every call on a client, whatever its protocol: deadline, rules, metadata.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use tokio::time::{Instant, Sleep, sleep_until};

use super::error::transport_error;
use super::link::CallerLink;
use super::{ClientSettings, Dialect, Endpoint, Head, Requests, Responses, write_form};
use crate::Context;
use crate::bridge::{Code, MetadataMap, Status};
use crate::call::{Body, Outgoing};
use crate::deadline::{self, earliest};
use crate::message::AnyMessage;
use crate::metadata;
use crate::method::MethodInfo;
use crate::stream::Incoming;
use crate::validate::Validator;

/// Who calls.
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("rsvc/", env!("CARGO_PKG_VERSION")));

/// A call that is going out.
pub(crate) struct ClientCall<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) info: &'static MethodInfo,
    pub(crate) ctx: Context,
    pub(crate) deadline: Option<Instant>,
}

impl<'a> ClientCall<'a> {
    pub(crate) fn new(endpoint: &'a Endpoint, info: &'static MethodInfo, ctx: Context) -> Self {
        let timeout = earliest(info.timeout, endpoint.settings.timeout);
        let deadline = earliest(ctx.instant(), timeout.and_then(deadline::after));
        Self { endpoint, info, ctx, deadline }
    }

    pub(crate) fn settings(&self) -> &'a ClientSettings {
        &self.endpoint.settings
    }

    /// The time that is left for the call.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The headers of the call that are the application's, with room for those of the protocol.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(8);
        metadata::append_application(self.ctx.metadata().as_ref(), &mut headers);
        headers.insert(http::header::USER_AGENT, USER_AGENT);
        headers
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
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_parts(uri).expect("a scheme, an authority and a path are a URI");
        *request.headers_mut() = headers;
        request
    }

    /// Sends a request and waits for the head of the response.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        self.endpoint.transport.send(request).await.map_err(transport_error)
    }

    /// Sends a request with messages in envelopes, and waits for the head of the response.
    async fn start(&self, dialect: &'static dyn Dialect, body: Body) -> Result<Responses, Status> {
        let mut headers = self.headers();
        let settings = self.settings();
        let media_type = dialect.media_type(settings.codec);
        write_form(settings, media_type, dialect.encoding(), dialect.accept_encoding(), &mut headers);
        dialect.write_headers(self.remaining(), &mut headers);
        let path = PathAndQuery::from_static(self.info.path);
        let (parts, body) = self.send(self.request(Method::POST, path, headers, body)).await?.into_parts();
        let head = Head { status: parts.status, headers: parts.headers };
        Responses::new(dialect, head, body, settings, &self.ctx)
    }

    /// Calls a method with one request and one response, with messages in envelopes. `request` is in its envelope,
    /// `response` is empty.
    pub(crate) async fn unary(
        self,
        dialect: &'static dyn Dialect,
        request: Bytes,
        response: &mut dyn AnyMessage,
    ) -> Result<(), Status> {
        within(self.deadline, async {
            self.start(dialect, request.into()).await?.one(&self.ctx, response).await
        })
        .await
    }

    /// Calls a method with many requests and one response.
    pub(crate) async fn client_streaming(
        self,
        dialect: &'static dyn Dialect,
        requests: Box<dyn Outgoing>,
        response: &mut dyn AnyMessage,
    ) -> Result<(), Status> {
        let (body, link) = Requests::body(requests, &self.ctx, self.settings());
        limited(self.deadline, Some(&link), async {
            self.start(dialect, body).await?.one(&self.ctx, response).await
        })
        .await
    }

    /// Calls a method with one request and many responses.
    pub(crate) async fn server_streaming(
        self,
        dialect: &'static dyn Dialect,
        request: Bytes,
    ) -> Result<Box<dyn Incoming>, Status> {
        let responses = within(self.deadline, self.start(dialect, request.into())).await?;
        Ok(responses.stream(self, None))
    }

    /// Calls a method with many requests and many responses.
    pub(crate) async fn bidi_streaming(
        self,
        dialect: &'static dyn Dialect,
        requests: Box<dyn Outgoing>,
    ) -> Result<Box<dyn Incoming>, Status> {
        let (body, link) = Requests::body(requests, &self.ctx, self.settings());
        let responses = limited(self.deadline, Some(&link), self.start(dialect, body)).await?;
        Ok(responses.stream(self, Some(link)))
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
pub(crate) fn check(settings: &ClientSettings, message: &dyn AnyMessage) -> Result<(), Status> {
    if settings.validate_requests {
        Validator::new().validate_any(message, message.table())?;
    }
    Ok(())
}

/// What `call` brings, if it does so before the deadline.
pub(crate) async fn within<T>(
    deadline: Option<Instant>,
    call: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    limited(deadline, None, call).await
}

/// What `call` brings, if it does so before the deadline and before its request stream fails.
pub(super) async fn limited<T>(
    deadline: Option<Instant>,
    link: Option<&CallerLink>,
    call: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err(deadline::exceeded());
    }
    // The timer is made only if there is something to wait for.
    let (mut call, mut sleep) = (pin!(call), pin!(None::<Sleep>));
    std::future::poll_fn(|task| {
        match call.as_mut().poll(task) {
            // The transport notices as well that the request stream has failed, and says less of it.
            Poll::Ready(Err(status)) => {
                let error = link.and_then(CallerLink::take_error);
                return Poll::Ready(Err(error.unwrap_or_else(|| in_time(deadline, status))));
            }
            Poll::Ready(Ok(outcome)) => return Poll::Ready(Ok(outcome)),
            Poll::Pending => {}
        }
        if let Some(link) = link
            && let Poll::Ready(status) = link.poll_error(task)
        {
            return Poll::Ready(Err(status));
        }
        let Some(deadline) = deadline else { return Poll::Pending };
        if sleep.is_none() {
            sleep.set(Some(sleep_until(deadline)));
        }
        let sleep = sleep.as_mut().as_pin_mut().expect("it was just made");
        sleep.poll(task).map(|()| Err(deadline::exceeded()))
    })
    .await
}

/// A call that the server gives up when the time is over is out of time, whoever notices first.
#[cold]
pub(super) fn in_time(deadline: Option<Instant>, status: Status) -> Status {
    let is_over = || deadline.is_some_and(|deadline| deadline <= Instant::now());
    if status.code() == Code::Cancelled && is_over() { deadline::exceeded() } else { status }
}
