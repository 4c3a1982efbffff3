//! The token of all calls, and how it is replaced.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::{AnyTokenSource, Token};
use crate::bridge::{Code, Status};
use crate::call::background;
use crate::client::backoff::{Backoff, Pauses};

/// How long before a token expires a new one is asked for.
const MARGIN: Duration = Duration::from_mins(1);
/// The least part of a token's life in which it is not asked for a new one: one of four.
const QUARTERS: u32 = 4;
/// How long a source may take.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a server may have a token thrown away that has not expired.
const REFUSAL_INTERVAL: Duration = Duration::from_secs(10);

pub(super) struct Tokens {
    /// `None` if there is one token for good.
    source: Option<Box<dyn AnyTokenSource>>,
    state: Mutex<State>,
    /// Told whenever a source has answered.
    answers: watch::Sender<()>,
}

struct State {
    margin: Duration,
    current: Option<Current>,
    /// How many tokens there were.
    count: u64,
    is_asked: bool,
    /// Why the last answer was no token, and when the source may be asked again.
    failure: Option<(Status, Instant)>,
    pauses: Pauses,
    /// Until when a server cannot have the token thrown away.
    kept_until: Option<Instant>,
}

/// The token that calls have.
struct Current {
    shown: Shown,
    expires: Option<Instant>,
    /// From when on a new one is asked for.
    refreshed: Option<Instant>,
}

/// A token as a call shows it.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) value: HeaderValue,
    /// Which one it is.
    number: u64,
}

impl Tokens {
    pub(super) fn of(source: Box<dyn AnyTokenSource>) -> Self {
        Self::with(Some(source), None)
    }

    pub(super) fn fixed(token: &Token) -> Self {
        let current = token.value().map(|value| Current {
            shown: Shown { value: value.clone(), number: 0 },
            expires: token.expires(),
            refreshed: None,
        });
        Self::with(None, current)
    }

    fn with(source: Option<Box<dyn AnyTokenSource>>, current: Option<Current>) -> Self {
        let state = State {
            margin: MARGIN,
            current,
            count: 0,
            is_asked: false,
            failure: None,
            pauses: Pauses::new(Backoff::new(Duration::from_secs(1), Duration::from_mins(1))),
            kept_until: None,
        };
        Self { source, state: Mutex::new(state), answers: watch::Sender::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_margin(&self, margin: Duration) {
        self.lock().margin = margin;
    }

    /// Whether there never will be a token.
    pub(super) fn is_invalid(&self) -> bool {
        self.source.is_none() && self.lock().current.is_none()
    }

    /// Whether another token may come.
    pub(super) fn can_change(&self) -> bool {
        self.source.is_some()
    }

    /// The token that is there, if it still holds.
    pub(super) fn at_hand(self: &Arc<Self>) -> Option<Shown> {
        let mut state = self.lock();
        let now = Instant::now();
        let current = state.current.as_ref().filter(|current| !is_past(current.expires, now))?;
        let shown = current.shown.clone();
        if is_past(current.refreshed, now) && state.may_ask(now) {
            self.ask(&mut state);
        }
        Some(shown)
    }

    /// The token, which is waited for if there is none.
    pub(super) async fn get(self: &Arc<Self>) -> Result<Shown, Status> {
        loop {
            if let Some(shown) = self.at_hand() {
                return Ok(shown);
            }
            let mut answers = {
                let mut state = self.lock();
                if self.source.is_none() {
                    return Err(Status::unauthenticated("the token of the channel has expired"));
                }
                if state.may_ask(Instant::now()) {
                    self.ask(&mut state);
                }
                if let State { is_asked: false, failure: Some((status, _)), .. } = &*state {
                    return Err(status.clone());
                }
                self.answers.subscribe()
            };
            answers.changed().await.expect("its sender is here");
        }
    }

    /// A server has refused a token. Whether there is another one, or will be.
    pub(super) fn refuse(&self, shown: &Shown) -> bool {
        if self.source.is_none() {
            return false;
        }
        let (mut state, now) = (self.lock(), Instant::now());
        match &state.current {
            Some(current) if current.shown.number == shown.number => {
                if state.kept_until.is_some_and(|until| now < until) {
                    return false;
                }
                state.kept_until = now.checked_add(REFUSAL_INTERVAL);
                state.current = None;
                true
            }
            // It was replaced while the call was under way.
            _ => true,
        }
    }

    /// Asks the source, in a task of its own: whoever waits may leave.
    #[cold]
    fn ask(self: &Arc<Self>, state: &mut State) {
        if Handle::try_current().is_err() {
            return state.settle(Instant::now(), Err(Status::internal("tokens need the runtime of tokio")));
        }
        state.is_asked = true;
        background::spawn(Asking { tokens: Arc::clone(self), outcome: None }.run());
    }
}

impl State {
    fn may_ask(&self, now: Instant) -> bool {
        !self.is_asked && self.failure.as_ref().is_none_or(|(_, next)| *next <= now)
    }

    /// Takes what a source has answered to a question of this time.
    fn settle(&mut self, asked: Instant, outcome: Result<Token, Status>) {
        self.is_asked = false;
        let now = Instant::now();
        match outcome.and_then(|token| usable(&token, now)) {
            Ok((value, expires)) => {
                self.count += 1;
                let refreshed = expires.map(|expires| {
                    let life = expires.saturating_duration_since(asked);
                    expires - self.margin.min(life / QUARTERS)
                });
                let shown = Shown { value, number: self.count };
                self.current = Some(Current { shown, expires, refreshed });
                self.failure = None;
                self.pauses.reset();
            }
            Err(error) => {
                // Not its text, in which there may be anything.
                tracing::warn!(code = ?error.code(), "there is no new token for the calls of a channel");
                let next = now.checked_add(self.pauses.next()).unwrap_or(now);
                self.failure = Some((failed(error), next));
            }
        }
    }
}

/// What calls show of a token, and until when.
fn usable(token: &Token, now: Instant) -> Result<(HeaderValue, Option<Instant>), Status> {
    let Some(value) = token.value() else {
        return Err(Status::unauthenticated("the token has characters that no header may have"));
    };
    if is_past(token.expires(), now) {
        return Err(Status::unavailable("the source gave a token that has expired"));
    }
    Ok((value.clone(), token.expires()))
}

/// The error of calls that get no token, which says nothing of the source's own.
fn failed(error: Status) -> Status {
    let mut status = match error.code() {
        Code::Unauthenticated => Status::unauthenticated("the source of tokens refuses one"),
        _ => Status::unavailable("there is no token for the call: its source has failed"),
    };
    status.set_source(Arc::new(error));
    status
}

fn is_past(time: Option<Instant>, now: Instant) -> bool {
    time.is_some_and(|time| time <= now)
}

/// A question to the source. It is answered in any case, by its drop if by nothing else.
struct Asking {
    tokens: Arc<Tokens>,
    outcome: Option<(Instant, Result<Token, Status>)>,
}

impl Asking {
    async fn run(mut self) {
        let asked = Instant::now();
        let source = self.tokens.source.as_ref().expect("it is there to be asked");
        let answer = timeout(SOURCE_TIMEOUT, source.token()).await;
        let late = |_| Err(Status::deadline_exceeded("the source of tokens took more than 30 seconds"));
        self.outcome = Some((asked, answer.unwrap_or_else(late)));
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let broken =
            || (Instant::now(), Err(Status::internal("the source of tokens was stopped, or panicked")));
        let (asked, outcome) = self.outcome.take().unwrap_or_else(broken);
        self.tokens.lock().settle(asked, outcome);
        self.tokens.answers.send_replace(());
    }
}
