//! Files that arrive in pieces.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use crate::api::{Chunk, ChunkOutOfOrder, FileInfo, UploadResult, UploadTooLarge};
use crate::db::uploads::File;
use crate::error::Error;
use crate::live::to_the_end;
use crate::shop::Shop;
use crate::time::{from_micros, now};

/// Where files live. Their names are the shop's own: what a caller sends never
/// becomes a part of a path.
#[derive(Debug)]
pub(crate) struct Files {
    complete: PathBuf,
    partial: PathBuf,
}

impl Files {
    /// Makes the directories. Partial files of a process that was killed go away.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let files = Self { complete: data.join("files"), partial: data.join("partial") };
        if files.partial.exists() {
            std::fs::remove_dir_all(&files.partial)
                .with_context(|| format!("cannot clean up {}", files.partial.display()))?;
        }
        for directory in [&files.complete, &files.partial] {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("cannot create the directory {}", directory.display()))?;
        }
        Ok(files)
    }

    /// Where files are that have not arrived completely.
    pub(crate) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Writes a file of this size to a directory, and removes it: fails where a write would.
    pub(crate) async fn try_to_write(directory: PathBuf, bytes: usize) -> Result<(), Error> {
        let tried = tokio::task::spawn_blocking(move || {
            let mut file = tempfile::tempfile_in(directory)?;
            file.write_all(&vec![0; bytes])?;
            file.sync_all()
        });
        Ok(tried.await??)
    }
}

/// A file of which some chunks have arrived. Dropped before its end, it is gone.
pub(crate) struct Incoming {
    shop: Arc<Shop>,
    upload_id: String,
    info: FileInfo,
    partial: NamedTempFile,
    writer: tokio::fs::File,
    hash: Sha256,
    size: u64,
    chunks: u32,
    began: Instant,
}

impl Incoming {
    pub(crate) fn begin(shop: &Arc<Shop>, upload_id: String, info: FileInfo) -> Result<Self, Error> {
        let directory = &shop.files.partial;
        let partial = NamedTempFile::new_in(directory);
        let partial = partial.with_context(|| format!("cannot create a file in {}", directory.display()))?;
        let writer = tokio::fs::File::from_std(partial.reopen()?);
        Ok(Self {
            shop: Arc::clone(shop),
            upload_id,
            info,
            partial,
            writer,
            hash: Sha256::new(),
            size: 0,
            chunks: 0,
            began: Instant::now(),
        })
    }

    pub(crate) async fn add(&mut self, chunk: Chunk) -> Result<(), Error> {
        if chunk.upload_id != self.upload_id {
            let problem = format!("{:?} became {:?}", self.upload_id, chunk.upload_id);
            return Err(Error::invalid("upload_id", problem));
        }
        if i64::from(chunk.sequence) != i64::from(self.chunks) {
            return Err(ChunkOutOfOrder { expected: self.chunks, got: chunk.sequence }.into());
        }
        if chunk.crc32.is_some_and(|crc32| crc32 != crc32fast::hash(&chunk.data)) {
            return Err(Error::corrupt(format!("chunk {} does not have its checksum", chunk.sequence)));
        }
        self.write(&chunk.data).await
    }

    pub(crate) async fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        let limit = self.shop.limits.upload_bytes;
        self.size += data.len() as u64;
        if self.size > limit {
            return Err(UploadTooLarge { limit }.into());
        }
        self.hash.update(data);
        self.writer.write_all(data).await?;
        self.chunks += 1;
        Ok(())
    }

    /// Checks the whole and makes it visible.
    pub(crate) async fn finish(mut self) -> Result<UploadResult, Error> {
        let sha256 = std::mem::take(&mut self.hash).finalize().to_vec();
        if self.info.expected_sha256.as_ref().is_some_and(|expected| **expected != *sha256) {
            return Err(Error::corrupt("the file does not have its checksum"));
        }
        let size = i64::try_from(self.size).map_err(anyhow::Error::from)?;
        if self.info.expected_size.is_some_and(|expected| expected != size) {
            return Err(Error::corrupt(format!("the file has {size} bytes, not what it should have")));
        }
        self.writer.sync_all().await?;
        to_the_end(self.publish(size, sha256)).await
    }

    async fn publish(self, size: i64, sha256: Vec<u8>) -> Result<UploadResult, Error> {
        let file_id = uuid::Uuid::new_v4().to_string();
        let path = self.shop.files.complete.join(&file_id);
        let created_at = now();
        let file = File {
            id: &file_id,
            upload_id: &self.upload_id,
            info: &self.info,
            size,
            sha256: &sha256,
            created_at,
        };
        let partial = self.partial;
        let rename = async {
            let renamed = partial.persist_noclobber(&path).map_err(|error| error.error);
            renamed.with_context(|| format!("cannot create {}", path.display()))?;
            Ok(())
        };
        if let Err(error) = self.shop.db.store_file(&file, rename).await {
            // A file that the database does not know of is nobody's; there may be none.
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        Ok(UploadResult {
            file_id,
            size,
            sha256,
            chunk_count: self.chunks,
            created_at: Some(from_micros(created_at).into()),
            elapsed: self.began.elapsed().try_into().ok(),
        })
    }
}
