//! Calls a shop: `shop-client --target URL COMMAND`, one command for each method.
//!
//! It prints each answer on a line of its own. If the call fails, it prints the
//! error to standard error and ends with 1.

mod args;
mod calls;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use rsvc::{Channel, Context, ErrorSet, Status};
use shop::api::{ChatError, OrderError, UploadError, UserError};

use crate::args::Args;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let channel = Channel::builder(&args.target).protocol(args.protocol).connect().await?;
    let ctx = args.context()?;
    let result = calls::call(&args.command, channel, ctx.clone()).await;
    if args.verbose {
        print_metadata(&ctx)?;
    }
    result.map_err(|error| {
        let sets = [said::<UserError>, said::<OrderError>, said::<UploadError>, said::<ChatError>];
        sets.iter().find_map(|said| said(&error)).map_or(error, anyhow::Error::msg)
    })
}

/// An error of a service: `code: message`, and, if it is one that the service declares, the variant. Not the metadata,
/// which `--verbose` has shown.
fn said<E: ErrorSet + Clone>(error: &anyhow::Error) -> Option<String> {
    let error = error.downcast_ref::<E>()?;
    let status: Status = error.clone().into();
    let said = format!("{:?}: {}", status.code(), status.message());
    Some(if error.definition().is_some() { format!("{said} ({error:?})") } else { said })
}

/// What came back around the messages.
fn print_metadata(ctx: &Context) -> anyhow::Result<()> {
    for (kind, metadata) in [("header", ctx.response_headers()), ("trailer", ctx.response_trailers())] {
        let headers = metadata.into_headers();
        let mut lines: Vec<_> = headers
            .iter()
            .map(|(key, value)| format!("{kind} {key}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        lines.sort();
        for line in lines {
            writeln!(io::stdout(), "{line}")?;
        }
    }
    Ok(())
}
