//! gRPC over loopback: the same service and the same calls by hand on hyper, by plain tonic, by connectrpc and by rsvc.
//!
//! A server is a process of its own with one thread. Calls a second are taken in rounds in which all take turns, so that
//! what else the machine does hits all alike; the client is this process. Instructions and allocations are counted with
//! valgrind's callgrind, where there is one, for a server or a client in a process of its own: what twice as many calls
//! take more. Both are compared for each end alone, with tonic at the other end.
//!
//! Calls over several connections of a channel are compared with those over one (`--spread`).
//!
//! Handling connections is counted beside hyper-util's own, which has the same service, and calls in the same process beside
//! those that are HTTP without a network.
//!
//! `cargo xtask bench rpc`, or `cargo bench -p bench --bench rpc -- --help`.

#![allow(missing_docs, unreachable_pub)] // a program has no outside
#![allow(clippy::print_stdout)] // a benchmark reports

mod args;
mod case;
mod connections;
mod count;
mod in_process;
mod limits;
mod peers;
mod rates;
mod spread;

use std::io;
use std::net::SocketAddr;
use std::process::Command;

use bench::until_told;
use clap::Parser as _;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;

use args::Args;
use peers::Who;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let args = Args::parse();
    if let Some(who) = args.serve {
        return serve(|listener| who.serve(listener)).await;
    }
    if let Some(handling) = args.serve_connections {
        return serve(|listener| handling.serve(listener)).await;
    }
    if let Some(client) = args.call {
        client.run().await;
        return Ok(());
    }
    if let Some(calls) = args.call_in_process {
        calls.run().await;
        return Ok(());
    }
    if args.in_process {
        return in_process::report();
    }
    if args.spread {
        return spread::report(args.rounds).await;
    }
    if args.connections {
        return connections::report().await;
    }
    if !args.no_time {
        rates::report(&args).await?;
    }
    if !args.no_instructions {
        count::report(&args).await?;
        if args.is_whole() {
            connections::report().await?;
            in_process::report()?;
        }
    }
    Ok(())
}

async fn serve(serve: impl FnOnce(TcpListener) -> BoxFuture<'static, ()>) -> io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener));
    until_told(address).await
}

/// The command that serves.
fn server(who: Who) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--serve").arg(who.name());
    Ok(command)
}
