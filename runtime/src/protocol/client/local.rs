//! Calls of a server in the same process. Messages are handed over as they are; the time, access, rules, errors, metadata,
//! panics and the end of a call are as over a network.

use std::task::{Context as Task, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Extensions, Request, Version};

use super::call::{failed, store_headers, store_trailers};
use super::limits::Limits;
use super::link::{CallerLink, RequestLink, link};
use super::{CallRequests, ClientCall, Direct, Sent, Transport};
use crate::Context;
use crate::bridge::{MetadataMap, Status};
use crate::call::dispatch::{self, Admission, Inbound, Responses};
use crate::call::{Body, Call, CallError, Exchange, Outgoing, Responded};
use crate::json::MessageInfo;
use crate::message::{AnyMessage, ReadError};
use crate::metadata;
use crate::protocol::service::{Answering, AnyService};
use crate::protocol::settings::ServerSettings;
use crate::sight::{Http, System};
use crate::stream::Incoming;

/// A server in the same process.
pub(crate) trait LocalServer: Send + Sync + 'static {
    /// Where the calls of the method at this path go, if messages can be handed over.
    fn route(&self, path: &str) -> Option<Route<'_>>;

    /// Answers a request, as if it had arrived.
    fn answer(&self, request: Request<Body>) -> Answering;
}

/// A method of a server in the same process.
pub(crate) struct Route<'a> {
    pub(crate) service: &'a dyn AnyService,
    /// The index of the method in its service.
    pub(crate) method: usize,
    pub(crate) settings: &'a ServerSettings,
}

/// The transport to a server in the same process.
pub(crate) struct Local<S>(pub(crate) S);

impl<S: LocalServer> Transport for Local<S> {
    fn send(&self, mut request: Request<Body>) -> Sent {
        *request.version_mut() = Version::HTTP_2;
        let answer = self.0.answer(request);
        Box::pin(async move { Ok(answer.await) })
    }

    fn direct(&self, path: &str) -> Option<&dyn Direct> {
        self.0.route(path).map(|_| self as &dyn Direct)
    }
}

impl<S: LocalServer> Direct for Local<S> {
    fn one<'a>(
        &'a self,
        call: ClientCall<'a>,
        requests: CallRequests<'a>,
        response: &'a mut dyn AnyMessage,
    ) -> BoxFuture<'a, Result<(), Status>> {
        Box::pin(one(self.0.route(call.info.path), call, requests, response))
    }

    fn many<'a>(
        &'a self,
        call: ClientCall<'a>,
        requests: CallRequests<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Incoming>, Status>> {
        Box::pin(many(self.0.route(call.info.path), call, requests))
    }
}

async fn one(
    route: Option<Route<'_>>,
    call: ClientCall<'_>,
    requests: CallRequests<'_>,
    response: &mut dyn AnyMessage,
) -> Result<(), Status> {
    let route = route.expect("the method was found before");
    let (caller, requests) = Requests::of(requests);
    let mut limits = Limits::new(&call.ctx, None, caller);
    let handled = async {
        let mut exchange = LocalExchange::new(&route, &call, requests, Some(response));
        let outcome = exchange.run(&route).await;
        exchange.settle(&call.ctx, outcome)?;
        let answered = exchange.call.context();
        if answered.has_answer() {
            store_headers(&call.ctx, answered.answer_headers().as_ref());
            store_trailers(&call.ctx, answered.answer_trailers().as_ref());
        }
        Ok(())
    };
    limits.hold(handled).await?;
    limits.take_error().map_or(Ok(()), Err)
}

async fn many(
    route: Option<Route<'_>>,
    call: ClientCall<'_>,
    requests: CallRequests<'_>,
) -> Result<Box<dyn Incoming>, Status> {
    let route = route.expect("the method was found before");
    let (caller, requests) = Requests::of(requests);
    let mut limits = Limits::new(&call.ctx, None, caller);
    let handled = async {
        let mut exchange = LocalExchange::new(&route, &call, requests, None);
        let outcome = exchange.run(&route).await;
        exchange.settle(&call.ctx, outcome)?;
        let messages = exchange.responses.take().expect("a call that went well is answered");
        let answered = exchange.call.context();
        if answered.has_answer() {
            store_headers(&call.ctx, answered.answer_headers().as_ref());
        }
        Ok(Responses::new(exchange.call, messages))
    };
    let responses = Some(limits.hold(handled).await?);
    Ok(Box::new(LocalResponses { responses, ctx: call.ctx, limits, next: None, polls: 0 }))
}

