//! One call, from the request of the suite to the result that it wants to hear of.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use conformance::connect::client_compat_response::Result as Outcome;
use conformance::connect::{
    ClientCompatRequest, ClientCompatResponse, ClientErrorResult, ClientResponseResult, ConformancePayload,
    ConformanceService, ConformanceServiceClient, Header, IdempotentUnaryRequest, Named, UnaryRequest,
    UnimplementedRequest, convert,
};
use rsvc::{Context, Status};
use tokio::time::{sleep, timeout};

use crate::cancel::{Cancel, Sent, cancelled};
use crate::channels::Channels;
use crate::streams;

/// A call that takes longer hangs, which must not be the end of the run.
const LIMIT: Duration = Duration::from_secs(30);

/// A call that is made.
pub(crate) struct Call {
    pub(crate) client: ConformanceServiceClient,
    pub(crate) request: ClientCompatRequest,
    pub(crate) ctx: Context,
    pub(crate) cancel: Cancel,
    pub(crate) sent: Sent,
}

/// What came back so far; a call that is given up leaves it as it was.
#[derive(Default)]
pub(crate) struct Received {
    pub(crate) payloads: Vec<ConformancePayload>,
    pub(crate) unsent: usize,
}

/// Makes a call and tells what became of it.
pub(crate) async fn answer(channels: &Channels, request: ClientCompatRequest) -> ClientCompatResponse {
    let test_name = request.test_name.clone();
    let result = match timeout(LIMIT, call(channels, request)).await {
        Ok(result) => result,
        Err(_) => Err(anyhow!("the call hangs: no end after {LIMIT:?}")),
    };
    let result = match result {
        Ok(response) => Outcome::Response(response),
        Err(error) => Outcome::Error(ClientErrorResult { message: format!("{error:#}") }),
    };
    ClientCompatResponse { test_name, result: Some(result) }
}

async fn call(channels: &Channels, request: ClientCompatRequest) -> Result<ClientResponseResult> {
    let ours = rsvc_service();
    if request.service() != ours {
        bail!("not a service of ours: {:?}", request.service());
    }
    let call = Call {
        client: ConformanceServiceClient::new(channels.find(&request)?),
        ctx: context(&request)?,
        cancel: Cancel::of(&request),
        sent: Sent::new(),
        request,
    };
    let mut received = Received::default();
    let outcome = tokio::select! {
        outcome = call.make(&mut received) => outcome?,
        () = call.sent.long_enough(call.cancel) => Err(cancelled()),
    };
    let mut result = ClientResponseResult {
        response_headers: convert::headers(call.ctx.response_headers().as_ref()),
        response_trailers: convert::headers(call.ctx.response_trailers().as_ref()),
        payloads: received.payloads,
        num_unsent_requests: i32::try_from(received.unsent)?,
        ..ClientResponseResult::default()
    };
    if let Err(status) = outcome {
        result.error =
            Some(convert::error(&status).context("the details of the error are not google.rpc.Status")?);
        if result.response_trailers.is_empty() {
            result.response_trailers = convert::headers(status.metadata().as_ref());
        }
    }
    Ok(result)
}

fn rsvc_service() -> &'static str {
    conformance::connect::CONFORMANCE_SERVICE.name
}

fn context(request: &ClientCompatRequest) -> Result<Context> {
    let mut ctx = Context::new();
    for Header { name, value } in &request.request_headers {
        for value in value {
            ctx = ctx.append_metadata(name, value)?;
        }
    }
    Ok(match request.timeout_ms {
        Some(milliseconds) => ctx.with_timeout(Duration::from_millis(milliseconds.into())),
        None => ctx,
    })
}

impl Call {
    /// Makes the call. The outer error says that it could not be made.
    async fn make(&self, received: &mut Received) -> Result<Result<(), Status>> {
        let (ctx, client) = (self.ctx.clone(), &self.client);
        Ok(match self.request.method() {
            "Unary" => {
                let request: UnaryRequest = self.one_message().await?;
                let response = client.unary(ctx, request).await;
                response.map(|response| received.payloads.push(response.payload.unwrap_or_default()))
            }
            "IdempotentUnary" => {
                let request: IdempotentUnaryRequest = self.one_message().await?;
                let response = client.idempotent_unary(ctx, request).await;
                response.map(|response| received.payloads.push(response.payload.unwrap_or_default()))
            }
            "Unimplemented" => {
                let request: UnimplementedRequest = self.one_message().await?;
                client.unimplemented(ctx, request).await.map(|_| ())
            }
            "ServerStream" => streams::server(self, received).await?,
            "ClientStream" => streams::client(self, received).await?,
            "BidiStream" => streams::bidi(self, received).await?,
            other => bail!("not a method of ours: {other:?}"),
        })
    }

    /// The one request of a call, when it is time to send it.
    pub(crate) async fn one_message<T: Named>(&self) -> Result<T> {
        let messages: Vec<T> = self.messages()?;
        let [message] = <[T; 1]>::try_from(messages)
            .map_err(|messages| anyhow!("{} requests for a method that has one", messages.len()))?;
        self.delay().await;
        self.sent.note();
        Ok(message)
    }

    /// All requests of a call.
    pub(crate) fn messages<T: Named>(&self) -> Result<Vec<T>> {
        let message = |any| match T::from_any(any) {
            Some(message) => Ok(message?),
            None => bail!("{} is not the request of this method", any.type_url),
        };
        self.request.request_messages.iter().map(message).collect()
    }

    pub(crate) async fn delay(&self) {
        if self.request.request_delay_ms > 0 {
            sleep(Duration::from_millis(self.request.request_delay_ms.into())).await;
        }
    }
}
