//! What holds retries back when many calls fail.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tower::retry::budget::{Budget as _, TpsBudget};

use crate::client::service_config::Throttling;

/// What a channel may spend on attempts that are not the first of a call.
#[derive(Debug)]
pub(super) enum Budget {
    Share(Share),
    Tokens(RetryTokens),
}

impl Budget {
    /// A call went well.
    #[inline]
    pub(super) fn succeeded(&self) {
        match self {
            Self::Share(share) => share.succeeded(),
            Self::Tokens(tokens) => tokens.succeeded(),
        }
    }

    /// An attempt has failed.
    pub(super) fn failed(&self) {
        match self {
            // A share of the calls is spent by attempts, not by failures.
            Self::Share(_) => {}
            Self::Tokens(tokens) => tokens.failed(),
        }
    }

    /// Whether there may be another attempt, which then begins.
    pub(super) fn take(&self) -> bool {
        match self {
            Self::Share(share) => share.budget.withdraw(),
            Self::Tokens(tokens) => tokens.is_enough(),
        }
    }

    /// Whether another attempt is worth waiting for.
    pub(super) fn is_enough(&self) -> bool {
        match self {
            // It may have grown by then.
            Self::Share(_) => true,
            Self::Tokens(tokens) => tokens.is_enough(),
        }
    }
}

/// A share of the calls that went well in the last [`WINDOW`], and a few besides.
///
/// A connection that breaks ends all calls on it at once. So what is needed grows with the calls, and a budget that does not
/// grow with them is too small for busy channels, or too large for the others.
#[derive(Debug)]
pub(super) struct Share {
    budget: TpsBudget,
    /// Calls that went well; each [`BATCH`] of them is one deposit, which has to ask for the time.
    succeeded: AtomicU32,
}

/// How long a call counts.
const WINDOW: Duration = Duration::from_secs(10);
/// Calls in a deposit.
const BATCH: u16 = 16;

impl Share {
    /// Attempts for a `share` of the calls, 0 to 10, and `per_second` of them besides.
    pub(super) fn new(share: f32, per_second: u16) -> Self {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 10.0) };
        Self {
            budget: TpsBudget::new(WINDOW, u32::from(per_second), share * f32::from(BATCH)),
            succeeded: AtomicU32::new(0),
        }
    }

    #[inline]
    fn succeeded(&self) {
        let earlier = self.succeeded.fetch_add(1, Ordering::Relaxed);
        if earlier % u32::from(BATCH) == u32::from(BATCH) - 1 {
            self.deposit();
        }
    }

    #[cold]
    fn deposit(&self) {
        self.budget.deposit();
    }
}

impl Default for Share {
    /// A fifth of the calls, and five a second.
    fn default() -> Self {
        Self::new(0.2, 5)
    }
}

/// The tokens of a channel ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs)).
///
/// Every failure that another attempt could follow takes one, and every success brings a part of one. With no more than half
/// of them left, no call is made again.
#[derive(Debug)]
pub(super) struct RetryTokens {
    /// In thousandths, as all of these.
    tokens: AtomicU32,
    limits: Throttling,
}

/// A token.
const ONE: u32 = Throttling::TOKEN;

impl RetryTokens {
    pub(super) fn new(limits: Throttling) -> Self {
        Self { tokens: AtomicU32::new(limits.max), limits }
    }

    #[inline]
    fn succeeded(&self) {
        if self.tokens.load(Ordering::Relaxed) < self.limits.max {
            self.refill();
        }
    }

    #[cold]
    fn refill(&self) {
        let Throttling { max, ratio } = self.limits;
        self.change(|tokens| tokens.saturating_add(ratio).min(max));
    }

    fn failed(&self) {
        self.change(|tokens| tokens.saturating_sub(ONE));
    }

    fn is_enough(&self) -> bool {
        self.tokens.load(Ordering::Relaxed) > self.limits.max / 2
    }

    fn change(&self, to: impl Fn(u32) -> u32) {
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| Some(to(tokens)))
            .expect("there is always a new value");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many attempts there may be, of so many that are wanted.
    fn taken(budget: &Budget, wanted: usize) -> usize {
        (0..wanted).filter(|_| budget.take()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_grows_with_the_calls_of_the_last_seconds() {
        let budget = Budget::Share(Share::new(0.2, 5));
        // Five a second, for ten seconds.
        assert_eq!(taken(&budget, 1000), 50);
        assert_eq!(taken(&budget, 1000), 0);
        for _ in 0..3200 {
            budget.succeeded();
        }
        // `TpsBudget` rounds the price of an attempt down: a fifth becomes a little more.
        let granted = taken(&budget, 10_000);
        assert!((635..=650).contains(&granted), "{granted}");
        tokio::time::advance(WINDOW * 2).await;
        assert_eq!(taken(&budget, 1000), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_take_nothing_of_a_share() {
        let budget = Budget::Share(Share::new(0.0, 1));
        for _ in 0..100 {
            budget.failed();
        }
        for _ in 0..1000 {
            budget.succeeded();
        }
        assert_eq!(taken(&budget, 100), 10);
        for (share, per_second) in [(f32::NAN, 1), (-1.0, 1), (f32::INFINITY, u16::MAX)] {
            assert!(Budget::Share(Share::new(share, per_second)).take());
        }
    }

    #[test]
    fn half_of_the_tokens_are_for_retries() {
        let budget = Budget::Tokens(RetryTokens::new(Throttling::new(10, 0.1)));
        let allowed: Vec<bool> = (0..6)
            .map(|_| {
                budget.failed();
                budget.take()
            })
            .collect();
        // 9, 8, 7, 6, 5, 4
        assert_eq!(allowed, [true, true, true, true, false, false]);
        for _ in 0..10 {
            assert!(!budget.is_enough());
            budget.succeeded();
        }
        assert!(!budget.is_enough(), "half of them is not more than half");
        budget.succeeded();
        assert!(budget.is_enough());
    }

    #[test]
    fn tokens_stay_between_none_and_all() {
        let tokens = RetryTokens::new(Throttling::new(2, 1.5));
        for _ in 0..5 {
            tokens.failed();
        }
        assert_eq!(tokens.tokens.load(Ordering::Relaxed), 0);
        tokens.succeeded();
        assert_eq!(tokens.tokens.load(Ordering::Relaxed), 1500);
        tokens.succeeded();
        assert_eq!(tokens.tokens.load(Ordering::Relaxed), 2000);
    }
}
