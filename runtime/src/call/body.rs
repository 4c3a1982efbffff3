//! [`Body`]: the body of a request or a response, from whoever makes it.

use std::any::Any;
use std::fmt;
use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::time::Instant;

use crate::bridge::Status;

/// Any error, boxed.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request or a response.
///
/// Most bodies are there as a whole, or are what hyper reads: neither needs a box.
///
/// ```
/// let body = rsvc::Body::from("hello");
/// let other = rsvc::Body::new(http_body_util::Empty::<bytes::Bytes>::new());
/// ```
#[derive(Default)]
pub struct Body {
    inner: Inner,
    /// Held for as long as the body is.
    guard: Option<Arc<dyn Guard>>,
    /// A second one: calls to several endpoints count for the connection and for the endpoint.
    also: Option<Arc<dyn Guard>>,
    /// When the call is over that the body is a response of.
    deadline: Option<Instant>,
}

/// What lives as long as a body.
pub(crate) trait Guard: Send + Sync {
    /// Takes what a connection had for a body that is dropped before its end.
    #[cfg(any(feature = "server", feature = "client"))]
    fn take_rest(&self, rest: hyper::body::Incoming) {
        drop(rest);
    }
}

/// A body that makes its frames of something that it holds until then.
#[cfg(feature = "compression")]
pub(crate) trait HoldingBody: http_body::Body<Data = Bytes, Error = Status> + Send {
    /// How much that is, in bytes.
    fn held(&self) -> usize;
}

/// Two that live as long as a body.
struct Both {
    _inner: Arc<dyn Guard>,
    _outer: Arc<dyn Guard>,
}

impl Guard for Both {}

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    /// Bytes that are there.
    Whole(Bytes),
    /// Bytes that are there, and the trailers that follow them.
    WithTrailers(Bytes, Trailers),
    /// Trailers that follow the bytes.
    Trailers(Trailers),
    /// What hyper reads from a connection.
    #[cfg(any(feature = "server", feature = "client"))]
    Incoming(hyper::body::Incoming),
    Boxed(UnsyncBoxBody<Bytes, Status>),
    #[cfg(feature = "compression")]
    Holding(Pin<Box<dyn HoldingBody>>),
    /// The rest of data that is handed out in pieces, and what follows it.
    Rest(Box<(Bytes, Inner)>),
}

/// What follows the bytes of a body. It is small, as bodies are moved often.
pub(crate) enum Trailers {
    /// Always the same ones, which are copied when they are sent.
    Fixed(&'static LazyLock<HeaderMap>),
    Own(Box<HeaderMap>),
}

impl Trailers {
    pub(crate) fn into_headers(self) -> HeaderMap {
        match self {
            Self::Fixed(headers) => HeaderMap::clone(headers),
            Self::Own(headers) => *headers,
        }
    }
}

impl From<HeaderMap> for Trailers {
    fn from(headers: HeaderMap) -> Self {
        Self::Own(Box::new(headers))
    }
}

impl Body {
    /// A body without a byte.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Any body. Its errors become a [`Status`] as far as they have one.
    ///
    /// # Panics
    /// Never: what is taken was put there before.
    #[must_use]
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        // One that is a `Body` already is not boxed once more.
        let mut slot = Some(body);
        if let Some(body) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Self>>() {
            return body.take().expect("it was put there");
        }
        let body = slot.take().expect("it was put there");
        let boxed = body.map_err(|error| status_of(error.into())).boxed_unsync();
        Self { inner: Inner::Boxed(boxed), guard: None, also: None, deadline: None }
    }

    /// A body that tells what it holds.
    #[cfg(feature = "compression")]
    pub(crate) fn holding(body: impl HoldingBody + 'static) -> Self {
        Self { inner: Inner::Holding(Box::pin(body)), guard: None, also: None, deadline: None }
    }

    /// Bytes, and the trailers that follow them.
    pub(crate) fn with_trailers(data: Bytes, trailers: impl Into<Trailers>) -> Self {
        Self { inner: Inner::WithTrailers(data, trailers.into()), guard: None, also: None, deadline: None }
    }

    /// What hyper reads.
    #[cfg(any(feature = "server", feature = "client"))]
    pub(crate) fn incoming(body: hyper::body::Incoming) -> Self {
        Self { inner: Inner::Incoming(body), guard: None, also: None, deadline: None }
    }

