use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_timeout_never_extends() {
    let ctx = Context::new().with_timeout(SECOND).with_timeout(SECOND * 60);
    assert!(ctx.remaining().unwrap() <= SECOND);
    assert!(ctx.with_timeout(SECOND / 2).remaining().unwrap() <= SECOND / 2);
}

#[test]
fn an_endless_timeout_is_no_deadline() {
    assert_eq!(Context::new().with_timeout(Duration::MAX).deadline(), None);
}

#[test]
fn a_change_leaves_other_clones_alone() {
    let ctx = Context::new().with_metadata("a", "1").unwrap();
    let changed = ctx.clone().with_metadata("a", "2").unwrap().with_extension(7u8);
    assert_eq!(ctx.metadata_str("a"), Some("1"));
    assert_eq!(changed.metadata_str("a"), Some("2"));
    assert_eq!(changed.extension::<u8>(), Some(&7));
    assert_eq!(ctx.extension::<u8>(), None);
}

#[test]
fn clones_share_the_response() {
    let ctx = Context::new();
    let changed = ctx.clone().with_timeout(SECOND);
    changed.set_header("x-served-by", "7").unwrap();
    changed.set_trailer("x-sum-bin", b"\x00\xff").unwrap();
    assert_eq!(ctx.response_headers().get("x-served-by").unwrap(), "7");
    assert_eq!(
        ctx.response_trailers().get_bin("x-sum-bin").unwrap().to_bytes().unwrap().as_ref(),
        b"\x00\xff"
    );
}

#[test]
fn a_child_keeps_deadline_and_trace_only() {
    let ctx = Context::new()
        .with_timeout(SECOND)
        .with_metadata("authorization", "Bearer t")
        .unwrap()
        .with_metadata("traceparent", "00-1-2-01")
        .unwrap()
        .with_extension(1u8)
        .with_principal(Principal::new("ann"));
    let child = ctx.child();
    assert_eq!(child.deadline(), ctx.deadline());
    assert_eq!(child.metadata_str("traceparent"), Some("00-1-2-01"));
    assert_eq!(child.metadata_str("authorization"), None);
    assert_eq!(child.extension::<u8>(), None);
    assert_eq!(child.principal(), None);
    child.set_header("x", "1").unwrap();
    assert!(ctx.response_headers().is_empty());
}

#[tokio::test]
async fn the_end_of_a_call_reaches_its_children() {
    let ctx = Context::new();
    let child = ctx.child().child();
    let waiting = tokio::spawn(child.cancelled());
    tokio::task::yield_now().await;
    assert!(!child.is_cancelled());
    ctx.cancellation().cancel();
    waiting.await.unwrap();
    assert!(child.is_cancelled());
    child.cancelled().await;
}

#[test]
fn debug_shows_no_values() {
    let ctx = Context::new().with_metadata("authorization", "Bearer secret").unwrap();
    let text = format!("{ctx:?}");
    assert!(text.contains("authorization") && !text.contains("secret"), "{text}");
}

#[test]
fn headers_are_recycled_empty_and_only_if_nobody_sees_them() {
    let mut ctx = Context::new().with_metadata("authorization", "Bearer secret").unwrap();
    let seen = ctx.clone();
    let mut headers = HeaderMap::new();
    ctx.recycle_headers(&mut headers);
    assert_eq!(headers.capacity(), 0);
    assert_eq!(seen.metadata_str("authorization"), Some("Bearer secret"));
    drop(seen);
    ctx.recycle_headers(&mut headers);
    assert!(headers.is_empty() && headers.capacity() > 0);
    assert_eq!(ctx.metadata_str("authorization"), None);
}
