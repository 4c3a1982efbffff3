//! From the path of a request to the service that answers it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use fnv::FnvHashMap;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{Extensions, Method, Request, Response, StatusCode};
use tower::{Service, ServiceExt as _};

use super::connect_info::ConnectInfo;
use super::error::{Problem, ServeError};
use super::pages::Pages;
#[cfg(feature = "rest")]
use super::session::may_upgrade;
use crate::access::is_open;
use crate::bridge::{Code, NamedService, Status};
use crate::call::in_flight::{self, InFlight};
use crate::call::intercept::Chain;
use crate::call::{Body, BoxError};
use crate::method::{Access, MethodInfo, ServiceInfo};
use crate::protocol::connect;
use crate::protocol::intercepted::InterceptedService;
#[cfg(feature = "rest")]
use crate::protocol::rest::server::{Options, Rest};
use crate::protocol::rpc::{self, RpcMedia};
use crate::protocol::server::ServerCall;
use crate::protocol::service::{Answering, AnyService, answered, take_parts};
use crate::protocol::settings::ServerSettings;
use crate::sight::{Http, Refusal, Sight};
#[cfg(feature = "rest")]
use crate::transcode::routes::{PathMatch, Table};

/// All services of a server as one.
#[derive(Clone)]
pub struct Router {
    shared: Arc<Shared>,
}

struct Shared {
    /// The methods of generated services by their paths.
    methods: FnvHashMap<&'static str, Route>,
    /// The services by their names.
    services: BTreeMap<&'static str, Kind>,
    /// `None` where no service can be reached over REST.
    #[cfg(feature = "rest")]
    rest: Option<Rest>,
    /// `None` where there are no pages.
    pages: Option<(Pages, Arc<ServerSettings>)>,
    /// What answers where nothing else does.
    fallback: Option<FallbackService>,
    /// The calls that are under way.
    in_flight: Option<Arc<InFlight>>,
    /// What is told of calls.
    sight: Sight,
    /// In bytes.
    max_header_list_size: usize,
}

/// A service without its type that answers where nothing else does.
pub(super) struct FallbackService(Box<dyn ForeignService>);

impl FallbackService {
    pub(super) fn new<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Self(Box::new(Fallback(service)))
    }
}

/// What layers see of a call, in the extensions of its request and of its response: the path template by which a method
/// was found, as `/v1/users/{user_id}`, or the path of the method itself. It stands beside the method's
/// `&'static MethodInfo`. Layers around a [`ServerService`](super::ServerService) see it in the response alone.
///
/// ```
/// use rsvc::MethodInfo;
/// use rsvc::server::MatchedPath;
///
/// fn name<B>(request: &http::Request<B>) -> Option<(&'static str, &'static str)> {
///     let method = request.extensions().get::<&'static MethodInfo>()?;
///     Some((method.name, request.extensions().get::<MatchedPath>()?.as_str()))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchedPath(&'static str);

impl MatchedPath {
    /// The template, as it stands in the `.proto`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0
    }
}

/// The method that a request leads to, and by which path.
#[derive(Clone, Copy)]
pub(super) struct MatchedMethod {
    method: &'static MethodInfo,
    path: MatchedPath,
}

impl MatchedMethod {
    /// Notes it where layers look for it.
    pub(super) fn note_on(self, extensions: &mut Extensions) {
        extensions.insert(self.method);
        extensions.insert(self.path);
    }

    /// What was noted.
    fn of(extensions: &Extensions) -> Option<Self> {
        Some(Self {
            method: extensions.get::<&'static MethodInfo>()?,
            path: *extensions.get::<MatchedPath>()?,
        })
    }
}

/// A method of a generated service, and what the server says about its calls.
struct Route {
    service: Arc<dyn AnyService>,
    index: usize,
    settings: Arc<ServerSettings>,
}

/// A service that was added to a server.
pub(super) struct Entry {
    name: &'static str,
    kind: Kind,
    /// Those of the service, where those of the server do not count.
    settings: Option<Arc<ServerSettings>>,
}

