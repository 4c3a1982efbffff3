//! Calls with many requests or many responses.

use anyhow::Context as _;
use peers::api::{ResponseParameters, StreamingInputCallRequest, StreamingOutputCallRequest, TestService};
use peers::zeros;
use rsvc::{Context, RequestStream};

use crate::cases::same;
use crate::peer::Peer;
use crate::unary::check_payload;

pub(crate) const REQUESTS: [usize; 4] = [27_182, 8, 1_828, 45_904];
pub(crate) const RESPONSES: [i32; 4] = [31_415, 9, 2_653, 58_979];

/// A request of a duplex call: this many bytes, for an answer of that many.
pub(crate) fn exchange(request: usize, response: i32) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: vec![wanted(response)],
        payload: Some(zeros(request)),
        ..StreamingOutputCallRequest::default()
    }
}

fn wanted(size: i32) -> ResponseParameters {
    ResponseParameters { size, ..ResponseParameters::default() }
}

pub(crate) async fn client_streaming(peer: Peer) -> anyhow::Result<()> {
    let requests = REQUESTS.map(|size| StreamingInputCallRequest {
        payload: Some(zeros(size)),
        ..StreamingInputCallRequest::default()
    });
    let service = peer.service().await?;
    let response = service.streaming_input_call(Context::new(), RequestStream::from_iter(requests)).await?;
    same("the sum", &response.aggregated_payload_size, &74_922)
}

pub(crate) async fn server_streaming(peer: Peer) -> anyhow::Result<()> {
    let request = StreamingOutputCallRequest {
        response_parameters: RESPONSES.map(wanted).into(),
        ..StreamingOutputCallRequest::default()
    };
    let mut responses = peer.service().await?.streaming_output_call(Context::new(), request).await?;
    for size in RESPONSES {
        check_payload(responses.message().await?.context("too few responses")?.payload, size)?;
    }
    same("the end of the stream", &responses.message().await?, &None)
}

pub(crate) async fn ping_pong(peer: Peer) -> anyhow::Result<()> {
    peer.need_duplex()?;
    let (sender, requests) = RequestStream::channel(1);
    sender.send(exchange(REQUESTS[0], RESPONSES[0])).await?;
    let mut responses = peer.service().await?.full_duplex_call(Context::new(), requests).await?;
    for index in 0..RESPONSES.len() {
        if index > 0 {
            sender.send(exchange(REQUESTS[index], RESPONSES[index])).await?;
        }
        let response = responses.message().await?.context("too few responses")?;
        check_payload(response.payload, RESPONSES[index])?;
    }
    drop(sender);
    same("the end of the stream", &responses.message().await?, &None)
}

pub(crate) async fn empty(peer: Peer) -> anyhow::Result<()> {
    peer.need_duplex()?;
    let requests = RequestStream::from_iter([]);
    let mut responses = peer.service().await?.full_duplex_call(Context::new(), requests).await?;
    same("the end of the stream", &responses.message().await?, &None)
}
