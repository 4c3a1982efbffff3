//! The features of an edition: their defaults, and what a definition says about them.

use prost::Message;

use crate::input::raw::options;
use crate::input::raw::{File, OptionsKind};

/// A version of the language that is named by its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    /// `edition = "2023";`
    Year2023,
    /// `edition = "2024";`
    Year2024,
}

impl Edition {
    /// By the text of the statement.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        match text {
            "2023" => Some(Self::Year2023),
            "2024" => Some(Self::Year2024),
            _ => None,
        }
    }

    /// By the number in a descriptor.
    pub(crate) fn from_number(number: i32) -> Option<Self> {
        [Self::Year2023, Self::Year2024].into_iter().find(|edition| edition.number() == number)
    }

    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Year2023 => 1000,
            Self::Year2024 => 1001,
        }
    }

    /// The edition of a file as a number; proto2 and proto3 have one too.
    pub(crate) fn number_of(file: &File) -> i32 {
        match file.syntax() {
            "editions" => file.edition(),
            "proto3" => 999,
            _ => 998,
        }
    }

    /// The edition of a file, unless it is proto2, proto3 or unknown.
    pub(crate) fn of(file: &File) -> Option<Self> {
        (file.syntax() == "editions").then(|| Self::from_number(file.edition())).flatten()
    }
}

/// `google.protobuf.FeatureSet`, without the features of other languages.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct FeatureSet {
    #[prost(int32, optional, tag = "1")]
    pub(crate) field_presence: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) enum_type: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) repeated_field_encoding: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) utf8_validation: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) message_encoding: Option<i32>,
    #[prost(int32, optional, tag = "6")]
    pub(crate) json_format: Option<i32>,
    #[prost(int32, optional, tag = "7")]
    pub(crate) enforce_naming_style: Option<i32>,
    #[prost(int32, optional, tag = "8")]
    pub(crate) default_symbol_visibility: Option<i32>,
}

