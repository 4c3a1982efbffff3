//! The same service and the same calls, once through rsvc and once through what tonic-prost-build generates.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::net::TcpListener;
use tonic::{Request, Response, Streaming};

pub mod ours {
    rsvc::include_protos!();
}
#[allow(clippy::all, clippy::pedantic)] // not ours to mend
pub mod theirs {
    include!(concat!(env!("OUT_DIR"), "/tonic/rpc.rs"));
}

use ours::rpc as o;
use theirs as t;

/// An order with so many items.
pub fn order<O: From<o::Order>>(items: u32) -> O {
    let item = |i| o::Item {
        product_id: format!("product-{i:08}"),
        name: "A thing with a name of usual length".into(),
        quantity: i,
        price: f64::from(i) * 1.25,
    };
    o::Order {
        order_id: "order-00000001".into(),
        user_id: "user-00000001".into(),
        items: (0..items).map(item).collect(),
        total: 123_456,
        paid: true,
    }
    .into()
}

impl From<o::Order> for t::Order {
    fn from(order: o::Order) -> Self {
        prost::Message::decode(&*prost::Message::encode_to_vec(&order)).expect("the same message")
    }
}

/// What is measured of both.
pub trait Peer: Sized {
    type Order: Clone + Send + Sync + 'static;
    fn serve(listener: TcpListener) -> impl Future<Output = ()> + Send;
    fn connect(server: SocketAddr) -> impl Future<Output = Self>;
    fn call(&self, order: Self::Order) -> impl Future<Output = ()> + Send;
    fn server_stream(&self, count: u32) -> impl Future<Output = ()> + Send;
    fn client_stream(&self, order: Self::Order, count: u32) -> impl Future<Output = ()> + Send;
    fn both(&self, order: Self::Order, count: u32) -> impl Future<Output = ()> + Send;

    fn unary(&self, order: Self::Order, count: u32) -> impl Future<Output = ()> + Send
    where
        Self: Sync,
    {
        async move {
            for _ in 0..count {
                self.call(order.clone()).await;
            }
        }
    }

    fn concurrent(&self, order: Self::Order, count: u32, at_once: usize) -> impl Future<Output = ()> + Send
    where
        Self: Sync,
    {
        async move {
            let calls = (0..count).map(|_| self.call(order.clone()));
            stream::iter(calls).buffer_unordered(at_once).count().await;
        }
    }
}

#[derive(Clone)]
pub struct Rsvc(o::CallsClient);

struct Handler;

impl o::Calls for Handler {
    async fn unary(&self, _: rsvc::Context, request: o::Order) -> Result<o::Order, rsvc::Status> {
        Ok(request)
    }

    async fn server_stream(
        &self,
        _: rsvc::Context,
        request: o::Count,
    ) -> Result<rsvc::ResponseStream<o::Order, rsvc::Status>, rsvc::Status> {
        let order: o::Order = order(1);
        Ok(rsvc::ResponseStream::from_iter((0..request.count).map(move |_| order.clone())))
    }

    async fn client_stream(
        &self,
        _: rsvc::Context,
        mut requests: rsvc::RequestStream<o::Order>,
    ) -> Result<o::Count, rsvc::Status> {
        let mut count = 0;
        while requests.message().await?.is_some() {
            count += 1;
        }
        Ok(o::Count { count })
    }

    async fn both(
        &self,
        _: rsvc::Context,
        requests: rsvc::RequestStream<o::Order>,
    ) -> Result<rsvc::ResponseStream<o::Order, rsvc::Status>, rsvc::Status> {
        Ok(rsvc::ResponseStream::new(requests))
    }
}

impl Peer for Rsvc {
    type Order = o::Order;

    async fn serve(listener: TcpListener) {
        let server = rsvc::Server::new().add(o::CallsServer::new(Handler));
        server.with_listener(listener).expect("a listener").serve().await.expect("rsvc serves");
    }

    async fn connect(server: SocketAddr) -> Self {
        Self(o::CallsClient::connect(format!("http://{server}")).await.expect("connects"))
    }

