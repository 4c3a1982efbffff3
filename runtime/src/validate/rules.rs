//! What is known about rules once and for all: where the standard ones are, and what they say.

use super::path::{Part, RuleElement};
use crate::json::Json as _;
use crate::json::info::{Field, Type};
use crate::pb::buf::validate::FieldRules;

/// A rule that is not one of the standard ones.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    pub(super) id: &'static str,
    pub(super) message: &'static str,
    pub(super) place: RuleLocation,
    /// What it reads; `None` is all of what it stands on.
    pub(super) reads: Option<Reads>,
}

/// Fields, as paths of their numbers from what a rule stands on.
pub(super) type Reads = &'static [&'static [u32]];

/// Where a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RuleLocation {
    /// On a message or a oneof, which has no path.
    Message,
    /// In one of the lists of the field's expressions, at an index.
    Field(&'static str, u64),
    /// Among the rules of its kind: names, numbers and types of the elements.
    Path(&'static [(&'static str, i32, i32)]),
}

impl Rule {
    /// A rule on a message.
    pub const fn of_message(id: &'static str, message: &'static str) -> Self {
        Self { id, message, place: RuleLocation::Message, reads: None }
    }

    /// `cel` of a field.
    pub const fn cel(id: &'static str, message: &'static str, index: u64) -> Self {
        Self { id, message, place: RuleLocation::Field("cel", index), reads: None }
    }

    /// `cel_expression` of a field.
    pub const fn expression(id: &'static str, message: &'static str, index: u64) -> Self {
        Self { id, message, place: RuleLocation::Field("cel_expression", index), reads: None }
    }

    /// A rule of a kind; its path as names, numbers and types.
    pub const fn new(
        id: &'static str,
        message: &'static str,
        path: &'static [(&'static str, i32, i32)],
    ) -> Self {
        Self { id, message, place: RuleLocation::Path(path), reads: None }
    }

    /// The fields of the message that it reads, where that is not all of it.
    #[must_use]
    pub const fn reading(mut self, fields: Reads) -> Self {
        self.reads = Some(fields);
        self
    }
}

/// Which rule a violation is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RuleRef {
    /// A standard one, which its id tells.
    Standard(&'static str),
    /// `required` of a field, or of a oneof.
    Required {
        oneof: bool,
    },
    Other(&'static Rule),
}

impl RuleRef {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Standard(id) => id,
            Self::Required { .. } => "required",
            Self::Other(rule) => rule.id,
        }
    }

    /// The way to the rule from `buf.validate.FieldRules`.
    pub(super) fn path(self, part: Part) -> Vec<RuleElement> {
        let mut out = match part {
            Part::Whole => Vec::new(),
            Part::Item => below("repeated", "items"),
            Part::Key => below("map", "keys"),
            Part::Value => below("map", "values"),
        };
        match self {
            Self::Standard(id) => out.extend(standard(id).into_iter().flatten()),
            Self::Required { oneof: true } => {}
            Self::Required { oneof: false } => out.push(element(field_rule("required"))),
            Self::Other(rule) => match rule.place {
                RuleLocation::Message => {}
                RuleLocation::Field(list, index) => {
                    out.push(RuleElement { index: Some(index), ..element(field_rule(list)) });
                }
                RuleLocation::Path(path) => {
                    out.extend(path.iter().map(|(name, number, ty)| RuleElement::new(name, *number, *ty)));
                }
            },
        }
        out
    }
}

/// A field of the rules, as the table of their JSON has it.
fn element(field: &'static Field) -> RuleElement {
    RuleElement::new(field.proto(), field.number.cast_signed(), field.ty.number())
}

/// A field of `buf.validate.FieldRules`, by its name.
fn field_rule(name: &str) -> &'static Field {
    let known = FieldRules::info().fields.iter().find(|field| field.proto() == name);
    known.expect("generated code and this crate name what `buf/validate/validate.proto` has")
}

