//! The ways to fields and to rules.

use std::fmt::Write as _;

use crate::json::info::Cardinality;
use crate::json::{self, MessageInfo};

/// A field or oneof, as a path names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Empty as long as only the number is known.
    pub(super) name: &'static str,
    /// Zero for a oneof.
    pub(super) number: u32,
    /// As `google.protobuf.FieldDescriptorProto.Type` numbers them; zero for a oneof.
    pub(super) ty: i32,
    /// Types of key and value of a map; zero for other fields.
    pub(super) entry: (i32, i32),
}

impl Field {
    /// A field of a message that is to be told by [`Field::resolve`].
    pub(super) fn new(number: u32) -> Self {
        Self { name: "", number, ty: 0, entry: (0, 0) }
    }

    /// A oneof, which has a name only.
    pub(super) fn oneof(name: &'static str) -> Self {
        Self { name, ..Self::new(0) }
    }

    /// Adds what the table of its message knows, unless it is known.
    pub(super) fn resolve(&mut self, message: &MessageInfo) {
        if !self.name.is_empty() {
            return;
        }
        let Some(field) = message.fields.iter().find(|field| field.number == self.number) else { return };
        self.name = field.proto();
        self.ty = field.ty.number();
        if let Cardinality::Map(key) = field.cardinality {
            self.entry = (json::Type::from(key).number(), self.ty);
            self.ty = json::Type::MESSAGE;
        }
    }
}

/// What of a field a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Item,
    Key,
    Value,
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

macro_rules! keys {
    ($($ty:ty, $key:ident => $value:expr;)*) => {
        $(impl From<&$ty> for Subscript {
            fn from($key: &$ty) -> Self {
                $value
            }
        })*
    };
}

keys! {
    bool, key => Self::Bool(*key);
    i32, key => Self::Int((*key).into());
    i64, key => Self::Int(*key);
    u32, key => Self::Uint((*key).into());
    u64, key => Self::Uint(*key);
    String, key => Self::String(key.clone());
}

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathElement {
    pub(super) field: Field,
    pub(super) subscript: Option<Subscript>,
}

impl PathElement {
    /// The name of the field or oneof.
    pub fn name(&self) -> &'static str {
        self.field.name
    }

    /// The number of the field; none for a oneof.
    pub fn number(&self) -> Option<i32> {
        (self.field.number != 0).then_some(self.field.number.cast_signed())
    }

    /// Which item, if it is about one.
    pub fn subscript(&self) -> Option<&Subscript> {
        self.subscript.as_ref()
    }
}

/// A step on the way to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
