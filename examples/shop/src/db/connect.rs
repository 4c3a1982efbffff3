//! How the shop gets to its database.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::sync::Notify;

use super::{Db, Kind};

/// How many a shop has for what it reads.
pub(crate) const CONNECTIONS: u32 = 8;
/// How many of a shop's transactions may write to PostgreSQL at the same time. SQLite lets one write anyway.
const WRITERS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(5);

/// Readers do not wait for the writer.
const SQLITE_FIRST: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";
/// A shop that stops in the middle of a transaction, as one does whose machine is frozen, loses its turn before others
/// lose their patience.
const POSTGRES_FIRST: &str = "SET idle_in_transaction_session_timeout = '3s'; SET lock_timeout = '5s'";

/// The statements that each new connection begins with.
pub(super) type First = Arc<Mutex<String>>;

/// Where a PostgreSQL database is: `postgres://USER:PASSWORD@HOST/DATABASE`. The password is in no output.
#[derive(Clone)]
pub struct DatabaseUrl {
    url: String,
    /// What may be seen of it.
    shown: String,
}

impl FromStr for DatabaseUrl {
    type Err = anyhow::Error;

    fn from_str(url: &str) -> anyhow::Result<Self> {
        // Neither error names the URL, which may have a password.
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            anyhow::bail!("a database is postgres://USER:PASSWORD@HOST/DATABASE");
        }
        let options: PgConnectOptions =
            url.parse().context("the URL of the database is not one of PostgreSQL")?;
        let server = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        Ok(Self { url: url.to_owned(), shown: format!("{server}/{database}") })
    }
}

impl DatabaseUrl {
    /// With the password, for who connects.
    pub(super) fn reveal(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl Db {
    /// Opens SQLite's database at `path`; creates and fills it where there is none. `broken` hears of transactions that
    /// could not be stored.
    pub(crate) async fn open(path: &Path, broken: Arc<Notify>) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .journal_mode(SqliteJournalMode::Wal);
        let cannot_open = || format!("cannot open the database {}", path.display());
        let keeper = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .with_context(cannot_open)?;
        let first = First::new(Mutex::new(SQLITE_FIRST.to_owned()));
        let told = Arc::clone(&broken);
        let pool = settings(&first).after_release(move |connection, _| {
            let broken = Arc::clone(&told);
            Box::pin(async move { is_usable(connection, &broken).await })
        });
        let options = AnyConnectOptions::from_url(&options.to_url_lossy()).with_context(cannot_open)?;
        let pool = pool.connect_with(options).await.with_context(cannot_open)?;
        sqlx::migrate!("migrations/sqlite")
            .run(&pool)
            .await
            .with_context(|| format!("cannot migrate the database {}", path.display()))?;
        Ok(Self {
            pool,
            kind: Kind::Sqlite { keeper },
            broken,
            #[cfg(test)]
            first,
        })
    }

    /// Opens a database of PostgreSQL; creates and fills its tables where there are none. Several shops may do so at the
    /// same time.
    pub(crate) async fn connect(url: &DatabaseUrl, broken: Arc<Notify>) -> anyhow::Result<Self> {
        let cannot_open = || format!("cannot open the database {url}");
        let first = First::new(Mutex::new(POSTGRES_FIRST.to_owned()));
        let options: AnyConnectOptions = url.reveal().parse().with_context(cannot_open)?;
        let pool = match settings(&first).connect_with(options.clone()).await {
            Ok(pool) => pool,
            // It has tried for a while, and says no more than that.
            Err(sqlx::Error::PoolTimedOut) => {
                let tried = AnyConnection::connect_with(&options).await;
                return Err(tried.err().unwrap_or(sqlx::Error::PoolTimedOut)).with_context(cannot_open);
            }
            Err(error) => return Err(error).with_context(cannot_open),
        };
        let writers = settings(&first).max_connections(WRITERS).connect_lazy_with(options);
        let migrations: Migrator = sqlx::migrate!("migrations/postgres");
        migrations.run(&pool).await.with_context(|| format!("cannot migrate the database {url}"))?;
        Ok(Self {
            pool,
            kind: Kind::Postgres { url: url.clone(), writers },
            broken,
            #[cfg(test)]
            first,
        })
    }
}

/// The settings that both kinds of databases have.
fn settings(first: &First) -> AnyPoolOptions {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    let first = Arc::clone(first);
    AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).after_connect(
        move |connection, _| {
            let first = first.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Box::pin(async move { sqlx::raw_sql(AssertSqlSafe(first)).execute(connection).await.map(drop) })
        },
    )
}

/// Whether a connection can be used again; what cannot is closed.
///
/// A transaction that does not fit on the disk is rolled back by SQLite itself. The rollback that sqlx sends then fails,
/// sqlx counts the transaction as open for good, and each transaction after it on the connection fails.
async fn is_usable(connection: &mut AnyConnection, broken: &Notify) -> sqlx::Result<bool> {
    // Rollbacks are queued: they are done when the answer comes.
    connection.ping().await?;
    let usable = !connection.is_in_transaction();
    if !usable {
        broken.notify_one();
    }
    Ok(usable)
}
