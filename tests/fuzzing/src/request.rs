//! Requests of each protocol, to the whole router of a server.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use prost::Message as _;

use crate::proto::fuzz::v1::All;
use crate::service::{Answer, LIMIT, answer};

const METHODS: [&str; 6] = ["Unary", "ServerStream", "ClientStream", "Bidi", "Nothing", "None"];

/// A byte for the size of frames, and then a request as HTTP/1.1 writes it, with `\n` at the ends of lines: `METHOD TARGET`,
/// headers, an empty line, and the body.
struct Sent<'a> {
    size: u8,
    method: Method,
    target: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: &'a [u8],
}

impl<'a> Sent<'a> {
    fn parse(data: &'a [u8], target: impl FnOnce(&[u8]) -> Option<(Method, Uri)>) -> Option<Self> {
        let (&size, mut rest) = data.split_first()?;
        let mut line = || {
            let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            line
        };
        let (method, target) = target(line())?;
        let mut headers = Vec::new();
        loop {
            let line = line();
            if line.is_empty() {
                break;
            }
            let colon = line.iter().position(|&byte| byte == b':')?;
            let name = HeaderName::from_bytes(&line[..colon]).ok()?;
            headers.push((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?));
        }
        Some(Self { size, method, target, headers, body: rest })
    }

    /// The request, its body in frames of this size.
    fn request(&self, size: u8) -> Request<Vec<Bytes>> {
        let size = if size == 0 { self.body.len().max(1) } else { size.into() };
        let frames = self.body.chunks(size).map(Bytes::copy_from_slice).collect();
        let mut request = Request::new(frames);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone();
        for (name, value) in &self.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        request
    }

    /// The answer, which is the same whatever the frames.
    fn answer(&self) -> Answer {
        let whole = answer(self.request(0));
        let cut = answer(self.request(self.size));
        // How much of a faulty compressed body comes out before its fault is the decompressor's business.
        if !is_fault_of_compression(&whole) && !is_fault_of_compression(&cut) {
            assert_eq!(cut, whole, "frames make a difference");
        }
        // A message comes back twice at most, and each of its bytes can take six to write.
        let bound = 64 * 1024 + 32 * LIMIT.max(self.body.len());
        assert!(whole.body.len() <= bound, "{} bytes for {}", whole.body.len(), self.body.len());
        whole
    }

    /// Asks again with the tag of an answer: it does not come twice.
    fn ask_again(&self, first: &Answer) {
        let Some(tag) = first.headers.get(ETAG) else { return };
        if self.method != Method::GET || first.status != StatusCode::OK {
            return;
        }
        let mut request = self.request(0);
        request.headers_mut().insert(IF_NONE_MATCH, tag.clone());
        let again = answer(request);
        assert_ne!(again.status, StatusCode::OK, "{tag:?} does not name {first:?}");
        assert!(
            again.status != StatusCode::NOT_MODIFIED || again.body.is_empty(),
            "a 304 has content: {again:?}"
        );
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_bytes())
    }
}

fn is_fault_of_compression(answer: &Answer) -> bool {
    let fault = b"the body of the request is not ";
    answer.body.windows(fault.len()).any(|part| part == fault)
}

/// A path of the service, of which the line says the method by its first byte.
fn rpc(line: &[u8]) -> Option<(Method, Uri)> {
    let method = METHODS[usize::from(*line.first()?) % METHODS.len()];
    Some((Method::POST, Uri::try_from(format!("/fuzz.v1.Echo/{method}")).ok()?))
}

/// gRPC and gRPC-Web, in all forms.
pub(crate) fn grpc(data: &[u8]) {
    let Some(mut sent) = Sent::parse(data, rpc) else { return };
    if sent.header(&CONTENT_TYPE).is_none() {
        sent.headers.push((CONTENT_TYPE, HeaderValue::from_static("application/grpc")));
    }
    let answer = sent.answer();
    let media = sent.header(&CONTENT_TYPE).unwrap_or_default();
    if !media.starts_with(b"application/grpc") || answer.status != StatusCode::OK {
        return;
    }
    assert!(!answer.broken, "a response of gRPC breaks off instead of telling how it ends");
    let has = |headers: &http::HeaderMap| headers.contains_key("grpc-status");
    let told = has(&answer.headers) || answer.trailers.as_ref().is_some_and(has);
    let is_web = media.starts_with(b"application/grpc-web");
    assert!(told || is_web, "the outcome of a call is not told: {answer:?}");
    if is_web && !media.starts_with(b"application/grpc-web-text") && !told {
        let text = answer.body.windows(11).any(|part| part == b"grpc-status");
        assert!(text, "the outcome of a call is not told: {answer:?}");
    }
}

/// Connect: unary calls by POST and GET, and streams. The line is `POST METHOD` or `GET METHOD?QUERY`, the method by its
/// first byte.
pub(crate) fn connect(data: &[u8]) {
    let sent = Sent::parse(data, |line| {
        let Some(query) = line.strip_prefix(b"GET ") else { return rpc(line.strip_prefix(b"POST ")?) };
        let (method, query) = query.split_first()?;
        let method = METHODS[usize::from(*method) % METHODS.len()];
        let target = format!("/fuzz.v1.Echo/{method}{}", std::str::from_utf8(query).ok()?);
        Some((Method::GET, Uri::try_from(target).ok()?))
    });
    let Some(mut sent) = sent else { return };
    if sent.method == Method::POST && sent.header(&CONTENT_TYPE).is_none() {
        sent.headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    }
    let answer = sent.answer();
    sent.ask_again(&answer);
    assert!(!answer.broken, "a response of Connect breaks off instead of telling how it ends");
    let media = answer.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if media == b"application/json"
        && answer.headers.get("content-encoding").is_none()
        && !answer.body.is_empty()
    {
        let parsed = rsvc::json::from_slice::<JsonValue>(&answer.body);
        assert!(parsed.is_ok(), "a response is not JSON: {answer:?}");
    }
}

/// Any JSON at all.
type JsonValue = rsvc::prost_types::Value;

/// REST: the line is `METHOD TARGET`.
pub(crate) fn rest(data: &[u8]) {
    let sent = Sent::parse(data, |line| {
        let at = line.iter().position(|&byte| byte == b' ')?;
        let method = Method::from_bytes(&line[..at]).ok()?;
        Some((method, Uri::try_from(&line[at + 1..]).ok()?))
    });
    let Some(sent) = sent else { return };
    if sent.header(&http::header::UPGRADE).is_some() {
        return;
    }
    let answer = sent.answer();
    sent.ask_again(&answer);
    let media = answer.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let plain = answer.headers.get("content-encoding").is_none() && sent.method != Method::HEAD;
    if media == b"application/json" && plain && !answer.broken && !answer.body.is_empty() {
        let parsed = rsvc::json::from_slice::<JsonValue>(&answer.body);
        assert!(parsed.is_ok(), "a response is not JSON: {answer:?}");
    }
    if sent.target.path() == "/v1/unary"
        && media == b"application/x-protobuf"
        && answer.status == StatusCode::OK
        && plain
    {
        All::decode(&*answer.body).expect("a response is not a message");
    }
}
