//! What a client sends and what it would like to have.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use crate::protocol::accept;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
pub(crate) const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The media type of forms without files.
#[cfg(feature = "rest")]
pub(crate) const URLENCODED: &str = "application/x-www-form-urlencoded";

/// The form of a message in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Protobuf,
}

impl Media {
    /// What the body of a request is: JSON, unless it says that it is protobuf.
    pub(crate) fn sent(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Self::Json };
        let media_type = value.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default();
        let is = |name: &str| media_type.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        if is("application/x-protobuf") || is("application/protobuf") { Self::Protobuf } else { Self::Json }
    }

    /// Whether a value of `Accept` is long enough for another than JSON. Nearly none is.
    pub(crate) fn may_be_asked_for(value: &HeaderValue) -> bool {
        value.len() >= PROTOBUF.len()
    }

    /// What the body of a response shall be: JSON, unless protobuf is asked for by name.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        if prefers(headers, "application/x-protobuf") { Self::Protobuf } else { Self::Json }
    }
}

/// Whether an error shall be a problem document.
pub(crate) fn wants_problem(headers: &HeaderMap) -> bool {
    prefers(headers, "application/problem+json")
}

/// Whether a media type is asked for by name, and JSON not more than it.
fn prefers(headers: &HeaderMap, media_type: &str) -> bool {
    // Nearly all requests end here.
    let says = |value: &HeaderValue| value != "*/*" && value.len() >= media_type.len();
    if !headers.get_all(ACCEPT).iter().any(says) {
        return false;
    }
    let weight = |name: &str| {
        let ranges = accept::entries(headers, ACCEPT).filter(|(range, _)| range.eq_ignore_ascii_case(name));
        ranges.map(|(_, weight)| weight).max().unwrap_or(0)
    };
    let wanted = weight(media_type);
    wanted > 0 && wanted >= weight("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn what_is_sent() {
        for (value, expected) in [
            ("application/json", Media::Json),
            ("garbage", Media::Json),
            ("application/x-protobuf", Media::Protobuf),
            ("Application/Protobuf ; messageType=a.B", Media::Protobuf),
            ("application/x-protobufs", Media::Json),
        ] {
            assert_eq!(Media::sent(&headers(CONTENT_TYPE, value)), expected, "{value}");
        }
        assert_eq!(Media::sent(&HeaderMap::new()), Media::Json);
    }

    #[test]
    fn what_is_wanted() {
        for (value, expected) in [
            ("*/*", Media::Json),
            ("application/protobuf", Media::Json),
            ("application/x-protobuf", Media::Protobuf),
            ("text/html, application/x-protobuf;q=0.5", Media::Protobuf),
            ("application/json, application/x-protobuf;q=0.5", Media::Json),
            ("application/json;q=0.1, application/x-protobuf; q=0.5", Media::Protobuf),
            ("application/x-protobuf;q=0", Media::Json),
            ("application/x-protobuf;q=x", Media::Json),
        ] {
            assert_eq!(Media::accepted(&headers(ACCEPT, value)), expected, "{value}");
        }
        assert!(wants_problem(&headers(ACCEPT, "application/problem+json, */*")));
        assert!(!wants_problem(&headers(ACCEPT, "application/*")));
    }
}
