//! Whatever arrives, the answer is an answer, and never that the server failed.

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::setup::{rest, send};

/// Paths and queries from pieces that mean something somewhere.
fn target() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/",
        "v1",
        "items",
        "files",
        "shelves",
        "tags",
        "labels",
        "child",
        "long",
        "file",
        "pick",
        "any",
        "raw",
        "download",
        "fail",
        ":",
        "check",
        ":check",
        "?",
        "&",
        "=",
        "id",
        "child.",
        "count",
        "numbers",
        "kind",
        "at",
        "update_mask",
        "any.value",
        "value.list_value.values",
        "labels[",
        "pick_text",
        "pick_number",
        "1",
        "-0",
        "9999999999999999999",
        "%",
        "%2F",
        "%2f",
        "%2E",
        "%00",
        "%FF",
        "%C3%A9",
        "+",
        ".",
        "..",
        "~",
        "1e400",
        "NaN",
        "2020-01-02T03:04:05Z",
        "5s",
        "//",
    ]);
    let known = prop::sample::select(vec!["/v1/items/", "/v1/items?", "/v1/items/7?", "/v1/any?", "/"]);
    let rest = vec(prop_oneof![9 => piece.prop_map(str::to_owned), 1 => "[!-~]{0,6}"], 0..12);
    (known, rest).prop_map(|(known, rest)| format!("{known}{}", rest.concat()))
}

fn header() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
    let name = prop::sample::select(vec![
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "grpc-metadata-a",
        "grpc-metadata-a-bin",
        "grpc-metadata-host",
        "grpc-timeout",
        "host",
        "last-event-id",
        "te",
        "traceparent",
        "upgrade",
        "x",
        "x-bin",
        "x-request-timeout",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "application/json",
            "application/x-protobuf",
            "application/problem+json;q=0.5, */*",
            "text/event-stream",
            "application/x-ndjson",
            "5S",
            "1.5",
            "aGk=",
            "gzip",
            "identity",
            "x, te",
            "close",
            "trailers",
            "websocket",
        ])
        .prop_map(|value| value.as_bytes().to_vec()),
        vec(any::<u8>(), 0..12),
    ];
    (name, value).prop_filter_map("no header value", |(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(&value).ok()?))
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "null",
        "true",
        "1",
        "-1e999",
        "\"id\":",
        "\"count\":",
        "\"child\":",
        "\"items\":",
        "\"labels\":",
        "\"any\":",
        "\"@type\":",
        "\"type.googleapis.com/rest.v1.Item\"",
        "\"value\":",
        "\"at\":",
        "\"2020-01-02T03:04:05Z\"",
        "{}",
        "[]",
        "\u{e9}",
        " ",
        "\n",
    ]);
    prop_oneof![
        3 => vec(piece, 0..16).prop_map(|pieces| pieces.concat().into_bytes()),
        1 => vec(any::<u8>(), 0..24),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_request_has_an_answer(
        method in prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PURGE"]),
        target in target(),
        headers in vec(header(), 0..4),
        body in body(),
    ) {
        // What is not a URI never reaches a service.
        let Ok(uri) = target.parse::<Uri>() else { return Ok(()) };
        let mut request = Request::new(Full::from(Bytes::from(body)));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *request.uri_mut() = uri;
        request.headers_mut().extend(headers);
        // Timers want a runtime. Nothing in these calls waits, but for a deadline that is the request's own.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        if let Some(response) = send(&rest(), request).now_or_never() {
            let status = response.status().as_u16();
            prop_assert!(status < 500 || status == 504 || (status == 500 && target.contains("download")), "{status} of {target}");
        }
    }
}
