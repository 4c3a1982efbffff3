//! Which protocol a request to the path of a method speaks.

use std::sync::Arc;

use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};

use super::connect;
use super::grpc;
use super::server::{Dialect, ServerCall, serve as serve_enveloped};
use super::service::{Answering, AnyService, answered};
use super::settings::ServerSettings;
use super::wire::{self, Codec, PER_HEADER};
use crate::bridge::Status;
use crate::call::Body;
use crate::method::MethodKind;
use crate::sight::System;

/// A protocol of calls, by the media type of a request.
#[derive(Clone, Copy)]
pub(crate) enum RpcProtocol {
    Enveloped(&'static dyn Dialect, Codec),
    /// A unary call of Connect.
    Unary,
}

/// What the media type of a request says.
#[derive(Clone, Copy)]
pub(crate) enum RpcMedia {
    Grpc(Codec),
    Web {
        codec: Codec,
        text: bool,
    },
    ConnectStream(Codec),
    /// What Connect's unary calls have. Others have JSON as well.
    ConnectUnary(Codec),
    /// A form of messages that is not known, of gRPC or of gRPC-Web.
    UnknownGrpc,
    Other,
}

impl RpcMedia {
    /// By the headers of a request.
    #[inline]
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Self::Other };
        match value.as_bytes().strip_prefix(b"application/") {
            Some(b"grpc") => Self::Grpc(Codec::Protobuf),
            Some(rest) if rest.starts_with(b"grpc") => Self::of_grpc(rest),
            Some(b"connect+proto") => Self::ConnectStream(Codec::Protobuf),
            Some(b"connect+json") => Self::ConnectStream(Codec::Json),
            _ => connect::server::codec_of(value).map_or(Self::Other, Self::ConnectUnary),
        }
    }

    fn of_grpc(media_type: &[u8]) -> Self {
        let essence = media_type.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        let (name, codec) = match essence.iter().position(|&byte| byte == b'+') {
            None => (essence, Codec::Protobuf),
            Some(plus) => match &essence[plus..] {
                b"+proto" => (&essence[..plus], Codec::Protobuf),
                b"+json" => (&essence[..plus], Codec::Json),
                _ => return Self::UnknownGrpc,
            },
        };
        match name {
            b"grpc" => Self::Grpc(codec),
            b"grpc-web" => Self::Web { codec, text: false },
            b"grpc-web-text" => Self::Web { codec, text: true },
            _ => Self::UnknownGrpc,
        }
    }

    /// What the protocol is called.
    pub(crate) fn system(self) -> System {
        match self {
            Self::Grpc(_) | Self::Web { .. } | Self::UnknownGrpc => System::Grpc,
            Self::ConnectStream(_) | Self::ConnectUnary(_) | Self::Other => System::Connect,
        }
    }

    /// Whether it can only be that of a call to a method's own path.
    pub(crate) fn is_rpc_only(self) -> bool {
        match self {
            Self::Grpc(_) | Self::Web { .. } | Self::ConnectStream(_) | Self::UnknownGrpc => true,
            Self::ConnectUnary(codec) => codec == Codec::Protobuf,
            Self::Other => false,
        }
    }
}

/// Whether the headers of a call may say something of its protocol, besides the media type. An error is the answer to a
/// request that has more headers than it may, or over HTTP/1.1 not one host. Of what did not come over a connection it is
/// not known whether it had one.
#[allow(clippy::result_large_err, reason = "the refusal is sent as it is")]
#[inline]
pub(crate) fn check_head(
    parts: &Parts,
    media: RpcMedia,
    is_connection: bool,
    max_header_list_size: usize,
) -> Result<bool, Response<Body>> {
    let mut size = 0;
    let mut special = false;
    for (name, value) in &parts.headers {
        let name = name.as_str();
        size += name.len() + value.len() + PER_HEADER;
        special |= match name.as_bytes().first() {
            Some(b'g') => name.starts_with("grpc-"),
            Some(b'c') => name.starts_with("connect-"),
            _ => false,
        };
    }
    if size > max_header_list_size {
        return Err(too_many_headers(parts, media, max_header_list_size));
    }
    if is_connection && parts.version == Version::HTTP_11 && !wire::has_one_host(&parts.headers) {
        return Err(plain(StatusCode::BAD_REQUEST, "a request has one host\n"));
    }
    Ok(special)
}

