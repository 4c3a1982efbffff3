//! "Did you mean": the known name closest to one that is not.

/// The candidate that differs least from `name`, if it could be a slip of the pen.
pub(crate) fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 4).clamp(1, 4);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(name, candidate, limit)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits between two names, letters' case apart; `None` above `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let letters = |s: &str| s.chars().map(|c| c.to_ascii_lowercase()).collect::<Vec<_>>();
    let (a, b) = (letters(a), letters(b));
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    // Three rows of the table: two letters that changed places count as one edit.
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut edits = (row[j] + usize::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                edits = edits.min(before[j - 1] + 1);
            }
            next.push(edits);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|&d| d <= limit)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["google/api/http.proto", "google/api/httpbody.proto", "shop/v1/shop.proto"];
        assert_eq!(closest("google/api/htpp.proto", known), Some("google/api/http.proto"));
        assert_eq!(closest("Shop/v1/shop.proto", known), Some("shop/v1/shop.proto"));
        assert_eq!(closest("other/thing.proto", known), None);
        assert_eq!(closest("titel", ["title"]), Some("title"));
        assert_eq!(closest("strin", ["string", "sint32"]), Some("string"));
    }
}
