//! Calls with streams.

use std::pin::pin;

use anyhow::Result;
use conformance::connect::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ConformancePayload, ConformanceService as _,
    ServerStreamRequest, ServerStreamResponse, StreamType,
};
use rsvc::{RequestStream, ResponseStream, Sender, Status};

use crate::call::{Call, Received};
use crate::cancel::{Cancel, cancelled};

/// How many requests may wait to be sent.
const WAITING: usize = 1;

/// One request, many responses.
pub(crate) async fn server(call: &Call, received: &mut Received) -> Result<Result<(), Status>> {
    let request: ServerStreamRequest = call.one_message().await?;
    Ok(match call.client.server_stream(call.ctx.clone(), request).await {
        Ok(mut responses) => read_all(call, &mut responses, &mut received.payloads).await,
        Err(status) => Err(status),
    })
}

/// Many requests, one response.
pub(crate) async fn client(call: &Call, received: &mut Received) -> Result<Result<(), Status>> {
    let messages: Vec<ClientStreamRequest> = call.messages()?;
    let (sender, requests) = RequestStream::channel(WAITING);
    let response = call.client.client_stream(call.ctx.clone(), requests);
    Ok(beside(feed(call, sender, messages, &mut received.unsent), response).await.map(|response| {
        received.payloads.push(response.payload.unwrap_or_default());
    }))
}

/// Many requests, many responses: one after the other, or all requests first.
pub(crate) async fn bidi(call: &Call, received: &mut Received) -> Result<Result<(), Status>> {
    let messages: Vec<BidiStreamRequest> = call.messages()?;
    let (sender, requests) = RequestStream::channel(WAITING);
    // Large, and part of everything around it.
    let responses = Box::pin(call.client.bidi_stream(call.ctx.clone(), requests));
    if call.request.stream_type() == StreamType::FullDuplexBidiStream {
        return Ok(in_turns(call, sender, messages, responses, received).await);
    }
    let Received { payloads, unsent } = received;
    // A server may begin to answer before it has all requests.
    let reading = async { read_all(call, &mut responses.await?, payloads).await };
    Ok(beside(feed(call, sender, messages, unsent), reading).await)
}

/// Sends the requests and ends their stream, or does not end it where the call is to be given up then.
async fn feed<T>(call: &Call, sender: Sender<T>, messages: Vec<T>, unsent: &mut usize) -> Result<(), Status> {
    *unsent = messages.len();
    for message in messages {
        call.delay().await;
        if sender.send(message).await.is_err() {
            // The call is over; how, its other half says.
            return Ok(());
        }
        *unsent -= 1;
    }
    if call.cancel == Cancel::BeforeCloseSend {
        return Err(cancelled());
    }
    drop(sender);
    call.sent.note();
    Ok(())
}

/// Feeds a call until it has its response. An error of the feeding ends the call.
async fn beside<T>(
    feeding: impl Future<Output = Result<(), Status>>,
    response: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    let (mut feeding, mut response) = (pin!(feeding), pin!(response));
    tokio::select! {
        response = &mut response => return response,
        fed = &mut feeding => fed?,
    }
    response.await
}

/// Sends a request, waits for its response, sends the next one.
async fn in_turns(
    call: &Call,
    sender: Sender<BidiStreamRequest>,
    messages: Vec<BidiStreamRequest>,
    start: impl Future<Output = Result<ResponseStream<BidiStreamResponse>, Status>>,
    received: &mut Received,
) -> Result<(), Status> {
    let mut start = pin!(start);
    let mut started = None;
    received.unsent = messages.len();
    for message in messages {
        call.delay().await;
        if sender.send(message).await.is_err() {
            break;
        }
        received.unsent -= 1;
        let responses = match &mut started {
            Some(responses) => responses,
            None => started.insert(start.as_mut().await?),
        };
        if !read_one(call, responses, &mut received.payloads).await? {
            break;
        }
    }
    if call.cancel == Cancel::BeforeCloseSend {
        return Err(cancelled());
    }
    drop(sender);
    call.sent.note();
    let mut responses = match started {
        Some(responses) => responses,
        None => start.await?,
    };
    read_all(call, &mut responses, &mut received.payloads).await
}

async fn read_all<T: Response>(
    call: &Call,
    responses: &mut ResponseStream<T>,
    payloads: &mut Vec<ConformancePayload>,
) -> Result<(), Status> {
    while read_one(call, responses, payloads).await? {}
    Ok(())
}

/// Reads a response; false at the end. The call is given up after as many as it is to have.
async fn read_one<T: Response>(
    call: &Call,
    responses: &mut ResponseStream<T>,
    payloads: &mut Vec<ConformancePayload>,
) -> Result<bool, Status> {
    let Some(response) = responses.message().await? else { return Ok(false) };
    payloads.push(response.payload());
    if call.cancel == Cancel::AfterResponses(payloads.len()) {
        return Err(cancelled());
    }
    Ok(true)
}

/// A response of a stream.
trait Response: Send + 'static {
    fn payload(self) -> ConformancePayload;
}

impl Response for ServerStreamResponse {
    fn payload(self) -> ConformancePayload {
        self.payload.unwrap_or_default()
    }
}

impl Response for BidiStreamResponse {
    fn payload(self) -> ConformancePayload {
        self.payload.unwrap_or_default()
    }
}
