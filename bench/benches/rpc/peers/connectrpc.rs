//! The service by connectrpc, over gRPC, with the settings that rsvc has: with pings and with windows that keep their
//! size. Its dispatcher is the generated one, which it has for speed; what is received is turned into owned messages.

use std::net::SocketAddr;
use std::time::Duration;

use buffa::Message as _;
use connectrpc::client::{ClientConfig, Http2Connection, SharedHttp2Connection};
use connectrpc::{
    ConnectError, ConnectRpcService, Encodable, InboundStream, Protocol, RequestContext, Response, Server,
    ServiceRequest, ServiceResult, ServiceStream,
};
use futures_util::stream::{self, TryStreamExt as _};
use tokio::net::TcpListener;

use self::generated::rpc::{Calls, CallsClient, CallsServer, Count, Order};
use super::Peer;

#[allow(clippy::all, clippy::pedantic)] // not ours to mend
mod generated {
    include!(concat!(env!("OUT_DIR"), "/connectrpc/mod.rs"));
}

/// Requests that wait for the connection, as its documentation has it.
const QUEUE: usize = 1024;

pub(super) struct Connectrpc(CallsClient<SharedHttp2Connection>);

struct Handler;

impl Calls for Handler {
    async fn unary<'a>(
        &'a self,
        _: RequestContext,
        request: ServiceRequest<'_, Order>,
    ) -> ServiceResult<impl Encodable<Order> + Send + use<'a>> {
        Response::ok(request.to_owned_message())
    }

    async fn server_stream(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, Count>,
    ) -> ServiceResult<ServiceStream<impl Encodable<Order> + Send + use<>>> {
        let order = Connectrpc::order(1);
        let count = request.to_owned_message().count;
        Ok(Response::stream(stream::iter((0..count).map(move |_| Ok::<_, ConnectError>(order.clone())))))
    }

    async fn client_stream(
        &self,
        _: RequestContext,
        mut requests: InboundStream<Order>,
    ) -> ServiceResult<impl Encodable<Count> + Send + use<'_>> {
        let mut count = 0;
        while let Some(request) = requests.try_next().await? {
            drop(request.to_owned_message());
            count += 1;
        }
        Response::ok(Count { count, ..Count::default() })
    }

    async fn both(
        &self,
        _: RequestContext,
        requests: InboundStream<Order>,
    ) -> ServiceResult<ServiceStream<impl Encodable<Order> + Send + use<>>> {
        Ok(Response::stream(requests.map_ok(|request| request.to_owned_message())))
    }
}

impl Peer for Connectrpc {
    type Order = Order;

    async fn serve(listener: TcpListener) {
        let server = Server::from_listener(listener)
            .with_http2_adaptive_window(false)
            .with_http2_keepalive_interval(Duration::from_mins(1))
            .with_http2_keepalive_timeout(Duration::from_secs(20));
        let service = ConnectRpcService::new(CallsServer::new(Handler));
        server.serve_with_service(service).await.expect("connectrpc serves");
    }

    async fn connect(server: SocketAddr) -> Self {
        let uri: http::Uri = format!("http://{server}").parse().expect("an address");
        let connection = Http2Connection::builder().keep_alive_interval(Duration::from_mins(2));
        let connection = connection.connect_plaintext(uri.clone()).await.expect("connects");
        let config = ClientConfig::new(uri).with_protocol(Protocol::Grpc);
        Self(CallsClient::new(connection.shared(QUEUE), config))
    }

    fn order(items: u32) -> Order {
        Order::decode_from_slice(&super::encoded_order(items)).expect("the same message")
    }

    async fn call(&self, order: Order) {
        drop(self.0.unary(order).await.expect("answers").into_owned());
    }

    async fn server_stream(&self, count: u32) {
        let request = Count { count, ..Count::default() };
        let mut stream = self.0.server_stream(request).await.expect("answers");
        let mut received = 0;
        while let Some(message) = stream.message::<Order>().await.expect("answers") {
            drop(message.to_owned_message());
            received += 1;
        }
        assert_eq!(received, count);
    }

    async fn client_stream(&self, order: Order, count: u32) {
        let requests = stream::iter((0..count).map(move |_| order.clone()));
        let done = self.0.client_stream(requests).await.expect("answers");
        assert_eq!(done.into_owned().count, count);
    }

    async fn both(&self, order: Order, count: u32) {
        let (mut requests, mut stream) = self.0.both().await.expect("starts").into_split();
        let send = async move {
            for _ in 0..count {
                requests.send(order.clone()).await.expect("is sent");
            }
            requests.close_send();
        };
        let receive = async move {
            let mut received = 0;
            while let Some(message) = stream.message::<Order>().await.expect("answers") {
                drop(message.to_owned_message());
                received += 1;
            }
            assert_eq!(received, count);
        };
        tokio::join!(send, receive);
    }
}
