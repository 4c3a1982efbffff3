//! An exchange of messages, as a protocol offers it to a handler.

use std::any::TypeId;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use futures_util::stream::StreamExt as _;

use super::error::CallError;
use crate::access::denied;
use crate::bridge::Status;
use crate::error::MethodError;
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::stream::Incoming;
use crate::{Context, RequestStream, ResponseStream};

/// A call as its protocol has it. It is asked by the handler of the call, through [`Call`].
///
/// Messages pass without their type, so that what a protocol does is compiled once.
pub(crate) trait Exchange: Send {
    /// What is known of the call besides its messages.
    fn context(&self) -> &Context;

    /// Reads the one request of a call whose client does not stream into `message`, which is empty, and tests its rules.
    fn poll_request(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>>;

    /// The requests of a call whose client streams, of the type that `table` describes. Each is tested when it is read.
    fn requests(&mut self, table: &'static MessageInfo) -> Result<Box<dyn Incoming>, CallError>;

    /// Takes the one response of a call whose server does not stream. It may take it out of `message`.
    fn respond(&mut self, message: &mut dyn AnyMessage) -> Result<Responded, CallError>;

    /// Waits for the response, if it is [written on another thread](Responded::Aside).
    ///
    /// # Panics
    /// If it is not.
    fn poll_responded(&mut self, _: &mut Task<'_>) -> Poll<Result<(), CallError>> {
        unreachable!("this exchange writes its responses at once")
    }

    /// Takes the responses of a call whose server streams, of the type that `table` describes.
    fn respond_all(&mut self, table: &'static MessageInfo, messages: Box<dyn Outgoing>);

    /// Says of which type the responses will be. Only interceptors need to know.
    fn responds_with(&mut self, response: TypeId) {
        let _ = response;
    }
}

/// Whether a response is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it may have to be waited for"]
pub(crate) enum Responded {
    There,
    /// It is large, and written on another thread.
    Aside,
}

/// Messages on their way out, without their type: the responses of a handler, or the requests of a caller.
pub(crate) trait Outgoing: Send {
    /// Hands the next message to `take`. `None` is the end.
    fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        ctx: &Context,
        take: &mut dyn FnMut(&mut dyn AnyMessage) -> Result<(), Status>,
    ) -> Poll<Option<Result<(), CallError>>>;
}

impl<T: AnyMessage, E: MethodError> Outgoing for ResponseStream<T, E> {
    fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        ctx: &Context,
        take: &mut dyn FnMut(&mut dyn AnyMessage) -> Result<(), Status>,
    ) -> Poll<Option<Result<(), CallError>>> {
        Poll::Ready(match ready!(self.poll_next_unpin(task)) {
            Some(Ok(mut message)) => Some(take(&mut message).map_err(CallError::from)),
            Some(Err(error)) => Some(Err(CallError::of(ctx, error))),
            None => None,
        })
    }
}

impl<T: AnyMessage> Outgoing for RequestStream<T> {
    fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        _: &Context,
        take: &mut dyn FnMut(&mut dyn AnyMessage) -> Result<(), Status>,
    ) -> Poll<Option<Result<(), CallError>>> {
        Poll::Ready(match ready!(self.poll_next_unpin(task)) {
            Some(Ok(mut message)) => Some(take(&mut message).map_err(CallError::from)),
            Some(Err(status)) => Some(Err(status.into())),
            None => None,
        })
    }
}

/// A call on its way to the handler of its method: what a generated service is given.
///
/// One of its methods is called, by the kind of the rpc.
pub struct Call<'a> {
    exchange: &'a mut dyn Exchange,
}

/// A handler at work. Its answer goes to the protocol of the call.
pub type Handling<'a> = Pin<Box<dyn Future<Output = Result<(), HandlingError>> + Send + 'a>>;

/// How a handler failed; for the runtime alone.
#[derive(Debug)]
pub struct HandlingError(pub(crate) CallError);

impl From<CallError> for HandlingError {
    fn from(error: CallError) -> Self {
        Self(error)
    }
}

impl<'a> Call<'a> {
    pub(crate) fn new(exchange: &'a mut dyn Exchange) -> Self {
        Self { exchange }
    }

