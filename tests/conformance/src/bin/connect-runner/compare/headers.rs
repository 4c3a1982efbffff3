//! Headers, trailers and parameters of a query.

use conformance::connect::Header;

/// Looks for all that is wanted in what is there, which may be more.
pub(super) fn compare(what: &str, wanted: &[Header], actual: &[Header], problems: &mut Vec<String>) {
    for header in wanted {
        let found = values(&header.name, actual);
        if found.is_empty() {
            problems.push(format!("no {what} {}", header.name));
        } else if found != parts(&header.value) {
            problems.push(format!("the {what} {} is {found:?}, wanted {:?}", header.name, header.value));
        }
    }
}

/// Both lists as one, the values of a name in their order.
pub(super) fn merge(first: &[Header], second: &[Header]) -> Vec<Header> {
    let mut merged: Vec<Header> = Vec::new();
    for header in first.iter().chain(second) {
        match merged.iter_mut().find(|other| other.name.eq_ignore_ascii_case(&header.name)) {
            Some(other) => other.value.extend(header.value.iter().cloned()),
            None => merged.push(header.clone()),
        }
    }
    merged
}

/// The values of a name.
fn values(name: &str, headers: &[Header]) -> Vec<String> {
    let same = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    same.flat_map(|header| parts(&header.value)).collect()
}

/// A list may come as one value with commas, with a blank beside each.
fn parts(values: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    for value in values {
        let last = value.split(',').count() - 1;
        for (at, part) in value.split(',').enumerate() {
            let part = if at > 0 { part.strip_prefix(' ').unwrap_or(part) } else { part };
            let part = if at < last { part.strip_suffix(' ').unwrap_or(part) } else { part };
            out.push(part.to_owned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, values: &[&str]) -> Header {
        Header { name: name.into(), value: values.iter().map(|&value| value.into()).collect() }
    }

    fn problems(wanted: &[Header], actual: &[Header]) -> usize {
        let mut problems = Vec::new();
        compare("header", wanted, actual, &mut problems);
        problems.len()
    }

    #[test]
    fn a_subset_is_enough_whatever_the_case() {
        let actual = [header("X-Other", &["1"]), header("X-Many", &["a", "b"])];
        assert_eq!(problems(&[header("x-many", &["a", "b"])], &actual), 0);
        assert_eq!(problems(&[], &actual), 0);
        assert_eq!(problems(&[header("x-none", &["a"])], &actual), 1);
    }

    #[test]
    fn values_may_be_joined_but_keep_their_order() {
        for value in ["a, b", "a,b", "a ,b", "a , b"] {
            assert_eq!(problems(&[header("x", &["a", "b"])], &[header("x", &[value])]), 0, "{value}");
        }
        let split = [header("x", &["a"]), header("X", &["b"])];
        assert_eq!(problems(&[header("x", &["a", "b"])], &split), 0);
        assert_eq!(problems(&[header("x", &["b", "a"])], &split), 1);
        assert_eq!(problems(&[header("x", &["a", "b"])], &[header("x", &["a,  b"])]), 1);
        assert_eq!(problems(&[header("x", &["a"])], &[header("x", &["a", "a"])]), 1);
        assert_eq!(problems(&[header("x", &["a"])], &[header("x", &[" a"])]), 1);
    }

    #[test]
    fn merged_names_keep_all_values() {
        let merged = merge(&[header("x", &["1"])], &[header("X", &["2"]), header("y", &["3"])]);
        assert_eq!(merged, [header("x", &["1", "2"]), header("y", &["3"])]);
    }
}
