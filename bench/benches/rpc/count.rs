//! Instructions a call, of the server and of the client, each counted alone.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use bench::Child;
use bench::callgrind::{self, Counts};
use clap::ValueEnum as _;

use crate::peers::{Peer as _, Rsvc, Tonic};
use crate::{CASES, Who, server};

/// A round's part of calls that is counted.
const PART: u32 = 5;

/// What a client does in a process of its own.
#[derive(Clone, Copy)]
pub struct Client {
    who: Who,
    case: usize,
    calls: u32,
    server: SocketAddr,
}

impl FromStr for Client {
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

impl Client {
    pub async fn run(self) -> io::Result<()> {
        let case = &CASES[self.case];
        match self.who {
            Who::Rsvc => (case.rsvc)(&Rsvc::connect(self.server).await, self.calls).await,
            Who::Tonic => (case.tonic)(&Tonic::connect(self.server).await, self.calls).await,
        };
        Ok(())
    }

    /// The command line that makes it.
    fn argument(self) -> String {
        let who = if self.who == Who::Rsvc { "rsvc" } else { "tonic" };
        format!("{who},{},{},{}", self.case, self.calls, self.server)
    }
}

pub async fn report() -> io::Result<()> {
    if !callgrind::available() {
        println!("left out: instructions, as there is no valgrind (apt-get install valgrind)");
        return Ok(());
    }
    println!("instructions outside of the kernel / allocations a call or message; ratio: tonic / rsvc");
    println!("profiles for callgrind_annotate: {}", env!("CARGO_TARGET_TMPDIR"));
    println!("{:<39} {:>15} {:>15} {:>7}", "", "rsvc", "tonic", "ratio");
    for (index, case) in CASES.iter().enumerate() {
        for side in ["server", "client"] {
            let mut each = Vec::new();
            for who in [Who::Rsvc, Who::Tonic] {
                let calls = case.count / PART;
                let mut runs = [Counts::default(); 2];
                for (run, calls) in runs.iter_mut().zip([calls, calls * 2]) {
                    let out = file(side, who, index);
                    *run = if side == "server" {
                        of_server(who, index, calls, &out).await?
                    } else {
                        of_client(who, index, calls, &out)?
                    };
                }
                each.push(Counts::each(runs[1], runs[0], calls));
            }
            let show = |i: usize| format!("{:.0} / {:.1}", each[i].instructions, each[i].allocations);
            let ratio = each[1].instructions / each[0].instructions;
            println!("{:<32} {side} {:>15} {:>15} {ratio:>7.3}", case.name, show(0), show(1));
        }
    }
    Ok(())
}

async fn of_server(who: Who, case: usize, calls: u32, out: &Path) -> io::Result<Counts> {
    let command = server(who)?;
    let mut counted = callgrind::command(command.get_program(), out);
    let server = Child::start(counted.args(command.get_args()))?;
    Client { who: Who::Tonic, case, calls, server: server.address() }.run().await?;
    server.finish()?;
    callgrind::read(out)
}

fn of_client(who: Who, case: usize, calls: u32, out: &Path) -> io::Result<Counts> {
    let server = Child::start(&mut server(Who::Tonic)?)?;
    let client = Client { who, case, calls, server: server.address() };
    let mut command: Command = callgrind::command(std::env::current_exe()?, out);
    if !command.arg("--call").arg(client.argument()).status()?.success() {
        return Err(io::Error::other("a client failed"));
    }
    server.finish()?;
    callgrind::read(out)
}

fn file(side: &str, who: Who, case: usize) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rpc-{side}-{who:?}-{case}.callgrind").to_lowercase())
}
