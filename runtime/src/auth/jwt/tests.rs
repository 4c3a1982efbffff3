//! Tokens, right ones and hostile ones.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use proptest::prelude::*;
use prost_types::Struct;
use prost_types::value::Kind;
use ring::rand::SystemRandom;
use ring::signature::{self as sign, KeyPair as _};
use ring::{hmac, signature};
use serde_json::{Value, json};

use super::*;
use crate::bridge::{Code, MetadataMap};
use crate::method::{MethodInfo, MethodKind};

static METHOD: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::Unary);

const SECRET: &[u8] = b"a secret that has 32 bytes or more";

/// What the tests sign with.
pub(super) enum Signer {
    Secret(hmac::Algorithm, Vec<u8>),
    Rsa(signature::RsaKeyPair, &'static dyn signature::RsaEncoding),
    Ec(signature::EcdsaKeyPair),
    Ed(signature::Ed25519KeyPair),
}

impl Signer {
    fn secret() -> Self {
        Self::Secret(hmac::HMAC_SHA256, SECRET.to_vec())
    }

    fn rsa(encoding: &'static dyn signature::RsaEncoding) -> Self {
        let pem: String =
            include_str!("rsa_of_tests.pem").lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(pem).unwrap();
        Self::Rsa(signature::RsaKeyPair::from_pkcs8(&der).unwrap(), encoding)
    }