enum Kind {
    Generated(Arc<dyn AnyService>),
    Foreign(Box<dyn ForeignService>),
}

/// A service of tonic's making: it speaks gRPC by itself.
trait ForeignService: Send + Sync {
    fn call(&self, request: Request<Body>) -> Answering;
}

/// Any other service, which has the paths that nothing else has.
struct Fallback<S>(S);

impl<S, B> ForeignService for Fallback<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn call(&self, request: Request<Body>) -> Answering {
        let answer = self.0.clone().oneshot(request);
        Box::pin(async move {
            let Ok(response) = answer.await;
            response.map(Body::new)
        })
    }
}

struct Foreign<S>(S);

impl<S, B> ForeignService for Foreign<S>
where
    S: Service<Request<crate::bridge::TonicBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn call(&self, request: Request<Body>) -> Answering {
        let answer = self.0.clone().oneshot(request.map(crate::bridge::TonicBody::new));
        Box::pin(async move {
            let Ok(response) = answer.await;
            response.map(Body::new)
        })
    }
}

impl Entry {
    pub(super) fn generated<S: crate::protocol::service::Service>(service: S) -> Self {
        Self { name: S::INFO.name, kind: Kind::Generated(Arc::new(service)), settings: None }
    }

    /// A service that the server brings itself: the settings for calls do not count for it, but its own do.
    pub(super) fn own<S: crate::protocol::service::Service>(
        service: S,
        settings: Arc<ServerSettings>,
    ) -> Self {
        Self { settings: Some(settings), ..Self::generated(service) }
    }

    pub(super) fn foreign<S, B>(service: S) -> Self
    where
        S: Service<Request<crate::bridge::TonicBody>, Response = Response<B>, Error = Infallible>,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Self { name: S::NAME, kind: Kind::Foreign(Box::new(Foreign(service))), settings: None }
    }

    /// Puts interceptors around the service, if it is a generated one.
    pub(super) fn intercept(&mut self, chain: &Arc<Chain>) {
        if let Kind::Generated(service) = &mut self.kind {
            *service = Arc::new(InterceptedService::new(Arc::clone(service), Arc::clone(chain)));
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The service, if it is a generated one.
    #[cfg(feature = "admin")]
    pub(super) fn service(&self) -> Option<&dyn AnyService> {
        match &self.kind {
            Kind::Generated(service) => Some(&**service),
            Kind::Foreign(_) => None,
        }
    }

    /// Whether a method that declares no access needs an authenticated caller, if that is not what the server says.
    #[cfg(feature = "admin")]
    pub(super) fn own_default_deny(&self) -> Option<bool> {
        Some(self.settings.as_ref()?.policy.default_deny)
    }

    /// What the service is, if it is the user's.
    fn info(&self) -> Option<&'static ServiceInfo> {
        match &self.kind {
            Kind::Generated(service) if self.settings.is_none() => Some(service.info()),
            _ => None,
        }
    }
}

