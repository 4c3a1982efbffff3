//! REST, over loopback: the same two methods by hand on hyper, by hand on axum, by rsvc, by `rest_over_grpc` with
//! pbjson, and by Envoy's transcoder before rsvc's gRPC.
//!
//! Every peer is a process of its own with one thread; the load generator is this process. Requests a second are taken
//! in short rounds in which the peers take turns, so that what else the machine does hits all alike. Instructions and
//! allocations of a request are counted with valgrind's callgrind, where there is one: what twice as many requests take
//! more, the load generator not counted.
//!
//! `cargo xtask bench rest`, or `cargo bench -p bench --bench rest -- --help`.

#![allow(missing_docs, unreachable_pub)] // a program has no outside
#![allow(clippy::print_stdout)] // a benchmark reports

mod args;
mod case;
mod envoy;
mod load;
mod peers;
mod report;

#[allow(dead_code, reason = "it has samples that are of no use here")]
#[path = "../json/by_hand.rs"]
mod by_hand;
#[allow(dead_code, reason = "it has samples that are of no use here")]
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "made-up numbers"
)]
#[path = "../json/samples.rs"]
mod samples;

use std::io;

use clap::Parser as _;

use args::Args;
use case::{CASES, Case};
use peers::Peer;
use peers::rsvc::one::json_bench as pb;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let args = Args::parse();
    if let Some(serve) = args.serve() {
        return serve.run().await;
    }
    let peers: Vec<Peer> = args.peers();
    let cases: Vec<Case> = CASES.into_iter().filter(|case| args.wants(*case)).collect();
    if !args.no_time {
        if args.wants_starts() {
            report::starts(&args, &peers).map_err(io::Error::other)?;
        }
        report::rates(&args, &peers, &cases).await?;
    }
    if !args.no_instructions {
        report::instructions(&args, &peers, &cases).await?;
    }
    Ok(())
}
