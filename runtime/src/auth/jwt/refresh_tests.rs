//! Keys that change: files, and a little issuer.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::tests::{Signer, context};
use super::{Jwt, JwtBuilder, Keys};
use crate::access::{Authenticator, Principal};
use crate::bridge::{Code, Status};

const LONG: Duration = Duration::from_secs(20);

fn set(signers: &[(&str, &Signer)]) -> Vec<u8> {
    let keys: Vec<Value> = signers.iter().map(|(id, signer)| signer.jwk(id)).collect();
    json!({"keys": keys}).to_string().into_bytes()
}

fn strict(keys: Keys) -> JwtBuilder {
    Jwt::new(keys).issuer("issuer").audience("shop")
}

async fn ask(jwt: &Jwt, token: &str) -> Result<Option<Principal>, Status> {
    let ctx = context(&[format!("Bearer {token}").as_bytes()]);
    Authenticator::authenticate(jwt, &ctx).await
}

/// Asks until the token is taken, or is not any more.
async fn until(jwt: &Jwt, token: &str, is_taken: bool) {
    let waiting = async {
        while ask(jwt, token).await.is_ok() != is_taken {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect("the keys change");
}

/// Serves a set of keys over HTTP, and counts.
#[derive(Clone, Default)]
struct Issuer {
    body: Arc<Mutex<Vec<u8>>>,
    fetches: Arc<AtomicUsize>,
    fails: Arc<AtomicBool>,
    /// How long an answer takes, in milliseconds.
    delay: Arc<AtomicU64>,
}

impl Issuer {
    async fn start(body: Vec<u8>) -> (Self, String) {
        let issuer = Self::default();
        issuer.publish(body);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let serving = issuer.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().answer(stream));
            }
        });
        (issuer, url)
    }

    fn publish(&self, body: Vec<u8>) {
        *self.body.lock().unwrap() = body;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    async fn answer(self, mut stream: tokio::net::TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.is_ok_and(|read| read > 0) {}
        self.fetches.fetch_add(1, Ordering::SeqCst);
        assert!(head.starts_with(b"GET /jwks HTTP/1.1\r\n"));
        tokio::time::sleep(Duration::from_millis(self.delay.load(Ordering::SeqCst))).await;
        let status = if self.fails.load(Ordering::SeqCst) { "500 Oops" } else { "200 OK" };
        let body = self.body.lock().unwrap().clone();
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
    }
}

