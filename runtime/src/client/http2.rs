//! HTTP/2: one connection for all calls, or several where one is full or the settings want more.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::client::conn::{TrySendError, http2};
use hyper::rt::Executor;
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::TokioTimer;
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::attempts::{self, Attempts, Failure, Pool, State};
use super::dialer::{Dialer, NO_ANSWER};
use super::request_body::{Kept, RequestBody};
use super::settings::TRIES;
use super::watched::{Watched, lost_at_once};
use crate::call::{Body, BoxError, Guard, background};
use crate::protocol::client::{Sent, Transport, Unprocessed, find, waits_for_ready};
use crate::protocol::limits::Keepalive;

/// How much of calls that were given up may wait for a connection that has answered none since, in bytes.
///
/// Hyper keeps what waits for a stream until it gets one, even if nobody wants the response any more: a server that opens
/// no streams would fill the memory.
const MAX_GIVEN_UP: usize = 16 << 20;
/// What a call takes besides its request, in bytes.
const CALL: usize = 1 << 10;
/// How many calls that were given up in the last second are remembered. What a server sends of others is an error to h2, which
/// ends a connection with 1024 of them.
const RESETS: usize = 1024;
/// How long a connection beyond those that are always kept has to be without a call before it is closed.
const IDLE: Duration = Duration::from_secs(30);

/// The connections to a host.
#[derive(Clone)]
pub(super) struct Http2(Arc<Inner>);

struct Inner {
    dialer: Dialer,
    attempts: Attempts,
    open: Mutex<Vec<Opened>>,
    /// Whether connections are looked for that have become idle.
    sweeping: AtomicBool,
}

type Sender = http2::SendRequest<RequestBody>;

/// A connection that was made: what takes requests, and what hands them on.
struct Opened {
    sender: Sender,
    link: Arc<Link>,
    task: AbortHandle,
    /// Whether it had a call since idle connections were looked for.
    was_used: bool,
}

/// What the calls of a connection know of it. Each holds it up to the end of its response, so that their number is known.
struct Link {
    pool: Weak<Inner>,
    /// How many calls the server takes at once.
    limit: AtomicUsize,
    /// What the calls take that were given up since the connection has answered one, in bytes.
    given_up: AtomicUsize,
}

/// Which connection a call is for.
enum Choice {
    Open(usize),
    /// All are full. The call may wait for this one, if there can be no other.
    Full(usize),
    None,
}

impl Http2 {
    pub(super) fn new(dialer: Dialer) -> Self {
        let attempts = Attempts::new(dialer.settings.backoff);
        let open = Mutex::new(Vec::new());
        Self(Arc::new(Inner { dialer, attempts, open, sweeping: AtomicBool::new(false) }))
    }

    /// Makes a connection if there is none.
    pub(super) async fn connect(&self) -> Result<(), Failure> {
        if self.0.has_connection() { Ok(()) } else { attempts::connect(&self.0, false).await }
    }

    pub(super) fn state(&self) -> watch::Receiver<State> {
        self.0.attempts.state()
    }
}

impl Transport for Http2 {
    fn send(&self, request: Request<Body>) -> Sent {
        let request = request.map(RequestBody::from);
        let mut open = self.0.lock();
        let Choice::Open(index) = self.0.choose(&open) else {
            drop(open);
            return Box::pin(self.clone().send_anew(request, 0));
        };
        let (call, response) = open[index].send(request);
        let is_enough = open.len() >= self.0.dialer.settings.connections;
        drop(open);
        if !is_enough {
            self.0.open_another();
        }
        Box::pin(async move {
            match response.await {
                Ok(response) => Ok(call.answered(response)),
                Err(error) => call.send_again(error).await,
            }
        })
    }
}

