//! `retry-client`: calls gRPC's interop test service with a service config, and prints how each call ends.
//!
//! A line for each: the name of the code, and how many responses there were.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use peers::api::{
    SimpleRequest, StreamingInputCallRequest, StreamingOutputCallRequest, TestService, TestServiceClient,
};
use rsvc::error::code_name;
use rsvc::{Channel, Code, Context, RequestStream, Status};

/// Calls gRPC's interop test service with a service config
#[derive(Debug, Parser)]
struct Args {
    /// The server
    #[arg(long, value_name = "URL")]
    target: String,
    /// The service config, in JSON
    #[arg(long, default_value = "{}", value_name = "JSON")]
    config: String,
    /// The deadline of each call, in milliseconds
    #[arg(long, default_value_t = 30_000, value_name = "MILLISECONDS")]
    timeout: u64,
    /// How many calls it makes, one after the other
    #[arg(long, default_value_t = 1, value_name = "COUNT")]
    calls: u32,
    /// What it calls
    #[arg(long, default_value = "unary")]
    method: Method,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    Unary,
    /// Many requests.
    Input,
    /// Many responses.
    Output,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let builder = Channel::builder(args.target).service_config(&args.config)?;
    let client = TestServiceClient::new(builder.connect_lazy().context("no channel")?);
    for _ in 0..args.calls {
        let ctx = Context::new().with_timeout(Duration::from_millis(args.timeout));
        let mut count = 0;
        let outcome = call(&client, args.method, ctx, &mut count).await;
        let code = outcome.map_or_else(|status| status.code(), |()| Code::Ok);
        writeln!(io::stdout(), "{} {count}", code_name(code))?;
    }
    Ok(())
}

async fn call(
    client: &TestServiceClient,
    method: Method,
    ctx: Context,
    count: &mut u32,
) -> Result<(), Status> {
    match method {
        Method::Unary => {
            client.unary_call(ctx, SimpleRequest::default()).await?;
            *count += 1;
        }
        Method::Input => {
            let request =
                || StreamingInputCallRequest { payload: Some(peers::zeros(100)), ..Default::default() };
            let requests = RequestStream::from_iter([request(), request(), request()]);
            client.streaming_input_call(ctx, requests).await?;
            *count += 1;
        }
        Method::Output => {
            let mut responses =
                client.streaming_output_call(ctx, StreamingOutputCallRequest::default()).await?;
            while responses.message().await?.is_some() {
                *count += 1;
            }
        }
    }
    Ok(())
}
