//! What the quick start of the README costs from nothing, with all that it depends on, beside the same service with tonic.

mod start;

use crate::cost::Time;
use crate::seconds;
use start::Start;

/// The name of the suite.
pub(crate) const NAME: &str = "quickstart";

/// How often each is built.
const ROUNDS: usize = 2;

/// Builds each of them, in turns: of several times the least has least of what else the machine does.
pub(crate) fn measure() {
    println!("{NAME}: `cargo build` of a fresh crate with one service, from nothing, the least of {ROUNDS}");
    let starts = start::all();
    let mut least = vec![Time::MAX; starts.len()];
    for _ in 0..ROUNDS {
        for (least, start) in least.iter_mut().zip(&starts) {
            *least = least.min(start.build());
        }
    }
    let peer = least.last().expect("the peer is built").processor;
    println!("{:32}{:>18}{:>9}{:>9}", "", "CPU", "crates", "/ tonic");
    let mut met = true;
    for (start, time) in starts.iter().zip(least) {
        let Start { name, limit, .. } = start;
        let ratio = time.processor / peer;
        let limit = limit.filter(|limit| ratio > *limit);
        let verdict = limit.map_or_else(String::new, |limit| format!("   above the limit of {limit}"));
        met &= limit.is_none();
        println!("{name:32}{:>18}{:>9}{ratio:>9.2}{verdict}", seconds(time), start.crates());
    }
    println!("{}", if met { "all limits met" } else { "NOT all limits met" });
}
