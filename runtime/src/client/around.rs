//! Calls that interceptors go around, whatever their channel.
//!
//! They take a way of their own, so that the others pay nothing.

use std::any::TypeId;
use std::mem::take;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::bridge::Status;
use crate::call::Outgoing;
use crate::call::intercept::{Answer, Own, Shared, Waiting, WatchedIncoming, WatchedOutgoing, Work};
use crate::message::AnyMessage;
use crate::method::MethodInfo;
pub(super) use crate::protocol::client::CallRequests as Requests;
use crate::protocol::client::{Around, Endpoint};
use crate::sight::{Seen, Server, System};
use crate::stream::Incoming;
use crate::{Context, ResponseStream};

/// Sends calls of one method, without their types.
pub(super) trait Transmit: Sync {
    fn method(&self) -> &'static MethodInfo;

    /// What the calls speak.
    fn system(&self) -> System;

    fn endpoint(&self) -> &Endpoint;

    /// Waits for the one response, and reads it into one that is empty. `seen` is told what only the transport knows.
    fn one<'a>(
        &'a self,
        ctx: Context,
        requests: Requests<'a>,
        response: &'a mut dyn AnyMessage,
        seen: Option<&'a Arc<Seen>>,
    ) -> BoxFuture<'a, Result<(), Status>>;

    /// Waits for the beginning of the responses.
    fn many<'a>(
        &'a self,
        ctx: Context,
        requests: Requests<'a>,
        seen: Option<&'a Arc<Seen>>,
    ) -> BoxFuture<'a, Result<Box<dyn Incoming>, Status>>;
}

/// Makes a call with one response.
pub(super) async fn one<Res, E>(
    around: &Around,
    transmit: &dyn Transmit,
    ctx: Context,
    requests: Requests<'_>,
) -> Result<Res, E>
where
    Res: AnyMessage + Default,
    E: From<Status>,
{
    let mut response = Res::default();
    let own = call_one(around, transmit, ctx, requests, &mut response).await?;
    Ok(match own {
        None => response,
        Some(mut own) => take(own.as_any_mut().downcast_mut().expect("the type was tested")),
    })
}

/// Makes a call with many responses.
pub(super) async fn many<Res, E>(
    around: &Around,
    transmit: &dyn Transmit,
    ctx: Context,
    requests: Requests<'_>,
) -> Result<ResponseStream<Res, E>, E>
where
    Res: AnyMessage + Default,
    E: From<Status>,
{
    Ok(ResponseStream::arriving(call_many(around, transmit, ctx, requests, TypeId::of::<Res>()).await?))
}

/// Fills `response`, or brings what an interceptor answers in its place.
async fn call_one(
    around: &Around,
    transmit: &dyn Transmit,
    ctx: Context,
    requests: Requests<'_>,
    response: &mut dyn AnyMessage,
) -> Result<Option<Box<dyn AnyMessage>>, Status> {
    if around.is_nothing() {
        transmit.one(ctx, requests, response, None).await?;
        return Ok(None);
    }
    let (ctx, shared) = begin(around, transmit, ctx);
    let waiting = Waiting::for_end(&shared);
    let of = (*response).as_any().type_id();
    let mut sending =
        Sending { transmit, shared: &shared, requests: Some(requests), receiver: Receiver::One(response) };
    let reply = around.interceptors.run(transmit.method(), ctx, &shared, &mut sending).await;
    let outcome = reply.and_then(|reply| match reply.into_answer() {
        Answer::Handled => Ok(None),
        Answer::Own(own) => match own.check(Some(of), false)? {
            Own::One(mut message) => {
                shared.respond(&mut *message)?;
                Ok(Some(message))
            }
            Own::Many(..) => unreachable!("it is one message, as was tested"),
        },
    });
    match &outcome {
        Ok(_) => shared.end(&Status::ok("")),
        Err(status) => shared.end(status),
    }
    waiting.end();
    outcome
}

