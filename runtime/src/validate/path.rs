//! The ways to fields and to rules.

use std::fmt::Write as _;

/// A field, as a path names it.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    pub(super) name: &'static str,
    /// None for a oneof.
    pub(super) number: Option<i32>,
    /// As `google.protobuf.FieldDescriptorProto.Type` numbers them; zero for a oneof.
    pub(super) ty: i32,
    /// Types of key and value of a map; zero for other fields.
    pub(super) entry: (i32, i32),
}

impl Field {
    /// A field of any kind but a map.
    pub const fn new(name: &'static str, number: i32, ty: i32) -> Self {
        Self { name, number: Some(number), ty, entry: (0, 0) }
    }

    /// A map.
    pub const fn map(name: &'static str, number: i32, key: i32, value: i32) -> Self {
        Self { name, number: Some(number), ty: 11, entry: (key, value) }
    }

    /// A oneof, which has a name only.
    pub const fn oneof(name: &'static str) -> Self {
        Self { name, number: None, ty: 0, entry: (0, 0) }
    }
}

/// Which item of a list or map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscript {
    /// The index of a list.
    Index(u64),
    /// A key of type bool.
    Bool(bool),
    /// A signed key of any size.
    Int(i64),
    /// An unsigned key of any size.
    Uint(u64),
    /// A key of type string.
    String(String),
}

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathElement {
    pub(super) field: &'static Field,
    pub(super) subscript: Option<Subscript>,
}

impl PathElement {
    /// The field as a whole.
    pub const fn field(field: &'static Field) -> Self {
        Self { field, subscript: None }
    }

    /// An item of a list.
    pub fn index(field: &'static Field, index: usize) -> Self {
        Self { field, subscript: Some(Subscript::Index(index as u64)) }
    }

    /// A value of a map.
    pub const fn key(field: &'static Field, key: Subscript) -> Self {
        Self { field, subscript: Some(key) }
    }

    /// The name of the field or oneof.
    pub fn name(&self) -> &'static str {
        self.field.name
    }

    /// The number of the field; none for a oneof.
    pub fn number(&self) -> Option<i32> {
        self.field.number
    }

    /// Which item, if it is about one.
    pub fn subscript(&self) -> Option<&Subscript> {
        self.subscript.as_ref()
    }
}

/// A step on the way to a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct RuleElement {
    pub(super) name: &'static str,
    pub(super) number: i32,
    pub(super) ty: i32,
    pub(super) index: Option<u64>,
}

impl RuleElement {
    /// A field of the rules.
    pub const fn new(name: &'static str, number: i32, ty: i32) -> Self {
        Self { name, number, ty, index: None }
    }

    /// One rule of a list.
    pub const fn at(name: &'static str, number: i32, ty: i32, index: u64) -> Self {
        Self { name, number, ty, index: Some(index) }
    }

    /// The name of the field, or `[the.full.name]` of an extension.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// The path as text.
pub(super) fn join(path: &[PathElement]) -> String {
    let mut out = String::new();
    for (i, element) in path.iter().enumerate() {
        if i > 0 {
            out.push('.');
        }
        out.push_str(element.field.name);
        let _ = match &element.subscript {
            None => Ok(()),
            Some(Subscript::Index(n) | Subscript::Uint(n)) => write!(out, "[{n}]"),
            Some(Subscript::Bool(b)) => write!(out, "[{b}]"),
            Some(Subscript::Int(n)) => write!(out, "[{n}]"),
            Some(Subscript::String(s)) => write!(out, "[{s:?}]"),
        };
    }
    out
}
