//! [`TlsReload`].

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::error::TlsError;
use super::live::Reload;

/// Tells servers and channels to read their files of TLS now. It is given to [`ServerTls`](super::ServerTls) or
/// [`ClientTls`](super::ClientTls), to any number of them, and clones are the same handle.
///
/// ```no_run
/// # use rsvc::tls::{Identity, ServerTls, TlsReload};
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let reload = TlsReload::new();
/// let tls = ServerTls::new(Identity::from_files("server.pem", "server.key")).reload_by(&reload);
/// let server = rsvc::Server::new().tls(tls).bind("0.0.0.0:443").await?;
/// # #[cfg(unix)]
/// reload.on_hangup()?; // `kill -HUP`
/// reload.reload()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct TlsReload(Arc<Mutex<Vec<Weak<dyn Reload>>>>);

impl TlsReload {
    /// A handle that nobody has yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the files of everything that has this handle, whether or not they have changed. Connections that are open go
    /// on. It blocks while files are read.
    ///
    /// # Errors
    ///
    /// If files of one cannot be used: it goes on with what it had. The others have their new ones.
    pub fn reload(&self) -> Result<(), TlsError> {
        // Not within the lock: reading takes time.
        let all: Vec<_> = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|live| live.strong_count() > 0);
            all.iter().filter_map(Weak::upgrade).collect()
        };
        let mut outcome = Ok(());
        for live in all {
            if let Err(error) = live.reload() {
                tracing::warn!(%error, "new certificates cannot be used; those before them stay");
                outcome = outcome.and(Err(error));
            }
        }
        outcome
    }

    /// Reloads at each `SIGHUP` from now on, as long as a server, a channel or the program has the handle. What cannot be used
    /// is logged.
    ///
    /// # Errors
    ///
    /// If the system does not let the program listen for signals.
    #[cfg(all(unix, feature = "server"))]
    pub fn on_hangup(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};

        let mut hangups = signal(SignalKind::hangup())?;
        let all = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            while hangups.recv().await.is_some()
                && let Some(all) = all.upgrade()
            {
                // It has logged what failed.
                let _ = tokio::task::spawn_blocking(move || Self(all).reload()).await;
            }
        });
        Ok(())
    }

    pub(super) fn know(&self, live: Weak<dyn Reload>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(live);
    }
}

impl fmt::Debug for TlsReload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsReload").finish_non_exhaustive()
    }
}
