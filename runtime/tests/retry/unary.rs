//! Calls with one request and one response.

use std::time::{Duration, Instant};

use rsvc::client::{HttpVersion, Protocol, Retries};
use rsvc::codegen::client;
use rsvc::{Channel, Code, Context, MethodInfo, RetryPolicy, Status};

use crate::setup::{Text, answer, text};
use crate::support::{CHANGE, PROTOCOLS, PUT, READ, build, channel, down, fails, up, well};

const GRPC: (Protocol, HttpVersion) = (Protocol::Grpc, HttpVersion::Http2);

pub(crate) async fn call(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: &Context,
) -> Result<Text, Status> {
    client::unary(channel, info, ctx.clone(), text("ho")).await
}

#[tokio::test]
async fn what_may_be_repeated_is_made_again_over_all_protocols() {
    for via in PROTOCOLS {
        let protocol = via.0;
        for (info, expected) in [(&READ, 3), (&PUT, 3), (&CHANGE, 1)] {
            let answers = vec![fails(protocol, 14), fails(protocol, 14), well(protocol)];
            let (channel, log) = build(via, answers, |builder| builder).await;
            let outcome = call(&channel, info, &Context::new()).await;
            assert_eq!(outcome.is_ok(), expected == 3, "{via:?} {info:?} {outcome:?}");
            let previous = [None, Some("1".to_owned()), Some("2".to_owned())];
            assert_eq!(log.previous(), previous[..expected], "{via:?}");
            let bodies: Vec<_> = log.all().into_iter().map(|got| got.body).collect();
            assert!(bodies.iter().all(|body| *body == bodies[0] && !body.is_empty()), "{bodies:?}");
        }
        let (channel, log) = build(via, vec![fails(protocol, 5)], |builder| builder).await;
        assert_eq!(call(&channel, &READ, &Context::new()).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(log.count(), 1);
        // The last error is the outcome.
        let (channel, log) = build(via, vec![fails(protocol, 14)], |builder| builder).await;
        assert_eq!(call(&channel, &READ, &Context::new()).await.unwrap_err().code(), Code::Unavailable);
        assert_eq!(log.count(), 3);
    }
}

#[tokio::test]
async fn behind_interceptors_it_is_one_call() {
    use rsvc::interceptor::{Call, Interceptor, Next, Reply};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Count(Arc<AtomicUsize>);

    impl Interceptor for Count {
        async fn intercept(&self, call: Call, next: Next<'_>) -> Result<Reply, Status> {
            self.0.fetch_add(1, Ordering::Relaxed);
            next.run(call).await
        }
    }

    let calls = Arc::new(AtomicUsize::new(0));
    let (channel, log) = {
        let calls = Arc::clone(&calls);
        build(GRPC, vec![down(), up()], |builder| builder.intercept(Count(calls))).await
    };
    call(&channel, &READ, &Context::new()).await.unwrap();
    assert_eq!((calls.load(Ordering::Relaxed), log.count()), (1, 2));
}

#[tokio::test]
async fn it_is_off_with_a_word() {
    let (channel, log) = build(GRPC, vec![down()], |builder| builder.retries(Retries::off())).await;
    call(&channel, &READ, &Context::new()).await.unwrap_err();
    assert_eq!(log.count(), 1);
    let (channel, log) = self::channel(vec![down()]).await;
    call(&channel, &READ, &Context::new().with_retries(false)).await.unwrap_err();
    assert_eq!(log.count(), 1);
    let off = Retries::new().method(READ.path, RetryPolicy::OFF);
    let (channel, log) = build(GRPC, vec![down()], |builder| builder.retries(off)).await;
    call(&channel, &READ, &Context::new()).await.unwrap_err();
    assert_eq!(log.count(), 1);
}

#[tokio::test]
async fn a_method_can_be_named() {
    static DECLARED: MethodInfo = PUT.retry(RetryPolicy::retry().max_attempts(2));
    let (channel, log) = channel(vec![down()]).await;
    call(&channel, &DECLARED, &Context::new()).await.unwrap_err();
    assert_eq!(log.count(), 2);
    let eager = RetryPolicy::retry().max_attempts(4).codes(&[Code::Internal]);
    let retries = Retries::new().method(CHANGE.path, eager.initial_backoff(Duration::from_millis(1)));
    let answers = vec![fails(Protocol::Grpc, 13)];
    let (channel, log) = build(GRPC, answers, |builder| builder.retries(retries)).await;
    call(&channel, &CHANGE, &Context::new()).await.unwrap_err();
    assert_eq!(log.count(), 4);
}

#[tokio::test]
async fn metadata_is_that_of_the_last_attempt() {
    let (channel, _) = channel(vec![
        down().header("x-first", "1").header("x-both", "1"),
        answer("application/grpc")
            .header("x-both", "2")
            .data(crate::setup::hi())
            .trailers([("grpc-status", "0")]),
    ])
    .await;
    let ctx = Context::new();
    call(&channel, &READ, &ctx).await.unwrap();
    assert!(ctx.response_trailers().get("x-first").is_none(), "{:?}", ctx.response_trailers());
    assert!(ctx.response_headers().get("x-first").is_none());
    assert_eq!(ctx.response_headers().get("x-both").unwrap(), "2");
}

#[tokio::test]
async fn a_deadline_shorter_than_the_pause_has_the_last_error_at_once() {
    let patient = RetryPolicy::retry().initial_backoff(Duration::from_secs(100)).max_backoff(Duration::MAX);
    let retries = Retries::new().policy(patient);
    let (channel, log) = build(GRPC, vec![down()], |builder| builder.retries(retries)).await;
    let start = Instant::now();
    let ctx = Context::new().with_timeout(Duration::from_mins(1));
    // Not DEADLINE_EXCEEDED: that is not what went wrong.
    assert_eq!(call(&channel, &READ, &ctx).await.unwrap_err().code(), Code::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(log.count(), 1);
}

#[tokio::test]
async fn all_attempts_share_a_deadline() {
    let (channel, log) = channel(vec![down(), down(), up()]).await;
    let ctx = Context::new().with_timeout(Duration::from_secs(50));
    call(&channel, &READ, &ctx).await.unwrap();
    let millis = |got: &crate::support::Got| {
        let value = got.headers["grpc-timeout"].to_str().unwrap();
        value.strip_suffix('u').unwrap().parse::<u64>().unwrap() / 1000
    };
    let left: Vec<_> = log.all().iter().map(millis).collect();
    assert!(left[0] - left[1] >= 80 && left[1] - left[2] >= 160, "{left:?}");
}

#[tokio::test]
async fn the_server_can_push_back() {
    let (channel, log) = channel(vec![down().header("grpc-retry-pushback-ms", "-1"), up()]).await;
    call(&channel, &READ, &Context::new()).await.unwrap_err();
    assert_eq!(log.count(), 1);
    let slow = RetryPolicy::retry().initial_backoff(Duration::from_secs(100)).max_backoff(Duration::MAX);
    let retries = Retries::new().policy(slow);
    let answers = vec![down().header("grpc-retry-pushback-ms", "10"), up()];
    let (channel, log) = build(GRPC, answers, |builder| builder.retries(retries)).await;
    call(&channel, &READ, &Context::new()).await.unwrap();
    assert_eq!(log.count(), 2);
}

#[tokio::test]
async fn retry_info_is_waited_for() {
    let body = r#"{"code":"resource_exhausted","details":[{
        "type":"google.rpc.RetryInfo","value":"CgUQgIi6UQ","debug":{"retryDelay":"0.17s"}}]}"#;
    let busy = answer("application/json").status(429).data(body);
    let via = (Protocol::Connect, HttpVersion::Http1);
    let (channel, log) = build(via, vec![busy, well(Protocol::Connect)], |builder| builder).await;
    let start = Instant::now();
    call(&channel, &READ, &Context::new()).await.unwrap();
    assert_eq!(log.count(), 2);
    assert!(start.elapsed() >= Duration::from_millis(170), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let channel = Channel::connect_lazy(format!("http://{address}")).unwrap();
    let start = Instant::now();
    assert_eq!(call(&channel, &CHANGE, &Context::new()).await.unwrap_err().code(), Code::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(20));
    let (_, reached) = (call(&channel, &READ, &Context::new()).await.unwrap_err(), start.elapsed());
    assert!(reached >= Duration::from_millis(200), "two pauses: {reached:?}");
}