#[cold]
fn too_many_headers(parts: &Parts, media: RpcMedia, limit: usize) -> Response<Body> {
    if let RpcMedia::Grpc(codec) = media
        && parts.version >= Version::HTTP_2
    {
        let message = format!("the request has more than {limit} bytes of headers");
        return grpc::server::GRPC.refusal(codec, &Status::resource_exhausted(message));
    }
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    plain(status, "the request has more headers than the server takes\n")
}

/// The protocol of a request to the path of a method of this kind, or the answer to one that speaks none.
#[allow(clippy::result_large_err, reason = "the refusal is sent as it is")]
pub(crate) fn protocol_of(
    parts: &Parts,
    media: RpcMedia,
    kind: MethodKind,
) -> Result<RpcProtocol, Response<Body>> {
    if parts.method != Method::POST {
        let query = parts.uri.query().unwrap_or_default();
        if parts.method == Method::GET && kind == MethodKind::Unary && connect::get::GetRequest::is_one(query)
        {
            return Ok(RpcProtocol::Unary);
        }
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "calls use POST\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return Err(response);
    }
    match media {
        RpcMedia::Grpc(_) if parts.version < Version::HTTP_2 => {
            Err(plain(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "gRPC calls use HTTP/2\n"))
        }
        RpcMedia::Grpc(codec) => Ok(RpcProtocol::Enveloped(&grpc::server::GRPC, codec)),
        RpcMedia::Web { codec, text: false } => Ok(RpcProtocol::Enveloped(&grpc::server::WEB, codec)),
        RpcMedia::Web { codec, text: true } => Ok(RpcProtocol::Enveloped(&grpc::server::WEB_TEXT, codec)),
        RpcMedia::ConnectStream(codec) if kind != MethodKind::Unary => {
            Ok(RpcProtocol::Enveloped(&connect::server::STREAMS, codec))
        }
        RpcMedia::ConnectUnary(_) if kind == MethodKind::Unary => Ok(RpcProtocol::Unary),
        _ => Err(unsupported(kind)),
    }
}

/// The answer to a media type that is none of a call.
#[cold]
fn unsupported(kind: MethodKind) -> Response<Body> {
    let mut response = plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the media type is none of a call\n");
    let accepted = HeaderValue::from_static(if kind == MethodKind::Unary {
        "application/grpc, application/grpc-web, application/json, application/proto"
    } else {
        "application/grpc, application/grpc-web, application/connect+json, application/connect+proto"
    });
    response.headers_mut().insert("accept-post", accepted.clone());
    response.headers_mut().insert(ACCEPT, accepted);
    response
}

/// An answer without a protocol.
#[cold]
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// Answers a request to a service that stands alone.
pub(crate) fn answer(
    service: Arc<dyn AnyService>,
    settings: Arc<ServerSettings>,
    request: Request<Body>,
) -> Answering {
    let (mut parts, body) = request.into_parts();
    let media = RpcMedia::of(&parts.headers);
    let Some(method) = method_at(&*service, parts.uri.path()) else {
        return answered(unknown("method", parts.uri.path(), media));
    };
    match protocol_of(&parts, media, service.info().methods[method].kind) {
        Ok(protocol) => {
            let parts = &mut parts;
            let call = ServerCall { service, method, parts, special: true, body, peer: None, settings };
            serve(protocol, call)
        }
        Err(refusal) => answered(refusal),
    }
}

/// Answers a call of a method that is known.
#[inline]
pub(crate) fn serve(protocol: RpcProtocol, call: ServerCall<'_>) -> Answering {
    match protocol {
        RpcProtocol::Enveloped(dialect, codec) => serve_enveloped(dialect, codec, call),
        RpcProtocol::Unary => connect::server::serve_unary(call),
    }
}

