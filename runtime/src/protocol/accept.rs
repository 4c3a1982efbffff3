//! What a client accepts: lists in headers whose entries have weights.

use http::{HeaderMap, HeaderName};

use crate::weights;

/// The entries of all headers of a name, without their parameters, each with its weight. What is malformed is skipped.
pub(crate) fn entries(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, u16)> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(weights::entries)
}

/// Whether one of the entries is this one.
pub(crate) fn lists(headers: &HeaderMap, name: HeaderName, entry: &str) -> bool {
    entries(headers, name).any(|(listed, _)| listed.eq_ignore_ascii_case(entry))
}

/// The weight of a media type: the range that fits it most closely says it.
pub(crate) fn weight_of(media_type: &str, ranges: &[(&str, u16)]) -> u16 {
    let kind = media_type.split('/').next().unwrap_or_default();
    let fit = |range: &str| match range.strip_suffix("/*") {
        Some("*") => Some(0),
        Some(whole) if whole.eq_ignore_ascii_case(kind) => Some(1),
        _ => range.eq_ignore_ascii_case(media_type).then_some(2),
    };
    let fitting = ranges.iter().filter_map(|&(range, weight)| Some((fit(range)?, weight)));
    fitting.max_by_key(|&(fit, _)| fit).map_or(0, |(_, weight)| weight)
}

/// A media type without its parameters.
pub(crate) fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;

    use super::*;

    #[test]
    fn all_headers_of_a_name_count() {
        let values = ["text/html, a/b;q=0.5", "c/d;q=0"];
        let headers: HeaderMap = values.iter().map(|value| (ACCEPT, value.parse().unwrap())).collect();
        let entries: Vec<_> = entries(&headers, ACCEPT).collect();
        assert_eq!(entries, [("text/html", 1000), ("a/b", 500), ("c/d", 0)]);
    }

    #[test]
    fn the_closest_range_counts() {
        let ranges = [("*/*", 100), ("text/*", 500), ("text/html", 0)];
        for (media_type, expected) in [("text/html", 0), ("Text/Plain", 500), ("image/png", 100)] {
            assert_eq!(weight_of(media_type, &ranges), expected, "{media_type}");
        }
        assert_eq!(weight_of("image/png", &ranges[1..]), 0);
    }
}
