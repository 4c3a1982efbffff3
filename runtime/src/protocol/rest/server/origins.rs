//! Which pages may call. Browsers say where a page is from that lets them send a request, and send the cookies of
//! whoever looks at it along, wherever it is from.

use http::header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::bridge::Status;
use crate::call::CallError;
use crate::protocol::accept;
use crate::protocol::rest::negotiate::URLENCODED;

/// What browsers say of where a request comes from, as it is to its target. A page cannot set it.
pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The media types that a page may send without being asked for: those of forms.
const OF_FORMS: [&str; 3] = [URLENCODED, "multipart/form-data", "text/plain"];

/// Whose pages may call.
#[derive(Clone, Debug)]
pub(crate) enum Origins {
    /// Those of the server itself, and of these.
    Own(Vec<String>),
    Any,
}

impl Default for Origins {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl Origins {
    /// Refuses pages that may not call, and admits what is not a page.
    pub(crate) fn admit(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), CallError> {
        if self.allows(headers, uri) {
            return Ok(());
        }
        let status = Status::permission_denied("pages of this origin may not call");
        Err(CallError::with_http(StatusCode::FORBIDDEN, status))
    }

    /// As [`Self::admit`], for a request of HTTP that may change something: one that a browser sends without asking first.
    #[cold]
    pub(crate) fn admit_form(
        &self,
        method: &Method,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<(), CallError> {
        if method.is_safe() || !is_of_form(headers) { Ok(()) } else { self.admit(headers, uri) }
    }

    fn allows(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let Self::Own(others) = self else { return true };
        let origin = headers.get(ORIGIN);
        let listed = origin.is_some_and(|origin| {
            others.iter().any(|other| other.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
        });
        if listed {
            return true;
        }
        // The browser knows best: the host may be another one before a proxy.
        if let Some(site) = headers.get(SEC_FETCH_SITE) {
            return site == "same-origin" || site == "none";
        }
        let Some(origin) = origin else { return true };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let own = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
        origin.to_str().is_ok_and(|origin| own.is_some_and(|own| is_of(origin, own)))
    }
}

/// Whether a request could be that of a form.
fn is_of_form(headers: &HeaderMap) -> bool {
    let Some(media_type) = headers.get(CONTENT_TYPE) else { return true };
    let Ok(media_type) = media_type.to_str() else { return true };
    let media_type = accept::essence(media_type);
    !media_type.contains('/') || OF_FORMS.iter().any(|form| form.eq_ignore_ascii_case(media_type))
}

/// Whether an origin is that of a host. What stands before may have been TLS, so the scheme is open; so is a port that
/// is the usual one of the origin's scheme.
fn is_of(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let usual = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let bare = |authority: &'_ str| authority.strip_suffix(usual).unwrap_or(authority).to_ascii_lowercase();
    bare(authority) == bare(host)
}

/// Refuses a request for a host that is not among those that are served.
#[cold]
pub(crate) fn admit_host(hosts: &[String], headers: &HeaderMap, uri: &Uri) -> Result<(), CallError> {
    let of_header = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = uri.authority().map(http::uri::Authority::as_str).or(of_header).unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let (name, port) = host.rsplit_once(':').unwrap_or((&host, ""));
    let name = if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { &host };
    if hosts.iter().any(|known| *known == host || known == name) {
        return Ok(());
    }
    let status = Status::permission_denied("this host is not served here");
    Err(CallError::with_http(StatusCode::MISDIRECTED_REQUEST, status))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn pages_of_other_origins_may_not_ask() {
        let own = Origins::default();
        let listed = Origins::Own(vec!["https://app.example".into()]);
        for (origins, origin, site, host, expected) in [
            (&own, "", "", "api.example", true),
            (&own, "https://api.example", "", "api.example", true),
            (&own, "https://API.example:443", "", "api.example", true),
            (&own, "http://api.example:8080", "", "api.example:8080", true),
            (&own, "http://api.example", "", "api.example:8080", false),
            (&own, "https://evil.example", "", "api.example", false),
            (&own, "https://api.example.evil.example", "", "api.example", false),
            (&own, "https://api.example@evil.example", "", "api.example", false),
            (&own, "null", "", "api.example", false),
            (&own, "null", "", "null", false),
            (&own, "https://api.example", "same-origin", "inside:8080", true),
            (&own, "https://api.example", "none", "api.example", true),
            (&own, "", "cross-site", "api.example", false),
            (&own, "https://api.example", "same-site", "api.example", false),
            (&own, "https://api.example", "something", "api.example", false),
            (&listed, "https://app.example", "", "api.example", true),
            (&listed, "https://app.example", "cross-site", "api.example", true),
            (&listed, "http://app.example", "", "api.example", false),
            (&Origins::Any, "null", "cross-site", "api.example", true),
        ] {
            let pairs = [(ORIGIN, origin), (SEC_FETCH_SITE, site), (HOST, host)];
            let said: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            let allowed = origins.admit(&headers(&said), &Uri::default()).is_ok();
            assert_eq!(allowed, expected, "{origin:?} {site:?} {host}");
        }
    }

    #[test]
    fn only_what_a_form_could_send_is_refused() {
        let origins = Origins::default();
        for (method, media_type, expected) in [
            (Method::POST, "text/plain", false),
            (Method::POST, "Text/Plain; charset=utf-8", false),
            (Method::POST, "application/x-www-form-urlencoded", false),
            (Method::DELETE, "multipart/form-data; boundary=x", false),
            (Method::POST, "nonsense", false),
            (Method::POST, "", false),
            (Method::POST, "application/json", true),
            (Method::POST, "application/x-protobuf", true),
            (Method::GET, "text/plain", true),
            (Method::HEAD, "", true),
        ] {
            let pairs = [(ORIGIN, "https://evil.example"), (HOST, "api.example"), (CONTENT_TYPE, media_type)];
            let headers = headers(&pairs);
            let admitted = origins.admit_form(&method, &headers, &Uri::default()).is_ok();
            assert_eq!(admitted, expected, "{method} {media_type:?}");
        }
    }

    #[test]
    fn hosts_are_known_with_a_port_and_without() {
        let hosts = ["api.example".to_owned(), "localhost:8080".to_owned(), "[::1]".to_owned()];
        for (host, expected) in [
            ("api.example", true),
            ("API.example:8443", true),
            ("localhost:8080", true),
            ("localhost", false),
            ("localhost:8081", false),
            ("[::1]:80", true),
            ("[::1]", true),
            ("api.example.evil.example", false),
            ("evil.example", false),
            ("", false),
        ] {
            let found = admit_host(&hosts, &headers(&[(HOST, host)]), &Uri::default());
            assert_eq!(found.is_ok(), expected, "{host:?}");
        }
        let uri = Uri::from_static("http://evil.example/v1");
        assert!(admit_host(&hosts, &headers(&[(HOST, "api.example")]), &uri).is_err());
    }
}
