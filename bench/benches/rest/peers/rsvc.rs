//! Ours, in rsvc's own server, and as a service on plain hyper, without what a server does besides.

use hyper_util::service::TowerToHyperService;
use metrics_exporter_prometheus::PrometheusBuilder;
use rsvc::auth::jwt::{Jwt, Keys};
use rsvc::rest::Rest;
use rsvc::{Context, Status};
use tokio::net::TcpListener;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{Peer, Serve, filler, hyper};
use crate::case::{self, Routes};

macro_rules! tree {
    ($name:ident, $file:literal) => {
        #[allow(clippy::all, clippy::pedantic, dead_code, reason = "not all that is generated is called")]
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), $file));
        }

        impl $name::rest::Orders for Handler<$name::json_bench::Order> {
            async fn get_order(
                &self,
                _: Context,
                request: $name::rest::GetOrderRequest,
            ) -> Result<$name::json_bench::Order, Status> {
                let mut order = self.0.clone();
                order.order_id = request.order_id;
                Ok(order)
            }

            async fn create_order(
                &self,
                _: Context,
                order: $name::json_bench::Order,
            ) -> Result<$name::json_bench::Order, Status> {
                Ok(order)
            }
        }
    };
}

struct Handler<O>(O);

tree!(one, "/rest/one/ours/mod.rs");
tree!(many, "/rest/many/ours/mod.rs");

/// The server of a case.
pub fn server(serve: Serve) -> rsvc::Server {
    let server = rsvc::Server::new();
    if serve.routes == Routes::One {
        return server.add(one::rest::OrdersServer::new(Handler(serve.size.message())));
    }
    let server = server.add(many::rest::OrdersServer::new(Handler(serve.size.message())));
    if serve.routes == Routes::TenThousand { filler::add_to(server) } else { server }
}

pub async fn serve(listener: TcpListener, serve: Serve) {
    server(serve).with_listener(listener).expect("a listener").serve().await.expect("rsvc serves");
}

/// The same with what the peer has more: callers with tokens, spans that a registry keeps while they last, and metrics
/// for Prometheus.
pub async fn serve_more(listener: TcpListener, serve: Serve) {
    let mut server = server(serve);
    if serve.peer.wants_token() {
        let tokens = Jwt::new(Keys::secret(case::SECRET)).issuer(case::ISSUER).audience(case::AUDIENCE);
        server = server.authenticator(tokens.build().expect("a secret that is long enough"));
    }
    if matches!(serve.peer, Peer::RsvcSpans | Peer::RsvcAll) {
        tracing_subscriber::registry().init();
        server = server.spans();
    }
    if matches!(serve.peer, Peer::RsvcMetrics | Peer::RsvcAll) {
        PrometheusBuilder::new().install_recorder().expect("the only recorder");
        server = server.metrics();
    }
    server.with_listener(listener).expect("a listener").serve().await.expect("rsvc serves");
}

pub async fn serve_rest(listener: TcpListener, serve: Serve) {
    let rest = Rest::new();
    let rest = match serve.routes {
        Routes::One => rest.add(one::rest::OrdersServer::new(Handler(serve.size.message()))),
        Routes::Many => rest.add(many::rest::OrdersServer::new(Handler(serve.size.message()))),
        Routes::TenThousand => {
            filler::add_to_rest(rest.add(many::rest::OrdersServer::new(Handler(serve.size.message()))))
        }
    };
    hyper::connections(listener, TowerToHyperService::new(rest)).await;
}
