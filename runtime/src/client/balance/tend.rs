//! Keeps an endpoint connected, and knows how it is.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::{Instant, sleep_until};

use super::health::HealthCheck;
use super::member::Member;
use crate::client::attempts::State;

/// How long a connection has to last so that the next one is made at once: a server may close each one that it accepts.
const PAUSE: Duration = Duration::from_secs(1);

/// Tends an endpoint from when somebody wants it, as long as it is one.
pub(super) async fn tend(member: Arc<Member>, check: Option<HealthCheck>) {
    member.wanted.notified().await;
    let mut states = member.host.state();
    let mut connected: Option<Instant> = None;
    let mut is_fickle = false;
    loop {
        let state = states.borrow_and_update().clone();
        let Some(observer) = member.observer.upgrade() else { return };
        observer.saw_state(&member, &state);
        drop(observer);
        match state {
            State::Ready => {
                connected = Some(Instant::now());
                let changed = pin!(states.changed());
                match &check {
                    None => drop(changed.await),
                    Some(check) => {
                        let checking = pin!(check.run(|is_healthy| {
                            if let Some(observer) = member.observer.upgrade() {
                                observer.saw_health(&member, is_healthy);
                            }
                        }));
                        select(changed, checking).await;
                    }
                }
            }
            State::Connecting => drop(states.changed().await),
            State::Idle | State::Failed(_) => {
                if let Some(connected) = connected.take() {
                    let was_fickle = std::mem::replace(&mut is_fickle, connected.elapsed() < PAUSE);
                    if was_fickle && is_fickle {
                        sleep_until(connected + PAUSE).await;
                    }
                }
                let connecting = pin!(member.host.connect());
                let waits = match select(connecting, pin!(states.changed())).await {
                    // In a pause it fails at once, and is tried at the end of the pause.
                    Either::Left(_) => true,
                    Either::Right(_) => false,
                };
                if waits {
                    drop(states.changed().await);
                }
            }
        }
    }
}
