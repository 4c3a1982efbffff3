//! A whole server inside another one, others inside it, and what layers see of a call.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use rsvc::codegen::rest::{Binding, BodyKind};
use rsvc::codegen::{Call, Handling};
use rsvc::server::{MatchedPath, ResponseValidation, ServerService};
use rsvc::{Access, Context, MethodInfo, MethodKind, Principal, Server, ServiceInfo, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::{Layer, Service, ServiceExt as _};

use crate::demo::{Item, Items};
use crate::setup::request;

const JSON: (&str, &str) = ("content-type", "application/json");
const TOKEN: (&str, &str) = ("authorization", "Bearer 1");

struct Tokens;

impl rsvc::Authenticator for Tokens {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        Ok(ctx.metadata().get("authorization").map(|_| Principal::new("ann")))
    }
}

async fn ask<S>(service: S, request: Request<Full<bytes::Bytes>>) -> (u16, String)
where
    S: Service<Request<Full<bytes::Bytes>>, Error = std::convert::Infallible>,
    S: Service<Request<Full<bytes::Bytes>>, Response = Response<S::Body>> + HasBody,
{
    let (parts, body) = service.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.ok().unwrap().to_bytes();
    (parts.status.as_u16(), String::from_utf8_lossy(&body).into_owned())
}

/// The body that a service answers with.
trait HasBody {
    type Body: http_body::Body<Data = bytes::Bytes>;
}

impl HasBody for axum::Router {
    type Body = axum::body::Body;
}

impl HasBody for ServerService {
    type Body = rsvc::Body;
}

#[tokio::test]
async fn all_protocols_and_the_authenticator_are_in_a_router_of_axum() {
    let server = Server::new().add(Items::default()).authenticator(Tokens).into_service().unwrap();
    let app = axum::Router::from(server).route("/healthz", axum::routing::get(|| async { "ok" }));
    let call = |method, path, headers: &[_], body| ask(app.clone(), request(method, path, headers, body));
    assert_eq!(call("GET", "/healthz", &[], "").await, (200, "ok".to_owned()));
    assert_eq!(call("GET", "/v1/items/7", &[TOKEN], "").await, (200, "{\"id\":\"7\"}".to_owned()));
    assert_eq!(call("GET", "/v1/secret", &[], "").await.0, 401);
    assert_eq!(call("GET", "/v1/secret", &[TOKEN], "").await.0, 200);
    let connect = "/rest.v1.Items/Secret";
    assert_eq!(call("POST", connect, &[JSON], "{}").await.0, 401);
    assert_eq!(call("POST", connect, &[JSON, TOKEN], "{}").await, (200, "{}".to_owned()));
    // A condition is tested here as everywhere.
    assert_eq!(call("GET", "/v1/own/ann", &[TOKEN], "").await.0, 200);
    assert_eq!(call("GET", "/v1/own/bob", &[TOKEN], "").await.0, 403);
    let own = "/rest.v1.Items/Own";
    assert_eq!(call("POST", own, &[JSON, TOKEN], r#"{"id":"ann"}"#).await.0, 200);
    assert_eq!(call("POST", own, &[JSON, TOKEN], r#"{"id":"bob"}"#).await.0, 403);
    let health = call("POST", "/grpc.health.v1.Health/Check", &[JSON], "{}").await;
    assert_eq!(health, (200, "{\"status\":\"SERVING\"}".to_owned()));
    let grpc = [("content-type", "application/grpc"), ("te", "trailers")];
    let mut call = request("POST", connect, &grpc, "\0\0\0\0\0");
    *call.version_mut() = http::Version::HTTP_2;
    let response = app.clone().oneshot(call).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "16", "UNAUTHENTICATED");
}

#[tokio::test]
async fn pages_of_others_have_the_paths_that_nothing_else_has() {
    let pages = axum::Router::new().route("/metrics", axum::routing::get(|| async { "up 1" }));
    let serve = |calls| {
        let server = Server::new()
            .authenticated_by_layers()
            .add(Items::default())
            .max_calls(calls)
            .fallback(pages.clone());
        [
            server.into_service().unwrap(),
            Server::new().fallback(pages.clone()).without_rest().into_service().unwrap(),
        ]
    };
    for (index, service) in serve(10).into_iter().enumerate() {
        let call = |path| ask(service.clone(), request("GET", path, &[], ""));
        assert_eq!(call("/metrics").await, (200, "up 1".to_owned()), "{index}");
        assert_eq!(call("/nothing").await, (404, String::new()), "the answer of the pages: {index}");
        let grpc = [("content-type", "application/grpc")];
        let (status, _) = ask(service.clone(), request("POST", "/metrics", &grpc, "")).await;
        assert_eq!(status, 200, "an error of gRPC: {index}");
    }
    let [service, _] = serve(10);
    assert_eq!(ask(service, request("GET", "/v1/items/7", &[], "")).await.0, 200);
    let [full, _] = serve(0);
    let refused = full.oneshot(request("GET", "/metrics", &[], "")).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "1"));
}

/// Notes what it sees of a call, before and after.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<String>>>);

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched(inner, Arc::clone(&self.0))
    }
}

