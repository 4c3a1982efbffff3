//! By hand on axum: with `serde_json` called by the handler, and with axum's own `Json`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tokio::net::TcpListener;

use super::Serve;
use crate::by_hand::Order;
use crate::case::Routes;

pub async fn serve(listener: TcpListener, router: Router) {
    let listener = listener.tap_io(|stream| {
        // A connection that is gone already says so when it is served.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await.expect("axum serves");
}

pub fn slices(serve: Serve) -> Router {
    let get =
        || get(|order: State<Arc<Order>>, id: Path<String>| async move { written(&with_id(&order, id)) });
    let post = || {
        post(|body: Bytes| async move {
            let order: Order = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
            written(&order)
        })
    };
    router(serve, |router, path| router.route(path, post()).route(&format!("{path}/{{order_id}}"), get()))
}

pub fn typed(serve: Serve) -> Router {
    let get = || get(|order: State<Arc<Order>>, id: Path<String>| async move { Json(with_id(&order, id)) });
    let post = || post(|Json(order): Json<Order>| async { Json(order) });
    router(serve, |router, path| router.route(path, post()).route(&format!("{path}/{{order_id}}"), get()))
}

type Unfinished = Router<Arc<Order>>;

fn router(serve: Serve, add: impl Fn(Unfinished, &str) -> Unfinished) -> Router {
    let order: Order = serde_json::from_str(&serve.size.json()).expect("a sample");
    let pairs = if serve.routes == Routes::TenThousand { 5_000 } else { serve.routes.measured() };
    (0..pairs)
        .fold(Router::new(), |router, n| add(router, &format!("/v1/orders{n:03}")))
        .with_state(Arc::new(order))
}

#[allow(clippy::needless_pass_by_value, reason = "an extractor's value is the handler's")]
fn with_id(State(order): &State<Arc<Order>>, Path(id): Path<String>) -> Order {
    let mut order = Order::clone(order);
    order.order_id = id;
    order
}

fn written(order: &Order) -> Result<impl IntoResponse + use<>, StatusCode> {
    let json = serde_json::to_vec(order).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(CONTENT_TYPE, "application/json")], json))
}