    pub(crate) fn exchange(self) -> &'a mut dyn Exchange {
        self.exchange
    }

    /// The exchange of a method with such responses.
    #[inline]
    fn of<Res: 'static>(self) -> &'a mut dyn Exchange {
        self.exchange.responds_with(TypeId::of::<Res>());
        self.exchange
    }

    /// One request, one response.
    pub fn unary<Req, Res, E, F, Fut>(self, handler: F) -> Handling<'a>
    where
        Req: AnyMessage + Default,
        Res: AnyMessage,
        E: MethodError,
        F: FnOnce(Context, Req) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Res, E>> + Send,
    {
        let exchange = self.of::<Res>();
        Box::pin(async move {
            let mut request = Req::default();
            std::future::poll_fn(|task| exchange.poll_request(task, &mut request)).await?;
            let ctx = exchange.context().clone();
            // The message is gone before anybody waits: what waits has no room for it.
            let responded = match handler(ctx, request).await {
                Ok(mut response) => exchange.respond(&mut response)?,
                Err(error) => return Err(CallError::of(exchange.context(), error).into()),
            };
            if responded == Responded::Aside {
                std::future::poll_fn(|task| exchange.poll_responded(task)).await?;
            }
            Ok(())
        })
    }

    /// Many requests, one response.
    pub fn client_streaming<Req, Res, E, F, Fut>(self, handler: F) -> Handling<'a>
    where
        Req: AnyMessage + Default,
        Res: AnyMessage,
        E: MethodError,
        F: FnOnce(Context, RequestStream<Req>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Res, E>> + Send,
    {
        let exchange = self.of::<Res>();
        Box::pin(async move {
            let requests = requests(&mut *exchange).await?;
            let ctx = exchange.context().clone();
            let responded = match handler(ctx, requests).await {
                Ok(mut response) => exchange.respond(&mut response)?,
                Err(error) => return Err(CallError::of(exchange.context(), error).into()),
            };
            if responded == Responded::Aside {
                std::future::poll_fn(|task| exchange.poll_responded(task)).await?;
            }
            Ok(())
        })
    }

    /// One request, many responses.
    pub fn server_streaming<Req, Res, E, F, Fut>(self, handler: F) -> Handling<'a>
    where
        Req: AnyMessage + Default,
        Res: AnyMessage,
        E: MethodError,
        F: FnOnce(Context, Req) -> Fut + Send + 'a,
        Fut: Future<Output = Result<ResponseStream<Res, E>, E>> + Send,
    {
        let exchange = self.of::<Res>();
        Box::pin(async move {
            let mut request = Req::default();
            std::future::poll_fn(|task| exchange.poll_request(task, &mut request)).await?;
            let ctx = exchange.context().clone();
            let answer = handler(ctx, request).await;
            respond_all(exchange, answer)
        })
    }

    /// Many requests, many responses.
    pub fn bidi_streaming<Req, Res, E, F, Fut>(self, handler: F) -> Handling<'a>
    where
        Req: AnyMessage + Default,
        Res: AnyMessage,
        E: MethodError,
        F: FnOnce(Context, RequestStream<Req>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<ResponseStream<Res, E>, E>> + Send,
    {
        let exchange = self.of::<Res>();
        Box::pin(async move {
            let requests = requests(&mut *exchange).await?;
            let ctx = exchange.context().clone();
            let answer = handler(ctx, requests).await;
            respond_all(exchange, answer)
        })
    }

    /// A method that the service does not have: only a mistake of the runtime leads here.
    pub fn unknown(self) -> Handling<'a> {
        Box::pin(std::future::ready(Err(
            CallError::from(Status::unimplemented("there is no such method")).into()
        )))
    }
}

/// The requests of a stream. If the method has a condition, the first one is there: it decides whether the handler is
/// called at all, and a stream without one cannot be allowed.
async fn requests<Req: AnyMessage + Default>(
    exchange: &mut dyn Exchange,
) -> Result<RequestStream<Req>, CallError> {
    let mut requests = RequestStream::arriving(exchange.requests(Req::info())?);
    match exchange.context().method() {
        Some(method) if method.has_condition() => match requests.message().await? {
            Some(first) => Ok(requests.after(first)),
            None => Err(denied(method).into()),
        },
        _ => Ok(requests),
    }
}

fn respond_all<Res: AnyMessage, E: MethodError>(
    exchange: &mut dyn Exchange,
    answer: Result<ResponseStream<Res, E>, E>,
) -> Result<(), HandlingError> {
    match answer {
        Ok(messages) => {
            exchange.respond_all(Res::info(), Box::new(messages));
            Ok(())
        }
        Err(error) => Err(CallError::of(exchange.context(), error).into()),
    }
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("context", self.exchange.context()).finish_non_exhaustive()
    }
}
