//! What goes around calls: [`Interceptor`], the same on a server and on a client.
//!
//! [`Chain::run`] leads a call through the interceptors to its [`Work`]: the handler, or the sending. What they ask for
//! of its messages is kept in [`Shared`], by which the streams of a call are watched.

#[cfg(feature = "server")]
mod exchange;
mod hooks;
mod message;
mod reply;
mod streams;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::Context;
use crate::bridge::Status;
use crate::method::MethodInfo;

#[cfg(feature = "server")]
pub(crate) use exchange::{InterceptedExchange, answer};
pub(crate) use hooks::{Shared, Waiting};
pub use message::Message;
pub use reply::Reply;
pub(crate) use reply::{Answer, Own};
#[cfg(feature = "client")]
pub(crate) use streams::WatchedIncoming;
pub(crate) use streams::WatchedOutgoing;

/// Goes around calls, on a server as on a client: it sees the method, the context, each message and how the call ends.
///
/// What stands before [`Next::run`] happens before the handler, or before the call is sent; what stands after it happens
/// when there is an answer. Without it there is no call: the interceptor answers itself.
///
/// On a server an interceptor runs once the caller is known and allowed, before the request is read. So it sees
/// [`Context::principal`], and what it answers itself goes only to those who may call. A request that breaks a rule, a
/// deadline that passes and a handler that panics are errors of [`Next::run`].
///
/// ```
/// use rsvc::Status;
/// use rsvc::interceptor::{Call, Interceptor, Next, Reply};
///
/// /// Says how long a call took.
/// struct Timing;
///
/// impl Interceptor for Timing {
///     async fn intercept(&self, call: Call, next: Next<'_>) -> Result<Reply, Status> {
///         let started = std::time::Instant::now();
///         let (method, ctx) = (call.method(), call.context().clone());
///         let answered = next.run(call).await;
///         ctx.set_trailer("x-took", format!("{:?}", started.elapsed()))?;
///         println!("{}: {:?}", method.path, answered.as_ref().err());
///         answered
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Leads a call on with [`Next::run`], or answers it.
    fn intercept(&self, call: Call, next: Next<'_>) -> impl Future<Output = Result<Reply, Status>> + Send;
}

impl<I: Interceptor> Interceptor for Arc<I> {
    fn intercept(&self, call: Call, next: Next<'_>) -> impl Future<Output = Result<Reply, Status>> + Send {
        I::intercept(self, call, next)
    }
}

/// [`Interceptor`] without its type.
trait AnyInterceptor: Send + Sync {
    fn intercept<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Status>>;
}

impl<I: Interceptor> AnyInterceptor for I {
    fn intercept<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Status>> {
        Box::pin(Interceptor::intercept(self, call, next))
    }
}

/// Interceptors, the outermost first.
#[derive(Clone, Default)]
pub(crate) struct Chain(Vec<Arc<dyn AnyInterceptor>>);

impl Chain {
    pub(crate) fn add(&mut self, interceptor: impl Interceptor) {
        self.0.push(Arc::new(interceptor));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Leads a call through the interceptors to its work.
    pub(crate) async fn run(
        &self,
        method: &'static MethodInfo,
        ctx: Context,
        shared: &Arc<Shared>,
        work: &mut dyn Work,
    ) -> Result<Reply, Status> {
        let call = Call { method, ctx, shared: Arc::clone(shared) };
        Next { rest: &self.0, work }.run(call).await
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Chain").field(&self.0.len()).finish()
    }
}

/// What stands behind all interceptors.
pub(crate) trait Work: Send {
    /// Does it, with the context that the interceptors have left.
    fn work(&mut self, ctx: Context) -> BoxFuture<'_, Result<(), Status>>;
}

/// A call on its way through the interceptors.
pub struct Call {
    method: &'static MethodInfo,
    ctx: Context,
    shared: Arc<Shared>,
}

impl Call {
    /// The method that is called.
    pub fn method(&self) -> &'static MethodInfo {
        self.method
    }

    /// What is known of the call besides its messages. Response metadata is set through it, before the call and after.
    pub fn context(&self) -> &Context {
        &self.ctx
    }

    /// Replaces the context that goes on: one with other request metadata or a shorter deadline, made of
    /// [the one before](Self::context).
    ///
    /// On a server the deadline of the call stays what it was, but calls that the handler makes have the new one.
    pub fn set_context(&mut self, ctx: Context) {
        self.ctx = ctx;
    }

    /// Shows each request message on its way to the handler or to the server, where it can be changed. An error ends the
    /// call. On a server the rules of a message have been tested then, and are not tested again.
    ///
    /// The hooks of outer interceptors come first.
    pub fn on_request(&mut self, hook: impl FnMut(&mut Message<'_>) -> Result<(), Status> + Send + 'static) {
        self.shared.add_request_hook(Box::new(hook));
    }

    /// Shows each response message on its way to the caller, where it can be changed. An error ends the call.
    ///
    /// The hooks of inner interceptors come first.
    pub fn on_response(&mut self, hook: impl FnMut(&mut Message<'_>) -> Result<(), Status> + Send + 'static) {
        self.shared.add_response_hook(Box::new(hook));
    }

    /// Tells how the call ended, that of a stream after its last message: once, in any case. A caller that has left is
    /// `CANCELLED`.
    ///
    /// The hooks of inner interceptors come first.
    pub fn on_end(&mut self, hook: impl FnOnce(&Status) + Send + 'static) {
        self.shared.add_end_hook(Box::new(hook));
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method.path)
            .field("context", &self.ctx)
            .finish_non_exhaustive()
    }
}

/// What a call goes on to: the next interceptor, and behind the last one the handler or the server.
pub struct Next<'a> {
    rest: &'a [Arc<dyn AnyInterceptor>],
    work: &'a mut dyn Work,
}

impl Next<'_> {
    /// Goes on, and waits for the answer: of a call whose server streams, for the beginning of it.
    pub async fn run(self, call: Call) -> Result<Reply, Status> {
        match self.rest.split_first() {
            Some((next, rest)) => next.intercept(call, Next { rest, work: self.work }).await,
            None => self.work.work(call.ctx).await.map(|()| Reply(Answer::Handled)),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("interceptors", &self.rest.len()).finish_non_exhaustive()
    }
}
