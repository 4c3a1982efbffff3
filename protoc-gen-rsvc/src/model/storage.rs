//! How prost stores a field, as [`crate::storage`] decides it.

/// Where a field's value lives in the generated struct or oneof enum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldStorage {
    /// The container around the value.
    pub shape: Shape,
    /// The value itself is in a `Box`, which breaks a recursion.
    pub boxed: bool,
    /// `bytes::Bytes` instead of `Vec<u8>`.
    pub shared_bytes: bool,
}

/// The container around a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// `T`
    #[default]
    Plain,
    /// `Option<T>`
    Option,
    /// `Vec<T>`
    Vec,
    /// `HashMap<K, T>`
    HashMap,
    /// `BTreeMap<K, T>`
    BTreeMap,
    /// `Enum::Variant(T)`, the enum itself in an `Option`
    Variant,
}
