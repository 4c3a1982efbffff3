//! A call from the client's side, one function per kind of method.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Task, Poll, ready};

use crate::bridge::Status;
use futures_util::FutureExt;
use futures_util::stream::{Stream, StreamExt};
use futures_util::task::AtomicWaker;
use http::uri::PathAndQuery;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::codec::Streaming;

use crate::client::Channel;
use crate::deadline;
use crate::deadline::earliest;
use crate::json::Json;
use crate::metadata;
use crate::metadata::MetadataMap;
use crate::method::MethodInfo;
use crate::protocol::grpc::codec::Protobuf;
use crate::{Context, RequestStream, ResponseStream, Validate, validate};

/// Calls a method with one request and one response.
pub async fn unary<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    request: Req,
) -> Result<Res, E>
where
    Req: prost::Message + Json + Validate + 'static,
    Res: prost::Message + Default + 'static,
    E: From<Status>,
{
    let call = Outbound::new(channel, info, ctx);
    call.check(&request)?;
    let requests = futures_util::stream::iter(Some(request));
    Ok(within(call.deadline, call.single(info, requests, None)).await?)
}

/// Calls a method with many requests and one response.
pub async fn client_streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<Res, E>
where
    Req: prost::Message + Json + Validate + 'static,
    Res: prost::Message + Default + 'static,
    E: From<Status>,
{
    let call = Outbound::new(channel, info, ctx);
    let (requests, fault) = Requests::new(requests, channel);
    let answer = fault.or(call.single(info, requests, Some(&fault)));
    Ok(within(call.deadline, answer).await?)
}

/// Calls a method with one request and many responses.
pub async fn server_streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    request: Req,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: prost::Message + Json + Validate + 'static,
    Res: prost::Message + Default + 'static,
    E: From<Status> + Send + 'static,
{
    let call = Outbound::new(channel, info, ctx);
    call.check(&request)?;
    let requests = futures_util::stream::iter(Some(request));
    let (responses, hold) = within(call.deadline, call.start(info, requests, None)).await?;
    Ok(call.several(responses, hold, None))
}

/// Calls a method with many requests and many responses.
pub async fn streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: prost::Message + Json + Validate + 'static,
    Res: prost::Message + Default + 'static,
    E: From<Status> + Send + 'static,
{
    let call = Outbound::new(channel, info, ctx);
    let (requests, fault) = Requests::new(requests, channel);
    let answer = fault.or(call.start(info, requests, Some(&fault)));
    let (responses, hold) = within(call.deadline, answer).await?;
    Ok(call.several(responses, hold, Some(fault)))
}

/// A call that is going out.
struct Outbound<'a> {
    channel: &'a Channel,
    ctx: Context,
    deadline: Option<Instant>,
}

impl<'a> Outbound<'a> {
    /// The earliest of what the caller, the method and the channel say is the deadline.
    fn new(channel: &'a Channel, info: &MethodInfo, ctx: Context) -> Self {
        let timeout = earliest(info.timeout, channel.settings().timeout);
        let deadline = earliest(ctx.instant(), timeout.and_then(deadline::after));
        Self { channel, ctx, deadline }
    }

    /// A request that breaks a rule stays here, when the channel is told so.
    fn check<T: Validate>(&self, request: &T) -> Result<(), Status> {
        if self.channel.settings().validate_requests { validate::admit(request) } else { Ok(()) }
    }

