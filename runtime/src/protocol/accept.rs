//! What a client accepts: lists in headers whose entries have weights.

use http::{HeaderMap, HeaderName};

/// The weight of what is accepted without reserve; weights are in thousandths.
pub(crate) const FULL: u16 = 1000;

/// The entries of all headers of a name, without their parameters, each with its weight. What is malformed is skipped.
pub(crate) fn entries(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, u16)> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|entry| {
        let mut parameters = entry.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
        let weight = parameters.find(|(key, _)| key.trim().eq_ignore_ascii_case("q"));
        let weight = weight.map_or(Some(FULL), |(_, text)| thousandths(text.trim()))?;
        Some((essence(entry), weight)).filter(|(name, _)| !name.is_empty())
    })
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

/// `0`, `1`, or a number between them with up to three digits.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    if digits.len() > 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part = format!("{digits:0<3}").parse::<u16>().ok()?;
    match (whole, part) {
        ("0", part) => Some(part),
        ("1", 0) => Some(FULL),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (ACCEPT, value.parse().unwrap())).collect()
    }

    #[test]
    fn weights_and_what_has_none() {
        let headers = headers(&[
            "text/html, application/json;q=0.8 ; x=y",
            "a/b; v=1; Q=0, c/d;q=2,e/f;q=0.1234, ,*/*;q=.5",
        ]);
        let entries: Vec<_> = entries(&headers, ACCEPT).collect();
        assert_eq!(entries, [("text/html", 1000), ("application/json", 800), ("a/b", 0)]);
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
