//! Servers that do not serve, and servers that fail.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rsvc::client::{Balance, EndpointState, OutlierEjection};
use rsvc::{Channel, Code, Status};

use crate::setup::{shares, three, until, until_state, who};

#[tokio::test]
async fn who_is_not_serving_gets_no_new_calls() {
    let [a, b, c] = three().await;
    c.health.set("demo.Who", false);
    let channel = Channel::builder("http://shop.test")
        .endpoints([a.addr, b.addr, c.addr])
        .balance(Balance::round_robin().health_check("demo.Who"))
        .connect()
        .await
        .unwrap();
    let healthy = async |count: usize| {
        let is_healthy = |healthy: Option<bool>| healthy == Some(true);
        channel.endpoints().iter().filter(|endpoint| is_healthy(endpoint.healthy)).count() == count
    };
    until("two are healthy", async || healthy(2).await).await;
    assert_eq!(shares(&channel, 10).await, [("a".to_owned(), 5), ("b".to_owned(), 5)].into());

    a.health.set("demo.Who", false);
    until("one is healthy", async || healthy(1).await).await;
    assert_eq!(shares(&channel, 10).await, [("b".to_owned(), 10)].into());

    b.health.set("demo.Who", false);
    until("none is healthy", async || healthy(0).await).await;
    let begun = Instant::now();
    let status = who(&channel).await.unwrap_err();
    println!("a call when none is healthy fails after {:?}: {status}", begun.elapsed());
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("health check"), "{}", status.message());

    for server in [&a, &b, &c] {
        server.health.set("demo.Who", true);
    }
    until("all are healthy", async || healthy(3).await).await;
    assert_eq!(shares(&channel, 30).await.into_values().collect::<Vec<_>>(), [10; 3]);
}

#[tokio::test]
async fn in_a_panic_all_are_used() {
    let [a, b, c] = three().await;
    for server in [&a, &b] {
        server.health.set("", false);
    }
    let channel = Channel::builder("http://shop.test")
        .endpoints([a.addr, b.addr, c.addr])
        .balance(Balance::round_robin().health_check("").panic_threshold(50))
        .connect()
        .await
        .unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    until("all are used", async || shares(&channel, 6).await.len() == 3).await;
    a.health.set("", true);
    until("two are used", async || {
        shares(&channel, 6).await == [("a".to_owned(), 3), ("c".to_owned(), 3)].into()
    })
    .await;
}

#[tokio::test]
async fn who_fails_in_a_row_is_out_for_some_time() {
    let [a, b, c] = three().await;
    let ejection = OutlierEjection::new()
        .consecutive_failures(3)
        .interval(Duration::from_millis(20))
        .base_ejection_time(Duration::from_millis(500));
    let channel = Channel::builder("http://shop.test")
        .endpoints([a.addr, b.addr, c.addr])
        .balance(Balance::round_robin().outlier_ejection(ejection))
        .connect()
        .await
        .unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    a.behaviour.fails.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let mut failed = 0;
    for _ in 0..30 {
        if let Err(status) = who(&channel).await {
            assert_eq!(status.code(), Code::Internal);
            failed += 1;
        }
    }
    println!("of 30 calls {failed} failed until the endpoint was ejected, in {:?}", begun.elapsed());
    assert_eq!(failed, 3);
    let ejected: Vec<bool> = channel.endpoints().iter().map(|endpoint| endpoint.ejected).collect();
    assert_eq!(ejected, [true, false, false]);

    a.behaviour.fails.store(false, Ordering::SeqCst);
    until("it is back", async || !channel.endpoints()[0].ejected).await;
    assert_eq!(shares(&channel, 30).await.into_values().collect::<Vec<_>>(), [10; 3]);
}

#[tokio::test]
async fn who_fails_more_often_than_others_is_out() {
    let [a, b, c] = three().await;
    let ejection = OutlierEjection::new()
        .consecutive_failures(None)
        .success_rate(1.0, 3, 5)
        .interval(Duration::from_millis(300))
        .base_ejection_time(Duration::from_hours(1));
    let channel = Channel::builder("http://shop.test")
        .endpoints([a.addr, b.addr, c.addr])
        .balance(Balance::round_robin().outlier_ejection(ejection))
        .connect()
        .await
        .unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    b.behaviour.fails.store(true, Ordering::SeqCst);
    until("it is ejected", async || {
        let _: Result<String, Status> = who(&channel).await;
        channel.endpoints()[1].ejected
    })
    .await;
    assert_eq!(shares(&channel, 10).await, [("a".to_owned(), 5), ("c".to_owned(), 5)].into());
}

#[tokio::test]
async fn ejection_leaves_one_in_any_case() {
    let [a, ..] = three().await;
    let ejection = OutlierEjection::new().consecutive_failures(1);
    let channel = Channel::builder("http://shop.test")
        .endpoints([a.addr])
        .balance(Balance::least_request().outlier_ejection(ejection))
        .connect()
        .await
        .unwrap();
    a.behaviour.fails.store(true, Ordering::SeqCst);
    assert_eq!(who(&channel).await.unwrap_err().code(), Code::Internal);
    assert!(channel.endpoints()[0].ejected);
    a.behaviour.fails.store(false, Ordering::SeqCst);
    assert_eq!(who(&channel).await.unwrap(), "a");
}
