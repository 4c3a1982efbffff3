//! What goes on when a request has been answered and its connection, or its stream of one, is used for something else.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use http::request::Parts;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::linger;
use super::panics;
use super::unsent::Unsent;
use super::waker::is_new;
use crate::call::body::Guard;
use crate::call::session::{self, Session, SessionHost};

/// The use that is made of a connection: whoever answers a request of it holds one of these until that is done.
///
/// It is also where the requests leave their sessions.
#[derive(Clone)]
pub(super) struct ConnectionUse(Arc<Shared>);

struct Shared {
    sessions: mpsc::UnboundedSender<Session>,
    /// Whether there ever was a session.
    has_sessions: AtomicBool,
    /// Whether it is used for something else than HTTP, for the rest of its life.
    upgraded: AtomicBool,
    /// What is left of a request's body that nobody reads any more. For connections of HTTP/1.1, which have no other way
    /// to the next request; a stream of HTTP/2 is reset.
    rest: Option<Mutex<Option<Incoming>>>,
    /// Whether there is such a rest.
    has_rest: AtomicBool,
    /// Whether a request with a body has no response yet.
    answering: AtomicBool,
    /// Whether the client is waited for to take what was written.
    blocked: AtomicBool,
    /// Whether there ever was a response.
    answered: AtomicBool,
    /// Whether there was one since this was last asked.
    used: AtomicBool,
    /// What is held for responses. Apart, since the calls of the connection know of it, too.
    unsent: Arc<Unsent>,
    /// The end of the call whose response is being sent. For connections of HTTP/1.1, which send one at a time.
    deadline: Mutex<Option<Instant>>,
    has_deadline: AtomicBool,
}

/// The sessions of a connection. They belong to it: it is not over before they are, and they end when it is ended.
pub(super) struct Sessions {
    left: mpsc::UnboundedReceiver<Session>,
    usage: ConnectionUse,
}

/// What counts the uses of a connection, and what runs its sessions. Responses may hold `max_unsent` bytes.
pub(super) fn track(is_http2: bool, max_unsent: usize) -> (ConnectionUse, Sessions) {
    let (sessions, left) = mpsc::unbounded_channel();
    let shared = Shared {
        sessions,
        has_sessions: AtomicBool::new(false),
        upgraded: AtomicBool::new(false),
        rest: (!is_http2).then(Mutex::default),
        has_rest: AtomicBool::new(false),
        answering: AtomicBool::new(false),
        blocked: AtomicBool::new(false),
        answered: AtomicBool::new(false),
        used: AtomicBool::new(false),
        unsent: Arc::new(Unsent::new(max_unsent)),
        deadline: Mutex::default(),
        has_deadline: AtomicBool::new(false),
    };
    let usage = ConnectionUse(Arc::new(shared));
    (usage.clone(), Sessions { left, usage })
}

impl Guard for Shared {
    fn take_rest(&self, rest: Incoming) {
        if let Some(slot) = &self.rest {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
            self.has_rest.store(true, Ordering::SeqCst);
            // Behind the response nobody asks for it any more, and hyper would wait for it: so it is let go.
            if !self.answering.load(Ordering::SeqCst) {
                drop(self.take());
            }
        } else {
            linger::throw_away(rest);
        }
    }
}