/// The requests of a call, and what their stream knows of the caller.
enum Requests<'a> {
    One(&'a mut dyn AnyMessage),
    Many(Box<dyn Outgoing>, RequestLink),
    Taken,
}

impl<'a> Requests<'a> {
    fn of(requests: CallRequests<'a>) -> (Option<CallerLink>, Self) {
        match requests {
            CallRequests::One(message) => (None, Self::One(message)),
            CallRequests::Many(messages) => {
                let (caller, link) = link();
                (Some(caller), Self::Many(messages, link))
            }
        }
    }
}

/// A call whose messages are handed over.
struct LocalExchange<'a> {
    call: Inbound,
    /// The caller's.
    ctx: Context,
    requests: Requests<'a>,
    /// Where the one response goes, until it is there.
    response: Option<&'a mut dyn AnyMessage>,
    responses: Option<Box<dyn Outgoing>>,
    is_answered: bool,
}

impl<'a> LocalExchange<'a> {
    fn new(
        route: &Route<'_>,
        call: &ClientCall<'_>,
        requests: Requests<'a>,
        response: Option<&'a mut dyn AnyMessage>,
    ) -> Self {
        let method = &route.service.info().methods[route.method];
        // Whoever calls from here is known to this process, and needs no credentials.
        let mut extensions = Extensions::new();
        if let Some(principal) = call.ctx.principal() {
            extensions.insert(principal.clone());
        }
        let (headers, timeout, policy) = (call.headers(), call.remaining(), &route.settings.policy);
        let http = Http { system: System::Grpc, version: Version::HTTP_2, route: None, authority: None };
        let inbound = Inbound::new(method, headers, extensions, None, timeout, policy, http);
        let ctx = call.ctx.clone();
        Self { call: inbound, ctx, requests, response, responses: None, is_answered: false }
    }

    /// Runs the handler.
    async fn run(&mut self, route: &Route<'_>) -> Result<(), CallError> {
        let (method, ctx) = (self.call.method(), self.call.context().clone());
        let handling = route.service.call(route.method, Call::new(self));
        dispatch::run(method, &ctx, &route.settings.policy, handling).await
    }

    /// The outcome as the caller gets it.
    fn settle(&self, ctx: &Context, outcome: Result<(), CallError>) -> Result<(), Status> {
        match outcome {
            Ok(()) if self.is_answered => Ok(()),
            Ok(()) => Err(Status::internal("the handler gave no answer")),
            Err(error) => Err(failed(ctx, received(&self.call.refuse(error.status)))),
        }
    }
}

/// An error as it would arrive: without what only the server knows of it.
#[cold]
fn received(status: &Status) -> Status {
    let details = Bytes::copy_from_slice(status.details());
    let metadata = MetadataMap::from_headers(metadata::application(status.metadata()));
    Status::with_details_and_metadata(status.code(), status.message(), details, metadata)
}

/// A message of another crate that does not fit.
#[cold]
fn misfit(error: &ReadError) -> Status {
    Status::internal(format!("a message cannot be handed over: {error}"))
}

#[cold]
fn wrong_kind() -> CallError {
    Status::unimplemented("the method is of another kind").into()
}

impl Exchange for LocalExchange<'_> {
    fn context(&self) -> &Context {
        self.call.context()
    }

    fn poll_request(
        &mut self,
        _: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        let Requests::One(request) = &mut self.requests else { return Poll::Ready(Err(wrong_kind())) };
        let taken = message
            .take_from(*request)
            .map_err(|error| misfit(&error))
            .and_then(|()| self.call.admit(message));
        Poll::Ready(taken.map_err(CallError::from))
    }

    fn requests(&mut self, _: &'static MessageInfo) -> Result<Box<dyn Incoming>, CallError> {
        match std::mem::replace(&mut self.requests, Requests::Taken) {
            Requests::Many(messages, link) => Ok(Box::new(LocalRequests {
                messages: Some(messages),
                link,
                ctx: self.ctx.clone(),
                arrived: self.call.context().clone(),
                admission: self.call.admission(),
                next: None,
            })),
            Requests::One(_) | Requests::Taken => Err(wrong_kind()),
        }
    }

    fn respond(&mut self, message: &mut dyn AnyMessage) -> Result<Responded, CallError> {
        self.call.release(message)?;
        let response = self.response.take().ok_or_else(wrong_kind)?;
        response.take_from(message).map_err(|error| misfit(&error))?;
        self.is_answered = true;
        Ok(Responded::There)
    }

    fn respond_all(&mut self, _: &'static MessageInfo, messages: Box<dyn Outgoing>) {
        // Of a caller that waits for one message nobody takes them.
        self.is_answered = self.response.is_none();
        self.responses = Some(messages);
    }
}

