//! What a caller would rather have: lists in headers whose entries have weights (RFC 9110, section 12.4.2).

/// The weight of what is accepted without reserve; weights are in thousandths.
pub(crate) const FULL: u16 = 1000;

/// The entries of a header, without their parameters, each with its weight. What is malformed is skipped.
pub(crate) fn entries(value: &str) -> impl Iterator<Item = (&str, u16)> {
    value.split(',').filter_map(|entry| {
        let mut parameters = entry.split(';');
        let name = parameters.next().unwrap_or_default().trim();
        let weight = parameters.filter_map(|parameter| parameter.split_once('='));
        let weight =
            weight.map(|(key, text)| (key.trim(), text)).find(|(key, _)| key.eq_ignore_ascii_case("q"));
        let weight = weight.map_or(Some(FULL), |(_, text)| thousandths(text.trim()))?;
        (!name.is_empty()).then_some((name, weight))
    })
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
    use super::entries;

    #[test]
    fn weights_and_what_has_none() {
        for (value, expected) in [
            (
                "text/html, application/json;q=0.8 ; x=y",
                &[("text/html", 1000), ("application/json", 800)][..],
            ),
            ("a/b; v=1; Q=0, c/d;q=2,e/f;q=0.1234, ,*/*;q=.5", &[("a/b", 0)]),
            ("de;q=nonsense, it ; q=1.0, ;q=1, fr;q=0.000", &[("it", 1000), ("fr", 0)]),
            ("de;q=1.5, de;q=+1, de;q=0.+1", &[]),
            ("", &[]),
        ] {
            assert_eq!(entries(value).collect::<Vec<_>>(), expected, "{value}");
        }
    }
}
