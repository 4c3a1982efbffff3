//! Keys, prepared once, and signatures.

use std::str::FromStr as _;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind};
use ring::{hmac, signature};

use super::error::{JwtError, Reason};

/// More than any issuer has at the same time.
const MAX_KEYS: usize = 100;
/// How many keys are tried for a token that does not say which one it needs.
const MAX_TRIED: usize = 16;
/// RFC 7518, section 3.2: as long as the hash at least, of which the shortest is that of `HS256`.
const MIN_SECRET: usize = 32;

/// All keys that there are at a time.
#[derive(Default)]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

struct Key {
    id: Option<String>,
    /// What it may be used for; never those of another family.
    algorithms: Vec<Algorithm>,
    material: Material,
}

enum Material {
    /// For SHA-256, SHA-384 and SHA-512.
    Secret(Box<[hmac::Key; 3]>),
    Public(DecodingKey),
}

impl KeySet {
    pub(super) fn secret(secret: &[u8]) -> Result<Self, JwtError> {
        if secret.len() < MIN_SECRET {
            return Err(JwtError::new(format!("a secret has {MIN_SECRET} bytes at least")));
        }
        let algorithms = AlgorithmFamily::Hmac.algorithms().to_vec();
        Ok(Self { keys: vec![Key { id: None, algorithms, material: Material::secret(secret) }] })
    }

    /// Public keys in PEM, or a JWK or a set of them in JSON. Secrets are taken from a place that only this program reads.
    pub(super) fn read(text: &[u8], secrets: bool) -> Result<Self, JwtError> {
        let set = if text.trim_ascii_start().starts_with(b"{") {
            Self::from_json(text, secrets)
        } else {
            Self::from_pem(text)
        }?;
        match set.keys.len() {
            0..=MAX_KEYS => Ok(set),
            count => Err(JwtError::new(format!("{count} keys, of which {MAX_KEYS} may be"))),
        }
    }

