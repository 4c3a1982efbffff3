//! Calls with one request and one response.

use std::time::SystemTime;

use anyhow::{Context as _, ensure};
use peers::api::{
    Empty, Payload, ResponseParameters, SimpleRequest, SimpleResponse, StreamingOutputCallRequest,
    TestService, TestServiceClient,
};
use peers::{ECHO_INITIAL, ECHO_TRAILING, zeros};
use rsvc::Context;

use crate::Protocol;
use crate::cases::{NotApplicable, same};
use crate::peer::Peer;

pub(crate) const LARGE_REQUEST: usize = 271_828;
pub(crate) const LARGE_RESPONSE: i32 = 314_159;

/// Values of the description.
const INITIAL: &str = "test_initial_metadata_value";
const TRAILING: &[u8] = &[0xab, 0xab, 0xab];

/// The request of most cases.
pub(crate) fn large_request() -> SimpleRequest {
    SimpleRequest {
        response_size: LARGE_RESPONSE,
        payload: Some(zeros(LARGE_REQUEST)),
        ..SimpleRequest::default()
    }
}

/// Whether a payload is the one that was asked for: of this size, and of zeros.
pub(crate) fn check_payload(payload: Option<Payload>, size: i32) -> anyhow::Result<()> {
    let body = payload.context("no payload")?.body;
    same("the size of the payload", &body.len(), &usize::try_from(size)?)?;
    ensure!(body.iter().all(|byte| *byte == 0), "the payload is not of zeros");
    Ok(())
}

pub(crate) async fn empty(peer: Peer) -> anyhow::Result<()> {
    same("the response", &peer.service().await?.empty_call(Context::new(), Empty {}).await?, &Empty {})
}

pub(crate) async fn large(peer: Peer) -> anyhow::Result<()> {
    large_call(&peer.service().await?).await
}

async fn large_call(service: &TestServiceClient) -> anyhow::Result<()> {
    let response = service.unary_call(Context::new(), large_request()).await?;
    check_payload(response.payload, LARGE_RESPONSE)
}

pub(crate) async fn cacheable(peer: Peer) -> anyhow::Result<()> {
    if peer.args().protocol != Protocol::Connect {
        return Err(NotApplicable::new("gRPC calls with POST alone, which no cache answers").into());
    }
    let Some(cache) = peer.args().cache.clone() else {
        return Err(NotApplicable::new("it needs a cache in front of the server, which --cache tells").into());
    };
    let service = peer.at(cache).service_with_get().await?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos().to_string();
    let request = SimpleRequest {
        payload: Some(Payload { body: now.into(), ..Payload::default() }),
        ..SimpleRequest::default()
    };
    let mut responses: [SimpleResponse; 2] = Default::default();
    for response in &mut responses {
        let ctx = Context::new().with_metadata("x-user-ip", "1.2.3.4")?;
        *response = service.cacheable_unary_call(ctx, request.clone()).await?;
    }
    let [first, second] = responses;
    ensure!(first.payload.as_ref().is_some_and(|payload| !payload.body.is_empty()), "there is no payload");
    same("the second response", &second, &first)
}

pub(crate) async fn custom_metadata(peer: Peer) -> anyhow::Result<()> {
    let service = peer.service().await?;
    let ctx = echoed()?;
    let response = service.unary_call(ctx.clone(), large_request()).await?;
    check_payload(response.payload, LARGE_RESPONSE)?;
    check_echo(&ctx).context("UnaryCall")?;

    let ctx = echoed()?;
    let request = StreamingOutputCallRequest {
        response_parameters: vec![ResponseParameters {
            size: LARGE_RESPONSE,
            ..ResponseParameters::default()
        }],
        payload: Some(zeros(LARGE_REQUEST)),
        ..StreamingOutputCallRequest::default()
    };
    let responses = peer.outputs(ctx.clone(), request).await??;
    same("the number of responses", &responses.len(), &1)?;
    for response in responses {
        check_payload(response.payload, LARGE_RESPONSE)?;
    }
    check_echo(&ctx).context("the stream")
}

fn echoed() -> anyhow::Result<Context> {
    Ok(Context::new().with_metadata(ECHO_INITIAL, INITIAL)?.with_metadata(ECHO_TRAILING, TRAILING)?)
}

fn check_echo(ctx: &Context) -> anyhow::Result<()> {
    let headers = ctx.response_headers();
    same("the header", &headers.get(ECHO_INITIAL).and_then(|value| value.to_str().ok()), &Some(INITIAL))?;
    let trailers = ctx.response_trailers();
    let trailer = trailers.get_bin(ECHO_TRAILING).context("no trailer")?.to_bytes()?;
    same("the trailer", &&*trailer, &TRAILING)
}

pub(crate) async fn rpc_soak(peer: Peer) -> anyhow::Result<()> {
    let service = peer.service().await?;
    for call in 0..peer.args().soak_iterations {
        large_call(&service).await.with_context(|| format!("call {call}"))?;
    }
    Ok(())
}

pub(crate) async fn channel_soak(peer: Peer) -> anyhow::Result<()> {
    for call in 0..peer.args().soak_iterations {
        large_call(&peer.service().await?).await.with_context(|| format!("call {call}"))?;
    }
    Ok(())
}
