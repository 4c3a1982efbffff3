//! Streams over WebSocket: a message is a frame, and either side speaks when it wants.

mod frames;
mod handshake;
mod session;

use std::sync::Arc;

use http::request::Parts;
use tokio::sync::{mpsc, oneshot};
use tonic::body::Body;

use crate::call::dispatch;
use crate::call::dispatch::{Answer, Inbound};
use crate::error::MethodError;
use crate::method::MethodInfo;
use crate::protocol::rest::headers;
use crate::protocol::rest::server::call::{Call, Reply, RestFuture, Upload};
use crate::protocol::rest::server::error;
use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::request::Source;
use crate::protocol::rest::server::stream::writing::Writing;
use crate::protocol::rest::server::websocket::frames::Frame;
pub(crate) use crate::protocol::rest::server::websocket::frames::Frames;
use crate::protocol::rest::server::websocket::handshake::Handshake;
pub(crate) use crate::protocol::rest::server::websocket::handshake::is_wanted;
use crate::protocol::rest::server::websocket::session::Session;
use crate::server::session::spawn;
use crate::transcode::binding::Fields;
use crate::{Context, ResponseStream};

/// Whose pages may open a WebSocket.
#[derive(Clone, Debug)]
pub(crate) enum Origins {
    /// Those of the server itself, and of these.
    Own(Vec<String>),
    Any,
}

impl Default for Origins {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

/// Whether a call came by a request for a WebSocket.
pub(crate) fn is_call(call: &Call) -> bool {
    let Parts { method, version, headers, extensions, .. } = &call.parts;
    is_wanted(method, *version, headers, extensions)
}

/// Answers a call over WebSocket. The handler starts as soon as it is clear that it may; what fails before the WebSocket
/// is open is an HTTP response.
pub(crate) fn serve<Req, Res, E, F, Fut>(
    info: &'static MethodInfo,
    call: Call,
    fields: Fields<Req, Res>,
    handler: F,
) -> RestFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, Frames<Req, Res>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<ResponseStream<Res, E>, Failure>> + Send,
{
    Box::pin(async move {
        let Call { mut parts, binding, segments, settings, connection, .. } = call;
        let handshake = match Handshake::of(&mut parts, &settings.options) {
            Ok(handshake) => handshake,
            Err(failure) => return Ok(handshake::refuse(error::respond(&failure, &parts.headers))),
        };
        let Parts { uri, mut headers, extensions, .. } = parts;
        let seen = match headers::receive(&mut headers, &settings.options) {
            Ok(seen) => seen,
            Err(failure) => return Ok(error::respond(&failure, &headers)),
        };
        let call = Inbound::new(info, headers, extensions, connection, seen.timeout, &settings.policy);
        let ctx = call.context().clone();
        let refuse = |failure: Failure| Ok(error::respond_within(&failure, &ctx, &settings));

        let reply = Reply { binding, settings: Arc::clone(&settings), accept: seen.accept };
        let upload = Upload { uri, segments, body: Body::empty(), reply: reply.clone() };
        let source = match Source::new(Req::info(), &upload, ctx.metadata().as_ref()) {
            Ok(source) => source,
            Err(failure) => return refuse(failure),
        };
        // One frame waits for the handler; the next one waits in the network.
        let (frames, received) = mpsc::channel(1);
        let requests = Frames::new(received, source, fields);
        let (allowed, mut begun) = oneshot::channel();
        let mut running = {
            let (ctx, settings) = (ctx.clone(), Arc::clone(&settings));
            Box::pin(async move {
                let work = async {
                    let _ = allowed.send(());
                    handler(ctx.clone(), requests).await
                };
                dispatch::run(info, &ctx, &settings.policy, work).await
            })
        };
        let early = tokio::select! {
            biased;
            Ok(()) = &mut begun => None,
            done = &mut running => match done {
                Ok(messages) => Some(messages),
                Err(failure) => return refuse(failure),
            },
        };
        let response = handshake.response();
        let writing = Writing::for_frames(handshake.protobuf, reply, fields);
        let session = Session { options: settings.options.clone(), writing };
        let way = handshake.way;
        let upgrade = handshake.upgrade;
        spawn(way, async move {
            let answer = async move {
                let messages = match early {
                    Some(messages) => Ok(messages),
                    None => running.await,
                };
                messages.map(|messages| Answer::new(call, messages)).map_err(|failure| failure.status)
            };
            match upgrade.await {
                Ok(upgraded) => session.run(upgraded, frames, answer).await,
                Err(error) => tracing::debug!(%error, "a WebSocket did not open"),
            }
        });
        Ok(response)
    })
}

/// A frame on its way to the handler.
type ToHandler = mpsc::Sender<Frame>;
