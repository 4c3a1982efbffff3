//! Ranges of integers that are written as text, as patterns.

/// How long a pattern may be for it to be read.
const MAX_LENGTH: usize = 200;

/// A pattern of the integers of a range, both ends included, as they are written in JSON; none where it is too long.
///
/// An end that is `None` is that of the type, which the pattern only knows by the number of digits: `digits`.
pub(super) fn pattern(low: Option<i128>, high: Option<i128>, signed: bool, digits: usize) -> Option<String> {
    let mut parts = Vec::new();
    if signed && low.is_none_or(|low| low < 0) {
        let least = high.filter(|high| *high < 0).map_or(1, i128::unsigned_abs);
        let negative = naturals(least, low.map(i128::unsigned_abs), digits);
        parts.extend(negative.into_iter().map(|part| format!("-{part}")));
    }
    if high.is_none_or(|high| high >= 0) {
        let least = low.filter(|low| *low > 0).map_or(0, i128::unsigned_abs);
        parts.extend(naturals(least, high.map(i128::unsigned_abs), digits));
    }
    let pattern = match parts.as_slice() {
        [] => return None,
        [part] => format!("^{part}$"),
        parts => format!("^({})$", parts.join("|")),
    };
    (pattern.len() <= MAX_LENGTH).then_some(pattern)
}

/// The natural numbers of a range, as alternatives.
fn naturals(low: u128, high: Option<u128>, digits: usize) -> Vec<String> {
    let most = 10_u128.pow(u32::try_from(digits).expect("a few digits")) - 1;
    let high = high.unwrap_or(most);
    let mut out = Vec::new();
    let mut low = low;
    if low == 0 {
        out.push("0".to_owned());
        low = 1;
    }
    // Lengths of which all numbers are in the range, as the first and the last of them.
    let mut full: Option<(usize, usize)> = None;
    for length in 1..=digits.max(high.to_string().len()) {
        let first = 10_u128.pow(u32::try_from(length - 1).expect("a few digits"));
        let last = first * 10 - 1;
        let (from, to) = (low.max(first), high.min(last));
        if from > to {
            continue;
        }
        if (from, to) == (first, last) {
            full = Some((full.map_or(length, |(shortest, _)| shortest), length));
            continue;
        }
        if let Some(lengths) = full.take() {
            out.push(all_of(lengths));
        }
        out.extend(of_length(from.to_string().as_bytes(), to.to_string().as_bytes()));
    }
    out.extend(full.map(all_of));
    out
}

/// All numbers with so many digits.
fn all_of((shortest, longest): (usize, usize)) -> String {
    match (shortest - 1, longest - 1) {
        (0, 0) => "[1-9]".to_owned(),
        (least, most) => format!("[1-9]{}", any(least, most)),
    }
}

/// Any digits, at least and at most so many.
fn any(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => String::new(),
        (1, 1) => "[0-9]".to_owned(),
        (least, most) if least == most => format!("[0-9]{{{least}}}"),
        (least, most) => format!("[0-9]{{{least},{most}}}"),
    }
}

/// The digits between two texts of the same length.
fn of_length(from: &[u8], to: &[u8]) -> Vec<String> {
    let (Some((&a, rest_a)), Some((&b, rest_b))) = (from.split_first(), to.split_first()) else {
        return vec![String::new()];
    };
    let behind = |digit: u8, rest: Vec<String>| {
        rest.into_iter().map(move |rest| format!("{}{rest}", char::from(digit))).collect::<Vec<_>>()
    };
    if a == b {
        return behind(a, of_length(rest_a, rest_b));
    }
    let (zeros, nines) = (vec![b'0'; rest_a.len()], vec![b'9'; rest_a.len()]);
    let (mut first, mut last) = (a, b);
    let mut out = Vec::new();
    if rest_a != zeros {
        out.extend(behind(a, of_length(rest_a, &nines)));
        first += 1;
    }
    let mut tail = Vec::new();
    if rest_b != nines {
        tail = behind(b, of_length(&zeros, rest_b));
        last -= 1;
    }
    if first <= last {
        let digit = match (first, last) {
            (a, b) if a == b => char::from(a).to_string(),
            (a, b) => format!("[{}-{}]", char::from(a), char::from(b)),
        };
        out.push(format!("{digit}{}", any(rest_a.len(), rest_a.len())));
    }
    out.extend(tail);
    out
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn ranges_are_exact() {
        let ranges: &[(i128, i128)] = &[
            (0, 0),
            (1, 1),
            (0, 9),
            (1, 9),
            (0, 10),
            (1, 1000),
            (5, 5),
            (17, 23),
            (99, 101),
            (123, 4567),
            (-1, 1),
            (-250, -30),
            (-7, 300),
            (1000, 1999),
        ];
        for &(low, high) in ranges {
            let text = pattern(Some(low), Some(high), true, 19).unwrap();
            let regex = regex::Regex::new(&text).unwrap();
            for n in -5_000_i128..=5_000 {
                assert_eq!(regex.is_match(&n.to_string()), (low..=high).contains(&n), "{n} by {text}");
            }
            assert!(!regex.is_match("-0") && !regex.is_match("01") && !regex.is_match(""), "{text}");
        }
    }

    #[test]
    fn open_ends_go_by_digits() {
        let of = |low, high, signed| pattern(low, high, signed, 19).unwrap();
        assert_eq!(of(Some(0), None, true), "^(0|[1-9][0-9]{0,18})$");
        assert_eq!(of(Some(1), None, true), "^[1-9][0-9]{0,18}$");
        assert_eq!(of(None, Some(0), true), "^(-[1-9][0-9]{0,18}|0)$");
        assert_eq!(of(None, Some(-1), true), "^-[1-9][0-9]{0,18}$");
        assert_eq!(of(Some(1), Some(1000), false), "^([1-9][0-9]{0,2}|1000)$");
        assert_eq!(of(Some(18), None, false), "^(1[8-9]|[2-9][0-9]|[1-9][0-9]{2,18})$");
    }

    #[test]
    fn what_nobody_could_read_is_none() {
        assert_eq!(pattern(Some(1_234_567_890_123_456_789), Some(8_876_543_210_987_654_321), true, 19), None);
        assert_eq!(pattern(Some(2), Some(1), true, 19), None);
    }
}
