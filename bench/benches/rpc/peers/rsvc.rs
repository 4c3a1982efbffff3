//! The service by rsvc.

use std::net::SocketAddr;

use futures_util::StreamExt as _;
use rsvc::{Context, RequestStream, ResponseStream, Status};
use tokio::net::TcpListener;

use self::generated::rpc::{Calls, CallsClient, CallsServer, Count, Order};
use super::Peer;

mod generated {
    rsvc::include_protos!();
}

pub(super) struct Rsvc(CallsClient);

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
    Box::new(Rsvc(CallsClient::new(channel)))
}

impl Peer for Rsvc {
    type Order = Order;

    async fn serve(listener: TcpListener) {
        let server = rsvc::Server::new().add(CallsServer::new(Handler));
        server.with_listener(listener).expect("a listener").serve().await.expect("rsvc serves");
    }

    async fn connect(server: SocketAddr) -> Self {
        Self(CallsClient::connect(format!("http://{server}")).await.expect("connects"))
    }

    fn order(items: u32) -> Order {
        super::prost_order(items)
    }

    async fn call(&self, order: Order) {
        self.0.unary(Context::new(), order).await.expect("answers");
    }

    async fn server_stream(&self, count: u32) {
        let stream = self.0.server_stream(Context::new(), Count { count }).await.expect("answers");
        assert_eq!(stream.count().await, count as usize);
    }

    async fn client_stream(&self, order: Order, count: u32) {
        let requests = RequestStream::from_iter((0..count).map(move |_| order.clone()));
        let done = self.0.client_stream(Context::new(), requests).await.expect("answers");
        assert_eq!(done.count, count);
    }

    async fn both(&self, order: Order, count: u32) {
        let requests = RequestStream::from_iter((0..count).map(move |_| order.clone()));
        let stream = self.0.both(Context::new(), requests).await.expect("answers");
        assert_eq!(stream.count().await, count as usize);
    }
}
