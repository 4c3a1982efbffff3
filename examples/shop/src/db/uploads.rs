//! Stored files, and events.

use super::{Db, Turn, encode};
use crate::api::{Event, FileInfo, UploadExists};
use crate::error::Error;
use crate::time::now;

/// A file that has arrived.
pub(crate) struct File<'a> {
    pub(crate) id: &'a str,
    pub(crate) upload_id: &'a str,
    pub(crate) info: &'a FileInfo,
    pub(crate) size: i64,
    pub(crate) sha256: &'a [u8],
    pub(crate) created_at: i64,
}

impl Db {
    /// Whether a file was stored under this upload id.
    pub(crate) async fn upload_exists(&self, upload_id: &str) -> Result<bool, Error> {
        let found = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM files WHERE upload_id = $1");
        Ok(found.bind(upload_id).fetch_one(&self.pool).await? > 0)
    }

    /// Writes down a file. `publish` makes it visible; if that fails, nothing is written.
    pub(crate) async fn store_file(
        &self,
        file: &File<'_>,
        publish: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        let mut tx = self.begin(Turn::None).await?;
        let inserted = sqlx::query(
            "INSERT INTO files (file_id, upload_id, filename, content_type, size, sha256, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(file.id)
        .bind(file.upload_id)
        .bind(&file.info.filename)
        .bind(&file.info.content_type)
        .bind(file.size)
        .bind(file.sha256)
        .bind(file.created_at)
        .execute(&mut *tx)
        .await;
        match inserted {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                return Err(UploadExists { upload_id: file.upload_id.to_owned() }.into());
            }
            Err(error) => return Err(error.into()),
            Ok(_) => publish.await?,
        }
        Ok(tx.commit().await?)
    }

    /// Keeps an event; one that is there already stays as it is.
    pub(crate) async fn store_event(&self, event: &Event) -> Result<(), Error> {
        let mut tx = self.begin(Turn::None).await?;
        sqlx::query(
            "INSERT INTO events (event_id, received_at, event) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(&event.id)
        .bind(now())
        .bind(encode(Some(event)))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
