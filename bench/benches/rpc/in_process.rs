//! What calls take in the same process: with messages that are handed over, and as HTTP without a network, there also with a
//! token on each request.

use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use bench::callgrind::{self, Counts, Each};
use clap::ValueEnum as _;
use rsvc::client::{Credentials, Token};
use rsvc::{Channel, Server};

use crate::case::{CASES, Case};
use crate::peers::{in_process, mounted};

/// How the service is called.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Way {
    HandedOver,
    Http,
    HttpWithToken,
}

impl Way {
    const ALL: [Self; 3] = [Self::HandedOver, Self::Http, Self::HttpWithToken];

    fn about(self) -> &'static str {
        match self {
            Self::HandedOver => "handed over",
            Self::Http => "as HTTP",
            Self::HttpWithToken => "as HTTP with a token",
        }
    }

    fn channel(self) -> Channel {
        if let Self::HandedOver = self {
            return Channel::in_process(mounted());
        }
        let server = Server::new().add(mounted()).into_service().expect("a server");
        let mut channel = Channel::builder("http://in.process");
        if let Self::HttpWithToken = self {
            let source = || async { Ok(Token::bearer("a".repeat(40)).expires_in(Duration::from_hours(1))) };
            channel = channel.credentials(Credentials::new(source).over_plain_text(true));
        }
        channel.with_transport(server).expect("a channel")
    }
}

/// What is done in a process of its own.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    way: Way,
    case: usize,
    calls: u32,
}

impl FromStr for Process {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("not a way, a case and a number of calls: {text}");
        let mut parts = text.splitn(3, ',');
        let mut part = || parts.next().ok_or_else(wrong);
        let (way, case, calls) = (part()?, part()?, part()?);
        Ok(Self {
            way: Way::from_str(way, true)?,
            case: case.parse().ok().filter(|case| *case < CASES.len()).ok_or_else(wrong)?,
            calls: calls.parse().map_err(|_| wrong())?,
        })
    }
}

impl Process {
    pub async fn run(self) {
        in_process(self.way.channel()).run(CASES[self.case].work, self.calls).await;
    }
}

pub fn report() -> io::Result<()> {
    if !callgrind::available() {
        println!("left out: calls in one process, as there is no valgrind");
        return Ok(());
    }
    print!("\n{:<28}", "in one process");
    for way in Way::ALL {
        print!(" {:>24}", way.about());
    }
    println!();
    for (index, case) in CASES.iter().enumerate() {
        print!("{:<28}", case.name);
        for way in Way::ALL {
            let Each { instructions, allocations } = count(way, index, case)?;
            print!(" {:>24}", format!("{instructions:.0} / {allocations:.1}"));
        }
        println!();
    }
    Ok(())
}

fn count(way: Way, index: usize, case: &Case) -> io::Result<Each> {
    let calls = case.count / 5;
    let mut runs = [Counts::default(); 2];
    for (run, times) in runs.iter_mut().zip([1, 2]) {
        let name = format!("rpc-in-process-{way:?}-{index}-{times}.callgrind");
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let way = way.to_possible_value().expect("all have names");
        let argument = format!("{},{index},{}", way.get_name(), calls * times);
        let mut command = callgrind::command(std::env::current_exe()?, &out);
        if !command.arg("--call-in-process").arg(argument).status()?.success() {
            return Err(io::Error::other("the calls failed"));
        }
        *run = callgrind::read(&out)?;
    }
    Ok(Counts::each(runs[1], runs[0], calls))
}
