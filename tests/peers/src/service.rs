//! The server's side: what the descriptions ask of a server.

use std::time::{Duration, SystemTime};

use futures_util::future::ready;
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use rsvc::{Code, Context, RequestStream, ResponseStream, Status};

use crate::api::{
    BoolValue, EchoStatus, Empty, Payload, PayloadType, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
    StreamingOutputCallResponse, TestService,
};
use crate::compression::Flags;
use crate::{ECHO_INITIAL, ECHO_TRAILING, zeros};

/// The largest payload that is made for a caller.
const MAX_PAYLOAD: usize = 64 << 20;

/// gRPC's interop test service.
#[derive(Clone, Copy, Debug)]
pub struct Interop;

impl TestService for Interop {
    async fn empty_call(&self, ctx: Context, _: Empty) -> Result<Empty, Status> {
        echo(&ctx)?;
        Ok(Empty {})
    }

    async fn unary_call(&self, ctx: Context, request: SimpleRequest) -> Result<SimpleResponse, Status> {
        echo(&ctx)?;
        check_compression(&ctx, 0, request.expect_compressed.as_ref())?;
        asked_to_fail(request.response_status)?;
        cannot_choose(request.response_compressed.as_ref())?;
        let payload = payload(request.response_type, request.response_size)?;
        Ok(SimpleResponse { payload: Some(payload), ..SimpleResponse::default() })
    }

    async fn cacheable_unary_call(&self, ctx: Context, _: SimpleRequest) -> Result<SimpleResponse, Status> {
        echo(&ctx)?;
        ctx.set_header("cache-control", "max-age=60, public")?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_err(|error| Status::internal(error.to_string()))?.as_nanos().to_string();
        let payload = Payload { r#type: PayloadType::Compressable.into(), body: now.into() };
        Ok(SimpleResponse { payload: Some(payload), ..SimpleResponse::default() })
    }

    async fn streaming_output_call(
        &self,
        ctx: Context,
        request: StreamingOutputCallRequest,
    ) -> Result<ResponseStream<StreamingOutputCallResponse>, Status> {
        echo(&ctx)?;
        Ok(ResponseStream::new(answers(request)))
    }

    async fn streaming_input_call(
        &self,
        ctx: Context,
        mut requests: RequestStream<StreamingInputCallRequest>,
    ) -> Result<StreamingInputCallResponse, Status> {
        echo(&ctx)?;
        let (mut size, mut index) = (0, 0);
        while let Some(request) = requests.message().await? {
            check_compression(&ctx, index, request.expect_compressed.as_ref())?;
            size += request.payload.map_or(0, |payload| payload.body.len());
            index += 1;
        }
        let size = i32::try_from(size).map_err(|_| Status::out_of_range("more than 2 GiB of payloads"))?;
        Ok(StreamingInputCallResponse { aggregated_payload_size: size })
    }

    async fn full_duplex_call(
        &self,
        ctx: Context,
        requests: RequestStream<StreamingOutputCallRequest>,
    ) -> Result<ResponseStream<StreamingOutputCallResponse>, Status> {
        echo(&ctx)?;
        Ok(ResponseStream::new(requests.map_ok(answers).try_flatten()))
    }

    async fn half_duplex_call(
        &self,
        ctx: Context,
        requests: RequestStream<StreamingOutputCallRequest>,
    ) -> Result<ResponseStream<StreamingOutputCallResponse>, Status> {
        echo(&ctx)?;
        let requests: Vec<_> = requests.try_collect().await?;
        Ok(ResponseStream::new(stream::iter(requests).map(answers).flatten()))
    }

    async fn unimplemented_call(&self, _: Context, _: Empty) -> Result<Empty, Status> {
        Err(Status::unimplemented("no server implements it"))
    }
}

/// Sends the metadata back that is to come back.
fn echo(ctx: &Context) -> Result<(), Status> {
    if let Some(value) = ctx.metadata_str(ECHO_INITIAL) {
        ctx.set_header(ECHO_INITIAL, value)?;
    }
    if let Some(value) = ctx.metadata().get_bin(ECHO_TRAILING) {
        let value = value.to_bytes().map_err(|error| Status::invalid_argument(error.to_string()))?;
        ctx.set_trailer(ECHO_TRAILING, value)?;
    }
    Ok(())
}

fn asked_to_fail(status: Option<EchoStatus>) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => Err(Status::new(Code::from_i32(status.code), status.message)),
        _ => Ok(()),
    }
}

/// Holds a request message against what it says of its own compression.
fn check_compression(ctx: &Context, index: usize, expected: Option<&BoolValue>) -> Result<(), Status> {
    let Some(expected) = expected else { return Ok(()) };
    let flags = ctx.extension::<Flags>();
    let Some(found) = flags.and_then(|flags| flags.of(index)) else {
        return Err(Status::internal("the compression of the request is not known"));
    };
    if found == expected.value {
        return Ok(());
    }
    let [expected, found] =
        [expected.value, found].map(|compressed| if compressed { "compressed" } else { "not compressed" });
    Err(Status::invalid_argument(format!("the request is {found}, and says that it is {expected}")))
}

/// A handler of rsvc has no say in the compression of its answers, and no caller is told otherwise.
fn cannot_choose(compressed: Option<&BoolValue>) -> Result<(), Status> {
    match compressed {
        Some(_) => Err(Status::unimplemented("handlers of rsvc do not choose the compression of a message")),
        None => Ok(()),
    }
}

fn payload(kind: i32, size: i32) -> Result<Payload, Status> {
    if PayloadType::try_from(kind).is_err() {
        return Err(Status::invalid_argument(format!("there is no payload type {kind}")));
    }
    match usize::try_from(size) {
        Ok(size) if size <= MAX_PAYLOAD => Ok(zeros(size)),
        Ok(_) => Err(Status::resource_exhausted(format!("payloads have {MAX_PAYLOAD} bytes at most"))),
        Err(_) => Err(Status::invalid_argument(format!("{size} is not a size"))),
    }
}

/// The messages that a request asks for, or the status.
fn answers(
    request: StreamingOutputCallRequest,
) -> impl Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send {
    let StreamingOutputCallRequest { response_type, response_parameters, response_status, .. } = request;
    let failure = asked_to_fail(response_status).err();
    let messages = if failure.is_some() { Vec::new() } else { response_parameters };
    let messages = stream::iter(messages).then(move |wanted| answer(response_type, wanted));
    messages.chain(stream::once(ready(failure)).filter_map(|failure| ready(failure.map(Err))))
}

async fn answer(kind: i32, wanted: ResponseParameters) -> Result<StreamingOutputCallResponse, Status> {
    cannot_choose(wanted.compressed.as_ref())?;
    if let Ok(micros @ 1..) = u64::try_from(wanted.interval_us) {
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
    Ok(StreamingOutputCallResponse { payload: Some(payload(kind, wanted.size)?) })
}
