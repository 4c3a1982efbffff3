//! The service by rsvc.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bench::additions::Additions;
use futures_util::StreamExt as _;
use rsvc::client::{Balance, EndpointState, Retries};
use rsvc::{Context, RequestStream, ResponseStream, Status};
use tokio::net::TcpListener;

use self::generated::rpc::{Calls, CallsClient, CallsServer, Count, Order};
use super::Peer;

mod generated {
    rsvc::include_protos!();
}

pub(super) struct Rsvc {
    client: CallsClient,
    /// The metadata `authorization` of calls.
    authorization: Option<String>,
}

impl Rsvc {
    fn ctx(&self) -> Context {
        match &self.authorization {
            None => Context::new(),
            Some(authorization) => {
                Context::new().with_metadata("authorization", &**authorization).expect("it is ASCII")
            }
        }
    }
}

pub struct Handler;

impl Calls for Handler {
    async fn unary(&self, _: Context, request: Order) -> Result<Order, Status> {
        Ok(request)
    }

    async fn server_stream(
        &self,
        _: Context,
        request: Count,
    ) -> Result<ResponseStream<Order, Status>, Status> {
        let order = Rsvc::order(1);
        Ok(ResponseStream::from_iter((0..request.count).map(move |_| order.clone())))
    }

    async fn client_stream(&self, _: Context, mut requests: RequestStream<Order>) -> Result<Count, Status> {
        let mut count = 0;
        while requests.message().await?.is_some() {
            count += 1;
        }
        Ok(Count { count })
    }

    async fn both(
        &self,
        _: Context,
        requests: RequestStream<Order>,
    ) -> Result<ResponseStream<Order, Status>, Status> {
        Ok(ResponseStream::new(requests))
    }
}

/// The service for any server, alone.
pub fn mounted() -> CallsServer<Handler> {
    CallsServer::new(Handler)
}

/// A client on a channel of one's own.
pub fn in_process(channel: rsvc::Channel) -> Box<dyn super::Client> {
    Box::new(Rsvc { client: CallsClient::new(channel), authorization: None })
}

pub(super) async fn serve(listener: TcpListener, additions: Additions) {
    let server = additions.add_to(rsvc::Server::new().add(CallsServer::new(Handler)));
    server.with_listener(listener).expect("a listener").serve().await.expect("rsvc serves");
}

/// A client with a connection, and what of the additions is for clients. It shows a token if there is one.
pub(super) async fn connect(
    server: SocketAddr,
    additions: Additions,
    token: Option<&str>,
    retries: Retries,
) -> Rsvc {
    additions.install();
    let mut builder = rsvc::Channel::builder(format!("http://{server}")).retries(retries);
    if additions.spans {
        builder = builder.spans();
    }
    if additions.metrics {
        builder = builder.metrics();
    }
    let client = CallsClient::new(builder.connect().await.expect("connects"));
    Rsvc { client, authorization: token.map(|token| format!("Bearer {token}")) }
}

/// Two addresses of a server.
fn addresses(server: SocketAddr) -> [String; 2] {
    [server.to_string(), format!("localhost:{}", server.port())]
}

/// A client that knows its server by two addresses, to which it has a connection each.
pub(super) async fn balanced(server: SocketAddr, balance: Balance) -> Rsvc {
    let builder =
        rsvc::Channel::builder(format!("http://{server}")).endpoints(addresses(server)).balance(balance);
    let channel = builder.connect().await.expect("connects");
    while channel.endpoints().iter().any(|endpoint| endpoint.state != EndpointState::Ready) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Rsvc { client: CallsClient::new(channel), authorization: None }
}

/// Two channels, to an address each, that take turns.
pub(super) struct TwoChannels {
    channels: [Rsvc; 2],
    calls: AtomicUsize,
}

impl TwoChannels {
    pub(super) async fn new(server: SocketAddr) -> Self {
        let [one, other] = addresses(server).map(|address| async move {
            let channel = rsvc::Channel::builder(format!("http://{address}")).connect().await;
            Rsvc { client: CallsClient::new(channel.expect("connects")), authorization: None }
        });
        Self { channels: [one.await, other.await], calls: AtomicUsize::new(0) }
    }

    fn next(&self) -> &Rsvc {
        &self.channels[self.calls.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl Peer for TwoChannels {
    type Order = Order;

    async fn serve(listener: TcpListener) {
        Rsvc::serve(listener).await;
    }

    async fn connect(server: SocketAddr) -> Self {
        Self::new(server).await
    }

    fn order(items: u32) -> Order {
        Rsvc::order(items)
    }

    async fn call(&self, order: Order) {
        self.next().call(order).await;
    }

    async fn server_stream(&self, count: u32) {
        self.next().server_stream(count).await;
    }

    async fn client_stream(&self, order: Order, count: u32) {
        self.next().client_stream(order, count).await;
    }

    async fn both(&self, order: Order, count: u32) {
        self.next().both(order, count).await;
    }
}

impl Peer for Rsvc {
    type Order = Order;

    async fn serve(listener: TcpListener) {
        serve(listener, Additions::NONE).await;
    }

    async fn connect(server: SocketAddr) -> Self {
        connect(server, Additions::NONE, None, Retries::new()).await
    }

    fn order(items: u32) -> Order {
        super::prost_order(items)
    }

    async fn call(&self, order: Order) {
        self.client.unary(self.ctx(), order).await.expect("answers");
    }

    async fn server_stream(&self, count: u32) {
        let stream = self.client.server_stream(self.ctx(), Count { count }).await.expect("answers");
        assert_eq!(stream.count().await, count as usize);
    }

    async fn client_stream(&self, order: Order, count: u32) {
        let requests = RequestStream::from_iter((0..count).map(move |_| order.clone()));
        let done = self.client.client_stream(self.ctx(), requests).await.expect("answers");
        assert_eq!(done.count, count);
    }

    async fn both(&self, order: Order, count: u32) {
        let requests = RequestStream::from_iter((0..count).map(move |_| order.clone()));
        let stream = self.client.both(self.ctx(), requests).await.expect("answers");
        assert_eq!(stream.count().await, count as usize);
    }
}
