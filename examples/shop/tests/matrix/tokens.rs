//! A little issuer of tokens, right ones and wrong ones.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What `DeleteUser` asks for, and what meets the condition of `UpdateOrderStatus`.
pub(crate) const SCOPES: &str = "users.delete orders.write";

pub(crate) const NAME: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "shop";

/// An issuer and its key.
pub(crate) struct Issuer {
    /// Where its keys are.
    pub(crate) url: String,
    key: Ed25519KeyPair,
}

/// What a caller brings.
pub(crate) struct Credentials {
    pub(crate) name: &'static str,
    pub(crate) header: Option<String>,
    /// `None` if they are wrong; otherwise whether the scopes are among them.
    pub(crate) scopes: Option<bool>,
}

fn key() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
}

fn sign(key: &Ed25519KeyPair, claims: &Value) -> String {
    let text = unsigned(&json!({"alg": "EdDSA", "kid": "1"}), claims);
    format!("{text}.{}", encode(key.sign(text.as_bytes())))
}

impl Issuer {
    /// Serves a set with its one key.
    pub(crate) async fn start() -> Self {
        let key = key();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key()), "kid": "1"});
        let body = json!({"keys": [jwk]}).to_string();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n", body.len());
                let answer = format!("{head}connection: close\r\n\r\n{body}");
                let mut request = [0; 1024];
                if stream.read(&mut request).await.is_ok() {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }
        });
        Self { url, key }
    }

    /// Every kind of credentials.
    pub(crate) fn credentials(&self, staff: &str) -> Vec<Credentials> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let good = json!({"sub": "ann", "iss": NAME, "aud": AUDIENCE, "exp": now + 3600, "scope": SCOPES});
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            claims
        };
        let bearer = |name, token: String, scopes| Credentials {
            name,
            header: Some(format!("Bearer {token}")),
            scopes,
        };
        let signed = |name, claims: Value, scopes| bearer(name, sign(&self.key, &claims), scopes);
        let none = unsigned(&json!({"alg": "none"}), &good);
        let confused = unsigned(&json!({"alg": "HS256", "kid": "1"}), &good);
        let mac = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref()),
            confused.as_bytes(),
        );
        vec![
            Credentials { name: "none", header: None, scopes: None },
            bearer("malformed", "a.b".to_owned(), None),
            signed("expired", with("exp", json!(now - 3600)), None),
            signed("not yet valid", with("nbf", json!(now + 3600)), None),
            signed("wrong audience", with("aud", json!("other")), None),
            signed("wrong issuer", with("iss", json!("https://other.example")), None),
            bearer("wrong key", sign(&key(), &good), None),
            bearer("alg none", format!("{none}."), None),
            bearer("public key as secret", format!("{confused}.{}", encode(mac)), None),
            signed("right without scope", with("scope", json!("users.read")), Some(false)),
            signed("right with scope", good.clone(), Some(true)),
            bearer("staff", staff.to_owned(), Some(true)),
        ]
    }
}
