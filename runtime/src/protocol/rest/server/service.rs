//! [`Rest`]: generated services as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use crate::bridge::Status;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tonic::body::Body;
use tower_service::Service;

use crate::Authenticator;
use crate::call::body::{Answer, Payload};
use crate::call::dispatch::Policy;
use crate::codegen::{GeneratedService, RequestBody};
use crate::context::Connection;
use crate::protocol::rest::server::call::{Call, RestFuture};
use crate::protocol::rest::server::error;
use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::options::{Options, Settings};
#[cfg(feature = "websocket")]
use crate::protocol::rest::server::websocket;
use crate::transcode::routes::{Allowed, Found, Table};

/// Generated services over REST alone, to be mounted in any server of tower services.
///
/// [`Server`](crate::Server) serves REST by itself; this is for those who have a server already. In axum it is a
/// fallback, or a router of its own with the feature `axum`:
///
/// ```
/// # use rsvc::codegen::GeneratedService;
/// # fn example<S: GeneratedService>(users: S) {
/// let rest = rsvc::rest::Rest::new().add(users);
/// let app: axum::Router = axum::Router::new().fallback_service(rest);
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "a service does nothing until it is served"]
pub struct Rest {
    inner: Arc<Inner>,
}

#[derive(Clone, Default)]
struct Inner {
    table: Table,
    settings: Arc<Settings>,
}

impl Rest {
    /// No services yet, and the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service. One that was added before under the same name is replaced.
    #[allow(clippy::should_implement_trait, reason = "nobody takes this for a sum")]
    pub fn add<S: GeneratedService>(mut self, service: S) -> Self {
        if let Some(routes) = S::REST {
            Arc::make_mut(&mut self.inner).table.mount(S::INFO.name, routes, Arc::new(service));
        }
        self
    }

    /// Sets limits and the like.
    pub fn options(self, options: Options) -> Self {
        self.change(|settings| settings.options = options)
    }

    /// Sets who finds out who calls. Without one, methods that need an authenticated caller refuse every call, unless
    /// a layer puts a [`Principal`](crate::Principal) on the request.
    pub fn authenticator(self, authenticator: impl Authenticator) -> Self {
        self.change(|settings| settings.policy.authenticator = Some(Arc::new(authenticator)))
    }

    /// The time for a call of which neither its caller nor its method says anything. Default: no limit.
    pub fn default_timeout(self, timeout: Duration) -> Self {
        self.change(|settings| settings.policy.default_timeout = Some(timeout))
    }

    /// The time that no call may exceed, whatever its caller says. Default: no limit.
    pub fn max_timeout(self, timeout: Duration) -> Self {
        self.change(|settings| settings.policy.max_timeout = Some(timeout))
    }

    fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut Arc::make_mut(&mut self.inner).settings));
        self
    }

    pub(crate) fn from_parts(table: Table, policy: Policy, options: Options) -> Self {
        Self { inner: Arc::new(Inner { table, settings: Arc::new(Settings { policy, options }) }) }
    }

    /// What a request leads to, of which is known whether it may want to upgrade.
    pub(crate) fn find(&self, request: &Parts, may_upgrade: bool) -> Found<'_> {
        let Inner { table, settings } = &*self.inner;
        let uri = &request.uri;
        let length = uri.path_and_query().map_or(0, |uri| uri.as_str().len());
        if length > settings.options.max_uri_length {
            return Found::TooLong;
        }
        #[cfg(not(feature = "websocket"))]
        let _ = may_upgrade;
        #[cfg(feature = "websocket")]
        if may_upgrade
            && websocket::is_wanted(&request.method, request.version, &request.headers, &request.extensions)
            && let Some(stream) = table.find_stream(uri.path())
        {
            return stream;
        }
        table.find(&request.method, uri.path())
    }

    /// Answers a request that leads to `found`.
    #[inline]
    pub(crate) fn answer(
        &self,
        parts: Parts,
        body: Body,
        found: Found<'_>,
        connection: Option<Connection>,
    ) -> RestFuture {
        let response = match found {
            Found::Binding { endpoint, binding, segments } => {
                let settings = Arc::clone(&self.inner.settings);
                return endpoint.rest(Call { parts, body, binding, segments, settings, connection });
            }
            Found::OtherMethods(allowed) => other_methods(&parts, allowed),
            Found::TooLong => {
                let limit = self.inner.settings.options.max_uri_length;
                let status =
                    Status::resource_exhausted(format!("the path and query have more than {limit} bytes"));
                let failure = Failure::with_http(StatusCode::URI_TOO_LONG, status);
                error::respond(&failure, &parts.headers)
            }
            Found::Nothing => {
                error::respond(&Status::not_found("nothing has this path").into(), &parts.headers)
            }
        };
        Box::pin(std::future::ready(Ok(response)))
    }
}

impl<B: RequestBody> Service<Request<B>> for Rest {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<RestFuture>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answer<RestFuture> {
        let (parts, body) = request.into_parts();
        let found = self.find(&parts, true);
        Answer(self.answer(parts, Body::new(body), found, None))
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("options", &self.inner.settings.options).finish_non_exhaustive()
    }
}

/// The answer to a request whose path has bindings of other methods.
fn other_methods(request: &Parts, allowed: Allowed) -> Response<Payload> {
    let mut response = if request.method == Method::OPTIONS {
        let mut response = Response::new(Payload::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    } else {
        let status = Status::unimplemented(format!("the path does not take {}", request.method));
        let failure = Failure::with_http(StatusCode::METHOD_NOT_ALLOWED, status);
        error::respond(&failure, &request.headers)
    };
    if let Ok(allow) = HeaderValue::try_from(allowed.header()) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