    /// All of the body, if it is there.
    #[cfg(feature = "client")]
    #[allow(
        clippy::result_large_err,
        reason = "the body goes on as it is: a box would cost each call an allocation"
    )]
    pub(crate) fn into_whole(mut self) -> Result<Bytes, Self> {
        match &mut self.inner {
            Inner::Empty if self.guard.is_none() => Ok(Bytes::new()),
            Inner::Whole(bytes) if self.guard.is_none() => Ok(take(bytes)),
            _ => Err(self),
        }
    }

    /// The same body, which holds `guard` until it is dropped, beside what it holds already.
    #[must_use]
    pub(crate) fn guarded(mut self, guard: Arc<dyn Guard>) -> Self {
        match (&self.guard, &self.also) {
            (None, _) => self.guard = Some(guard),
            (_, None) => self.also = Some(guard),
            _ => {
                let inner = self.also.take().expect("it was looked at");
                self.also = Some(Arc::new(Both { _inner: inner, _outer: guard }));
            }
        }
        self
    }

    /// The same body, which is of no use after `deadline`.
    #[must_use]
    pub(crate) fn until(mut self, deadline: Option<Instant>) -> Self {
        self.set_deadline(deadline);
        self
    }

    /// The body is of no use after `deadline`.
    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// When the call is over that the body is a response of.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether all of the body is there.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.inner, Inner::Empty | Inner::Whole(_) | Inner::WithTrailers(..) | Inner::Trailers(_))
    }

    /// How much of the body is held and was not handed out, in bytes: as it is, or what it is made of.
    #[inline]
    pub(crate) fn held(&self) -> usize {
        match &self.inner {
            Inner::Whole(data) | Inner::WithTrailers(data, _) => data.len(),
            #[cfg(feature = "compression")]
            Inner::Holding(body) => body.held(),
            #[cfg(feature = "compression")]
            Inner::Rest(rest) if let Inner::Holding(body) = &rest.1 => rest.0.len() + body.held(),
            Inner::Rest(rest) => rest.0.len(),
            _ => 0,
        }
    }

    /// How much of that can be handed out at once.
    #[inline]
    fn at_hand(&self) -> usize {
        match &self.inner {
            Inner::Whole(data) | Inner::WithTrailers(data, _) => data.len(),
            Inner::Rest(rest) => rest.0.len(),
            _ => 0,
        }
    }

    /// The next frame, whose data has at most `most` bytes.
    #[inline]
    pub(crate) fn poll_piece(
        &mut self,
        task: &mut Task<'_>,
        most: usize,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.at_hand() > most {
            return Poll::Ready(Some(Ok(self.split(most))));
        }
        if self.is_whole() {
            return Poll::Ready(self.take_frame().map(Ok));
        }
        let polled = ready!(self.poll_frame_inner(task));
        Poll::Ready(match polled {
            Some(Ok(frame)) if frame.data_ref().is_some_and(|data| data.len() > most) => {
                self.put_back(frame.into_data().expect("it has data"));
                Some(Ok(self.split(most)))
            }
            polled => polled,
        })
    }

    /// Puts data before what is there.
    #[cold]
    fn put_back(&mut self, data: Bytes) {
        let inner = take(&mut self.inner);
        self.inner = Inner::Rest(Box::new((data, inner)));
    }

    /// A piece of what is there, which is more.
    #[cold]
    fn split(&mut self, most: usize) -> Frame<Bytes> {
        let data = match &mut self.inner {
            Inner::Whole(data) | Inner::WithTrailers(data, _) => data,
            Inner::Rest(rest) => &mut rest.0,
            _ => unreachable!("only these hold data"),
        };
        Frame::data(data.split_to(most))
    }

    /// Whether nothing follows. What hyper reads from is let go then: nobody has to be asked once more when it is dropped.
    #[inline]
    pub(crate) fn take_end(&mut self) -> bool {
        let is_end = self.is_end_stream();
        if is_end {
            self.inner = Inner::Empty;
        }
        is_end
    }

    /// The next data; trailers are skipped. `None` is the end.
    pub(crate) fn poll_data(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        loop {
            match ready!(Pin::new(&mut *self).poll_frame_inner(task)) {
                None => return Poll::Ready(None),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }

    #[inline]
    fn poll_frame_inner(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match &mut self.inner {
            #[cfg(any(feature = "server", feature = "client"))]
            Inner::Incoming(body) => {
                let frame = ready!(Pin::new(body).poll_frame(task));
                Poll::Ready(frame.map(|frame| frame.map_err(|error| status_of(error.into()))))
            }
            Inner::Boxed(body) => Pin::new(body).poll_frame(task),
            #[cfg(feature = "compression")]
            Inner::Holding(body) => body.as_mut().poll_frame(task),
            _ => Poll::Ready(self.take_frame().map(Ok)),
        }
    }

    /// The next frame of what is there.
    fn take_frame(&mut self) -> Option<Frame<Bytes>> {
        match take(&mut self.inner) {
            Inner::Empty => None,
            Inner::Whole(bytes) => (!bytes.is_empty()).then(|| Frame::data(bytes)),
            Inner::WithTrailers(data, trailers) => {
                self.inner = Inner::Trailers(trailers);
                Some(Frame::data(data))
            }
            Inner::Trailers(trailers) => Some(Frame::trailers(trailers.into_headers())),
            Inner::Rest(rest) => {
                self.inner = rest.1;
                Some(Frame::data(rest.0))
            }
            #[cfg(any(feature = "server", feature = "client"))]
            Inner::Incoming(_) => unreachable!("it is asked"),
            Inner::Boxed(_) => unreachable!("it is asked"),
            #[cfg(feature = "compression")]
            Inner::Holding(_) => unreachable!("it is asked"),
        }
    }
}

#[cfg(any(feature = "server", feature = "client"))]
impl Drop for Body {
    fn drop(&mut self) {
        let Some(guard) = &self.guard else { return };
        let inner = match &mut self.inner {
            Inner::Rest(rest) => &mut rest.1,
            inner => inner,
        };
        if let Inner::Incoming(body) = inner
            && !body.is_end_stream()
            && let Inner::Incoming(rest) = take(inner)
        {
            guard.take_rest(rest);
        }
    }
}

/// What an error of a body says to gRPC.
#[cold]
fn status_of(error: BoxError) -> Status {
    Status::from_error(error)
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Status;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.poll_frame_inner(task)
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Empty => true,
            Inner::Whole(bytes) => bytes.is_empty(),
            Inner::WithTrailers(..) | Inner::Trailers(_) | Inner::Rest(_) => false,
            #[cfg(any(feature = "server", feature = "client"))]
            Inner::Incoming(body) => body.is_end_stream(),
            Inner::Boxed(body) => body.is_end_stream(),
            #[cfg(feature = "compression")]
            Inner::Holding(body) => body.is_end_stream(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Empty | Inner::Trailers(_) => SizeHint::with_exact(0),
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            // Not exact: hyper would make a `content-length` of it, which nobody needs where trailers follow.
            Inner::WithTrailers(bytes, _) => {
                let mut hint = SizeHint::new();
                hint.set_lower(bytes.len() as u64);
                hint
            }
            #[cfg(any(feature = "server", feature = "client"))]
            Inner::Incoming(body) => body.size_hint(),
            Inner::Boxed(body) => body.size_hint(),
            #[cfg(feature = "compression")]
            Inner::Holding(body) => body.size_hint(),
            Inner::Rest(rest) => {
                let mut hint = SizeHint::new();
                hint.set_lower(rest.0.len() as u64);
                hint
            }
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self { inner: Inner::Whole(bytes), guard: None, also: None, deadline: None }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn trailers_follow_the_data() {
        let trailers = HeaderMap::from_iter([(http::header::ETAG, http::HeaderValue::from_static("x"))]);
        let body = Body::with_trailers(Bytes::from_static(b"ab"), trailers.clone());
        let collected = body.collect().now_or_never().unwrap().unwrap();
        assert_eq!(collected.trailers(), Some(&trailers));
        assert_eq!(collected.to_bytes(), "ab");
    }

    struct Held;

    impl Guard for Held {}

    /// A body of each kind, but what comes from a connection.
    fn kinds() -> [(&'static str, Body); 5] {
        let data = || Bytes::from_static(b"abc");
        [
            ("empty", Body::empty()),
            ("whole", Body::from(data())),
            ("with trailers", Body::with_trailers(data(), HeaderMap::new())),
            (
                "trailers",
                Body {
                    inner: Inner::Trailers(HeaderMap::new().into()),
                    guard: None,
                    also: None,
                    deadline: None,
                },
            ),
            ("boxed", Body::new(http_body_util::Full::new(data()))),
        ]
    }

    #[test]
    fn only_what_is_there_is_whole() {
        for (kind, body) in kinds() {
            assert_eq!(body.is_whole(), kind != "boxed", "{kind}");
        }
        // hyper asks both, and ends a response by them.
        for (kind, body) in kinds() {
            let hint = http_body::Body::size_hint(&body);
            let expected = match kind {
                "empty" | "trailers" => (0, Some(0)),
                "with trailers" => (3, None),
                _ => (3, Some(3)),
            };
            assert_eq!((hint.lower(), hint.exact()), expected, "{kind}");
            assert_eq!(http_body::Body::is_end_stream(&body), kind == "empty", "{kind}");
        }
        let boxed = Body::new(http_body_util::Empty::new());
        assert!(http_body::Body::is_end_stream(&boxed), "what is in the box says so");
    }

    #[test]
    fn texts_and_bytes_are_bodies() {
        for body in [
            Body::from("abc"),
            "abc".to_owned().into(),
            b"abc".to_vec().into(),
            Bytes::from_static(b"abc").into(),
        ] {
            assert_eq!(body.collect().now_or_never().unwrap().unwrap().to_bytes(), "abc");
        }
    }

    #[test]
    fn data_is_read_to_its_end() {
        let mut task = Task::from_waker(std::task::Waker::noop());
        for (kind, mut body) in kinds() {
            let mut data = Vec::new();
            while let Poll::Ready(Some(part)) = body.poll_data(&mut task) {
                data.extend_from_slice(&part.unwrap());
                assert!(data.len() <= 3, "{kind}");
            }
            assert_eq!(data.len(), if matches!(kind, "empty" | "trailers") { 0 } else { 3 }, "{kind}");
        }
    }

    #[cfg(feature = "client")]
    #[test]
    fn what_somebody_holds_is_not_taken_out() {
        for (kind, body) in kinds() {
            let taken = body.into_whole().ok();
            let expected = match kind {
                "empty" => Some(Bytes::new()),
                "whole" => Some(Bytes::from_static(b"abc")),
                _ => None,
            };
            assert_eq!(taken, expected, "{kind}");
        }
        for (kind, body) in kinds() {
            assert!(body.guarded(Arc::new(Held)).into_whole().is_err(), "{kind}");
        }
    }

    #[test]
    fn a_body_holds_all_that_it_was_given() {
        let held = [Arc::new(Held), Arc::new(Held), Arc::new(Held)];
        let body = held.iter().fold(Body::from("x"), |body, guard| body.guarded(Arc::clone(guard) as _));
        assert_eq!(held.each_ref().map(Arc::strong_count), [2; 3]);
        drop(body);
        assert_eq!(held.each_ref().map(Arc::strong_count), [1; 3]);
    }

    #[test]
    fn a_body_is_boxed_once() {
        assert!(matches!(Body::new(Body::from("x")).inner, Inner::Whole(_)));
        assert!(http_body::Body::is_end_stream(&Body::new(Body::empty())));
    }

    #[test]
    fn data_is_handed_out_in_pieces_whatever_it_is_from() {
        let frame = Frame::data(Bytes::from_static(b"abcde"));
        let made = Body::new(http_body_util::StreamBody::new(futures_util::stream::iter([
            Ok::<_, Status>(frame),
            Ok(Frame::data(Bytes::from_static(b"f"))),
        ])));
        let whole = Body::from("abcdef");
        let with_trailers = Body::with_trailers(Bytes::from_static(b"abcdef"), HeaderMap::new());
        for (mut body, expected) in [
            (made, &["ab", "cd", "e", "f"][..]),
            (whole, &["ab", "cd", "ef"]),
            (with_trailers, &["ab", "cd", "ef", "trailers"]),
        ] {
            let mut task = Task::from_waker(std::task::Waker::noop());
            let mut pieces = Vec::new();
            while let Poll::Ready(Some(frame)) = body.poll_piece(&mut task, 2) {
                let data = frame.unwrap().into_data();
                pieces
                    .push(data.map_or("trailers".to_owned(), |data| String::from_utf8(data.into()).unwrap()));
            }
            assert_eq!(pieces, expected);
        }
    }
}
