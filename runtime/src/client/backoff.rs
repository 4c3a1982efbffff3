//! How long to wait between attempts at a connection, as gRPC has it
//! ([connection back-off](https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md)).

use std::time::Duration;

use super::random::Random;

/// The pauses after attempts that fail one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    /// The first one.
    min: Duration,
    max: Duration,
}

/// By how much a pause is longer than the one before.
const FACTOR: f64 = 1.6;
/// What part of the first pause is enough when there was a connection before: a server that is started again is there soon.
const AFTER_LOSS: f64 = 0.1;

impl Backoff {
    pub(super) fn new(min: Duration, max: Duration) -> Self {
        // More is no time that could be added to another.
        let max = max.min(Duration::from_hours(24));
        Self { min: min.min(max), max }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { min: Duration::from_secs(1), max: Duration::from_mins(2) }
    }
}

/// The pauses of a host.
pub(super) struct Pauses {
    backoff: Backoff,
    /// The next one in seconds, without jitter.
    next: f64,
    random: Random,
}

impl Pauses {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self { backoff, next: backoff.min.as_secs_f64(), random: Random::new() }
    }

    /// An attempt has succeeded.
    pub(super) fn reset(&mut self) {
        self.next = self.backoff.min.as_secs_f64() * AFTER_LOSS;
    }

    /// How long after the beginning of an attempt that has failed the next one is due.
    pub(super) fn next(&mut self) -> Duration {
        let max = self.backoff.max.as_secs_f64();
        let pause = self.next.min(max);
        self.next = (pause * FACTOR).min(max);
        self.random.jittered(Duration::from_secs_f64(pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let mut pauses = Pauses::new(Backoff::default());
        let mut expected: f64 = 1.0;
        for _ in 0..20 {
            let pause = pauses.next().as_secs_f64();
            assert!((expected * 0.799..=expected * 1.201).contains(&pause), "{pause} for {expected}");
            expected = (expected * 1.6).min(120.0);
        }
        pauses.reset();
        assert!(pauses.next() < Duration::from_millis(121), "there was a connection");
    }

    #[test]
    fn clients_do_not_wait_for_the_same_time() {
        let first = |_| Pauses::new(Backoff::default()).next();
        let pauses: std::collections::HashSet<Duration> = (0..8).map(first).collect();
        assert!(pauses.len() > 1);
    }
}
