//! Servers that say who they are, each in a runtime of its own so that it can be killed, and calls to them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rsvc::client::{EndpointState, EndpointStatus};
use rsvc::codegen::client;
use rsvc::codegen::{Call, Handling, Service};
use rsvc::pb::google::rpc::LocalizedMessage;
use rsvc::server::Health;
use rsvc::{Access, Channel, Context, MethodInfo, MethodKind, ResponseStream, Server, ServiceInfo, Status};
use tokio::runtime::Runtime;

/// Longer than anything in these tests takes.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) const WHO: MethodInfo =
    MethodInfo::new("demo.Who", "Who", "/demo.Who/Who", MethodKind::Unary).access(Access::Public);
const COUNT: MethodInfo =
    MethodInfo::new("demo.Who", "Count", "/demo.Who/Count", MethodKind::ServerStreaming)
        .access(Access::Public);
const INFO: ServiceInfo = ServiceInfo::new("demo.Who", &[WHO, COUNT], b"");

/// The message of all methods.
pub(crate) type Text = LocalizedMessage;

fn text(message: &str) -> Text {
    Text { locale: "en".into(), message: message.into() }
}

/// What a server does, which can change.
#[derive(Default)]
pub(crate) struct Behaviour {
    /// Every call fails with `INTERNAL`.
    pub(crate) fails: AtomicBool,
    /// How long a call takes, in milliseconds.
    pub(crate) takes: AtomicUsize,
    /// How many calls there were.
    pub(crate) calls: AtomicUsize,
}

#[derive(Clone)]
struct Named {
    name: String,
    behaviour: Arc<Behaviour>,
}

impl Service for Named {
    const INFO: &'static ServiceInfo = &INFO;

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a> {
        match method {
            0 => call.unary(async |_: Context, _: Text| {
                self.behaviour.calls.fetch_add(1, Ordering::SeqCst);
                let takes = self.behaviour.takes.load(Ordering::SeqCst);
                if takes > 0 {
                    tokio::time::sleep(Duration::from_millis(takes as u64)).await;
                }
                if self.behaviour.fails.load(Ordering::SeqCst) {
                    return Err(Status::internal("on purpose"));
                }
                Ok::<_, Status>(text(&self.name))
            }),
            // A message every 20 milliseconds, for a second.
            1 => call.server_streaming(async |_: Context, _: Text| {
                let name = self.name.clone();
                let messages = futures_util::stream::unfold(0, move |count| {
                    let name = name.clone();
                    async move {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        (count < 50).then(|| (Ok::<_, Status>(text(&name)), count + 1))
                    }
                });
                Ok::<_, Status>(ResponseStream::new(messages))
            }),
            _ => call.unknown(),
        }
    }
}

/// A server with a name.
pub(crate) struct Instance {
    pub(crate) name: String,
    pub(crate) addr: SocketAddr,
    pub(crate) behaviour: Arc<Behaviour>,
    pub(crate) health: Health,
    runtime: Option<Runtime>,
}

impl Instance {
    pub(crate) async fn start(name: &str) -> Self {
        Self::start_at(name, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub(crate) async fn start_at(name: &str, addr: SocketAddr) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let behaviour = Arc::<Behaviour>::default();
        let health = Health::new();
        let service = Named { name: name.into(), behaviour: Arc::clone(&behaviour) };
        let server = Server::new().health(health.clone()).add(service);
        let (told, bound) = tokio::sync::oneshot::channel();
        runtime.spawn(async move {
            let server = server.bind(addr).await.expect("the port is free");
            told.send(server.local_addr()).expect("the test waits");
            server.serve().await.expect("it serves");
        });
        let addr = bound.await.expect("it is bound");
        Self { name: name.into(), addr, behaviour, health, runtime: Some(runtime) }
    }

    /// Ends it with all of its connections, as a signal would.
    pub(crate) fn kill(&mut self) {
        self.runtime.take().expect("it is killed once").shutdown_background();
    }

    /// Starts it again at the same address.
    pub(crate) async fn again(&mut self) {
        *self = Self::start_at(&self.name.clone(), self.addr).await;
    }

    pub(crate) fn calls(&self) -> usize {
        self.behaviour.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) async fn three() -> [Instance; 3] {
    [Instance::start("a").await, Instance::start("b").await, Instance::start("c").await]
}

/// An address where nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Who answers.
pub(crate) async fn who(channel: &Channel) -> Result<String, Status> {
    who_within(channel, LONG).await
}

pub(crate) async fn who_within(channel: &Channel, timeout: Duration) -> Result<String, Status> {
    let ctx = Context::new().with_timeout(timeout);
    let answer: Result<Text, Status> = client::unary(channel, &WHO, ctx, text("who")).await;
    Ok(answer?.message)
}

/// How many of so many calls each has answered.
pub(crate) async fn shares(channel: &Channel, calls: usize) -> BTreeMap<String, usize> {
    let mut shares = BTreeMap::new();
    for _ in 0..calls {
        *shares.entry(who(channel).await.expect("no call is lost")).or_insert(0) += 1;
    }
    shares
}

pub(crate) async fn count(channel: &Channel) -> Result<ResponseStream<Text, Status>, Status> {
    client::server_streaming(channel, &COUNT, Context::new().with_timeout(LONG), text("count")).await
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < LONG, "{what}: never");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = begun.elapsed();
    println!("{what}: after {took:?}");
    took
}

/// Waits until so many endpoints are in a state.
pub(crate) async fn until_state(channel: &Channel, what: &str, state: EndpointState, count: usize) {
    let is_so = |endpoint: &EndpointStatus| endpoint.state == state;
    until(what, async || channel.endpoints().iter().filter(|endpoint| is_so(endpoint)).count() == count)
        .await;
}

/// The service of a server with a name.
pub(crate) fn named(name: &str) -> impl Service {
    Named { name: name.into(), behaviour: Arc::default() }
}
