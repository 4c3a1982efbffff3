//! Time by turns: the candidates of a case take turns in short runs, so that what disturbs the machine
//! disturbs all of them, and each is judged by its best run.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Turns of each candidate, and how long one takes at least.
const TURNS: usize = 60;
const TURN: Duration = Duration::from_millis(4);

/// A way of doing what the case does.
pub(crate) struct Candidate<'a> {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Candidate<'a> {
    /// `run` returns something that depends on all of its work.
    pub(crate) fn new(name: &'static str, run: impl FnMut() -> usize + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Nanoseconds a call of each candidate, in their order.
pub(crate) fn measure(candidates: &mut [Candidate<'_>]) -> Vec<f64> {
    let rounds: Vec<u32> = candidates.iter_mut().map(|c| rounds(&mut c.run)).collect();
    let mut best = vec![f64::INFINITY; candidates.len()];
    for _ in 0..TURNS {
        for ((candidate, rounds), best) in candidates.iter_mut().zip(&rounds).zip(&mut best) {
            let nanos = time(&mut candidate.run, *rounds).as_nanos() as f64 / f64::from(*rounds);
            *best = best.min(nanos);
        }
    }
    best
}

/// How many calls fill a turn.
fn rounds(run: &mut dyn FnMut() -> usize) -> u32 {
    let mut rounds = 1;
    while time(run, rounds) < TURN {
        rounds *= 2;
    }
    rounds
}

fn time(run: &mut dyn FnMut() -> usize, rounds: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(run());
    }
    start.elapsed()
}
