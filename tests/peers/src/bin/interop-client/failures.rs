//! Calls that end otherwise than with their messages.

use std::time::Duration;

use anyhow::Context as _;
use peers::api::{
    EchoStatus, Empty, SimpleRequest, StreamingInputCallRequest, StreamingOutputCallRequest, TestService,
    UnimplementedService, UnimplementedServiceClient,
};
use peers::zeros;
use rsvc::{Code, Context, RequestStream, Status};

use crate::cases::{fails, same};
use crate::peer::Peer;
use crate::streams::{REQUESTS, RESPONSES, exchange};
use crate::unary::check_payload;

pub(crate) async fn status_code_and_message(peer: Peer) -> anyhow::Result<()> {
    let message = "test status message";
    echo_status(&peer, message).await?;
    let request = StreamingOutputCallRequest {
        response_status: Some(EchoStatus { code: Code::Unknown.into(), message: message.to_owned() }),
        ..StreamingOutputCallRequest::default()
    };
    let answer = peer.outputs(Context::new(), request).await?;
    let status = fails(answer, Code::Unknown).context("the stream")?;
    same("the message of the stream", &status.message(), &message)
}

pub(crate) async fn special_status_message(peer: Peer) -> anyhow::Result<()> {
    echo_status(&peer, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n").await
}

/// A unary call that is to be answered with this message.
async fn echo_status(peer: &Peer, message: &str) -> anyhow::Result<()> {
    let request = SimpleRequest {
        response_status: Some(EchoStatus { code: Code::Unknown.into(), message: message.to_owned() }),
        ..SimpleRequest::default()
    };
    let status = fails(peer.service().await?.unary_call(Context::new(), request).await, Code::Unknown)?;
    same("the message", &status.message(), &message)
}

pub(crate) async fn unimplemented_method(peer: Peer) -> anyhow::Result<()> {
    let answer = peer.service().await?.unimplemented_call(Context::new(), Empty {}).await;
    fails(answer, Code::Unimplemented).map(drop)
}

pub(crate) async fn unimplemented_service(peer: Peer) -> anyhow::Result<()> {
    let service = UnimplementedServiceClient::new(peer.channel().await?);
    fails(service.unimplemented_call(Context::new(), Empty {}).await, Code::Unimplemented).map(drop)
}

/// How a caller cancels a call whose requests it sends.
fn given_up() -> Status {
    Status::cancelled("given up")
}

pub(crate) async fn cancel_after_begin(peer: Peer) -> anyhow::Result<()> {
    let service = peer.service().await?;
    let (sender, requests) = RequestStream::<StreamingInputCallRequest>::channel(1);
    let cancel = async {
        // Time for the head of the request to leave.
        tokio::time::sleep(Duration::from_millis(50)).await;
        sender.fail(given_up()).await
    };
    let (answer, cancelled) = tokio::join!(service.streaming_input_call(Context::new(), requests), cancel);
    cancelled?;
    fails(answer, Code::Cancelled).map(drop)
}

pub(crate) async fn cancel_after_response(peer: Peer) -> anyhow::Result<()> {
    peer.need_duplex()?;
    let (sender, requests) = RequestStream::channel(1);
    sender.send(exchange(REQUESTS[0], RESPONSES[0])).await?;
    let mut responses = peer.service().await?.full_duplex_call(Context::new(), requests).await?;
    let response = responses.message().await?.context("no response")?;
    check_payload(response.payload, RESPONSES[0])?;
    sender.fail(given_up()).await?;
    fails(responses.message().await, Code::Cancelled).map(drop)
}

pub(crate) async fn timeout(peer: Peer) -> anyhow::Result<()> {
    peer.need_duplex()?;
    let service = peer.service().await?;
    let (sender, requests) = RequestStream::channel(1);
    let request = StreamingOutputCallRequest {
        payload: Some(zeros(REQUESTS[0])),
        ..StreamingOutputCallRequest::default()
    };
    sender.send(request).await?;
    let ctx = Context::new().with_timeout(Duration::from_millis(1));
    let answer = match service.full_duplex_call(ctx, requests).await {
        Ok(mut responses) => responses.message().await,
        Err(status) => Err(status),
    };
    fails(answer, Code::DeadlineExceeded).map(drop)
}
