//! Headers and metadata, both ways.

use std::time::Duration;

use crate::bridge::Status;
use http::header::{CONNECTION, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::options::Options;
use crate::Context;
use crate::call::CallError;
use crate::deadline;
use crate::deadline::earliest;
use crate::metadata;
use crate::protocol::rest::negotiate::Media;
use crate::protocol::rest::{METADATA_PREFIX, TRAILER_PREFIX};
use crate::protocol::wire::{self, PER_HEADER};

/// A deadline in the words of HTTP: seconds.
const REQUEST_TIMEOUT: &str = "x-request-timeout";

/// Makes the headers of a request the metadata of its call.
///
/// All of them are, as they are over gRPC; those that speak about the hop stay with the handler and never travel on.
pub(crate) fn receive(
    headers: &mut HeaderMap,
    method: &Method,
    uri: &Uri,
    options: &Options,
) -> Result<Received, CallError> {
    let mut size = 0;
    // Bits of one number, and not each by itself: what is kept over a loop costs it.
    let mut seen = 0;
    let mut hosts = 0;
    for (name, value) in &*headers {
        let name = name.as_str();
        size += name.len() + value.len() + PER_HEADER;
        match Look::at(name) {
            Look::Nothing => {}
            Look::Host if wire::is_host(value) => hosts += 1,
            Look::Host => return Err(wrong(&HOST, "not a host")),
            Look::Accept if !Media::may_be_asked_for(value) => {}
            look => seen |= 1 << look as u8,
        }
    }
    let has = |look: Look| seen & (1 << look as u8) != 0;
    let special = has(Look::Special);
    if size > options.max_header_size {
        let status = Status::resource_exhausted(format!(
            "the headers have more than {} bytes",
            options.max_header_size
        ));
        return Err(CallError::with_http(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, status));
    }
    if hosts > 1 {
        return Err(wrong(&HOST, "not one, but several"));
    }
    if has(Look::Page) {
        options.origins.admit_form(method, headers, uri)?;
    }
    if special || options.request_headers.is_some() {
        translate(headers, options)?;
    }
    let timeout = if special { deadline::of_caller(headers)? } else { None };
    let (accept, encoded) = (has(Look::Accept), has(Look::Encoding));
    Ok(Received { timeout, accept, encoded, has_host: hosts == 1 })
}

/// What was seen among the headers, so that nobody has to look for it again.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) timeout: Option<Duration>,
    /// Whether an `Accept` header may ask for something else than JSON.
    pub(crate) accept: bool,
    /// Whether the body may be compressed.
    #[cfg_attr(not(feature = "compression"), allow(dead_code, reason = "only compressed bodies change it"))]
    pub(crate) encoded: bool,
    pub(crate) has_host: bool,
}

/// What a header needs a closer look for.
#[derive(Clone, Copy)]
enum Look {
    Nothing,
    /// Metadata or a deadline may be made of it, or it is for this hop alone.
    Special,
    /// It says which page a request comes from.
    Page,
    Host,
    Accept,
    /// The body may be compressed.
    Encoding,
}

impl Look {
    #[inline]
    fn at(name: &str) -> Self {
        match name.as_bytes().first() {
            Some(b'a') if name == "accept" => Self::Accept,
            Some(b'c') if name == "connection" => Self::Special,
            Some(b'c') if name == "content-encoding" => Self::Encoding,
            Some(b'g') if name.starts_with("grpc-") => Self::Special,
            Some(b'h') if name == "host" => Self::Host,
            Some(b'o') if name == "origin" => Self::Page,
            Some(b's') if name == "sec-fetch-site" => Self::Page,
            Some(b'x') if name == REQUEST_TIMEOUT => Self::Special,
            _ if name.ends_with("-bin") => Self::Special,
            _ => Self::Nothing,
        }
    }
}

/// A request of HTTP/1.1 says which host it is for.
#[cold]
pub(crate) fn no_host() -> CallError {
    wrong(&HOST, "missing")
}

