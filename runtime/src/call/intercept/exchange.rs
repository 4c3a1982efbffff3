//! Interceptors around the handler of a server.

use std::any::TypeId;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use futures_util::TryFutureExt as _;
use futures_util::future::BoxFuture;

use super::streams::{WatchedIncoming, WatchedOutgoing};
use super::{Answer, Chain, Own, Reply, Shared, Waiting, Work};
use crate::Context;
use crate::bridge::Status;
use crate::call::CallError;
use crate::call::dispatch::{Ended, within};
use crate::call::exchange::{Exchange, Handling, HandlingError, Outgoing, Responded};
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::stream::Incoming;

/// The exchange of a call whose messages are shown to interceptors.
pub(crate) struct InterceptedExchange<'a> {
    inner: &'a mut dyn Exchange,
    shared: Arc<Shared>,
}

impl<'a> InterceptedExchange<'a> {
    pub(crate) fn new(inner: &'a mut dyn Exchange) -> Self {
        let shared = Arc::new(Shared::new(inner.context()));
        Self { inner, shared }
    }

    /// The same, whose messages are counted, where anybody wants to know.
    pub(crate) fn counting(inner: &'a mut dyn Exchange) -> Self {
        let ctx = inner.context();
        let shared = Arc::new(Shared::new(ctx).seen_by(ctx.seen().cloned()));
        Self { inner, shared }
    }
}

/// Answers a call of a method through interceptors; `handle` makes the handler.
pub(crate) async fn answer<'a>(
    chain: &Chain,
    method: &'static MethodInfo,
    exchange: &mut InterceptedExchange<'a>,
    handle: impl for<'b> FnOnce(&'b mut InterceptedExchange<'a>) -> Handling<'b>,
) -> Result<(), HandlingError> {
    let (ctx, shared) = (exchange.inner.context().clone(), Arc::clone(&exchange.shared));
    let waiting = Waiting::for_end(&shared);
    let reply = {
        let mut work = HandlerWork { method, shared: &shared, handling: handle(exchange) };
        chain.run(method, ctx, &shared, &mut work).await
    };
    let streams = method.kind.server_streams();
    let outcome = match reply {
        Ok(reply) => exchange.give(reply, streams).await,
        Err(status) => Err(status),
    };
    match &outcome {
        Ok(()) if streams => {}
        Ok(()) => shared.end(&Status::ok("")),
        Err(status) => shared.end(status),
    }
    waiting.end();
    Ok(outcome.map_err(CallError::from)?)
}

impl InterceptedExchange<'_> {
    /// Answers what an interceptor answers by itself.
    async fn give(&mut self, reply: Reply, streams: bool) -> Result<(), Status> {
        let Answer::Own(own) = reply.into_answer() else { return Ok(()) };
        match own.check(self.shared.response(), streams)? {
            Own::One(mut message) if !streams => {
                let responded = self.respond(&mut *message).map_err(CallError::into_status)?;
                if responded == Responded::Aside {
                    let waited = std::future::poll_fn(|task| self.poll_responded(task)).await;
                    waited.map_err(CallError::into_status)?;
                }
            }
            own => {
                let (table, messages) = own.into_stream();
                self.respond_all(table, messages);
            }
        }
        Ok(())
    }
}

/// A handler behind its interceptors.
struct HandlerWork<'a> {
    method: &'static MethodInfo,
    shared: &'a Shared,
    handling: Handling<'a>,
}

impl Work for HandlerWork<'_> {
    fn work(&mut self, ctx: Context) -> BoxFuture<'_, Result<(), Status>> {
        let Self { method, shared, handling } = self;
        shared.leave(ctx);
        let ctx = shared.ctx().expect("it was left there");
        // Interceptors learn of a deadline and of a panic as of any other error.
        Box::pin(within(method, ctx, handling.as_mut()).map_err(|ended| match ended {
            Ended::Failed(error) => error.0.into_status(),
            Ended::Cut(status) => status,
        }))
    }
}

impl Exchange for InterceptedExchange<'_> {
    fn context(&self) -> &Context {
        self.shared.ctx().unwrap_or_else(|| self.inner.context())
    }

    fn poll_request(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        ready!(self.inner.poll_request(task, message))?;
        Poll::Ready(self.shared.request(message).map_err(CallError::from))
    }

    fn requests(&mut self, table: &'static MessageInfo) -> Result<Box<dyn Incoming>, CallError> {
        let requests = self.inner.requests(table)?;
        Ok(Box::new(WatchedIncoming::requests(requests, Arc::clone(&self.shared))))
    }

    fn respond(&mut self, message: &mut dyn AnyMessage) -> Result<Responded, CallError> {
        self.shared.respond(message)?;
        self.inner.respond(message)
    }

    fn poll_responded(&mut self, task: &mut Task<'_>) -> Poll<Result<(), CallError>> {
        self.inner.poll_responded(task)
    }

    fn respond_all(&mut self, table: &'static MessageInfo, messages: Box<dyn Outgoing>) {
        self.inner
            .respond_all(table, Box::new(WatchedOutgoing::responses(messages, Arc::clone(&self.shared))));
    }

    fn responds_with(&mut self, response: TypeId) {
        self.shared.responds_with(response);
        self.inner.responds_with(response);
    }
}
