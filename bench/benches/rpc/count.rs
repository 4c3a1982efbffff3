//! Instructions and allocations a call, of the server and of the client, each counted alone.
//!
//! All servers are called by the same client and all clients call the same server, so that what is compared differs in
//! nothing else.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use bench::Child;
use bench::callgrind::{self, Counts, Each};
use clap::ValueEnum as _;

use crate::args::Args;
use crate::case::{CASES, Case, Side};
use crate::limits::{limits, ratio};
use crate::peers::Who;
use crate::server;

/// Who calls the servers that are counted, and answers the clients.
const OTHER_END: Who = Who::Tonic;

/// A round's part of calls that is counted.
const PART: u32 = 5;

/// What a client does in a process of its own.
#[derive(Clone, Copy, Debug)]
pub struct ClientProcess {
    who: Who,
    case: usize,
    calls: u32,
    server: SocketAddr,
}

impl FromStr for ClientProcess {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("not a client: {text}");
        let mut parts = text.splitn(4, ',');
        let mut part = || parts.next().ok_or_else(wrong);
        let (who, case, calls, server) = (part()?, part()?, part()?, part()?);
        Ok(Self {
            who: Who::from_str(who, true)?,
            case: case.parse().ok().filter(|case| *case < CASES.len()).ok_or_else(wrong)?,
            calls: calls.parse().map_err(|_| wrong())?,
            server: server.parse().map_err(|_| wrong())?,
        })
    }
}

impl ClientProcess {
    pub async fn run(self) {
        self.call(None).await;
    }

    /// Calls with a token, if there is one.
    async fn call(self, token: Option<&'static str>) {
        self.who.connect(self.server, token).await.run(CASES[self.case].work, self.calls).await;
    }

    /// The command line that makes it.
    fn argument(self) -> String {
        format!("{},{},{},{}", self.who, self.case, self.calls, self.server)
    }
}

pub async fn report(args: &Args) -> io::Result<()> {
    if !callgrind::available() {
        println!("left out: instructions, as there is no valgrind (apt-get install valgrind)");
        return Ok(());
    }
    let peers = args.peers();
    println!(
        "instructions outside of the kernel / allocations a call or message; below: ratios to {OTHER_END}"
    );
    println!("servers are called by {OTHER_END}, clients call {OTHER_END}");
    println!("profiles for callgrind_annotate: {}", env!("CARGO_TARGET_TMPDIR"));
    let mut verdicts = Verdicts::default();
    for side in args.sides() {
        print!("\n{:<28}", side.name());
        for who in &peers {
            print!(" {who:>15}");
        }
        println!();
        for (index, case) in args.cases() {
            let calls = args.calls.unwrap_or(case.count / PART);
            let mut each = Vec::new();
            for who in peers.iter().copied().filter(|who| side == Side::Server || who.calls(case.work)) {
                each.push((who, count(side, who, index, calls).await?));
            }
            row(case, side, &peers, &each, &mut verdicts);
            if let Some(most) = args.functions {
                each.iter().try_for_each(|(who, _)| functions(side, *who, index, case, calls, most))?;
            }
        }
    }
    let Verdicts { compared, failed } = verdicts;
    println!("\n{} of {compared} limits met", compared - failed.len());
    for failed in failed {
        println!("  not met: {failed}");
    }
    Ok(())
}

/// How many limits something was compared with, and what was above its limit.
#[derive(Default)]
struct Verdicts {
    compared: usize,
    failed: Vec<String>,
}

/// Prints what everyone takes, and the ratios with their limits.
fn row(case: &Case, side: Side, peers: &[Who], each: &[(Who, Each)], verdicts: &mut Verdicts) {
    print!("{:<28}", case.name);
    for peer in peers {
        let each = each.iter().find(|(who, _)| who == peer).map(|(_, each)| each);
        let show = |each: &Each| format!("{:.0} / {:.1}", each.instructions, each.allocations);
        print!(" {:>15}", each.map_or_else(|| "-".into(), show));
    }
    print!("\n{:<28}", "");
    for who in peers {
        let ratio = ratio(each, *who, OTHER_END).map_or_else(String::new, |ratio| format!("{ratio:.3}"));
        print!(" {ratio:>15}");
    }
    for limit in limits(case.work, side) {
        let Some(met) = limit.met(each) else { continue };
        let verdict = if met { "met" } else { "NOT met" };
        let part = ratio(each, Who::Rsvc, limit.peer).unwrap_or(f64::NAN);
        print!("   rsvc {part:.3} of {}, limit {:.2}: {verdict}", limit.peer, limit.part);
        verdicts.compared += 1;
        if !met {
            verdicts.failed.push(format!("{} {}: {part:.3} of {}", side.name(), case.name, limit.peer));
        }
    }
    println!();
}

async fn count(side: Side, who: Who, index: usize, calls: u32) -> io::Result<Each> {
    let mut runs = [Counts::default(); 2];
    for (run, times) in runs.iter_mut().zip([1, 2]) {
        let out = file(side, who, index, times);
        match side {
            Side::Server => run_server(who, index, calls * times, &out).await?,
            Side::Client => run_client(who, index, calls * times, &out)?,
        }
        *run = callgrind::read(&out)?;
    }
    Ok(Counts::each(runs[1], runs[0], calls))
}

async fn run_server(who: Who, case: usize, calls: u32, out: &Path) -> io::Result<()> {
    let command = server(who)?;
    let mut counted = callgrind::command(command.get_program(), out);
    let server = Child::start(counted.args(command.get_args()))?;
    ClientProcess { who: OTHER_END, case, calls, server: server.address() }.call(who.token()).await;
    server.finish()
}

fn run_client(who: Who, case: usize, calls: u32, out: &Path) -> io::Result<()> {
    let server = Child::start(&mut server(OTHER_END)?)?;
    let client = ClientProcess { who, case, calls, server: server.address() };
    let mut command: Command = callgrind::command(std::env::current_exe()?, out);
    if !command.arg("--call").arg(client.argument()).status()?.success() {
        return Err(io::Error::other(format!("the client of {who} failed")));
    }
    server.finish()
}

/// Prints the functions in which most instructions of a call are, not counting what they call.
fn functions(side: Side, who: Who, index: usize, case: &Case, calls: u32, most: usize) -> io::Result<()> {
    let shorter = callgrind::functions(&file(side, who, index, 1))?;
    let longer = callgrind::functions(&file(side, who, index, 2))?;
    let mut each: Vec<(f64, String)> = longer
        .into_iter()
        .map(|(name, instructions)| {
            let before = shorter.get(&name).copied().unwrap_or_default();
            (callgrind::part(instructions, before, calls), name)
        })
        .collect();
    each.sort_by(|one, other| other.0.total_cmp(&one.0));
    println!("  {} of {who}, {}:", side.name(), case.name);
    for (instructions, name) in each.iter().take(most) {
        println!("  {instructions:>9.0} {name}");
    }
    Ok(())
}

fn file(side: Side, who: Who, case: usize, times: u32) -> PathBuf {
    let name = format!("rpc-{}-{who}-{case}-{times}.callgrind", side.name());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
