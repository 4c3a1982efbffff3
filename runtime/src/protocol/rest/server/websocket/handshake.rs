//! From an HTTP request to a WebSocket: RFC 6455 over HTTP/1.1, RFC 8441 over HTTP/2.

use http::header::{
    AUTHORIZATION, CONNECTION, HOST, HeaderName, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, Version};
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::bridge::Status;
use crate::call::session::Sessions;
use crate::call::{Body, CallError};
use crate::protocol::accept;
use crate::protocol::rest::server::options::{Options, Origins};

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
        if !is_allowed(&options.websocket_origins, &parts.headers, &parts.uri) {
            let status = Status::permission_denied("pages of this origin may not call");
            return Err(CallError::with_http(StatusCode::FORBIDDEN, status));
        }
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
        // What belongs to the handshake is no metadata of the call.
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

/// Whether who asks may call. Browsers send the origin of the page that asks, and any page may ask: a page of another
/// origin would act with the cookies of whoever looks at it.
fn is_allowed(origins: &Origins, headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    match origins {
        Origins::Any => true,
        Origins::Own(others) => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            let own = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
            let same = own.is_some_and(|own| is_of(origin, own));
            same || others.iter().any(|other| other.eq_ignore_ascii_case(origin))
        }
    }
}

/// Whether an origin is that of a host. What stands before may have been TLS, so the scheme is open; so is a port that
/// is the usual one of the origin's scheme.
fn is_of(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let usual = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let bare = |authority: &'_ str| authority.strip_suffix(usual).unwrap_or(authority).to_ascii_lowercase();
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_origins_may_not_ask() {
        let own = Origins::default();
        let listed = Origins::Own(vec!["https://app.example".into()]);
        for (origins, origin, host, expected) in [
            (&own, None, "api.example", true),
            (&own, Some("https://api.example"), "api.example", true),
            (&own, Some("https://API.example:443"), "api.example", true),
            (&own, Some("http://api.example:8080"), "api.example:8080", true),
            (&own, Some("http://api.example"), "api.example:8080", false),
            (&own, Some("https://evil.example"), "api.example", false),
            (&own, Some("https://api.example.evil.example"), "api.example", false),
            (&own, Some("null"), "api.example", false),
            (&own, Some("null"), "null", false),
            (&listed, Some("https://app.example"), "api.example", true),
            (&listed, Some("http://app.example"), "api.example", false),
            (&Origins::Any, Some("null"), "api.example", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_allowed(origins, &headers, &Uri::default()), expected, "{origin:?} {host}");
        }
    }
}
