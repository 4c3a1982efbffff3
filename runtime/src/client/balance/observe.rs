//! What the balancer makes of what it is told of an endpoint.

use std::sync::Arc;

use tokio::time::Instant;

use super::balancer::Inner;
use super::member::{Member, Observer, Phase};
use super::ready::reason;
use crate::client::attempts::State;

impl Observer for Inner {
    fn saw_state(&self, member: &Arc<Member>, state: &State) {
        let mut has_failed = false;
        self.change(member, |entry| {
            let phase = match (state, &entry.phase) {
                (State::Ready, _) => Phase::Ready,
                (State::Failed(failure), _) => Phase::Failed(reason(failure)),
                // It stays so until there is a connection.
                (_, Phase::Failed(reason)) => Phase::Failed(Arc::clone(reason)),
                (_, Phase::Idle | Phase::Connecting | Phase::Ready) => Phase::Connecting,
            };
            let was_ready = entry.is_ready();
            let address = &entry.endpoint.address;
            match &phase {
                Phase::Ready if matches!(entry.phase, Phase::Failed(_)) => {
                    tracing::info!(%address, "an endpoint is connected again");
                }
                Phase::Ready if !was_ready => tracing::debug!(%address, "an endpoint is connected"),
                Phase::Failed(reason) if !matches!(entry.phase, Phase::Failed(_)) => {
                    tracing::info!(%address, %reason, "an endpoint cannot be connected");
                }
                Phase::Connecting if was_ready => {
                    tracing::debug!(%address, "the connection to an endpoint was lost");
                }
                _ => {}
            }
            let is_ready = matches!(phase, Phase::Ready);
            has_failed = was_ready && !is_ready || matches!(state, State::Failed(_));
            if !is_ready {
                entry.healthy = None;
            }
            entry.phase = phase;
        });
        if has_failed {
            self.failures.notify_one();
        }
    }

    fn saw_health(&self, member: &Arc<Member>, is_healthy: bool) {
        self.change(member, |entry| {
            if entry.healthy != Some(is_healthy) {
                let address = &entry.endpoint.address;
                tracing::info!(%address, is_healthy, "the health of an endpoint has changed");
            }
            entry.healthy = Some(is_healthy);
        });
    }

    #[cold]
    fn saw_failures(&self, member: &Arc<Member>, in_row: u32) {
        let Some(outliers) = &self.balance.outliers else { return };
        if !outliers.is_enough(in_row) {
            return;
        }
        let mut state = self.lock();
        let Some(place) = state.entries.iter().position(|entry| Arc::ptr_eq(&entry.member, member)) else {
            return;
        };
        member.forget_row();
        let mut ejections = state.ejections();
        if outliers.eject_one(Instant::now(), &mut ejections, place) {
            let address = &state.entries[place].endpoint.address;
            tracing::info!(%address, in_row, "an endpoint is ejected: its calls fail");
            state.entries[place].ejection = ejections[place];
            self.rebuild(&mut state);
        }
    }
}
