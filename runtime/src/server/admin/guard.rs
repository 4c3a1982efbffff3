//! Who may ask: no page in a browser that was sent here by a name of its own.

use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, header};

use crate::peer::is_this_machine;

/// What is tested of each request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guard {
    /// It must name this machine: a name that somebody else has pointed to a loopback address is not ours.
    Loopback,
    /// It must not come from a page of another origin.
    Origin,
}

impl Guard {
    /// Whether a request is answered.
    pub(super) fn allows(self, parts: &Parts) -> bool {
        let Some(host) = host(parts) else { return false };
        let is_ours = match self {
            Self::Loopback => is_this_machine(host.host()),
            Self::Origin => true,
        };
        is_ours && is_same_origin(&parts.headers, &host)
    }
}

/// The host that a request names, if it names one.
fn host(parts: &Parts) -> Option<Authority> {
    if let Some(authority) = parts.uri.authority() {
        return Some(authority.clone());
    }
    let mut named = parts.headers.get_all(header::HOST).iter();
    let host = named.next()?.as_bytes();
    named.next().is_none().then(|| Authority::try_from(host).ok())?
}

/// Browsers name the origin of a page wherever it matters; other clients name none.
fn is_same_origin(headers: &HeaderMap, host: &Authority) -> bool {
    let same = |origin: &[u8]| {
        origin
            .strip_prefix(b"http://")
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host.as_str().as_bytes()))
    };
    headers.get_all(header::ORIGIN).iter().all(|origin| same(origin.as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn allows(guard: Guard, headers: &[(&str, &str)]) -> bool {
        let request = headers
            .iter()
            .fold(Request::get("/readyz"), |request, (name, value)| request.header(*name, *value));
        guard.allows(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_request_names_this_machine() {
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST:9090", true),
            ("127.0.0.1:9090", true),
            ("127.1.2.3", true),
            ("[::1]:9090", true),
            ("attacker.example:9090", false),
            ("localhost.attacker.example", false),
            ("127.0.0.1.attacker.example", false),
            ("10.0.0.1", false),
            ("", false),
            ("a b", false),
        ] {
            assert_eq!(allows(Guard::Loopback, &[("host", host)]), expected, "{host}");
        }
        assert!(!allows(Guard::Loopback, &[]));
        assert!(!allows(Guard::Loopback, &[("host", "localhost"), ("host", "localhost")]));
        assert!(allows(Guard::Origin, &[("host", "10.0.0.1:9090")]));
        assert!(!allows(Guard::Origin, &[]));
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        for guard in [Guard::Loopback, Guard::Origin] {
            for (origin, expected) in [
                ("http://127.0.0.1:9090", true),
                ("http://127.0.0.1:8080", false),
                ("https://127.0.0.1:9090", false),
                ("http://attacker.example", false),
                ("null", false),
            ] {
                let headers = [("host", "127.0.0.1:9090"), ("origin", origin)];
                assert_eq!(allows(guard, &headers), expected, "{guard:?} {origin}");
            }
        }
    }
}
