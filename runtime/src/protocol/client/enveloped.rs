//! Calls whose messages stand in envelopes, one for each kind of method. They are polled by what is made for each method.

use std::future::poll_fn;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::Response;

use super::call::{failed, store_trailers};
use super::error::transport_error;
use super::limits::Limits;
use super::link::CallerLink;
use super::requests::{Form, Requests};
use super::responses::{Event, ResponseSource as _, Responses, stream, wrong_number};
use super::{ClientCall, Dialect, Head, Sent};
use crate::bridge::Status;
use crate::call::{Body, BoxError, Outgoing};
use crate::message::AnyMessage;
use crate::stream::Incoming;

/// A call under way.
pub(crate) struct EnvelopedCall<'a> {
    call: ClientCall<'a>,
    dialect: &'static dyn Dialect,
    limits: Limits,
    state: State,
}

#[allow(clippy::large_enum_variant, reason = "a box would cost each call an allocation")]
enum State {
    /// The head of the response is waited for.
    Sent(Sent),
    /// The one response is read.
    Responding {
        responses: Responses,
        is_read: bool,
    },
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

    /// A call with many requests.
    pub(crate) fn with_requests(
        call: ClientCall<'a>,
        dialect: &'static dyn Dialect,
        requests: Box<dyn Outgoing>,
    ) -> Result<Self, Status> {
        let settings = call.settings();
        let (body, link) = Requests::body(requests, Form::of(settings), call.info, &call.ctx, settings);
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
        Ok(Self { call, dialect, limits, state })
    }

    /// Waits for the one response, and reads it into `message`, which is empty.
    pub(crate) fn poll_one(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), Status>> {
        let outcome = match self.poll_response(task, message) {
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
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), Status>> {
        loop {
            match &mut self.state {
                State::Sent(sent) => {
                    let response = ready!(sent.as_mut().poll(task));
                    let responses = self.read_head(response)?;
                    self.state = State::Responding { responses, is_read: false };
                }
                State::Responding { responses, is_read } => match ready!(responses.poll_next(task)) {
                    Event::Message(content) if !*is_read => {
                        *is_read = true;
                        responses.read(content, message)?;
                    }
                    Event::Message(_) => return Poll::Ready(Err(wrong_number())),
                    Event::End(Ok(trailers)) => {
                        store_trailers(&self.call.ctx, &trailers);
                        return Poll::Ready(if *is_read { Ok(()) } else { Err(wrong_number()) });
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
