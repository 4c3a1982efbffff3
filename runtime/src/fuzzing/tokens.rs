//! Tokens of callers, and the keys that they are verified with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use prost_types::Struct;
use ring::hmac;
use serde_json::Value;

use super::input::Input;
use crate::access::{Authenticator, Principal};
use crate::auth::jwt::{Jwt, Keys};
use crate::bridge::{Code, MetadataMap};
use crate::context::Context;
use crate::method::{MethodInfo, MethodKind};

static METHOD: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::Unary);

const SECRET: &[u8] = b"a secret that no input can know of";

/// One byte steers; the rest is in two parts with a zero byte between: keys and a token, or header and payload of a token
/// that is signed here.
pub(super) fn jwt(data: &[u8]) {
    let mut input = Input(data);
    let how = input.byte();
    let at = input.0.iter().position(|&byte| byte == 0).unwrap_or(input.0.len());
    let (first, rest) = input.0.split_at(at);
    let rest = rest.get(1..).unwrap_or_default();
    match how % 2 {
        0 => keys(first, rest),
        _ => signed(first, rest),
    }
}

fn keys(keys: &[u8], token: &[u8]) {
    let secret = strict(Keys::secret(SECRET));
    assert!(outcome(&secret, token).is_none(), "a token is taken that nobody has signed");
    let Ok(jwt) = Jwt::new(Keys::text(keys)).issuer("issuer").audience("shop").build() else { return };
    // Whatever the keys are, a token may have been signed with one of them.
    outcome(&jwt, token);
    // What is public is no secret, whichever of the names a token gives to it.
    for algorithm in ["HS256", "none", "RS256"] {
        let header = format!(r#"{{"alg":"{algorithm}"}}"#);
        let token = sign(keys, header.as_bytes(), br#"{"sub":"a","iss":"issuer","aud":"shop","exp":1e300}"#);
        assert!(outcome(&jwt, token.as_bytes()).is_none(), "keys are taken for a secret");
    }
}

fn signed(header: &[u8], payload: &[u8]) {
    let jwt = strict(Keys::secret(SECRET));
    let token = sign(SECRET, header, payload);
    let Some(principal) = outcome(&jwt, token.as_bytes()) else { return };
    // What was taken, read by somebody else.
    let header: Value = serde_json::from_slice(header).expect("a header is JSON");
    assert_eq!(header["alg"], "HS256");
    assert!(["crit", "enc", "zip"].iter().all(|name| header[name].is_null()), "what is not understood");
    let claims: Value = serde_json::from_slice(payload).expect("claims are JSON");
    assert_eq!(claims["sub"], principal.subject());
    assert_eq!(claims["iss"], "issuer");
    let audience = &claims["aud"];
    let is_for_us =
        audience == "shop" || audience.as_array().is_some_and(|all| all.iter().any(|one| one == "shop"));
    assert!(is_for_us, "for somebody else");
    assert!(claims["exp"].as_f64().is_some_and(|time| time > 1e9), "it has expired");
    assert!(
        claims["nbf"].is_null() || claims["nbf"].as_f64().is_some_and(|time| time < 1e11),
        "not valid yet"
    );
    let kept: &Struct = principal.claims().expect("claims are kept");
    assert_eq!(kept.fields.len(), claims.as_object().expect("an object").len());
}

fn strict(keys: Keys) -> Jwt {
    Jwt::new(keys).issuer("issuer").audience("shop").build().expect("the keys are right")
}

fn sign(secret: &[u8], header: &[u8], payload: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Who shows the token, if anybody does; a token that is refused is refused in the same way as all.
fn outcome(jwt: &Jwt, token: &[u8]) -> Option<Principal> {
    let value = http::HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
    let headers =
        MetadataMap::from_headers(http::HeaderMap::from_iter([(http::header::AUTHORIZATION, value)]));
    let context = Context::arrived(&METHOD, headers, http::Extensions::new(), None, None, None);
    match jwt.authenticate(&context).now_or_never().expect("these keys wait for nothing") {
        Ok(principal) => Some(principal.expect("there are credentials")),
        Err(status) => {
            assert_eq!(status.code(), Code::Unauthenticated);
            assert!(["the token is not valid", "the token has expired"].contains(&status.message()));
            None
        }
    }
}
