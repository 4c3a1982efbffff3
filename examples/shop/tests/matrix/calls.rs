//! Calls over every protocol, as they stand on the wire.
//!
//! What they ask for is malformed, so that a call that passes ends where its message is read: access is tested before. A
//! gateway leaves credentials to the shop, so the methods that need some are asked for what is not there.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rsvc::codegen::bytes::Bytes;
use rsvc::codegen::rest::Binding;
use rsvc::json::Json;
use rsvc::prost::Message;
use rsvc::{Access, Idempotency, MethodInfo, MethodKind};
use serde_json::Value;
use shop::api::{DeleteUserRequest, OrderStatus, UpdateOrderStatusRequest};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_mins(1);

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Unauthenticated,
    /// For want of a scope, which the answer names.
    Denied,
    /// By a condition, of which the answer tells nothing.
    Refused,
    /// Nothing that should happen.
    Strange(String),
}

/// How the outcome of a call is told.
#[derive(Clone, Copy)]
enum Told {
    /// By the HTTP status.
    Http,
    /// By the header `grpc-status`: what is refused has no body.
    Grpc,
    /// By the last envelope of the body.
    EndStream,
}

/// A call of a method over a protocol.
pub(crate) struct Probe {
    method: &'static str,
    protocol: &'static str,
    verb: Method,
    path: String,
    version: Version,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    told: Told,
    /// Whether what it asks for meets the condition of its method, whatever the scopes of the caller.
    pub(crate) meets_condition: bool,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, protocol, verb, path, version, meets_condition, .. } = self;
        let meets = if *meets_condition { ", which meets the condition" } else { "" };
        write!(f, "{method} over {protocol} ({version:?} {verb} {path}){meets}")
    }
}

/// A request message.
struct Asked {
    wire: Vec<u8>,
    json: Vec<u8>,
    meets_condition: bool,
}

impl Asked {
    fn of<M: Message + Json>(message: &M) -> Self {
        let json = rsvc::json::to_vec(message).unwrap();
        Self { wire: message.encode_to_vec(), json, meets_condition: false }
    }
}

