//! From a request that has led to a binding to its response.

use std::sync::Arc;

use http::request::Parts;
use http::{Method, Response, StatusCode, Version};

#[cfg(feature = "compression")]
use super::compress;
use super::exchange::{RestAnswer, RestCall, RestExchange};
use super::method::RestMethod;
use super::options::RestSettings;
use super::respond::Content;
#[cfg(feature = "websocket")]
use super::websocket;
use super::{error, headers, respond};
use crate::Context;
#[cfg(feature = "websocket")]
use crate::MethodKind;
use crate::call::{Body, Call, CallError, Exchange as _, dispatch};
use crate::error::http_status;
use crate::precondition;
use crate::protocol::caching::Caching;
#[cfg(feature = "websocket")]
use crate::protocol::service::take_parts;
use crate::protocol::service::{Answering, AnyService, answered};
use crate::sight::Refusal;

/// Answers a call of this service. What can be done at once is done here: the future is the smaller for it, and small ones
/// are allocated and moved faster.
#[inline]
pub(crate) fn answer(
    service: &Arc<dyn AnyService>,
    parts: &mut Parts,
    body: Body,
    call: RestCall,
) -> Answering {
    #[cfg(feature = "websocket")]
    if call.info.kind != MethodKind::Unary && websocket::is_wanted(parts) {
        return Box::pin(websocket::serve(Arc::clone(service), take_parts(parts), body, call));
    }
    let Parts { headers, method, uri, .. } = &mut *parts;
    let options = &call.method.settings.options;
    let received = match headers::receive(headers, method, uri, options) {
        Ok(received) => received,
        Err(error) => {
            tell_refused(parts, &call, &error);
            let options = &call.method.settings.options;
            return answered(error::respond(&error, &parts.headers, Some(call.info), options));
        }
    };
    // Of what did not come over a connection it is not known.
    if !received.has_host && call.peer.is_some() && parts.version == Version::HTTP_11 {
        let error = headers::no_host();
        tell_refused(parts, &call, &error);
        return answered(error::respond(&error, &parts.headers, Some(call.info), options));
    }
    let is_head = parts.method == Method::HEAD;
    let exchange = RestExchange::new(parts, body, call, &received);
    Box::pin(run(Arc::clone(service), exchange, received.encoded, is_head))
}

/// Tells of a call that is refused before it is one.
#[cold]
fn tell_refused(parts: &Parts, call: &RestCall, error: &CallError) {
    let RestCall { info, method, peer, .. } = call;
    let http = method.http(&parts.method, parts.version, &parts.uri);
    let peer = peer.as_ref().and_then(|peer| peer.addr);
    let refusal = Refusal { method: Some(*info), http, headers: &parts.headers, peer };
    method.settings.policy.sight.refused(&refusal, error.status.code(), error.http_status());
}

/// Runs the handler of a call.
#[allow(
    clippy::manual_async_fn,
    reason = "an `async fn` would have room for the call twice: as it came and as it is"
)]
#[inline]
fn run(
    service: Arc<dyn AnyService>,
    mut exchange: RestExchange,
    encoded: bool,
    is_head: bool,
) -> impl Future<Output = Response<Body>> + Send {
    #[cfg(not(feature = "compression"))]
    let _ = encoded;
    async move {
        #[cfg(feature = "compression")]
        if encoded && let Err(error) = exchange.decompress() {
            let refusal = error::respond_within(&error, exchange.context(), &exchange.method().settings);
            return compress::refuse(refusal);
        }
        let info = exchange.info();
        let RestMethod { binding, settings } = exchange.method().clone();
        let ended = {
            let ctx = exchange.context().clone();
            let handling = service.call(binding.method.into(), Call::new(&mut exchange));
            dispatch::run(info, &ctx, &settings.policy, handling).await
        };
        match ended.map(|()| exchange.take_answer()) {
            Ok(RestAnswer::Single(content)) => {
                if exchange.is_final(&content) {
                    return final_response(&mut exchange, content, is_head);
                }
                let mut response = exchange.content(content, false);
                if let Some(caching) = exchange.take_caching() {
                    return cacheable(caching, response, exchange.context(), &settings, is_head);
                }
                finish(&mut response, exchange.context(), &settings, is_head);
                response
            }
            Ok(RestAnswer::Stream(table, messages)) => {
                let ctx = exchange.context().clone();
                let mut response = match Box::pin(exchange.stream(table, messages)).await {
                    Ok(response) => response,
                    Err(error) => error::respond_within(&error, &ctx, &settings),
                };
                finish(&mut response, &ctx, &settings, is_head);
                response
            }
            Err(error) => {
                let caching = exchange.take_caching();
                let mut response = refuse(error, caching.as_deref(), exchange.context(), &settings);
                finish(&mut response, exchange.context(), &settings, is_head);
                response
            }
        }
    }
}

/// The response with a content that nobody changes any more. Not inlined: so it is made where it goes.
#[inline(never)]
fn final_response(exchange: &mut RestExchange, content: Content, is_head: bool) -> Response<Body> {
    let mut response = exchange.content(content, true);
    complete(&mut response, exchange.context(), is_head);
    response
}

/// The response of a call that failed.
#[cold]
fn refuse(
    mut error: CallError,
    caching: Option<&Caching>,
    ctx: &Context,
    settings: &RestSettings,
) -> Response<Body> {
    let is_usual = error.http == http_status(error.status.code());
    if is_usual && precondition::is_failed(ctx, &error.status) {
        error.http = StatusCode::PRECONDITION_FAILED.as_u16();
    }
    let mut response = error::respond_within(&error, ctx, settings);
    if let Some(caching) = caching {
        caching.refuse(response.headers_mut(), &error.status);
    }
    response
}

/// A response as caches get it. It is nothing if the client has it.
#[inline(never)]
fn cacheable(
    mut caching: Box<Caching>,
    mut response: Response<Body>,
    ctx: &Context,
    settings: &RestSettings,
    is_head: bool,
) -> Response<Body> {
    caching.describe(response.headers_mut(), ctx, &settings.policy);
    finish(&mut response, ctx, settings, is_head);
    match caching.conclude(&mut response) {
        Ok(()) => {
            if let Some(seen) = ctx.seen() {
                seen.http_status(response.status());
            }
            response
        }
        Err(error) => {
            let mut response = refuse(error, Some(&caching), ctx, settings);
            finish(&mut response, ctx, settings, is_head);
            response
        }
    }
}

/// Makes of a response what the client can take.
fn finish(response: &mut Response<Body>, ctx: &Context, settings: &RestSettings, is_head: bool) {
    #[cfg(feature = "compression")]
    compress::response(settings.options.compression, ctx.metadata().as_ref(), response);
    #[cfg(not(feature = "compression"))]
    let _ = settings;
    complete(response, ctx, is_head);
}

/// [`finish`] without compression.
#[inline]
fn complete(response: &mut Response<Body>, ctx: &Context, is_head: bool) {
    if is_head {
        respond::without_body(response);
    }
    response.body_mut().set_deadline(ctx.instant());
    if let Some(seen) = ctx.seen() {
        seen.http_status(response.status());
    }
}