    async fn call(&self, order: o::Order) {
        use o::Calls as _;
        self.0.unary(rsvc::Context::new(), order).await.expect("answers");
    }

    async fn server_stream(&self, count: u32) {
        use o::Calls as _;
        let stream = self.0.server_stream(rsvc::Context::new(), o::Count { count }).await.expect("answers");
        assert_eq!(stream.count().await, count as usize);
    }

    async fn client_stream(&self, order: o::Order, count: u32) {
        use o::Calls as _;
        let requests = rsvc::RequestStream::from_iter((0..count).map(move |_| order.clone()));
        let done = self.0.client_stream(rsvc::Context::new(), requests).await.expect("answers");
        assert_eq!(done.count, count);
    }

    async fn both(&self, order: o::Order, count: u32) {
        use o::Calls as _;
        let requests = rsvc::RequestStream::from_iter((0..count).map(move |_| order.clone()));
        let stream = self.0.both(rsvc::Context::new(), requests).await.expect("answers");
        assert_eq!(stream.count().await, count as usize);
    }
}

type TonicClient = t::calls_client::CallsClient<tonic::transport::Channel>;

#[derive(Clone)]
pub struct Tonic(TonicClient);

#[tonic::async_trait]
impl t::calls_server::Calls for Handler {
    async fn unary(&self, request: Request<t::Order>) -> Result<Response<t::Order>, tonic::Status> {
        Ok(Response::new(request.into_inner()))
    }

    type ServerStreamStream = BoxStream<'static, Result<t::Order, tonic::Status>>;

    async fn server_stream(
        &self,
        request: Request<t::Count>,
    ) -> Result<Response<Self::ServerStreamStream>, tonic::Status> {
        let order: t::Order = order(1);
        let count = request.into_inner().count;
        Ok(Response::new(stream::iter((0..count).map(move |_| Ok(order.clone()))).boxed()))
    }

    async fn client_stream(
        &self,
        request: Request<Streaming<t::Order>>,
    ) -> Result<Response<t::Count>, tonic::Status> {
        let (mut requests, mut count) = (request.into_inner(), 0);
        while requests.message().await?.is_some() {
            count += 1;
        }
        Ok(Response::new(t::Count { count }))
    }

    type BothStream = BoxStream<'static, Result<t::Order, tonic::Status>>;

    async fn both(
        &self,
        request: Request<Streaming<t::Order>>,
    ) -> Result<Response<Self::BothStream>, tonic::Status> {
        Ok(Response::new(request.into_inner().boxed()))
    }
}

impl Peer for Tonic {
    type Order = t::Order;

    async fn serve(listener: TcpListener) {
        // Without Nagle's algorithm and with pings, as `rsvc` has it.
        let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
        let mut server = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(Duration::from_mins(1)))
            .http2_keepalive_timeout(Some(Duration::from_secs(20)));
        let server = server.add_service(t::calls_server::CallsServer::new(Handler));
        server.serve_with_incoming(incoming).await.expect("tonic serves");
    }

    async fn connect(server: SocketAddr) -> Self {
        let endpoint =
            tonic::transport::Endpoint::from_shared(format!("http://{server}")).expect("an address");
        let endpoint = endpoint.http2_keep_alive_interval(Duration::from_mins(2));
        Self(TonicClient::new(endpoint.connect().await.expect("connects")))
    }

    async fn call(&self, order: t::Order) {
        self.0.clone().unary(order).await.expect("answers");
    }

    async fn server_stream(&self, count: u32) {
        let stream = self.0.clone().server_stream(t::Count { count }).await.expect("answers");
        assert_eq!(stream.into_inner().count().await, count as usize);
    }

    async fn client_stream(&self, order: t::Order, count: u32) {
        let requests = stream::iter((0..count).map(move |_| order.clone()));
        let done = self.0.clone().client_stream(requests).await.expect("answers");
        assert_eq!(done.into_inner().count, count);
    }

    async fn both(&self, order: t::Order, count: u32) {
        let requests = stream::iter((0..count).map(move |_| order.clone()));
        let stream = self.0.clone().both(requests).await.expect("answers");
        assert_eq!(stream.into_inner().count().await, count as usize);
    }
}
