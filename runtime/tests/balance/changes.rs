//! Endpoints that change.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use rsvc::client::{Balance, Dns, Endpoint, EndpointState, Resolve};
use rsvc::{Channel, Code};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::setup::{count, nobody, shares, three, until, until_state, who};

type Answer = Result<Vec<SocketAddr>, &'static str>;

/// Answers what it is told to, and counts how often it was asked.
#[derive(Clone)]
struct Told(Arc<Mutex<(Answer, usize)>>);

impl Told {
    fn new(answer: Answer) -> Self {
        Self(Arc::new(Mutex::new((answer, 0))))
    }

    fn set(&self, answer: Answer) {
        self.0.lock().unwrap().0 = answer;
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

impl Resolve for Told {
    fn resolve(
        &self,
        host: &str,
        port: u16,
    ) -> BoxFuture<'static, Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>>> {
        assert_eq!((host, port), ("shop.test", 8080));
        let mut told = self.0.lock().unwrap();
        told.1 += 1;
        let answer = told.0.clone().map_err(Into::into);
        Box::pin(async move { answer })
    }
}

const MOMENT: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_name_is_asked_again_on_a_timer() {
    let [a, b, c] = three().await;
    let told = Told::new(Ok(vec![a.addr, b.addr]));
    let dns = Dns::new().resolver(told.clone()).refresh(MOMENT).min_refresh(MOMENT);
    let channel = Channel::builder("dns:///shop.test:8080").dns(dns).connect().await.unwrap();
    until_state(&channel, "both are connected", EndpointState::Ready, 2).await;
    assert_eq!(shares(&channel, 10).await, [("a".to_owned(), 5), ("b".to_owned(), 5)].into());

    told.set(Ok(vec![b.addr, c.addr]));
    until("the name stands for others", async || {
        let addresses: Vec<_> = channel.endpoints().into_iter().map(|endpoint| endpoint.address).collect();
        addresses == [b.addr.to_string(), c.addr.to_string()]
    })
    .await;
    until_state(&channel, "the new one is connected", EndpointState::Ready, 2).await;
    assert_eq!(shares(&channel, 10).await, [("b".to_owned(), 5), ("c".to_owned(), 5)].into());

    for nothing in [Ok(vec![]), Err("the resolver is away")] {
        told.set(nothing);
        let asked = told.asked();
        until("it is asked twice more", async || told.asked() > asked + 1).await;
        assert_eq!(shares(&channel, 10).await, [("b".to_owned(), 5), ("c".to_owned(), 5)].into());
    }
}

#[tokio::test]
async fn a_name_is_asked_again_when_an_endpoint_fails() {
    let [mut a, b, _] = three().await;
    let told = Told::new(Ok(vec![a.addr]));
    let dns = Dns::new().resolver(told.clone()).refresh(Duration::from_hours(1)).min_refresh(MOMENT);
    let channel = Channel::builder("http://shop.test:8080").dns(dns).connect().await.unwrap();
    assert_eq!(who(&channel).await.unwrap(), "a");
    tokio::time::sleep(3 * MOMENT).await;
    assert_eq!(told.asked(), 1, "nothing has failed");

    told.set(Ok(vec![b.addr]));
    a.kill();
    until("the server has moved", async || who(&channel).await.is_ok_and(|name| name == "b")).await;
}

#[tokio::test]
async fn a_name_that_stands_for_nothing_fails_calls_at_once() {
    let [a, ..] = three().await;
    let told = Told::new(Err("no such name"));
    let dns = Dns::new().resolver(told.clone()).refresh(MOMENT).min_refresh(MOMENT);
    let channel = Channel::builder("http://shop.test:8080").dns(dns).connect_lazy().unwrap();
    let begun = Instant::now();
    let status = who(&channel).await.unwrap_err();
    println!("a name that stands for nothing: {status} after {:?}", begun.elapsed());
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("no such name"), "{}", status.message());
    told.set(Ok(vec![a.addr]));
    until("it stands for something", async || who(&channel).await.is_ok()).await;
}

#[tokio::test]
async fn the_operating_system_knows_names() {
    let [a, ..] = three().await;
    let channel = Channel::builder(format!("dns:localhost:{}", a.addr.port())).connect().await.unwrap();
    assert_eq!(who(&channel).await.unwrap(), "a");
    let numbers = Channel::builder(format!("dns:///{}", a.addr)).connect().await.unwrap();
    assert_eq!(who(&numbers).await.unwrap(), "a");
    let named = Channel::builder("http://shop.test")
        .endpoints([format!("localhost:{}", a.addr.port())])
        .connect()
        .await
        .unwrap();
    assert_eq!(who(&named).await.unwrap(), "a");
}

