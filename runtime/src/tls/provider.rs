//! Where the cryptography comes from.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::CryptoProvider;

use super::error::TlsError;

/// The provider of the process, or that of the features.
pub(super) fn provider() -> Result<Arc<CryptoProvider>, TlsError> {
    match CryptoProvider::get_default() {
        Some(provider) => Ok(Arc::clone(provider)),
        None => of_features(),
    }
}

#[cfg(feature = "tls-aws-lc")]
#[allow(clippy::unnecessary_wraps, reason = "without the features there is none")]
fn of_features() -> Result<Arc<CryptoProvider>, TlsError> {
    Ok(Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "tls", not(feature = "tls-aws-lc")))]
#[allow(clippy::unnecessary_wraps, reason = "without the features there is none")]
fn of_features() -> Result<Arc<CryptoProvider>, TlsError> {
    Ok(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()))
}

#[cfg(not(any(feature = "tls", feature = "tls-aws-lc")))]
fn of_features() -> Result<Arc<CryptoProvider>, TlsError> {
    Err(TlsError::new("cryptography")("it needs the feature `tls` or `tls-aws-lc` of rsvc"))
}

#[cfg(all(test, feature = "tls", feature = "tls-aws-lc"))]
mod tests {
    use super::*;

    #[test]
    fn aws_lc_is_used_where_both_are_there() {
        let name = |provider: &CryptoProvider| format!("{:?}", provider.secure_random);
        let chosen = of_features().expect("there are two");
        assert_eq!(name(&chosen), name(&tokio_rustls::rustls::crypto::aws_lc_rs::default_provider()));
        assert_ne!(name(&chosen), name(&tokio_rustls::rustls::crypto::ring::default_provider()));
    }
}
