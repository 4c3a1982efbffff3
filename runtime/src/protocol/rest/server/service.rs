//! [`Rest`]: generated services as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::answer::answer;
use super::error;
use super::exchange::RestCall;
use super::method::RestMethod;
use super::options::{Options, RestSettings};
use super::origins;
use super::respond::NOSNIFF;
#[cfg(feature = "websocket")]
use super::websocket;
use crate::Authenticator;
use crate::bridge::Status;
use crate::call::dispatch::{Policy, ResponseValidation};
use crate::call::{Body, BoxError, CallError};
use crate::peer::Peer;
use crate::protocol::service::{Answering, AnyService, Service, answered};
use crate::sight::{Http, Refusal, System};
use crate::transcode::routes::{AllowedMethods, PathMatch, RouteConflicts, RouteMatch, Table};
use crate::validate::Validator;

/// Generated services over REST alone, to be mounted in any server of tower services.
///
/// [`Server`](crate::Server) serves REST by itself; this is for those who have a server already. In axum it is a
/// fallback, or a router of its own with the feature `axum`:
///
/// ```
/// # use rsvc::codegen::Service;
/// # fn example<S: Service>(users: S) {
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
    table: Table<Arc<dyn AnyService>>,
    settings: Arc<RestSettings>,
}

impl Rest {
    /// No services yet, and the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service. One that was added before under the same name is replaced.
    ///
    /// Where methods of two services claim the same requests, the one that was added first has them;
    /// [`check`](Self::check) tells of it.
    #[allow(clippy::should_implement_trait, reason = "nobody takes this for a sum")]
    pub fn add<S: Service>(mut self, service: S) -> Self {
        Arc::make_mut(&mut self.inner).table.mount(S::INFO, S::BINDINGS, Arc::new(service));
        self
    }

    /// Itself, once all services are added and all their methods can be reached.
    ///
    /// # Errors
    ///
    /// Methods of several services claim the same requests. [`Server`](crate::Server) does not start then.
    pub fn check(self) -> Result<Self, RouteConflicts> {
        self.inner.table.check()?;
        Ok(self)
    }

    /// Sets limits and the like.
    pub fn options(self, options: Options) -> Self {
        self.change(|settings| settings.options = options)
    }

    /// Sets who finds out who calls. A method then needs an authenticated caller unless it is declared `public`.
    ///
    /// Without one, methods that are declared to need a caller refuse every call, unless a layer puts a
    /// [`Principal`](crate::Principal) on the request, and those that declare nothing are open to all.
    pub fn authenticator(self, authenticator: impl Authenticator) -> Self {
        self.change(|settings| settings.policy.authenticate_by(Arc::new(authenticator)))
    }

    /// Says that a layer around this service puts the [`Principal`](crate::Principal) of an authenticated caller among
    /// the extensions of requests: a method then needs one unless it is declared `public`, as with an
    /// [`authenticator`](Self::authenticator).
    pub fn authenticated_by_layers(self) -> Self {
        self.change(|settings| settings.policy.default_deny = true)
    }

    /// The time for a call of which neither its caller nor its method says anything. Default: no limit.
    pub fn default_timeout(self, timeout: Duration) -> Self {
        self.change(|settings| settings.policy.default_timeout = Some(timeout))
    }

    /// The time that no call may exceed, whatever its caller says. Default: no limit.
    pub fn max_timeout(self, timeout: Duration) -> Self {
        self.change(|settings| settings.policy.max_timeout = Some(timeout))
    }

    /// How many violations an error lists of a message that breaks its rules, as
    /// [`Server::max_violations`](crate::Server::max_violations). Default: 100.
    pub fn max_violations(self, count: u32) -> Self {
        self.change(|settings| settings.policy.validator = Validator::new().max_violations(count))
    }

    /// What is done about responses that break their rules, as
    /// [`Server::validate_responses`](crate::Server::validate_responses).
    pub fn validate_responses(self, validation: ResponseValidation) -> Self {
        self.change(|settings| settings.policy.responses = validation)
    }

    fn change(mut self, change: impl FnOnce(&mut RestSettings)) -> Self {
        change(Arc::make_mut(&mut Arc::make_mut(&mut self.inner).settings));
        self
    }

    pub(crate) fn from_parts(table: Table<Arc<dyn AnyService>>, policy: Policy, options: Options) -> Self {
        let settings = RestSettings { policy, options, ..RestSettings::default() };
        Self { inner: Arc::new(Inner { table, settings: Arc::new(settings) }) }
    }

