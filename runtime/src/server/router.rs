//! From the path of a request to the service that answers it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use crate::bridge::NamedService;
use crate::bridge::Status;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use tonic::body::Body;
use tower::{Service, ServiceExt as _};

use crate::call::body::{Answer, Answering};
use crate::method::{Access, MethodInfo, ServiceInfo};
use crate::protocol::grpc::server::{GeneratedService, GrpcFuture, GrpcRequest, Settings, unknown};
#[cfg(feature = "rest")]
use crate::protocol::rest::server::{Options, Rest};
use crate::server::serve::Origin;
#[cfg(feature = "rest")]
use crate::server::serve::may_upgrade;
use crate::server::{BoxError, ServeError};
use crate::transcode::routes::{Endpoint, Found, Routes, Table};

/// All services of a server as one.
#[derive(Clone)]
pub struct Router {
    shared: Arc<Shared>,
}

struct Shared {
    services: BTreeMap<&'static str, Box<dyn Mounted>>,
    settings: Arc<Settings>,
    /// `None` where no service can be reached over REST.
    #[cfg(feature = "rest")]
    rest: Option<Rest>,
}

/// A service that was added to a server.
pub(super) struct Entry {
    name: &'static str,
    info: Option<&'static ServiceInfo>,
    service: Box<dyn Mounted>,
    #[cfg(feature = "rest")]
    rest: Option<(&'static Routes, Arc<dyn Endpoint>)>,
}

trait Mounted: Send + Sync {
    fn call(&self, request: GrpcRequest) -> GrpcFuture;
}

struct Generated<S>(Arc<S>);

impl<S: GeneratedService> Mounted for Generated<S> {
    fn call(&self, request: GrpcRequest) -> GrpcFuture {
        self.0.dispatch(request)
    }
}

struct Foreign<S>(S);

impl<S, B> Mounted for Foreign<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn call(&self, request: GrpcRequest) -> GrpcFuture {
        let answer = self.0.clone().oneshot(request.into_http());
        Box::pin(async move { answer.await.map(|response| response.map(Body::new)) })
    }
}

impl Entry {
    pub(super) fn generated<S: GeneratedService>(service: S) -> Self {
        let service = Arc::new(service);
        Self {
            name: S::INFO.name,
            info: Some(S::INFO),
            #[cfg(feature = "rest")]
            rest: S::REST.map(|routes| -> (_, Arc<dyn Endpoint>) { (routes, service.clone()) }),
            service: Box::new(Generated(service)),
        }
    }

