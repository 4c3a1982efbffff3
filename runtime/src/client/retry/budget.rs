//! What holds retries back when most calls fail: tokens that failures take and successes bring.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::client::service_config::Throttling;

/// The tokens of a channel.
///
/// Every failure that another attempt could follow takes one, and every success brings a part of one. With no more than half
/// of them left, no call is made again.
#[derive(Debug)]
pub(super) struct Budget {
    /// In thousandths, as all of these.
    tokens: AtomicU32,
    limits: Throttling,
}

/// A token.
const ONE: u32 = Throttling::TOKEN;

impl Budget {
    pub(super) fn new(limits: Throttling) -> Self {
        Self { tokens: AtomicU32::new(limits.max), limits }
    }

    /// A call went well.
    #[inline]
    pub(super) fn succeeded(&self) {
        if self.tokens.load(Ordering::Relaxed) < self.limits.max {
            self.refill();
        }
    }

    #[cold]
    fn refill(&self) {
        let Throttling { max, ratio } = self.limits;
        self.change(|tokens| tokens.saturating_add(ratio).min(max));
    }

    /// An attempt has failed. Whether there may be another.
    pub(super) fn failed(&self) -> bool {
        self.change(|tokens| tokens.saturating_sub(ONE)) && self.is_enough()
    }

    /// Whether there may be another attempt.
    pub(super) fn is_enough(&self) -> bool {
        self.tokens.load(Ordering::Relaxed) > self.limits.max / 2
    }

    /// Whether there may be another attempt after one that `counts` as a failure or not.
    pub(super) fn may_go_on(budget: Option<&Self>, counts: bool) -> bool {
        match budget {
            Some(budget) if counts => budget.failed(),
            Some(budget) => budget.is_enough(),
            None => true,
        }
    }

    fn change(&self, to: impl Fn(u32) -> u32) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| Some(to(tokens))).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_tokens_are_for_retries() {
        let budget = Budget::new(Throttling::new(10, 0.1));
        let allowed: Vec<bool> = (0..6).map(|_| budget.failed()).collect();
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
        let budget = Budget::new(Throttling::new(2, 1.5));
        for _ in 0..5 {
            budget.failed();
        }
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 0);
        budget.succeeded();
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 1500);
        budget.succeeded();
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 2000);
    }
}
