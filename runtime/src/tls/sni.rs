//! Which identity a server shows: the one of the name that a client asks for.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::error::TlsError;

/// The identities of a server.
#[derive(Debug)]
pub(super) struct Identities {
    default: Arc<CertifiedKey>,
    /// By name in lower case. That of a wildcard begins with a dot.
    named: HashMap<String, Arc<CertifiedKey>>,
}

impl Identities {
    pub(super) fn new(default: CertifiedKey) -> Self {
        Self { default: Arc::new(default), named: HashMap::new() }
    }

    /// Adds one for some names, each exact or `*.` and a domain.
    pub(super) fn add(&mut self, names: &[String], identity: CertifiedKey) -> Result<(), TlsError> {
        let identity = Arc::new(identity);
        for name in names {
            test(name, &identity).map_err(|error| error.at(format_args!("`{name}`")))?;
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let key = name.strip_prefix('*').unwrap_or(&name).to_owned();
            if self.named.insert(key, Arc::clone(&identity)).is_some() {
                return Err(TlsError::new("identity")(format_args!("two are for `{name}`")));
            }
        }
        Ok(())
    }

    /// An exact name comes before a wildcard, which stands for one label. A name that nobody knows gets the default, as
    /// does a client that does not say one.
    fn find(&self, name: &str) -> &Arc<CertifiedKey> {
        let wildcard = || self.named.get(&name[name.find('.')?..]);
        self.named.get(name).or_else(wildcard).unwrap_or(&self.default)
    }
}

/// A certificate that is not for the name would be refused by every client.
fn test(name: &str, identity: &CertifiedKey) -> Result<(), TlsError> {
    let failed = "identity";
    let example = name.strip_prefix("*.").map_or_else(|| name.to_owned(), |domain| format!("any.{domain}"));
    let asked = ServerName::try_from(example).map_err(TlsError::new(failed))?;
    let certificate = identity.end_entity_cert().map_err(TlsError::new(failed))?;
    let certificate = ParsedCertificate::try_from(certificate).map_err(TlsError::new(failed))?;
    verify_server_name(&certificate, &asked).map_err(TlsError::new(failed))
}

impl ResolvesServerCert for Identities {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(hello.server_name().map_or(&self.default, |name| self.find(name))))
    }
}
