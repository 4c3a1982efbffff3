//! [`JwtBuilder`]: what tokens must say.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;

use super::claims::{self, Demands};
use super::error::JwtError;
use super::source::{Keys, Store};
use super::{Inner, Jwt};
use crate::access::Challenge;
use crate::json::Json;

/// The size that a token may have, unless somebody says otherwise.
const MAX_SIZE: usize = 8 * 1024;

/// Settings of a [`Jwt`].
#[must_use]
pub struct JwtBuilder {
    keys: Keys,
    algorithms: Option<Vec<Algorithm>>,
    demands: Demands,
    challenge: Challenge,
    max_size: usize,
    token_type: Option<String>,
}

impl JwtBuilder {
    pub(super) fn new(keys: Keys) -> Self {
        Self {
            keys,
            algorithms: None,
            demands: Demands::default(),
            challenge: Challenge::bearer(),
            max_size: MAX_SIZE,
            token_type: None,
        }
    }

    /// Adds an issuer, the value of `iss`. Without any, all issuers are taken that have the keys.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.demands.issuers.push(issuer.into());
        self
    }

    /// Adds an audience, of which a token must name one in `aud`.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.demands.audiences.push(audience.into());
        self
    }

    /// Takes tokens for any audience. Whoever gets a token for a service of its own can then show it here.
    pub fn any_audience(mut self) -> Self {
        self.demands.any_audience = true;
        self
    }

    /// Narrows the algorithms to these. Otherwise a token may have any that fits its key.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// How much clocks may differ: 60 seconds, unless set.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.demands.leeway = leeway;
        self
    }

    /// Takes tokens without `exp`, which are valid for as long as their key.
    pub fn expiry_optional(mut self) -> Self {
        self.demands.needs_expiry = false;
        self
    }

    /// Adds a claim that must be there, by its name or its path (`realm_access.roles`).
    pub fn require_claim(mut self, name: impl Into<String>) -> Self {
        self.demands.required.push(name.into());
        self
    }

    /// The type that the header must have, as `at+jwt` of access tokens
    /// ([RFC 9068](https://www.rfc-editor.org/rfc/rfc9068.html)). Otherwise it is ignored.
    pub fn token_type(mut self, token_type: impl Into<String>) -> Self {
        self.token_type = Some(token_type.into());
        self
    }

    /// The claim that names the caller, in the place of `sub`: its name or its path.
    pub fn subject_claim(mut self, name: impl Into<String>) -> Self {
        self.demands.subject = name.into();
        self
    }

    /// Adds a claim that has scopes, in the place of `scope` and `scp`: its name, or its path as `realm_access.roles`. It
    /// is a list of texts, or a text with blanks between.
    pub fn scopes_claim(mut self, name: impl Into<String>) -> Self {
        self.demands.scopes.push(name.into());
        self
    }

    /// The claims as a generated message, read from JSON. Claims that it has no fields for are ignored.
    pub fn claims_message<M: Json + Default + Any + Send + Sync>(mut self) -> Self {
        self.demands.add_claims = Some(claims::add_message::<M>);
        self
    }

    /// The claims as a type of serde.
    pub fn claims_serde<T: serde::de::DeserializeOwned + Any + Send + Sync>(mut self) -> Self {
        self.demands.add_claims = Some(claims::add_serde::<T>);
        self
    }

    /// The size that a token may have: 8 KiB, unless set.
    pub fn max_size(mut self, bytes: usize) -> Self {
        self.max_size = bytes;
        self
    }

    /// The realm of the [`Challenge`].
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.challenge = Challenge::bearer().realm(realm);
        self
    }

    /// Reads the keys. Those of a URL are fetched in the background, from the first call on if there is no runtime yet.
    pub fn build(self) -> Result<Jwt, JwtError> {
        let Self { keys, algorithms, demands, challenge, max_size, token_type } = self;
        let store = Store::new(keys, algorithms.clone())?;
        Ok(Jwt { inner: Arc::new(Inner { store, demands, challenge, max_size, token_type, algorithms }) })
    }
}

impl std::fmt::Debug for JwtBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JwtBuilder").field("keys", &self.keys).finish_non_exhaustive()
    }
}
