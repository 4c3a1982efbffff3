//! gRPC's service config.

use std::time::{Duration, Instant};

use rsvc::client::{HttpVersion, Protocol};
use rsvc::{Code, Context};

use crate::setup::{Part, answer};
use crate::support::{CHANGE, PUT, READ, build, down, fails, up};
use crate::unary::call;

const GRPC: (Protocol, HttpVersion) = (Protocol::Grpc, HttpVersion::Http2);

const RETRY: &str = r#"{ "methodConfig": [{ "name": [{ "service": "a.B", "method": "Change" }],
    "retryPolicy": { "maxAttempts": 4, "initialBackoff": "0.001s", "maxBackoff": "0.01s",
        "backoffMultiplier": 2, "retryableStatusCodes": ["INTERNAL"] } }] }"#;

#[tokio::test]
async fn its_policies_go_before_those_of_the_proto() {
    let answers = vec![fails(Protocol::Grpc, 13)];
    let (channel, log) = build(GRPC, answers, |builder| builder.service_config(RETRY).unwrap()).await;
    call(&channel, &CHANGE, &Context::new()).await.unwrap_err();
    assert_eq!(log.count(), 4);
    call(&channel, &PUT, &Context::new()).await.unwrap_err();
    assert_eq!(log.count(), 5);
}

#[tokio::test]
async fn its_limits_hold() {
    let config = r#"{ "methodConfig": [
        { "name": [{ "service": "a.B", "method": "Put" }], "maxRequestMessageBytes": 3 },
        { "name": [{ "service": "a.B", "method": "Read" }], "maxResponseMessageBytes": 3 },
        { "name": [{}], "timeout": "0.2s" }
    ] }"#;
    let answers = vec![up(), answer("application/grpc").part(Part::Silence)];
    let (channel, log) = build(GRPC, answers, |builder| builder.service_config(config).unwrap()).await;
    let (channel, ctx) = (&channel, Context::new());
    let code = async |info| call(channel, info, &ctx).await.unwrap_err().code();
    assert_eq!(code(&PUT).await, Code::ResourceExhausted);
    assert_eq!(log.count(), 0);
    assert_eq!(code(&READ).await, Code::ResourceExhausted);
    assert_eq!(log.count(), 1);
    assert_eq!(code(&CHANGE).await, Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_budget_is_that_of_the_config() {
    let config = r#"{ "retryThrottling": { "maxTokens": 4, "tokenRatio": 0.1 } }"#;
    let (channel, log) = build(GRPC, vec![down()], |builder| builder.service_config(config).unwrap()).await;
    for _ in 0..10 {
        call(&channel, &READ, &Context::new()).await.unwrap_err();
    }
    assert_eq!(log.count(), 10 + 1);
}

#[tokio::test]
async fn a_method_has_a_timeout_of_the_channel() {
    let silent = answer("application/grpc").part(Part::Silence);
    let (channel, _) = build(GRPC, vec![silent], |builder| {
        builder.timeout(Duration::from_secs(100)).method_timeout("/a.B/Read", Duration::from_millis(100))
    })
    .await;
    let start = Instant::now();
    assert_eq!(call(&channel, &READ, &Context::new()).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_call_can_wait_for_a_server() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = r#"{ "methodConfig": [{ "name": [{}], "waitForReady": true }] }"#;
    let builder = rsvc::Channel::builder(format!("http://{address}")).service_config(config).unwrap();
    let channel = builder.connect_lazy().unwrap();
    let ctx = Context::new().with_timeout(Duration::from_millis(500));
    assert_eq!(call(&channel, &CHANGE, &ctx).await.unwrap_err().code(), Code::DeadlineExceeded);
}
