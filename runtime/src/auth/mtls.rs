//! Callers known by the certificate of their connection (mutual TLS).
//!
//! [`ServerTls::client_ca`](crate::tls::ServerTls::client_ca) says which certificates are taken; here one of their names
//! becomes the subject of a [`Principal`].
//!
//! ```no_run
//! use rsvc::auth::mtls::ClientCertificate;
//!
//! let certificates = ClientCertificate::by_spiffe_id("prod.example")
//!     .scopes(|identity| match identity.spiffe_id() {
//!         Some(id) if id.path() == "/billing" => vec!["orders.read"],
//!         _ => vec![],
//!     });
//! let server = rsvc::Server::new().authenticator(certificates);
//! ```

use std::fmt;
use std::sync::Arc;

use crate::access::{Authenticator, Challenge, Principal};
use crate::bridge::Status;
use crate::context::Context;
use crate::tls::CertificateDer;

/// RFC 9110 wants a challenge in every 401, and no registered scheme is for certificates.
const SCHEME: &str = "ClientCertificate";

/// What the user makes of the names.
type OfNames<T> = dyn Fn(&PeerIdentity) -> T + Send + Sync;

/// Knows callers by their certificates, which TLS has verified.
///
/// The claims of the [`Principal`] are the [`PeerIdentity`]. A certificate without the name that is asked for, or with
/// several, is `UNAUTHENTICATED`; a connection without a certificate brings no credentials.
#[derive(Clone)]
pub struct ClientCertificate {
    subject: Arc<OfNames<Option<String>>>,
    scopes: Option<Arc<OfNames<Vec<String>>>>,
}

impl ClientCertificate {
    /// The subject is the SPIFFE ID, `spiffe://TRUST_DOMAIN/PATH`, of a certificate that is a
    /// [X.509-SVID](https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md) of this trust domain.
    pub fn by_spiffe_id(trust_domain: impl Into<String>) -> Self {
        let trust_domain = trust_domain.into();
        Self::by(move |identity| {
            let id = identity.spiffe_id().filter(|id| id.trust_domain() == trust_domain)?;
            Some(id.as_str().to_owned())
        })
    }

    /// The subject is the one DNS name of the certificate. A pattern such as `*.example` is not one.
    pub fn by_dns_name() -> Self {
        Self::by(|identity| only(identity.dns_names()).filter(|name| !name.contains('*')).cloned())
    }

    /// The subject is the one URI of the certificate.
    pub fn by_uri() -> Self {
        Self::by(|identity| only(identity.uris()).cloned())
    }

    /// The subject is what the function makes of the names. `None` refuses the certificate.
    pub fn by(subject: impl Fn(&PeerIdentity) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { subject: Arc::new(subject), scopes: None }
    }

    /// The scopes that the function makes of the names. Without it there are none.
    #[must_use]
    pub fn scopes<S: Into<String>>(
        mut self,
        scopes: impl Fn(&PeerIdentity) -> Vec<S> + Send + Sync + 'static,
    ) -> Self {
        self.scopes = Some(Arc::new(move |identity| scopes(identity).into_iter().map(Into::into).collect()));
        self
    }

    fn principal(&self, certificate: &CertificateDer<'_>) -> Result<Principal, Status> {
        let refused = |reason| {
            tracing::debug!(reason, "a client certificate was refused");
            Status::unauthenticated("the certificate names no caller")
        };
        let identity = PeerIdentity::read(certificate).ok_or_else(|| refused("it cannot be read"))?;
        let subject =
            (self.subject)(&identity).ok_or_else(|| refused("it has no name of that kind, or several"))?;
        let scopes = self.scopes.as_ref().map(|scopes| scopes(&identity));
        Ok(Principal::new(subject).with_scopes(scopes.into_iter().flatten()).with_claims(identity))
    }
}

impl Authenticator for ClientCertificate {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        let certificates = ctx.peer_certificates();
        let own = certificates.as_ref().and_then(|chain| chain.first());
        own.map(|certificate| self.principal(certificate)).transpose()
    }

    fn challenge(&self) -> Challenge {
        Challenge::new(SCHEME)
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

/// The names in a certificate (`subjectAltName`). The common name is none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerIdentity {
    dns_names: Vec<String>,
    uris: Vec<String>,
    spiffe_id: Option<SpiffeId>,
}

impl PeerIdentity {
    fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
        let dns_names = certificate.valid_dns_names().map(str::to_owned).collect();
        let uris: Vec<String> = certificate.valid_uri_names().map(str::to_owned).collect();
        // An X.509-SVID has one URI, which is the SPIFFE ID.
        let spiffe_id = only(&uris).and_then(|uri| SpiffeId::parse(uri));
        Some(Self { dns_names, uris, spiffe_id })
    }

    /// The DNS names.
    pub fn dns_names(&self) -> &[String] {
        &self.dns_names
    }

    /// The URIs.
    pub fn uris(&self) -> &[String] {
        &self.uris
    }

    /// The SPIFFE ID, if the certificate has one URI and it is a valid one with a path.
    pub fn spiffe_id(&self) -> Option<&SpiffeId> {
        self.spiffe_id.as_ref()
    }
}

fn only(names: &[String]) -> Option<&String> {
    match names {
        [name] => Some(name),
        _ => None,
    }
}

