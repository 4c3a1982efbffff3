//! The same service and the same calls by all who are compared. Handlers and callers get messages that they own.

mod connectrpc;
mod hyper;
mod rsvc;
mod tonic;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;

use ::rsvc::client::{Balance, OutlierEjection, Retries};
use bench::additions::{Additions, TOKEN};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use tokio::net::TcpListener;

use crate::case::Work;

pub use rsvc::{in_process, mounted};

/// Who serves or calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Who {
    Hyper,
    Tonic,
    Connectrpc,
    Rsvc,
    RsvcJwt,
    RsvcSpans,
    RsvcMetrics,
    RsvcAll,
    RsvcBalanced,
    RsvcEjecting,
    /// A client of two channels that take turns: what balancing between two addresses is compared with.
    RsvcTwoChannels,
    /// A client that makes no call again; its server is the same.
    RsvcNoRetries,
}

impl Who {
    /// Who is compared unless some are named.
    pub const USUAL: [Self; 4] = [Self::Hyper, Self::Tonic, Self::Connectrpc, Self::Rsvc];

    pub fn name(self) -> &'static str {
        match self {
            Self::Hyper => "hyper",
            Self::Tonic => "tonic",
            Self::Connectrpc => "connectrpc",
            Self::Rsvc => "rsvc",
            Self::RsvcJwt => "rsvc-jwt",
            Self::RsvcSpans => "rsvc-spans",
            Self::RsvcMetrics => "rsvc-metrics",
            Self::RsvcAll => "rsvc-all",
            Self::RsvcBalanced => "rsvc-balanced",
            Self::RsvcEjecting => "rsvc-ejecting",
            Self::RsvcTwoChannels => "rsvc-two-channels",
            Self::RsvcNoRetries => "rsvc-no-retries",
        }
    }

    /// What is added to rsvc.
    fn additions(self) -> Additions {
        match self {
            Self::RsvcJwt => Additions::JWT,
            Self::RsvcSpans => Additions::SPANS,
            Self::RsvcMetrics => Additions::METRICS,
            Self::RsvcAll => Additions::ALL,
            Self::Hyper
            | Self::Tonic
            | Self::Connectrpc
            | Self::Rsvc
            | Self::RsvcBalanced
            | Self::RsvcEjecting
            | Self::RsvcTwoChannels
            | Self::RsvcNoRetries => Additions::NONE,
        }
    }

    /// Whether its client can be measured. connectrpc's sends each message of a stream in an HTTP/2 frame of its own,
    /// and the h2 of every server here closes a connection on which too many small frames wait.
    pub fn calls(self, work: Work) -> bool {
        self != Self::Connectrpc || !matches!(work, Work::ClientStream | Work::Both)
    }

    /// Serves calls until the process ends.
    pub fn serve(self, listener: TcpListener) -> BoxFuture<'static, ()> {
        match self {
            Self::Hyper => Box::pin(hyper::Hyper::serve(listener)),
            Self::Tonic => Box::pin(tonic::Tonic::serve(listener)),
            Self::Connectrpc => Box::pin(connectrpc::Connectrpc::serve(listener)),
            _ => Box::pin(rsvc::serve(listener, self.additions())),
        }
    }

    /// The token that callers of its server show.
    pub fn token(self) -> Option<&'static str> {
        self.additions().jwt.then_some(TOKEN)
    }

    /// A client with a connection, which shows a token if there is one.
    pub async fn connect(self, server: SocketAddr, token: Option<&'static str>) -> Box<dyn Client> {
        match self {
            Self::Hyper => Box::new(hyper::Hyper::connect(server).await),
            Self::Tonic => Box::new(tonic::Tonic::connect(server).await.showing(token)),
            Self::Connectrpc => Box::new(connectrpc::Connectrpc::connect(server).await),
            Self::RsvcBalanced => Box::new(rsvc::balanced(server, Balance::round_robin()).await),
            Self::RsvcEjecting => {
                let ejecting = Balance::least_request().outlier_ejection(OutlierEjection::new());
                Box::new(rsvc::balanced(server, ejecting).await)
            }
            Self::RsvcTwoChannels => Box::new(rsvc::TwoChannels::new(server).await),
            _ => {
                let retries = if self == Self::RsvcNoRetries { Retries::off() } else { Retries::new() };
                Box::new(rsvc::connect(server, self.additions(), token, retries).await)
            }
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A client whose type does not matter.
pub trait Client: Send + Sync {
    /// Does so much work of a kind: calls, or messages of one call.
    fn run(&self, work: Work, count: u32) -> BoxFuture<'_, ()>;
}

/// What is measured of everyone.
trait Peer: Send + Sync {
    type Order: Clone + Send + Sync + 'static;

    fn serve(listener: TcpListener) -> impl Future<Output = ()> + Send;
    fn connect(server: SocketAddr) -> impl Future<Output = Self> + Send;
    fn order(items: u32) -> Self::Order;
    fn call(&self, order: Self::Order) -> impl Future<Output = ()> + Send;
    fn server_stream(&self, count: u32) -> impl Future<Output = ()> + Send;
    fn client_stream(&self, order: Self::Order, count: u32) -> impl Future<Output = ()> + Send;
    fn both(&self, order: Self::Order, count: u32) -> impl Future<Output = ()> + Send;
}

impl<P: Peer> Client for P {
    fn run(&self, work: Work, count: u32) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            match work {
                Work::Unary { items, at_once: 1 } => {
                    let order = P::order(items);
                    for _ in 0..count {
                        self.call(order.clone()).await;
                    }
                }
                Work::Unary { items, at_once } => {
                    let order = P::order(items);
                    let calls = (0..count).map(|_| self.call(order.clone()));
                    stream::iter(calls).buffer_unordered(at_once).count().await;
                }
                Work::ServerStream => self.server_stream(count).await,
                Work::ClientStream => self.client_stream(P::order(1), count).await,
                Work::Both => self.both(P::order(1), count).await,
            }
        })
    }
}

/// An order with so many items, encoded: everyone's message is decoded from it.
pub fn encoded_order(items: u32) -> Vec<u8> {
    use tonic::messages::{Item, Order};

    let item = |i| Item {
        product_id: format!("product-{i:08}"),
        name: "A thing with a name of usual length".into(),
        quantity: i,
        price: f64::from(i) * 1.25,
    };
    let order = Order {
        order_id: "order-00000001".into(),
        user_id: "user-00000001".into(),
        items: (0..items).map(item).collect(),
        total: 123_456,
        paid: true,
    };
    prost::Message::encode_to_vec(&order)
}

/// An order with so many items as a message of prost's.
fn prost_order<M: prost::Message + Default>(items: u32) -> M {
    M::decode(&*encoded_order(items)).expect("the same message")
}
