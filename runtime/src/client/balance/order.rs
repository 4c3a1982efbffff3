//! In which order endpoints are tried, and which of many a client uses.

use std::net::SocketAddr;

use crate::client::random::hash;

/// The two families by turns, beginning with that of the first
/// ([RFC 8305, section 4](https://www.rfc-editor.org/rfc/rfc8305#section-4)). What has none goes with the first.
pub(super) fn interleave<T>(items: Vec<T>, address: impl Fn(&T) -> Option<SocketAddr>) -> Vec<T> {
    let is_ipv6 = |item: &T| address(item).map(|address| address.is_ipv6());
    let Some(first) = items.iter().find_map(is_ipv6) else { return items };
    let count = items.len();
    let (same, other): (Vec<T>, Vec<T>) =
        items.into_iter().partition(|item| is_ipv6(item).is_none_or(|is_ipv6| is_ipv6 == first));
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        all.extend(same.next());
        all.extend(other.next());
    }
    all
}

/// Which `size` endpoints a client uses, as their places in rising order: those that score highest with it (rendezvous
/// hashing). Clients spread over all endpoints, and where one endpoint goes, only its clients change, each by one.
pub(super) fn subset(client: &str, addresses: &[&str], size: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..addresses.len()).collect();
    if size < places.len() {
        places.sort_by_cached_key(|place| std::cmp::Reverse(hash(&[client, addresses[*place]])));
        places.truncate(size);
        places.sort_unstable();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let order = |addresses: &[&'static str]| {
            interleave(addresses.to_vec(), |address| address.parse().ok()).join(" ")
        };
        assert_eq!(
            order(&["[::1]:1", "[::2]:1", "[::3]:1", "1.0.0.1:1", "1.0.0.2:1"]),
            "[::1]:1 1.0.0.1:1 [::2]:1 1.0.0.2:1 [::3]:1"
        );
        assert_eq!(order(&["1.0.0.1:1", "1.0.0.2:1", "[::1]:1"]), "1.0.0.1:1 [::1]:1 1.0.0.2:1");
        assert_eq!(order(&["a:1", "[::1]:1", "b:1", "1.0.0.1:1"]), "a:1 1.0.0.1:1 [::1]:1 b:1");
        assert_eq!(order(&["a:1", "b:1"]), "a:1 b:1");
        assert_eq!(order(&[]), "");
    }

    fn addresses(count: usize) -> Vec<String> {
        (0..count).map(|host| format!("10.0.{}.{}:8080", host / 200, host % 200)).collect()
    }

    fn used(clients: usize, addresses: &[String], size: usize) -> Vec<usize> {
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let mut used = vec![0; addresses.len()];
        for client in 0..clients {
            let places = subset(&format!("client-{client}"), &addresses, size);
            assert_eq!(places.len(), size.min(addresses.len()));
            assert!(places.is_sorted());
            for place in places {
                used[place] += 1;
            }
        }
        used
    }

    #[test]
    fn clients_spread_over_all_endpoints() {
        // 1,000 clients with 10 of 50: 200 for each endpoint, with a deviation of about 13.
        let used = used(1_000, &addresses(50), 10);
        assert!(used.iter().all(|clients| (140..260).contains(clients)), "{used:?}");
    }

    #[test]
    fn who_wants_all_has_all() {
        assert_eq!(subset("a", &["x", "y"], 2), [0, 1]);
        assert_eq!(subset("a", &["x", "y"], 10), [0, 1]);
        assert!(subset("a", &[], 3).is_empty());
    }

    #[test]
    fn the_order_of_endpoints_does_not_matter() {
        let (all, mut turned) = (addresses(20), addresses(20));
        turned.reverse();
        let chosen = |addresses: &[String]| {
            let texts: Vec<&str> = addresses.iter().map(String::as_str).collect();
            let mut chosen: Vec<_> =
                subset("me", &texts, 5).into_iter().map(|place| texts[place].to_owned()).collect();
            chosen.sort();
            chosen
        };
        assert_eq!(chosen(&all), chosen(&turned));
    }

    #[test]
    fn when_one_goes_a_client_changes_one_at_most() {
        let all = addresses(30);
        let texts: Vec<&str> = all.iter().map(String::as_str).collect();
        for client in 0..100 {
            let client = format!("client-{client}");
            let before: Vec<&str> =
                subset(&client, &texts, 8).into_iter().map(|place| texts[place]).collect();
            let after: Vec<&str> =
                subset(&client, &texts[1..], 8).into_iter().map(|place| texts[place + 1]).collect();
            let gone = before.iter().filter(|address| !after.contains(address)).count();
            assert_eq!(gone, usize::from(before.contains(&texts[0])), "{client}");
        }
    }
}
