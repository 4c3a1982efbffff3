//! The attempts of a host at connections: one at a time for all calls that wait, and with pauses after those that failed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::backoff::{Backoff, Pauses};
use crate::call::{BoxError, background};

/// What is known of the connections to a host.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// There is none, and nobody needs one.
    Idle,
    /// The first is being made.
    Connecting,
    /// There is one.
    Ready,
    /// There is none: the last attempt has failed. Calls fail at once until the next one is due.
    Failed(Failure),
}

/// What makes connections and keeps them.
pub(super) trait Pool: Send + Sync + 'static {
    fn attempts(&self) -> &Attempts;

    /// Makes a connection and keeps it.
    fn open(self: Arc<Self>) -> BoxFuture<'static, Result<(), BoxError>>;

    /// Whether there is a connection.
    fn has_connection(&self) -> bool;
}

/// The attempts of one pool.
pub(super) struct Attempts {
    phase: Mutex<Phase>,
    state: watch::Sender<State>,
}

struct Phase {
    /// The attempt that is under way.
    pending: Option<Pending>,
    /// What came of the last attempt, if it has failed.
    failed: Option<Pause>,
    pauses: Pauses,
}

/// The time after an attempt that has failed.
struct Pause {
    failure: Failure,
    since: Instant,
    until: Instant,
    /// Whether another attempt is made at its end, as somebody has asked for one.
    is_wanted: bool,
}

/// An attempt, for all who wait for it.
type Pending = Shared<oneshot::Receiver<Result<(), Failure>>>;

impl Attempts {
    pub(super) fn new(backoff: Backoff) -> Self {
        let phase = Phase { pending: None, failed: None, pauses: Pauses::new(backoff) };
        Self { phase: Mutex::new(phase), state: watch::Sender::new(State::Idle) }
    }