impl Router {
    pub(super) fn new(
        entries: Vec<Entry>,
        settings: ServerSettings,
        #[cfg(feature = "rest")] rest: Option<Options>,
        access: bool,
        mut pages: Pages,
        fallback: Option<FallbackService>,
        max_header_list_size: usize,
    ) -> Result<Self, ServeError> {
        if access {
            check_access(&entries)?;
        }
        if !settings.policy.default_deny {
            check_authenticator(&entries)?;
        }
        let mut known = std::collections::BTreeSet::new();
        let duplicates: Vec<_> =
            entries.iter().map(Entry::name).filter(|name| !known.insert(*name)).collect();
        if !duplicates.is_empty() {
            return Err(Problem::Duplicates(duplicates).into());
        }
        #[cfg(feature = "rest")]
        let rest = {
            let mut routes = Table::default();
            for entry in &entries {
                if let Kind::Generated(service) = &entry.kind {
                    routes.mount(service.info(), service.bindings(), Arc::clone(service));
                }
            }
            if rest.is_some() {
                routes.check().map_err(Problem::Routes)?;
            }
            rest.filter(|_| !routes.is_empty())
                .map(|options| Rest::from_parts(routes, settings.policy.clone(), options))
        };
        let (in_flight, sight) = (settings.policy.in_flight.clone(), settings.policy.sight);
        let settings = Arc::new(settings);
        let mut methods = FnvHashMap::default();
        for entry in &entries {
            let Kind::Generated(service) = &entry.kind else { continue };
            for (index, method) in service.info().methods.iter().enumerate() {
                let settings = entry.settings.as_ref().unwrap_or(&settings);
                let route = Route { service: Arc::clone(service), index, settings: Arc::clone(settings) };
                methods.insert(method.path, route);
            }
        }
        let taken = |path: &str| {
            #[cfg(feature = "rest")]
            if let Some(rest) = &rest
                && let Some(binding) = rest.binding_at(path)
            {
                return Some(binding);
            }
            let name = path.strip_prefix('/')?.split_once('/')?.0;
            let entry = entries.iter().find(|entry| entry.name == name)?;
            Some(format!("the service {}", entry.name))
        };
        pages.check(settings.policy.default_deny, taken).map_err(Problem::Pages)?;
        let pages = (!pages.is_empty()).then(|| (pages, Arc::clone(&settings)));
        let mut services = BTreeMap::new();
        for entry in entries {
            services.insert(entry.name, entry.kind);
        }
        let shared = Shared {
            methods,
            services,
            #[cfg(feature = "rest")]
            rest,
            pages,
            fallback,
            in_flight,
            sight,
            max_header_list_size,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The method at a path, as it is called from the same process.
    #[cfg(feature = "client")]
    pub(super) fn route(&self, path: &str) -> Option<crate::protocol::client::Route<'_>> {
        let Route { service, index, settings } = self.shared.methods.get(path)?;
        Some(crate::protocol::client::Route { service: &**service, method: *index, settings })
    }

    /// The method that a request leads to.
    pub(super) fn identify(&self, parts: &Parts) -> Option<MatchedMethod> {
        #[cfg(feature = "rest")]
        if !Self::is_rpc_first(parts, RpcMedia::of(&parts.headers))
            && let Some(rest) = &self.shared.rest
            && let Ok(PathMatch::Binding(found)) = rest.find(parts, true)
        {
            let binding = found.binding;
            let method = &found.service.info().methods[usize::from(binding.method)];
            return Some(MatchedMethod { method, path: MatchedPath(binding.template) });
        }
        let Route { service, index, .. } = self.shared.methods.get(parts.uri.path())?;
        let method = &service.info().methods[*index];
        Some(MatchedMethod { method, path: MatchedPath(method.path) })
    }

    /// Whether a request is a call of another protocol than REST, whatever its path.
    #[cfg(feature = "rest")]
    fn is_rpc_first(parts: &Parts, media: RpcMedia) -> bool {
        media.is_rpc_only()
            || parts.method == Method::POST && parts.headers.contains_key(connect::PROTOCOL_VERSION)
    }

    /// Whether something may have a path that leads to no method.
    #[cfg(feature = "rest")]
    fn has_more(&self, path: &str) -> bool {
        self.shared.fallback.is_some() || self.shared.pages.as_ref().is_some_and(|(pages, _)| pages.has(path))
    }

    /// Answers where nothing has the path.
    fn answer_nothing(&self, parts: &mut Parts, body: Body, connect_info: Option<&ConnectInfo>) -> Answering {
        if let Some((pages, settings)) = &self.shared.pages
            && let Some(page) = pages.answer(parts, connect_info.map(ConnectInfo::peer), &settings.policy)
        {
            return page;
        }
        let Some(FallbackService(service)) = &self.shared.fallback else {
            return answered(rpc::plain(StatusCode::NOT_FOUND, "nothing has this path\n"));
        };
        let mut request = Request::from_parts(take_parts(parts), body);
        if let Some(connect_info) = connect_info {
            connect_info.note_on(&mut request);
        }
        let (answer, in_flight) = (service.call(request), self.shared.in_flight.clone());
        Box::pin(async move {
            let place = match in_flight.as_ref().map(|calls| (calls, calls.enter())) {
                None => Ok(None),
                Some((_, Some(place))) => Ok(Some(place)),
                Some((calls, None)) => calls.wait().await.map(Some),
            };
            if place.is_err() {
                let mut refusal = rpc::plain(StatusCode::TOO_MANY_REQUESTS, "too many calls are under way\n");
                refusal.headers_mut().insert(RETRY_AFTER, in_flight::RETRY_AFTER.as_secs().into());
                return refusal;
            }
            answer.await
        })
    }

    /// Answers a request, of which its transport may know where it comes from. It takes of its head what it needs.
    #[inline]
    pub(super) fn answer(
        &self,
        parts: &mut Parts,
        body: Body,
        connect_info: Option<&ConnectInfo>,
    ) -> Answering {
        // Only calls of Connect that have no body are made with another method, and they have no media type.
        let media = if parts.method == Method::POST { RpcMedia::of(&parts.headers) } else { RpcMedia::Other };
        #[cfg(feature = "rest")]
        if !Self::is_rpc_first(parts, media)
            && let Some(rest) = &self.shared.rest
        {
            let may_upgrade = connect_info.is_none_or(|_| may_upgrade(parts));
            match rest.find(parts, may_upgrade) {
                // A call of another protocol.
                Ok(PathMatch::Nothing) if self.has_service(parts.uri.path()) => {}
                Ok(PathMatch::Nothing) if self.has_more(parts.uri.path()) => {
                    return self.answer_nothing(parts, body, connect_info);
                }
                found => return rest.answer(parts, body, found, connect_info.map(ConnectInfo::peer)),
            }
        }
        self.call_of(media, parts, body, connect_info)
    }

    /// Answers a request to the path of a method, or to nothing at all.
    fn call_of(
        &self,
        media: RpcMedia,
        parts: &mut Parts,
        body: Body,
        connect_info: Option<&ConnectInfo>,
    ) -> Answering {
        let path = parts.uri.path();
        if let Some(Route { service, index, settings }) = self.shared.methods.get(path) {
            let is_connection = connect_info.is_some();
            let method = &service.info().methods[*index];
            let checked = rpc::check_head(parts, media, is_connection, self.shared.max_header_list_size);
            let spoken = match checked {
                Ok(special) => rpc::protocol_of(parts, media, method.kind).map(|spoken| (spoken, special)),
                Err(refusal) => Err(refusal),
            };
            return match spoken {
                Ok((protocol, special)) => rpc::serve(
                    protocol,
                    ServerCall {
                        service: Arc::clone(service),
                        method: *index,
                        parts,
                        special,
                        body,
                        peer: connect_info.map(ConnectInfo::peer),
                        settings: Arc::clone(settings),
                    },
                ),
                Err(refusal) => {
                    self.tell_refused(Some(method), media, parts, connect_info, refusal.status());
                    answered(refusal)
                }
            };
        }
        let what = match self.service(path) {
            Some(Kind::Foreign(service)) if matches!(media, RpcMedia::Grpc(_)) => {
                let mut request = Request::from_parts(take_parts(parts), body);
                if let Some(connect_info) = connect_info {
                    connect_info.note_on(&mut request);
                }
                return service.call(request);
            }
            Some(_) => "method",
            // A media type alone makes no call.
            #[cfg(feature = "rest")]
            None if media.is_rpc_only()
                && let Some(rest) = &self.shared.rest =>
            {
                match rest.find(parts, false) {
                    Ok(PathMatch::Nothing) => "service",
                    found => return rest.answer(parts, body, found, connect_info.map(ConnectInfo::peer)),
                }
            }
            None if media.is_rpc_only() => "service",
            None => return self.answer_nothing(parts, body, connect_info),
        };
        self.tell_refused(None, media, parts, connect_info, StatusCode::NOT_FOUND);
        answered(rpc::unknown(what, path, media))
    }

    /// Tells of a call that is refused before it is one.
    fn tell_refused(
        &self,
        method: Option<&'static MethodInfo>,
        media: RpcMedia,
        parts: &Parts,
        connect_info: Option<&ConnectInfo>,
        status: StatusCode,
    ) {
        let sight = match method.and_then(|method| self.shared.methods.get(method.path)) {
            Some(route) => route.settings.policy.sight,
            None => self.shared.sight,
        };
        if !sight.is_on() {
            return;
        }
        let code = match status {
            // Nearly as much in the words of gRPC: its answers have no other status.
            StatusCode::OK | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Code::ResourceExhausted,
            StatusCode::BAD_REQUEST => Code::InvalidArgument,
            _ => Code::Unimplemented,
        };
        let http = Http {
            system: media.system(),
            version: parts.version,
            route: None,
            authority: parts.uri.authority(),
        };
        let peer = connect_info.and_then(|info| info.peer().addr);
        sight.refused(&Refusal { method, http, headers: &parts.headers, peer }, code, status);
    }

    /// The service whose path this would be.
    fn service(&self, path: &str) -> Option<&Kind> {
        let (name, _) = path.strip_prefix('/')?.split_once('/')?;
        self.shared.services.get(name)
    }

    fn has_service(&self, path: &str) -> bool {
        self.service(path).is_some()
    }
}

impl Service<Request<Body>> for Router {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouterFuture;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> RouterFuture {
        let (mut parts, body) = request.into_parts();
        let matched = MatchedMethod::of(&parts.extensions);
        RouterFuture { answer: self.answer(&mut parts, body, None), matched }
    }
}

/// The answer of a [`Router`] on its way.
#[must_use = "nothing is answered until it is polled"]
pub struct RouterFuture {
    answer: Answering,
    /// What the layers are told of the method, in the response as well.
    matched: Option<MatchedMethod>,
}

impl Future for RouterFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        let mut response = ready!(self.answer.as_mut().poll(task));
        if let Some(matched) = self.matched {
            matched.note_on(response.extensions_mut());
        }
        Poll::Ready(Ok(response))
    }
}

