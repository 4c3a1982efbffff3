//! When clients make a call again: `rsvc.v1.Retry`.

use std::time::Duration;

/// When clients make a call again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    pub kind: RetryKind,
    /// `None`: the default of the runtime.
    pub max_attempts: Option<u32>,
    /// The names of the codes in Rust; empty is the default of the runtime.
    pub codes: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RetryKind {
    Off,
    /// With the defaults of the runtime for what is `None`.
    Backoff {
        initial: Option<Duration>,
        max: Option<Duration>,
        multiplier: Option<f64>,
    },
    Hedge {
        delay: Duration,
    },
}