/// The name of a workload, `spiffe://TRUST_DOMAIN/PATH`
/// ([SPIFFE ID](https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpiffeId {
    text: String,
    /// Where the path begins.
    path: usize,
}

const SPIFFE: &str = "spiffe://";

impl SpiffeId {
    /// Reads an id as the specification has it: no user, port, query, fragment or percent-encoding, and no segment that is
    /// empty, `.` or `..`.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(SPIFFE).filter(|_| text.len() <= 2048)?;
        let (domain, path) = rest.split_once('/')?;
        let of_domain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
        let of_segment = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_segment =
            |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(of_segment);
        let is_valid = !domain.is_empty()
            && domain.len() <= 255
            && domain.bytes().all(of_domain)
            && path.split('/').all(is_segment);
        is_valid.then(|| Self { text: text.to_owned(), path: SPIFFE.len() + domain.len() })
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Who vouches for the name.
    pub fn trust_domain(&self) -> &str {
        &self.text[SPIFFE.len()..self.path]
    }

    /// The path, with the slash that it begins with.
    pub fn path(&self) -> &str {
        &self.text[self.path..]
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType, string::Ia5String};

    use super::*;
    use crate::bridge::Code;

    fn certificate(names: &[(&str, &str)]) -> CertificateDer<'static> {
        let mut parameters = CertificateParams::default();
        parameters.subject_alt_names = names
            .iter()
            .map(|(kind, name)| {
                let name = Ia5String::try_from(*name).unwrap();
                if *kind == "dns" { SanType::DnsName(name) } else { SanType::URI(name) }
            })
            .collect();
        let key = KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().der().clone()
    }

    fn subject(by: &ClientCertificate, names: &[(&str, &str)]) -> Option<String> {
        match by.principal(&certificate(names)) {
            Ok(principal) => Some(principal.subject().to_owned()),
            Err(status) => {
                assert_eq!(status.code(), Code::Unauthenticated);
                None
            }
        }
    }

    #[test]
    fn the_one_name_of_a_kind_is_the_subject() {
        let some = |text: &str| Some(text.to_owned());
        let (dns, uri) = (ClientCertificate::by_dns_name(), ClientCertificate::by_uri());
        assert_eq!(subject(&dns, &[("dns", "a.example"), ("uri", "urn:b")]), some("a.example"));
        assert_eq!(subject(&uri, &[("dns", "a.example"), ("uri", "urn:b")]), some("urn:b"));
        for names in [&[][..], &[("dns", "*.example")], &[("dns", "a.example"), ("dns", "b.example")]] {
            assert_eq!(subject(&dns, names), None, "{names:?}");
        }
        assert_eq!(subject(&uri, &[("uri", "urn:a"), ("uri", "urn:b")]), None);
        let spiffe = ClientCertificate::by_spiffe_id("a.example");
        assert_eq!(subject(&spiffe, &[("uri", "spiffe://a.example/x")]), some("spiffe://a.example/x"));
        for names in [
            &[("uri", "spiffe://b.example/x")][..],
            &[("uri", "spiffe://a.example/x"), ("uri", "urn:b")],
            &[("uri", "https://a.example/x")],
            &[("dns", "a.example")],
        ] {
            assert_eq!(subject(&spiffe, names), None, "{names:?}");
        }
    }

    #[test]
    fn scopes_and_claims_are_of_the_names() {
        let by = ClientCertificate::by_dns_name().scopes(|identity| vec![identity.dns_names()[0].clone()]);
        let principal = by.principal(&certificate(&[("dns", "a.example")])).unwrap();
        assert_eq!(principal.scopes().collect::<Vec<_>>(), ["a.example"]);
        assert_eq!(principal.claims::<PeerIdentity>().unwrap().dns_names(), ["a.example"]);
        by.principal(&CertificateDer::from_slice(b"no certificate")).unwrap_err();
    }

    #[test]
    fn spiffe_ids_are_those_of_the_specification() {
        let id = SpiffeId::parse("spiffe://prod.example_1/ns/Shop-1/sa/a.b").unwrap();
        assert_eq!((id.trust_domain(), id.path()), ("prod.example_1", "/ns/Shop-1/sa/a.b"));
        for wrong in [
            "",
            "spiffe://",
            "spiffe:///path",
            "spiffe://a.example",
            "spiffe://a.example/",
            "spiffe://a.example/x/",
            "spiffe://a.example//x",
            "spiffe://a.example/./x",
            "spiffe://a.example/x/..",
            "spiffe://a.example:80/x",
            "spiffe://me@a.example/x",
            "spiffe://A.example/x",
            "spiffe://a.example/x?y",
            "spiffe://a.example/x#y",
            "spiffe://a.example/%78",
            "spiffe://a.example/ä",
            "spiffe://a%2eexample/x",
            "SPIFFE://a.example/x",
            "https://a.example/x",
        ] {
            assert_eq!(SpiffeId::parse(wrong), None, "{wrong}");
        }
        assert!(SpiffeId::parse(&format!("spiffe://a/{}", "x".repeat(2048))).is_none());
        assert!(SpiffeId::parse(&format!("spiffe://{}/x", "a".repeat(256))).is_none());
    }
}
