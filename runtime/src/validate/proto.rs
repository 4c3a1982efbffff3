//! `buf.validate.Violations` and its parts, for details of a status.

use super::{Subscript, Violations};

/// `buf.validate.Violations`
#[derive(Clone, PartialEq, prost::Message)]
pub struct ViolationsProto {
    /// All of them.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<ViolationProto>,
}

/// `buf.validate.Violation`
#[derive(Clone, PartialEq, prost::Message)]
pub struct ViolationProto {
    /// The way to the field.
    #[prost(message, optional, tag = "5")]
    pub field: Option<FieldPath>,
    /// The way to the rule.
    #[prost(message, optional, tag = "6")]
    pub rule: Option<FieldPath>,
    /// The id of the rule.
    #[prost(string, optional, tag = "2")]
    pub rule_id: Option<String>,
    /// What is wrong.
    #[prost(string, optional, tag = "3")]
    pub message: Option<String>,
    /// Whether the key is wrong, not the value.
    #[prost(bool, optional, tag = "4")]
    pub for_key: Option<bool>,
}

/// `buf.validate.FieldPath`
#[derive(Clone, PartialEq, prost::Message)]
pub struct FieldPath {
    /// The steps.
    #[prost(message, repeated, tag = "1")]
    pub elements: Vec<FieldPathElement>,
}

/// `buf.validate.FieldPathElement`
#[derive(Clone, PartialEq, prost::Message)]
pub struct FieldPathElement {
    /// The number of the field.
    #[prost(int32, optional, tag = "1")]
    pub field_number: Option<i32>,
    /// Its name.
    #[prost(string, optional, tag = "2")]
    pub field_name: Option<String>,
    /// Its type.
    #[prost(int32, optional, tag = "3")]
    pub field_type: Option<i32>,
    /// The type of a map's keys.
    #[prost(int32, optional, tag = "4")]
    pub key_type: Option<i32>,
    /// The type of a map's values.
    #[prost(int32, optional, tag = "5")]
    pub value_type: Option<i32>,
    /// Which item.
    #[prost(oneof = "Key", tags = "6, 7, 8, 9, 10")]
    pub subscript: Option<Key>,
}

/// `buf.validate.FieldPathElement.subscript`
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Key {
    /// The index of a list.
    #[prost(uint64, tag = "6")]
    Index(u64),
    /// A key.
    #[prost(bool, tag = "7")]
    Bool(bool),
    /// A key.
    #[prost(int64, tag = "8")]
    Int(i64),
    /// A key.
    #[prost(uint64, tag = "9")]
    Uint(u64),
    /// A key.
    #[prost(string, tag = "10")]
    String(String),
}

impl From<&Violations> for ViolationsProto {
    fn from(from: &Violations) -> Self {
        let reported = from.iter().map(|v| {
            let field: Vec<_> = v.field_path().iter().map(field_element).collect();
            let rule: Vec<_> = v.rule_path().into_iter().map(rule_element).collect();
            ViolationProto {
                field: (!field.is_empty()).then_some(FieldPath { elements: field }),
                rule: (!rule.is_empty()).then_some(FieldPath { elements: rule }),
                rule_id: Some(v.rule_id().to_owned()),
                message: Some(v.message().to_owned()),
                for_key: v.for_key().then_some(true),
            }
        });
        let rest =
            from.omission().map(|text| ViolationProto { message: Some(text), ..ViolationProto::default() });
        Self { violations: reported.chain(rest).collect() }
    }
}

fn field_element(from: &super::PathElement) -> FieldPathElement {
    let field = from.field;
    // The types of a map's parts matter only to read the key.
    let entry = match from.subscript {
        Some(Subscript::Index(_)) | None => (0, 0),
        _ => field.entry,
    };
    let known = |n: i32| (n != 0).then_some(n);
    FieldPathElement {
        field_number: from.number(),
        field_name: Some(field.name.to_owned()),
        field_type: known(field.ty),
        key_type: known(entry.0),
        value_type: known(entry.1),
        subscript: from.subscript.clone().map(|s| match s {
            Subscript::Index(n) => Key::Index(n),
            Subscript::Bool(b) => Key::Bool(b),
            Subscript::Int(n) => Key::Int(n),
            Subscript::Uint(n) => Key::Uint(n),
            Subscript::String(s) => Key::String(s),
        }),
    }
}

fn rule_element(from: super::RuleElement) -> FieldPathElement {
    FieldPathElement {
        field_number: Some(from.number),
        field_name: Some(from.name.to_owned()),
        field_type: Some(from.ty),
        key_type: None,
        value_type: None,
        subscript: from.index.map(Key::Index),
    }
}
