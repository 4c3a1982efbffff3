//! Where a shop keeps its things.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// A directory that belongs to one shop at a time.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    temporary: Option<TempDir>,
    _lock: File,
}

impl Place {
    pub(crate) fn open(data: Option<&Path>) -> anyhow::Result<Self> {
        let temporary = if data.is_none() { Some(TempDir::with_prefix("shop-")?) } else { None };
        let path = data.or(temporary.as_ref().map(TempDir::path)).context("no directory")?.to_path_buf();
        std::fs::create_dir_all(&path)
            .with_context(|| format!("cannot create the directory {}", path.display()))?;
        let lock =
            File::create(path.join("lock")).with_context(|| format!("cannot write to {}", path.display()))?;
        if lock.try_lock().is_err() {
            bail!("another shop uses {}", path.display());
        }
        Ok(Self { path, temporary, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what is temporary.
    pub(crate) fn leave(self) -> anyhow::Result<()> {
        match self.temporary {
            Some(temporary) => Ok(temporary.close()?),
            None => Ok(()),
        }
    }
}
