//! [`RetryPolicy`]: when a failed call is made again, as a constant that generated code writes down.

use std::time::Duration;

use rsvc_common::retries;

use crate::bridge::Code;

/// When a client makes a call again by itself: the option `retry` of `rsvc/v1/rsvc.proto`.
///
/// A policy either retries, one attempt after the other with a growing pause between them, or hedges: it sends further
/// attempts while the first ones are under way, and takes the first answer
/// ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).
///
/// ```
/// use std::time::Duration;
/// use rsvc::{Code, RetryPolicy};
///
/// const PATIENT: RetryPolicy = RetryPolicy::retry()
///     .max_attempts(5)
///     .initial_backoff(Duration::from_millis(200))
///     .codes(&[Code::Unavailable, Code::Aborted]);
/// const QUICK: RetryPolicy = RetryPolicy::hedge(Duration::from_millis(50));
///
/// assert_ne!(PATIENT, QUICK);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    pub(crate) kind: RetryKind,
    /// How many attempts a call has, the first one included.
    pub(crate) max_attempts: u32,
    pub(crate) codes: Codes,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RetryKind {
    Off,
    /// One attempt after the other.
    Backoff {
        initial: Duration,
        max: Duration,
        multiplier: f64,
    },
    /// Several attempts at once, one more each time that this has passed.
    Hedge {
        delay: Duration,
    },
}

impl RetryPolicy {
    /// No attempt but the first.
    pub const OFF: Self = Self { kind: RetryKind::Off, max_attempts: 1, codes: Codes::NONE };

    /// The most attempts that a call can have.
    pub const MAX_ATTEMPTS: u32 = retries::MAX_ATTEMPTS;

    /// Up to 3 attempts after `UNAVAILABLE`, with a pause of 100 ms before the second that doubles up to 1 s.
    #[must_use]
    pub const fn retry() -> Self {
        Self {
            kind: RetryKind::Backoff {
                initial: retries::INITIAL_BACKOFF,
                max: retries::INITIAL_BACKOFF.saturating_mul(retries::MAX_BACKOFF_FACTOR),
                multiplier: retries::MULTIPLIER,
            },
            max_attempts: retries::ATTEMPTS,
            codes: Codes::of(&[Code::Unavailable]),
        }
    }

    /// Sends a second attempt if the first one has no answer after `delay`, and takes the answer that comes first. An attempt
    /// that fails with `UNAVAILABLE` is followed by the next at once; any other error is the outcome of the call.
    #[must_use]
    pub const fn hedge(delay: Duration) -> Self {
        Self {
            kind: RetryKind::Hedge { delay },
            max_attempts: retries::HEDGED_ATTEMPTS,
            codes: Codes::of(&[Code::Unavailable]),
        }
    }

    /// Sets how many attempts a call has, the first one included; at most [`MAX_ATTEMPTS`](Self::MAX_ATTEMPTS).
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = if attempts < Self::MAX_ATTEMPTS { attempts } else { Self::MAX_ATTEMPTS };
        self
    }

    /// Sets the pause before the second attempt. Each pause is up to a fifth shorter or longer than told. Of no effect on a
    /// policy that hedges.
    #[must_use]
    pub const fn initial_backoff(mut self, pause: Duration) -> Self {
        if let RetryKind::Backoff { initial, .. } = &mut self.kind {
            *initial = pause;
        }
        self
    }

    /// Sets the longest pause. Of no effect on a policy that hedges.
    #[must_use]
    pub const fn max_backoff(mut self, pause: Duration) -> Self {
        if let RetryKind::Backoff { max, .. } = &mut self.kind {
            *max = pause;
        }
        self
    }

    /// Sets by how much each pause is longer than the one before. Of no effect on a policy that hedges.
    #[must_use]
    pub const fn multiplier(mut self, factor: f64) -> Self {
        if let RetryKind::Backoff { multiplier, .. } = &mut self.kind {
            *multiplier = factor;
        }
        self
    }

    /// Sets the codes after which there is another attempt.
    #[must_use]
    pub const fn codes(mut self, codes: &[Code]) -> Self {
        self.codes = Codes::of(codes);
        self
    }
}

/// A set of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Codes(u32);

impl Codes {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(codes: &[Code]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < codes.len() {
            bits |= 1 << codes[index] as u32;
            index += 1;
        }
        Self(bits)
    }

    #[cfg(feature = "client")]
    pub(crate) const fn contains(self, code: Code) -> bool {
        self.0 & 1 << code as u32 != 0
    }
}
