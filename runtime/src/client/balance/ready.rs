//! Which endpoints are used, connected, and sent to.

use std::error::Error;
use std::sync::Arc;

use super::endpoint::Endpoint;
use super::member::{Entry, Member};
use super::order::{interleave, subset};
use super::pick::{Choice, Picker};
use super::policy::Balance;
use crate::client::random::Random;
use crate::protocol::client::innermost;

/// The endpoints that a client uses of those that there are, in the order in which they are tried.
pub(super) fn choose(balance: &Balance, endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
    let mut all: Vec<Endpoint> = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints {
        // The same once more weighs as much more.
        match all.iter_mut().find(|known| known.is_same_server(&endpoint)) {
            Some(known) => known.weight = known.weight.saturating_add(endpoint.weight),
            None => all.push(endpoint),
        }
    }
    all.sort_by_key(|endpoint| endpoint.priority);
    let mut chosen = Vec::with_capacity(all.len());
    for same in all.chunk_by_mut(|one, other| one.priority == other.priority) {
        if balance.shuffle {
            Random::new().shuffle(same);
        }
        let mut same = same.to_vec();
        if let Some(part) = &balance.subset {
            let addresses: Vec<&str> = same.iter().map(|endpoint| endpoint.address.as_str()).collect();
            let places = subset(&part.client, &addresses, part.size);
            same = places.into_iter().map(|place| same[place].clone()).collect();
        }
        if balance.choice == Choice::First {
            same = interleave(same, |endpoint| endpoint.address.parse().ok());
        }
        chosen.extend(same);
    }
    chosen
}

/// Has those connected that are needed: all of the first priority, and of the next where nothing is to be expected of
/// those before.
pub(super) fn want(entries: &mut [Entry]) {
    for same in entries.chunk_by_mut(|one, other| one.endpoint.priority == other.endpoint.priority) {
        same.iter_mut().for_each(Entry::want);
        if !same.iter().all(Entry::is_hopeless) {
            break;
        }
    }
}

/// Those that can take calls, of the first priority that has any, with their weights.
pub(super) fn usable(entries: &[Entry], balance: &Balance) -> Vec<(Arc<Member>, u32)> {
    let is_asked = balance.health_check.is_some();
    for same in entries.chunk_by(|one, other| one.endpoint.priority == other.endpoint.priority) {
        let ready: Vec<&Entry> = same.iter().filter(|entry| entry.is_ready()).collect();
        let serving: Vec<&Entry> = ready.iter().copied().filter(|entry| entry.is_serving(is_asked)).collect();
        let good: Vec<&Entry> = serving.iter().copied().filter(|entry| !entry.ejection.is_out()).collect();
        let is_panic =
            good.len() * 100 < ready.len() * usize::try_from(balance.panic_percent).unwrap_or(usize::MAX);
        let used = if is_panic {
            tracing::debug!(
                good = good.len(),
                connected = ready.len(),
                "all endpoints are used, also the bad ones"
            );
            ready
        } else if good.is_empty() {
            serving
        } else {
            good
        };
        if !used.is_empty() {
            return used.iter().map(|entry| (Arc::clone(&entry.member), entry.endpoint.weight)).collect();
        }
    }
    Vec::new()
}

/// What can take calls now.
pub(super) struct Ready {
    members: Vec<Arc<Member>>,
    weights: Vec<u32>,
    picker: Picker,
}

impl Ready {
    pub(super) fn nothing() -> Self {
        Self { members: Vec::new(), weights: Vec::new(), picker: Picker::First }
    }

    pub(super) fn set(&mut self, choice: Choice, usable: Vec<(Arc<Member>, u32)>) {
        let (members, weights): (Vec<_>, Vec<_>) = usable.into_iter().unzip();
        // Whose turn it is stays if nothing has changed.
        let is_same = members.len() == self.members.len()
            && members.iter().zip(&self.members).all(|(one, other)| Arc::ptr_eq(one, other));
        if !is_same || weights != self.weights {
            self.picker = Picker::new(choice, &weights, Random::new());
            (self.members, self.weights) = (members, weights);
        }
    }

    /// The one for the next call.
    #[inline]
    pub(super) fn pick(&mut self) -> Option<&Arc<Member>> {
        if self.members.is_empty() {
            return None;
        }
        let members = &self.members;
        Some(&members[self.picker.pick(|place| members[place].in_flight())])
    }

    /// One for a call that others have not taken.
    pub(super) fn pick_other(&mut self, tried: &[Arc<Member>]) -> Option<&Arc<Member>> {
        let is_new = |member: &Arc<Member>| !tried.iter().any(|tried| Arc::ptr_eq(tried, member));
        let members = &self.members;
        let picked = (0..members.len()).map(|_| self.picker.pick(|place| members[place].in_flight()));
        picked
            .map(|place| &members[place])
            .find(|member| is_new(member))
            .or_else(|| members.iter().find(|member| is_new(member)))
    }
}

/// What an error comes from, for others to read.
pub(super) fn reason(error: &(dyn Error + 'static)) -> Arc<str> {
    innermost(error).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(balance: &Balance, endpoints: impl IntoIterator<Item = Endpoint>) -> Vec<(String, u32)> {
        let chosen = choose(balance, endpoints.into_iter().collect());
        chosen.into_iter().map(|endpoint| (endpoint.address, endpoint.weight)).collect()
    }

    fn named(names: &str) -> Vec<Endpoint> {
        names.split(' ').map(Endpoint::from).collect()
    }

    #[test]
    fn who_is_named_twice_weighs_twice_as_much() {
        let endpoints = [Endpoint::new("a:1"), Endpoint::new("b:1"), Endpoint::new("a:1").weight(3)];
        assert_eq!(addresses(&Balance::round_robin(), endpoints), [("a:1".into(), 4), ("b:1".into(), 1)]);
        let endpoints = [Endpoint::new("a:1"), Endpoint::new("a:1").authority("other")];
        assert_eq!(addresses(&Balance::round_robin(), endpoints).len(), 2, "they are two servers");
    }

    #[test]
    fn priorities_come_in_their_order_with_a_subset_of_each() {
        let far = named("x:1 y:1 z:1").into_iter().map(|endpoint| endpoint.priority(7));
        let endpoints: Vec<_> = far.chain(named("a:1 b:1 c:1")).collect();
        let names = |balance: Balance| {
            let chosen = addresses(&balance, endpoints.clone());
            chosen.into_iter().map(|(address, _)| address).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(Balance::round_robin()), "a:1 b:1 c:1 x:1 y:1 z:1");
        let some = names(Balance::round_robin().subset(2, "me"));
        assert_eq!(some.split(' ').count(), 4);
        assert_eq!(some.split(' ').take_while(|name| *name < "d").count(), 2);
    }

    #[test]
    fn the_first_is_looked_for_in_both_families() {
        let endpoints = named("[::1]:1 [::2]:1 1.0.0.1:1");
        let chosen = addresses(&Balance::pick_first(), endpoints);
        assert_eq!(
            chosen.iter().map(|(address, _)| address.as_str()).collect::<Vec<_>>(),
            ["[::1]:1", "1.0.0.1:1", "[::2]:1"]
        );
    }
}
