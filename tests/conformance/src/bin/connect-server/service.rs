//! The service of the suite: it answers what its requests define, and tells what it saw of them.

use std::time::Duration;

use conformance::connect::conformance_payload::RequestInfo;
use conformance::connect::unary_response_definition::Response;
use conformance::connect::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse, ConformancePayload,
    ConformanceService, Error, Header, IdempotentUnaryRequest, IdempotentUnaryResponse, Named,
    ServerStreamRequest, ServerStreamResponse, UnaryRequest, UnaryResponse, UnaryResponseDefinition,
    UnimplementedRequest, UnimplementedResponse, convert,
};
use prost_types::Any;
use rsvc::{Context, RequestStream, ResponseStream, Status};
use tokio::time::sleep;

use crate::query::Query;
use crate::streams;

pub(crate) struct Conformance;

impl ConformanceService for Conformance {
    async fn unary(&self, ctx: Context, request: UnaryRequest) -> Result<UnaryResponse, Status> {
        let requests = vec![request.to_any()];
        let payload = answer(&ctx, request.response_definition, requests).await?;
        Ok(UnaryResponse { payload: Some(payload) })
    }

    async fn idempotent_unary(
        &self,
        ctx: Context,
        request: IdempotentUnaryRequest,
    ) -> Result<IdempotentUnaryResponse, Status> {
        let requests = vec![request.to_any()];
        let payload = answer(&ctx, request.response_definition, requests).await?;
        Ok(IdempotentUnaryResponse { payload: Some(payload) })
    }

    async fn client_stream(
        &self,
        ctx: Context,
        mut requests: RequestStream<ClientStreamRequest>,
    ) -> Result<ClientStreamResponse, Status> {
        let mut seen = Vec::new();
        let mut definition = None;
        while let Some(request) = requests.message().await? {
            let any = request.to_any();
            if seen.is_empty() {
                definition = request.response_definition;
            }
            seen.push(any);
        }
        let payload = answer(&ctx, definition, seen).await?;
        Ok(ClientStreamResponse { payload: Some(payload) })
    }

    async fn server_stream(
        &self,
        ctx: Context,
        request: ServerStreamRequest,
    ) -> Result<ResponseStream<ServerStreamResponse>, Status> {
        let payloads = streams::one_request(ctx, request)?;
        Ok(streams::responses(payloads, |payload| ServerStreamResponse { payload: Some(payload) }))
    }

    async fn bidi_stream(
        &self,
        ctx: Context,
        requests: RequestStream<BidiStreamRequest>,
    ) -> Result<ResponseStream<BidiStreamResponse>, Status> {
        let payloads = streams::many_requests(ctx, requests).await?;
        Ok(streams::responses(payloads, |payload| BidiStreamResponse { payload: Some(payload) }))
    }

    async fn unimplemented(
        &self,
        _: Context,
        _: UnimplementedRequest,
    ) -> Result<UnimplementedResponse, Status> {
        Err(Status::unimplemented("this method is meant to stay unimplemented"))
    }
}

/// The one answer of a call.
async fn answer(
    ctx: &Context,
    definition: Option<UnaryResponseDefinition>,
    requests: Vec<Any>,
) -> Result<ConformancePayload, Status> {
    let info = request_info(ctx, requests);
    let Some(definition) = definition else {
        return Ok(ConformancePayload { request_info: Some(info), ..ConformancePayload::default() });
    };
    set_metadata(ctx, &definition.response_headers, &definition.response_trailers)?;
    delay(definition.response_delay_ms).await;
    match definition.response {
        Some(Response::Error(error)) => Err(failure(error, Some(&info))),
        Some(Response::ResponseData(data)) => Ok(ConformancePayload { data, request_info: Some(info) }),
        None => Ok(ConformancePayload { request_info: Some(info), ..ConformancePayload::default() }),
    }
}

/// All that the server saw of a call.
pub(crate) fn request_info(ctx: &Context, requests: Vec<Any>) -> RequestInfo {
    RequestInfo {
        request_headers: convert::headers(ctx.metadata().as_ref()),
        timeout_ms: ctx.remaining().map(|left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
        requests,
        connect_get_info: ctx.extension::<Query>().map(Query::info),
    }
}

/// The error that a definition asks for, with what the server saw as its last detail.
pub(crate) fn failure(mut error: Error, info: Option<&RequestInfo>) -> Status {
    error.details.extend(info.map(Named::to_any));
    convert::status(&error)
}

pub(crate) fn set_metadata(ctx: &Context, headers: &[Header], trailers: &[Header]) -> Result<(), Status> {
    for header in headers {
        for value in &header.value {
            ctx.append_header(&header.name, value)?;
        }
    }
    for trailer in trailers {
        for value in &trailer.value {
            ctx.append_trailer(&trailer.name, value)?;
        }
    }
    Ok(())
}

pub(crate) async fn delay(milliseconds: u32) {
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds.into())).await;
    }
}