    pub(super) fn foreign<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Self {
            name: S::NAME,
            info: None,
            service: Box::new(Foreign(service)),
            #[cfg(feature = "rest")]
            rest: None,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

impl Router {
    pub(super) fn new(
        entries: Vec<Entry>,
        settings: Settings,
        #[cfg(feature = "rest")] rest: Option<Options>,
        access: bool,
    ) -> Result<Self, ServeError> {
        if access {
            check_access(&entries)?;
        }
        let settings = Arc::new(settings);
        if settings.policy.authenticator.is_none()
            && let Some(method) = methods(&entries).find(|method| needs_caller(method))
        {
            tracing::warn!(
                example = method.path,
                "there is no authenticator: unless a layer authenticates, methods that need it refuse every call"
            );
        }
        let mut services = BTreeMap::new();
        let mut duplicates = Vec::new();
        #[cfg(feature = "rest")]
        let mut routes = Table::default();
        for entry in entries {
            #[cfg(feature = "rest")]
            if let Some((tree, endpoint)) = entry.rest {
                routes.mount(entry.name, tree, endpoint);
            }
            if services.insert(entry.name, entry.service).is_some() {
                duplicates.push(entry.name);
            }
        }
        if !duplicates.is_empty() {
            return Err(ServeError::DuplicateServices(duplicates));
        }
        #[cfg(feature = "rest")]
        let rest = rest
            .filter(|_| !routes.is_empty())
            .map(|options| Rest::from_parts(routes, settings.policy.clone(), options));
        let shared = Shared {
            services,
            settings,
            #[cfg(feature = "rest")]
            rest,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    #[inline]
    pub(super) fn answer(&self, parts: Parts, body: Body, origin: Option<&Origin>) -> Answering {
        #[cfg(feature = "rest")]
        if let Some((rest, found)) = self.rest(&parts, origin.is_none_or(|_| may_upgrade(&parts))) {
            return Answering::Own(rest.answer(parts, body, found, origin.map(Origin::connection)));
        }
        let mut request = Request::from_parts(parts, body);
        if let Some(origin) = origin {
            origin.note_on(&mut request);
        }
        Answering::Grpc(self.call_of(request))
    }

    /// Answers what is not REST.
    fn call_of(&self, request: Request<Body>) -> GrpcFuture {
        #[cfg(feature = "web")]
        if crate::protocol::grpc::web::is_call(&request) {
            return crate::protocol::grpc::web::answer(self.clone(), request);
        }
        let service = self.service(request.uri().path());
        if let Some(refusal) = refuse(&request, service.is_some()) {
            return Box::pin(std::future::ready(Ok(refusal)));
        }
        let request = GrpcRequest::new(request, Arc::clone(&self.shared.settings));
        match service {
            Some(service) => service.call(request),
            None => unknown("service", &request),
        }
    }
}

impl Router {
    /// The service whose gRPC path this is.
    fn service(&self, path: &str) -> Option<&dyn Mounted> {
        let (name, _) = path.strip_prefix('/')?.split_once('/')?;
        self.shared.services.get(name).map(|service| &**service)
    }

    /// What a request leads to, if it is REST: the paths of bindings, and those that are nobody's.
    #[cfg(feature = "rest")]
    fn rest(&self, request: &Parts, may_upgrade: bool) -> Option<(&Rest, Found<'_>)> {
        let rest = self.shared.rest.as_ref()?;
        // Calls of gRPC are POST: what is not need not be looked at any further.
        let posted = request.method == Method::POST;
        let media_type = posted.then(|| request.headers.get(header::CONTENT_TYPE)).flatten();
        let is_call =
            media_type.is_some_and(|media_type| media_type.as_bytes().starts_with(b"application/grpc"));
        if is_call && self.service(request.uri.path()).is_some() {
            return None;
        }
        match rest.find(request, may_upgrade) {
            Found::Nothing if is_call || self.service(request.uri.path()).is_some() => None,
            found => Some((rest, found)),
        }
    }
}

impl Service<Request<Body>> for Router {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Answering>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer<Answering> {
        let (parts, body) = request.into_parts();
        Answer(self.answer(parts, body, None))
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.shared.services.keys().collect();
        f.debug_struct("Router").field("services", &services).finish_non_exhaustive()
    }
}

fn methods(entries: &[Entry]) -> impl Iterator<Item = &'static MethodInfo> {
    entries.iter().filter_map(|entry| entry.info).flat_map(|info| info.methods)
}

fn needs_caller(method: &MethodInfo) -> bool {
    matches!(method.access, Access::Authenticated | Access::Scopes { .. })
}

/// The methods that do not say who may call them.
fn check_access(entries: &[Entry]) -> Result<(), ServeError> {
    let silent: Vec<_> = methods(entries)
        .filter(|method| method.access == Access::Unspecified)
        .map(|method| method.path.trim_start_matches('/'))
        .collect();
    if silent.is_empty() { Ok(()) } else { Err(ServeError::UndeclaredAccess(silent)) }
}

/// The plain HTTP answer to a request that is not a gRPC call.
fn refuse(request: &Request<Body>, known: bool) -> Option<Response<Body>> {
    let media_type = request.headers().get(header::CONTENT_TYPE);
    let is_grpc = media_type.is_some_and(is_grpc);
    if is_grpc && request.method() == Method::POST && request.version() == Version::HTTP_2 {
        return None;
    }
    let (code, text, hint) = match (known || is_grpc, request.method() == Method::POST, is_grpc) {
        (false, ..) => (StatusCode::NOT_FOUND, "nothing here: this server speaks gRPC\n", None),
        (true, false, _) => {
            let allow = (header::ALLOW, HeaderValue::from_static("POST"));
            (StatusCode::METHOD_NOT_ALLOWED, "gRPC calls use POST\n", Some(allow))
        }
        (true, true, false) => {
            let accept = (header::ACCEPT, HeaderValue::from_static("application/grpc"));
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "gRPC calls are application/grpc\n", Some(accept))
        }
        (true, true, true) => (StatusCode::HTTP_VERSION_NOT_SUPPORTED, "gRPC calls use HTTP/2\n", None),
    };
    let mut response = Response::new(Body::new(http_body_util::Full::from(text)));
    *response.status_mut() = code;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response.headers_mut().extend(hint);
    Some(response)
}

/// `application/grpc`, with or without the encoding of messages that it stands for.
fn is_grpc(media_type: &HeaderValue) -> bool {
    let Some(rest) = media_type.as_bytes().strip_prefix(b"application/grpc") else { return false };
    let rest = rest.strip_prefix(b"+proto").unwrap_or(rest);
    rest.is_empty() || rest[0] == b';'
}

/// The answer when a layer fails instead of answering.
pub(super) fn layer_failed(error: BoxError) -> Response<Body> {
    let status = Status::try_from_error(error).unwrap_or_else(|error| {
        tracing::error!(%error, "a layer of the server failed");
        Status::internal("the server failed")
    });
    status.into_http()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for (text, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("application/grpc+json", false),
            ("application/grpc-web", false),
            ("application/json", false),
        ] {
            assert_eq!(is_grpc(&HeaderValue::from_static(text)), expected, "{text}");
        }
    }
}
