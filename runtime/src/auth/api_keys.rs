//! Callers known by keys that they were given.
//!
//! ```
//! use rsvc::Principal;
//! use rsvc::auth::api_keys::{ApiKeys, KeySet, new_key};
//!
//! // Once, for each caller: the key goes to the caller, its hash into the configuration.
//! let (key, hash) = new_key();
//!
//! let billing = Principal::new("billing").with_scopes(["orders.read"]);
//! let keys = ApiKeys::new(KeySet::new().add(hash, billing));
//! let server = rsvc::Server::new().authenticator(keys.clone());
//! // Later, without a restart:
//! keys.replace(KeySet::new());
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use super::credentials;
use crate::access::{Authenticator, Challenge, Principal};
use crate::bridge::Status;
use crate::context::Context;

const SCHEME: &str = "ApiKey";

/// The random bytes of a key.
const KEY_BYTES: usize = 32;

/// A key that nobody can guess, and its hash.
///
/// # Panics
/// If the system has no random numbers.
pub fn new_key() -> (String, KeyHash) {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    let key = URL_SAFE_NO_PAD.encode(bytes);
    let hash = KeyHash::of(&key);
    (key, hash)
}

/// The SHA-256 of a key, which is kept in the place of the key. As text it is 64 hexadecimal digits.
///
/// A hash without salt and without cost is enough for keys as [`new_key`] makes them, since they cannot be guessed. It is
/// none for passwords.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyHash").finish_non_exhaustive()
    }
}

impl FromStr for KeyHash {
    type Err = KeyHashError;

    fn from_str(text: &str) -> Result<Self, KeyHashError> {
        let mut hash = [0; 32];
        if text.len() != 2 * hash.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyHashError(()));
        }
        for (index, byte) in hash.iter_mut().enumerate() {
            let digits = &text[2 * index..2 * index + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| KeyHashError(()))?;
        }
        Ok(Self(hash))
    }
}

/// A text is not a [`KeyHash`].
#[derive(Debug)]
pub struct KeyHashError(());

impl fmt::Display for KeyHashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the hash of a key is 64 hexadecimal digits")
    }
}

impl std::error::Error for KeyHashError {}

/// The keys that are known at a time, each with the caller who has it.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<(KeyHash, Principal)>,
}

impl KeySet {
    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key.
    #[must_use]
    pub fn add(mut self, hash: KeyHash, caller: Principal) -> Self {
        self.keys.push((hash, caller));
        self
    }

    /// Who has a key. All keys are compared, each in constant time, so that the time says nothing of any: it grows with
    /// their number, some 20 ns for each.
    fn find(&self, hash: KeyHash) -> Option<&Principal> {
        let (mut found, mut place) = (Choice::from(0), 0);
        for (index, (known, _)) in (0u64..).zip(&self.keys) {
            let is_it = known.0.ct_eq(&hash.0);
            place.conditional_assign(&index, is_it);
            found |= is_it;
        }
        let place = usize::try_from(place).ok().filter(|_| bool::from(found))?;
        self.keys.get(place).map(|(_, principal)| principal)
    }
}

/// Knows callers by keys, in `authorization: ApiKey …` or in a header of its own. Clones share their keys.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    keys: Arc<RwLock<Arc<KeySet>>>,
    header: Option<HeaderName>,
}

impl ApiKeys {
    /// Takes these keys.
    #[must_use]
    pub fn new(keys: KeySet) -> Self {
        Self { keys: Arc::new(RwLock::new(Arc::new(keys))), header: None }
    }

    /// Reads keys from this header, as `x-api-key`.
    #[must_use]
    pub fn header(mut self, name: HeaderName) -> Self {
        self.header = Some(name);
        self
    }

    /// Takes other keys from now on.
    pub fn replace(&self, keys: KeySet) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// The key of a call. Two, or one that is not text, are wrong.
    fn key<'a>(&self, ctx: &'a Context) -> Result<Option<&'a str>, ()> {
        let Some(header) = &self.header else {
            return credentials::of_scheme(ctx, SCHEME).map_err(drop);
        };
        let mut values = ctx.metadata().as_ref().get_all(header).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(drop),
            (Some(_), Some(_)) => Err(()),
        }
    }
}

