//! The answers.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use tower::Service;

use super::checks::{self, Check};
use super::guard::Guard;
use super::page::Value;
use super::routes::Routes;
use crate::call::Body;
use crate::cancellation::CancellationToken;
use crate::protocol::accept;
use crate::server::Health;

/// The most that a filter of the log may have, in bytes.
const MAX_FILTER: usize = 4 << 10;

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
/// What Prometheus asks for.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Makes a text each time.
pub(super) type Render = Box<dyn Fn() -> String + Send + Sync>;
type SetFilter = dyn Fn(&str) -> Result<(), String> + Send + Sync;

/// What tells and changes what is logged.
pub(super) struct Log {
    pub(super) get: Render,
    pub(super) set: Box<SetFilter>,
}

/// What the answers are made of.
pub(super) struct Shared {
    pub(super) guard: Guard,
    pub(super) checks: Vec<Check>,
    pub(super) metrics: Option<Render>,
    pub(super) info: Vec<(String, String)>,
    pub(super) log: Option<Log>,
    pub(super) routes: Routes,
    pub(super) health: Option<Health>,
    /// Ends when the server is told to stop.
    pub(super) stopping: Arc<CancellationToken>,
}

/// Answers all questions.
#[derive(Clone)]
pub(super) struct AdminService(Arc<Shared>);

impl AdminService {
    pub(super) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Service<Request<Body>> for AdminService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let mut response = shared.answer(&parts, body).await;
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            Ok(response)
        })
    }
}

impl Shared {
    async fn answer(&self, parts: &Parts, body: Body) -> Response<Body> {
        if !self.guard.allows(parts) {
            return text(StatusCode::MISDIRECTED_REQUEST, "this is not the host that was asked for\n");
        }
        let path = parts.uri.path();
        let is_there = match path {
            "/" | "/healthz" | "/readyz" | "/routes" | "/version" => true,
            "/metrics" => self.metrics.is_some(),
            "/log" => self.log.is_some(),
            _ => false,
        };
        if !is_there {
            return text(StatusCode::NOT_FOUND, "nothing has this path; / lists those that there are\n");
        }
        let is_put = parts.method == Method::PUT && path == "/log";
        if !is_put && ![Method::GET, Method::HEAD].contains(&parts.method) {
            let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "this path has no such method\n");
            let allowed = if path == "/log" { "GET, HEAD, PUT" } else { "GET, HEAD" };
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            return refusal;
        }
        match (path, &self.metrics, &self.log) {
            ("/healthz", ..) => text(StatusCode::OK, "ok\n"),
            ("/readyz", ..) => self.readiness(&parts.headers).await,
            ("/routes", ..) => {
                either(&parts.headers, StatusCode::OK, &self.routes.value(), self.routes.text())
            }
            ("/version", ..) => self.version(&parts.headers),
            ("/metrics", Some(render), _) => of_type(StatusCode::OK, METRICS, render()),
            ("/log", _, Some(log)) if is_put => log.change(body).await,
            ("/log", _, Some(log)) => text(StatusCode::OK, (log.get)() + "\n"),
            _ => text(StatusCode::OK, self.paths()),
        }
    }

    fn paths(&self) -> String {
        let mut paths = "/healthz\n/readyz\n/routes\n/version\n".to_owned();
        if self.metrics.is_some() {
            paths.push_str("/metrics\n");
        }
        if self.log.is_some() {
            paths.push_str("/log\n");
        }
        paths
    }

    fn version(&self, headers: &HeaderMap) -> Response<Body> {
        let rsvc = ("rsvc".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let info = || self.info.iter().chain([&rsvc]);
        let mut lines = String::new();
        for (key, value) in info() {
            writeln!(lines, "{key} {value}").expect("text takes all");
        }
        let value = info().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        either(headers, StatusCode::OK, &Value::Map(value), lines)
    }

    /// Whether calls may come, and what is in the way.
    async fn readiness(&self, headers: &HeaderMap) -> Response<Body> {
        let stopping = self.stopping.is_cancelled();
        let services = self.health.as_ref().map(Health::services).unwrap_or_default();
        let outcomes = checks::run(&self.checks).await;
        let is_ready =
            !stopping && services.iter().all(|(_, serving)| *serving) && outcomes.iter().all(Result::is_ok);

        let mut lines = if is_ready { "ready\n".to_owned() } else { "not ready\n".to_owned() };
        let mut line = |what: &str, name: &str, state: &str| {
            writeln!(lines, "{what} {name}: {state}").expect("text takes all");
        };
        if stopping {
            line("the", "server", "stopping");
        }
        let mut of_services = Vec::new();
        for (name, serving) in services {
            let state = if serving { "serving" } else { "not serving" };
            // The empty name is the server as a whole.
            line("service", if name.is_empty() { "*" } else { &name }, state);
            of_services.push((name, state.into()));
        }
        let mut of_checks = Vec::new();
        for (check, outcome) in self.checks.iter().zip(outcomes) {
            let state = outcome.err().map_or("ok".to_owned(), |why| format!("failed: {why}"));
            line("check", &check.name, &state);
            of_checks.push((check.name.clone(), Value::Text(state)));
        }
        let value = Value::Object(vec![
            ("ready", Value::Bool(is_ready)),
            ("stopping", Value::Bool(stopping)),
            ("services", Value::Map(of_services)),
            ("checks", Value::Map(of_checks)),
        ]);
        let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        either(headers, status, &value, lines)
    }
}

impl Log {
    /// Logs as the body says from now on.
    async fn change(&self, body: Body) -> Response<Body> {
        let filter = match Limited::new(body, MAX_FILTER).collect().await {
            Ok(filter) => filter.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return text(StatusCode::PAYLOAD_TOO_LARGE, "this is too long for a filter\n");
            }
            Err(_) => return text(StatusCode::BAD_REQUEST, "the request breaks off\n"),
        };
        let Ok(filter) = std::str::from_utf8(&filter) else {
            return text(StatusCode::BAD_REQUEST, "a filter is text\n");
        };
        match (self.set)(filter.trim()) {
            Ok(()) => {
                tracing::info!("another filter of the log was set");
                text(StatusCode::OK, (self.get)() + "\n")
            }
            Err(why) => text(StatusCode::BAD_REQUEST, why + "\n"),
        }
    }
}

/// JSON for those who say so, otherwise text.
fn either(headers: &HeaderMap, status: StatusCode, value: &Value, text: String) -> Response<Body> {
    if accept::lists(headers, ACCEPT, JSON) {
        of_type(status, JSON, value.json())
    } else {
        of_type(status, TEXT, text)
    }
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    of_type(status, TEXT, text)
}

fn of_type(status: StatusCode, media_type: &'static str, content: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::from(content.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
