//! Limits that servers and clients have in common, with the defaults that are the same for both.

use std::time::Duration;

use super::flow::FlowControl;
use crate::message;

/// What a message from the other end may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceiveLimits {
    /// The largest message, in bytes, after decompression.
    pub(crate) size: usize,
    /// The memory that a message may take once it is read, in bytes, unless that is less than 32 times its size.
    pub(crate) memory: usize,
}

impl Default for ReceiveLimits {
    fn default() -> Self {
        Self { size: 4 << 20, memory: message::DEFAULT_MEMORY }
    }
}

/// The limits of the messages of a call, both ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageLimits {
    pub(crate) received: ReceiveLimits,
    /// The largest message that is sent, in bytes, before compression.
    pub(crate) sent_size: usize,
}

impl Default for MessageLimits {
    fn default() -> Self {
        Self { received: ReceiveLimits::default(), sent_size: usize::MAX }
    }
}

/// The limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// `None` never asks.
    pub(crate) keepalive: Option<Keepalive>,
    /// The most that received headers may have, in bytes as HTTP/2 counts them.
    pub(crate) max_header_list_size: u32,
    pub(crate) flow: FlowControl,
}

impl ConnectionLimits {
    /// The defaults, with so much time between two pings.
    pub(crate) fn with_pings_every(interval: Duration) -> Self {
        let keepalive = Keepalive { interval, timeout: Duration::from_secs(20) };
        Self { keepalive: Some(keepalive), max_header_list_size: 16 << 10, flow: FlowControl::default() }
    }

    /// The same as lengths in memory are counted.
    pub(crate) fn header_list_size(self) -> usize {
        usize::try_from(self.max_header_list_size).unwrap_or(usize::MAX)
    }
}

/// How it is found out whether the other end is still there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keepalive {
    /// How often it is asked.
    pub(crate) interval: Duration,
    /// How long it may take to answer.
    pub(crate) timeout: Duration,
}

impl Keepalive {
    /// From the setting of a builder.
    pub(crate) fn of((interval, timeout): (Duration, Duration)) -> Self {
        // Without a pause there would be nothing but pings.
        Self { interval: interval.max(Duration::from_millis(1)), timeout }
    }

    /// How long an end that is gone goes unnoticed at most.
    #[cfg(feature = "client")]
    pub(crate) fn longest(self) -> Duration {
        self.interval.saturating_add(self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_pause_between_pings() {
        let Keepalive { interval, timeout } = Keepalive::of((Duration::ZERO, Duration::ZERO));
        assert!(!interval.is_zero());
        assert!(timeout.is_zero());
        let minute = Duration::from_mins(1);
        assert_eq!(Keepalive::of((minute, minute)).interval, minute);
    }
}
