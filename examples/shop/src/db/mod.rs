//! The storage: SQLite, with one module for each kind of thing.

pub(crate) mod chat;
pub(crate) mod orders;
pub(crate) mod uploads;
pub(crate) mod users;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rsvc::prost::Message;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection as _, Sqlite, Transaction};
use tokio::sync::Notify;

use crate::api::StaleVersion;
use crate::error::Error;

const CONNECTIONS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(5);

/// The database of the shop.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    pool: SqlitePool,
    /// One connection that does nothing. The last one that is closed takes SQLite's log with it, and on a full disk
    /// there is no room for a new one, without which nothing can be read.
    keeper: SqlitePool,
}

impl Db {
    /// Opens the database at `path`; creates and fills it where there is none. `broken` hears of transactions that
    /// could not be stored.
    pub(crate) async fn open(path: &Path, broken: Arc<Notify>) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(PATIENCE);
        let cannot_open = || format!("cannot open the database {}", path.display());
        let keeper = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .with_context(cannot_open)?;
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .after_release(move |connection, _| {
                let broken = Arc::clone(&broken);
                Box::pin(async move { is_usable(connection, &broken).await })
            })
            .connect_with(options)
            .await
            .with_context(cannot_open)?;
        sqlx::migrate!()
            .run(&pool)
            .await
            .with_context(|| format!("cannot migrate the database {}", path.display()))?;
        Ok(Self { pool, keeper })
    }

    /// Fails if nothing can be read.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// Begins a transaction that writes. The lock is taken now: one that is
    /// taken at the first write can fail when another writer was faster.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Writes as much as `bytes`, and takes it back: fails where a write would.
    pub(crate) async fn try_to_write(&self, bytes: i64) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        // Nobody sees the row: it is gone when the transaction ends. Its id is that of no event.
        let row = "INSERT INTO events (event_id, received_at, event) VALUES ('', 0, zeroblob(?1))";
        sqlx::query(row).bind(bytes).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM events WHERE event_id = ''").execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Waits for what is under way and closes the files.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
        self.keeper.close().await;
    }
}

/// Whether a connection can be used again; what cannot is closed.
///
/// A transaction that does not fit on the disk is rolled back by SQLite itself. The rollback that sqlx sends then fails,
/// sqlx counts the transaction as open for good, and each transaction after it on the connection fails.
async fn is_usable(connection: &mut SqliteConnection, broken: &Notify) -> sqlx::Result<bool> {
    // Rollbacks are queued: they are done when the answer comes.
    connection.ping().await?;
    let usable = !connection.is_in_transaction();
    if !usable {
        broken.notify_one();
    }
    Ok(usable)
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

/// SQLite has signed integers only; the columns in question never hold a negative one.
fn unsigned<T: TryFrom<i64> + Default>(value: i64) -> T {
    value.try_into().unwrap_or_default()
}
