//! Who compresses what. A channel of rsvc compresses all requests or none: cases that mix calls take two channels.

use anyhow::Context as _;
use peers::api::{BoolValue, ResponseParameters, SimpleRequest, StreamingOutputCallRequest, TestService};
use rsvc::{Code, Context, Status};

use crate::Protocol;
use crate::cases::{NotApplicable, fails, same};
use crate::peer::{Peer, Requests};
use crate::tap::Tap;
use crate::unary::{LARGE_RESPONSE, check_payload, large_request};

/// What the messages of a stream are asked to be: of this size, and compressed or not.
const RESPONSES: [(i32, bool); 2] = [(31_415, true), (92_653, false)];

pub(crate) async fn client_unary(peer: Peer) -> anyhow::Result<()> {
    let says = |compressed| SimpleRequest {
        expect_compressed: Some(BoolValue { value: compressed }),
        ..large_request()
    };
    let plain = peer.service().await?;
    let probe = plain.unary_call(Context::new(), says(true)).await;
    if probe.is_ok() {
        // What the probe is for.
        return Err(NotApplicable::new("the server does not look whether requests are compressed").into());
    }
    fails(probe, Code::InvalidArgument).context("the probe")?;
    let compressing = peer.service_sending(Requests::Compressed).await?;
    for (service, compressed) in [(compressing, true), (plain, false)] {
        let response = service.unary_call(Context::new(), says(compressed)).await?;
        check_payload(response.payload, LARGE_RESPONSE)?;
    }
    Ok(())
}

pub(crate) async fn server_unary(peer: Peer) -> anyhow::Result<()> {
    let tap = tap(&peer).await?;
    let service = peer.at(tap.url()).service().await?;
    for compressed in [true, false] {
        let request =
            SimpleRequest { response_compressed: Some(BoolValue { value: compressed }), ..large_request() };
        let response = chosen(service.unary_call(Context::new(), request).await)?;
        check_payload(response.payload, LARGE_RESPONSE)?;
    }
    same("the flags of the responses", &tap.flags(), &vec![true, false])
}

pub(crate) async fn server_streaming(peer: Peer) -> anyhow::Result<()> {
    let tap = tap(&peer).await?;
    let service = peer.at(tap.url()).service().await?;
    let wanted = RESPONSES.map(|(size, compressed)| ResponseParameters {
        size,
        compressed: Some(BoolValue { value: compressed }),
        ..ResponseParameters::default()
    });
    let request = StreamingOutputCallRequest {
        response_parameters: wanted.into(),
        ..StreamingOutputCallRequest::default()
    };
    let mut responses = chosen(service.streaming_output_call(Context::new(), request).await)?;
    for (size, _) in RESPONSES {
        let response = chosen(responses.message().await)?.context("too few responses")?;
        check_payload(response.payload, size)?;
    }
    same("the end of the stream", &responses.message().await?, &None)?;
    same("the flags of the responses", &tap.flags(), &RESPONSES.map(|(_, compressed)| compressed).into())
}

/// A tap where it can read what the server sends.
async fn tap(peer: &Peer) -> anyhow::Result<Tap> {
    if peer.args().protocol != Protocol::Grpc {
        return Err(NotApplicable::new("flags of responses are looked for in gRPC alone").into());
    }
    Ok(Tap::open(peer.authority()?).await?)
}

/// A server that cannot choose says so by its status.
fn chosen<T>(answer: Result<T, Status>) -> anyhow::Result<T> {
    match answer {
        Err(status) if status.code() == Code::Unimplemented => {
            Err(NotApplicable::new(format!("the server: {}", status.message())).into())
        }
        answer => Ok(answer?),
    }
}
