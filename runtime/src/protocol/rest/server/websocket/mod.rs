//! Streams over WebSocket: a message is a frame, and either side speaks when it wants.

mod decoder;
mod exchange;
mod frames;
mod handshake;
mod session;
mod wire;

use std::sync::Arc;

use http::Response;
use http::request::Parts;
use tokio::sync::{mpsc, oneshot};

use self::exchange::{Frames, SocketExchange};
use self::handshake::Handshake;
pub(crate) use self::handshake::is_wanted;
use self::session::Socket;
use super::exchange::RestCall;
use super::method::RestMethod;
use super::{error, headers};
use crate::call::dispatch::{self, Inbound};
use crate::call::session::Sessions;
use crate::call::{Body, Call};
use crate::protocol::service::AnyService;

/// Answers a call over WebSocket. The handler starts as soon as it is clear that it may; what fails before the WebSocket
/// is open is an HTTP response.
pub(crate) async fn serve(
    service: Arc<dyn AnyService>,
    mut parts: Parts,
    _body: Body,
    call: RestCall,
) -> Response<Body> {
    let RestCall { info, method, segments, peer } = call;
    let RestMethod { binding, settings } = method.clone();
    let handshake = match Handshake::of(&mut parts, &settings.options) {
        Ok(handshake) => handshake,
        Err(error) => {
            let refusal = error::respond(&error, &parts.headers, Some(info), &settings.options);
            return handshake::refuse(refusal);
        }
    };
    let Parts { method: verb, uri, mut headers, extensions, version, .. } = parts;
    let received = match headers::receive(&mut headers, &verb, &uri, &settings.options) {
        Ok(received) => received,
        Err(error) => return error::respond(&error, &headers, Some(info), &settings.options),
    };
    let http = method.http(&verb, version, &uri);
    let call = Inbound::new(info, headers, extensions, peer, received.timeout, &settings.policy, http);
    let ctx = call.context().clone();

    // One frame waits for the handler; the next one waits in the network.
    let (to_handler, received) = mpsc::channel(1);
    let (begun, mut has_begun) = oneshot::channel();
    let frames = Frames::Waiting { received, begun };
    let protobuf = handshake.protobuf;
    let mut exchange =
        SocketExchange { call, method, uri, segments, protobuf, frames, written: None, answer: None };
    let mut running = {
        let (ctx, settings) = (ctx.clone(), Arc::clone(&settings));
        Box::pin(async move {
            let handling = service.call(binding.method.into(), Call::new(&mut exchange));
            let outcome = dispatch::run(info, &ctx, &settings.policy, handling).await;
            if let (Some(seen), Err(error)) = (ctx.seen(), &outcome) {
                seen.refused_with(error.http_status());
            }
            outcome.map(|()| exchange.into_frames())
        })
    };
    let early = tokio::select! {
        biased;
        Ok(()) = &mut has_begun => None,
        done = &mut running => match done {
            Ok(answer) => Some(answer),
            Err(error) => return error::respond_within(&error, &ctx, &settings),
        },
    };
    let response = handshake.response();
    if let Some(seen) = ctx.seen() {
        seen.http_status(response.status());
    }
    let socket = Socket { settings, ctx };
    let Handshake { upgrade, sessions, .. } = handshake;
    Sessions::spawn(sessions, async move {
        let answer = async move {
            match early {
                Some(answer) => Ok(answer),
                None => running.await.map_err(|error| error.status),
            }
        };
        match upgrade.await {
            Ok(upgraded) => socket.run(upgraded, to_handler, answer).await,
            Err(error) => tracing::debug!(%error, "a WebSocket did not open"),
        }
    });
    response
}

/// A frame on its way to the handler.
type ToHandler = mpsc::Sender<frames::Frame>;
