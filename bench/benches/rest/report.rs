//! Measuring case by case, and the tables of what came out.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bench::callgrind::{self, Counts, Each};
use bench::{Child, median};
use rsvc::server::ServeError;
use serde_json::Value;

use crate::args::Args;
use crate::case::{Case, Routes, Size};
use crate::envoy::Envoy;
use crate::load::{self, Connection};
use crate::peers::{Peer, Serve};

/// What requests a second are compared with.
const BASE: Peer = Peer::AxumSlice;

/// A server under load.
enum Server {
    Own(Child),
    Envoy(Envoy),
}

impl Server {
    async fn start(serve: Serve, envoy: Option<&Path>) -> io::Result<Option<Self>> {
        Ok(match (serve.peer, envoy) {
            (Peer::Envoy, None) => None,
            (Peer::Envoy, Some(program)) => Some(Self::Envoy(Envoy::start(program, serve).await?)),
            _ => Some(Self::Own(serve.start()?)),
        })
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Own(child) => child.address(),
            Self::Envoy(envoy) => envoy.address(),
        }
    }

    fn cpu(&self) -> io::Result<Duration> {
        match self {
            Self::Own(child) => child.cpu(),
            Self::Envoy(envoy) => envoy.cpu(),
        }
    }
}

/// A peer, and what a request took in each round.
struct Contender {
    peer: Peer,
    server: Server,
    connections: Vec<Connection>,
    elapsed: Vec<Duration>,
    cpu: Vec<Duration>,
}

impl Contender {
    async fn start(serve: Serve, args: &Args) -> io::Result<Option<Self>> {
        let Some(server) = Server::start(serve, args.envoy().as_deref()).await? else { return Ok(None) };
        let mut connections = Vec::new();
        for _ in 0..args.connections {
            connections.push(Connection::open(server.address()).await?);
        }
        Ok(Some(Self { peer: serve.peer, server, connections, elapsed: Vec::new(), cpu: Vec::new() }))
    }

    async fn round(&mut self, requests: &[Vec<u8>], count: u32) -> io::Result<()> {
        let before = self.server.cpu()?;
        self.elapsed.push(load::time(&mut self.connections, requests, count).await?);
        self.cpu.push(self.server.cpu()?.saturating_sub(before));
        Ok(())
    }
}

/// The requests in the same time of each round as parts of another's.
fn ratio(base: &[Duration], own: &[Duration]) -> f64 {
    median(base.iter().zip(own).map(|(base, own)| base.as_secs_f64() / own.as_secs_f64()))
}

/// Measures requests a second.
pub async fn rates(args: &Args, peers: &[Peer], cases: &[Case]) -> io::Result<()> {
    println!(
        "requests a second, {} connections; median of {} rounds of {} requests in which the peers take turns;\n\
         ratio: to {} in the same round; CPU: microseconds of processor time a request, the kernel's part included,\n\
         and its ratio, which does not wait for what else the machine does",
        args.connections,
        args.rounds,
        args.requests,
        BASE.name(),
    );
    if peers.contains(&Peer::Envoy) && args.envoy().is_none() {
        println!("left out: Envoy, which was not found (--envoy PATH)");
    }
    for &case in cases {
        println!(
            "\n{:<25} {:>11} {:>8} {:>8} {:>8}",
            case.to_string(),
            "requests/s",
            "ratio",
            "CPU",
            "ratio"
        );
        let mut contenders = Vec::new();
        for &peer in peers.iter().filter(|peer| peer.has(case.routes)) {
            let serve = Serve { peer, routes: case.routes, size: case.size };
            contenders.extend(Contender::start(serve, args).await?);
        }
        run(args, case, &mut contenders).await?;
        let requests = f64::from(args.requests);
        for contender in &contenders {
            let rate = median(contender.elapsed.iter().map(|time| requests / time.as_secs_f64()));
            let cpu = median(contender.cpu.iter().map(|time| time.as_secs_f64() * 1e6 / requests));
            let base = contenders.iter().find(|other| other.peer == BASE).unwrap_or(contender);
            let elapsed = ratio(&base.elapsed, &contender.elapsed);
            let busy = ratio(&base.cpu, &contender.cpu);
            println!("{:<25} {rate:>11.0} {elapsed:>8.3} {cpu:>8.2} {busy:>8.3}", contender.peer.name());
        }
    }
    println!();
    Ok(())
}