/// A feature: its name, its values with their numbers, and where it may be said.
pub(crate) type Feature = (&'static str, &'static [(&'static str, i32)], &'static [OptionsKind]);

const FIELDS: &[OptionsKind] = &[OptionsKind::File, OptionsKind::Field];

/// In the order of their numbers.
pub(crate) const NAMES: &[Feature] = &[
    ("field_presence", &[("EXPLICIT", 1), ("IMPLICIT", 2), ("LEGACY_REQUIRED", 3)], FIELDS),
    ("enum_type", &[("OPEN", 1), ("CLOSED", 2)], &[OptionsKind::File, OptionsKind::Enum]),
    ("repeated_field_encoding", &[("PACKED", 1), ("EXPANDED", 2)], FIELDS),
    ("utf8_validation", &[("VERIFY", 2), ("NONE", 3)], FIELDS),
    ("message_encoding", &[("LENGTH_PREFIXED", 1), ("DELIMITED", 2)], FIELDS),
    (
        "json_format",
        &[("ALLOW", 1), ("LEGACY_BEST_EFFORT", 2)],
        &[OptionsKind::File, OptionsKind::Message, OptionsKind::Enum],
    ),
    (
        "enforce_naming_style",
        &[("STYLE2024", 1), ("STYLE_LEGACY", 2)],
        &[
            OptionsKind::File,
            OptionsKind::Message,
            OptionsKind::Field,
            OptionsKind::Oneof,
            OptionsKind::ExtensionRange,
            OptionsKind::Enum,
            OptionsKind::Value,
            OptionsKind::Service,
            OptionsKind::Method,
        ],
    ),
    (
        "default_symbol_visibility",
        &[("EXPORT_ALL", 1), ("EXPORT_TOP_LEVEL", 2), ("LOCAL_ALL", 3), ("STRICT", 4)],
        &[OptionsKind::File],
    ),
];

/// The index of the first feature that came with edition 2024.
pub(crate) const FIRST_OF_2024: usize = 6;

impl FeatureSet {
    /// The place of a value, by the index of the feature in [`NAMES`].
    pub(crate) fn slot(&mut self, index: usize) -> Option<&mut Option<i32>> {
        Some(match index {
            0 => &mut self.field_presence,
            1 => &mut self.enum_type,
            2 => &mut self.repeated_field_encoding,
            3 => &mut self.utf8_validation,
            4 => &mut self.message_encoding,
            5 => &mut self.json_format,
            6 => &mut self.enforce_naming_style,
            7 => &mut self.default_symbol_visibility,
            _ => return None,
        })
    }

    /// What the options of a definition say.
    pub(crate) fn said(options: Option<&[u8]>, kind: OptionsKind) -> Self {
        options
            .and_then(|bytes| options::message_field(bytes, kind.features()))
            .and_then(|bytes| Self::decode(bytes.as_slice()).ok())
            .unwrap_or_default()
    }
}

/// The features that hold for a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is one feature, and they are independent
pub(crate) struct Features {
    pub(crate) presence: FieldPresence,
    pub(crate) closed: bool,
    pub(crate) packed: bool,
    pub(crate) verify_utf8: bool,
    pub(crate) delimited: bool,
    pub(crate) strict_json: bool,
}

/// `features.field_presence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldPresence {
    Explicit,
    Implicit,
    Required,
}

impl Features {
    /// What holds when nothing is said. The editions so far agree.
    pub(crate) const DEFAULT: Self = Self {
        presence: FieldPresence::Explicit,
        closed: false,
        packed: true,
        verify_utf8: true,
        delimited: false,
        strict_json: true,
    };

    /// What holds for a definition, given what holds around it. A value that is none of the feature's says nothing.
    pub(crate) fn with(self, said: FeatureSet) -> Self {
        let two = |said: Option<i32>, yes: i32, no: i32, inherited: bool| match said {
            Some(value) if value == yes => true,
            Some(value) if value == no => false,
            _ => inherited,
        };
        Self {
            presence: match said.field_presence {
                Some(1) => FieldPresence::Explicit,
                Some(2) => FieldPresence::Implicit,
                Some(3) => FieldPresence::Required,
                _ => self.presence,
            },
            closed: two(said.enum_type, 2, 1, self.closed),
            packed: two(said.repeated_field_encoding, 1, 2, self.packed),
            verify_utf8: two(said.utf8_validation, 2, 3, self.verify_utf8),
            delimited: two(said.message_encoding, 2, 1, self.delimited),
            strict_json: two(said.json_format, 1, 2, self.strict_json),
        }
    }

    /// Whether a field has to be there.
    pub(crate) fn is_required(self) -> bool {
        self.presence == FieldPresence::Required
    }

    /// As [`Features::with`], reading what the options say.
    pub(crate) fn under(self, options: Option<&[u8]>, kind: OptionsKind) -> Self {
        self.with(FeatureSet::said(options, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inner_word_counts() {
        let file = Features::DEFAULT.with(FeatureSet {
            field_presence: Some(2),
            enum_type: Some(2),
            ..FeatureSet::default()
        });
        assert_eq!((file.presence, file.closed, file.packed), (FieldPresence::Implicit, true, true));
        let field = file.with(FeatureSet {
            field_presence: Some(1),
            message_encoding: Some(77),
            ..FeatureSet::default()
        });
        assert_eq!((field.presence, field.closed, field.delimited), (FieldPresence::Explicit, true, false));
    }

    #[test]
    fn the_last_value_in_the_bytes_counts() {
        let mut options = None;
        for value in [1, 2] {
            let said = FeatureSet { enum_type: Some(value), ..FeatureSet::default() };
            options::add_message_field(&mut options, OptionsKind::Enum.features(), &said);
        }
        assert_eq!(FeatureSet::said(options.as_deref(), OptionsKind::Enum).enum_type, Some(2));
    }
}