    pub(super) fn ec(algorithm: &'static signature::EcdsaSigningAlgorithm) -> Self {
        let random = SystemRandom::new();
        let document = signature::EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self::Ec(signature::EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    pub(super) fn ed() -> Self {
        let document = signature::Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed(signature::Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Secret(algorithm, secret) => {
                hmac::sign(&hmac::Key::new(*algorithm, secret), message).as_ref().to_vec()
            }
            Self::Rsa(key, encoding) => {
                let mut out = vec![0; key.public().modulus_len()];
                key.sign(*encoding, &random, message, &mut out).unwrap();
                out
            }
            Self::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// The public key as a JWK.
    pub(super) fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Secret(_, secret) => json!({"kty": "oct", "k": encode(secret), "kid": id}),
            Self::Rsa(key, _) => {
                let public: sign::RsaPublicKeyComponents<Vec<u8>> = key.public().into();
                json!({"kty": "RSA", "n": encode(&public.n), "e": encode(&public.e), "kid": id})
            }
            Self::Ec(key) => {
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y), "kid": id, "use": "sig"})
            }
            Self::Ed(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key().as_ref()), "kid": id})
            }
        }
    }

    fn token(&self, header: &Value, payload: &Value) -> String {
        self.token_of(header.to_string().as_bytes(), payload.to_string().as_bytes())
    }

    fn token_of(&self, header: &[u8], payload: &[u8]) -> String {
        let signed = format!("{}.{}", encode(header), encode(payload));
        let signature = encode(&self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// A token that is right in everything.
    pub(super) fn good(&self, algorithm: &str, id: &str) -> String {
        self.token(&json!({"alg": algorithm, "kid": id}), &claims())
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn now() -> u64 {
    jsonwebtoken::get_current_timestamp()
}

/// Claims that are right for [`strict`].
fn claims() -> Value {
    json!({"sub": "ann", "iss": "issuer", "aud": "shop", "exp": now() + 600, "scope": "a b"})
}

fn strict(keys: Keys) -> JwtBuilder {
    Jwt::new(keys).issuer("issuer").audience("shop")
}

pub(super) fn context(headers: &[&[u8]]) -> Context {
    let mut map = http::HeaderMap::new();
    for value in headers {
        map.append("authorization", http::HeaderValue::from_bytes(value).unwrap());
    }
    Context::arrived(&METHOD, MetadataMap::from_headers(map), http::Extensions::new(), None, None, None)
}

fn authenticate(jwt: &Jwt, headers: &[&[u8]]) -> Result<Option<Principal>, Status> {
    Authenticator::authenticate(jwt, &context(headers)).now_or_never().expect("fixed keys wait for nothing")
}

fn outcome(jwt: &Jwt, token: &str) -> Result<Principal, String> {
    match authenticate(jwt, &[format!("Bearer {token}").as_bytes()]) {
        Ok(principal) => Ok(principal.expect("there is a token")),
        Err(status) => {
            assert_eq!(status.code(), Code::Unauthenticated);
            Err(status.message().to_owned())
        }
    }
}

const INVALID: &str = "the token is not valid";
const EXPIRED: &str = "the token has expired";

#[track_caller]
fn assert_invalid(jwt: &Jwt, token: &str) {
    assert_eq!(outcome(jwt, token).map(|who| who.subject().to_owned()), Err(INVALID.to_owned()), "{token}");
}

/// Signers of all algorithms.
fn signers() -> Vec<(&'static str, Signer)> {
    vec![
        ("HS256", Signer::secret()),
        ("HS384", Signer::Secret(hmac::HMAC_SHA384, SECRET.to_vec())),
        ("HS512", Signer::Secret(hmac::HMAC_SHA512, SECRET.to_vec())),
        ("RS256", Signer::rsa(&signature::RSA_PKCS1_SHA256)),
        ("RS384", Signer::rsa(&signature::RSA_PKCS1_SHA384)),
        ("RS512", Signer::rsa(&signature::RSA_PKCS1_SHA512)),
        ("PS256", Signer::rsa(&signature::RSA_PSS_SHA256)),
        ("PS384", Signer::rsa(&signature::RSA_PSS_SHA384)),
        ("PS512", Signer::rsa(&signature::RSA_PSS_SHA512)),
        ("ES256", Signer::ec(&signature::ECDSA_P256_SHA256_FIXED_SIGNING)),
        ("ES384", Signer::ec(&signature::ECDSA_P384_SHA384_FIXED_SIGNING)),
        ("EdDSA", Signer::ed()),
    ]
}

#[test]
fn every_algorithm_verifies_its_own_signatures_alone() {
    let signers = signers();
    for (name, signer) in &signers {
        let jwt = strict(Keys::text(signer.jwk("1").to_string())).build().unwrap();
        let token = signer.good(name, "1");
        assert_eq!(outcome(&jwt, &token).unwrap().subject(), "ann", "{name}");
        // One bit of the signature, and one of what is signed.
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        bytes[7] ^= 1;
        assert_invalid(&jwt, &format!("{signed}.{}", encode(&bytes)));
        assert_invalid(&jwt, &format!("{signed}."));
        assert_invalid(&jwt, &signer.good(name, "2"));
        // The same signature under the name of each other algorithm.
        for (other, _) in signers.iter().filter(|(other, _)| other != name) {
            assert_invalid(&jwt, &signer.good(other, "1"));
        }
        // An algorithm that the key can do, but nobody has listed.
        let listed = if *name == "EdDSA" { Algorithm::ES256 } else { Algorithm::EdDSA };
        strict(Keys::text(signer.jwk("1").to_string())).algorithms([listed]).build().unwrap_err();
    }
}

#[test]
fn a_public_key_is_no_secret() {
    for (name, signer) in signers().into_iter().skip(3) {
        let jwk = signer.jwk("1");
        let public = jwk["x"].as_str().or(jwk["n"].as_str()).unwrap();
        let jwt = strict(Keys::text(jwk.to_string())).build().unwrap();
        // The public key in the forms that a library may have confused with a secret.
        for secret in
            [URL_SAFE_NO_PAD.decode(public).unwrap(), public.as_bytes().to_vec(), jwk.to_string().into()]
        {
            let confused = Signer::Secret(hmac::HMAC_SHA256, secret);
            assert_invalid(&jwt, &confused.good("HS256", "1"));
            assert_invalid(&jwt, &confused.good(name, "1"));
        }
    }
    let pem = include_str!("rsa_of_tests.pub.pem");
    let jwt = strict(Keys::text(pem)).build().unwrap();
    let confused = Signer::Secret(hmac::HMAC_SHA256, pem.as_bytes().to_vec());
    assert_invalid(&jwt, &confused.good("HS256", "1"));
    assert_eq!(
        outcome(&jwt, &Signer::rsa(&signature::RSA_PKCS1_SHA256).good("RS256", "1")).unwrap().subject(),
        "ann"
    );
}

#[test]
fn none_is_no_algorithm() {
    let jwt = strict(Keys::secret(SECRET)).build().unwrap();
    for name in ["none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "ES512"] {
        let header = encode(json!({"alg": name}).to_string().as_bytes());
        let payload = encode(claims().to_string().as_bytes());
        for signature in ["", "AA"] {
            assert_invalid(&jwt, &format!("{header}.{payload}.{signature}"));
        }
        assert_invalid(&jwt, &Signer::secret().good(name, "1"));
    }
    assert_invalid(&jwt, &Signer::secret().token(&json!({"kid": "1"}), &claims()));
}

#[test]
fn what_is_declared_of_claims_holds() {
    let signer = Signer::secret();
    let jwt = strict(Keys::secret(SECRET)).build().unwrap();
    let with = |changes: Value| {
        let mut claims = claims();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        outcome(&jwt, &signer.token(&json!({"alg": "HS256"}), &claims)).map(|who| who.subject().to_owned())
    };
    let now = now();
    for (changes, expected) in [
        (json!({}), Ok("ann")),
        (json!({"exp": now - 30}), Ok("ann")),
        (json!({"exp": now - 90}), Err(EXPIRED)),
        (json!({"exp": 0}), Err(EXPIRED)),
        (json!({"exp": -1}), Err(EXPIRED)),
        (json!({"exp": 1.5}), Err(EXPIRED)),
        (json!({"exp": 1e300}), Ok("ann")),
        (json!({"exp": null}), Err(INVALID)),
        (json!({"exp": (now + 600).to_string()}), Err(INVALID)),
        (json!({"nbf": now + 30}), Ok("ann")),
        (json!({"nbf": now + 90}), Err(INVALID)),
        (json!({"nbf": "soon"}), Err(INVALID)),
        (json!({"iss": "other"}), Err(INVALID)),
        (json!({"iss": "Issuer"}), Err(INVALID)),
        (json!({"iss": ["issuer"]}), Err(INVALID)),
        (json!({"iss": null}), Err(INVALID)),
        (json!({"aud": "other"}), Err(INVALID)),
        (json!({"aud": ["other", "shop"]}), Ok("ann")),
        (json!({"aud": ["other"]}), Err(INVALID)),
        (json!({"aud": []}), Err(INVALID)),
        (json!({"aud": {"shop": true}}), Err(INVALID)),
        (json!({"aud": null}), Err(INVALID)),
        (json!({"sub": null}), Err(INVALID)),
        (json!({"sub": ""}), Err(INVALID)),
        (json!({"sub": 7}), Err(INVALID)),
    ] {
        assert_eq!(with(changes.clone()), expected.map(str::to_owned).map_err(str::to_owned), "{changes}");
    }
}

#[test]
fn what_nobody_demands_may_be_missing() {
    let signer = Signer::secret();
    let token = |claims: Value| signer.token(&json!({"alg": "HS256"}), &claims);
    let jwt = Jwt::new(Keys::secret(SECRET)).expiry_optional().build().unwrap();
    assert_eq!(outcome(&jwt, &token(json!({"sub": "ann"}))).unwrap().subject(), "ann");
    assert_eq!(outcome(&jwt, &token(json!({"sub": "ann", "exp": 1}))), Err(EXPIRED.to_owned()));
    // It is for somebody else.
    assert_invalid(&jwt, &token(json!({"sub": "ann", "aud": "other"})));
    let jwt = Jwt::new(Keys::secret(SECRET)).expiry_optional().any_audience().build().unwrap();
    assert_eq!(outcome(&jwt, &token(json!({"sub": "ann", "aud": "other"}))).unwrap().subject(), "ann");
    let jwt = Jwt::new(Keys::secret(SECRET)).require_claim("tenant.id").build().unwrap();
    assert_invalid(&jwt, &token(claims()));
    let mut claims = claims();
    claims["aud"] = Value::Null;
    claims["tenant"] = json!({"id": 1});
    assert_eq!(outcome(&jwt, &token(claims)).unwrap().subject(), "ann");
}

#[test]
fn scopes_and_subjects_are_where_they_are_said_to_be() {
    let signer = Signer::secret();
    let scopes = |builder: JwtBuilder, more: Value| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove("scope");
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let who =
            outcome(&builder.build().unwrap(), &signer.token(&json!({"alg": "HS256"}), &claims)).unwrap();
        format!("{}: {}", who.subject(), who.scopes().collect::<Vec<_>>().join(" "))
    };
    let by_custom = || strict(Keys::secret(SECRET));
    assert_eq!(scopes(by_custom(), json!({"scope": " b  a "})), "ann: a b");
    assert_eq!(scopes(by_custom(), json!({"scp": "a b"})), "ann: a b");
    assert_eq!(scopes(by_custom(), json!({"scp": ["a", 1, "b c"]})), "ann: a b c");
    assert_eq!(scopes(by_custom(), json!({"scope": 7, "scp": {"a": 1}})), "ann: ");
    let named = || by_custom().scopes_claim("realm_access.roles").scopes_claim("https://a.example/roles");
    assert_eq!(scopes(named(), json!({"scope": "x", "realm_access": {"roles": ["a"]}})), "ann: a");
    assert_eq!(scopes(named(), json!({"https://a.example/roles": ["b"], "realm_access": "x"})), "ann: b");
    assert_eq!(scopes(by_custom().subject_claim("act.id"), json!({"act": {"id": "bob"}})), "bob: ");
}

#[derive(serde::Deserialize)]
struct Employee {
    department: String,
}

#[test]
fn claims_have_the_type_of_the_user() {
    let signer = Signer::secret();
    let token = |department: Value| {
        let mut claims = claims();
        claims["department"] = department;
        signer.token(&json!({"alg": "HS256"}), &claims)
    };
    let jwt = strict(Keys::secret(SECRET)).build().unwrap();
    let who = outcome(&jwt, &token(json!("billing"))).unwrap();
    let claims = who.claims::<Struct>().unwrap();
    assert_eq!(claims.fields["department"].kind, Some(Kind::StringValue("billing".to_owned())));
    let jwt = strict(Keys::secret(SECRET)).claims_serde::<Employee>().build().unwrap();
    let who = outcome(&jwt, &token(json!("billing"))).unwrap();
    assert_eq!(who.claims::<Employee>().unwrap().department, "billing");
    assert_invalid(&jwt, &token(json!(7)));
    // A message with one of the fields: `google.rpc.ErrorInfo` has `domain`.
    let jwt =
        strict(Keys::secret(SECRET)).claims_message::<crate::pb::google::rpc::ErrorInfo>().build().unwrap();
    let mut claims = self::claims();
    claims["domain"] = json!("d");
    let who = outcome(&jwt, &signer.token(&json!({"alg": "HS256"}), &claims)).unwrap();
    assert_eq!(who.claims::<crate::pb::google::rpc::ErrorInfo>().unwrap().domain, "d");
    claims["domain"] = json!(7);
    assert_invalid(&jwt, &signer.token(&json!({"alg": "HS256"}), &claims));
}

#[test]
fn hostile_headers_and_payloads() {
    let signer = Signer::secret();
    let jwt = strict(Keys::secret(SECRET)).build().unwrap();
    let header = json!({"alg": "HS256"});
    for extra in [
        json!({"crit": ["exp"]}),
        json!({"crit": []}),
        json!({"b64": false}),
        json!({"b64": false, "crit": ["b64"]}),
        json!({"zip": "DEF"}),
        json!({"enc": "A256GCM"}),
        json!({"kid": 7}),
        json!({"kid": ["1"]}),
        json!({"alg": ["HS256"]}),
    ] {
        let mut header = header.clone();
        header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_invalid(&jwt, &signer.token(&header, &claims()));
    }
    // A key that the token brings itself is not looked at, nor is where it says that keys are.
    let own = Signer::ed();
    let brought = json!({"alg": "EdDSA", "jwk": own.jwk("1"), "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/"});
    assert_invalid(&jwt, &own.token(&brought, &claims()));
    // Ids are compared, and nothing else.
    for id in ["../../dev/null", "' OR 1=1 --", "\u{0}", "1\n", &"k".repeat(4000)] {
        let keyed = strict(Keys::text(signer.jwk("1").to_string())).build().unwrap();
        assert_invalid(&keyed, &signer.token(&json!({"alg": "HS256", "kid": id}), &claims()));
    }
    let good = claims().to_string();
    for payload in [
        &b""[..],
        b"null",
        b"[]",
        b"7",
        b"\xff",
        b"{",
        b"{}",
        format!("{good}{good}").as_bytes(),
        encode(good.as_bytes()).as_bytes(),
        format!("{{\"a\":{}{}, {}", "[".repeat(2000), "]".repeat(2000), &good[1..]).as_bytes(),
    ] {
        assert_invalid(&jwt, &signer.token_of(header.to_string().as_bytes(), payload));
    }
    let token = signer.good("HS256", "1");
    let (content, signature) = token.rsplit_once('.').unwrap();
    for wrong in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        content.to_owned(),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{token}="),
        format!("{content}.{signature}="),
        format!("{content}. {signature}"),
        format!("{token} {token}"),
        format!("{token},{token}"),
        token.replace('.', ".."),
        encode(token.as_bytes()),
    ] {
        assert_invalid(&jwt, &wrong);
    }
}

#[test]
fn there_is_one_token_of_a_bounded_size() {
    let signer = Signer::secret();
    let jwt = strict(Keys::secret(SECRET)).build().unwrap();
    let token = signer.good("HS256", "1");
    let bearer = |scheme: &str| format!("{scheme} {token}").into_bytes();
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer   "] {
        assert!(authenticate(&jwt, &[&bearer(scheme)]).unwrap().is_some(), "{scheme}");
    }
    for other in [&b"Basic dTpw"[..], b"", b"Bearerx", b"\xff", b"Bea"] {
        assert!(authenticate(&jwt, &[other]).unwrap().is_none());
    }
    assert!(authenticate(&jwt, &[]).unwrap().is_none());
    let good = bearer("Bearer");
    let message = |headers: &[&[u8]]| authenticate(&jwt, headers).unwrap_err().message().to_owned();
    for headers in [
        &[&good[..], &good[..]][..],
        &[&good[..], b"Basic dTpw"],
        &[b"Basic dTpw", &good[..]],
        &[b"Bearer"],
        &[b"Bearer \xff\xfe"],
    ] {
        assert_eq!(message(headers), INVALID);
    }
    let mut claims = claims();
    claims["more"] = json!("x".repeat(8000));
    let long = signer.token(&json!({"alg": "HS256"}), &claims);
    assert_invalid(&jwt, &long);
    let jwt = strict(Keys::secret(SECRET)).max_size(16 * 1024).build().unwrap();
    assert_eq!(outcome(&jwt, &long).unwrap().subject(), "ann");
}

