//! Whether the shop can store something, as its health tells.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rsvc::server::Health;
use tokio::sync::Notify;

use crate::SERVICES;
use crate::db::Db;
use crate::error::Error;
use crate::files::Files;

/// How much room there must be.
const ROOM: usize = 1024 * 1024;
/// What is written to the database of that; the rest is a matter of the file system.
const ROW: usize = 64 * 1024;
const INTERVAL: Duration = Duration::from_secs(1);

/// Nothing is looked at while all goes well. After a write that failed the shop tries one of its own: until one
/// succeeds, its services do not count as serving. Writes of callers are tried all the same.
#[derive(Debug)]
pub(crate) struct Readiness {
    pub(crate) db: Db,
    /// Where files are tried.
    pub(crate) files: PathBuf,
    pub(crate) doubt: Arc<Notify>,
    pub(crate) health: Health,
}

impl Readiness {
    /// Keeps the health up to date.
    pub(crate) async fn run(&self) -> Infallible {
        loop {
            self.doubt.notified().await;
            if let Err(error) = self.probe().await {
                tracing::error!(?error, "not ready: nothing can be stored");
                self.set(false);
                while self.probe().await.is_err() {
                    tokio::time::sleep(INTERVAL).await;
                }
                tracing::info!("ready again");
                self.set(true);
            }
        }
    }

    fn set(&self, serving: bool) {
        // The empty name is the shop as a whole.
        for service in SERVICES.iter().map(|service| service.name).chain([""]) {
            self.health.set(service, serving);
        }
    }

    /// Fails where a write would fail, or soon will.
    async fn probe(&self) -> Result<(), Error> {
        Files::try_to_write(self.files.clone(), ROOM).await?;
        self.db.try_to_write(ROW).await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tempfile::TempDir;

    use super::*;
    use crate::api::CreateUserRequest;

    async fn register(db: &Db) -> Result<(), Error> {
        let email = format!("{}@shop.example", uuid::Uuid::new_v4());
        // A row of more than a page, so that each needs new ones.
        let metadata = [("k".to_owned(), "v".repeat(8192))].into();
        db.create_user(CreateUserRequest { name: "x".into(), email, metadata, ..Default::default() })
            .await
            .map(drop)
    }

    async fn until(condition: impl Fn() -> bool) {
        let wait = async {
            while !condition() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), wait).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_database_is_told_and_forgotten() {
        let directory = TempDir::new().unwrap();
        let doubt = Arc::new(Notify::new());
        let db = Db::open(&directory.path().join("shop.sqlite3"), Arc::clone(&doubt)).await.unwrap();
        let health = Health::new();
        let readiness =
            Readiness { db: db.clone(), files: directory.path().into(), doubt, health: health.clone() };
        let serving =
            || SERVICES.iter().all(|service| health.is_serving(service.name)) && health.is_serving("");
        readiness.set(true);
        let watching = tokio::spawn(async move { readiness.run().await });

        db.limit_pages(Some(1)).await;
        for _ in 0..5 {
            // More than the connections that there are, and each of them.
            for result in join_all((0..40).map(|_| register(&db))).await {
                assert!(matches!(result, Err(Error::ShopUnavailable(_))), "{result:?}");
            }
        }
        until(|| !serving()).await;
        assert!(db.user("7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001").await.is_ok());

        db.limit_pages(None).await;
        for result in join_all((0..40).map(|_| register(&db))).await {
            result.unwrap();
        }
        until(serving).await;
        watching.abort();
    }

    #[test]
    fn a_full_disk_is_no_fault_of_the_shop() {
        let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert!(matches!(Error::from(full()), Error::ShopUnavailable(_)));
        let error = anyhow::Error::from(full()).context("cannot create a file");
        assert!(matches!(Error::from(error), Error::ShopUnavailable(_)));
        let other = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        assert!(matches!(Error::from(other), Error::Internal(_)));
    }
}
