//! Validation by a mask: what of a message is tested, and how it is asked for over each protocol; and changes by a mask.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

mod calls;
mod merge;
mod property;
mod table;

use goldens::masks::masks::v1 as api;
use rsvc::prost_types::FieldMask;
use rsvc::validate::Violations;

fn mask(paths: &[&str]) -> FieldMask {
    FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }
}

/// The fields and ids of violations.
fn told(violations: &Violations) -> Vec<String> {
    let of_one =
        |violation: &rsvc::validate::Violation| format!("{} {}", violation.field(), violation.rule_id());
    violations.iter().map(of_one).collect()
}
