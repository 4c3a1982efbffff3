//! Calls that are made several times at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::BodyExt as _;
use rsvc::client::{HttpVersion, Protocol, Retries};
use rsvc::{Channel, Context, MethodInfo, RetryPolicy};
use tokio::sync::oneshot;

use crate::setup::{Handler, LONG, Part, answer, serve};
use crate::support::{CHANGE, READ, build, fails, well};
use crate::unary::call;

#[tokio::test]
async fn the_winner_brings_its_metadata_and_the_loser_is_given_up() {
    for (protocol, version) in [(Protocol::Grpc, HttpVersion::Http2), (Protocol::Connect, HttpVersion::Http2)]
    {
        static HEDGED: MethodInfo = READ.retry(RetryPolicy::hedge(Duration::from_millis(20)));
        let (dropped, waits) = oneshot::channel::<()>();
        let (count, dropped) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(std::sync::Mutex::new(Some(dropped))));
        let handler: Handler = Arc::new(move |parts, body| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            let dropped = Arc::clone(&dropped);
            Box::pin(async move {
                let _ = body.collect().await;
                if number == 0 {
                    assert!(!parts.headers.contains_key("grpc-previous-rpc-attempts"));
                    // Hyper drops it when the stream is reset.
                    let _dropped = dropped.lock().unwrap().take();
                    std::future::pending::<()>().await;
                }
                assert_eq!(parts.headers["grpc-previous-rpc-attempts"], "1");
                well(protocol).header("x-attempt", number.to_string())
            })
        });
        let address = serve(version, handler).await;
        let builder = Channel::builder(format!("http://{address}")).protocol(protocol);
        let channel = builder.http_version(version).connect_lazy().unwrap();
        let ctx = Context::new();
        call(&channel, &HEDGED, &ctx).await.unwrap();
        assert_eq!(ctx.response_headers().get("x-attempt").unwrap(), "1");
        assert!(tokio::time::timeout(LONG, waits).await.unwrap().is_err());
    }
}

#[tokio::test]
async fn only_what_has_no_side_effects_is_hedged_by_the_channel() {
    let silent = answer("application/grpc").part(Part::Silence);
    let retries = Retries::new().policy(RetryPolicy::hedge(Duration::ZERO));
    let via = (Protocol::Grpc, HttpVersion::Http2);
    let (channel, log) = build(via, vec![silent], |builder| builder.retries(retries)).await;
    let ctx = || Context::new().with_timeout(Duration::from_millis(300));
    call(&channel, &READ, &ctx()).await.unwrap_err();
    assert_eq!(log.count(), 2);
    call(&channel, &CHANGE, &ctx()).await.unwrap_err();
    assert_eq!(log.count(), 3);
}

#[tokio::test]
async fn a_failure_brings_the_next_attempt() {
    let retries = Retries::new().policy(RetryPolicy::hedge(LONG * 10));
    for via in crate::support::PROTOCOLS {
        let answers = vec![fails(via.0, 14), well(via.0)];
        let retries = retries.clone();
        let (channel, log) = build(via, answers, |builder| builder.retries(retries)).await;
        call(&channel, &READ, &Context::new()).await.unwrap();
        assert_eq!(log.count(), 2);
    }
}