#[cold]
fn translate(headers: &mut HeaderMap, options: &Options) -> Result<(), CallError> {
    drop_named(headers);
    let mut found = HeaderMap::new();
    let mut others = Vec::new();
    for (name, value) in &*headers {
        let key = match name.as_str().strip_prefix(METADATA_PREFIX) {
            Some(key) => key,
            None if options.receives(name.as_str()) => name.as_str(),
            None => {
                others.push(name.clone());
                continue;
            }
        };
        if key.ends_with("-bin") && !is_base64(value.as_bytes()) {
            return Err(wrong(name, "not base64"));
        }
        if key.len() == name.as_str().len() {
            continue;
        }
        others.push(name.clone());
        // A header that is there by itself may have been put there by someone who is trusted.
        if metadata::is_application(key)
            && !headers.contains_key(key)
            && value.to_str().is_ok()
            && let Ok(key) = HeaderName::from_bytes(key.as_bytes())
        {
            found.append(key, value.clone());
        }
    }
    for name in others {
        headers.remove(name);
    }
    headers.extend(found);
    set_timeout(headers)
}

/// Drops the headers that the `Connection` header names: they are for this hop alone.
fn drop_named(headers: &mut HeaderMap) {
    let values: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().cloned().collect();
    let names = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    for name in names {
        let name = name.trim();
        if !name.eq_ignore_ascii_case("upgrade") {
            headers.remove(name);
        }
    }
}

/// Makes one deadline of `grpc-timeout` and `X-Request-Timeout`, the earlier of the two.
fn set_timeout(headers: &mut HeaderMap) -> Result<(), CallError> {
    let grpc = deadline::of_caller(headers)?;
    if !headers.contains_key(REQUEST_TIMEOUT) {
        return Ok(());
    }
    let http = timeout_of_caller(headers).ok_or_else(|| {
        wrong(&HeaderName::from_static(REQUEST_TIMEOUT), "seconds such as `1.5` or `1.5s`, or `100ms`")
    })?;
    if let Some(timeout) = earliest(grpc, Some(http)) {
        headers.insert(deadline::HEADER, deadline::format(timeout));
    }
    Ok(())
}

/// What `X-Request-Timeout` says, if that is a time.
pub(crate) fn timeout_of_caller(headers: &HeaderMap) -> Option<Duration> {
    seconds(headers.get(REQUEST_TIMEOUT)?.to_str().ok()?)
}

/// A time in seconds, or in milliseconds.
fn seconds(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * unit).ok()
}

/// Base64 as gRPC has it in headers: padded or not, several values with commas.
fn is_base64(value: &[u8]) -> bool {
    value.split(|&byte| byte == b',').all(|value| {
        let value = value.trim_ascii();
        let padding = value.iter().rev().take_while(|&&byte| byte == b'=').count();
        let digits = &value[..value.len() - padding];
        padding <= 2
            && (padding == 0 || value.len().is_multiple_of(4))
            && digits.len() % 4 != 1
            && digits.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
    })
}

#[cold]
fn wrong(name: &HeaderName, what: &str) -> CallError {
    let what = if what.starts_with("not") { what.to_owned() } else { format!("expected {what}") };
    CallError::bad_request(name.as_str(), &what, format!("the header `{name}`: {what}"))
}

/// Adds what a handler answers besides its message: headers, and trailers, which HTTP clients rarely see otherwise.
pub(crate) fn send(ctx: &Context, of_error: &HeaderMap, options: &Options, out: &mut HeaderMap) {
    if !ctx.has_answer() && of_error.is_empty() {
        return;
    }
    let (headers, trailers) = (ctx.answer_headers(), ctx.answer_trailers());
    add(headers.as_ref(), METADATA_PREFIX, options, out, |_| true);
    add(of_error, TRAILER_PREFIX, options, out, metadata::is_application);
    // A failed call of a client has left the same in the context.
    add(trailers.as_ref(), TRAILER_PREFIX, options, out, |key| !of_error.contains_key(key));
}

/// Adds what a handler answers at the end of a stream, for clients that look at trailers.
pub(crate) fn send_trailers(metadata: &HeaderMap, options: &Options, out: &mut HeaderMap) {
    add(metadata, TRAILER_PREFIX, options, out, metadata::is_application);
}

