//! From an HTTP request to a WebSocket: RFC 6455 over HTTP/1.1, RFC 8441 over HTTP/2.

use http::header::{
    AUTHORIZATION, CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version};
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::bridge::Status;
use crate::call::session::Sessions;
use crate::call::{Body, CallError};
use crate::protocol::accept;
use crate::protocol::rest::server::options::Options;

/// The version of the protocol, the only one there is.
const VERSION: &str = "13";
/// The subprotocol in which responses are JSON.
const JSON: &str = "rsvc.json";
/// The subprotocol in which responses are protobuf.
const PROTOBUF: &str = "rsvc.protobuf";
/// Stands before a token among the subprotocols: the only place where a page can put one.
const BEARER: &str = "rsvc.bearer.";
/// The length of a key: 16 bytes in base64.
const KEY_LENGTH: usize = 24;

/// The headers of a handshake.
const OWN: [HeaderName; 4] =
    [SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION];

/// Whether a request asks for a WebSocket.
pub(crate) fn is_wanted(request: &Parts) -> bool {
    let Parts { method, version, headers, extensions, .. } = request;
    if *version == Version::HTTP_2 {
        return *method == Method::CONNECT
            && extensions.get::<Protocol>().is_some_and(|protocol| protocol.as_str() == "websocket");
    }
    *version == Version::HTTP_11
        && *method == Method::GET
        && headers.contains_key(UPGRADE)
        && accept::lists(headers, UPGRADE, "websocket")
        && accept::lists(headers, CONNECTION, "upgrade")
}

/// A WebSocket that is about to open.
pub(crate) struct Handshake {
    pub(crate) upgrade: OnUpgrade,
    pub(crate) sessions: Option<Sessions>,
    /// Whether responses are protobuf.
    pub(crate) protobuf: bool,
    protocol: Option<&'static str>,
    /// What proves to the client that its key was read; HTTP/2 has no need of it.
    accept: Option<String>,
}

impl Handshake {
    /// Takes what belongs to the handshake from a request.
    pub(crate) fn of(parts: &mut Parts, options: &Options) -> Result<Self, CallError> {
        if parts.headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != VERSION) {
            let status = Status::invalid_argument("the version of WebSocket that is spoken here is 13");
            return Err(CallError::with_http(StatusCode::UPGRADE_REQUIRED, status));
        }
        options.origins.admit(&parts.headers, &parts.uri)?;
        let accept = match parts.version {
            Version::HTTP_11 => Some(accept_key(&parts.headers)?),
            _ => None,
        };
        let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            let status = Status::unimplemented("this connection cannot become a WebSocket");
            return Err(CallError::with_http(StatusCode::NOT_IMPLEMENTED, status));
        };
        let protocol = offered(&parts.headers)
            .find_map(|offered| [JSON, PROTOBUF].into_iter().find(|known| *known == offered));
        let bearer = offered(&parts.headers).find_map(|offered| offered.strip_prefix(BEARER));
        let bearer = bearer.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
        // What belongs to the handshake is not metadata of the call.
        for name in OWN {
            parts.headers.remove(name);
        }
        if let Some(bearer) = bearer
            && !parts.headers.contains_key(AUTHORIZATION)
        {
            parts.headers.insert(AUTHORIZATION, bearer);
        }
        let sessions = parts.extensions.remove();
        Ok(Self { upgrade, sessions, protobuf: protocol == Some(PROTOBUF), protocol, accept })
    }

    /// What opens the WebSocket.
    pub(crate) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::default());
        if let Some(accept) = &self.accept {
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            let accept = HeaderValue::from_str(accept).expect("base64 can stand in a header");
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(protocol) = self.protocol {
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        }
        response
    }
}

/// Says what is spoken here, in the response to a handshake that failed.
pub(crate) fn refuse(mut response: Response<Body>) -> Response<Body> {
    if response.status() == StatusCode::UPGRADE_REQUIRED {
        let headers = response.headers_mut();
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    }
    response
}

fn accept_key(headers: &HeaderMap) -> Result<String, CallError> {
    match headers.get(SEC_WEBSOCKET_KEY) {
        Some(key) if key.len() == KEY_LENGTH => Ok(derive_accept_key(key.as_bytes())),
        _ => Err(Status::invalid_argument("the header `sec-websocket-key` is not 16 bytes in base64").into()),
    }
}