/// The answer to a call whose path is that of no method. `what` is missing: a service or a method.
#[cold]
pub(crate) fn unknown(what: &str, path: &str, media: RpcMedia) -> Response<Body> {
    let path = path.trim_start_matches('/');
    let status = Status::unimplemented(format!("there is no {what} `{path}`"));
    let (dialect, codec): (&dyn Dialect, Codec) = match media {
        RpcMedia::Grpc(codec) => (&grpc::server::GRPC, codec),
        RpcMedia::Web { codec, text: false } => (&grpc::server::WEB, codec),
        RpcMedia::Web { codec, text: true } => (&grpc::server::WEB_TEXT, codec),
        _ => return plain(StatusCode::NOT_FOUND, "there is no such method\n"),
    };
    dialect.refusal(codec, &status)
}

/// The index of the method at a path, in a service.
pub(crate) fn method_at(service: &dyn AnyService, path: &str) -> Option<usize> {
    service.info().methods.iter().position(|method| method.path == path)
}

/// The answer to a request that failed outside of the call that it may be.
#[cold]
pub(crate) fn failed(status: &Status) -> Response<Body> {
    grpc::server::GRPC.refusal(Codec::Protobuf, status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &str = "/a.B/C?connect=v1&encoding=json&message=%7B%7D";

    fn parts(method: &Method, uri: &str, media_type: &str, version: Version) -> Parts {
        let request = Request::builder().method(method).uri(uri).version(version);
        request.header(CONTENT_TYPE, media_type).body(()).unwrap().into_parts().0
    }

    /// What a request speaks, by the media type of its answer, or the status of its refusal.
    fn spoken(parts: &Parts, kind: MethodKind) -> Result<String, StatusCode> {
        match protocol_of(parts, RpcMedia::of(&parts.headers), kind) {
            Ok(RpcProtocol::Enveloped(dialect, codec)) => {
                Ok(dialect.content_type(codec).to_str().unwrap().to_owned())
            }
            Ok(RpcProtocol::Unary) => Ok("unary".to_owned()),
            Err(refusal) => {
                if refusal.status() == StatusCode::METHOD_NOT_ALLOWED {
                    assert_eq!(refusal.headers()[ALLOW], "POST");
                }
                Err(refusal.status())
            }
        }
    }

    #[test]
    fn the_media_type_says_what_is_spoken() {
        const UNSUPPORTED: Result<&str, StatusCode> = Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        for (media_type, unary, streams) in [
            ("application/grpc", Ok("application/grpc"), Ok("application/grpc")),
            ("application/grpc+proto", Ok("application/grpc"), Ok("application/grpc")),
            ("application/grpc+json; a=b", Ok("application/grpc+json"), Ok("application/grpc+json")),
            ("application/grpc+xml", UNSUPPORTED, UNSUPPORTED),
            ("application/grpc-web", Ok("application/grpc-web"), Ok("application/grpc-web")),
            ("application/grpc-web+json", Ok("application/grpc-web+json"), Ok("application/grpc-web+json")),
            ("application/grpc-web-text", Ok("application/grpc-web-text"), Ok("application/grpc-web-text")),
            ("application/grpc-websocket", UNSUPPORTED, UNSUPPORTED),
            ("application/connect+proto", UNSUPPORTED, Ok("application/connect+proto")),
            ("application/connect+json", UNSUPPORTED, Ok("application/connect+json")),
            ("application/proto", Ok("unary"), UNSUPPORTED),
            ("application/json", Ok("unary"), UNSUPPORTED),
            ("text/plain", UNSUPPORTED, UNSUPPORTED),
        ] {
            let parts = parts(&Method::POST, "/a.B/C", media_type, Version::HTTP_2);
            let told = |kind| spoken(&parts, kind);
            let begins = |told: Result<String, StatusCode>, expected: Result<&str, StatusCode>| {
                assert_eq!(
                    told.map(|told| told.replace("+proto", "")),
                    expected.map(|e| e.replace("+proto", "")),
                    "{media_type}"
                );
            };
            begins(told(MethodKind::Unary), unary);
            for kind in [MethodKind::ServerStreaming, MethodKind::ClientStreaming, MethodKind::BidiStreaming]
            {
                begins(told(kind), streams);
            }
        }
    }

    #[test]
    fn calls_use_post_or_get_where_that_is_one() {
        let of = |method: &Method, uri: &str, kind| {
            spoken(&parts(method, uri, "application/json", Version::HTTP_11), kind)
        };
        assert_eq!(of(&Method::GET, GET, MethodKind::Unary), Ok("unary".to_owned()));
        let refused = Err(StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(of(&Method::GET, GET, MethodKind::ServerStreaming), refused);
        assert_eq!(of(&Method::GET, "/a.B/C", MethodKind::Unary), refused);
        for method in [Method::PUT, Method::HEAD, Method::DELETE, Method::OPTIONS] {
            assert_eq!(of(&method, GET, MethodKind::Unary), refused, "{method}");
        }
    }

    #[test]
    fn grpc_needs_http2() {
        let of = |media_type, version| {
            spoken(&parts(&Method::POST, "/a.B/C", media_type, version), MethodKind::Unary)
        };
        let refused = Err(StatusCode::HTTP_VERSION_NOT_SUPPORTED);
        assert_eq!(of("application/grpc", Version::HTTP_11), refused);
        assert!(of("application/grpc", Version::HTTP_2).is_ok());
        assert!(of("application/grpc-web", Version::HTTP_11).is_ok());
        assert!(of("application/proto", Version::HTTP_10).is_ok());
    }

    #[test]
    fn only_what_is_nothing_else_is_a_call_for_sure() {
        for (media_type, only, system) in [
            ("application/grpc", true, System::Grpc),
            ("application/grpc-web", true, System::Grpc),
            ("application/grpc+xml", true, System::Grpc),
            ("application/connect+json", true, System::Connect),
            ("application/proto", true, System::Connect),
            ("application/json", false, System::Connect),
            ("text/html", false, System::Connect),
        ] {
            let parts = parts(&Method::POST, "/a.B/C", media_type, Version::HTTP_2);
            let media = RpcMedia::of(&parts.headers);
            assert_eq!((media.is_rpc_only(), media.system()), (only, system), "{media_type}");
        }
    }

    #[test]
    fn a_head_has_a_limit_and_one_host() {
        let with = |name: &str, value: &str| {
            let mut parts = parts(&Method::POST, "/a.B/C", "application/grpc", Version::HTTP_11);
            parts.headers.append(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
            parts
        };
        let size = |parts: &Parts| -> usize {
            parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + PER_HEADER).sum()
        };
        let check = |parts: &Parts, is_connection, limit| {
            let media = RpcMedia::of(&parts.headers);
            check_head(parts, media, is_connection, limit).map_err(|refusal| refusal.status())
        };
        let mut hosted = with("host", "a");
        let exact = size(&hosted);
        assert_eq!(check(&hosted, true, exact), Ok(false));
        let too_large = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        assert_eq!(check(&hosted, true, exact - 1), Err(too_large));
        // In the words of gRPC, whose answers have no other status.
        hosted.version = Version::HTTP_2;
        assert_eq!(check(&hosted, true, exact - 1), Err(StatusCode::OK));
        let web = parts(&Method::POST, "/a.B/C", "application/grpc-web", Version::HTTP_2);
        assert_eq!(check(&web, true, size(&web) - 1), Err(too_large));
        let none = with("x-other", "a");
        assert_eq!(check(&none, true, 1 << 10), Err(StatusCode::BAD_REQUEST));
        assert_eq!(check(&none, false, 1 << 10), Ok(false), "it is not known whether there was one");
        let mut later = with("x-other", "a");
        later.version = Version::HTTP_2;
        assert_eq!(check(&later, true, 1 << 10), Ok(false));
        for name in ["grpc-timeout", "grpc-encoding", "connect-timeout-ms", "connect-accept-encoding"] {
            let mut special = with(name, "1");
            special.version = Version::HTTP_2;
            assert_eq!(check(&special, true, 1 << 10), Ok(true), "{name}");
        }
    }
}
