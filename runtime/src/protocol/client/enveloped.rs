//! Calls whose messages stand in envelopes, one for each kind of method. They are polled by what is made for each method.

use std::future::poll_fn;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::Response;
use tokio::time::Instant;

use super::call::{failed, store_trailers};
use super::error::transport_error;
use super::limits::Limits;
use super::link::CallerLink;
use super::responses::{Event, ResponseSource as _, Responses, stream, wrong_number};
use super::{ClientCall, Dialect, Head, Sent};
use crate::Context;
use crate::bridge::Status;
use crate::call::{Body, BoxError};
use crate::message::AnyMessage;
use crate::stream::Incoming;

/// A call under way.
pub(crate) struct EnvelopedCall<'a> {
    call: ClientCall<'a>,
    dialect: &'static dyn Dialect,
    limits: Limits,
    state: State,
    /// Whether the one response was read.
    is_read: bool,
}

#[allow(clippy::large_enum_variant, reason = "a box would cost each call an allocation")]
enum State {
    /// The head of the response is waited for.
    Sent(Sent),
    /// The one response is read.
    Responding(Responses),
    Over,
}

impl<'a> EnvelopedCall<'a> {
    /// A call with one request, which is in its envelope.
    pub(crate) fn with_request(
        call: ClientCall<'a>,
        dialect: &'static dyn Dialect,
        request: Bytes,
    ) -> Result<Self, Status> {
        Self::start(call, dialect, request.into(), None)
    }

    /// A call with many requests: the body that they are.
    pub(crate) fn with_requests(
        call: ClientCall<'a>,
        dialect: &'static dyn Dialect,
        (body, link): (Body, CallerLink),
    ) -> Result<Self, Status> {
        Self::start(call, dialect, body, Some(link))
    }

    fn start(
        call: ClientCall<'a>,
        dialect: &'static dyn Dialect,
        body: Body,
        link: Option<CallerLink>,
    ) -> Result<Self, Status> {
        let mut limits = Limits::new(&call.ctx, call.deadline, link);
        limits.check()?;
        let state = State::Sent(call.start(dialect, body));
        Ok(Self { call, dialect, limits, state, is_read: false })
    }

    /// Waits for the one response, and reads it into `message`, which is empty.
    pub(crate) fn poll_one(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), Status>> {
        self.poll_content(task, |responses, content| responses.read(content, message))
    }

    /// The content of the one response, before it is read.
    pub(crate) async fn content(mut self) -> Result<Bytes, Status> {
        let mut read = Bytes::new();
        let outcome = poll_fn(|task| {
            self.poll_content(task, |_, content| {
                read = content;
                Ok(())
            })
        });
        outcome.await.map(|()| read)
    }

    /// What another attempt needs; `None` if a response was there.
    pub(crate) fn into_unanswered(self) -> Option<(Context, Option<Instant>)> {
        (!self.is_read).then_some((self.call.ctx, self.call.deadline))
    }

    #[inline]
    fn poll_content(
        &mut self,
        task: &mut Task<'_>,
        read: impl FnMut(&Responses, Bytes) -> Result<(), Status>,
    ) -> Poll<Result<(), Status>> {
        let outcome = match self.poll_response(task, read) {
            Poll::Pending => ready!(self.limits.poll(task).map(Err)),
            Poll::Ready(Ok(())) => Ok(()),
            Poll::Ready(Err(status)) => Err(self.limits.explain(status)),
        };
        self.state = State::Over;
        Poll::Ready(outcome)
    }

    fn poll_response(
        &mut self,
        task: &mut Task<'_>,
        mut read: impl FnMut(&Responses, Bytes) -> Result<(), Status>,
    ) -> Poll<Result<(), Status>> {
        loop {
            match &mut self.state {
                State::Sent(sent) => {
                    let response = ready!(sent.as_mut().poll(task));
                    let responses = self.read_head(response)?;
                    self.state = State::Responding(responses);
                }
                State::Responding(responses) => match ready!(responses.poll_next(task)) {
                    Event::Message(content) if !self.is_read => {
                        self.is_read = true;
                        read(responses, content)?;
                    }
                    Event::Message(_) => return Poll::Ready(Err(wrong_number())),
                    Event::End(Ok(trailers)) => {
                        store_trailers(&self.call.ctx, &trailers);
                        return Poll::Ready(if self.is_read { Ok(()) } else { Err(wrong_number()) });
                    }
                    Event::End(Err(status)) => return Poll::Ready(Err(failed(&self.call.ctx, status))),
                },
                State::Over => unreachable!("a call that is over is not asked again"),
            }
        }
    }

    /// Waits for the beginning of many responses.
    pub(crate) async fn responses(mut self) -> Result<Box<dyn Incoming>, Status> {
        let responses = poll_fn(|task| self.poll_head(task)).await?;
        Ok(stream(responses, self.call.ctx, self.limits))
    }

    fn poll_head(&mut self, task: &mut Task<'_>) -> Poll<Result<Responses, Status>> {
        let State::Sent(sent) = &mut self.state else { unreachable!("the head of a response is there once") };
        match sent.as_mut().poll(task) {
            Poll::Pending => self.limits.poll(task).map(Err),
            Poll::Ready(response) => {
                Poll::Ready(self.read_head(response).map_err(|status| self.limits.explain(status)))
            }
        }
    }

    fn read_head(&self, response: Result<Response<Body>, BoxError>) -> Result<Responses, Status> {
        let (parts, body) = response.map_err(transport_error)?.into_parts();
        let head = Head { status: parts.status, headers: parts.headers };
        Responses::new(self.dialect, head, body, self.call.settings(), &self.call.ctx)
    }
}