    /// The binding that has a path, whatever its method: the verb and the template of one that reads, or of another.
    pub(crate) fn binding_at(&self, path: &str) -> Option<String> {
        self.inner.table.binding_at(path).map(|(method, template)| format!("`{method} {template}`"))
    }

    /// What a request leads to, of which is known whether it may want to upgrade.
    pub(crate) fn find(&self, request: &Parts, may_upgrade: bool) -> Result<RestMatch<'_>, UriTooLong> {
        let Inner { table, settings } = &*self.inner;
        let uri = &request.uri;
        let length = uri.path_and_query().map_or(0, |uri| uri.as_str().len());
        if length > settings.options.max_uri_length {
            return Err(UriTooLong);
        }
        #[cfg(not(feature = "websocket"))]
        let _ = may_upgrade;
        #[cfg(feature = "websocket")]
        if may_upgrade
            && websocket::is_wanted(request)
            && let Some(stream) = table.find_stream(uri.path())
        {
            return Ok(PathMatch::Binding(stream));
        }
        Ok(table.find(&request.method, uri.path()))
    }

    /// Answers a request that has led to `found`, and takes of its head what it needs.
    #[inline]
    pub(crate) fn answer(
        &self,
        parts: &mut Parts,
        body: Body,
        found: Result<RestMatch<'_>, UriTooLong>,
        peer: Option<Arc<Peer>>,
    ) -> Answering {
        let options = &self.inner.settings.options;
        if let Some(hosts) = &options.hosts
            && let Err(error) = origins::admit_host(hosts, &parts.headers, &parts.uri)
        {
            return answered(error::respond(&error, &parts.headers, None, options));
        }
        let refused = |error: &CallError| {
            let http = Http {
                system: System::Rest,
                version: parts.version,
                route: None,
                authority: parts.uri.authority(),
            };
            let peer = peer.as_ref().and_then(|peer| peer.addr);
            let refusal = Refusal { method: None, http, headers: &parts.headers, peer };
            self.inner.settings.policy.sight.refused(&refusal, error.status.code(), error.http_status());
        };
        let response = match found {
            Ok(PathMatch::Binding(RouteMatch { service, binding, segments })) => {
                let info = service.info().methods.get(usize::from(binding.method));
                let info = info.expect("a binding is one of a method");
                let method = RestMethod { binding, settings: Arc::clone(&self.inner.settings) };
                return answer(service, parts, body, RestCall { info, method, segments, peer });
            }
            Ok(PathMatch::OtherMethods(allowed)) => other_methods(parts, allowed, options, refused),
            Ok(PathMatch::Nothing) => {
                let error = Status::not_found("nothing has this path").into();
                refused(&error);
                error::respond(&error, &parts.headers, None, options)
            }
            Err(UriTooLong) => {
                let limit = options.max_uri_length;
                let status =
                    Status::resource_exhausted(format!("the path and query have more than {limit} bytes"));
                let error = CallError::with_http(StatusCode::URI_TOO_LONG, status);
                refused(&error);
                error::respond(&error, &parts.headers, None, options)
            }
        };
        answered(response)
    }
}

/// What a path leads to.
pub(crate) type RestMatch<'a> = PathMatch<'a, Arc<dyn AnyService>>;

/// The path and the query are longer than they may be.
pub(crate) struct UriTooLong;

/// The answer of [`Rest`] on its way.
#[must_use = "nothing is answered until it is polled"]
pub struct RestFuture(Answering);

impl Future for RestFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(task).map(Ok)
    }
}

impl fmt::Debug for RestFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestFuture").finish_non_exhaustive()
    }
}

impl<B> tower_service::Service<Request<B>> for Rest
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RestFuture;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> RestFuture {
        let (mut parts, body) = request.into_parts();
        let found = self.find(&parts, true);
        RestFuture(self.answer(&mut parts, Body::new(body), found, None))
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("options", &self.inner.settings.options).finish_non_exhaustive()
    }
}

/// The answer to a request whose path has bindings of other methods.
fn other_methods(
    request: &Parts,
    allowed: AllowedMethods,
    options: &Options,
    refused: impl FnOnce(&CallError),
) -> Response<Body> {
    let mut response = if request.method == Method::OPTIONS {
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        response
    } else {
        let status = Status::unimplemented(format!("the path does not take {}", request.method));
        let error = CallError::with_http(StatusCode::METHOD_NOT_ALLOWED, status);
        refused(&error);
        error::respond(&error, &request.headers, None, options)
    };
    let allow = HeaderValue::try_from(allowed.header()).expect("the build knows what a method is");
    response.headers_mut().insert(header::ALLOW, allow);
    response
}