impl Shared {
    fn take(&self) -> Option<Incoming> {
        self.has_rest.store(false, Ordering::SeqCst);
        self.rest.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl SessionHost for Shared {
    fn run(&self, session: Session) {
        self.has_sessions.store(true, Ordering::Release);
        // If the connection is over, so is the session.
        drop(self.sessions.send(session));
    }
}

impl ConnectionUse {
    /// Where a request leaves its session.
    pub(super) fn sessions(&self) -> session::Sessions {
        session::Sessions::new(Arc::clone(&self.0) as Arc<dyn SessionHost>)
    }

    /// What takes the rest of a request that begins.
    #[inline]
    pub(super) fn guard(&self) -> Arc<dyn Guard> {
        if self.0.rest.is_some() {
            self.0.answering.store(true, Ordering::Relaxed);
        }
        Arc::clone(&self.0) as Arc<dyn Guard>
    }

    /// What is left of a request whose response is there, if that is known already.
    #[inline]
    pub(super) fn take_rest(&self) -> Option<Incoming> {
        // Nearly always this is all.
        if !self.0.answering.load(Ordering::Relaxed) {
            return None;
        }
        self.0.answering.store(false, Ordering::SeqCst);
        if self.0.has_rest.load(Ordering::SeqCst) { self.0.take() } else { None }
    }

    /// Who holds one without using the connection: its sessions, its service, what runs it, and what looks at its bytes.
    const WITHOUT_USE: usize = 4;

    /// Whether the connection has nothing to do but wait for a request, as far as is known here: the end of a response may
    /// still wait in hyper for a client that is slow.
    pub(super) fn is_idle(&self) -> bool {
        Arc::strong_count(&self.0) <= Self::WITHOUT_USE
            && !self.0.upgraded.load(Ordering::Acquire)
            && !self.0.blocked.load(Ordering::Acquire)
    }

    /// Notes whether the client is waited for to take what was written.
    pub(super) fn note_blocked(&self, blocked: bool) {
        self.0.blocked.store(blocked, Ordering::Release);
    }

    /// Notes that there is a response.
    #[inline]
    pub(super) fn note_answered(&self) {
        self.0.answered.store(true, Ordering::Relaxed);
        self.0.used.store(true, Ordering::Relaxed);
    }

    /// Whether there was a response since this was last asked.
    pub(super) fn take_used(&self) -> bool {
        self.0.used.swap(false, Ordering::Relaxed)
    }

    /// Whether there ever was a response.
    pub(super) fn has_answered(&self) -> bool {
        self.0.answered.load(Ordering::Relaxed)
    }

    /// What is held for responses.
    #[inline]
    pub(super) fn unsent(&self) -> &Arc<Unsent> {
        &self.0.unsent
    }

    /// Whether several responses may be on their way.
    #[inline]
    pub(super) fn is_shared(&self) -> bool {
        self.0.rest.is_none()
    }

    /// Notes when the call is over whose response is sent next.
    #[inline]
    pub(super) fn note_deadline(&self, deadline: Option<Instant>) {
        // Most calls have none.
        if deadline.is_some() || self.0.has_deadline.load(Ordering::Relaxed) {
            *self.0.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
            self.0.has_deadline.store(deadline.is_some(), Ordering::Relaxed);
        }
    }

    /// When the call is over whose response is being sent.
    pub(super) fn deadline(&self) -> Option<Instant> {
        *self.0.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that no more requests are to be waited for.
    pub(super) fn note_upgrade(&self) {
        self.0.upgraded.store(true, Ordering::Release);
    }
}

impl Sessions {
    /// That of their connection.
    pub(super) fn usage(&self) -> &ConnectionUse {
        &self.usage
    }

    /// Runs what the requests of a connection leave, until that and the connection are over.
    pub(super) async fn run_beside<T>(mut self, connection: impl Future<Output = T>) -> T {
        let mut connection = pin!(connection);
        let mut running = JoinSet::new();
        let mut known = None;
        let outcome = poll_fn(|task| {
            // First, as it is what a task is nearly always woken for.
            let outcome = connection.as_mut().poll(task);
            // The others cost something to ask. As long as there was no session, it is enough to have asked once.
            if outcome.is_pending()
                && (is_new(&mut known, task) || self.usage.0.has_sessions.load(Ordering::Acquire))
            {
                while let Poll::Ready(Some(session)) = self.left.poll_recv(task) {
                    running.spawn(session);
                }
                while let Poll::Ready(Some(ended)) = running.poll_join_next(task) {
                    panics::log(&ended);
                }
            }
            outcome
        })
        .await;
        while let Ok(session) = self.left.try_recv() {
            running.spawn(session);
        }
        while let Some(ended) = running.join_next().await {
            panics::log(&ended);
        }
        outcome
    }
}

/// Whether a request that has come straight from hyper asks for another protocol: it has noted what that takes.
pub(super) fn may_upgrade(request: &Parts) -> bool {
    request.extensions.get::<OnUpgrade>().is_some()
}
