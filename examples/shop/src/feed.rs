//! What happens in other shops on the same database, told to those who wait for it here.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use crate::api::OrderUpdate;
use crate::db::Db;
use crate::db::news::{Listener, News};
use crate::db::orders::Filter;
use crate::error::Error;
use crate::rooms::Rooms;

/// Entries of the log that are read at once.
const PAGE: usize = 64;
const INTERVAL: Duration = Duration::from_secs(1);

/// Those who wait: callers that watch orders, and members of rooms.
pub(crate) struct Feed {
    db: Db,
    updates: broadcast::Sender<OrderUpdate>,
    rooms: Arc<Rooms>,
    /// The last sequence of the log that was told.
    last: u64,
}

impl Feed {
    /// Begins with what happens from now on; `None` where a shop has its database for itself.
    pub(crate) async fn open(
        db: &Db,
        updates: &broadcast::Sender<OrderUpdate>,
        rooms: &Arc<Rooms>,
    ) -> Result<Option<impl Future<Output = ()> + use<>>, Error> {
        let Some(listener) = db.listen().await? else { return Ok(None) };
        let last = db.newest_update().await?;
        let feed = Self { db: db.clone(), updates: updates.clone(), rooms: Arc::clone(rooms), last };
        Ok(Some(feed.run(listener)))
    }

    /// Tells what happens. While the database cannot be reached it tries again, and then tells what it has missed.
    async fn run(mut self, mut listener: Listener) {
        loop {
            let Err(error) = self.follow(&mut listener).await;
            tracing::warn!(?error, "no news of other shops");
            listener = loop {
                tokio::time::sleep(INTERVAL).await;
                match self.db.listen().await {
                    Ok(Some(listener)) => break listener,
                    Ok(None) => return,
                    Err(error) => tracing::debug!(?error, "still no news of other shops"),
                }
            };
        }
    }

    async fn follow(&mut self, listener: &mut Listener) -> Result<std::convert::Infallible, Error> {
        let mut news = News::Missed;
        loop {
            match news {
                News::Orders => self.tell_orders().await?,
                News::Room(session_id) => self.rooms.hear(&session_id).await?,
                News::Missed => {
                    self.tell_orders().await?;
                    self.rooms.hear_all().await?;
                }
            }
            news = listener.next().await?;
        }
    }

    async fn tell_orders(&mut self) -> Result<(), Error> {
        let all = Filter { user_id: String::new(), order_id: String::new() };
        loop {
            let page = self.db.updates_after(self.last, &all, PAGE).await?;
            let is_last = page.len() < PAGE;
            for update in page {
                self.last = update.sequence;
                // Fails if nobody watches: the log has it.
                let _ = self.updates.send(update);
            }
            if is_last {
                return Ok(());
            }
        }
    }
}
