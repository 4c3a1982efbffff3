//! What the four services share.

use std::sync::Arc;

use tokio::sync::{Mutex, Notify, broadcast};
use tokio::task::JoinSet;

use crate::Limits;
use crate::api::OrderUpdate;
use crate::db::Db;
use crate::files::Files;
use crate::metrics::Metrics;
use crate::rooms::Rooms;

/// What the four services share.
pub(crate) struct Shop {
    pub(crate) db: Db,
    pub(crate) files: Files,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) rooms: Arc<Rooms>,
    /// Held while an order changes and the change is told, so that changes are
    /// told in the order of the log. The database lets one such write at a time anyway.
    pub(crate) order_turn: Mutex<()>,
    pub(crate) updates: broadcast::Sender<OrderUpdate>,
    /// Told when something could not be stored.
    pub(crate) doubt: Arc<Notify>,
    /// What runs beside the calls, and ends with the shop.
    pub(crate) _beside: JoinSet<()>,
}

impl Shop {
    /// Tells those who watch. Where shops share a database, [`feed`](crate::feed) does, in the order of the log.
    pub(crate) fn publish(&self, update: OrderUpdate) {
        if !self.db.has_news() {
            // Fails if nobody watches: the log has it.
            let _ = self.updates.send(update);
        }
    }
}
