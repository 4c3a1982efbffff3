//! How much a task does before it yields to others.

use std::task::{Context as Task, Poll};

/// How many bytes are worked on between two yields. It is about what a decoder makes in a tenth of a millisecond.
const BUDGET: usize = 64 * 1024;

/// Counts the work of a task that always finds more to do. The runtime's own budget counts what is waited for, and what
/// is there already needs no waiting; and when that budget is used up, timers do not answer either, so that a deadline
/// would never end such a task.
#[derive(Debug, Default)]
pub(crate) struct YieldBudget {
    spent: usize,
}

impl YieldBudget {
    /// Asked before work is done: `Pending` if the budget is spent, where the task is woken at once and has all of it
    /// again.
    #[inline]
    pub(crate) fn poll_proceed(&mut self, task: &mut Task<'_>) -> Poll<()> {
        if self.spent < BUDGET {
            return Poll::Ready(());
        }
        self.spent = 0;
        task.waker().wake_by_ref();
        Poll::Pending
    }

    /// Counts work, in bytes or what takes as long.
    #[inline]
    pub(crate) fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_task_yields_when_its_budget_is_spent() {
        let mut budget = YieldBudget::default();
        let mut proceeds_after = |bytes| {
            budget.spend(bytes);
            poll_fn(|task| budget.poll_proceed(task)).now_or_never().is_some()
        };
        assert!(proceeds_after(0));
        assert!(proceeds_after(BUDGET - 1));
        assert!(!proceeds_after(1));
        assert!(proceeds_after(0));
        assert!(!proceeds_after(usize::MAX));
    }
}
