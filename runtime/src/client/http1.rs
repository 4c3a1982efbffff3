//! HTTP/1.1: connections are made as calls need them, and kept for the next.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri, Version};
use hyper::client::conn::http1;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::attempts::{self, Attempts, Failure, Pool, State};
use super::dialer::{Dialer, NO_ANSWER};
use super::settings::TRIES;
use super::watched::Watched;
use crate::call::{Body, BoxError, background};
use crate::protocol::client::{Sent, Transport, Unprocessed, check_headers, waits_for_ready};

/// What a connection reads ahead at least, in bytes: bodies are read by it as well.
const BUFFER: usize = 64 << 10;
/// How long a connection is kept that no call needs.
const IDLE: Duration = Duration::from_secs(90);

/// The connections to a host.
#[derive(Clone)]
pub(super) struct Http1(Arc<Inner>);

struct Inner {
    dialer: Dialer,
    attempts: Attempts,
    /// Connections that had a response; of some it is still being read.
    kept: Mutex<Vec<Kept>>,
    /// How many connections there are.
    count: AtomicUsize,
    /// Whether connections are looked for that have become idle.
    sweeping: AtomicBool,
}

type Sender = http1::SendRequest<Body>;

struct Kept {
    sender: Sender,
    since: Instant,
}

impl Http1 {
    pub(super) fn new(dialer: Dialer) -> Self {
        let attempts = Attempts::new(dialer.settings.backoff);
        Self(Arc::new(Inner {
            dialer,
            attempts,
            kept: Mutex::new(Vec::new()),
            count: AtomicUsize::new(0),
            sweeping: AtomicBool::new(false),
        }))
    }

    /// Makes a connection if there is none.
    pub(super) async fn connect(&self) -> Result<(), Failure> {
        if self.0.has_connection() { Ok(()) } else { attempts::connect(&self.0, false).await }
    }

    pub(super) fn state(&self) -> watch::Receiver<State> {
        self.0.attempts.state()
    }

    async fn send(self, mut request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let settings = &self.0.dialer.settings;
        let is_patient = settings.wait_for_ready || waits_for_ready(&request);
        let uri = request.uri().clone();
        write_target(&mut request);
        let mut tries = 0;
        loop {
            let kept = self.0.take();
            let mut sender = match kept {
                Some(sender) => sender,
                None => match attempts::connect_one(&self.0, is_patient, Inner::make, Inner::keep).await {
                    Ok(sender) => sender,
                    Err(failure) => return Err(unprocessed(request, uri, failure)),
                },
            };
            match sender.try_send_request(request).await {
                Ok(response) => {
                    self.0.keep(sender);
                    check_headers(response.headers(), settings.limits.header_list_size())?;
                    return Ok(response.map(Body::incoming));
                }
                Err(mut error) => {
                    tries += 1;
                    match error.take_message() {
                        Some(unsent) if tries < TRIES => request = unsent,
                        Some(unsent) => return Err(unprocessed(unsent, uri, error.into_error())),
                        None => return Err(error.into_error().into()),
                    }
                }
            }
        }
    }
}

impl Transport for Http1 {
    fn send(&self, request: Request<Body>) -> Sent {
        Box::pin(self.clone().send(request))
    }
}

/// Names the server in a header, and the path alone as the target.
fn write_target(request: &mut Request<Body>) {
    *request.version_mut() = Version::HTTP_11;
    if let Some(authority) = request.uri().authority()
        && !request.headers().contains_key(HOST)
    {
        // The port of the scheme goes without saying.
        let host = match (authority.port_u16(), request.uri().scheme_str()) {
            (Some(80), Some("http")) | (Some(443), Some("https")) => authority.host(),
            _ => authority.as_str(),
        };
        let host = HeaderValue::from_str(host).expect("an authority is the value of a header");
        request.headers_mut().insert(HOST, host);
    }
    if let Some(path) = request.uri().path_and_query() {
        *request.uri_mut() = Uri::from(path.clone());
    }
}

fn unprocessed(mut request: Request<Body>, uri: Uri, reason: impl Into<BoxError>) -> BoxError {
    *request.uri_mut() = uri;
    Unprocessed::new(Some(request), reason).into()
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that is free, the one that was used last: the others may be closed then.
    fn take(&self) -> Option<Sender> {
        let mut kept = self.lock();
        kept.retain(|kept| !kept.sender.is_closed());
        let index = kept.iter().rposition(|kept| kept.sender.is_ready())?;
        Some(kept.remove(index).sender)
    }

    fn keep(self: &Arc<Self>, sender: Sender) {
        self.lock().push(Kept { sender, since: Instant::now() });
        if !self.sweeping.swap(true, Ordering::Relaxed) {
            self.sweep();
        }
    }

    /// Closes connections that no call needs.
    fn sweep(self: &Arc<Self>) {
        let pool = Arc::downgrade(self);
        background::spawn(async move {
            loop {
                tokio::time::sleep(IDLE / 2).await;
                let Some(pool) = pool.upgrade() else { return };
                let mut kept = pool.lock();
                kept.retain(|kept| {
                    // One that is not ready has a response that is being read.
                    !kept.sender.is_closed() && (!kept.sender.is_ready() || kept.since.elapsed() < IDLE)
                });
                if kept.is_empty() {
                    pool.sweeping.store(false, Ordering::Relaxed);
                    return;
                }
            }
        });
    }

    /// Makes a connection.
    async fn make(self: Arc<Self>) -> Result<Sender, BoxError> {
        let settings = &self.dialer.settings;
        let io = match timeout(settings.connect_timeout, self.dialer.dial()).await {
            Ok(io) => Watched::new(io?, settings.stall()),
            Err(_) => return Err(NO_ANSWER.into()),
        };
        let mut builder = http1::Builder::new();
        builder.max_buf_size(settings.limits.header_list_size().max(BUFFER));
        let (sender, connection) = builder.handshake(io).await?;
        self.count.fetch_add(1, Ordering::Relaxed);
        let pool = Arc::downgrade(&self);
        background::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection was lost");
            }
            if let Some(pool) = pool.upgrade()
                && pool.count.fetch_sub(1, Ordering::Relaxed) == 1
            {
                pool.attempts.lost();
            }
        });
        Ok(sender)
    }
}

impl Pool for Inner {
    fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    fn open(self: Arc<Self>) -> BoxFuture<'static, Result<(), BoxError>> {
        Box::pin(async move {
            let sender = Arc::clone(&self).make().await?;
            self.keep(sender);
            Ok(())
        })
    }

    fn has_connection(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_the_path_and_the_host_stands_in_a_header() {
        for (uri, named, host, target) in [
            ("http://a.example/b?c", None, "a.example", "/b?c"),
            ("http://a.example:80/b", None, "a.example", "/b"),
            ("https://a.example:443/b", None, "a.example", "/b"),
            ("http://a.example:443/b", None, "a.example:443", "/b"),
            ("https://a.example:80/b", None, "a.example:80", "/b"),
            ("http://[::1]:8080/", None, "[::1]:8080", "/"),
            ("http://a.example/b", Some("c.example"), "c.example", "/b"),
        ] {
            let mut request = Request::get(uri).version(Version::HTTP_2).body(Body::empty()).unwrap();
            if let Some(named) = named {
                request.headers_mut().insert(HOST, HeaderValue::from_static(named));
            }
            write_target(&mut request);
            assert_eq!(request.headers()[HOST], host, "{uri}");
            assert_eq!(
                (request.uri(), request.version()),
                (&Uri::from_static(target), Version::HTTP_11),
                "{uri}"
            );
        }
    }
}