/// What a method is asked: for nothing that is there where it needs a caller, for nothing at all otherwise.
fn asked(method: &MethodInfo) -> Vec<Asked> {
    let update = |status: OrderStatus| {
        let order_id = NOBODY.to_owned();
        Asked::of(&UpdateOrderStatusRequest { order_id, status: status.into(), version: None })
    };
    match (method.access, method.name) {
        (Access::Public, _) => {
            vec![Asked { wire: b"\xff".to_vec(), json: b"{".to_vec(), meets_condition: false }]
        }
        (_, "DeleteUser") => {
            vec![Asked::of(&DeleteUserRequest { user_id: NOBODY.to_owned(), version: None })]
        }
        (_, "UpdateOrderStatus") => {
            vec![update(OrderStatus::Paid), Asked { meets_condition: true, ..update(OrderStatus::Cancelled) }]
        }
        (_, name) => panic!("{name} needs a caller now: a valid request of it is missing here"),
    }
}

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const WEBSOCKET: [(&str, &str); 4] = [
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// All calls of a method.
pub(crate) fn probes(method: &MethodInfo, index: usize, bindings: &[Binding]) -> Vec<Probe> {
    asked(method).iter().flat_map(|asked| probes_of(asked, method, index, bindings)).collect()
}

fn probes_of(asked: &Asked, method: &MethodInfo, index: usize, bindings: &[Binding]) -> Vec<Probe> {
    let Asked { wire, json, meets_condition } = asked;
    let length = u8::try_from(wire.len()).expect("it is short");
    let envelope = [&[0, 0, 0, 0, length][..], wire].concat();
    let text = STANDARD.encode(&envelope).into_bytes();
    let probe = |protocol, version, path: &str, told| Probe {
        method: method.path,
        protocol,
        verb: Method::POST,
        path: path.to_owned(),
        version,
        headers: Vec::new(),
        body: Vec::new(),
        told,
        meets_condition: *meets_condition,
    };
    let (v1, v2) = (Version::HTTP_11, Version::HTTP_2);
    let mut all = Vec::new();
    for (protocol, version, content_type, body, told) in [
        ("gRPC", v2, "application/grpc", &envelope, Told::Grpc),
        ("gRPC-Web", v1, "application/grpc-web+proto", &envelope, Told::Grpc),
        ("gRPC-Web", v2, "application/grpc-web+proto", &envelope, Told::Grpc),
        ("gRPC-Web in text", v1, "application/grpc-web-text+proto", &text, Told::Grpc),
    ] {
        let headers = vec![("content-type", content_type), ("te", "trailers")];
        all.push(Probe { headers, body: body.clone(), ..probe(protocol, version, method.path, told) });
    }
    for version in [v1, v2] {
        if method.kind == MethodKind::Unary {
            let headers = vec![("content-type", "application/json")];
            all.push(Probe {
                headers,
                body: json.clone(),
                ..probe("Connect", version, method.path, Told::Http)
            });
        } else {
            let headers = vec![("content-type", "application/connect+proto")];
            let probe = probe("Connect's streams", version, method.path, Told::EndStream);
            all.push(Probe { headers, body: envelope.clone(), ..probe });
        }
    }
    if method.kind == MethodKind::Unary && method.idempotency == Idempotency::NoSideEffects {
        let path = format!("{}?connect=v1&encoding=json&message=%7B", method.path);
        all.push(Probe { verb: Method::GET, ..probe("Connect's GET", v1, &path, Told::Http) });
    }
    for (_, verb, template) in bindings.iter().map(Binding::route).filter(|(of, ..)| *of == index) {
        let path = filled(template);
        for version in [v1, v2] {
            let has_body = !matches!(verb, "GET" | "DELETE");
            let headers = if has_body { vec![("content-type", "application/json")] } else { vec![] };
            let body = if has_body { json.clone() } else { Vec::new() };
            let verb = verb.parse().unwrap();
            all.push(Probe { verb, headers, body, ..probe("REST", version, &path, Told::Http) });
        }
        if method.kind != MethodKind::Unary {
            let probe = probe("WebSocket", v1, &path, Told::Http);
            all.push(Probe { verb: Method::GET, headers: WEBSOCKET.to_vec(), ..probe });
        }
    }
    all
}

/// A path of a template, with something for each variable.
fn filled(template: &str) -> String {
    let mut path = String::new();
    for part in template.split_inclusive('}') {
        match part.split_once('{') {
            Some((before, _)) => path.extend([before, NOBODY]),
            None => path.push_str(part),
        }
    }
    path
}

type Http = HttpClient<HttpConnector, Full<Bytes>>;

pub(crate) struct Client {
    http1: Http,
    http2: Http,
}

impl Client {
    pub(crate) fn new() -> Self {
        let make = |http2| HttpClient::builder(TokioExecutor::new()).http2_only(http2).build_http();
        Self { http1: make(false), http2: make(true) }
    }

    /// Makes a call.
    pub(crate) async fn outcome(
        &self,
        addr: SocketAddr,
        probe: &Probe,
        credentials: Option<&str>,
    ) -> Outcome {
        let mut request = Request::new(Full::new(Bytes::from(probe.body.clone())));
        *request.method_mut() = probe.verb.clone();
        *request.uri_mut() = format!("http://{addr}{}", probe.path).parse().unwrap();
        *request.version_mut() = probe.version;
        for (name, value) in &probe.headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        if let Some(credentials) = credentials {
            request.headers_mut().append("authorization", credentials.parse().unwrap());
        }
        let client = if probe.version == Version::HTTP_2 { &self.http2 } else { &self.http1 };
        let answer = async {
            let response = client.request(request).await.map_err(|error| format!("{error:?}"))?;
            read(response, probe.told).await
        };
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Outcome::Strange(error),
            Err(_) => Outcome::Strange("no answer".to_owned()),
        }
    }
}

async fn read(response: Response<hyper::body::Incoming>, told: Told) -> Result<Outcome, String> {
    let (head, body) = response.into_parts();
    let http = head.status.as_u16();
    let has_challenge = head.headers.contains_key("www-authenticate");
    let (code, has_challenge) = match told {
        Told::Http => {
            let code = match http {
                401 => "unauthenticated",
                403 => "permission_denied",
                // A page, a stream that has begun, a socket; what is malformed, or not there.
                101 | 200 | 400 | 404 => "",
                _ => {
                    let body = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
                    return Ok(Outcome::Strange(format!("HTTP {http} {body:?}")));
                }
            };
            (code.to_owned(), has_challenge)
        }
        Told::Grpc => {
            let code = head.headers.get("grpc-status").map_or("", |code| code.to_str().unwrap());
            let code = match code {
                "16" => "unauthenticated",
                "7" => "permission_denied",
                // Malformed, by gRPC's table and by ours, or not there.
                "" | "13" | "3" | "5" => "",
                _ => return Ok(Outcome::Strange(format!("{:?}", head.headers))),
            };
            (code.to_owned(), has_challenge)
        }
        Told::EndStream => {
            let body = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
            let end = body.iter().position(|byte| *byte == 2).map(|place| &body[place + 5..]);
            let end: Value =
                serde_json::from_slice(end.unwrap_or(b"")).map_err(|error| format!("{error}: {body:?}"))?;
            let code = end["error"]["code"].as_str().unwrap_or("");
            (code.to_owned(), end["metadata"]["www-authenticate"].is_array())
        }
    };
    Ok(match code.as_str() {
        "unauthenticated" if http != 101 && has_challenge => Outcome::Unauthenticated,
        "permission_denied" if has_challenge => Outcome::Denied,
        "permission_denied" if http != 101 => Outcome::Refused,
        "" | "invalid_argument" | "internal" if !has_challenge => Outcome::Passed,
        _ => Outcome::Strange(format!("HTTP {http}, {code:?}, {:?}", head.headers)),
    })
}
