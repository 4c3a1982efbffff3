//! Calls a shop: `shop-client --target URL COMMAND`, one command for each method.
//!
//! It prints each answer on a line of its own. If the call fails, it prints the
//! status to standard error and ends with 1.

mod args;
mod calls;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use rsvc::{Channel, Context, Status};

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
    let channel = Channel::connect(&args.target).await?;
    let ctx = args.context()?;
    let result = calls::call(&args.command, channel, ctx.clone()).await;
    if args.verbose {
        print_metadata(&ctx)?;
    }
    result.map_err(|error| match error.downcast::<Status>() {
        // `code: message`, and not the metadata, which `--verbose` has shown.
        Ok(status) => anyhow::anyhow!("{:?}: {}", status.code(), status.message()),
        Err(error) => error,
    })
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
