//! What is made of settings, and made again when their files change.

use std::hash::RandomState;
#[cfg(feature = "server")]
use std::sync::Arc;
#[cfg(feature = "client")]
use std::sync::TryLockError;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::Pem;
use super::error::TlsError;
use super::pem::Files;

/// How often files are read.
pub(super) const INTERVAL: Duration = Duration::from_secs(5);
/// How often files that do not go together are read again at once: they may just be on their way.
const ATTEMPTS: u32 = 3;
/// How long to wait between such attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Settings that something is made of.
pub(super) trait Settings: Send + Sync + 'static {
    type Made: Clone + Send + Sync + 'static;

    /// All PEM that they name.
    fn pem(&self) -> Vec<&Pem>;

    fn make(&self, files: &Files) -> Result<Self::Made, TlsError>;
}

/// What was made of settings last.
pub(super) struct Live<S: Settings> {
    settings: S,
    made: RwLock<S::Made>,
    hasher: RandomState,
    read: Mutex<Read>,
}

/// What is known of the files.
struct Read {
    /// What was tried last, whether or not it was usable.
    stamp: u64,
    at: Instant,
}

impl<S: Settings> Live<S> {
    pub(super) fn new(settings: S) -> Result<Self, TlsError> {
        let hasher = RandomState::new();
        let files = Files::read(settings.pem());
        let made = RwLock::new(settings.make(&files)?);
        let read = Mutex::new(Read { stamp: files.stamp(&hasher), at: Instant::now() });
        Ok(Self { settings, made, hasher, read })
    }

    /// What new connections use.
    pub(super) fn current(&self) -> S::Made {
        self.made.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn has_files(&self) -> bool {
        self.settings.pem().into_iter().any(|pem| pem.path().is_some())
    }

    /// Whether the files were not read for this long, and nobody is reading them now. Does not block.
    #[cfg(feature = "client")]
    pub(super) fn is_older_than(&self, age: Duration) -> bool {
        match self.read.try_lock() {
            Ok(read) => read.at.elapsed() >= age,
            Err(TryLockError::Poisoned(read)) => read.into_inner().at.elapsed() >= age,
            Err(TryLockError::WouldBlock) => false,
        }
    }

    /// Reads the files and logs what comes of it, if they have changed. Blocks.
    pub(super) fn check(&self) {
        match self.try_changed(false) {
            Ok(false) => {}
            Ok(true) => tracing::info!("new certificates are used from now on"),
            Err(error) => tracing::warn!(%error, "new certificates cannot be used; those before them stay"),
        }
    }

    /// Reads the files, and makes it anew if they have changed or `always`. Tells whether it did.
    fn try_changed(&self, always: bool) -> Result<bool, TlsError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        for attempt in 1.. {
            let files = Files::read(self.settings.pem());
            let stamp = files.stamp(&self.hasher);
            read.at = Instant::now();
            let is_new = read.stamp != stamp;
            read.stamp = stamp;
            if !is_new && !always && attempt == 1 {
                return Ok(false);
            }
            match self.settings.make(&files) {
                Ok(made) => {
                    *self.made.write().unwrap_or_else(PoisonError::into_inner) = made;
                    return Ok(true);
                }
                Err(error) if attempt >= ATTEMPTS => return Err(error),
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
        unreachable!("the last attempt returns")
    }
}

/// What can be told to read its files.
pub(super) trait Reload: Send + Sync {
    fn reload(&self) -> Result<(), TlsError>;
}

impl<S: Settings> Reload for Live<S> {
    fn reload(&self) -> Result<(), TlsError> {
        self.try_changed(true).map(drop)
    }
}

/// Reads files again as long as it runs.
#[cfg(feature = "server")]
pub(super) async fn watch<S: Settings>(live: Arc<Live<S>>, interval: Option<Duration>) {
    let Some(interval) = interval.filter(|_| live.has_files()) else { return };
    loop {
        tokio::time::sleep(interval).await;
        let live = Arc::clone(&live);
        if tokio::task::spawn_blocking(move || live.check()).await.is_err() {
            return;
        }
    }
}
