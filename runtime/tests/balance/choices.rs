//! How calls are spread.

use std::sync::atomic::Ordering;

use rsvc::Channel;
use rsvc::client::{Balance, Endpoint, EndpointState};

use crate::setup::{Instance, shares, three, until_state, who};

#[tokio::test]
async fn weights_share_calls_in_proportion() {
    let [a, b, c] = three().await;
    let channel = Channel::builder("http://shop.test")
        .endpoints([Endpoint::from(a.addr).weight(3), b.addr.into(), c.addr.into()])
        .connect()
        .await
        .unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    assert_eq!(shares(&channel, 50).await.into_values().collect::<Vec<_>>(), [30, 10, 10]);
}

#[tokio::test]
async fn least_request_leaves_a_slow_one_alone() {
    let [a, b, c] = three().await;
    a.behaviour.takes.store(500, Ordering::SeqCst);
    let channel = Channel::builder("http://shop.test")
        .endpoints([a.addr, b.addr, c.addr])
        .balance(Balance::least_request())
        .connect()
        .await
        .unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let channel = channel.clone();
            tokio::spawn(async move { shares(&channel, 100).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    println!("of 400 calls the slow one got {}, the others {} and {}", a.calls(), b.calls(), c.calls());
    assert!(2 * a.calls() < b.calls().min(c.calls()));
    let in_flight: usize = channel.endpoints().iter().map(|endpoint| endpoint.in_flight).sum();
    assert_eq!(in_flight, 0, "all have ended");
}

#[tokio::test]
async fn a_client_uses_its_part_of_the_endpoints() {
    let mut servers = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        servers.push(Instance::start(name).await);
    }
    let mut used = Vec::new();
    for _ in 0..2 {
        let channel = Channel::builder("http://shop.test")
            .endpoints(servers.iter().map(|server| server.addr))
            .balance(Balance::round_robin().subset(2, "pod-7"))
            .connect()
            .await
            .unwrap();
        until_state(&channel, "two are connected", EndpointState::Ready, 2).await;
        assert_eq!(channel.endpoints().len(), 2);
        used.push(shares(&channel, 10).await);
    }
    assert_eq!(used[0].values().copied().collect::<Vec<_>>(), [5, 5]);
    assert_eq!(used[0], used[1], "it is the same part each time");
}

#[tokio::test]
async fn what_is_known_of_endpoints_can_be_asked_for() {
    let [a, b, _] = three().await;
    let channel = Channel::builder("http://shop.test")
        .endpoints([Endpoint::from(a.addr).weight(2), Endpoint::from(b.addr).priority(1)])
        .connect_lazy()
        .unwrap();
    assert!(channel.endpoints().is_empty(), "nobody has called");
    who(&channel).await.unwrap();
    let endpoints = channel.endpoints();
    assert_eq!(endpoints.len(), 2);
    assert_eq!(endpoints[0].address, a.addr.to_string());
    assert_eq!(
        (endpoints[0].weight, endpoints[0].priority, endpoints[0].state),
        (2, 0, EndpointState::Ready)
    );
    assert_eq!((endpoints[1].weight, endpoints[1].priority, endpoints[1].state), (1, 1, EndpointState::Idle));
    assert_eq!((endpoints[0].ejected, endpoints[0].healthy), (false, None));
    let plain = Channel::connect_lazy(format!("http://{}", a.addr)).unwrap();
    assert!(plain.endpoints().is_empty(), "there is nothing to choose");
}
