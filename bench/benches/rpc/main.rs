//! Calls through rsvc beside the same calls through plain tonic, over loopback.
//!
//! Each server is a process of its own with one thread, the clients are this process. Rounds of both alternate, so that
//! what else the machine does hits both alike; the ratio printed is the median of the rounds' ratios, in calls (or
//! messages) a second, rsvc to tonic: 1.00 is as fast as tonic. Beside it stands the same ratio of the processor's time
//! of client and server together, which waits for nobody. Instructions are counted with valgrind's callgrind, where
//! there is one: what twice as many calls take more.
//!
//! `cargo xtask bench rpc`, or `cargo bench -p bench --bench rpc -- --help`.

#![allow(missing_docs, unreachable_pub)] // a program has no outside
#![allow(clippy::print_stdout)] // a benchmark reports

mod count;
mod peers;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::Command;
use std::time::{Duration, Instant};

use bench::{Child, cpu, median, until_told};
use clap::Parser;
use tokio::net::TcpListener;

use peers::{Peer, Rsvc, Tonic, order};

type Timed<'a> = Pin<Box<dyn Future<Output = Duration> + Send + 'a>>;

/// One thing to measure: how many calls or messages a round has, and how a peer does them.
struct Case {
    name: &'static str,
    count: u32,
    rsvc: fn(&Rsvc, u32) -> Timed<'_>,
    tonic: fn(&Tonic, u32) -> Timed<'_>,
}

macro_rules! case {
    ($name:literal, $count:literal, |$peer:ident, $n:ident| $body:expr) => {
        Case {
            name: $name,
            count: $count,
            rsvc: |$peer, $n| Box::pin(timed($body)),
            tonic: |$peer, $n| Box::pin(timed($body)),
        }
    };
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

const CASES: [Case; 6] = [
    case!("unary, 100 B, one at a time", 1_000, |p, n| p.unary(order(1), n)),
    case!("unary, 100 B, 32 at once", 2_000, |p, n| p.concurrent(order(1), n, 32)),
    case!("unary, 2 kB, 32 at once", 2_000, |p, n| p.concurrent(order(20), n, 32)),
    case!("server stream, 100 B", 20_000, |p, n| p.server_stream(n)),
    case!("client stream, 100 B", 20_000, |p, n| p.client_stream(order(1), n)),
    case!("both ways, 100 B", 10_000, |p, n| p.both(order(1), n)),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Who {
    Rsvc,
    Tonic,
}

/// gRPC by rsvc and by plain tonic, over loopback
#[derive(Parser)]
struct Args {
    /// Rounds in which both take turns; the median counts
    #[arg(long, default_value_t = 31)]
    rounds: usize,
    /// Do not measure calls a second
    #[arg(long)]
    no_time: bool,
    /// Do not count instructions
    #[arg(long)]
    no_instructions: bool,
    /// Be the server of a peer
    #[arg(long, hide = true, value_enum)]
    serve: Option<Who>,
    /// Be the client of a peer: `PEER,CASE,CALLS,ADDRESS`
    #[arg(long, hide = true)]
    call: Option<count::Client>,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let args = Args::parse();
    if let Some(who) = args.serve {
        return serve(who).await;
    }
    if let Some(client) = args.call {
        return client.run().await;
    }
    if !args.no_time {
        rates(args.rounds).await?;
    }
    if !args.no_instructions {
        count::report().await?;
    }
    Ok(())
}

async fn serve(who: Who) -> io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    match who {
        Who::Rsvc => tokio::spawn(Rsvc::serve(listener)),
        Who::Tonic => tokio::spawn(Tonic::serve(listener)),
    };
    until_told(address).await
}

/// The command that serves.
fn server(who: Who) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--serve").arg(if who == Who::Rsvc { "rsvc" } else { "tonic" });
    Ok(command)
}

/// Of a round: calls a second, and calls for a second of the processor's time.
#[derive(Clone, Copy)]
struct Rates {
    elapsed: f64,
    busy: f64,
}

/// Both clients, at servers that were started for them.
struct Both {
    rsvc: (Rsvc, Child),
    tonic: (Tonic, Child),
}

impl Both {
    async fn start() -> io::Result<Self> {
        let (rsvc, tonic) = (Child::start(&mut server(Who::Rsvc)?)?, Child::start(&mut server(Who::Tonic)?)?);
        Ok(Self {
            rsvc: (Rsvc::connect(rsvc.address()).await, rsvc),
            tonic: (Tonic::connect(tonic.address()).await, tonic),
        })
    }

    async fn round(&self, who: Who, case: &Case) -> io::Result<Rates> {
        let child = if who == Who::Rsvc { &self.rsvc.1 } else { &self.tonic.1 };
        let busy = || Ok::<_, io::Error>(cpu(std::process::id())? + child.cpu()?);
        let before = busy()?;
        let elapsed = match who {
            Who::Rsvc => (case.rsvc)(&self.rsvc.0, case.count).await,
            Who::Tonic => (case.tonic)(&self.tonic.0, case.count).await,
        };
        let busy = busy()?.saturating_sub(before);
        let rate = |time: Duration| f64::from(case.count) / time.as_secs_f64();
        Ok(Rates { elapsed: rate(elapsed), busy: rate(busy) })
    }
}

async fn rates(rounds: usize) -> io::Result<()> {
    let both = Both::start().await?;
    println!(
        "calls or messages a second, median of {rounds} alternating rounds; ratios: rsvc / tonic, 1.00 is equal"
    );
    println!("{:<30} {:>12} {:>12} {:>7} {:>10}", "", "rsvc", "tonic", "ratio", "CPU ratio");
    for case in &CASES {
        // Once each, not counted: connections, caches, allocator.
        both.round(Who::Rsvc, case).await?;
        both.round(Who::Tonic, case).await?;
        let mut pairs = Vec::new();
        for round in 0..rounds {
            pairs.push(if round % 2 == 0 {
                let ours = both.round(Who::Rsvc, case).await?;
                (ours, both.round(Who::Tonic, case).await?)
            } else {
                let theirs = both.round(Who::Tonic, case).await?;
                (both.round(Who::Rsvc, case).await?, theirs)
            });
        }
        let of =
            |value: fn(Rates, Rates) -> f64| median(pairs.iter().map(|(ours, theirs)| value(*ours, *theirs)));
        println!(
            "{:<30} {:>12.0} {:>12.0} {:>7.3} {:>10.3}",
            case.name,
            of(|ours, _| ours.elapsed),
            of(|_, theirs| theirs.elapsed),
            of(|ours, theirs| ours.elapsed / theirs.elapsed),
            of(|ours, theirs| ours.busy / theirs.busy),
        );
    }
    println!();
    Ok(())
}
