//! `interop-client`: runs the published interop cases of gRPC against a server.
//!
//! It prints a line for each case, `case NAME: ok`, `case NAME: not applicable: REASON` or `case NAME: failed: REASON`,
//! and ends with 1 if any has failed. `--list` prints the names of all cases.

mod cases;
mod compression;
mod failures;
mod peer;
mod streams;
mod tap;
mod unary;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};

use crate::cases::{CASES, Case, NotApplicable};
use crate::peer::Peer;

/// Long enough for a slow machine: only a case that hangs takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Behind the name of a case in the list.
const NEEDS_CLOUD: &str = " (needs a cloud)";

/// Runs the interop cases of gRPC against a server.
#[derive(Clone, Debug, Parser)]
struct Args {
    /// The server
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    target: Option<String>,
    /// The protocol of the calls
    #[arg(long, default_value = "grpc")]
    protocol: Protocol,
    /// The form of messages
    #[arg(long, default_value = "proto")]
    codec: Codec,
    /// The version of HTTP
    #[arg(long, default_value = "2")]
    http: Http,
    /// A cache in front of the server, for `cacheable_unary`
    #[arg(long, value_name = "URL")]
    cache: Option<String>,
    /// How many calls the soak cases make
    #[arg(long, default_value_t = 10, value_name = "COUNT")]
    soak_iterations: u32,
    /// Print the names of all cases
    #[arg(long)]
    list: bool,
    /// The cases to run [default: all]
    #[arg(value_name = "CASE")]
    cases: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Protocol {
    Grpc,
    GrpcWeb,
    Connect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Codec {
    Proto,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Http {
    #[value(name = "1.1")]
    One,
    #[value(name = "2")]
    Two,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    if args.list {
        for case in CASES {
            writeln!(io::stdout(), "{}{}", case.name, if case.needs_cloud() { NEEDS_CLOUD } else { "" })?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = chosen(&args.cases)?;
    let peer = Peer::new(args)?;
    let [mut passed, mut failed, mut not_applicable] = [0; 3];
    for case in chosen {
        let name = case.name;
        let outcome = match tokio::time::timeout(PATIENCE, case.run(peer.clone())).await {
            Ok(outcome) => outcome,
            Err(_) => Err(anyhow::anyhow!("no result after {PATIENCE:?}")),
        };
        // A line each: a reason may be a text of the peer's.
        let line = match &outcome {
            Ok(()) => "ok".to_owned(),
            Err(error) if error.is::<NotApplicable>() => format!("not applicable: {error}"),
            Err(error) => format!("failed: {}", format!("{error:#}").escape_debug()),
        };
        writeln!(io::stdout(), "case {name}: {line}")?;
        match outcome {
            Ok(()) => passed += 1,
            Err(error) if error.is::<NotApplicable>() => not_applicable += 1,
            Err(_) => failed += 1,
        }
    }
    writeln!(io::stdout(), "{passed} passed, {failed} failed, {not_applicable} not applicable")?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Case>> {
    let mut chosen = Vec::new();
    for name in names {
        let case = CASES.iter().find(|case| case.name == *name);
        chosen.push(case.with_context(|| format!("there is no case `{name}`, see --list"))?);
    }
    if chosen.is_empty() {
        chosen.extend(CASES);
    }
    if chosen.is_empty() {
        bail!("there are no cases");
    }
    Ok(chosen)
}
