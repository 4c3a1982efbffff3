//! The service by what tonic-prost-build generates, with the settings that rsvc has: without Nagle's algorithm and with
//! pings.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::net::TcpListener;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};

use self::messages::calls_client::CallsClient;
use self::messages::calls_server::{Calls, CallsServer};
use self::messages::{Count, Order};
use super::Peer;

#[allow(clippy::all, clippy::pedantic)] // not ours to mend
pub(super) mod messages {
    include!(concat!(env!("OUT_DIR"), "/tonic/rpc.rs"));
}

pub(super) struct Tonic {
    client: CallsClient<Channel>,
    /// The metadata `authorization` of calls.
    authorization: Option<MetadataValue<Ascii>>,
}

impl Tonic {
    /// The same client, which shows a token if there is one.
    pub(super) fn showing(self, token: Option<&str>) -> Self {
        let authorization = token.map(|token| format!("Bearer {token}").parse().expect("it is ASCII"));
        Self { authorization, ..self }
    }

    fn request<T>(&self, content: T) -> Request<T> {
        let mut request = Request::new(content);
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        request
    }
}

struct Handler;

#[tonic::async_trait]
impl Calls for Handler {
    async fn unary(&self, request: Request<Order>) -> Result<Response<Order>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    type ServerStreamStream = BoxStream<'static, Result<Order, Status>>;

    async fn server_stream(
        &self,
        request: Request<Count>,
    ) -> Result<Response<Self::ServerStreamStream>, Status> {
        let order = Tonic::order(1);
        let count = request.into_inner().count;
        Ok(Response::new(stream::iter((0..count).map(move |_| Ok(order.clone()))).boxed()))
    }

    async fn client_stream(&self, request: Request<Streaming<Order>>) -> Result<Response<Count>, Status> {
        let (mut requests, mut count) = (request.into_inner(), 0);
        while requests.message().await?.is_some() {
            count += 1;
        }
        Ok(Response::new(Count { count }))
    }

    type BothStream = BoxStream<'static, Result<Order, Status>>;

    async fn both(&self, request: Request<Streaming<Order>>) -> Result<Response<Self::BothStream>, Status> {
        Ok(Response::new(request.into_inner().boxed()))
    }
}

impl Peer for Tonic {
    type Order = Order;

    async fn serve(listener: TcpListener) {
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let mut server = Server::builder()
            .http2_keepalive_interval(Some(Duration::from_mins(1)))
            .http2_keepalive_timeout(Some(Duration::from_secs(20)));
        let server = server.add_service(CallsServer::new(Handler));
        server.serve_with_incoming(incoming).await.expect("tonic serves");
    }

    async fn connect(server: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{server}")).expect("an address");
        let endpoint = endpoint.http2_keep_alive_interval(Duration::from_mins(2));
        let client = CallsClient::new(endpoint.connect().await.expect("connects"));
        Self { client, authorization: None }
    }

    fn order(items: u32) -> Order {
        super::prost_order(items)
    }

    async fn call(&self, order: Order) {
        self.client.clone().unary(self.request(order)).await.expect("answers");
    }

    async fn server_stream(&self, count: u32) {
        let stream = self.client.clone().server_stream(self.request(Count { count })).await.expect("answers");
        assert_eq!(stream.into_inner().count().await, count as usize);
    }

    async fn client_stream(&self, order: Order, count: u32) {
        let requests = stream::iter((0..count).map(move |_| order.clone()));
        let done = self.client.clone().client_stream(self.request(requests)).await.expect("answers");
        assert_eq!(done.into_inner().count, count);
    }

    async fn both(&self, order: Order, count: u32) {
        let requests = stream::iter((0..count).map(move |_| order.clone()));
        let stream = self.client.clone().both(self.request(requests)).await.expect("answers");
        assert_eq!(stream.into_inner().count().await, count as usize);
    }
}
