//! What handling connections takes: rsvc's beside hyper-util's own, with the same service on both.
//!
//! The service is a generated one, mounted as in any server, and a call is a unary one of Connect, which goes over both
//! versions of HTTP.

mod client;
mod servers;

use std::io;
use std::path::Path;
use std::process::Command;

use bench::Child;
use bench::callgrind::{self, Counts, Each};

use client::Version;
pub use servers::Handling;

/// What is counted.
#[derive(Clone, Copy)]
enum Work {
    /// Connections that are opened, used for one call, and closed.
    Connections,
    /// Further calls on a connection.
    Calls,
}

impl Work {
    const ALL: [Self; 2] = [Self::Connections, Self::Calls];

    fn name(self) -> &'static str {
        match self {
            Self::Connections => "a connection with one call",
            Self::Calls => "one more call",
        }
    }

    /// How much of it the shorter of two runs does.
    fn count(self) -> u32 {
        match self {
            Self::Connections => 100,
            Self::Calls => 500,
        }
    }

    /// How many connections there are with how many calls each.
    fn shape(self, count: u32) -> (u32, u32) {
        match self {
            Self::Connections => (count, 1),
            Self::Calls => (1, count),
        }
    }
}

pub async fn report() -> io::Result<()> {
    if !callgrind::available() {
        println!("left out: connections, as there is no valgrind");
        return Ok(());
    }
    print!("\n{:<38}", "instructions / allocations");
    for handling in Handling::ALL {
        print!(" {:>24}", handling.about());
    }
    println!();
    for version in Version::ALL {
        for work in Work::ALL {
            print!("{:<38}", format!("{}, {}", version.name(), work.name()));
            for handling in Handling::ALL {
                let Each { instructions, allocations } = count(handling, version, work).await?;
                print!(" {:>24}", format!("{instructions:.0} / {allocations:.1}"));
            }
            println!();
        }
    }
    Ok(())
}

async fn count(handling: Handling, version: Version, work: Work) -> io::Result<Each> {
    let mut runs = [Counts::default(); 2];
    for (run, times) in runs.iter_mut().zip([1, 2]) {
        let name = format!(
            "rpc-connections-{}-{}-{}-{times}.callgrind",
            handling.name(),
            version.name(),
            work.name()
        );
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.replace(['/', ' '], "-"));
        let command = server(handling)?;
        let mut counted = callgrind::command(command.get_program(), &out);
        let server = Child::start(counted.args(command.get_args()))?;
        let (connections, calls) = work.shape(work.count() * times);
        for _ in 0..connections {
            client::call(version, server.address(), calls).await?;
        }
        server.finish()?;
        *run = callgrind::read(&out)?;
    }
    Ok(Counts::each(runs[1], runs[0], work.count()))
}

/// The command that serves.
fn server(handling: Handling) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--serve-connections").arg(handling.name());
    Ok(command)
}
