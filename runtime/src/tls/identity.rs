//! [`Identity`].

use std::fmt;
use std::path::PathBuf;

use super::Pem;

/// A certificate chain and the private key of its first certificate.
#[derive(Clone)]
pub struct Identity {
    pub(super) chain: Pem,
    pub(super) key: Pem,
}

impl Identity {
    /// Takes both as PEM; they are read when they are used.
    pub fn from_pem(chain: impl Into<Pem>, key: impl Into<Pem>) -> Self {
        Self { chain: chain.into(), key: key.into() }
    }

    /// Takes both from files; they are read when they are used, and again when they change.
    pub fn from_files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { chain: Pem::file(chain), key: Pem::file(key) }
    }

    pub(super) fn pem(&self) -> impl Iterator<Item = &Pem> {
        [&self.chain, &self.key].into_iter()
    }
}

/// Keys are nothing to print.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

#[cfg(any(feature = "server", feature = "client"))]
mod read {
    use tokio_rustls::rustls::crypto::CryptoProvider;
    use tokio_rustls::rustls::sign::CertifiedKey;

    use super::Identity;
    use crate::tls::error::TlsError;
    use crate::tls::pem::Files;

    impl Identity {
        /// The chain with its key, which are known to belong together.
        pub(in crate::tls) fn read(
            &self,
            files: &Files,
            provider: &CryptoProvider,
        ) -> Result<CertifiedKey, TlsError> {
            let chain = files.certificates(&self.chain, "certificate chain")?;
            let key = files.key(&self.key, "private key")?;
            CertifiedKey::from_der(chain, key, provider).map_err(TlsError::new("identity")).map_err(|error| {
                match self.key.path() {
                    None => error,
                    Some(path) => error.at(path.display()),
                }
            })
        }
    }
}
