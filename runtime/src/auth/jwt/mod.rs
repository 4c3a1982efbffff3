//! JSON Web Tokens ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519.html)) as bearer tokens.
//!
//! ```no_run
//! use rsvc::auth::jwt::{Jwt, Keys};
//!
//! # fn main() -> Result<(), rsvc::auth::jwt::JwtError> {
//! let jwt = Jwt::new(Keys::file("issuer.pem"))
//!     .issuer("https://issuer.example")
//!     .audience("shop")
//!     .build()?;
//! let server = rsvc::Server::new().authenticator(jwt);
//! # Ok(())
//! # }
//! ```
//!
//! A token is taken if its signature is right by a key that may be used with its algorithm, it has not expired, and it is
//! for this audience and from this issuer. It is parsed and the claims are read by the rules that follow:
//!
//! - The algorithms are those of the keys: a public key never verifies `HS256`, a key of ECDSA no `RS256`, and `none` is
//!   not an algorithm. [`JwtBuilder::algorithms`] narrows them. `ES512` is not supported, nor are RSA keys below 2048 bits.
//! - A token that asks for what is not understood here (`crit`, `b64`, `zip`, `enc`) is refused.
//! - `exp` must be there unless [`JwtBuilder::expiry_optional`] says otherwise; `nbf` holds if it is there.
//! - A token that names an audience is refused unless one of them is listed.
//!
//! Cryptography is ring's, which the feature `tls` has, too.

mod builder;
mod claims;
mod error;
#[cfg(feature = "jwks")]
mod fetch;
mod keys;
#[cfg(all(test, feature = "jwks"))]
mod refresh_tests;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use self::claims::Demands;
use self::error::Reason;
use self::keys::KeySet;
use self::source::Store;
use super::credentials;
use crate::access::{Authenticator, Challenge, Principal};
use crate::bridge::Status;
use crate::context::Context;

pub use self::builder::JwtBuilder;
pub use self::error::JwtError;
pub use self::source::Keys;
pub use jsonwebtoken::Algorithm;

/// Knows callers by signed tokens in `authorization: Bearer …`.
///
/// The subject of the [`Principal`] is `sub`, its scopes are those of `scope` and `scp`, and its claims are
/// [`prost_types::Struct`], unless the [`JwtBuilder`] was told otherwise. Cloning is cheap.
#[derive(Clone)]
pub struct Jwt {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    demands: Demands,
    challenge: Challenge,
    max_size: usize,
    token_type: Option<String>,
    /// Those that may be, whatever the keys.
    algorithms: Option<Vec<Algorithm>>,
}

/// Why there is no principal.
enum Refusal {
    Token(Reason),
    /// The keys have never been there.
    NoKeys,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::Token(reason)
    }
}

impl Jwt {
    /// Tokens that are signed with one of these keys.
    #[allow(clippy::new_ret_no_self, reason = "keys alone are not enough")]
    pub fn new(keys: Keys) -> JwtBuilder {
        JwtBuilder::new(keys)
    }

    /// Waits until there are keys: for programs that fetch them and should not start without.
    ///
    /// # Errors
    /// If there are none within a few seconds. Calls that come before there are keys are `UNAVAILABLE`.
    pub async fn ready(&self) -> Result<(), JwtError> {
        let keys = self.inner.store.keys().await;
        keys.map(drop).ok_or_else(|| JwtError::new("there are no keys yet: the log says why"))
    }
}

impl Authenticator for Jwt {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        let token = match credentials::of_scheme(ctx, "Bearer") {
            Ok(None) => return Ok(None),
            Ok(Some(token)) => Ok(token),
            Err(credentials::Ambiguous) => Err(Reason::Credentials),
        };
        let outcome = match token {
            Ok(token) => self.inner.principal(token).await,
            Err(reason) => Err(reason.into()),
        };
        outcome.map(Some).map_err(|refusal| refuse(&refusal))
    }

    fn challenge(&self) -> Challenge {
        self.inner.challenge.clone()
    }
}

impl Inner {
    async fn principal(&self, token: &str) -> Result<Principal, Refusal> {
        if token.len() > self.max_size {
            return Err(Reason::Size.into());
        }
        let token = TokenParts::parse(token)?;
        if self.token_type.as_ref().is_some_and(|wanted| !token.is_of_type(wanted)) {
            return Err(Reason::Type.into());
        }
        if self.algorithms.as_ref().is_some_and(|listed| !listed.contains(&token.header.alg)) {
            return Err(Reason::Algorithm.into());
        }
        let keys = self.store.keys().await.ok_or(Refusal::NoKeys)?;
        match token.verify(&keys) {
            Err(Reason::UnknownKey) => {
                let keys = self.store.keys_after(&keys).await.ok_or(Reason::UnknownKey)?;
                token.verify(&keys)?;
            }
            verified => verified?,
        }
        Ok(self.demands.principal(&decode(token.payload)?, SystemTime::now())?)
    }
}

/// The parts of a token, of which nothing is known to be true.
struct TokenParts<'a> {
    header: jsonwebtoken::Header,
    /// Header and payload, as they were signed.
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> TokenParts<'a> {
    fn parse(token: &'a str) -> Result<Self, Reason> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Reason::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(Reason::Form)?;
        if payload.contains('.') {
            return Err(Reason::Form);
        }
        let signature = decode(signature)?;
        // `none` and whatever else is not an algorithm fail here.
        let header: jsonwebtoken::Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| Reason::Header)?;
        let is_extended = header.crit.is_some() || header.enc.is_some() || header.zip.is_some();
        if is_extended || header.extras.inner().contains_key("b64") {
            return Err(Reason::Header);
        }
        Ok(Self { header, signed, payload, signature })
    }

    /// Whether the header has this type, which may be written as a media type (RFC 7515, section 4.1.9).
    fn is_of_type(&self, wanted: &str) -> bool {
        let short = |name: &str| {
            let prefix = "application/";
            let rest = name.get(prefix.len()..).filter(|_| name[..prefix.len()].eq_ignore_ascii_case(prefix));
            rest.unwrap_or(name).to_ascii_lowercase()
        };
        self.header.typ.as_ref().is_some_and(|typ| short(typ) == short(wanted))
    }

    fn verify(&self, keys: &KeySet) -> Result<(), Reason> {
        keys.verify(self.header.kid.as_deref(), self.header.alg, self.signed.as_bytes(), &self.signature)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Reason::Form)
}

/// The answer to a token that is refused. It does not say which test failed: who tries out tokens would learn from it.
#[cold]
fn refuse(refusal: &Refusal) -> Status {
    match refusal {
        Refusal::NoKeys => Status::unavailable("the keys for tokens are not there yet"),
        Refusal::Token(reason) => {
            tracing::debug!(%reason, "a token was refused");
            match reason {
                Reason::Expired => Status::unauthenticated("the token has expired"),
                _ => Status::unauthenticated("the token is not valid"),
            }
        }
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").finish_non_exhaustive()
    }
}