/// The fields of the rules of a kind, as of `string`.
fn rules_of(kind: &'static Field) -> &'static [Field] {
    match kind.ty {
        Type::Message(info) | Type::Group(info) => info().fields,
        _ => &[],
    }
}

/// The way to the rules of a part of a list or map.
fn below(kind: &str, name: &str) -> Vec<RuleElement> {
    let kind = field_rule(kind);
    let rules = rules_of(kind).iter().filter(|field| field.proto() == name);
    std::iter::once(kind).chain(rules).map(element).collect()
}

/// The way to a standard rule. Its id starts with it, and may say more: `int32.gte_lt`, `string.email_empty`.
fn standard(id: &str) -> Option<[RuleElement; 2]> {
    let (name, rest) = id.split_once('.')?;
    let kind = FieldRules::info().fields.iter().find(|field| field.proto() == name)?;
    let starts = |rule: &str| {
        rest.strip_prefix(rule).is_some_and(|more| more.is_empty() || more.starts_with(['_', '.']))
    };
    let found = rules_of(kind).iter().filter(|rule| starts(rule.proto()));
    Some([element(kind), element(found.max_by_key(|rule| rule.proto().len())?)])
}

/// The text of a rule about a size.
pub(super) fn sized(id: &str, size: u64) -> String {
    let (before, after) = match id {
        "string.len" => ("must be ", " characters"),
        "string.min_len" => ("must be at least ", " characters"),
        "string.max_len" => ("must be at most ", " characters"),
        "string.len_bytes" | "bytes.len" => ("must be ", " bytes"),
        "string.min_bytes" | "bytes.min_len" => ("must be at least ", " bytes"),
        "string.max_bytes" | "bytes.max_len" => ("must be at most ", " bytes"),
        "repeated.min_items" => ("must contain at least ", " item(s)"),
        "repeated.max_items" => ("must contain no more than ", " item(s)"),
        "map.min_pairs" => ("map must be at least ", " entries"),
        "map.max_pairs" => ("map must be at most ", " entries"),
        _ => ("", ""),
    };
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = size;
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).expect("a digit is small");
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let digits = std::str::from_utf8(&digits[at..]).expect("digits are ASCII");
    [before, digits, after].concat()
}

/// A format: its rule, and what is said of a value without it, and of an empty one.
struct Format {
    id: &'static str,
    text: &'static str,
    empty_id: &'static str,
    empty_text: &'static str,
}

macro_rules! text {
    ($id:expr, $what:literal) => {
        text!($id, $what, $what)
    };
    ($id:expr, $what:literal, $empty:literal) => {
        Format {
            id: $id,
            text: concat!("must be a valid ", $what),
            empty_id: concat!($id, "_empty"),
            empty_text: concat!("value is empty, which is not a valid ", $empty),
        }
    };
}

macro_rules! texts {
    ($($rule:ident $function:ident $what:literal $(or $empty:literal)?;)*) => {
        const FORMATS: &[Format] = &[
            $(text!(concat!("string.", stringify!($rule)), $what $(, $empty)?),)*
            text!("string.well_known_regex.header_name", "HTTP header name"),
            text!("bytes.ip", "IP address"),
            text!("bytes.ipv4", "IPv4 address"),
            text!("bytes.ipv6", "IPv6 address"),
            text!("bytes.uuid", "UUID"),
        ];
    };
}

rsvc_common::string_formats!(texts);

/// Id and text of a broken format rule; an empty value breaks one of its own.
pub(super) fn format(id: &'static str, empty: bool) -> (&'static str, &'static str) {
    match FORMATS.iter().find(|f| f.id == id) {
        Some(format) if empty => (format.empty_id, format.empty_text),
        Some(format) => (format.id, format.text),
        None => (id, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel;

    fn path(id: &'static str) -> Vec<&'static str> {
        RuleRef::Standard(id).path(Part::Whole).iter().map(RuleElement::name).collect()
    }

    #[test]
    fn an_id_tells_where_its_rule_is() {
        for (id, rule) in [
            ("int32.gte_lt_exclusive", ["int32", "gte"]),
            ("float.gt_lte", ["float", "gt"]),
            ("string.email_empty", ["string", "email"]),
            ("string.ip_prefix_empty", ["string", "ip_prefix"]),
            ("string.ip_with_prefixlen", ["string", "ip_with_prefixlen"]),
            ("string.well_known_regex.header_name_empty", ["string", "well_known_regex"]),
            ("timestamp.lt_now", ["timestamp", "lt_now"]),
            ("duration.not_in", ["duration", "not_in"]),
            ("enum.defined_only", ["enum", "defined_only"]),
        ] {
            assert_eq!(path(id), rule, "{id}");
        }
        assert_eq!(RuleRef::Standard("int32.gt").path(Part::Key).len(), 4);
        assert!(path("nothing.at_all").is_empty() && path("int32.nothing").is_empty());
    }

    #[test]
    fn sizes_and_formats_have_texts() {
        assert_eq!(sized("string.min_len", 0), "must be at least 0 characters");
        assert_eq!(sized("map.max_pairs", u64::MAX), "map must be at most 18446744073709551615 entries");
        assert_eq!(format("string.uuid", false), ("string.uuid", "must be a valid UUID"));
        assert_eq!(
            format("string.uuid", true),
            ("string.uuid_empty", "value is empty, which is not a valid UUID")
        );
        assert!(FORMATS.iter().all(|f| standard(f.id).is_some() && standard(f.empty_id).is_some()));
    }

    /// As the table of `rsvc-common` has it for the others.
    #[test]
    fn nothing_empty_is_the_name_of_a_header() {
        assert!(!cel::is_header_name("", true) && !cel::is_header_name("", false));
    }
}
