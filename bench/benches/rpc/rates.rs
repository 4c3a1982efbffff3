//! Calls a second, in rounds in which all take turns.

use std::io;
use std::time::{Duration, Instant};

use bench::{Child, cpu, median};

use crate::args::Args;
use crate::case::Case;
use crate::peers::{Client, Who};
use crate::server;

/// What all are compared with, and the other end where one end is compared.
const BASE: Who = Who::Tonic;

/// Which client calls which server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Pairs {
    /// Everyone's client its own server
    Own,
    /// tonic's client everyone's server
    Servers,
    /// Everyone's client tonic's server
    Clients,
}

impl Pairs {
    pub const ALL: [Self; 3] = [Self::Own, Self::Servers, Self::Clients];

    fn client(self, who: Who) -> Who {
        if self == Self::Servers { BASE } else { who }
    }

    fn server(self, who: Who) -> Who {
        if self == Self::Clients { BASE } else { who }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Own => "everyone's client at its own server; CPU: of both",
            Self::Servers => "tonic's client at everyone's server; CPU: of the server",
            Self::Clients => "everyone's client at tonic's server; CPU: of the client",
        }
    }
}

/// A client at a server that was started for it.
struct Contender {
    who: Who,
    client: Box<dyn Client>,
    server: Child,
    rounds: Vec<Round>,
}

/// What a round took.
#[derive(Clone, Copy)]
struct Round {
    elapsed: Duration,
    /// Of processors, at the ends that are compared.
    busy: Duration,
}

impl Contender {
    async fn start(who: Who, pairs: Pairs) -> io::Result<Self> {
        let server = Child::start(&mut server(pairs.server(who))?)?;
        let client = pairs.client(who).connect(server.address(), pairs.server(who).token()).await;
        Ok(Self { who, client, server, rounds: Vec::new() })
    }

    async fn round(&self, pairs: Pairs, case: &Case) -> io::Result<Round> {
        let busy = || {
            let (client, server) = (cpu(std::process::id())?, self.server.cpu()?);
            Ok::<_, io::Error>(match pairs {
                Pairs::Own => client + server,
                Pairs::Servers => server,
                Pairs::Clients => client,
            })
        };
        let (before, start) = (busy()?, Instant::now());
        self.client.run(case.work, case.count).await;
        let elapsed = start.elapsed();
        Ok(Round { elapsed, busy: busy()?.saturating_sub(before) })
    }

    /// A ratio of this and another in the same rounds.
    fn ratio(&self, base: &Self, time: fn(&Round) -> Duration) -> f64 {
        let rounds = self.rounds.iter().zip(&base.rounds);
        median(rounds.map(|(own, base)| time(base).as_secs_f64() / time(own).as_secs_f64()))
    }
}

pub async fn report(args: &Args) -> io::Result<()> {
    println!(
        "calls or messages a second, median of {} rounds in which all take turns; in brackets: ratio to {BASE} / \n\
         the same for a second of the processor's time, which waits for nobody; more is better",
        args.rounds
    );
    for pairs in args.pairs() {
        let mut contenders = Vec::new();
        for who in args.peers() {
            contenders.push(Contender::start(who, pairs).await?);
        }
        println!("\n{}", pairs.about());
        print!("{:<28}", "");
        for contender in &contenders {
            print!(" {:>25}", contender.who);
        }
        println!();
        for (_, case) in args.cases() {
            measure(args.rounds, pairs, case, &mut contenders).await?;
            row(case, &contenders);
        }
    }
    println!();
    Ok(())
}

async fn measure(rounds: usize, pairs: Pairs, case: &Case, contenders: &mut [Contender]) -> io::Result<()> {
    for contender in &mut *contenders {
        contender.rounds.clear();
    }
    let mut able: Vec<_> =
        contenders.iter_mut().filter(|contender| pairs.client(contender.who).calls(case.work)).collect();
    for contender in &able {
        // Not counted: connections, caches, allocator.
        contender.round(pairs, case).await?;
    }
    let count = able.len();
    for round in 0..rounds {
        for turn in 0..count {
            let contender = &mut *able[(round + turn) % count];
            let round = contender.round(pairs, case).await?;
            contender.rounds.push(round);
        }
    }
    Ok(())
}

fn row(case: &Case, contenders: &[Contender]) {
    print!("{:<28}", case.name);
    let base = contenders.iter().find(|contender| contender.who == BASE && !contender.rounds.is_empty());
    for contender in contenders {
        if contender.rounds.is_empty() {
            print!(" {:>25}", "-");
            continue;
        }
        let seconds = contender.rounds.iter().map(|round| round.elapsed.as_secs_f64());
        let rate = median(seconds.map(|seconds| f64::from(case.count) / seconds));
        let ratios = base.map_or_else(String::new, |base| {
            let (elapsed, busy) = (contender.ratio(base, |r| r.elapsed), contender.ratio(base, |r| r.busy));
            format!(" ({elapsed:.3} / {busy:.3})")
        });
        print!(" {:>25}", format!("{rate:.0}{ratios}"));
    }
    println!();
}