async fn run(args: &Args, case: Case, contenders: &mut [Contender]) -> io::Result<()> {
    // Not counted, and all have to answer alike.
    let mut answer: Option<Value> = None;
    for contender in &mut *contenders {
        let requests = case.requests(contender.peer);
        let json = serde_json::from_slice(contender.connections[0].exchange(&requests[0]).await?)?;
        let expected = answer.get_or_insert_with(|| Value::clone(&json));
        if *expected != json {
            let name = contender.peer.name();
            return Err(io::Error::other(format!("{name} answers {json}, others {expected}")));
        }
        load::time(&mut contender.connections, &requests, args.requests).await?;
    }
    let count = contenders.len();
    for round in 0..args.rounds {
        for turn in 0..count {
            let contender = &mut contenders[(round + turn) % count];
            contender.round(&case.requests(contender.peer), args.requests).await?;
        }
    }
    Ok(())
}

/// Measures how long a server takes from its services to its first request: ours, and a router of axum.
pub fn starts(args: &Args, peers: &[Peer]) -> Result<(), ServeError> {
    println!("milliseconds until a server with all its routes is there; median of {} rounds", args.rounds);
    for routes in [Routes::Many, Routes::TenThousand] {
        for &peer in peers.iter().filter(|peer| matches!(peer, Peer::Rsvc | Peer::AxumSlice)) {
            let serve = Serve { peer, routes, size: Size::Small };
            let mut times = Vec::new();
            for _ in 0..args.rounds {
                let begin = Instant::now();
                let built = serve.build()?;
                times.push(begin.elapsed().as_secs_f64() * 1e3);
                drop(built);
            }
            println!("{:<25} {:>13} {:>8.2}", peer.name(), routes.to_string(), median(times.into_iter()));
        }
    }
    println!();
    Ok(())
}

/// Counts instructions and allocations.
pub async fn instructions(args: &Args, peers: &[Peer], cases: &[Case]) -> io::Result<()> {
    if !callgrind::available() {
        println!(
            "left out: instructions and allocations, as there is no valgrind (apt-get install valgrind)"
        );
        return Ok(());
    }
    println!(
        "instructions outside of the kernel / allocations a request: {} requests more, over one connection",
        args.counted
    );
    println!("profiles for callgrind_annotate: {}", folder().display());
    let own: Vec<Peer> = peers.iter().copied().filter(|peer| *peer != Peer::Envoy).collect();
    print!("\n{:<25}", "");
    for peer in &own {
        print!(" {:>20}", peer.name());
    }
    println!();
    for &case in cases {
        print!("{:<25}", case.to_string());
        for &peer in &own {
            if peer.has(case.routes) {
                let each = count(args, peer, case).await?;
                print!(" {:>20}", format!("{:.0} / {:.1}", each.instructions, each.allocations));
            } else {
                print!(" {:>20}", "-");
            }
            io::Write::flush(&mut io::stdout())?;
        }
        println!();
    }
    Ok(())
}

async fn count(args: &Args, peer: Peer, case: Case) -> io::Result<Each> {
    let mut runs = [Counts::default(); 2];
    for (run, times) in runs.iter_mut().zip([1, 2]) {
        let out = folder().join(format!("rest-{peer:?}-{}-{times}.callgrind", case.slug()).to_lowercase());
        let serve = Serve { peer, routes: case.routes, size: case.size };
        let command = serve.command()?;
        let mut counted = callgrind::command(command.get_program(), &out);
        let server = Child::start(counted.args(command.get_args()))?;
        load::send(server.address(), &case.requests(peer), args.counted as usize * times).await?;
        server.finish()?;
        *run = callgrind::read(&out)?;
    }
    Ok(Counts::each(runs[1], runs[0], args.counted))
}

fn folder() -> PathBuf {
    env!("CARGO_TARGET_TMPDIR").into()
}
