//! Retry storms, and calls beyond the limits of a channel.

use std::time::Duration;

use futures_util::FutureExt as _;
use rsvc::client::{HttpVersion, Protocol, Retries};
use rsvc::{Code, Context, RetryPolicy};

use crate::setup::{Part, answer};
use crate::support::{READ, build, down};
use crate::unary::call;

const GRPC: (Protocol, HttpVersion) = (Protocol::Grpc, HttpVersion::Http2);

#[tokio::test]
async fn the_budget_holds_a_storm() {
    let quick = RetryPolicy::retry().max_attempts(5).max_backoff(Duration::from_millis(1));
    for (retries, most) in [
        (Retries::new().tokens(20, 0.1), 100 + 10),
        (Retries::new().budget(0.2, 1), 100 + 10),
        (Retries::new().no_budget(), 500),
        (Retries::new(), 100 + 50),
    ] {
        let retries = retries.policy(quick);
        let (channel, log) = build(GRPC, vec![down()], |builder| builder.retries(retries)).await;
        for _ in 0..100 {
            assert_eq!(call(&channel, &READ, &Context::new()).await.unwrap_err().code(), Code::Unavailable);
        }
        assert!(log.count() <= most && log.count() > 100, "{} of {most}", log.count());
    }
}

#[tokio::test]
async fn calls_beyond_the_limit_fail_at_once() {
    let silent = answer("application/grpc").part(Part::Silence);
    let (channel, _) = build(GRPC, vec![silent], |builder| builder.max_calls(2, 1)).await;
    let ctx = Context::new();
    let mut calls: Vec<_> = (0..3).map(|_| Box::pin(call(&channel, &READ, &ctx))).collect();
    for call in &mut calls {
        assert!(call.now_or_never().is_none());
    }
    let status = call(&channel, &READ, &ctx).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("2 calls under way and 1 waiting"), "{status:?}");
    calls.clear();
    let mut next = Box::pin(call(&channel, &READ, &ctx));
    assert!((&mut next).now_or_never().is_none());
}