impl Http2 {
    /// Sends a request for which there is no connection, or none that is free, or that was sent so often before.
    async fn send_anew(
        self,
        mut request: Request<RequestBody>,
        mut tries: u32,
    ) -> Result<Response<Body>, BoxError> {
        let settings = &self.0.dialer.settings;
        let is_patient = settings.wait_for_ready || waits_for_ready(&request);
        let mut may_open = true;
        loop {
            let response = {
                let mut open = self.0.lock();
                clean(&mut open);
                match self.0.choose(&open) {
                    Choice::Open(index) => Ok(open[index].send(request)),
                    Choice::Full(index)
                        if !may_open
                            || open.len() >= settings.max_connections()
                            || open[index].takes_nothing() =>
                    {
                        Ok(open[index].send(request))
                    }
                    Choice::Full(_) => Err((request, true)),
                    Choice::None => Err((request, false)),
                }
            };
            match response {
                Ok((call, response)) => match response.await {
                    Ok(response) => return Ok(call.answered(response)),
                    Err(error) => {
                        tries += 1;
                        request = resend(error, call.into_kept(), tries < TRIES)?;
                    }
                },
                Err((waits, is_full)) => {
                    request = waits;
                    match attempts::connect(&self.0, is_patient && !is_full).await {
                        Ok(()) if self.0.has_connection() => {}
                        Ok(()) if tries + 1 < TRIES => tries += 1,
                        Ok(()) => return Err(unprocessed(request, lost_at_once())),
                        Err(_) if is_full => may_open = false,
                        Err(failure) => return Err(unprocessed(request, failure)),
                    }
                }
            }
        }
    }
}

/// The request of a call that has failed, if no server has begun with it and it may be sent again.
#[cold]
fn resend(
    mut error: TrySendError<Request<RequestBody>>,
    kept: Option<Box<Kept>>,
    again: bool,
) -> Result<Request<RequestBody>, BoxError> {
    let unsent = error.take_message();
    let error = error.into_error();
    if unsent.is_none() && !is_unprocessed(&error) {
        return Err(error.into());
    }
    match unsent.or_else(|| kept?.into_request()) {
        Some(request) if again => Ok(request),
        request => Err(Unprocessed::new(request.map(|request| request.map(Body::from)), error).into()),
    }
}

fn unprocessed(request: Request<RequestBody>, reason: impl Into<BoxError>) -> BoxError {
    Unprocessed::new(Some(request.map(Body::from)), reason).into()
}

/// Whether the server has said that it has not begun with a request: it has refused the stream, or has gone away before.
fn is_unprocessed(error: &hyper::Error) -> bool {
    let error = find::<h2::Error>(error);
    error.is_some_and(|error| {
        error.is_remote()
            // A connection that goes away tells so the streams alone that are above its last one.
            && (error.is_go_away() || error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM))
    })
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Vec<Opened>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection for a call: the first that is not full, or the one with the fewest calls if calls are spread.
    #[inline]
    fn choose(&self, open: &[Opened]) -> Choice {
        match open {
            [one] if one.is_usable() && !one.is_full() => Choice::Open(0),
            _ => self.choose_of_several(open),
        }
    }

    #[cold]
    fn choose_of_several(&self, open: &[Opened]) -> Choice {
        let usable = || open.iter().enumerate().filter(|(_, connection)| connection.is_usable());
        let emptiest = usable().min_by_key(|(_, connection)| connection.calls());
        let choice = match self.dialer.settings.connections {
            0 | 1 => usable().find(|(_, connection)| !connection.is_full()).or(emptiest),
            _ => emptiest,
        };
        match choice {
            None => Choice::None,
            Some((index, connection)) if connection.is_full() => Choice::Full(index),
            Some((index, _)) => Choice::Open(index),
        }
    }

    /// Begins to make one more connection, if none is being made.
    #[cold]
    fn open_another(self: &Arc<Self>) {
        // In the pause after an attempt that has failed, those that there are have to do.
        let _ = attempts::begin(self);
    }

    /// Closes connections beyond those that are always kept, once they had no call for a while.
    fn sweep(self: &Arc<Self>) {
        if self.lock().len() <= self.dialer.settings.connections.max(1)
            || self.sweeping.swap(true, Ordering::Relaxed)
        {
            return;
        }
        let pool = Arc::downgrade(self);
        background::spawn(async move {
            loop {
                tokio::time::sleep(IDLE).await;
                let Some(pool) = pool.upgrade() else { return };
                let mut open = pool.lock();
                let kept = pool.dialer.settings.connections.max(1);
                let mut surplus = open.len().saturating_sub(kept);
                // The first ones are those that are chosen first.
                for index in (0..open.len()).rev() {
                    let was_used = std::mem::take(&mut open[index].was_used);
                    if surplus > 0 && !was_used && open[index].calls() == 0 {
                        open.remove(index);
                        surplus -= 1;
                    }
                }
                if open.len() <= kept {
                    pool.sweeping.store(false, Ordering::Relaxed);
                    return;
                }
            }
        });
    }
}

