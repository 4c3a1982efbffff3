//! What stands between the calls of a channel and its endpoints.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};

use super::endpoint::{Endpoint, EndpointState, EndpointStatus};
use super::member::{Entry, Member, Observer, Phase, Tending};
use super::outlier::{Counts, Ejection};
use super::pick::Choice;
use super::policy::Balance;
use super::ready::{self, Ready};
use super::source::{Answer, Followed, Told};
use super::target::Targets;
use super::tend::tend;
use crate::call::{BoxError, background};

/// The balancer of a channel.
pub(super) struct Inner {
    /// What tasks hold of it.
    pub(super) me: Weak<Self>,
    pub(super) balance: Balance,
    pub(super) targets: Targets,
    /// Somebody has failed, so that there may be others by now.
    pub(super) failures: Arc<Notify>,
    /// What can take calls has changed.
    pub(super) changes: watch::Sender<()>,
    is_started: AtomicBool,
    state: Mutex<State>,
}

/// What changes.
pub(super) struct State {
    /// What is to be followed, until that begins.
    followed: Option<Followed>,
    pub(super) entries: Vec<Entry>,
    pub(super) ready: Ready,
    /// Which one all calls go to, if they go to one.
    pub(super) chosen: Option<Arc<Member>>,
    /// When the last attempt has begun to find one, as long as there may be another.
    pub(super) attempted: Option<Instant>,
    /// Why there are no endpoints, if nobody could say so far.
    pub(super) unknown: Option<Arc<str>>,
    /// Whether it was said which endpoints there are.
    pub(super) is_known: bool,
    /// What goes on besides the endpoints.
    tasks: Vec<Tending>,
}