/// The subprotocols that the client knows.
fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    accept::entries(headers, SEC_WEBSOCKET_PROTOCOL).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    /// What is left of a request with these headers besides those that a handshake must have.
    fn taken(pairs: &[(&'static str, &str)]) -> Result<(Handshake, HeaderMap), String> {
        let mut request = Request::new(());
        for (name, value) in
            [("sec-websocket-version", "13"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]
                .iter()
                .chain(pairs)
        {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let upgrade = hyper::upgrade::on(&mut request);
        request.extensions_mut().insert(upgrade);
        let (mut parts, ()) = request.into_parts();
        let handshake = Handshake::of(&mut parts, &Options::new());
        handshake
            .map(|handshake| (handshake, parts.headers))
            .map_err(|error| error.status.message().to_owned())
    }

    #[test]
    fn a_websocket_is_asked_for_by_all_of_a_head() {
        let wanted = |method: Method, version, pairs: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).version(version);
            for (name, value) in pairs {
                request = request.header(*name, *value);
            }
            is_wanted(&request.body(()).unwrap().into_parts().0)
        };
        let (upgrade, connection) = (("upgrade", "WebSocket"), ("connection", "keep-alive, Upgrade"));
        assert!(wanted(Method::GET, Version::HTTP_11, &[upgrade, connection]));
        for (method, version, pairs) in [
            (Method::POST, Version::HTTP_11, &[upgrade, connection][..]),
            (Method::GET, Version::HTTP_10, &[upgrade, connection]),
            (Method::GET, Version::HTTP_2, &[upgrade, connection]),
            (Method::GET, Version::HTTP_11, &[connection]),
            (Method::GET, Version::HTTP_11, &[upgrade]),
            (Method::GET, Version::HTTP_11, &[("upgrade", "h2c"), connection]),
            (Method::GET, Version::HTTP_11, &[upgrade, ("connection", "close")]),
            (Method::CONNECT, Version::HTTP_2, &[]),
        ] {
            assert!(!wanted(method.clone(), version, pairs), "{method} {version:?} {pairs:?}");
        }
        let extended = |method: Method, version, protocol: &'static str| {
            let mut request = Request::builder().method(method).version(version).body(()).unwrap();
            request.extensions_mut().insert(Protocol::from_static(protocol));
            is_wanted(&request.into_parts().0)
        };
        assert!(extended(Method::CONNECT, Version::HTTP_2, "websocket"));
        assert!(!extended(Method::CONNECT, Version::HTTP_2, "connect-udp"));
        assert!(!extended(Method::GET, Version::HTTP_2, "websocket"));
        assert!(!extended(Method::CONNECT, Version::HTTP_11, "websocket"));
    }

    #[test]
    fn what_belongs_to_the_handshake_is_no_metadata() {
        let pairs = [
            ("sec-websocket-protocol", "rsvc.json, rsvc.bearer.t"),
            ("sec-websocket-extensions", "x"),
            ("x-a", "1"),
        ];
        let (handshake, left) = taken(&pairs).unwrap();
        let left: Vec<_> =
            left.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(left, [("x-a", "1"), ("authorization", "Bearer t")]);
        let response = handshake.response();
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        // The key and its answer are those of RFC 6455, 1.3.
        assert_eq!(response.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], "rsvc.json");
    }

    #[test]
    fn a_token_among_the_protocols_replaces_no_header() {
        let token = ("sec-websocket-protocol", "rsvc.bearer.page");
        let authorization = |pairs: &[(&'static str, &str)]| {
            let (_, left) = taken(pairs).unwrap();
            left.get_all(AUTHORIZATION)
                .iter()
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(authorization(&[token]), ["Bearer page"]);
        assert_eq!(authorization(&[token, ("authorization", "Bearer proxy")]), ["Bearer proxy"]);
        assert_eq!(authorization(&[("sec-websocket-protocol", "rsvc.json")]), [""; 0]);
    }

    #[test]
    fn the_first_protocol_that_is_known_is_spoken() {
        for (offered, protobuf) in
            [("x, rsvc.protobuf, rsvc.json", true), ("rsvc.json, rsvc.protobuf", false), ("x", false)]
        {
            assert_eq!(
                taken(&[("sec-websocket-protocol", offered)]).unwrap().0.protobuf,
                protobuf,
                "{offered}"
            );
        }
    }
}
