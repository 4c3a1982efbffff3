//! Somebody who watches the orders all the time, and goes on where the last stream ended.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use rsvc::Context;
use shop::api::{OrderError, OrderService as _, OrderServiceClient, StreamOrderUpdatesRequest};
use tokio::time::sleep;

/// What the watcher has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watcher(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The orders that were told of.
    pub(crate) orders: BTreeSet<String>,
    /// How often a stream ended and another one went on.
    pub(crate) resumed: u64,
    /// Updates that came twice, or behind later ones.
    pub(crate) out_of_order: u64,
}

impl Watcher {
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches for as long as it is polled.
    pub(crate) async fn run(self, orders: OrderServiceClient) {
        let mut last = 0;
        loop {
            // How it ended does not matter: whatever was missed comes with the next one.
            let _ = self.follow(&orders, &mut last).await;
            self.seen().resumed += 1;
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn follow(&self, orders: &OrderServiceClient, last: &mut u64) -> Result<(), OrderError> {
        let request = StreamOrderUpdatesRequest { after_sequence: Some(*last), ..Default::default() };
        let mut updates = orders.stream_order_updates(Context::new(), request).await?;
        while let Some(update) = updates.next().await {
            let update = update?;
            let mut seen = self.seen();
            seen.out_of_order += u64::from(update.sequence <= *last);
            *last = update.sequence;
            seen.orders.insert(update.order_id);
        }
        Ok(())
    }
}
