//! The signals that stop a server.

use std::io;

use tokio::sync::watch;

use crate::call::background;

/// Counts ctrl-c and SIGTERM.
pub(super) struct Signals(watch::Receiver<u32>);

impl Signals {
    /// Listens from now on, for as long as anyone asks.
    pub(super) fn new() -> io::Result<Self> {
        let mut source = StopSignals::new()?;
        let (count, signals) = watch::channel(0);
        background::spawn(async move {
            tokio::select! {
                () = count.closed() => {}
                () = async { loop { source.recv().await; count.send_modify(|count| *count += 1); } } => {}
            }
        });
        Ok(Self(signals))
    }

    /// Resolves when there have been `count` signals.
    pub(super) fn nth(&self, count: u32) -> impl Future<Output = ()> + Send + 'static {
        let mut signals = self.0.clone();
        async move {
            if signals.wait_for(|seen| *seen >= count).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn recv(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
