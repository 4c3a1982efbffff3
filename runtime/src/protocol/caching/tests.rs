use http::header::{CONTENT_LOCATION, HeaderName};

use super::*;
use crate::access::Principal;
use crate::method::{Access, MethodKind};
use crate::pb::google::rpc::ErrorInfo;

const METHOD: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::Unary);
const READ: MethodInfo = METHOD.idempotency(Idempotency::NoSideEffects);

/// The version of a response is its reason.
const VERSION: Cache = Cache::new().etag(|message| {
    let message: &ErrorInfo = message.downcast_ref().expect("it is what the test gives");
    EntityTag::of(&message.reason)
});
static BY_VERSION: MethodInfo = READ.cache(const { &VERSION.max_age(60) });
static BY_CONTENT: MethodInfo = READ.cache(const { &Cache::new().etag_of_content() });
static CHANGE: MethodInfo = METHOD.cache(const { &VERSION });

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
}

fn caching(method: &'static MethodInfo, asked: &[(&'static str, &'static str)]) -> Box<Caching> {
    let mut caching = Caching::of(method, &Method::GET, &headers(asked)).unwrap();
    let mut message = ErrorInfo { reason: "7".into(), ..ErrorInfo::default() };
    caching.message(&mut message, Form { name: None, chosen_by: Some("accept") });
    caching
}

fn describe(caching: &mut Caching, of_handler: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut out = headers(of_handler);
    caching.describe(&mut out, &Context::new(), &Policy::default());
    out
}

fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

#[test]
fn whose_responses_say_something() {
    static PLAIN: MethodInfo = READ;
    static UNTAGGED: MethodInfo = METHOD.cache(const { &Cache::new().max_age(1) });
    let is_some = |method: &'static MethodInfo, verb| Caching::of(method, &verb, &HeaderMap::new()).is_some();
    for (method, verb, expected) in [
        (&PLAIN, Method::GET, false),
        (&BY_VERSION, Method::GET, true),
        (&BY_VERSION, Method::HEAD, true),
        (&BY_VERSION, Method::POST, false),
        (&BY_CONTENT, Method::PUT, false),
        (&CHANGE, Method::PATCH, true),
        (&CHANGE, Method::POST, true),
        (&CHANGE, Method::DELETE, true),
        (&CHANGE, Method::PUT, false),
        (&UNTAGGED, Method::GET, false),
    ] {
        assert_eq!(is_some(method, verb.clone()), expected, "{verb} {method:?}");
    }
}

#[test]
fn a_change_has_its_tag_and_nothing_else() {
    let mut caching = Caching::of(&CHANGE, &Method::PATCH, &headers(&[("if-none-match", "*")])).unwrap();
    let mut message = ErrorInfo { reason: "8".into(), ..ErrorInfo::default() };
    caching.message(&mut message, Form { name: Some(etag::PROTOBUF), chosen_by: Some("accept") });
    let mut out = HeaderMap::new();
    caching.describe(&mut out, &Context::new(), &Policy::default());
    assert_eq!(out, headers(&[("etag", "\"8~proto\"")]));
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = out;
    caching.conclude(&mut response).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut of_error = headers(&[("etag", "\"7\""), ("cache-control", "max-age=1")]);
    caching.refuse(&mut of_error, &Status::aborted(""));
    assert_eq!(of_error, headers(&[("cache-control", "max-age=1")]));
}

#[test]
fn what_is_said_and_what_stays() {
    let out = describe(&mut caching(&BY_VERSION, &[]), &[]);
    assert_eq!(out, headers(&[("etag", "\"7\""), ("vary", "accept"), ("cache-control", "max-age=60")]));
    let own = [("etag", "W/\"x\""), ("vary", "x, ACCEPT"), ("cache-control", "no-store")];
    assert_eq!(describe(&mut caching(&BY_VERSION, &[]), &own), headers(&own));
    let out = describe(&mut caching(&BY_VERSION, &[]), &[("vary", "accept-encoding")]);
    assert_eq!(values(&out, "vary"), ["accept-encoding", "accept"]);
}

#[test]
fn who_may_keep_it() {
    static PUBLIC: MethodInfo = READ.access(Access::Public).cache(const { &Cache::new().max_age(1) });
    static KNOWN: MethodInfo = READ.access(Access::Authenticated).cache(const { &Cache::new().max_age(1) });
    static SILENT: MethodInfo = READ.cache(const { &Cache::new() });
    static PRIVATE: MethodInfo = READ.access(Access::Public).cache(const { &Cache::new().private() });
    let strict = || Policy { default_deny: true, ..Policy::default() };
    let ann = || Context::new().with_principal(Principal::new("ann"));
    for (method, asked, ctx, policy, of_handler, expected) in [
        (&PUBLIC, "x", Context::new(), strict(), "x", "max-age=1"),
        (&KNOWN, "x", Context::new(), Policy::default(), "x", "private, max-age=1"),
        (&SILENT, "x", Context::new(), Policy::default(), "x", "no-cache"),
        (&SILENT, "x", Context::new(), strict(), "x", "private, no-cache"),
        (&PRIVATE, "x", Context::new(), Policy::default(), "x", "private, no-cache"),
        (&PUBLIC, "authorization", Context::new(), Policy::default(), "x", "private, max-age=1"),
        (&PUBLIC, "x", ann(), Policy::default(), "x", "private, max-age=1"),
        (&PUBLIC, "x", Context::new(), Policy::default(), "set-cookie", "private, max-age=1"),
    ] {
        let mut caching = caching(method, &[(asked, "1")]);
        let mut out = headers(&[(of_handler, "1")]);
        caching.describe(&mut out, &ctx, &policy);
        assert_eq!(values(&out, "cache-control"), [expected], "{asked} {of_handler} {method:?}");
    }
}

