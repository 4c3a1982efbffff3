//! How much a task does before others have a turn.

use std::task::{Context as Task, Poll};

/// How many bytes are worked on in one turn. It is about what a decoder makes in a tenth of a millisecond.
const TURN: usize = 64 * 1024;

/// Counts the work of a task that always finds more to do. The runtime's own budget counts what is waited for, and what
/// is there already needs no waiting; and when that budget is used up, timers do not answer either, so that a deadline
/// would never end such a task.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    done: usize,
}

impl Turn {
    /// Asks for a turn, before work is done: `Pending` where others come first, and the task is woken at once.
    #[inline]
    pub(crate) fn poll(&mut self, task: &mut Task<'_>) -> Poll<()> {
        if self.done < TURN {
            return Poll::Ready(());
        }
        self.done = 0;
        task.waker().wake_by_ref();
        Poll::Pending
    }

    /// Counts work, in bytes or what takes as long.
    #[inline]
    pub(crate) fn count(&mut self, bytes: usize) {
        self.done = self.done.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn others_come_between_two_turns() {
        let mut turn = Turn::default();
        let mut has_turn = |bytes| {
            turn.count(bytes);
            poll_fn(|task| turn.poll(task)).now_or_never().is_some()
        };
        assert!(has_turn(0));
        assert!(has_turn(TURN - 1));
        assert!(!has_turn(1));
        assert!(has_turn(0));
        assert!(!has_turn(usize::MAX));
    }
}
