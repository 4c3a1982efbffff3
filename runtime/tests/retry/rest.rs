//! The REST client: the same rules.

use std::time::Duration;

use rsvc::client::{HttpVersion, RestBuilder, RestChannel, Retries};
use rsvc::codegen::rest::{Binding, BodyKind};
use rsvc::codegen::rest_client::{self, Target};
use rsvc::{Code, Context, MethodInfo, RequestStream, RetryPolicy, Status};

use crate::setup::{Answer, Part, Text, answer, read, text};
use crate::support::{CHANGE, LIST, Log, PUT, READ, UPLOAD, server};

static BINDINGS: [Binding; 1] = [Binding::new(0, "PUT", "/v1/text").body(BodyKind::Whole)];
const JSON: &str = "application/json";
const HI: &str = r#"{"locale":"en","message":"hi"}"#;
const HO: &str = r#"{"locale":"en","message":"ho"}"#;

fn down() -> Answer {
    let error = r#"{"error":{"code":503,"message":"","status":"UNAVAILABLE"}}"#;
    answer(JSON).status(503).data(error)
}

fn up() -> Answer {
    answer(JSON).data(HI)
}

fn target(info: &'static MethodInfo) -> Target {
    Target { info, method: 0, bindings: &BINDINGS }
}

async fn channel(
    answers: Vec<Answer>,
    settings: impl FnOnce(RestBuilder) -> RestBuilder,
) -> (RestChannel, Log) {
    let (endpoint, log) = server(HttpVersion::Http1, answers).await;
    (settings(RestChannel::builder(endpoint)).build().unwrap(), log)
}

async fn unary(channel: &RestChannel, info: &'static MethodInfo) -> Result<Text, Status> {
    rest_client::unary(channel, target(info), Context::new(), text("ho")).await
}

#[tokio::test]
async fn what_may_be_repeated_is_made_again() {
    for (info, attempts) in [(&PUT, 3), (&CHANGE, 1)] {
        let (channel, log) = channel(vec![down(), down(), up()], |builder| builder).await;
        let outcome = unary(&channel, info).await;
        assert_eq!(outcome.is_ok(), attempts == 3, "{outcome:?}");
        assert_eq!(log.previous(), [None, Some("1".to_owned()), Some("2".to_owned())][..attempts]);
        assert!(log.all().into_iter().all(|got| got.body == HO.as_bytes()));
    }
    let (channel, log) = channel(vec![down()], |builder| builder.retries(Retries::off())).await;
    assert_eq!(unary(&channel, &PUT).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(log.count(), 1);
}

#[tokio::test]
async fn request_streams_are_sent_again() {
    let (channel, log) = channel(vec![down(), up()], |builder| builder).await;
    let requests = RequestStream::from_iter([text("ho"), text("ho")]);
    let outcome: Result<Text, Status> =
        rest_client::client_streaming(&channel, target(&UPLOAD), Context::new(), requests).await;
    assert_eq!(outcome.unwrap(), text("hi"));
    let all = log.all();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|got| got.body == format!("{HO}\n{HO}\n").as_bytes()));
}

#[tokio::test]
async fn responses_are_asked_for_again_until_the_first() {
    let lines = answer("application/x-ndjson").data(format!("{HI}\n{HI}\n"));
    let (channel, log) = channel(vec![down(), lines], |builder| builder).await;
    let responses = rest_client::server_streaming(&channel, target(&LIST), Context::new(), text("ho")).await;
    let (texts, outcome) = read(responses.unwrap()).await;
    outcome.unwrap();
    assert_eq!((texts.len(), log.count()), (2, 2));
    assert_eq!(log.previous()[1].as_deref(), Some("1"));
}

#[tokio::test]
async fn it_is_hedged() {
    let silent = answer(JSON).part(Part::Silence);
    let hedged = Retries::new().policy(RetryPolicy::hedge(Duration::from_millis(20)));
    let (channel, log) = channel(vec![silent, up()], |builder| builder.retries(hedged)).await;
    assert_eq!(unary(&channel, &READ).await.unwrap(), text("hi"));
    assert_eq!(log.previous(), [None, Some("1".to_owned())]);
}
