//! Which task is woken.

use std::task::{Context as Task, Waker};

/// Whether it is another task than the one before that asks, and therefore has to be made known to what may wake it.
#[inline]
pub(super) fn is_new(known: &mut Option<Waker>, task: &Task<'_>) -> bool {
    if known.as_ref().is_some_and(|known| known.will_wake(task.waker())) {
        return false;
    }
    *known = Some(task.waker().clone());
    true
}