/// The requests of a caller that streams.
struct LocalRequests {
    /// `None` after the last.
    messages: Option<Box<dyn Outgoing>>,
    link: RequestLink,
    /// The caller's.
    ctx: Context,
    /// The handler's.
    arrived: Context,
    admission: Admission,
    /// The message that waits to be read.
    next: Option<Box<dyn AnyMessage>>,
}

impl LocalRequests {
    #[cold]
    fn break_off(&mut self, reason: &str) -> Status {
        self.messages = None;
        self.arrived.cancellation().cancel();
        Status::cancelled(reason)
    }
}

impl Incoming for LocalRequests {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        if self.messages.is_some() && self.link.is_abandoned(task) {
            return Poll::Ready(Some(Err(self.break_off("the caller gave the call up"))));
        }
        let Self { messages: Some(messages), ctx, next, .. } = self else { return Poll::Ready(None) };
        let polled = messages.poll_next(task, ctx, &mut |message| {
            *next = Some(message.take());
            Ok(())
        });
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(()))) => Poll::Ready(Some(Ok(()))),
            Poll::Ready(Some(Err(error))) => {
                self.link.fail(error.status);
                Poll::Ready(Some(Err(self.break_off("the request stream failed"))))
            }
            Poll::Ready(None) => {
                self.messages = None;
                Poll::Ready(None)
            }
        }
    }

    fn poll_read(&mut self, _: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        let mut next = self.next.take().expect("it was ready");
        let taken = message.take_from(&mut *next).map_err(|error| misfit(&error));
        Poll::Ready(taken.and_then(|()| self.admission.admit(message)))
    }
}

/// The responses of a server that streams. Their drop gives the call up.
struct LocalResponses {
    /// `None` once the call is over.
    responses: Option<Responses>,
    /// The caller's.
    ctx: Context,
    limits: Limits,
    /// The message that waits to be read.
    next: Option<Box<dyn AnyMessage>>,
    polls: u8,
}

impl LocalResponses {
    #[cold]
    fn fail(&mut self, status: Status) -> Status {
        let status = self.limits.explain(status);
        self.close();
        status
    }

    fn close(&mut self) {
        self.responses = None;
        self.limits = Limits::none();
    }
}

impl Incoming for LocalResponses {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        let Self { responses: Some(responses), next, .. } = self else { return Poll::Ready(None) };
        self.polls = self.polls.wrapping_add(1);
        if self.polls == 0 {
            // Responses that are always there must outrun nobody.
            task.waker().wake_by_ref();
            return self.limits.poll(task).map(|status| Some(Err(self.fail(status))));
        }
        let polled = responses.poll_next(task, |message| {
            *next = Some(message.take());
            Ok(())
        });
        match polled {
            Poll::Ready(Some(Ok(()))) => Poll::Ready(Some(Ok(()))),
            Poll::Ready(Some(Err(error))) => {
                let status = failed(&self.ctx, received(&error.status));
                Poll::Ready(Some(Err(self.fail(status))))
            }
            Poll::Ready(None) => {
                let answered = responses.context();
                if answered.has_answer() {
                    store_trailers(&self.ctx, answered.answer_trailers().as_ref());
                }
                let failed = self.limits.take_error().map(Err);
                self.close();
                Poll::Ready(failed)
            }
            Poll::Pending => self.limits.poll(task).map(|status| Some(Err(self.fail(status)))),
        }
    }

    fn poll_read(&mut self, _: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        let mut next = self.next.take().expect("it was ready");
        Poll::Ready(message.take_from(&mut *next).map_err(|error| self.fail(misfit(&error))))
    }
}