#[tokio::test]
async fn a_file_is_read_again_when_it_has_changed() {
    let path = std::env::temp_dir().join(format!("rsvc-keys-{}.json", std::process::id()));
    let (one, two) = (Signer::ed(), Signer::ed());
    std::fs::write(&path, set(&[("1", &one)])).unwrap();
    let keys = Keys::file(&path).refresh_every(Duration::from_millis(20));
    let jwt = strict(keys).build().unwrap();
    let (old, new) = (one.good("EdDSA", "1"), two.good("EdDSA", "2"));
    ask(&jwt, &old).await.unwrap();
    ask(&jwt, &new).await.unwrap_err();
    std::fs::write(&path, set(&[("1", &one), ("2", &two)])).unwrap();
    until(&jwt, &new, true).await;
    ask(&jwt, &old).await.unwrap();
    // What is not a set of keys changes nothing, nor does a file that is gone.
    std::fs::write(&path, b"half a ").unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    ask(&jwt, &new).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    ask(&jwt, &new).await.unwrap();
    std::fs::write(&path, set(&[("2", &two)])).unwrap();
    until(&jwt, &old, false).await;
    ask(&jwt, &new).await.unwrap();
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn keys_of_an_issuer_are_there_when_calls_come_and_follow_it() {
    let (one, two) = (Signer::ed(), Signer::ed());
    let (issuer, url) = Issuer::start(set(&[("1", &one)])).await;
    let keys = Keys::url(url).refetch_after(Duration::ZERO);
    let jwt = strict(keys).build().unwrap();
    // The first call waits for the keys.
    ask(&jwt, &one.good("EdDSA", "1")).await.unwrap();
    jwt.ready().await.unwrap();
    assert_eq!(issuer.fetches(), 1);
    // A key that nobody knows is one more fetch, and the same call is answered by it.
    issuer.publish(set(&[("1", &one), ("2", &two)]));
    ask(&jwt, &two.good("EdDSA", "2")).await.unwrap();
    assert_eq!(issuer.fetches(), 2);
    ask(&jwt, &one.good("EdDSA", "1")).await.unwrap();
    assert_eq!(issuer.fetches(), 2);
    // So it is if the key has an algorithm that none had before.
    let three = Signer::ec(&ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING);
    issuer.publish(set(&[("1", &one), ("2", &two), ("3", &three)]));
    ask(&jwt, &three.good("ES256", "3")).await.unwrap();
    assert_eq!(issuer.fetches(), 3);
    // While the issuer is down the keys stay.
    issuer.fails.store(true, Ordering::SeqCst);
    ask(&jwt, &one.good("EdDSA", "4")).await.unwrap_err();
    ask(&jwt, &two.good("EdDSA", "2")).await.unwrap();
}

#[tokio::test]
async fn keys_that_the_issuer_has_withdrawn_are_forgotten() {
    let one = Signer::ed();
    let (issuer, url) = Issuer::start(set(&[("1", &one)])).await;
    let jwt = strict(Keys::url(url).refresh_every(Duration::from_millis(20))).build().unwrap();
    let token = one.good("EdDSA", "1");
    until(&jwt, &token, true).await;
    issuer.publish(set(&[]));
    until(&jwt, &token, false).await;
    issuer.publish(set(&[("1", &one)]));
    until(&jwt, &token, true).await;
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_no_flood_of_fetches() {
    let one = Signer::ed();
    let (issuer, url) = Issuer::start(set(&[("1", &one)])).await;
    let jwt = strict(Keys::url(url).refetch_after(Duration::from_hours(1))).build().unwrap();
    jwt.ready().await.unwrap();
    for index in 2..200 {
        ask(&jwt, &one.good("EdDSA", &index.to_string())).await.unwrap_err();
    }
    assert_eq!(issuer.fetches(), 2);
    // Those that come while one fetch is under way share it.
    let (issuer, url) = Issuer::start(set(&[("1", &one)])).await;
    let jwt = strict(Keys::url(url).refetch_after(Duration::ZERO)).build().unwrap();
    jwt.ready().await.unwrap();
    issuer.delay.store(300, Ordering::SeqCst);
    let unknown = one.good("EdDSA", "x");
    let calls = (0..200).map(|_| ask(&jwt, &unknown));
    for refused in futures_util::future::join_all(calls).await {
        assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    }
    assert!(issuer.fetches() <= 3, "{}", issuer.fetches());
}

#[tokio::test]
async fn secrets_of_a_url_are_no_keys_and_large_or_wrong_answers_are_none() {
    let secret = json!({"kty": "oct", "k": "A".repeat(64), "kid": "1"});
    let one = Signer::ed();
    for body in [b"no json".to_vec(), vec![b' '; 300 * 1024], json!({"keys": "x"}).to_string().into_bytes()] {
        let (issuer, url) = Issuer::start(body).await;
        let jwt = strict(Keys::url(url)).build().unwrap();
        let refused = ask(&jwt, &one.good("EdDSA", "1")).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        assert_eq!(refused.message(), "the keys for tokens are not there yet");
        // It is asked again, and then all is well.
        issuer.publish(set(&[("1", &one)]));
        until(&jwt, &one.good("EdDSA", "1"), true).await;
    }
    let (_issuer, url) = Issuer::start(json!({"keys": [secret]}).to_string().into_bytes()).await;
    let jwt = strict(Keys::url(url)).build().unwrap();
    jwt.ready().await.unwrap();
    let refused = ask(&jwt, &one.good("EdDSA", "1")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    strict(Keys::url("http://issuer.example/jwks")).build().unwrap_err();
}

#[tokio::test]
async fn an_issuer_that_hangs_does_not_hold_calls_for_long() {
    let one = Signer::ed();
    let (issuer, url) = Issuer::start(set(&[("1", &one)])).await;
    let jwt = strict(Keys::url(url).refetch_after(Duration::ZERO)).build().unwrap();
    jwt.ready().await.unwrap();
    issuer.delay.store(3_600_000, Ordering::SeqCst);
    let unknown = one.good("EdDSA", "x");
    let known = one.good("EdDSA", "1");
    let refused = tokio::time::timeout(LONG, ask(&jwt, &unknown)).await.expect("it is answered");
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    ask(&jwt, &known).await.unwrap();
}

#[tokio::test]
async fn nobody_fetches_for_an_authenticator_that_is_gone() {
    let one = Signer::ed();
    let (issuer, url) = Issuer::start(set(&[("1", &one)])).await;
    let jwt = strict(Keys::url(url).refresh_every(Duration::from_millis(10))).build().unwrap();
    jwt.ready().await.unwrap();
    drop(jwt);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let fetches = issuer.fetches();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(issuer.fetches(), fetches);
}