    fn from_pem(text: &[u8]) -> Result<Self, JwtError> {
        let text = std::str::from_utf8(text).map_err(|_| JwtError::new("the keys are not text"))?;
        let mut keys = Vec::new();
        for block in text.split_inclusive("-----END ").filter_map(|part| part.split_once("-----BEGIN ")) {
            let (label, _) = block.1.split_once("-----").ok_or_else(|| JwtError::new("not PEM"))?;
            if !matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY") {
                return Err(JwtError::new("PEM that is not a public key"));
            }
            let pem = format!("-----BEGIN {}{label}-----\n", block.1);
            let read = [DecodingKey::from_rsa_pem, DecodingKey::from_ec_pem, DecodingKey::from_ed_pem];
            let key = read.iter().find_map(|read| read(pem.as_bytes()).ok());
            let key = key.ok_or_else(|| JwtError::new("a public key that is not RSA, ECDSA or Ed25519"))?;
            keys.push(Key::public(None, key).ok_or_else(|| JwtError::new("a curve that is not known"))?);
        }
        if keys.is_empty() {
            return Err(JwtError::new("neither public keys in PEM nor JSON"));
        }
        Ok(Self { keys })
    }

    fn from_json(text: &[u8], secrets: bool) -> Result<Self, JwtError> {
        let json: serde_json::Value =
            serde_json::from_slice(text).map_err(|_| JwtError::new("the keys are not JSON"))?;
        // What is not understood is ignored, by RFC 7517, section 5, so that an issuer can have other keys as well.
        let key = |json: &serde_json::Value| {
            let jwk = serde_json::from_value(json.clone()).ok()?;
            Key::of_jwk(&jwk, secrets)
        };
        let keys = match json.get("keys") {
            Some(serde_json::Value::Array(set)) => set.iter().filter_map(key).collect(),
            Some(_) => return Err(JwtError::new("`keys` is not a list")),
            None => vec![key(&json).ok_or_else(|| JwtError::new("not a key that can be used"))?],
        };
        Ok(Self { keys })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Narrows what keys may be used for.
    pub(super) fn only(mut self, allowed: Option<&[Algorithm]>) -> Self {
        if let Some(allowed) = allowed {
            for key in &mut self.keys {
                key.algorithms.retain(|algorithm| allowed.contains(algorithm));
            }
            self.keys.retain(|key| !key.algorithms.is_empty());
        }
        self
    }

    /// Tests a signature with the key that has this id, or, where keys or tokens have none, with those that fit.
    pub(super) fn verify(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Reason> {
        let fits = |key: &&Key| {
            let is_named = match (&key.id, id) {
                (Some(key), Some(id)) => key == id,
                (None, _) | (_, None) => true,
            };
            is_named && key.algorithms.contains(&algorithm)
        };
        let mut reason = Reason::UnknownKey;
        for key in self.keys.iter().filter(fits).take(MAX_TRIED) {
            if key.material.verify(algorithm, message, signature) {
                return Ok(());
            }
            // One that was not named may be another one than that which is needed.
            if key.id.is_some() && id.is_some() {
                reason = Reason::Signature;
            }
        }
        Err(reason)
    }
}

impl Key {
    /// The algorithms are those of the key, so that a public key is never taken for a secret.
    fn public(id: Option<String>, key: DecodingKey) -> Option<Self> {
        let algorithms = match (key.family(), key.kind()) {
            (AlgorithmFamily::Rsa, DecodingKeyKind::RsaModulusExponent { n, .. }) if n.len() < 256 => {
                return None;
            }
            (AlgorithmFamily::Rsa, _) => AlgorithmFamily::Rsa.algorithms().to_vec(),
            // A point: one byte and two coordinates.
            (AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point)) => match point.len() {
                65 => vec![Algorithm::ES256],
                97 => vec![Algorithm::ES384],
                _ => return None,
            },
            (AlgorithmFamily::Ed, DecodingKeyKind::SecretOrDer(key)) if key.len() == 32 => {
                vec![Algorithm::EdDSA]
            }
            _ => return None,
        };
        Some(Self { id, algorithms, material: Material::Public(key) })
    }

    fn of_jwk(jwk: &Jwk, secrets: bool) -> Option<Self> {
        let common = &jwk.common;
        let is_for_signatures =
            common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let operations = common.key_operations.as_ref();
        if !is_for_signatures || operations.is_some_and(|all| !all.contains(&KeyOperations::Verify)) {
            return None;
        }
        let curve = match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(parameters) => Some(&parameters.curve),
            AlgorithmParameters::OctetKeyPair(parameters) => Some(&parameters.curve),
            _ => None,
        };
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let id = common.key_id.clone();
        let mut key = match (key.family(), key.kind()) {
            (AlgorithmFamily::Hmac, DecodingKeyKind::SecretOrDer(secret)) => {
                if !secrets || secret.len() < MIN_SECRET {
                    return None;
                }
                let algorithms = AlgorithmFamily::Hmac.algorithms().to_vec();
                Self { id, algorithms, material: Material::secret(secret) }
            }
            _ => Self::public(id, key)?,
        };
        let of_curve = match curve {
            None => None,
            Some(EllipticCurve::P256) => Some(Algorithm::ES256),
            Some(EllipticCurve::P384) => Some(Algorithm::ES384),
            Some(EllipticCurve::Ed25519) => Some(Algorithm::EdDSA),
            Some(_) => return None,
        };
        let named = match common.key_algorithm {
            None => None,
            Some(algorithm) => Some(Algorithm::from_str(&algorithm.to_string()).ok()?),
        };
        for only in [of_curve, named].into_iter().flatten() {
            key.algorithms.retain(|algorithm| *algorithm == only);
        }
        (!key.algorithms.is_empty()).then_some(key)
    }
}

impl Material {
    fn secret(secret: &[u8]) -> Self {
        let hashes = [hmac::HMAC_SHA256, hmac::HMAC_SHA384, hmac::HMAC_SHA512];
        Self::Secret(Box::new(hashes.map(|hash| hmac::Key::new(hash, secret))))
    }

    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Secret(keys) => {
                let [sha256, sha384, sha512] = &**keys;
                let key = match algorithm {
                    Algorithm::HS256 => sha256,
                    Algorithm::HS384 => sha384,
                    Algorithm::HS512 => sha512,
                    _ => return false,
                };
                // In constant time.
                hmac::verify(key, message, signature).is_ok()
            }
            Self::Public(key) => verify_public(key.kind(), algorithm, message, signature),
        }
    }
}

fn verify_public(kind: &DecodingKeyKind, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    if let Some(parameters) = rsa(algorithm) {
        return match kind {
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                signature::RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }
            DecodingKeyKind::SecretOrDer(der) => {
                signature::UnparsedPublicKey::new(parameters, der).verify(message, signature).is_ok()
            }
        };
    }
    let verification: &'static dyn signature::VerificationAlgorithm = match algorithm {
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::EdDSA => &signature::ED25519,
        _ => return false,
    };
    match kind {
        DecodingKeyKind::SecretOrDer(key) => {
            signature::UnparsedPublicKey::new(verification, key).verify(message, signature).is_ok()
        }
        DecodingKeyKind::RsaModulusExponent { .. } => false,
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static signature::RsaParameters> {
    Some(match algorithm {
        Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}