#[tokio::test]
async fn a_stream_says_which_endpoints_there_are() {
    let [a, b, c] = three().await;
    let (tell, told) = mpsc::unbounded_channel::<Result<Vec<Endpoint>, std::io::Error>>();
    let builder = Channel::builder("http://shop.test").endpoint_stream(UnboundedReceiverStream::new(told));
    let second = builder.clone();
    let channel = builder.connect_lazy().unwrap();
    let error = second.connect_lazy().unwrap_err();
    assert!(error.to_string().contains("stream of endpoints"), "{error}");

    let waiting = tokio::spawn({
        let channel = channel.clone();
        async move { who(&channel).await }
    });
    tokio::time::sleep(MOMENT).await;
    assert!(!waiting.is_finished(), "nobody knows an endpoint so far");
    tell.send(Ok(vec![a.addr.into()])).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), "a");

    tell.send(Ok(vec![Endpoint::from(b.addr).weight(2), c.addr.into()])).unwrap();
    until_state(&channel, "the others are connected", EndpointState::Ready, 2).await;
    assert_eq!(shares(&channel, 9).await, [("b".to_owned(), 6), ("c".to_owned(), 3)].into());
    // What makes no sense changes nothing.
    tell.send(Ok(vec![])).unwrap();
    tell.send(Err(std::io::Error::other("the registry is away"))).unwrap();
    tell.send(Ok(vec!["no address".into()])).unwrap();
    drop(tell);
    tokio::time::sleep(MOMENT).await;
    assert_eq!(shares(&channel, 9).await, [("b".to_owned(), 6), ("c".to_owned(), 3)].into());
}

#[tokio::test]
async fn a_stream_of_a_removed_endpoint_goes_on_to_its_end() {
    for balance in [Balance::round_robin(), Balance::pick_first()] {
        let [a, b, _] = three().await;
        let (tell, told) = mpsc::unbounded_channel::<Result<Vec<Endpoint>, std::io::Error>>();
        let channel = Channel::builder("http://shop.test")
            .endpoint_stream(UnboundedReceiverStream::new(told))
            .balance(balance)
            .connect_lazy()
            .unwrap();
        tell.send(Ok(vec![a.addr.into()])).unwrap();
        let mut stream = count(&channel).await.unwrap();
        assert_eq!(stream.message().await.unwrap().unwrap().message, "a");
        tell.send(Ok(vec![b.addr.into()])).unwrap();
        until("new calls go elsewhere", async || who(&channel).await.unwrap() == "b").await;
        assert_eq!(shares(&channel, 5).await, [("b".to_owned(), 5)].into());
        let begun = Instant::now();
        let mut messages = 1;
        while stream.message().await.unwrap().is_some() {
            messages += 1;
        }
        println!("the stream of a removed endpoint ended by itself, {:?} later", begun.elapsed());
        assert_eq!(messages, 50);
    }
}

#[tokio::test]
async fn connections_of_endpoints_that_stay_are_kept() {
    let [a, b, _] = three().await;
    let (tell, told) = mpsc::unbounded_channel::<Result<Vec<Endpoint>, std::io::Error>>();
    let channel = Channel::builder("http://shop.test")
        .endpoint_stream(UnboundedReceiverStream::new(told))
        .connect_lazy()
        .unwrap();
    tell.send(Ok(vec![a.addr.into(), nobody().into()])).unwrap();
    assert_eq!(who(&channel).await.unwrap(), "a");
    for _ in 0..5 {
        tell.send(Ok(vec![b.addr.into(), a.addr.into()])).unwrap();
        until("it is taken over", async || channel.endpoints()[0].address == b.addr.to_string()).await;
        let kept = channel.endpoints().into_iter().find(|endpoint| endpoint.address == a.addr.to_string());
        assert_eq!(kept.unwrap().state, EndpointState::Ready);
        tell.send(Ok(vec![a.addr.into()])).unwrap();
        until("it is taken back", async || channel.endpoints().len() == 1).await;
        assert_eq!(channel.endpoints()[0].state, EndpointState::Ready);
    }
}