/// Removes connections that were lost, and those that answer nothing, with all that waits for them. Responses that have
/// begun go on.
fn clean(open: &mut Vec<Opened>) {
    open.retain(|connection| {
        let is_stuck = connection.link.given_up.load(Ordering::Relaxed) >= MAX_GIVEN_UP;
        if is_stuck {
            tracing::warn!("a server answers no calls; another connection is made");
            connection.task.abort();
        }
        !is_stuck && !connection.sender.is_closed()
    });
}

impl Pool for Inner {
    fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    fn open(self: Arc<Self>) -> BoxFuture<'static, Result<(), BoxError>> {
        Box::pin(async move {
            match timeout(self.dialer.settings.connect_timeout, open(&self)).await {
                Ok(opened) => {
                    self.lock().push(opened?);
                    self.sweep();
                    Ok(())
                }
                Err(_) => Err(NO_ANSWER.into()),
            }
        })
    }

    fn has_connection(&self) -> bool {
        self.lock().iter().any(Opened::is_usable)
    }
}

/// Runs what hyper does for connections and calls.
///
/// A future for one call is as large as one for a connection, since they are of one type. It is boxed, as otherwise the parts
/// of a task would hand kilobytes to each other for every call.
#[derive(Clone, Copy)]
struct Tasks;

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    #[inline]
    fn execute(&self, future: F) {
        background::spawn(future);
    }
}

/// Makes a connection, and waits until the server says something: how many calls it takes at once, if it has a limit.
async fn open(pool: &Arc<Inner>) -> Result<Opened, BoxError> {
    let Dialer { settings, .. } = &pool.dialer;
    let io = pool.dialer.dial().await?;
    if pool.dialer.is_secure() && !io.connected().is_negotiated_h2() {
        return Err("the server does not speak HTTP/2".into());
    }
    let mut builder = http2::Builder::new(Tasks);
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(settings.limits.max_header_list_size)
        .max_concurrent_reset_streams(RESETS);
    settings.limits.flow.tell_client(&mut builder);
    if let Some(Keepalive { interval, timeout }) = settings.limits.keepalive {
        builder.keep_alive_interval(interval).keep_alive_timeout(timeout);
    }
    let (heard, first) = oneshot::channel();
    // Behind a pointer: with TLS it is large, and a part of each future that hyper makes.
    let io = Box::new(Watched::new(io, settings.stall()).speaks_first(settings.connect_timeout, heard));
    let has_read = io.has_read();
    let (sender, mut connection) = builder.handshake::<_, RequestBody>(io).await?;
    first.await.unwrap_or_else(|_| Err(lost_at_once()))?;
    let limit = AtomicUsize::new(connection.current_max_send_streams());
    let link = Arc::new(Link { pool: Arc::downgrade(pool), limit, given_up: AtomicUsize::new(0) });
    let weak = Arc::downgrade(&link);
    let task = background::spawn(async move {
        let outcome = poll_fn(|task| {
            let polled = Pin::new(&mut connection).poll(task);
            // The server can have changed it only if it has said something.
            if has_read.swap(false, Ordering::Relaxed)
                && let Some(link) = weak.upgrade()
            {
                link.limit.store(connection.current_max_send_streams(), Ordering::Relaxed);
            }
            polled
        });
        if let Err(error) = outcome.await {
            tracing::debug!(%error, "a connection was lost");
        }
        drop(connection);
        if let Some(pool) = weak.upgrade().and_then(|link| link.pool.upgrade()) {
            let mut open = pool.lock();
            open.retain(|opened| !opened.sender.is_closed());
            if open.is_empty() {
                drop(open);
                pool.attempts.lost();
            }
        }
    });
    Ok(Opened { sender, link, task: task.abort_handle(), was_used: false })
}