impl Authenticator for ApiKeys {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        let wrong = || Status::unauthenticated("the API key is not valid");
        let Some(key) = self.key(ctx).map_err(|()| wrong())? else { return Ok(None) };
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        keys.find(KeyHash::of(key)).cloned().map(Some).ok_or_else(wrong)
    }

    fn challenge(&self) -> Challenge {
        let challenge = Challenge::new(SCHEME);
        match &self.header {
            None => challenge,
            Some(header) => challenge.parameter("header", header.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::bridge::MetadataMap;
    use crate::method::{MethodInfo, MethodKind};

    static METHOD: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::Unary);

    /// Who calls with these headers; `Err` if they are refused.
    fn caller(keys: &ApiKeys, headers: &[(&'static str, &[u8])]) -> Result<Option<String>, String> {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, http::HeaderValue::from_bytes(value).unwrap());
        }
        let metadata = MetadataMap::from_headers(map);
        let ctx = Context::arrived(&METHOD, metadata, http::Extensions::new(), None, None, None);
        let outcome = keys.authenticate(&ctx).now_or_never().unwrap();
        outcome
            .map(|who| who.map(|who| who.subject().to_owned()))
            .map_err(|status| status.message().to_owned())
    }

    #[test]
    fn keys_are_found_by_their_hash() {
        let made: Vec<_> = (0..50).map(|_| new_key()).collect();
        let set = made
            .iter()
            .enumerate()
            .fold(KeySet::new(), |set, (index, (_, hash))| set.add(*hash, Principal::new(index.to_string())));
        let keys = ApiKeys::new(set);
        let of_header = keys.clone().header(HeaderName::from_static("x-api-key"));
        let wrong = Err("the API key is not valid".to_owned());
        for (index, (key, hash)) in made.iter().enumerate() {
            let found = Ok(Some(index.to_string()));
            assert_eq!(hash.to_string().parse::<KeyHash>().unwrap(), *hash);
            let bearer = format!("aPIkEY  {key} ").into_bytes();
            assert_eq!(caller(&keys, &[("authorization", bearer.trim_ascii_end())]), found);
            assert_eq!(caller(&of_header, &[("x-api-key", key.as_bytes())]), found);
            // The hash is not a key.
            assert_eq!(caller(&of_header, &[("x-api-key", hash.to_string().as_bytes())]), wrong);
        }
        let key = made[0].0.as_bytes();
        assert_eq!(caller(&of_header, &[("x-api-key", key), ("x-api-key", key)]), wrong);
        assert_eq!(caller(&of_header, &[("x-api-key", b"\xff")]), wrong);
        assert_eq!(caller(&of_header, &[("x-api-key", b"")]), wrong);
        assert_eq!(caller(&of_header, &[("authorization", b"ApiKey x")]), Ok(None));
        assert_eq!(caller(&keys, &[("authorization", b"ApiKey")]), wrong);
        assert_eq!(caller(&keys, &[("authorization", b"ApiKey \xff")]), wrong);
        assert_eq!(caller(&keys, &[("authorization", b"Bearer x"), ("authorization", b"ApiKey x")]), wrong);
        assert_eq!(caller(&keys, &[("authorization", b"ApiKeys x")]), Ok(None));
        assert_eq!(caller(&keys, &[]), Ok(None));
    }

    #[test]
    fn keys_can_be_replaced() {
        let (key, hash) = new_key();
        let keys = ApiKeys::new(KeySet::new().add(hash, Principal::new("ann")));
        let header = format!("ApiKey {key}");
        let headers = [("authorization", header.as_bytes())];
        let clone = keys.clone();
        assert_eq!(caller(&clone, &headers), Ok(Some("ann".to_owned())));
        keys.replace(KeySet::new().add(KeyHash::of("other"), Principal::new("bob")));
        caller(&clone, &headers).unwrap_err();
    }

    #[test]
    fn hashes_are_not_shown_and_read_strictly() {
        let hash = KeyHash::of("key");
        let set = KeySet::new().add(hash, Principal::new("ann"));
        assert!(!format!("{:?}", ApiKeys::new(set)).contains(&hash.to_string()));
        for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32)] {
            wrong.parse::<KeyHash>().unwrap_err();
        }
    }
}