impl fmt::Debug for RouterFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterFuture").finish_non_exhaustive()
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.shared.services.keys().collect();
        f.debug_struct("Router").field("services", &services).finish_non_exhaustive()
    }
}

fn methods(entries: &[Entry]) -> impl Iterator<Item = &'static MethodInfo> {
    entries.iter().filter_map(Entry::info).flat_map(|info| info.methods)
}

/// The names of the methods of which `test` is true, as `shop.v1.UserService/GetUser`.
fn names(entries: &[Entry], test: impl Fn(&MethodInfo) -> bool) -> Vec<&'static str> {
    methods(entries).filter(|method| test(method)).map(|method| method.path.trim_start_matches('/')).collect()
}

/// All methods declare who may call them.
fn check_access(entries: &[Entry]) -> Result<(), ServeError> {
    let silent = names(entries, |method| method.access == Access::Unspecified);
    if silent.is_empty() { Ok(()) } else { Err(Problem::UndeclaredAccess(silent).into()) }
}

/// No method needs a caller that nothing can authenticate.
fn check_authenticator(entries: &[Entry]) -> Result<(), ServeError> {
    let protected = names(entries, |method| !is_open(method, false));
    if protected.is_empty() { Ok(()) } else { Err(Problem::NoAuthenticator(protected).into()) }
}

/// The answer when a layer fails instead of answering.
pub(super) fn layer_failed(error: BoxError) -> Response<Body> {
    let status = Status::try_from_error(error).unwrap_or_else(|error| {
        tracing::error!(%error, "a layer of the server failed");
        Status::internal("the server failed")
    });
    rpc::failed(&status)
}
