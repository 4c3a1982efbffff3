//! Requests and what comes back.

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use rsvc::Body;
use rsvc::rest::Rest;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::demo::Items;

pub(crate) fn rest() -> Rest {
    Rest::new().add(Items::default())
}

/// A request: method, target and headers in lines, and the body.
pub(crate) fn request(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Full<bytes::Bytes>> {
    let mut request = Request::new(Full::from(body.to_owned()));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = target.parse().unwrap();
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

pub(crate) async fn send(rest: &Rest, request: Request<Full<bytes::Bytes>>) -> Response<Body> {
    rest.clone().oneshot(request).await.unwrap()
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: bytes::Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) async fn ask(
    rest: &Rest,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let (parts, body) = send(rest, request(method, target, headers, body)).await.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
}

pub(crate) async fn get(target: &str) -> Answer {
    ask(&rest(), "GET", target, &[], "").await
}

pub(crate) async fn post(target: &str, body: &str) -> Answer {
    ask(&rest(), "POST", target, &[], body).await
}
