//! What `google.api` says of fields, beside their types.

/// How a field behaves: `google.api.field_behavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behavior {
    Optional,
    Required,
    OutputOnly,
    InputOnly,
    Immutable,
    UnorderedList,
    NonEmptyDefault,
    Identifier,
}

impl Behavior {
    /// The one with this number in `google.api.FieldBehavior`.
    pub fn of(number: i32) -> Option<Self> {
        Some(match number {
            1 => Self::Optional,
            2 => Self::Required,
            3 => Self::OutputOnly,
            4 => Self::InputOnly,
            5 => Self::Immutable,
            6 => Self::UnorderedList,
            7 => Self::NonEmptyDefault,
            8 => Self::Identifier,
            _ => return None,
        })
    }
}

/// The format of a string: `format` of `google.api.field_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    Uuid4,
    Ipv4,
    Ipv6,
    Ipv4OrIpv6,
}

impl TextFormat {
    /// The one with this number in `google.api.FieldInfo.Format`.
    pub fn of(number: i32) -> Option<Self> {
        Some(match number {
            1 => Self::Uuid4,
            2 => Self::Ipv4,
            3 => Self::Ipv6,
            4 => Self::Ipv4OrIpv6,
            _ => return None,
        })
    }
}
