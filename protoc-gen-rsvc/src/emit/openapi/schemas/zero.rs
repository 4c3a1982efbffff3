//! Whether the zero value of a field keeps its rules: where it does not, a field without presence has to be there.

use super::rules::Rules;
use crate::model::plan::Const;
use crate::model::{Enum, Scalar};

/// Of a scalar, by the standard rules; CEL is not looked at.
pub(super) fn of_scalar(rules: &Rules<'_>, scalar: Scalar) -> bool {
    match scalar {
        Scalar::String => text(rules),
        Scalar::Bytes => bytes(rules),
        Scalar::Bool => rules.allows(&Const::Bool(false)),
        Scalar::Double | Scalar::Float => rules.allows(&Const::Double(0.0)),
        Scalar::Int32
        | Scalar::Int64
        | Scalar::Sint32
        | Scalar::Sint64
        | Scalar::Sfixed32
        | Scalar::Sfixed64 => rules.allows(&Const::Int(0)),
        Scalar::Uint32 | Scalar::Uint64 | Scalar::Fixed32 | Scalar::Fixed64 => rules.allows(&Const::Uint(0)),
    }
}

/// Of an enum.
pub(super) fn of_enum(rules: &Rules<'_>, node: &Enum) -> bool {
    let is_defined = || node.values.iter().any(|value| value.number == 0);
    rules.allows(&Const::Int(0)) && (!rules.is_on("defined_only") || is_defined())
}

/// Of a list or map.
pub(super) fn of_many(rules: &Rules<'_>) -> bool {
    rules.declared().all(|rule| !matches!((rule.name.as_str(), &rule.value), ("min_items" | "min_pairs", Const::Uint(n)) if *n > 0))
}

fn text(rules: &Rules<'_>) -> bool {
    rules.allows(&Const::Str(String::new()))
        && rules.declared().all(|rule| match (rule.name.as_str(), &rule.value) {
            ("len" | "min_len" | "len_bytes" | "min_bytes", Const::Uint(n)) => *n == 0,
            ("pattern", Const::Str(pattern)) => matches(pattern),
            ("prefix" | "suffix" | "contains", Const::Str(part)) => part.is_empty(),
            ("not_contains", Const::Str(part)) => !part.is_empty(),
            ("well_known_regex", Const::Int(kind)) => *kind != 1,
            ("strict" | "uri_ref", _) => true,
            // Formats, of which no empty text is one.
            (_, Const::Bool(on)) => !on,
            _ => true,
        })
}

fn bytes(rules: &Rules<'_>) -> bool {
    rules.allows(&Const::Bytes(Vec::new()))
        && rules.declared().all(|rule| match (rule.name.as_str(), &rule.value) {
            ("len" | "min_len", Const::Uint(n)) => *n == 0,
            ("pattern", Const::Str(pattern)) => matches(pattern),
            ("prefix" | "suffix" | "contains", Const::Bytes(part)) => part.is_empty(),
            (_, Const::Bool(on)) => !on,
            _ => true,
        })
}

/// Whether the empty text matches a pattern, which is known to compile.
fn matches(pattern: &str) -> bool {
    let regex = rsvc_common::re2::translate(pattern).map(|rust| regex::Regex::new(&rust));
    matches!(regex, Ok(Ok(regex)) if regex.is_match(""))
}
