//! When calls are made again if little is said: what the option `retry` leaves out, and the limits of what it may say.

use std::ops::RangeInclusive;
use std::time::Duration;

/// How many attempts a call has, the first one included.
pub const ATTEMPTS: u32 = 3;

/// How many attempts a call has that is hedged.
pub const HEDGED_ATTEMPTS: u32 = 2;

/// The most attempts that a call can have (gRFC A6).
pub const MAX_ATTEMPTS: u32 = 5;

/// The pause before the second attempt.
pub const INITIAL_BACKOFF: Duration = Duration::from_millis(100);

/// By how much the longest pause is longer than the first.
pub const MAX_BACKOFF_FACTOR: u32 = 10;

/// By how much each pause is longer than the one before.
pub const MULTIPLIER: f64 = 2.0;

/// What can be said in the place of [`MULTIPLIER`].
pub const MULTIPLIERS: RangeInclusive<f64> = 1.0..=10.0;
