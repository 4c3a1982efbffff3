//! The command line.

use clap::Parser;

use crate::case::{CASES, Case, Side};
use crate::connections::Handling;
use crate::count::ClientProcess;
use crate::in_process::Process;
use crate::peers::Who;
use crate::rates::Pairs;

/// gRPC by hand on hyper, by plain tonic, by connectrpc and by rsvc, over loopback
#[derive(Parser)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// Rounds in which all take turns; the median counts
    #[arg(long, default_value_t = 31)]
    pub rounds: usize,
    /// Of these peers alone, by default hyper, tonic, connectrpc and rsvc; ratios are to tonic
    #[arg(long = "peer", value_enum)]
    peers: Vec<Who>,
    /// Of the cases whose names contain this
    #[arg(long)]
    case: Option<String>,
    /// Count the instructions of this end alone
    #[arg(long, value_enum)]
    side: Option<Side>,
    /// Calls a second of these pairs alone
    #[arg(long, value_enum)]
    pairs: Vec<Pairs>,
    /// Print so many functions in which most instructions of a call are
    #[arg(long)]
    pub functions: Option<usize>,
    /// Count so many calls, in place of a fifth of a round's: what is done once for a process then weighs less
    #[arg(long)]
    pub calls: Option<u32>,
    /// Count what connections take, and nothing else
    #[arg(long)]
    pub connections: bool,
    /// Count what calls in the same process take, and nothing else
    #[arg(long)]
    pub in_process: bool,
    /// Measure calls over several connections of a channel, and nothing else
    #[arg(long)]
    pub spread: bool,
    /// Do not measure calls a second
    #[arg(long)]
    pub no_time: bool,
    /// Do not count instructions and allocations
    #[arg(long)]
    pub no_instructions: bool,
    /// Be the server of a peer
    #[arg(long, hide = true, value_enum)]
    pub serve: Option<Who>,
    /// Be the server of a handling of connections
    #[arg(long, hide = true, value_enum)]
    pub serve_connections: Option<Handling>,
    /// Be the client of a peer: `PEER,CASE,CALLS,ADDRESS`
    #[arg(long, hide = true)]
    pub call: Option<ClientProcess>,
    /// Make calls in this process: `WAY,CASE,CALLS`
    #[arg(long, hide = true)]
    pub call_in_process: Option<Process>,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    pub fn peers(&self) -> Vec<Who> {
        if self.peers.is_empty() { Who::USUAL.to_vec() } else { self.peers.clone() }
    }

    /// The cases with their places among all.
    pub fn cases(&self) -> impl Iterator<Item = (usize, &'static Case)> {
        let wanted = |case: &Case| self.case.as_ref().is_none_or(|text| case.name.contains(text));
        CASES.iter().enumerate().filter(move |(_, case)| wanted(case))
    }

    /// Whether nothing was left out by choice.
    pub fn is_whole(&self) -> bool {
        self.peers.is_empty() && self.case.is_none() && self.side.is_none()
    }

    pub fn sides(&self) -> impl Iterator<Item = Side> {
        Side::BOTH.into_iter().filter(|side| self.side.is_none_or(|only| only == *side))
    }

    pub fn pairs(&self) -> impl Iterator<Item = Pairs> {
        Pairs::ALL.into_iter().filter(|pairs| self.pairs.is_empty() || self.pairs.contains(pairs))
    }
}
