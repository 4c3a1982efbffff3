//! Which of the languages that are there suits a caller best.

use crate::weights;

/// The index of the best of `available` for an `accept-language`, or else the first. `None` when there are none.
///
/// The caller's wishes are taken in the order of their weights. Each is looked up as RFC 4647 says: as it is, then
/// with one part less, as `de` for `de-CH`. When that finds nothing, any variety of it will do, as `de-AT` for `de`.
pub(super) fn choose(available: &[&str], accept: &str) -> Option<usize> {
    if available.is_empty() {
        return None;
    }
    // Of weight zero is what the caller does not want.
    let mut wishes: Vec<(&str, u16)> = weights::entries(accept).filter(|&(_, weight)| weight > 0).collect();
    wishes.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
    Some(wishes.iter().find_map(|(range, _)| find(available, range)).unwrap_or(0))
}

fn find(available: &[&str], range: &str) -> Option<usize> {
    if range == "*" {
        return Some(0);
    }
    let mut wanted = range;
    loop {
        if let Some(index) = available.iter().position(|tag| tag.eq_ignore_ascii_case(wanted)) {
            return Some(index);
        }
        match wanted.rsplit_once('-') {
            Some((shorter, _)) => wanted = shorter,
            None => break,
        }
    }
    available.iter().position(|tag| {
        let (prefix, rest) = tag.split_at_checked(range.len()).unwrap_or(("", ""));
        prefix.eq_ignore_ascii_case(range) && rest.starts_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wish_that_is_there_wins() {
        let all = ["en", "de", "fr-CH", "pt-BR"];
        for (accept, expected) in [
            ("", "en"),
            ("de", "de"),
            ("DE-at", "de"),
            ("fr", "fr-CH"),
            ("fr-CA, de;q=0.5", "de"),
            ("de;q=0.3, fr-CH;q=0.7", "fr-CH"),
            ("it, *;q=0.1", "en"),
            ("de;q=0, pt", "pt-BR"),
            ("de;q=0", "en"),
            ("de;q=0.000, it", "en"),
            ("de;q=0.123, fr;q=0.1", "de"),
            ("de;q=0.1234, fr;q=0.1", "fr-CH"),
            ("de;q=1.5, fr;q=0.1", "fr-CH"),
            ("de;q=1.000, fr;q=0.999", "de"),
            ("de;q=nonsense, fr-ch", "fr-CH"),
            (" ,;, de ; q=1.0", "de"),
            ("it", "en"),
            ("日本語", "en"),
        ] {
            assert_eq!(choose(&all, accept).map(|i| all[i]), Some(expected), "{accept:?}");
        }
        assert_eq!(choose(&[], "de"), None);
    }
}