    /// Sends the requests and waits for the response headers.
    async fn start<Req, Res>(
        &self,
        info: &'static MethodInfo,
        requests: impl Stream<Item = Req> + Send + 'static,
        fault: Option<&Fault>,
    ) -> Result<(Streaming<Res>, Hold), Status>
    where
        Req: prost::Message + Json + 'static,
        Res: prost::Message + Default + 'static,
    {
        let mut headers = metadata::application(self.ctx.metadata());
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            headers.insert(deadline::HEADER, deadline::format(left));
        }
        let metadata = MetadataMap::from_headers(headers);
        let mut request = tonic::Request::from_parts(metadata, http::Extensions::new(), requests);
        let hold = Hold(fault.map(|fault| (request.cancellation_handle(), fault.clone())));
        let mut grpc = self.channel.grpc();
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        let path = PathAndQuery::from_static(info.path);
        let answer = grpc.streaming(request, path, Protobuf::<Req, Res>::new()).await;
        let (headers, responses, _) = answer.map_err(|status| self.failed(status))?.into_parts();
        self.ctx.store_headers(headers);
        Ok((responses, hold))
    }

    /// Sends the requests and waits for the one response.
    async fn single<Req, Res>(
        &self,
        info: &'static MethodInfo,
        requests: impl Stream<Item = Req> + Send + 'static,
        fault: Option<&Fault>,
    ) -> Result<Res, Status>
    where
        Req: prost::Message + Json + 'static,
        Res: prost::Message + Default + 'static,
    {
        let (mut responses, _hold) = self.start(info, requests, fault).await?;
        let wrong_number = || Status::unimplemented("the method has exactly one response message");
        let response = match responses.message().await {
            Ok(response) => response.ok_or_else(wrong_number)?,
            Err(status) => return Err(self.failed(status)),
        };
        match responses.message().await {
            Ok(None) => store_trailers(&self.ctx, &mut responses),
            Ok(Some(_)) => return Err(wrong_number()),
            Err(status) => return Err(self.failed(status)),
        }
        Ok(response)
    }

    fn several<Res, E>(
        self,
        responses: Streaming<Res>,
        hold: Hold,
        fault: Option<Fault>,
    ) -> ResponseStream<Res, E>
    where
        Res: prost::Message + 'static,
        E: From<Status> + Send + 'static,
    {
        let Self { ctx, deadline, .. } = self;
        ResponseStream::arriving(Arriving {
            inner: Some(responses),
            hold,
            ctx,
            deadline,
            sleep: None,
            fault,
            polls: 0,
        })
    }

    fn failed(&self, status: Status) -> Status {
        failed(&self.ctx, status)
    }
}

/// What `call` brings, if it does so before the deadline.
pub(crate) async fn within<T>(
    deadline: Option<Instant>,
    call: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    let Some(deadline) = deadline else { return call.await };
    if deadline <= Instant::now() {
        return Err(deadline::exceeded());
    }
    let (mut call, mut sleep) = (pin!(call), pin!(sleep_until(deadline)));
    std::future::poll_fn(|task| match call.as_mut().poll(task) {
        Poll::Pending => sleep.as_mut().poll(task).map(|()| Err(deadline::exceeded())),
        Poll::Ready(Err(status)) if timed_out(&status) => Poll::Ready(Err(deadline::exceeded())),
        ready @ Poll::Ready(_) => ready,
    })
    .await
}

/// Whether tonic's transport has kept the time, too, was first, and called it cancelled.
fn timed_out(status: &Status) -> bool {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        if error.is::<tonic::TimeoutExpired>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// A failed call brings its metadata, too.
fn failed(ctx: &Context, status: Status) -> Status {
    if !status.metadata().is_empty() {
        ctx.store_trailers(status.metadata().clone());
    }
    status
}

/// Keeps the trailers of a stream that has been read to its end, at which point they are there.
fn store_trailers<T>(ctx: &Context, responses: &mut Streaming<T>) {
    let Some(Ok(Some(trailers))) = responses.trailers().now_or_never() else { return };
    let trailers = metadata::application(&trailers);
    if !trailers.is_empty() {
        ctx.store_trailers(MetadataMap::from_headers(trailers));
    }
}

/// The responses as they arrive. Its drop resets the call.
pub(crate) struct Arriving<T> {
    /// `None` once the call is over.
    inner: Option<Streaming<T>>,
    hold: Hold,
    ctx: Context,
    deadline: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
    fault: Option<Fault>,
    polls: u8,
}

impl<T> Arriving<T> {
    fn over(&mut self) {
        self.inner = None;
        self.hold = Hold::default();
    }

    fn poll_limits(&mut self, task: &mut Task<'_>) -> Poll<Status> {
        if let Some(fault) = &self.fault
            && let Poll::Ready(status) = fault.poll(task)
        {
            return Poll::Ready(status);
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        sleep.as_mut().poll(task).map(|()| deadline::exceeded())
    }

    /// What it comes to when there is no message: the end, an error, or a limit that is reached.
    fn end(
        &mut self,
        polled: Poll<Option<Result<T, Status>>>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<T, Status>>> {
        let error = match polled {
            Poll::Ready(Some(Err(status))) => Some(failed(&self.ctx, status)),
            Poll::Pending => Some(ready!(self.poll_limits(task))),
            Poll::Ready(_) => {
                if let Some(responses) = &mut self.inner {
                    store_trailers(&self.ctx, responses);
                }
                None
            }
        };
        self.over();
        Poll::Ready(error.map(Err))
    }
}

impl<T> Stream for Arriving<T> {
    type Item = Result<T, Status>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        // Responses that are always there must not outrun the limits either.
        this.polls = this.polls.wrapping_add(1);
        if this.polls == 0
            && this.inner.is_some()
            && let Poll::Ready(status) = this.poll_limits(task)
        {
            this.over();
            return Poll::Ready(Some(Err(status)));
        }
        let Some(responses) = &mut this.inner else { return Poll::Ready(None) };
        // One local from the decoder to the caller: every move of a message more can be measured.
        let mut polled = responses.poll_next_unpin(task);
        if !matches!(polled, Poll::Ready(Some(Ok(_)))) {
            polled = this.end(polled, task);
        }
        polled
    }
}

/// Resets a call with many requests when it is dropped. Without it, a request stream that pauses would keep a call open
/// on the wire of which nobody waits for the answer any more, and one that ends then would pass for a whole one.
#[derive(Default)]
struct Hold(Option<(tonic::CancellationHandle, Fault)>);

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some((handle, fault)) = self.0.take() {
            fault.0.left.store(true, Ordering::Release);
            handle.cancel();
        }
    }
}

