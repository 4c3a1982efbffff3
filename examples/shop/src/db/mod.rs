//! The storage: SQLite, with one module for each kind of thing.

pub(crate) mod chat;
pub(crate) mod orders;
pub(crate) mod uploads;
pub(crate) mod users;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use prost::Message;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

use crate::api::StaleVersion;
use crate::error::Error;

const CONNECTIONS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(5);

/// The database of the shop.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    pool: SqlitePool,
}

impl Db {
    /// Opens the database at `path`; creates and fills it where there is none.
    pub(crate) async fn open(path: &Path) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .with_context(|| format!("cannot open the database {}", path.display()))?;
        sqlx::migrate!()
            .run(&pool)
            .await
            .with_context(|| format!("cannot migrate the database {}", path.display()))?;
        Ok(Self { pool })
    }

    /// Begins a transaction that writes. The lock is taken now: one that is
    /// taken at the first write can fail when another writer was faster.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Waits for what is under way and closes the files.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
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

/// SQLite has signed integers only; the columns in question never hold a negative one.
fn unsigned<T: TryFrom<i64> + Default>(value: i64) -> T {
    value.try_into().unwrap_or_default()
}