#[test]
fn types_are_tested_where_one_is_named() {
    let signer = Signer::secret();
    let jwt = strict(Keys::secret(SECRET)).token_type("at+jwt").build().unwrap();
    for (typ, is_taken) in
        [("at+jwt", true), ("AT+JWT", true), ("application/at+jwt", true), ("JWT", false), ("ü", false)]
    {
        let token = signer.token(&json!({"alg": "HS256", "typ": typ}), &claims());
        assert_eq!(outcome(&jwt, &token).is_ok(), is_taken, "{typ}");
    }
    assert_invalid(&jwt, &signer.good("HS256", "1"));
}

#[test]
fn keys_that_cannot_be_used_are_ignored_or_refused() {
    let (one, two) = (Signer::ed(), Signer::ec(&signature::ECDSA_P256_SHA256_FIXED_SIGNING));
    let mut encrypts = one.jwk("e");
    encrypts["use"] = json!("enc");
    let mut wraps = one.jwk("w");
    wraps["key_ops"] = json!(["wrapKey"]);
    let mut other = one.jwk("o");
    other["alg"] = json!("RSA-OAEP");
    let mut curve = two.jwk("c");
    curve["crv"] = json!("P-384");
    let set = json!({"keys": [
        {"kty": "XYZ"}, 7, {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "s"},
        encrypts, wraps, other, curve, one.jwk("1"), two.jwk("2"),
    ]});
    let jwt = strict(Keys::text(set.to_string())).build().unwrap();
    assert_eq!(outcome(&jwt, &one.good("EdDSA", "1")).unwrap().subject(), "ann");
    assert_eq!(outcome(&jwt, &two.good("ES256", "2")).unwrap().subject(), "ann");
    // A token without an id is tried with the keys that fit its algorithm.
    assert_eq!(outcome(&jwt, &two.token(&json!({"alg": "ES256"}), &claims())).unwrap().subject(), "ann");
    for id in ["e", "w", "o", "2"] {
        assert_invalid(&jwt, &one.good("EdDSA", id));
    }
    for id in ["c", "s"] {
        assert_invalid(&jwt, &two.good("ES256", id));
    }
    let private = include_str!("rsa_of_tests.pem");
    let many = json!({"keys": vec![one.jwk("1"); 101]}).to_string();
    for wrong in ["", "x", "{", "{}", "[]", "{\"keys\": 7}", "{\"keys\": []}", private, &many] {
        strict(Keys::text(wrong)).build().unwrap_err();
    }
    let error = strict(Keys::secret("short")).build().unwrap_err();
    assert_eq!(error.to_string(), "JWT: a secret has 32 bytes at least");
    let error = strict(Keys::file("/nowhere/keys.pem")).build().unwrap_err();
    assert!(error.to_string().starts_with("JWT: /nowhere/keys.pem: "), "{error}");
}

