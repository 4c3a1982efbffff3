//! What generated clients call, one function per kind of method. Only these few lines are made for each method.

use futures_util::future::Either;

use super::channel::Channel;
use crate::bridge::Status;
use crate::call::Outgoing;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::protocol::client::{ClientCall, Dialect, bare, one};
use crate::protocol::connect::client::ConnectStream;
use crate::protocol::connect::unary as connect;
use crate::protocol::grpc::client::{Grpc, GrpcWeb};
use crate::protocol::wire::Protocol;
use crate::{Context, RequestStream, ResponseStream};

/// Calls a method with one request and one response.
pub async fn unary<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    request: Req,
) -> Result<Res, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    let mut response = Res::default();
    let call = start_unary(channel, info, ctx, &request, &mut response);
    drop(request);
    call?.await?;
    Ok(response)
}

/// Calls a method with many requests and one response.
pub async fn client_streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<Res, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    let mut response = Res::default();
    let call = ClientCall::new(&channel.endpoint, info, ctx);
    call.client_streaming(dialect(channel), outgoing(requests), &mut response).await?;
    Ok(response)
}

/// Calls a method with one request and many responses.
pub async fn server_streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    request: Req,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    let encoded = one(&channel.endpoint.settings, &request);
    drop(request);
    let call = ClientCall::new(&channel.endpoint, info, ctx);
    Ok(ResponseStream::arriving(call.server_streaming(dialect(channel), encoded?).await?))
}

/// Calls a method with many requests and many responses.
pub async fn bidi_streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    let call = ClientCall::new(&channel.endpoint, info, ctx);
    Ok(ResponseStream::arriving(call.bidi_streaming(dialect(channel), outgoing(requests)).await?))
}

fn outgoing<T: AnyMessage>(requests: RequestStream<T>) -> Box<dyn Outgoing> {
    Box::new(requests)
}

/// Encodes the request; the call waits for the response.
fn start_unary<'a>(
    channel: &'a Channel,
    info: &'static MethodInfo,
    ctx: Context,
    request: &dyn AnyMessage,
    response: &'a mut dyn AnyMessage,
) -> Result<impl Future<Output = Result<(), Status>> + Send + use<'a>, Status> {
    let settings = &channel.endpoint.settings;
    let call = ClientCall::new(&channel.endpoint, info, ctx);
    Ok(if channel.protocol == Protocol::Connect {
        Either::Left(connect::call(call, bare(settings, request)?, response))
    } else {
        Either::Right(call.unary(dialect(channel), one(settings, request)?, response))
    })
}

/// How the channel's protocol has messages in envelopes.
fn dialect(channel: &Channel) -> &'static dyn Dialect {
    match channel.protocol {
        Protocol::Grpc => &Grpc,
        Protocol::GrpcWeb => &GrpcWeb,
        Protocol::Connect => &ConnectStream,
    }
}
