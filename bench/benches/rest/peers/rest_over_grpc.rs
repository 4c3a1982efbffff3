//! The published `rest_over_grpc` with pbjson, as a service on plain hyper.

use hyper_util::service::TowerToHyperService;
use rest_over_grpc::handling::{Context, Status};
use rest_over_grpc::serving::RestService;
use tokio::net::TcpListener;

use super::{Serve, hyper};
use crate::case::Routes;

macro_rules! tree {
    ($name:ident, $folder:literal) => {
        #[allow(clippy::all, clippy::pedantic, dead_code, unreachable_pub, reason = "not ours to mend")]
        mod $name {
            pub mod json_bench {
                include!(concat!(env!("OUT_DIR"), $folder, "json_bench.rs"));
                include!(concat!(env!("OUT_DIR"), $folder, "json_bench.serde.rs"));
            }
            pub mod rest {
                include!(concat!(env!("OUT_DIR"), $folder, "rest.rs"));
                include!(concat!(env!("OUT_DIR"), $folder, "rest.serde.rs"));
                include!(concat!(env!("OUT_DIR"), $folder, "rest.rest.rs"));
            }
            include!(concat!(env!("OUT_DIR"), $folder, "transcoder.rest.rs"));
        }

        impl $name::rest::Orders for Handler<$name::json_bench::Order> {
            async fn get_order(
                &self,
                request: $name::rest::GetOrderRequest,
                _: &mut Context,
            ) -> Result<$name::json_bench::Order, Status> {
                let mut order = self.0.clone();
                order.order_id = request.order_id;
                Ok(order)
            }

            async fn create_order(
                &self,
                order: $name::json_bench::Order,
                _: &mut Context,
            ) -> Result<$name::json_bench::Order, Status> {
                Ok(order)
            }
        }
    };
}

struct Handler<O>(O);

tree!(one, "/rest/one/peer/");
tree!(many, "/rest/many/peer/");

pub async fn serve(listener: TcpListener, serve: Serve) {
    macro_rules! serve {
        ($tree:ident) => {{
            let transcoder = std::sync::Arc::new($tree::Transcoder::new(Handler(serve.size.message())));
            hyper::connections(listener, TowerToHyperService::new(RestService::new(transcoder))).await;
        }};
    }
    if serve.routes == Routes::One { serve!(one) } else { serve!(many) }
}