#[test]
fn content_has_a_hash() {
    let tag = |media_type: &'static str, content: &[u8]| {
        let mut caching = caching(&BY_CONTENT, &[]);
        assert!(caching.wants_content());
        caching.content(Some(tag_of(&HeaderValue::from_static(media_type), content)));
        values(&describe(&mut caching, &[]), "etag").concat()
    };
    // `printf 'a/b\0c' | b2sum --length=128`.
    assert_eq!(tag("a/b", b"c"), "\"c61994343ea9f0b9fa1bdcd3007344eb\"");
    assert_ne!(tag("a/b", b"c"), tag("a/b", b"d"));
    assert_ne!(tag("a/b", b"c"), tag("a/bc", b""));
    // A version is not replaced by one.
    let mut versioned = caching(&BY_VERSION, &[]);
    assert!(!versioned.wants_content());
    versioned.content(None);
    assert_eq!(values(&describe(&mut versioned, &[]), "etag"), ["\"7\""]);
}

/// A response with all that a handler or a protocol may have set.
fn response(tag: Option<&'static str>) -> Response<Body> {
    let mut response = Response::new(Body::from(b"content".to_vec()));
    *response.headers_mut() = headers(&[
        ("cache-control", "max-age=60"),
        ("content-disposition", "inline"),
        ("content-encoding", "gzip"),
        ("content-language", "en"),
        ("content-length", "7"),
        ("content-location", "/a"),
        ("content-type", "text/plain"),
        ("expires", "never"),
        ("last-modified", "once"),
        ("vary", "accept"),
    ]);
    if let Some(tag) = tag {
        response.headers_mut().insert(ETAG, HeaderValue::from_static(tag));
    }
    response
}

#[test]
fn a_response_that_the_client_has_keeps_what_caches_go_by() {
    for tag in [Some("\"7\""), None] {
        let mut found = response(tag);
        caching(&BY_VERSION, &[("if-none-match", "*")]).conclude(&mut found).unwrap();
        assert_eq!(found.status(), StatusCode::NOT_MODIFIED);
        assert!(http_body::Body::is_end_stream(found.body()));
        let mut kept: Vec<_> = found.headers().keys().collect();
        kept.sort_by_key(|name| name.as_str().to_owned());
        let mut expected =
            vec![CACHE_CONTROL, CONTENT_LOCATION, if tag.is_some() { ETAG } else { LAST_MODIFIED }];
        expected.extend([EXPIRES, VARY]);
        expected.sort_by_key(|name| name.as_str().to_owned());
        assert_eq!(kept, expected.iter().collect::<Vec<_>>());
    }
}

#[test]
fn the_order_of_conditions() {
    let outcome = |asked: &[(&'static str, &'static str)]| {
        let mut response = response(Some("\"7\""));
        match caching(&BY_VERSION, asked).conclude(&mut response) {
            Ok(()) => response.status().as_u16(),
            Err(error) => error.http,
        }
    };
    for (asked, expected) in [
        (&[][..], 200),
        (&[("if-none-match", "\"7\"")], 304),
        (&[("if-none-match", "\"8\"")], 200),
        (&[("if-none-match", "7")], 200),
        (&[("if-match", "\"7\"")], 200),
        (&[("if-match", "\"8\"")], 412),
        (&[("if-match", "7")], 400),
        (&[("if-match", "\"7\""), ("if-none-match", "\"7\"")], 304),
        (&[("if-match", "\"8\""), ("if-none-match", "\"7\"")], 412),
        (&[("if-match", "7"), ("if-none-match", "\"7\"")], 400),
        (&[("if-match", "\"7\""), ("if-none-match", "\"8\"")], 200),
    ] {
        assert_eq!(outcome(asked), expected, "{asked:?}");
    }
}

#[test]
fn nobody_keeps_an_error() {
    let of_handler = [
        ("etag", "\"7\""),
        ("expires", "never"),
        ("last-modified", "once"),
        ("cache-control", "max-age=1"),
        ("x", "1"),
    ];
    let refused = |status: &Status| {
        let mut out = headers(&of_handler);
        caching(&BY_VERSION, &[]).refuse(&mut out, status);
        out
    };
    assert_eq!(refused(&Status::not_found("")), headers(&[("cache-control", "no-store"), ("x", "1")]));
    let mut status = Status::not_found("");
    status.metadata_mut().insert("cache-control", "max-age=3".parse().unwrap());
    assert_eq!(refused(&status), headers(&[("cache-control", "max-age=3"), ("x", "1")]));
}
