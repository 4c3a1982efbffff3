//! Violations as `buf.validate.Violations`, for details of a status.

use super::{Subscript, Violations};
use crate::pb::buf::validate as pb;
use crate::pb::buf::validate::field_path_element::Subscript as Key;

impl From<&Violations> for pb::Violations {
    fn from(from: &Violations) -> Self {
        let reported = from.iter().map(|v| {
            let field: Vec<_> = v.field_path().iter().map(field_element).collect();
            let rule: Vec<_> = v.rule_path().into_iter().map(rule_element).collect();
            pb::Violation {
                field: (!field.is_empty()).then_some(pb::FieldPath { elements: field }),
                rule: (!rule.is_empty()).then_some(pb::FieldPath { elements: rule }),
                rule_id: Some(v.rule_id().to_owned()),
                message: Some(v.message().to_owned()),
                for_key: v.for_key().then_some(true),
            }
        });
        let rest =
            from.omission().map(|text| pb::Violation { message: Some(text), ..pb::Violation::default() });
        Self { violations: reported.chain(rest).collect() }
    }
}

fn field_element(from: &super::PathElement) -> pb::FieldPathElement {
    let field = from.field;
    // The types of a map's parts matter only to read the key.
    let entry = match from.subscript {
        Some(Subscript::Index(_)) | None => (0, 0),
        _ => field.entry,
    };
    let known = |n: i32| (n != 0).then_some(n);
    pb::FieldPathElement {
        field_number: from.number(),
        field_name: Some(field.name.to_owned()),
        field_type: known(field.ty),
        key_type: known(entry.0),
        value_type: known(entry.1),
        subscript: from.subscript.clone().map(|s| match s {
            Subscript::Index(n) => Key::Index(n),
            Subscript::Bool(b) => Key::BoolKey(b),
            Subscript::Int(n) => Key::IntKey(n),
            Subscript::Uint(n) => Key::UintKey(n),
            Subscript::String(s) => Key::StringKey(s),
        }),
    }
}

fn rule_element(from: super::RuleElement) -> pb::FieldPathElement {
    pb::FieldPathElement {
        field_number: Some(from.number),
        field_name: Some(from.name.to_owned()),
        field_type: Some(from.ty),
        key_type: None,
        value_type: None,
        subscript: from.index.map(Key::Index),
    }
}
