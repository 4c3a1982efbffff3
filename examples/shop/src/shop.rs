//! What the four services share.

use std::sync::Arc;

use rsvc::metadata::MetadataValue;
use rsvc::{Context, Status};
use tokio::sync::{Mutex, Notify, broadcast};

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
    pub(crate) metrics: Metrics,
    pub(crate) rooms: Arc<Rooms>,
    /// Held while an order changes and the change is told, so that changes are
    /// told in the order of the log. SQLite lets one write at a time anyway.
    pub(crate) order_turn: Mutex<()>,
    pub(crate) updates: broadcast::Sender<OrderUpdate>,
    /// Told when something could not be stored.
    pub(crate) doubt: Arc<Notify>,
}

impl Shop {
    /// What happens to every call: it is counted, and its marks are given back,
    /// so that a caller can match answers to questions.
    pub(crate) fn greet(&self, ctx: &Context) -> Result<(), Status> {
        const REQUEST_ID: &str = "x-request-id";
        const CLIENT_CONTEXT: &str = "x-client-context-bin";
        if let Some(method) = ctx.method() {
            self.metrics.count(method);
        }
        if let Some(id) = ctx.metadata_str(REQUEST_ID) {
            ctx.set_header(REQUEST_ID, id)?;
        }
        if let Some(Ok(context)) = ctx.metadata().get_bin(CLIENT_CONTEXT).map(MetadataValue::to_bytes) {
            ctx.set_trailer(CLIENT_CONTEXT, context)?;
        }
        Ok(())
    }

    /// Tells those who watch.
    pub(crate) fn publish(&self, update: OrderUpdate) {
        // Fails if nobody watches: the log has it.
        let _ = self.updates.send(update);
    }
}