#[test]
fn several_keys_in_pem() {
    let random = SystemRandom::new();
    let make = |algorithm: &'static rcgen::SignatureAlgorithm| {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        (key.serialize_der(), key.public_key_pem())
    };
    let (ed, edwards) = make(&rcgen::PKCS_ED25519);
    let (ec, elliptic) = make(&rcgen::PKCS_ECDSA_P384_SHA384);
    let of_rsa = include_str!("rsa_of_tests.pub.pem");
    let jwt = strict(Keys::text(format!("a comment\n{edwards}{elliptic}\n{of_rsa}"))).build().unwrap();
    let ed = Signer::Ed(signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(&ed).unwrap());
    let algorithm = &signature::ECDSA_P384_SHA384_FIXED_SIGNING;
    let ec = Signer::Ec(signature::EcdsaKeyPair::from_pkcs8(algorithm, &ec, &random).unwrap());
    assert_eq!(outcome(&jwt, &ed.good("EdDSA", "any")).unwrap().subject(), "ann");
    assert_eq!(outcome(&jwt, &ec.good("ES384", "any")).unwrap().subject(), "ann");
    let rsa = Signer::rsa(&signature::RSA_PSS_SHA256);
    assert_eq!(outcome(&jwt, &rsa.good("PS256", "any")).unwrap().subject(), "ann");
}

