use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{join_all, pending};
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use tokio::time::{advance, sleep};

use super::*;
use crate::bridge::Code;
use crate::call::{Body, BoxError};
use crate::client::Builder;
use crate::protocol::client::{Sent, Transport};
use crate::{Channel, ConnectError};

/// What a source does when it is asked.
enum Answer {
    Token(&'static str, u64),
    Fails(Status),
    Hangs,
    Panics,
}

/// A source with its answers, and how often it was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<usize>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Self::default();
        script.then(answers);
        script
    }

    fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        lock(&self.answers).extend(answers);
    }

    fn asked(&self) -> usize {
        *lock(&self.asked)
    }
}

impl TokenSource for Script {
    async fn token(&self) -> Result<Token, Status> {
        *lock(&self.asked) += 1;
        let answer = lock(&self.answers).pop_front().expect("it is not asked more often");
        // A round trip.
        sleep(Duration::from_millis(10)).await;
        match answer {
            Answer::Token(token, seconds) => {
                Ok(Token::bearer(token).expires_in(Duration::from_secs(seconds)))
            }
            Answer::Fails(status) => Err(status),
            Answer::Hangs => pending().await,
            Answer::Panics => panic!("as asked"),
        }
    }
}

/// A server that knows some tokens, and what it was shown.
#[derive(Clone, Default)]
struct Server {
    refused: Arc<Mutex<Vec<&'static str>>>,
    shown: Arc<Mutex<Vec<String>>>,
    over_http: Arc<AtomicBool>,
}

impl Server {
    fn refuse(&self, tokens: &[&'static str]) {
        *lock(&self.refused) = tokens.to_vec();
    }

    fn shown(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.shown))
    }
}

impl Transport for Server {
    fn send(&self, request: Request<Body>) -> Sent {
        assert!(!format!("{request:?}").contains("Bearer"), "{request:?}");
        let shown = request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
        let is_refused = lock(&self.refused).iter().any(|token| shown.ends_with(token));
        lock(&self.shown).push(shown);
        let mut response = Response::new(Body::empty());
        if is_refused && self.over_http.load(Ordering::Relaxed) {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        } else {
            let status = if is_refused { "16" } else { "0" };
            response.headers_mut().insert("grpc-status", status.parse().unwrap());
        }
        Box::pin(async move { Ok(response) })
    }
}

fn pair(script: &Script) -> (Authorized, Server) {
    let server = Server::default();
    (Authorized::new(Box::new(server.clone()), &Credentials::new(script.clone())), server)
}

/// Whether a call went well, and its error.
async fn call(transport: &Authorized) -> Result<bool, Status> {
    let response = transport.send(Request::new(Body::from("request"))).await.map_err(status)?;
    let is_refused = response.status() != StatusCode::OK || response.headers()["grpc-status"] != "0";
    Ok(!is_refused)
}

fn status(error: BoxError) -> Status {
    *error.downcast().expect("it is a status")
}

fn tokens<const N: usize>(names: [&'static str; N]) -> [Answer; N] {
    names.map(|name| Answer::Token(name, 1000))
}

#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_once_for_all_calls() {
    let script = Script::new(tokens(["one"]));
    let (transport, server) = pair(&script);
    let outcomes = join_all((0..50).map(|_| call(&transport))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(true))));
    assert_eq!((script.asked(), server.shown()), (1, vec!["Bearer one".to_owned(); 50]));
}

