//! What a target takes from its input, and bodies that arrive at once.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Task, Poll, Wake, Waker};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::call::Body;

/// Takes bytes that steer from the front; what is not there is zero.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl Input<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }
}

/// The frames of a body: pieces of this size, or one where it is zero.
pub(super) fn frames(data: &[u8], size: u8) -> Vec<Bytes> {
    let whole = data.len().max(1);
    let size = if size == 0 { whole } else { usize::from(size) };
    data.chunks(size).map(Bytes::copy_from_slice).collect()
}

pub(super) fn body(frames: Vec<Bytes>) -> Body {
    let frames = frames.into_iter().map(|data| Ok::<_, Infallible>(Frame::data(data)));
    Body::new(StreamBody::new(futures_util::stream::iter(frames)))
}

/// What is there already, by what yields now and then.
pub(super) fn now<T>(mut poll: impl FnMut(&mut Task<'_>) -> Poll<T>) -> T {
    let yields = Arc::new(Yields::default());
    let waker = Waker::from(Arc::clone(&yields));
    loop {
        if let Poll::Ready(ready) = poll(&mut Task::from_waker(&waker)) {
            return ready;
        }
        assert!(yields.0.swap(false, Ordering::Relaxed), "all of it has arrived, and it waits for more");
    }
}

/// Whether somebody wants to go on.
#[derive(Default)]
struct Yields(AtomicBool);

impl Wake for Yields {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
