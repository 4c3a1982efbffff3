//! Calls through rsvc beside the same calls through plain tonic, both with their servers in this process, over
//! loopback.
//!
//! Rounds of both alternate, so that what else the machine does hits both alike; the ratio printed is the median of
//! the rounds' ratios, in calls (or messages) a second, rsvc to tonic: 1.00 is as fast as tonic.
//!
//! `cargo bench -p bench --bench rpc` (`-- --rounds 60` for more rounds).

#![allow(missing_docs, unreachable_pub)] // a program has no outside
#![allow(clippy::print_stdout)] // a benchmark reports

mod peers;

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

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

const CASES: &[Case] = &[
    case!("unary, 100 B, one at a time", 1_000, |p, n| p.unary(order(1), n)),
    case!("unary, 100 B, 32 at once", 4_000, |p, n| p.concurrent(order(1), n, 32)),
    case!("unary, 2 kB, 32 at once", 4_000, |p, n| p.concurrent(order(20), n, 32)),
    case!("server stream, 100 B", 20_000, |p, n| p.server_stream(n)),
    case!("client stream, 100 B", 20_000, |p, n| p.client_stream(order(1), n)),
    case!("both ways, 100 B", 10_000, |p, n| p.both(order(1), n)),
];

fn rounds() -> usize {
    let mut arguments = std::env::args().skip_while(|a| a != "--rounds").skip(1);
    arguments.next().and_then(|n| n.parse().ok()).unwrap_or(31)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let rounds = rounds();
    let (rsvc, tonic) = (Rsvc::start().await, Tonic::start().await);
    println!(
        "calls or messages a second, median of {rounds} alternating rounds; ratio: rsvc / tonic, 1.00 is equal"
    );
    println!("{:<30} {:>12} {:>12} {:>7}", "", "rsvc", "tonic", "ratio");
    for case in CASES {
        // Once each, not counted: connections, caches, allocator.
        (case.rsvc)(&rsvc, case.count).await;
        (case.tonic)(&tonic, case.count).await;
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let (a, b) = if round % 2 == 0 {
                let a = (case.rsvc)(&rsvc, case.count).await;
                (a, (case.tonic)(&tonic, case.count).await)
            } else {
                let b = (case.tonic)(&tonic, case.count).await;
                ((case.rsvc)(&rsvc, case.count).await, b)
            };
            let rate = |time: Duration| f64::from(case.count) / time.as_secs_f64();
            ours.push(rate(a));
            theirs.push(rate(b));
            ratios.push(rate(a) / rate(b));
        }
        println!("{:<30} {:>12.0} {:>12.0} {:>7.3}", case.name, median(ours), median(theirs), median(ratios));
    }
}
