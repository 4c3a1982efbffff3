//! All calls to the first endpoint that can be connected to
//! ([RFC 8305, section 5](https://www.rfc-editor.org/rfc/rfc8305#section-5)).

use std::sync::{Arc, Weak};

use tokio::time::{Instant, sleep_until};

use super::balancer::{Inner, State};
use super::member::Entry;
use crate::call::background;
use crate::client::settings::ATTEMPT_DELAY;

impl Inner {
    /// Keeps the one that there is, or takes the first that is connected, or sees to it that one will be.
    pub(super) fn choose_first(&self, state: &mut State) {
        let is_asked = self.balance.health_check.is_some();
        let is_good = |entry: &Entry| entry.is_serving(is_asked) && !entry.ejection.is_out();
        let chosen = state.chosen.take();
        let is_chosen =
            |entry: &Entry| chosen.as_ref().is_some_and(|chosen| Arc::ptr_eq(chosen, &entry.member));
        let entries = &state.entries;
        let good = entries.iter().position(|entry| is_chosen(entry) && is_good(entry));
        let good = good.or_else(|| entries.iter().position(is_good));
        // One that fails is better than none.
        let place =
            good.or_else(|| entries.iter().position(|entry| is_chosen(entry) && entry.is_serving(is_asked)));
        let is_new = place.is_some_and(|place| !is_chosen(&entries[place]));
        if is_new && let Some(place) = place {
            tracing::debug!(address = %entries[place].endpoint.address, "calls go to this endpoint");
        }
        state.chosen = place.map(|place| Arc::clone(&entries[place].member));
        if good.is_some() {
            state.attempted = None;
            self.disconnect_others(state);
        } else {
            self.look_for_another(state);
        }
    }

    fn look_for_another(&self, state: &mut State) {
        let is_bad = |entry: &Entry| entry.is_hopeless() || entry.ejection.is_out();
        let is_begun = state.attempted.is_some();
        if state.entries.iter().filter(|entry| entry.is_wanted).all(is_bad) {
            state.attempt_next();
        }
        if !is_begun && state.entries.iter().any(|entry| !entry.is_wanted) {
            state.attempted = Some(Instant::now());
            background::spawn(attempt_others(Weak::clone(&self.me)));
        }
    }

    /// Lets go of connections that nobody needs any more.
    fn disconnect_others(&self, state: &mut State) {
        let Some(chosen) = &state.chosen else { return };
        for entry in &mut state.entries {
            if entry.is_wanted && !Arc::ptr_eq(chosen, &entry.member) {
                let Some(fresh) = self.entry(entry.endpoint.clone()) else { continue };
                *entry = Entry { ejection: entry.ejection, ..fresh };
            }
        }
    }
}

impl State {
    /// Tries one more.
    fn attempt_next(&mut self) {
        if let Some(next) = self.entries.iter_mut().find(|entry| !entry.is_wanted) {
            next.want();
            self.attempted = Some(Instant::now());
        }
    }
}

/// Tries one after the other until one is connected.
async fn attempt_others(balancer: Weak<Inner>) {
    let mut due = Instant::now() + ATTEMPT_DELAY;
    loop {
        sleep_until(due).await;
        let Some(balancer) = balancer.upgrade() else { return };
        let mut state = balancer.lock();
        let Some(attempted) = state.attempted else { return };
        due = attempted + ATTEMPT_DELAY;
        if due <= Instant::now() {
            if state.entries.iter().all(|entry| entry.is_wanted) {
                state.attempted = None;
                return;
            }
            state.attempt_next();
            due = Instant::now() + ATTEMPT_DELAY;
        }
    }
}
