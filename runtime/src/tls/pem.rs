//! [`Pem`]: certificates and keys as text, in memory or in files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(any(feature = "server", feature = "client"))]
pub(super) use files::Files;

/// PEM text, or the file that has it. A file is read when it is used, and again when it changes.
///
/// ```
/// use rsvc::tls::Pem;
///
/// let file = Pem::file("/etc/shop/ca.pem");
/// let text = Pem::from("-----BEGIN CERTIFICATE-----\n…");
/// ```
#[derive(Clone)]
pub struct Pem(PemOrigin);

#[derive(Clone)]
enum PemOrigin {
    Memory(Arc<[u8]>),
    File(Arc<Path>),
}

impl Pem {
    /// A file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(PemOrigin::File(path.into().into()))
    }

    /// The file, if it is one.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.0 {
            PemOrigin::Memory(_) => None,
            PemOrigin::File(path) => Some(path),
        }
    }
}

/// Text may be a private key, which is not printed.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pem").field(&self.path().unwrap_or(Path::new("…"))).finish()
    }
}

impl From<Vec<u8>> for Pem {
    fn from(text: Vec<u8>) -> Self {
        Self(PemOrigin::Memory(text.into()))
    }
}

impl From<&[u8]> for Pem {
    fn from(text: &[u8]) -> Self {
        Self(PemOrigin::Memory(text.into()))
    }
}

impl<const N: usize> From<&[u8; N]> for Pem {
    fn from(text: &[u8; N]) -> Self {
        Self::from(text.as_slice())
    }
}

impl From<String> for Pem {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl From<&str> for Pem {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

/// What is read from files, and of PEM.
#[cfg(any(feature = "server", feature = "client"))]
mod files {
    use std::collections::BTreeMap;
    use std::hash::{BuildHasher, RandomState};
    use std::path::PathBuf;
    use std::{fs, io};

    use tokio_rustls::rustls::RootCertStore;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

    use super::{Pem, PemOrigin};
    use crate::tls::error::TlsError;

    /// The content of the files that settings name, as it was when they were read.
    pub(in crate::tls) struct Files(BTreeMap<PathBuf, Result<Vec<u8>, io::Error>>);

    impl Files {
        /// Reads the files among these. One that cannot be read is reported when it is used.
        pub(in crate::tls) fn read<'a>(all: impl IntoIterator<Item = &'a Pem>) -> Self {
            let paths = all.into_iter().filter_map(Pem::path);
            Self(paths.map(|path| (path.to_owned(), fs::read(path))).collect())
        }

        /// Tells one content from another. Keys are not kept for that.
        pub(in crate::tls) fn stamp(&self, hasher: &RandomState) -> u64 {
            let content = self.0.iter().map(|(path, read)| (path, read.as_ref().map_err(io::Error::kind)));
            hasher.hash_one(content.collect::<Vec<_>>())
        }

        /// The certificates, of which there is at least one.
        pub(in crate::tls) fn certificates(
            &self,
            pem: &Pem,
            what: &'static str,
        ) -> Result<Vec<CertificateDer<'static>>, TlsError> {
            self.items(pem, what, "there is no certificate in it")
        }

        /// The lists of revoked certificates, of which there is at least one.
        #[cfg(feature = "server")]
        pub(in crate::tls) fn revocation_lists(
            &self,
            pem: &Pem,
            what: &'static str,
        ) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
            self.items(pem, what, "there is no revocation list in it")
        }

        /// The certificates as authorities.
        pub(in crate::tls) fn roots(&self, pem: &Pem, what: &'static str) -> Result<RootCertStore, TlsError> {
            let mut roots = RootCertStore::empty();
            for certificate in self.certificates(pem, what)? {
                roots.add(certificate).map_err(TlsError::new(what)).map_err(|error| located(error, pem))?;
            }
            Ok(roots)
        }

        /// The first private key.
        pub(in crate::tls) fn key(
            &self,
            pem: &Pem,
            what: &'static str,
        ) -> Result<PrivateKeyDer<'static>, TlsError> {
            let key = PrivateKeyDer::from_pem_slice(self.text(pem, what)?);
            key.map_err(TlsError::new(what)).map_err(|error| located(error, pem))
        }

        fn items<T: PemObject>(&self, pem: &Pem, what: &'static str, none: &str) -> Result<Vec<T>, TlsError> {
            let items = T::pem_slice_iter(self.text(pem, what)?).collect::<Result<Vec<_>, _>>();
            let items = match items {
                Ok(items) if items.is_empty() => Err(TlsError::new(what)(none)),
                items => items.map_err(TlsError::new(what)),
            };
            items.map_err(|error| located(error, pem))
        }

        fn text<'a>(&'a self, pem: &'a Pem, what: &'static str) -> Result<&'a [u8], TlsError> {
            match &pem.0 {
                PemOrigin::Memory(text) => Ok(text),
                PemOrigin::File(path) => match self.0.get(&**path).expect("all files were read") {
                    Ok(text) => Ok(text),
                    Err(error) => Err(located(TlsError::new(what)(error), pem)),
                },
            }
        }
    }

    fn located(error: TlsError, pem: &Pem) -> TlsError {
        match pem.path() {
            None => error,
            Some(path) => error.at(path.display()),
        }
    }
}
