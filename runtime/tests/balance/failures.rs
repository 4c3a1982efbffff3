//! Servers that die and come back.

use std::time::{Duration, Instant};

use rsvc::client::{Balance, EndpointState};
use rsvc::{Channel, Code};

use crate::setup::{Instance, count, nobody, shares, three, until, until_state, who};

#[tokio::test]
async fn one_of_three_is_dead_and_no_call_is_lost() {
    let [a, b, _] = three().await;
    let channel =
        Channel::builder("http://shop.test").endpoints([a.addr, nobody(), b.addr]).connect_lazy().unwrap();
    let begun = Instant::now();
    let shares = shares(&channel, 60).await;
    println!("60 calls with one of three endpoints dead: {:?}, {shares:?}", begun.elapsed());
    assert_eq!(shares.values().sum::<usize>(), 60);
    // Who is connected to first has the calls until the other is, too.
    assert!(shares.len() == 2 && shares.values().all(|share| *share >= 6), "{shares:?}");
    until_state(&channel, "the dead one is known to be", EndpointState::Failed, 1).await;
}

#[tokio::test]
async fn a_server_is_killed_and_comes_back() {
    let [mut a, b, c] = three().await;
    let channel =
        Channel::builder("http://shop.test").endpoints([a.addr, b.addr, c.addr]).connect().await.unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    assert_eq!(shares(&channel, 30).await.into_values().collect::<Vec<_>>(), [10; 3]);

    let mut stream = loop {
        let mut stream = count(&channel).await.unwrap();
        if stream.message().await.unwrap().unwrap().message == "a" {
            break stream;
        }
    };
    a.kill();
    // What is under way there breaks at once, without waiting for a time-out.
    let begun = Instant::now();
    let status = loop {
        match stream.message().await {
            Ok(message) => assert!(message.is_some(), "it was whole"),
            Err(status) => break status,
        }
    };
    println!("a stream whose server is killed breaks with {:?} after {:?}", status.code(), begun.elapsed());
    assert_eq!(status.code(), Code::Unavailable);
    until("the killed one is left out", async || channel.endpoints()[0].state != EndpointState::Ready).await;
    let begun = Instant::now();
    let rest = shares(&channel, 30).await;
    println!("30 calls without it: {:?}, {rest:?}", begun.elapsed());
    assert!(!rest.contains_key("a"), "{rest:?}");

    a.again().await;
    until_state(&channel, "it is connected again", EndpointState::Ready, 3).await;
    assert_eq!(shares(&channel, 30).await.into_values().collect::<Vec<_>>(), [10; 3]);
}

#[tokio::test]
async fn when_all_are_dead_calls_fail_at_once_until_one_is_back() {
    let [mut a, mut b, _] = three().await;
    let channel = Channel::builder("http://shop.test").endpoints([a.addr, b.addr]).connect().await.unwrap();
    who(&channel).await.unwrap();
    a.kill();
    b.kill();
    until_state(&channel, "both are known to be dead", EndpointState::Failed, 2).await;
    let begun = Instant::now();
    let status = who(&channel).await.unwrap_err();
    println!("a call when all are dead fails after {:?}: {status}", begun.elapsed());
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("none of 2 endpoints can be used"), "{}", status.message());
    // It is refused, or reset if it came as the server died.
    assert!(status.message().contains("the last: Connection re"), "{}", status.message());

    b.again().await;
    until("calls are answered again", async || who(&channel).await.is_ok()).await;
    assert_eq!(who(&channel).await.unwrap(), "b");
}

#[tokio::test]
async fn nobody_to_connect_to_is_an_error_of_connecting() {
    let channel = Channel::builder("http://shop.test").endpoints([nobody(), nobody()]).connect().await;
    let error = channel.unwrap_err();
    assert!(!error.is_invalid_endpoint());
    assert_eq!(error.endpoint(), "http://shop.test");
    for wrong in ["", "no port", "a:b:c", "user:secret@host:80"] {
        let error = Channel::builder("http://shop.test").endpoints([wrong]).connect_lazy().unwrap_err();
        assert!(error.is_invalid_endpoint(), "{wrong}");
        let text = format!("{error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(!text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn the_first_is_replaced_by_the_next_when_it_dies() {
    let [mut a, mut b, c] = three().await;
    let channel = Channel::builder("http://shop.test")
        .endpoints([nobody(), a.addr, b.addr, c.addr])
        .balance(Balance::pick_first())
        .connect()
        .await
        .unwrap();
    assert_eq!(shares(&channel, 10).await, [("a".to_owned(), 10)].into());
    let connected =
        channel.endpoints().iter().filter(|endpoint| endpoint.state == EndpointState::Ready).count();
    assert_eq!(connected, 1, "one connection is enough");
    a.kill();
    b.kill();
    until("the next that lives is used", async || who(&channel).await.is_ok_and(|name| name == "c")).await;
    assert_eq!(shares(&channel, 10).await, [("c".to_owned(), 10)].into());
    a.again().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(who(&channel).await.unwrap(), "c", "there is no need to change");
}

#[tokio::test]
async fn a_priority_is_used_while_those_before_it_are_dead() {
    use rsvc::client::Endpoint;

    let [mut near, far, _] = three().await;
    let channel = Channel::builder("http://shop.test")
        .endpoints([Endpoint::from(far.addr).priority(1), Endpoint::from(near.addr)])
        .connect()
        .await
        .unwrap();
    assert_eq!(shares(&channel, 10).await, [("a".to_owned(), 10)].into());
    assert_eq!(channel.endpoints()[1].state, EndpointState::Idle, "it is not needed");
    near.kill();
    until("the farther one is used", async || who(&channel).await.is_ok_and(|name| name == "b")).await;
    near.again().await;
    until("the near one is used again", async || who(&channel).await.is_ok_and(|name| name == "a")).await;
    assert_eq!(shares(&channel, 10).await, [("a".to_owned(), 10)].into());
}

/// Calls go on under load while servers are killed one after the other.
#[tokio::test]
async fn of_many_calls_only_those_are_lost_that_a_server_dies_with() {
    let [mut a, b, c] = three().await;
    let channel =
        Channel::builder("http://shop.test").endpoints([a.addr, b.addr, c.addr]).connect().await.unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    let caller = |channel: Channel| async move {
        let mut lost = 0;
        for _ in 0..200 {
            if let Err(status) = who(&channel).await {
                assert_eq!(status.code(), Code::Unavailable);
                lost += 1;
            }
        }
        lost
    };
    let callers: Vec<_> = (0..8).map(|_| tokio::spawn(caller(channel.clone()))).collect();
    while a.calls() < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    a.kill();
    let mut lost = 0;
    for caller in callers {
        lost += caller.await.unwrap();
    }
    println!("of 1,600 calls by 8 callers, {lost} were lost as their server was killed with them");
    assert!(lost <= 8, "each caller has one call under way: {lost}");
    drop(Instance::start("z").await);
}
