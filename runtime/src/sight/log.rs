//! The access log: one line for each call that has arrived.

use http::HeaderMap;

use super::{Caller, Outcome, Seen};

/// The longest name of a call that is logged, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// What the caller names the call, if it is fit for a log.
pub(super) fn request_id(headers: &HeaderMap) -> Option<Box<str>> {
    let text = headers.get("x-request-id")?.to_str().ok()?;
    let is_fit =
        (1..=MAX_REQUEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_fit.then(|| text.into())
}

pub(super) fn write(seen: &Seen, outcome: &Outcome, caller: &Caller<'_>) {
    // In the span of the call, so that both can be put together.
    seen.within(|| {
        tracing::info!(
            target: "rsvc::access",
            {
            rpc.system.name = seen.system.name(),
            rpc.method = seen.method_name(),
            rpc.response.status_code = outcome.code_name(),
            http.request.method = seen.route.get().map(|(verb, _)| verb.as_str()),
            http.route = seen.route.get().map(|(_, template)| *template),
            http.response.status_code = outcome.http,
            duration = outcome.duration.as_secs_f64(),
            client.address = caller.peer.map(|peer| tracing::field::display(peer.ip())),
            client.port = caller.peer.map(|peer| peer.port()),
            enduser.id = caller.subject,
            requests = seen.requests.count(),
            request_bytes = seen.requests.bytes(),
            responses = seen.responses.count(),
            response_bytes = seen.responses.bytes(),
            request_id = seen.request_id.as_deref()
            },
            "call"
        );
    });
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_plain_name_is_logged() {
        let of = |value: &[u8]| {
            let value = HeaderValue::from_bytes(value).unwrap();
            request_id(&HeaderMap::from_iter([(http::HeaderName::from_static("x-request-id"), value)]))
        };
        assert_eq!(request_id(&HeaderMap::new()), None);
        assert_eq!(of(b"a-1/\"").as_deref(), Some("a-1/\""));
        let longest = [b'x'; MAX_REQUEST_ID];
        assert_eq!(of(&longest).map(|text| text.len()), Some(MAX_REQUEST_ID));
        for unfit in [&b""[..], b"a b", b"\xc3\xa4", b"a\tb", &[&longest[..], b"x"].concat()] {
            assert_eq!(of(unfit), None, "{unfit:?}");
        }
    }
}