    pub(super) fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// A connection was lost, and there is no other.
    pub(super) fn lost(&self) {
        // What an attempt says meanwhile comes first.
        let _phase = self.lock();
        self.state.send_if_modified(|state| {
            let was_ready = matches!(state, State::Ready);
            if was_ready {
                *state = State::Idle;
            }
            was_ready
        });
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt begins.
    fn begins(&self) {
        self.state.send_if_modified(|state| {
            let is_new = !matches!(state, State::Ready | State::Connecting);
            if is_new {
                *state = State::Connecting;
            }
            is_new
        });
    }

    /// An attempt that has begun then has ended.
    fn ends<P: Pool>(&self, pool: &P, begun: Instant, outcome: Result<(), &Failure>) {
        let mut phase = self.lock();
        match outcome {
            Ok(()) => {
                phase.pauses.reset();
                phase.failed = None;
            }
            Err(failure) => {
                // Attempts that were made at the same time and fail together count once.
                let is_known = phase.failed.as_ref().is_some_and(|pause| pause.since >= begun);
                if !is_known {
                    let until = begun + phase.pauses.next();
                    let (failure, since) = (failure.clone(), Instant::now());
                    phase.failed = Some(Pause { failure, since, until, is_wanted: false });
                }
            }
        }
        self.state.send_replace(match outcome {
            // There may be others; and this one may be lost already.
            _ if pool.has_connection() => State::Ready,
            Ok(()) => State::Idle,
            Err(failure) => State::Failed(failure.clone()),
        });
    }
}

/// Makes a connection, together with all who ask for one meanwhile. In the pause after an attempt that has failed it fails
/// for the same reason, or waits for the end of the pause if `patient`, and then for the first attempt that does not fail.
pub(super) async fn connect<P: Pool>(pool: &Arc<P>, patient: bool) -> Result<(), Failure> {
    loop {
        let begun = begin(pool);
        match begun {
            Ok(pending) => match pending.await {
                Err(_) => return Err(Failure::new(STOPPED)),
                Ok(Err(failure)) if !patient => return Err(failure),
                Ok(Err(_)) => {}
                Ok(Ok(())) => return Ok(()),
            },
            Err((failure, _)) if !patient => return Err(failure),
            Err((_, until)) => sleep_until(until).await,
        }
    }
}

/// Begins an attempt if none is under way and it may be made now, without waiting for it.
pub(super) fn begin<P: Pool>(pool: &Arc<P>) -> Result<Pending, (Failure, Instant)> {
    let attempts = pool.attempts();
    let mut phase = attempts.lock();
    if let Some(pending) = &phase.pending {
        return Ok(pending.clone());
    }
    phase.check(pool)?;
    let (done, pending) = oneshot::channel();
    let pending = pending.shared();
    phase.pending = Some(pending.clone());
    drop(phase);
    attempts.begins();
    // It goes on when the call that has started it is given up: others wait for it as well.
    let pool = Arc::clone(pool);
    background::spawn(async move {
        let begun = Instant::now();
        let outcome = Arc::clone(&pool).open().await.map_err(Failure::new);
        let attempts = pool.attempts();
        attempts.lock().pending = None;
        attempts.ends(&*pool, begun, outcome.as_ref().copied());
        // Nobody may wait for it any more.
        let _ = done.send(outcome);
    });
    Ok(pending)
}

/// Makes a connection for one call, beside others that are being made. Pauses hold as for [`connect`]. One that is made for a
/// call that was given up meanwhile is kept for the next.
pub(super) async fn connect_one<P, T, F>(
    pool: &Arc<P>,
    patient: bool,
    make: fn(Arc<P>) -> F,
    keep: fn(&Arc<P>, T),
) -> Result<T, Failure>
where
    P: Pool,
    T: Send + 'static,
    F: Future<Output = Result<T, BoxError>> + Send + 'static,
{
    loop {
        let may_begin = pool.attempts().lock().check(pool);
        match may_begin {
            Ok(()) => {
                pool.attempts().begins();
                let (done, connection) = oneshot::channel();
                let pool = Arc::clone(pool);
                background::spawn(async move {
                    let begun = Instant::now();
                    let outcome = make(Arc::clone(&pool)).await.map_err(Failure::new);
                    pool.attempts().ends(&*pool, begun, outcome.as_ref().map(|_| ()));
                    if let Err(Ok(connection)) = done.send(outcome) {
                        keep(&pool, connection);
                    }
                });
                match connection.await {
                    Err(_) => return Err(Failure::new(STOPPED)),
                    Ok(Err(_)) if patient => {}
                    Ok(outcome) => return outcome,
                }
            }
            Err((failure, _)) if !patient => return Err(failure),
            Err((_, until)) => sleep_until(until).await,
        }
    }
}

/// What there is to say if an attempt does not come to its end.
const STOPPED: &str = "the runtime that makes the connection has stopped";

impl Phase {
    /// Tests that an attempt may be made now. If not, one is made as soon as it may.
    fn check<P: Pool>(&mut self, pool: &Arc<P>) -> Result<(), (Failure, Instant)> {
        match &mut self.failed {
            Some(pause) if pause.until > Instant::now() => {
                if !std::mem::replace(&mut pause.is_wanted, true) {
                    attempt_after(pool, pause.until);
                }
                Err((pause.failure.clone(), pause.until))
            }
            _ => Ok(()),
        }
    }
}

/// Makes another attempt at the end of a pause, if the pool is still there then.
fn attempt_after<P: Pool>(pool: &Arc<P>, until: Instant) {
    let pool = Arc::downgrade(pool);
    background::spawn(async move {
        sleep_until(until).await;
        let Some(pool) = pool.upgrade() else { return };
        let is_last = pool.attempts().lock().failed.as_ref().is_some_and(|pause| pause.until == until);
        if is_last {
            // Whoever waits for its outcome asks for it.
            let _ = begin(&pool);
        }
    });
}

/// Why a connection could not be made, for all who have waited for it.
#[derive(Clone, Debug)]
pub(super) struct Failure(Arc<BoxError>);

impl Failure {
    fn new(reason: impl Into<BoxError>) -> Self {
        Self(Arc::new(reason.into()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection could not be made")
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&**self.0)
    }
}

#[cfg(test)]
mod tests;
