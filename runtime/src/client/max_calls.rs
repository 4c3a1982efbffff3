//! How many calls a channel has under way at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::bridge::Status;
use crate::call::Body;
use crate::call::body::Guard;
use crate::protocol::client::{Sent, Transport};

/// A transport that takes so many calls at once, and has others wait in the order in which they came.
pub(super) struct MaxCalls {
    inner: Arc<dyn Transport>,
    places: Arc<Semaphore>,
    limit: usize,
    waiting: Arc<AtomicUsize>,
    max_waiting: usize,
}

impl MaxCalls {
    pub(super) fn new(inner: Box<dyn Transport>, limit: usize, max_waiting: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            inner: inner.into(),
            places: Arc::new(Semaphore::new(limit)),
            limit,
            waiting: Arc::default(),
            max_waiting,
        }
    }

    #[cold]
    fn wait(&self, request: Request<Body>) -> Sent {
        let waiting = Waiting(Arc::clone(&self.waiting));
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.max_waiting {
            drop(waiting);
            let status = Status::resource_exhausted(format!(
                "the channel has {} calls under way and {} waiting, as many as its limits `max_calls` allow",
                self.limit, self.max_waiting
            ));
            return Box::pin(std::future::ready(Err(status.into())));
        }
        let (inner, places) = (Arc::clone(&self.inner), Arc::clone(&self.places));
        Box::pin(async move {
            let place = places.acquire_owned().await.expect("it is not closed");
            drop(waiting);
            send(&*inner, request, place).await
        })
    }
}

impl Transport for MaxCalls {
    fn send(&self, request: Request<Body>) -> Sent {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => send(&*self.inner, request, place),
            Err(TryAcquireError::NoPermits) => self.wait(request),
            Err(TryAcquireError::Closed) => unreachable!("it is not closed"),
        }
    }
}

/// Sends a request whose place is taken until the end of its response.
fn send(inner: &dyn Transport, request: Request<Body>, place: OwnedSemaphorePermit) -> Sent {
    let sent = inner.send(request);
    Box::pin(async move {
        let response = sent.await?;
        Ok(response.map(|body| body.guarded(Arc::new(Place(place)))))
    })
}

/// The place of a call, until its response has ended.
struct Place(#[allow(dead_code, reason = "it is held")] OwnedSemaphorePermit);

impl Guard for Place {}

/// A call that waits for its place.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http::Response;

    use super::*;

    /// Answers at once.
    struct Echo;

    impl Transport for Echo {
        fn send(&self, request: Request<Body>) -> Sent {
            Box::pin(std::future::ready(Ok(Response::new(request.into_body()))))
        }
    }

    fn calls(under_way: usize, waiting: usize) -> MaxCalls {
        MaxCalls::new(Box::new(Echo), under_way, waiting)
    }

    fn send(calls: &MaxCalls, text: &'static str) -> Sent {
        calls.send(Request::new(Body::from(text)))
    }

    fn is_refused(sent: Sent) -> bool {
        let error = sent.now_or_never().unwrap().unwrap_err();
        let status = error.downcast_ref::<Status>().unwrap();
        assert!(status.message().contains("`max_calls`"), "{status:?}");
        status.code() == crate::Code::ResourceExhausted
    }

    #[tokio::test]
    async fn a_place_is_taken_until_the_response_has_ended() {
        let calls = calls(1, 1);
        let first = send(&calls, "a").await.unwrap();
        let mut second = send(&calls, "b");
        assert!((&mut second).now_or_never().is_none());
        assert!(is_refused(send(&calls, "c")));
        drop(first);
        let second = second.await.unwrap();
        assert!(send(&calls, "d").now_or_never().is_none());
        drop(second);
        send(&calls, "e").await.unwrap();
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_place_to_others() {
        let calls = calls(1, 2);
        let first = send(&calls, "a").await.unwrap();
        let (mut second, mut third) = (send(&calls, "b"), send(&calls, "c"));
        assert!((&mut second).now_or_never().is_none() && (&mut third).now_or_never().is_none());
        assert!(is_refused(send(&calls, "d")));
        drop(second);
        let mut fourth = send(&calls, "d");
        assert!((&mut fourth).now_or_never().is_none());
        drop(first);
        // The one that has waited longer comes first.
        assert!((&mut fourth).now_or_never().is_none());
        let third = third.now_or_never().unwrap().unwrap();
        assert!((&mut fourth).now_or_never().is_none());
        drop(third);
        fourth.await.unwrap();
        // Nobody waits, and nothing is under way.
        assert_eq!(calls.waiting.load(Ordering::Relaxed), 0);
        assert_eq!(calls.places.available_permits(), 1);
        // One that is not polled gives its place back, too.
        drop(send(&calls, "e"));
        assert_eq!(calls.places.available_permits(), 1);
    }

    #[tokio::test]
    async fn without_a_queue_nobody_waits() {
        let calls = calls(2, 0);
        let _first = send(&calls, "a").await.unwrap();
        let _second = send(&calls, "b").await.unwrap();
        assert!(is_refused(send(&calls, "c")));
    }
}