#[cold]
fn add(
    metadata: &HeaderMap,
    prefix: &str,
    options: &Options,
    out: &mut HeaderMap,
    keep: impl Fn(&str) -> bool,
) {
    for (key, value) in metadata {
        if !keep(key.as_str()) {
            continue;
        }
        let name = if options.sends(key.as_str()) {
            Some(key.clone())
        } else {
            HeaderName::try_from(format!("{prefix}{key}")).ok()
        };
        if let Some(name) = name {
            out.append(name, value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(pairs: &[(&str, &str)], options: &Options) -> Result<Vec<String>, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        receive(&mut headers, &Method::POST, &Uri::default(), options)
            .map_err(|error| error.status.message().to_owned())?;
        let mut pairs: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap_or("?"))).collect();
        pairs.sort();
        Ok(pairs)
    }

    fn by_default(pairs: &[(&str, &str)]) -> Result<Vec<String>, String> {
        received(pairs, &Options::new())
    }

    #[test]
    fn the_prefix_goes() {
        let pairs = [("grpc-metadata-a", "1"), ("grpc-metadata-a", "2"), ("b", "3")];
        assert_eq!(by_default(&pairs).unwrap(), ["a=1", "a=2", "b=3"]);
    }

    #[test]
    fn the_prefix_neither_replaces_nor_reaches_the_protocol() {
        let pairs = [
            ("grpc-metadata-x-user", "admin"),
            ("x-user", "me"),
            ("grpc-metadata-grpc-timeout", "1S"),
            ("grpc-metadata-host", "h"),
            ("grpc-metadata-", "v"),
            ("grpc-metadata-na", "é"),
        ];
        assert_eq!(by_default(&pairs).unwrap(), ["x-user=me"]);
    }

    #[test]
    fn binary_values_are_base64() {
        for value in ["", "aGk=", "aGk", "aGk=,YQ==", "+/8="] {
            assert!(by_default(&[("x-bin", value), ("grpc-metadata-y-bin", value)]).is_ok(), "{value}");
        }
        for value in ["!!", "a", "aGk=a", "YQ=", "a===", "-_8=", "aGk=="] {
            let error = by_default(&[("grpc-metadata-y-bin", value)]).unwrap_err();
            assert_eq!(error, "the header `grpc-metadata-y-bin`: not base64", "{value}");
            by_default(&[("y-bin", value)]).unwrap_err();
        }
    }

    #[test]
    fn what_is_for_the_hop_stays() {
        let pairs =
            [("connection", "keep-alive, X-Hop ,, te"), ("x-hop", "1"), ("te", "trailers"), ("x", "1")];
        assert_eq!(by_default(&pairs).unwrap(), ["connection=keep-alive, X-Hop ,, te", "x=1"]);
        // Each of several headers counts.
        let pairs =
            [("connection", "close"), ("connection", "x-a, x-b"), ("x-a", "1"), ("x-b", "2"), ("x", "3")];
        assert_eq!(by_default(&pairs).unwrap(), ["connection=close", "connection=x-a, x-b", "x=3"]);
        let pairs = [("connection", "x-a"), ("connection", "x-b"), ("x-a", "1"), ("x-b", "2")];
        assert_eq!(by_default(&pairs).unwrap(), ["connection=x-a", "connection=x-b"]);
        // A WebSocket needs what it is upgraded to.
        let pairs = [("connection", "Upgrade"), ("upgrade", "websocket")];
        assert_eq!(by_default(&pairs).unwrap(), ["connection=Upgrade", "upgrade=websocket"]);
    }

    #[test]
    fn the_earlier_deadline_holds() {
        for (pairs, expected) in [
            (&[("x-request-timeout", "2")][..], "grpc-timeout=2000000u"),
            (&[("x-request-timeout", "1.5s")], "grpc-timeout=1500000u"),
            (&[("x-request-timeout", "50ms")], "grpc-timeout=50000000n"),
            (&[("x-request-timeout", "2"), ("grpc-timeout", "1S")], "grpc-timeout=1000000u"),
            (&[("grpc-timeout", "1S")], "grpc-timeout=1S"),
        ] {
            assert_eq!(by_default(pairs).unwrap()[0], expected);
        }
        for value in ["", "-1", "1h", "inf", "1e3", ".", "99999999999999999999999", "s"] {
            by_default(&[("x-request-timeout", value)]).unwrap_err();
        }
        by_default(&[("grpc-timeout", "soon")]).unwrap_err();
    }

    #[test]
    fn only_what_is_chosen() {
        let pairs = [
            ("authorization", "Bearer t"),
            ("accept", "a/b"),
            ("cookie", "a=b"),
            ("traceparent", "00-1-2-01"),
            ("x-tenant", "7"),
            ("grpc-metadata-y", "1"),
        ];
        let kept = received(&pairs, &Options::new().request_headers(["X-Tenant"])).unwrap();
        assert_eq!(
            kept,
            ["accept=a/b", "authorization=Bearer t", "traceparent=00-1-2-01", "x-tenant=7", "y=1"]
        );
        // A deadline is not metadata that somebody could leave out.
        let none = Options::new().request_headers([]);
        let timeout = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]);
            receive(&mut headers, &Method::POST, &Uri::default(), &none).unwrap().timeout
        };
        assert_eq!(timeout("grpc-timeout", "3S"), Some(Duration::from_secs(3)));
        assert_eq!(received(&[("grpc-timeout", "3S")], &none).unwrap(), ["grpc-timeout=3S"]);
    }

    /// The names of what goes out, sorted.
    fn names(out: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<_> = out.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_keys_of_a_protocol_do_not_go_out() {
        let metadata: HeaderMap = [
            "x-a",
            "grpc-status-details-bin",
            "content-type",
            "te",
            "connect-content-encoding",
            "grpc-trace-bin",
        ]
        .into_iter()
        .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("v")))
        .collect();
        let expected = ["grpc-trailer-grpc-trace-bin", "grpc-trailer-x-a"];
        let (mut of_error, mut of_stream) = (HeaderMap::new(), HeaderMap::new());
        send(&Context::new(), &metadata, &Options::new(), &mut of_error);
        assert_eq!(names(&of_error), expected);
        send_trailers(&metadata, &Options::new(), &mut of_stream);
        assert_eq!(names(&of_stream), expected);
    }

    #[test]
    fn an_error_has_each_trailer_once() {
        let ctx = Context::new();
        ctx.set_header("x-head", "h").unwrap();
        ctx.set_trailer("x-both", "context").unwrap();
        ctx.set_trailer("x-own", "context").unwrap();
        let of_error =
            HeaderMap::from_iter([(HeaderName::from_static("x-both"), HeaderValue::from_static("error"))]);
        let mut out = HeaderMap::new();
        send(&ctx, &of_error, &Options::new(), &mut out);
        assert_eq!(names(&out), ["grpc-metadata-x-head", "grpc-trailer-x-both", "grpc-trailer-x-own"]);
        assert_eq!(out.get_all("grpc-trailer-x-both").iter().collect::<Vec<_>>(), ["error"]);
    }

    #[test]
    fn a_form_of_another_page_is_refused_whatever_becomes_metadata() {
        for options in [Options::new(), Options::new().request_headers([])] {
            for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
                received(&[("host", "api.example"), (name, value)], &options).unwrap_err();
                let json = [("host", "api.example"), (name, value), ("content-type", "application/json")];
                assert!(received(&json, &options).is_ok());
            }
            let listed = options.clone().allow_origin("https://evil.example");
            assert!(
                received(&[("host", "api.example"), ("origin", "https://evil.example")], &listed).is_ok()
            );
        }
    }

    #[test]
    fn there_is_one_host() {
        let error = by_default(&[("host", "a.example"), ("host", "a.example")]).unwrap_err();
        assert_eq!(error, "the header `host`: not one, but several");
    }

    #[test]
    fn too_much_is_refused() {
        let options = Options::new().max_header_size(100);
        assert!(received(&[("a", "1"), ("b", "2")], &options).is_ok());
        received(&[("a", "1"), ("b", "2"), ("c", "3")], &options).unwrap_err();
        // To the byte: each header counts 32 more than its name and its value.
        let value = "x".repeat(100 - 1 - PER_HEADER);
        assert!(received(&[("a", &value)], &options).is_ok());
        let error = received(&[("ab", &value)], &options).unwrap_err();
        assert_eq!(error, "the headers have more than 100 bytes");
    }
}
