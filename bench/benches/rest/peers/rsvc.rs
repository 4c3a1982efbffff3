//! Ours, in rsvc's own server, and as a service on plain hyper, without what a server does besides.

use hyper_util::service::TowerToHyperService;
use rsvc::rest::Rest;
use rsvc::{Context, Status};
use tokio::net::TcpListener;

use super::{Serve, filler, hyper};
use crate::case::Routes;

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
    let server = serve.peer.additions().add_to(server(serve));
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
