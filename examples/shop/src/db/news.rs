//! What shops that share a database tell each other.
//!
//! A transaction that another shop has to hear of notifies it in the end, which is a feature of PostgreSQL. What happened
//! is read from the tables: a notification only says where to look.

use sqlx::postgres::{PgListener, PgNotification};
use sqlx::{Any, Transaction};

use super::{Db, Kind};
use crate::error::Error;

const ORDERS: &str = "shop_orders";
const ROOMS: &str = "shop_rooms";

/// Where something has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// In the log of orders.
    Orders,
    /// In a room of the chat.
    Room(String),
    /// Perhaps everywhere: for a while nobody has listened.
    Missed,
}

/// Hears what happens in the database, here or in another shop.
pub(crate) struct Listener(PgListener);

impl Db {
    /// Begins to listen; there is nothing to hear where a shop has its database for itself.
    pub(crate) async fn listen(&self) -> Result<Option<Listener>, Error> {
        let Kind::Postgres { url, .. } = &self.kind else { return Ok(None) };
        let mut listener = PgListener::connect(url.reveal()).await?;
        listener.listen_all([ORDERS, ROOMS]).await?;
        Ok(Some(Listener(listener)))
    }

    /// Whether what is written comes back as [`News`], and is told to those who wait for it then.
    pub(crate) fn has_news(&self) -> bool {
        matches!(self.kind, Kind::Postgres { .. })
    }

    /// Tells that something is new, if this transaction comes to a good end.
    pub(super) async fn announce(&self, tx: &mut Transaction<'_, Any>, news: &News) -> Result<(), Error> {
        let (channel, about) = match news {
            News::Orders => (ORDERS, ""),
            News::Room(session_id) => (ROOMS, session_id.as_str()),
            News::Missed => return Ok(()),
        };
        if self.has_news() {
            let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(about);
            notify.execute(&mut **tx).await?;
        }
        Ok(())
    }
}

impl Listener {
    /// The next news. After an error the listener is not to be used again.
    pub(crate) async fn next(&mut self) -> Result<News, Error> {
        Ok(match self.0.try_recv().await? {
            Some(notification) => News::from(notification),
            None => News::Missed,
        })
    }
}

impl From<PgNotification> for News {
    fn from(notification: PgNotification) -> Self {
        match notification.channel() {
            ORDERS => Self::Orders,
            ROOMS => Self::Room(notification.payload().to_owned()),
            _ => Self::Missed,
        }
    }
}
