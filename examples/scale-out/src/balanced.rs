//! The same without a proxy: the channel itself chooses a shop, asks for its health, and calls again what may be repeated.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use futures_util::{Stream, stream};
use rsvc::client::{Balance, Endpoint, OutlierEjection, RestChannel};
use rsvc::{Body, Channel};
use tokio::sync::watch;
use tower::util::MapRequestLayer;

use crate::load::Clients;

/// What requests name as their server; the addresses are those of the shops.
const NAME: &str = "http://shop";
/// How often a connection is asked whether there is still somebody, and how long the answer may take: so long a shop that
/// is frozen is waited for.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(1));
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// In each attempt but the first.
const PREVIOUS_ATTEMPTS: &str = "grpc-previous-rpc-attempts";

/// How often something was sent again, over all calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repeated(Arc<AtomicU64>);

impl Repeated {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// A layer that sees every attempt.
    fn layer(&self) -> MapRequestLayer<impl Fn(http::Request<Body>) -> http::Request<Body> + Clone + use<>> {
        let repeated = Arc::clone(&self.0);
        MapRequestLayer::new(move |request: http::Request<Body>| {
            if request.headers().contains_key(PREVIOUS_ATTEMPTS) {
                repeated.fetch_add(1, Ordering::Relaxed);
            }
            request
        })
    }
}

/// Clients that choose among the shops, wherever they go.
pub(crate) fn clients(shops: &watch::Receiver<Vec<SocketAddr>>, repeated: &Repeated) -> Result<Clients> {
    let channel = Channel::builder(NAME)
        .endpoint_stream(endpoints(shops.clone()))
        .balance(balance())
        .keepalive(Some(KEEPALIVE))
        .reconnect_backoff(BACKOFF.0, BACKOFF.1)
        .layer(repeated.layer())
        .connect_lazy()?;
    let rest = RestChannel::builder(NAME)
        .endpoint_stream(endpoints(shops.clone()))
        .balance(balance())
        .keepalive(Some(KEEPALIVE))
        .reconnect_backoff(BACKOFF.0, BACKOFF.1)
        .layer(repeated.layer())
        .http2(true)
        .build()?;
    Ok(Clients::new(&channel, rest))
}

fn balance() -> Balance {
    let ejection = OutlierEjection::new().interval(Duration::from_secs(1));
    Balance::round_robin().health_check("").outlier_ejection(ejection)
}

/// All shops, now and whenever that changes, as a registry would tell them.
fn endpoints(
    mut shops: watch::Receiver<Vec<SocketAddr>>,
) -> impl Stream<Item = Result<Vec<Endpoint>, watch::error::RecvError>> + Send + 'static {
    shops.mark_changed();
    stream::unfold(shops, |mut shops| async {
        // The end of the fleet is the end of the stream.
        shops.changed().await.ok()?;
        let endpoints =
            shops.borrow_and_update().iter().map(|shop| Endpoint::new(shop.to_string())).collect();
        Some((Ok(endpoints), shops))
    })
}
