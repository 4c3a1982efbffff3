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

    /// An item of a list.
    #[inline]
    pub fn item(&'static self, index: usize) -> At<'static> {
        At { field: Some(self), part: Part::Item, key: Some(Key::Index(index as u64)) }
    }

    /// A key of a map.
    #[inline]
    pub fn key<'a>(&'static self, key: impl Into<Key<'a>>) -> At<'a> {
        At { field: Some(self), part: Part::Key, key: Some(key.into()) }
    }

    /// The value at a key of a map.
    #[inline]
    pub fn value<'a>(&'static self, key: impl Into<Key<'a>>) -> At<'a> {
        At { field: Some(self), part: Part::Value, key: Some(key.into()) }
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

/// A place in the message that is tested, which becomes a [`PathElement`] once something is wrong there.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    pub(super) field: Option<&'static Field>,
    pub(super) part: Part,
    key: Option<Key<'a>>,
}

impl At<'_> {
    /// The message as a whole.
    pub const MESSAGE: Self = Self { field: None, part: Part::Whole, key: None };

    pub(super) fn element(self) -> Option<PathElement> {
        let subscript = self.key.map(|key| match key {
            Key::Index(n) => Subscript::Index(n),
            Key::Bool(b) => Subscript::Bool(b),
            Key::Int(n) => Subscript::Int(n),
            Key::Uint(n) => Subscript::Uint(n),
            Key::Str(s) => Subscript::String(s.to_owned()),
        });
        Some(PathElement { field: self.field?, subscript })
    }
}

impl From<&'static Field> for At<'static> {
    #[inline]
    fn from(field: &'static Field) -> Self {
        Self { field: Some(field), part: Part::Whole, key: None }
    }
}

/// An index, or a key that still is in its map.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// The index of a list.
    Index(u64),
    /// A key of type bool.
    Bool(bool),
    /// A signed key of any size.
    Int(i64),
    /// An unsigned key of any size.
    Uint(u64),
    /// A key of type string.
    Str(&'a str),
}

macro_rules! keys {
    ($($ty:ty, $key:ident => $value:expr;)*) => {
        $(impl<'a> From<&'a $ty> for Key<'a> {
            #[inline]
            fn from($key: &'a $ty) -> Self {
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
    String, key => Self::Str(key);
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
