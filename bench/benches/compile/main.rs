//! What generated code costs those who compile it, compared with other generators for the same 300 messages, what
//! 100 rpcs cost, compared with another checkout of this repository, and what a quick start costs beside tonic's.
//!
//! Prints lines, processor seconds (seconds on the clock in brackets) and bytes, and for messages what two of the
//! candidates add to those without them.
//!
//! `cargo xtask bench compile`, or `cargo bench -p bench --bench compile -- --help`. The services before and after
//! a change, side by side in one run:
//!
//! ```sh
//! git worktree add --detach ../before 5ffd6e7
//! cargo xtask bench compile -- services --rsvc ../before
//! ```
#![allow(clippy::print_stdout)] // it is what a benchmark is for
#![allow(clippy::cast_precision_loss)] // nobody compiles so much

mod candidate;
mod cost;
mod json;
mod project;
mod quickstart;
mod schema;
mod services;
#[cfg(feature = "peers")]
mod validate;
mod workspace;

use std::path::PathBuf;

use candidate::Suite;
use clap::Parser;
use cost::Time;
use project::{Part, Project};

/// The root of this checkout.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// How often the messages are checked and built; the program takes too long for more than once.
const CHECKS: usize = 7;
const BUILDS: usize = 3;

/// At most this part of what the peer adds may be added.
const LIMIT: f64 = 0.5;

/// The least part of what there is without it that a peer has to add, for a part of that to mean anything.
const NOISE: f64 = 0.05;

/// What generated code costs those who compile it
#[derive(Parser)]
struct Args {
    /// These suites alone: json, validate, services, quickstart
    suites: Vec<String>,
    /// Another checkout of this repository to compare the services with
    #[arg(long, value_name = "PATH")]
    rsvc: Option<PathBuf>,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    let wanted = |name: &str| args.suites.is_empty() || args.suites.iter().any(|suite| suite == name);
    let suites: &[fn() -> Suite] = &[
        json::suite,
        #[cfg(feature = "peers")]
        validate::suite,
    ];
    for suite in suites {
        let suite = suite();
        if wanted(suite.name) {
            measure(&suite);
        }
    }
    if wanted(services::NAME) {
        services::measure(args.rsvc.as_deref());
    }
    if wanted(quickstart::NAME) {
        quickstart::measure();
    }
}

/// What one candidate takes.
struct Costs {
    lines: usize,
    check: Time,
    build: Time,
    program: Time,
    bytes: u64,
}

fn measure(suite: &Suite) {
    println!("{}: {} messages; the program {}", suite.name, suite.schema.messages.len(), suite.about);
    let project = Project::new(suite);
    let costs = costs(&project, suite);
    let names: Vec<_> = suite.candidates().iter().map(|candidate| candidate.name).collect();
    let columns: Vec<_> = names.iter().map(|name| format!("{name:>21}")).collect();
    let columns = columns.concat();
    println!("{:20} {columns}   added by {} / by {}", "", suite.ours.name, suite.peer.name);
    let met = [
        row("lines", &costs, |costs| count(costs.lines as u64), |costs| costs.lines as f64),
        row("cargo check", &costs, |costs| seconds(costs.check), |costs| costs.check.processor),
        row("release build", &costs, |costs| seconds(costs.build), |costs| costs.build.processor),
        row("release program", &costs, |costs| seconds(costs.program), |costs| costs.program.processor),
        row("bytes of the program", &costs, |costs| count(costs.bytes), |costs| costs.bytes as f64),
    ];
    println!("{}", if met.iter().all(|met| *met) { "all limits met" } else { "NOT all limits met" });
}

/// All costs of the candidates of a suite, who take turns: what else the machine does is to be nobody's in particular,
/// and of several times the least has least of it.
fn costs(project: &Project, suite: &Suite) -> Vec<Costs> {
    let candidates = suite.candidates();
    let least = |rounds: usize, part: Part, cargo: &[&str]| {
        let mut least = vec![Time::MAX; candidates.len()];
        for _ in 0..rounds {
            for (least, candidate) in least.iter_mut().zip(&candidates) {
                *least = least.min(project.compile(part, candidate, suite, cargo));
            }
        }
        println!("  cargo {} of {part:?}, {rounds} rounds", cargo.join(" "));
        least
    };
    let check = least(CHECKS, Part::Messages, &["check"]);
    let build = least(BUILDS, Part::Messages, &["build", "--release"]);
    let program = least(1, Part::Program, &["build", "--release"]);
    let times = check.into_iter().zip(build).zip(program);
    let costs = candidates.iter().zip(times).map(|(candidate, ((check, build), program))| Costs {
        lines: project.lines(candidate),
        check,
        build,
        program,
        bytes: project.run(candidate),
    });
    costs.collect()
}

/// Prints a row, and says whether its limit is met.
fn row(name: &str, costs: &[Costs], show: fn(&Costs) -> String, value: fn(&Costs) -> f64) -> bool {
    let columns: Vec<_> = costs.iter().map(|costs| format!("{:>21}", show(costs))).collect();
    let columns = columns.concat();
    // Ours is added to the candidate before it, the peer to the first.
    let (Some(base), [.., own_base, ours, peer]) = (costs.first(), costs) else { return false };
    let added = value(peer) - value(base);
    if added < NOISE * value(base) {
        println!("{name:20} {columns}   the peer adds next to nothing");
        return true;
    }
    let part = (value(ours) - value(own_base)) / added;
    let met = part <= LIMIT;
    let verdict = if met { "" } else { "   above the limit" };
    println!("{name:20} {columns}   {part:.2}{verdict}");
    met
}

fn seconds(time: Time) -> String {
    format!("{:.1} s ({:.1})", time.processor, time.wall)
}

/// With a space between thousands.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(" ")
}
