//! From a request that has led to a binding to its response.

#[cfg(feature = "websocket")]
use std::pin::Pin;
use std::sync::Arc;

use http::{Method, Response};

#[cfg(feature = "compression")]
use super::compress;
use super::error;
use super::exchange::{Answer, RestCall, RestExchange};
use super::method::RestMethod;
use super::options::RestSettings;
use super::respond;
#[cfg(feature = "websocket")]
use super::websocket;
use crate::Context;
#[cfg(feature = "websocket")]
use crate::MethodKind;
use crate::call::{Body, Call, Exchange as _, dispatch};
use crate::protocol::service::AnyService;

/// A request that is about to be answered.
///
/// It is all that the future of a unary call has besides its handler, so that it is neither boxed nor moved more often than
/// it has to.
#[allow(clippy::large_enum_variant, reason = "nearly all are of the largest")]
pub(crate) enum Begun {
    Call {
        service: Arc<dyn AnyService>,
        exchange: RestExchange,
        is_head: bool,
    },
    #[cfg(feature = "websocket")]
    WebSocket(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
    /// There is no call to make.
    Answered(Response<Body>),
}

impl Begun {
    /// A call of this service.
    #[inline]
    pub(crate) fn new(service: &Arc<dyn AnyService>, call: RestCall) -> Self {
        let service = Arc::clone(service);
        #[cfg(feature = "websocket")]
        if call.info.kind != MethodKind::Unary && websocket::is_wanted(&call.parts) {
            return Self::WebSocket(Box::pin(websocket::serve(service, call)));
        }
        let is_head = call.parts.method == Method::HEAD;
        match RestExchange::new(call) {
            Ok(exchange) => Self::Call { service, exchange, is_head },
            Err(response) => Self::Answered(response),
        }
    }

    /// Makes the call.
    #[inline]
    #[allow(
        clippy::manual_async_fn,
        reason = "an `async fn` would have room for the call twice: as it came and as it is"
    )]
    pub(crate) fn answer(mut self) -> impl Future<Output = Response<Body>> + Send {
        async move {
            let (service, exchange, is_head) = match &mut self {
                Self::Call { service, exchange, is_head } => (service, exchange, *is_head),
                #[cfg(feature = "websocket")]
                Self::WebSocket(answer) => return answer.await,
                Self::Answered(response) => return std::mem::take(response),
            };
            let info = exchange.info();
            let ctx = exchange.context().clone();
            let RestMethod { binding, settings } = exchange.method().clone();
            let handling = service.call(binding.method.into(), Call::new(exchange));
            let handled = dispatch::run(info, &ctx, &settings.policy, handling).await;
            let answered = match handled.map(|()| exchange.take_answer()) {
                Ok(Answer::Single(content)) => Ok(content.into_response(&ctx, &settings.options)),
                Ok(Answer::Stream(table, messages)) => {
                    let Self::Call { exchange, .. } = self else { unreachable!("it was one before") };
                    Box::pin(exchange.stream(table, messages)).await
                }
                Err(error) => Err(error),
            };
            let mut response =
                answered.unwrap_or_else(|error| error::respond_within(&error, &ctx, &settings));
            finish(&mut response, &ctx, &settings, is_head);
            response
        }
    }
}

/// Makes of a response what the client can take.
fn finish(response: &mut Response<Body>, ctx: &Context, settings: &RestSettings, is_head: bool) {
    #[cfg(feature = "compression")]
    compress::response(settings.options.compression, ctx.metadata().as_ref(), response);
    #[cfg(not(feature = "compression"))]
    let _ = (ctx, settings);
    if is_head {
        respond::without_body(response);
    }
}
