//! The storage: SQLite or PostgreSQL, with one module for each kind of thing.
//!
//! Both get the same SQL, by sqlx's `Any`: what differs is in this module, in [`connect`](mod@connect), [`news`] and in
//! the tables of `migrations/`.

pub(crate) mod chat;
mod connect;
pub(crate) mod news;
pub(crate) mod orders;
pub(crate) mod uploads;
pub(crate) mod users;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use anyhow::Context as _;
use rsvc::prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqlitePool;
use sqlx::{Any, AnyPool, Transaction};
use tokio::sync::Notify;

pub(crate) use self::connect::CONNECTIONS;
pub use self::connect::DatabaseUrl;
use crate::api::StaleVersion;
use crate::error::{Error, is_gone};

/// The database of the shop.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    pool: AnyPool,
    kind: Kind,
    /// Hears of transactions that could not be stored.
    broken: Arc<Notify>,
    #[cfg(test)]
    first: connect::First,
}

#[derive(Clone, Debug)]
enum Kind {
    /// One shop has it for itself.
    Sqlite {
        /// One connection that does nothing. The last one that is closed takes SQLite's log with it, and on a full disk
        /// there is no room for a new one, without which nothing can be read.
        keeper: SqlitePool,
    },
    /// Any number of shops share it.
    Postgres {
        url: DatabaseUrl,
        /// The connections of transactions that write: they wait for their turn, and reads do not wait with them.
        writers: AnyPool,
    },
}

/// What a transaction that writes takes turns about, with all others on the same database.
///
/// SQLite lets one write at a time anyway. In PostgreSQL it is a lock until the end of the transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn<'a> {
    /// Orders, the stock that they take from, and their log, whose entries have to become visible in order.
    Orders,
    /// One user, whose version is read before the user is written.
    User(&'a str),
    /// One room of the chat, whose messages have to become visible in order.
    Room(&'a str),
    /// Nothing: one statement does it.
    None,
}

impl Turn<'_> {
    fn name(self) -> Option<String> {
        match self {
            Self::Orders => Some("orders".to_owned()),
            Self::User(id) => Some(format!("user {id}")),
            Self::Room(id) => Some(format!("room {id}")),
            Self::None => None,
        }
    }
}

impl Db {
    /// Fails if nothing can be read.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// Begins a transaction that writes, when it is its turn. The lock is taken now: one that is taken at the first
    /// write can fail when another writer was faster.
    async fn begin(&self, turn: Turn<'_>) -> Result<Transaction<'static, Any>, Error> {
        let begun = self.try_begin(turn).await;
        if begun.as_ref().is_err_and(is_gone) {
            self.broken.notify_one();
        }
        Ok(begun?)
    }

    async fn try_begin(&self, turn: Turn<'_>) -> Result<Transaction<'static, Any>, sqlx::Error> {
        let mut tx = match &self.kind {
            Kind::Sqlite { .. } => return self.pool.begin_with("BEGIN IMMEDIATE").await,
            Kind::Postgres { writers, .. } => writers.begin().await?,
        };
        if let Some(name) = turn.name() {
            let lock = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
            lock.bind(name).execute(&mut *tx).await?;
        }
        Ok(tx)
    }

    /// Writes as much as `bytes`, and takes it back: fails where a write would.
    pub(crate) async fn try_to_write(&self, bytes: usize) -> Result<(), Error> {
        let mut tx = self.begin(Turn::None).await?;
        // Nobody sees the row: it is gone when the transaction ends. Its id is that of no event.
        let id = format!("try {}", uuid::Uuid::new_v4());
        let row = "INSERT INTO events (event_id, received_at, event) VALUES ($1, 0, $2)";
        sqlx::query(row).bind(&id).bind(vec![0; bytes]).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM events WHERE event_id = $1").bind(&id).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Waits for what is under way and closes the files.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
        match &self.kind {
            Kind::Sqlite { keeper } => keeper.close().await,
            Kind::Postgres { writers, .. } => writers.close().await,
        }
    }
}

/// Refuses a change that was made for another version than the one there is.
fn check_version(expected: Option<u64>, actual: u64) -> Result<(), Error> {
    match expected {
        Some(expected) if expected != actual => Err(StaleVersion { expected, actual }.into()),
        _ => Ok(()),
    }
}

/// An encoded message of a column.
fn decode<M: Message + Default>(column: &'static str, bytes: Option<Vec<u8>>) -> Result<Option<M>, Error> {
    let decoded = bytes.map(|bytes| M::decode(&*bytes)).transpose();
    decoded.with_context(|| format!("column {column} does not decode")).map_err(Error::Internal)
}

fn encode<M: Message>(message: Option<&M>) -> Option<Vec<u8>> {
    message.map(Message::encode_to_vec)
}

/// What is text in its column: a list or a map of text, as JSON.
struct FromJson<T>(T);

impl<T: DeserializeOwned> TryFrom<String> for FromJson<T> {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.into()))
}

/// The databases have signed integers only; the columns in question never hold a negative one.
fn unsigned<T: TryFrom<i64> + Default>(value: i64) -> T {
    value.try_into().unwrap_or_default()
}