async fn call_many(
    around: &Around,
    transmit: &dyn Transmit,
    ctx: Context,
    requests: Requests<'_>,
    response: TypeId,
) -> Result<Box<dyn Incoming>, Status> {
    if around.is_nothing() {
        return transmit.many(ctx, requests, None).await;
    }
    let (ctx, shared) = begin(around, transmit, ctx);
    let waiting = Waiting::for_end(&shared);
    let mut arriving = None;
    let mut sending = Sending {
        transmit,
        shared: &shared,
        requests: Some(requests),
        receiver: Receiver::Many(&mut arriving),
    };
    let reply = around.interceptors.run(transmit.method(), ctx.clone(), &shared, &mut sending).await;
    let outcome = reply.and_then(|reply| {
        let incoming: Box<dyn Incoming> = match reply.into_answer() {
            Answer::Handled => arriving.expect("what was sent well is answered"),
            Answer::Own(own) => {
                let (_, messages) = own.check(Some(response), true)?.into_stream();
                Box::new(OwnResponses { messages, ctx, next: Bytes::new() })
            }
        };
        Ok(Box::new(WatchedIncoming::responses(incoming, Arc::clone(&shared))) as Box<dyn Incoming>)
    });
    if let Err(status) = &outcome {
        shared.end(status);
    }
    waiting.end();
    outcome
}

/// The context that a call begins with, and what is kept of it meanwhile.
fn begin(around: &Around, transmit: &dyn Transmit, ctx: Context) -> (Context, Arc<Shared>) {
    if !around.sight.is_on() {
        let shared = Shared::new(&ctx);
        return (ctx, Arc::new(shared));
    }
    let Endpoint { scheme, authority, .. } = transmit.endpoint();
    let default_port = if *scheme == http::uri::Scheme::HTTPS { 443 } else { 80 };
    let server = Server::named(authority, Some(default_port));
    let seen = Seen::leaving(around.sight, transmit.method(), transmit.system(), server);
    let headers = seen.trace_headers(ctx.metadata().as_ref());
    let ctx = headers.into_iter().fold(ctx, |ctx, (key, value)| {
        ctx.with_metadata(key, value).expect("what was read from headers or made here is text")
    });
    let shared = Shared::new(&ctx).seen_by(Some(Arc::new(seen)));
    (ctx, Arc::new(shared))
}

/// A call behind its interceptors.
struct Sending<'a> {
    transmit: &'a dyn Transmit,
    shared: &'a Arc<Shared>,
    /// Sent once.
    requests: Option<Requests<'a>>,
    receiver: Receiver<'a>,
}

/// Where the responses go.
enum Receiver<'a> {
    One(&'a mut dyn AnyMessage),
    Many(&'a mut Option<Box<dyn Incoming>>),
}

impl Work for Sending<'_> {
    fn work(&mut self, ctx: Context) -> BoxFuture<'_, Result<(), Status>> {
        Box::pin(async move {
            let requests = match self.requests.take().expect("a call is sent once") {
                Requests::One(message) => {
                    self.shared.request(message)?;
                    Requests::One(message)
                }
                Requests::Many(messages) => {
                    Requests::Many(Box::new(WatchedOutgoing::requests(messages, Arc::clone(self.shared))))
                }
            };
            match &mut self.receiver {
                Receiver::One(response) => {
                    self.transmit.one(ctx, requests, *response, self.shared.seen()).await?;
                    self.shared.respond(*response)?;
                }
                Receiver::Many(arriving) => {
                    **arriving = Some(self.transmit.many(ctx, requests, self.shared.seen()).await?);
                }
            }
            Ok(())
        })
    }
}

/// Responses that an interceptor has made.
struct OwnResponses {
    messages: Box<dyn Outgoing>,
    ctx: Context,
    /// The message that waits to be read.
    next: Bytes,
}

impl Incoming for OwnResponses {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        let Self { messages, ctx, next } = self;
        let polled = ready!(messages.poll_next(task, ctx, &mut |message| {
            *next = message.to_wire().into();
            Ok(())
        }));
        Poll::Ready(polled.map(|polled| polled.map_err(|error| error.status)))
    }

    fn poll_read(&mut self, _: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        let read = message.merge_wire(take(&mut self.next));
        Poll::Ready(read.map_err(|error| Status::internal(format!("the response cannot be read: {error}"))))
    }
}
