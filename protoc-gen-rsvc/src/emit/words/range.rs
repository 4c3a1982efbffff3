//! `lt`, `lte`, `gt`, `gte` of a value, which are one rule when there are two of them.

use std::cmp::Ordering;

use crate::model::plan::Const;
use crate::model::rules::{Declared, Part};

/// One end of a range.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub(crate) value: &'a Const,
    /// Whether the value itself is allowed.
    pub(crate) included: bool,
}

/// The range of a value.
pub(crate) struct Range<'a> {
    pub(crate) lower: Option<Bound<'a>>,
    pub(crate) upper: Option<Bound<'a>>,
    /// Whether the value has to be outside: below the upper bound or above the lower one.
    pub(crate) outside: bool,
    /// The id of its violations, behind the kind: `gte_lt`.
    pub(crate) id: String,
}

impl<'a> Range<'a> {
    /// The range that the rules of a part of a field give it.
    pub(crate) fn of(rules: &'a [Declared], part: Part) -> Option<Self> {
        let find = |names: [&'static str; 2]| {
            let fits = |rule: &&Declared| rule.part == part && names.contains(&rule.name.as_str());
            let rule = rules.iter().find(fits)?;
            Some((rule.name.as_str(), Bound { value: &rule.value, included: rule.name.ends_with('e') }))
        };
        let (lower, upper) = (find(["gt", "gte"]), find(["lt", "lte"]));
        let (id, outside) = match (&lower, &upper) {
            (None, None) => return None,
            (Some((name, _)), None) | (None, Some((name, _))) => ((*name).to_owned(), false),
            (Some((low, lower)), Some((high, upper))) => match order(upper.value, lower.value) {
                Some(Ordering::Less) => (format!("{low}_{high}_exclusive"), true),
                _ => (format!("{low}_{high}"), false),
            },
        };
        let bound = |found: Option<(&str, Bound<'a>)>| found.map(|(_, bound)| bound);
        Some(Self { lower: bound(lower), upper: bound(upper), outside, id })
    }
}

/// Which of two values of one type comes first; none where one is NaN.
pub(crate) fn order(a: &Const, b: &Const) -> Option<Ordering> {
    match (a, b) {
        (Const::Int(a), Const::Int(b)) => Some(a.cmp(b)),
        (Const::Uint(a), Const::Uint(b)) => Some(a.cmp(b)),
        (Const::Double(a), Const::Double(b)) => a.partial_cmp(b),
        (Const::Timestamp(a, n), Const::Timestamp(b, m)) | (Const::Duration(a, n), Const::Duration(b, m)) => {
            Some((a, n).cmp(&(b, m)))
        }
        _ => None,
    }
}