impl Inner {
    pub(super) fn new(balance: Balance, targets: Targets, followed: Followed) -> Arc<Self> {
        let state = State {
            followed: Some(followed),
            entries: Vec::new(),
            ready: Ready::nothing(),
            chosen: None,
            attempted: None,
            unknown: None,
            is_known: false,
            tasks: Vec::new(),
        };
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            balance,
            targets,
            failures: Arc::new(Notify::new()),
            changes: watch::Sender::new(()),
            is_started: AtomicBool::new(false),
            state: Mutex::new(state),
        })
    }

    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to look for endpoints and to connect to them, if nobody has begun. It needs a runtime.
    #[inline]
    pub(super) fn start(&self) {
        if !self.is_started.load(Ordering::Relaxed) {
            self.start_first();
        }
    }

    #[cold]
    fn start_first(&self) {
        self.is_started.store(true, Ordering::Relaxed);
        let Some(followed) = self.lock().followed.take() else { return };
        let mut tasks = Vec::new();
        match followed {
            // The first call finds them.
            Followed::Given(endpoints) => self.update(Ok(endpoints)),
            followed => tasks.push(background::spawn(followed.follow(self.told()))),
        }
        if self.balance.outliers.is_some() {
            tasks.push(background::spawn(sweep(Weak::clone(&self.me))));
        }
        let tasks = tasks.into_iter().map(|task| Tending(task.abort_handle()));
        self.lock().tasks.extend(tasks);
    }

    /// This one, as a source knows it.
    fn told(&self) -> Told {
        let me = Weak::clone(&self.me);
        let tell = move |answer| me.upgrade().map(|balancer| balancer.update(answer)).is_some();
        let limit = self.targets.connect_timeout();
        Told { tell: Box::new(tell), failures: Arc::clone(&self.failures), limit }
    }

    /// Takes over which endpoints there are. Those that stay keep their connections; those that are gone get no new calls.
    pub(super) fn update(&self, answer: Answer) {
        let chosen = answer.and_then(|endpoints| {
            if endpoints.is_empty() {
                return Err(BoxError::from("there are none"));
            }
            self.targets.check(&endpoints)?;
            Ok(ready::choose(&self.balance, endpoints))
        });
        let mut state = self.lock();
        match chosen {
            Ok(endpoints) => {
                state.is_known = true;
                state.unknown = None;
                self.replace(&mut state, endpoints);
            }
            Err(error) if state.is_known => {
                tracing::debug!(error = &*error, "endpoints stay as they are");
            }
            Err(error) => {
                tracing::warn!(error = &*error, "there are no endpoints");
                state.unknown = Some(ready::reason(&*error));
            }
        }
        self.rebuild(&mut state);
    }

    fn replace(&self, state: &mut State, endpoints: Vec<Endpoint>) {
        let mut before = std::mem::take(&mut state.entries);
        let count = before.len();
        for endpoint in endpoints {
            let known = before.iter().position(|entry| entry.endpoint.is_same_server(&endpoint));
            match known {
                Some(place) => state.entries.push(Entry { endpoint, ..before.remove(place) }),
                None => state.entries.extend(self.entry(endpoint)),
            }
        }
        let (kept, all) = (count - before.len(), state.entries.len());
        if !before.is_empty() || kept < all {
            tracing::info!(
                endpoints = all,
                added = all - kept,
                removed = before.len(),
                "endpoints have changed"
            );
        }
    }

    /// An endpoint that nobody knows yet.
    pub(super) fn entry(&self, endpoint: Endpoint) -> Option<Entry> {
        let observer: Weak<dyn Observer> = Weak::clone(&self.me) as _;
        let member = match self.targets.member(&endpoint, observer) {
            Ok(member) => Arc::new(member),
            Err(error) => {
                // It was tested, but the environment may have changed.
                tracing::warn!(address = %endpoint.address, error = &*error, "an endpoint is left out");
                return None;
            }
        };
        let service = self.balance.health_check.as_deref();
        let check = service.map(|service| self.targets.health_check(&member, service));
        let task = background::spawn(tend(Arc::clone(&member), check));
        Some(Entry {
            endpoint,
            member,
            phase: Phase::Idle,
            healthy: None,
            ejection: Ejection::default(),
            is_wanted: false,
            tending: Tending(task.abort_handle()),
        })
    }

    /// Changes what is known of an endpoint, if it is still one.
    pub(super) fn change(&self, member: &Arc<Member>, change: impl FnOnce(&mut Entry)) {
        let mut state = self.lock();
        let entry = state.entries.iter_mut().find(|entry| Arc::ptr_eq(&entry.member, member));
        if let Some(entry) = entry {
            change(entry);
            self.rebuild(&mut state);
        }
    }

    /// Finds out anew which endpoints can take calls, and which should be connected.
    pub(super) fn rebuild(&self, state: &mut State) {
        if self.balance.choice == Choice::First {
            self.choose_first(state);
        } else {
            ready::want(&mut state.entries);
        }
        let usable = match &state.chosen {
            Some(chosen) => vec![(Arc::clone(chosen), 1)],
            None if self.balance.choice == Choice::First => Vec::new(),
            None => ready::usable(&state.entries, &self.balance),
        };
        state.ready.set(self.balance.choice, usable);
        self.changes.send_replace(());
    }

    /// The end of an interval of outlier ejection.
    fn sweep(&self) {
        let Some(outliers) = &self.balance.outliers else { return };
        let mut state = self.lock();
        let counts: Vec<Counts> = state.entries.iter().map(|entry| entry.member.take_counts()).collect();
        let mut ejections = state.ejections();
        outliers.sweep(Instant::now(), &counts, &mut ejections);
        let mut is_changed = false;
        for (entry, ejection) in state.entries.iter_mut().zip(ejections) {
            if entry.ejection.is_out() != ejection.is_out() {
                is_changed = true;
                let address = &entry.endpoint.address;
                if ejection.is_out() {
                    tracing::info!(%address, "an endpoint is ejected: its calls fail more often than others'");
                } else {
                    tracing::info!(%address, "an endpoint is back");
                    entry.member.forget_row();
                }
            }
            entry.ejection = ejection;
        }
        if is_changed {
            self.rebuild(&mut state);
        }
    }

    /// What is known of each endpoint.
    pub(super) fn status(&self) -> Vec<EndpointStatus> {
        let state = self.lock();
        let status = |entry: &Entry| EndpointStatus {
            address: entry.endpoint.address.clone(),
            state: match entry.phase {
                Phase::Idle => EndpointState::Idle,
                Phase::Connecting => EndpointState::Connecting,
                Phase::Ready => EndpointState::Ready,
                Phase::Failed(_) => EndpointState::Failed,
            },
            in_flight: entry.member.in_flight(),
            weight: entry.endpoint.weight,
            priority: entry.endpoint.priority,
            ejected: entry.ejection.is_out(),
            healthy: entry.healthy,
        };
        state.entries.iter().map(status).collect()
    }
}

impl State {
    pub(super) fn ejections(&self) -> Vec<Ejection> {
        self.entries.iter().map(|entry| entry.ejection).collect()
    }
}

/// Compares endpoints at the end of each interval.
async fn sweep(balancer: Weak<Inner>) {
    while let Some(interval) = balancer.upgrade().and_then(|balancer| {
        balancer.balance.outliers.as_ref().map(super::outlier::OutlierEjection::between_sweeps)
    }) {
        sleep(interval).await;
        if let Some(balancer) = balancer.upgrade() {
            balancer.sweep();
        }
    }
}