#[test]
fn nothing_secret_is_shown() {
    let jwt = strict(Keys::secret(SECRET));
    assert!(!format!("{jwt:?}").contains("secret"), "{jwt:?}");
    let jwt = jwt.realm("shop").build().unwrap();
    assert_eq!(Authenticator::challenge(&jwt).to_string(), r#"Bearer realm="shop""#);
    assert_eq!(format!("{jwt:?}"), "Jwt { .. }");
}

proptest! {
    #[test]
    fn arbitrary_tokens_are_refused(token: String, header: Vec<u8>, payload: Vec<u8>, signed: bool) {
        let jwt = strict(Keys::secret(SECRET)).build().unwrap();
        prop_assert!(self::block_on(&jwt, &token).is_err());
        let token = if signed {
            Signer::secret().token_of(br#"{"alg":"HS256"}"#, &payload)
        } else {
            format!("{}.{}.{}", encode(&header), encode(&payload), encode(&header))
        };
        prop_assert!(self::block_on(&jwt, &token).is_err());
    }

    #[test]
    fn a_changed_token_is_refused(place: prop::sample::Index, byte: u8) {
        let jwt = strict(Keys::secret(SECRET)).build().unwrap();
        let token = Signer::secret().good("HS256", "1");
        let mut changed = token.clone().into_bytes();
        let place = place.index(changed.len());
        changed[place] = byte;
        let changed = String::from_utf8_lossy(&changed).into_owned();
        prop_assume!(changed != token);
        prop_assert!(self::block_on(&jwt, &changed).is_err());
    }
}

/// A token without a header around it.
fn block_on(jwt: &Jwt, token: &str) -> Result<Principal, ()> {
    jwt.inner.principal(token).now_or_never().expect("fixed keys wait for nothing").map_err(drop)
}