#[derive(Clone)]
struct Watched<S>(S, Arc<Mutex<Vec<String>>>);

fn seen(extensions: &http::Extensions) -> String {
    match (extensions.get::<&'static MethodInfo>(), extensions.get::<MatchedPath>()) {
        (Some(method), Some(path)) => format!("{} by {}", method.name, path.as_str()),
        _ => "nothing".to_owned(),
    }
}

impl<S> Service<Request<rsvc::Body>> for Watched<S>
where
    S: Service<Request<rsvc::Body>, Response = Response<rsvc::Body>>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, task: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, request: Request<rsvc::Body>) -> Self::Future {
        let notes = Arc::clone(&self.1);
        notes.lock().unwrap().push(seen(request.extensions()));
        let answer = self.0.call(request);
        Box::pin(async move {
            let response = answer.await?;
            notes.lock().unwrap().push(seen(response.extensions()));
            Ok(response)
        })
    }
}

impl Watch {
    /// What was seen since this was last asked.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

const WEB_SOCKET: &[(&str, &str)] = &[
    ("host", "localhost"),
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[tokio::test]
async fn layers_see_the_method_of_a_call_over_every_protocol() {
    let (inside, around) = (Watch::default(), Watch::default());
    let server = || Server::new().authenticated_by_layers().add(Items::default());
    let layered = around.layer(server().layer(inside.clone()).into_service().unwrap());
    let bare = around.layer(server().into_service().unwrap());
    let connect = "/rest.v1.Items/Get";
    let connect_get = "/rest.v1.Items/Get?connect=v1&encoding=json&message=%7B%7D";
    for (method, path, headers, expected) in [
        ("GET", "/v1/items/7", &[][..], "Get by /v1/items/{id}"),
        ("HEAD", "/v1/items/7", &[], "Get by /v1/items/{id}"),
        ("POST", connect, &[JSON], "Get by /rest.v1.Items/Get"),
        ("GET", connect_get, &[], "Get by /rest.v1.Items/Get"),
        (
            "POST",
            "/rest.v1.Items/Count",
            &[("content-type", "application/connect+json")],
            "Count by /rest.v1.Items/Count",
        ),
        ("POST", connect, &[("content-type", "application/grpc")], "Get by /rest.v1.Items/Get"),
        ("POST", connect, &[("content-type", "application/grpc-web+proto")], "Get by /rest.v1.Items/Get"),
        ("GET", "/v1/count/1", WEB_SOCKET, "Count by /v1/count/{count}"),
        ("GET", "/v1/chat", WEB_SOCKET, "Chat by /v1/chat"),
        // Whatever the answer is.
        ("GET", "/v1/secret", &[], "Secret by /v1/secret"),
        ("DELETE", connect, &[], "Get by /rest.v1.Items/Get"),
        ("GET", "/nothing", &[], "nothing"),
    ] {
        let request = || {
            let body = if method == "POST" { "{}" } else { "" };
            request(method, path, headers, body).map(rsvc::Body::new)
        };
        layered.clone().oneshot(request()).await.unwrap();
        assert_eq!(inside.take(), [expected; 2], "{method} {path} {headers:?}");
        assert_eq!(around.take(), ["nothing", expected], "around: {method} {path} {headers:?}");
        bare.clone().oneshot(request()).await.unwrap();
        assert_eq!(around.take(), ["nothing", expected], "around one without: {method} {path} {headers:?}");
    }
    // A layer that answers itself leaves the method to those around the service.
    let refusing = tower::layer::layer_fn(|_| {
        tower::service_fn(async |_: Request<rsvc::Body>| Ok::<_, Status>(Response::new(rsvc::Body::empty())))
    });
    let service = around.layer(server().layer(refusing).into_service().unwrap());
    service.oneshot(request("GET", "/v1/items/7", &[], "").map(rsvc::Body::new)).await.unwrap();
    assert_eq!(around.take(), ["nothing", "Get by /v1/items/{id}"]);
}

/// The head of the answer of a server to a request for a WebSocket.
async fn open_web_socket<L>(server: Server<L>, path: &str) -> String
where
    L: Layer<rsvc::server::Router, Service: rsvc::server::HttpService + Sync> + Send + 'static,
{
    let bound = server.bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr();
    let serving = tokio::spawn(bound.serve());
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let headers: Vec<_> = WEB_SOCKET.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", headers.concat());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    serving.abort();
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn layers_see_the_method_of_a_web_socket_that_opens() {
    let server = || Server::new().authenticated_by_layers().add(Items::default());
    let watch = Watch::default();
    let head = open_web_socket(server().layer(watch.clone()), "/v1/chat").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(watch.take(), ["Chat by /v1/chat"; 2]);
    // Inside another server.
    let outer = Server::new().fallback(watch.layer(server().into_service().unwrap()));
    let head = open_web_socket(outer, "/v1/chat").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(watch.take(), ["nothing", "Chat by /v1/chat"]);
}

macro_rules! other {
    ($name:ident, $path:literal, $answer:expr) => {
        struct $name;

        impl rsvc::codegen::Service for $name {
            const INFO: &'static ServiceInfo = {
                const METHODS: &[MethodInfo] = &[MethodInfo::new(
                    "other.v1.Other",
                    "Special",
                    "/other.v1.Other/Special",
                    MethodKind::Unary,
                )
                .access(Access::Public)];
                &ServiceInfo::new("other.v1.Other", METHODS, b"")
            };
            const BINDINGS: &'static [Binding] =
                &[Binding::new(0, "GET", $path).declared("other/v1/other.proto", 12).body(BodyKind::None)];

            fn call<'a>(&'a self, _: usize, call: Call<'a>) -> Handling<'a> {
                call.unary(async move |_, _: Item| Ok::<_, Status>($answer))
            }
        }
    };
}

other!(Special, "/v1/items/special", Item { count: 1, ..Item::default() });
other!(Conflicting, "/v1/items/{name}", Item::default());
other!(Wrong, "/v1/wrong", Item { id: "forbidden".to_owned(), ..Item::default() });

#[tokio::test]
async fn a_response_that_breaks_a_rule_is_what_its_server_says() {
    for (validation, status) in
        [(ResponseValidation::Off, 200), (ResponseValidation::Log, 200), (ResponseValidation::Fail, 500)]
    {
        let rest = rsvc::rest::Rest::new().add(Wrong).validate_responses(validation);
        let response = rest.oneshot(request("GET", "/v1/wrong", &[], "")).await.unwrap();
        assert_eq!(response.status(), status, "{validation:?}");
    }
}

#[tokio::test]
async fn services_of_two_builds_share_a_server() {
    let service = Server::new()
        .authenticated_by_layers()
        .without_reflection()
        .add(Items::default())
        .add(Special)
        .into_service()
        .unwrap();
    let call = |path| ask(service.clone(), request("GET", path, &[], ""));
    assert_eq!(call("/v1/items/special").await.1, "{\"count\":1}", "text comes before a variable");
    assert_eq!(call("/v1/items/other").await.1, "{\"id\":\"other\"}");

    let server =
        Server::new().authenticated_by_layers().without_reflection().add(Items::default()).add(Conflicting);
    let error = server.bind("127.0.0.1:0").await.unwrap_err();
    assert!(error.is_route_conflict());
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        "routes conflict: `GET /v1/items/{name}` of other.v1.Other/Special (other/v1/other.proto:12) takes the same \
         requests as `GET /v1/items/{id}` of rest.v1.Items/Get"
    );
    let rest = rsvc::rest::Rest::new().add(Items::default()).add(Conflicting).check();
    assert_eq!(rest.unwrap_err().to_string(), source);
    // Without REST there is no conflict.
    let server = Server::new()
        .authenticated_by_layers()
        .without_reflection()
        .without_rest()
        .add(Items::default())
        .add(Conflicting);
    assert!(server.into_service().is_ok());
}