/// The requests on their way out. An error among them becomes the error of the call, since tonic has no way to send one.
struct Requests<T> {
    inner: RequestStream<T>,
    fault: Fault,
    validate: bool,
}

impl<T> Requests<T> {
    fn new(inner: RequestStream<T>, channel: &Channel) -> (Self, Fault) {
        let fault = Fault::default();
        (Self { inner, fault: fault.clone(), validate: channel.settings().validate_requests }, fault)
    }
}

impl<T: Validate> Stream for Requests<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<T>> {
        let next = self.inner.poll_next_unpin(task).map(|next| {
            next.map(|next| {
                let checked = |message: &T| if self.validate { validate::admit(message) } else { Ok(()) };
                next.and_then(|message| checked(&message).map(|()| message))
            })
        });
        match next {
            Poll::Ready(Some(Ok(message))) => Poll::Ready(Some(message)),
            Poll::Ready(Some(Err(status))) => {
                self.fault.raise(status);
                // Neither a message nor the end: the call is being given up.
                Poll::Pending
            }
            // It ends since the caller has left, and is about to be reset.
            Poll::Ready(None) if self.fault.0.left.load(Ordering::Acquire) => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// An error of the request stream, on its way to whoever waits for the answer.
#[derive(Clone, Default)]
struct Fault(Arc<Shared>);

/// What the request stream and whoever waits for the answer know of each other.
#[derive(Default)]
struct Shared {
    error: Mutex<Option<Status>>,
    waker: AtomicWaker,
    /// Nobody waits for the answer any more.
    left: AtomicBool,
}

impl Fault {
    fn raise(&self, status: Status) {
        *self.0.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
        self.0.waker.wake();
    }

    fn poll(&self, task: &mut Task<'_>) -> Poll<Status> {
        self.0.waker.register(task.waker());
        match self.0.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(status) => Poll::Ready(status),
            None => Poll::Pending,
        }
    }

    /// What `call` brings, or the error if one is raised before.
    async fn or<T>(&self, call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        let mut call = pin!(call);
        std::future::poll_fn(|task| match call.as_mut().poll(task) {
            Poll::Pending => self.poll(task).map(Err),
            ready @ Poll::Ready(_) => ready,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_left_has_not_come_to_the_end() {
        let fault = Fault::default();
        let mut requests =
            Requests { inner: RequestStream::<()>::from_iter([]), fault: fault.clone(), validate: false };
        let mut request = tonic::Request::new(());
        drop(Hold(Some((request.cancellation_handle(), fault))));
        assert!(requests.next().now_or_never().is_none());
    }
}