#[tokio::test(start_paused = true)]
async fn a_new_token_is_there_before_the_old_one_expires() {
    let script =
        Script::new([Answer::Token("one", 1000), Answer::Token("two", 100), Answer::Token("three", 100)]);
    let (transport, server) = pair(&script);
    call(&transport).await.unwrap();
    advance(Duration::from_secs(938)).await;
    call(&transport).await.unwrap();
    assert_eq!(script.asked(), 1);
    // A minute before.
    advance(Duration::from_secs(3)).await;
    call(&transport).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(script.asked(), 2);
    call(&transport).await.unwrap();
    assert_eq!(server.shown(), ["Bearer one", "Bearer one", "Bearer one", "Bearer two"]);
    // Of a shorter life, the last quarter.
    advance(Duration::from_secs(72)).await;
    call(&transport).await.unwrap();
    assert_eq!(script.asked(), 2);
    advance(Duration::from_secs(4)).await;
    call(&transport).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    call(&transport).await.unwrap();
    assert_eq!((script.asked(), server.shown().pop().unwrap()), (3, "Bearer three".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_costs_nothing_while_the_old_token_holds() {
    let fails = || Answer::Fails(Status::internal("https://user:secret@tokens.example"));
    let script = Script::new([Answer::Token("one", 100)]);
    script.then((0..100).map(|_| fails()));
    let (transport, _server) = pair(&script);
    call(&transport).await.unwrap();
    advance(Duration::from_secs(80)).await;
    for _ in 0..19 {
        assert!(call(&transport).await.unwrap());
        sleep(Duration::from_secs(1)).await;
    }
    // It has waited longer each time.
    assert!((4..12).contains(&script.asked()), "{}", script.asked());
    sleep(Duration::from_secs(2)).await;
    for _ in 0..100 {
        let error = call(&transport).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        assert_eq!(error.message(), "there is no token for the call: its source has failed");
        assert!(error.source().unwrap().to_string().contains("tokens.example"));
    }
    assert!(script.asked() < 13, "calls that fail do not ask each: {}", script.asked());
    // It recovers.
    lock(&script.answers).clear();
    script.then(tokens(["two"]));
    sleep(Duration::from_secs(73)).await;
    assert!(call(&transport).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_source_says_that_it_is_of_no_use() {
    let script = Script::new([Answer::Fails(Status::unauthenticated("client_secret=abc"))]);
    let (transport, _server) = pair(&script);
    let error = call(&transport).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Unauthenticated, "the source of tokens refuses one"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token() {
    let script = Script::new([Answer::Token("one", 0)]);
    assert_eq!(call(&pair(&script).0).await.unwrap_err().code(), Code::Unavailable);
    let script = Script::new([Answer::Token("a\nb", 10)]);
    assert_eq!(call(&pair(&script).0).await.unwrap_err().code(), Code::Unauthenticated);
    let script = Script::new([Answer::Panics]);
    assert_eq!(call(&pair(&script).0).await.unwrap_err().code(), Code::Unavailable);
    let (script, started) = (Script::new([Answer::Hangs]), tokio::time::Instant::now());
    assert_eq!(call(&pair(&script).0).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(started.elapsed().as_secs(), 30);
    let expired = Credentials::fixed(Token::bearer("one").expires_in(Duration::ZERO));
    let transport = Authorized::new(Box::new(Server::default()), &expired);
    assert_eq!(call(&transport).await.unwrap_err().code(), Code::Unauthenticated);
}

#[test]
fn without_a_runtime_there_is_an_error() {
    use futures_util::FutureExt as _;

    let script = Script::new([]);
    let error = call(&pair(&script).0).now_or_never().expect("it waits for nothing").unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_does_not_stop_the_others() {
    let script = Script::new(tokens(["one"]));
    let (transport, _server) = pair(&script);
    let first = tokio::time::timeout(Duration::from_millis(1), call(&transport));
    let (first, second) = tokio::join!(first, call(&transport));
    assert!(first.is_err() && second.unwrap());
    assert_eq!(script.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_replaced_and_the_call_sent_once_more() {
    for over_http in [false, true] {
        let script = Script::new(tokens(["one", "two", "three"]));
        let (transport, server) = pair(&script);
        server.over_http.store(over_http, Ordering::Relaxed);
        assert!(call(&transport).await.unwrap());
        server.refuse(&["one"]);
        let outcomes = join_all((0..10).map(|_| call(&transport))).await;
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(true))));
        assert_eq!(script.asked(), 2);
        server.shown();
        // One that refuses every token does not have the source asked for each call.
        server.refuse(&["one", "two", "three"]);
        for _ in 0..100 {
            assert!(!call(&transport).await.unwrap(), "the answer of the server");
        }
        assert_eq!((script.asked(), server.shown().len()), (2, 100));
        sleep(Duration::from_secs(11)).await;
        for _ in 0..100 {
            assert!(!call(&transport).await.unwrap());
        }
        assert_eq!((script.asked(), server.shown().len()), (3, 101));
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_the_server_stays_where_there_is_no_new_token() {
    let script = Script::new(tokens(["one"]));
    script.then([Answer::Fails(Status::internal("down"))]);
    let (transport, server) = pair(&script);
    server.refuse(&["one"]);
    assert!(!call(&transport).await.unwrap());
    // A token that does not change is not thrown away.
    let transport = Authorized::new(Box::new(server.clone()), &Credentials::bearer("one"));
    server.shown();
    assert!(!call(&transport).await.unwrap());
    assert_eq!(server.shown(), ["Bearer one"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_not_sent_again() {
    let script = Script::new(tokens(["one", "two"]));
    let (transport, server) = pair(&script);
    server.refuse(&["one"]);
    let body = Body::new(http_body_util::Full::new(bytes::Bytes::from_static(b"a stream")));
    let response = transport.send(Request::new(body)).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "16");
    assert!(call(&transport).await.unwrap(), "the next call has a new token");
    assert_eq!(server.shown(), ["Bearer one", "Bearer two"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_shows_itself_stays() {
    let script = Script::new([]);
    let (transport, server) = pair(&script);
    let mut request = Request::new(Body::empty());
    let own = Token::bearer("own").value().cloned().unwrap();
    request.headers_mut().insert(AUTHORIZATION, own);
    transport.send(request).await.unwrap();
    assert_eq!(server.shown(), ["Bearer own"]);
}

#[tokio::test(start_paused = true)]
async fn clones_share_their_token() {
    let script = Script::new(tokens(["one"]));
    let credentials = Credentials::new(script.clone());
    for _ in 0..3 {
        let transport = Authorized::new(Box::new(Server::default()), &credentials.clone());
        assert!(call(&transport).await.unwrap());
    }
    assert_eq!(script.asked(), 1);
}

#[test]
fn schemes_are_written_out() {
    for (token, expected) in [
        (Token::bearer("abc"), "Bearer abc"),
        (Token::basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (Token::new("Custom", "k=v"), "Custom k=v"),
    ] {
        assert_eq!(token.value().unwrap().to_str().unwrap(), expected);
    }
}

#[test]
fn nothing_is_sent_over_plain_text_without_leave() {
    let builder = |endpoint: &str| Channel::builder(endpoint).credentials(Credentials::bearer("secret"));
    let refused = |outcome: Result<Channel, ConnectError>| {
        let error = outcome.expect_err("it is plain text").to_string();
        assert!(error.contains("plain text") && !error.contains("secret"), "{error}");
    };
    refused(builder("http://users.example").connect_lazy());
    refused(builder("http://127.0.0.1:8080").connect_lazy());
    #[cfg(feature = "rest-client")]
    {
        let rest = crate::client::RestChannel::builder("http://[::1]:8080");
        let rest = rest.credentials(Credentials::bearer("secret")).build();
        assert!(rest.unwrap_err().to_string().contains("plain text"));
    }
    let allowed: fn(Builder) -> Builder =
        |builder| builder.credentials(Credentials::bearer("secret").over_plain_text(true));
    assert!(allowed(Channel::builder("http://users.example")).connect_lazy().is_ok());
    #[cfg(unix)]
    {
        assert!(builder("unix:/run/users.sock").connect_lazy().is_ok());
        // Where this one leads, nobody knows.
        let own = tower::service_fn(|_: http::Uri| async { Ok::<_, BoxError>(tokio::io::duplex(1).0) });
        refused(builder("unix:/run/users.sock").connect_with(own).connect_lazy());
    }
    #[cfg(feature = "_tls")]
    assert!(builder("https://users.example").connect_lazy().is_ok());
    let invalid = Channel::builder("https://users.example").credentials(Credentials::bearer("sec\nret"));
    let error = invalid.connect_lazy().unwrap_err().to_string();
    assert!(error.contains("characters") && !error.contains("sec"), "{error}");
}

#[test]
fn debug_shows_no_token() {
    let token = Token::bearer("secret");
    let credentials = Credentials::fixed(token.clone());
    let channel = Channel::builder("unix:/run/users.sock").credentials(credentials.clone());
    let builder = format!("{channel:?}");
    let channel = channel.connect_lazy().unwrap();
    for text in [format!("{token:?} {credentials:?} {channel:?}"), builder] {
        assert!(!text.contains("secret"), "{text}");
    }
}