impl Opened {
    /// Sends a request. What comes first of its two results is the call that waits for the other.
    #[inline]
    fn send(
        &mut self,
        mut request: Request<RequestBody>,
    ) -> (
        PendingCall,
        impl Future<Output = Result<Response<hyper::body::Incoming>, TrySendError<Request<RequestBody>>>> + use<>,
    ) {
        self.was_used = true;
        let kept = Kept::of(&mut request);
        let call = PendingCall { link: Arc::clone(&self.link), kept, cost: CALL + request.body().waits() };
        (call, self.sender.try_send_request(request))
    }

    /// Whether it takes requests.
    #[inline]
    fn is_usable(&self) -> bool {
        !self.sender.is_closed() && self.link.given_up.load(Ordering::Relaxed) < MAX_GIVEN_UP
    }

    /// How many calls it has.
    #[inline]
    fn calls(&self) -> usize {
        // The one that is not a call's is this.
        Arc::strong_count(&self.link) - 1
    }

    /// Whether the server takes no calls at all of it: it would take none of another connection either.
    fn takes_nothing(&self) -> bool {
        self.link.limit.load(Ordering::Relaxed) == 0
    }

    /// Whether the server takes no more calls of it.
    #[inline]
    fn is_full(&self) -> bool {
        self.calls() >= self.link.limit.load(Ordering::Relaxed)
    }
}

impl Guard for Link {}

/// A call that waits for its response. Its drop gives it up.
struct PendingCall {
    link: Arc<Link>,
    /// The request, if it is kept.
    kept: Option<Box<Kept>>,
    /// What it takes, in bytes; zero once it does not wait any more.
    cost: usize,
}

impl PendingCall {
    #[inline]
    fn answered(mut self, response: Response<hyper::body::Incoming>) -> Response<Body> {
        self.cost = 0;
        let given_up = &self.link.given_up;
        if given_up.load(Ordering::Relaxed) > 0 {
            given_up.store(0, Ordering::Relaxed);
        }
        let link: Arc<dyn Guard> = Arc::clone(&self.link) as _;
        response.map(|body| Body::incoming(body).guarded(link))
    }

    /// The request of a call for which there is nothing to wait for.
    fn into_kept(mut self) -> Option<Box<Kept>> {
        self.cost = 0;
        self.kept.take()
    }

    /// Sends a request that a lost connection has not taken by another one.
    #[cold]
    fn send_again(self, error: TrySendError<Request<RequestBody>>) -> Sent {
        let pool = self.link.pool.upgrade();
        let outcome = resend(error, self.into_kept(), pool.is_some());
        Box::pin(async move {
            let request = outcome?;
            let pool = pool.expect("it was there");
            Http2(pool).send_anew(request, 1).await
        })
    }
}

impl Drop for PendingCall {
    #[inline]
    fn drop(&mut self) {
        if self.cost > 0 {
            self.link.given_up.fetch_add(self.cost, Ordering::Relaxed);
        }
    }
}
