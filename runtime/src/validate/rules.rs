//! What is known about rules once and for all: where the standard ones are, and what they say.

use super::path::{Part, RuleElement};
use super::types::{BOOL, BYTES, DOUBLE, ENUM, FLOAT, MESSAGE, STRING, UINT64};

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
    /// In the list of the field's expressions.
    Field(RuleElement),
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
        let place = RuleLocation::Field(RuleElement::at("cel", 23, MESSAGE, index));
        Self { id, message, place, reads: None }
    }

    /// `cel_expression` of a field.
    pub const fn expression(id: &'static str, message: &'static str, index: u64) -> Self {
        let place = RuleLocation::Field(RuleElement::at("cel_expression", 29, STRING, index));
        Self { id, message, place, reads: None }
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
            Part::Item => vec![REPEATED, RuleElement::new("items", 4, MESSAGE)],
            Part::Key => vec![MAP, RuleElement::new("keys", 4, MESSAGE)],
            Part::Value => vec![MAP, RuleElement::new("values", 5, MESSAGE)],
        };
        match self {
            Self::Standard(id) => out.extend(standard(id).into_iter().flatten()),
            Self::Required { oneof: true } => {}
            Self::Required { oneof: false } => out.push(RuleElement::new("required", 25, BOOL)),
            Self::Other(rule) => match rule.place {
                RuleLocation::Message => {}
                RuleLocation::Field(element) => out.push(element),
                RuleLocation::Path(path) => {
                    out.extend(path.iter().map(|(name, number, ty)| RuleElement::new(name, *number, *ty)));
                }
            },
        }
        out
    }
}

/// The type of the values that the rules are about.
const OWN: i32 = 0;

const REPEATED: RuleElement = RuleElement::new("repeated", 18, MESSAGE);
const MAP: RuleElement = RuleElement::new("map", 19, MESSAGE);

/// The rules of a kind: its field in `FieldRules`, the type of its values, and its own fields.
struct Family {
    name: &'static str,
    number: i32,
    own: i32,
    rules: &'static [(&'static str, i32, i32)],
}

const fn family(
    name: &'static str,
    number: i32,
    own: i32,
    rules: &'static [(&'static str, i32, i32)],
) -> Family {
    Family { name, number, own, rules }
}

const NUMBER: &[(&str, i32, i32)] = &[
    ("const", 1, OWN),
    ("lt", 2, OWN),
    ("lte", 3, OWN),
    ("gt", 4, OWN),
    ("gte", 5, OWN),
    ("in", 6, OWN),
    ("not_in", 7, OWN),
    ("finite", 8, BOOL),
];

const FAMILIES: &[Family] = &[
    family("float", 1, FLOAT, NUMBER),
    family("double", 2, DOUBLE, NUMBER),
    family("int32", 3, 5, NUMBER),
    family("int64", 4, 3, NUMBER),
    family("uint32", 5, 13, NUMBER),
    family("uint64", 6, UINT64, NUMBER),
    family("sint32", 7, 17, NUMBER),
    family("sint64", 8, 18, NUMBER),
    family("fixed32", 9, 7, NUMBER),
    family("fixed64", 10, 6, NUMBER),
    family("sfixed32", 11, 15, NUMBER),
    family("sfixed64", 12, 16, NUMBER),
    family("bool", 13, BOOL, NUMBER),
    family(
        "string",
        14,
        STRING,
        &[
            ("const", 1, OWN),
            ("min_len", 2, UINT64),
            ("max_len", 3, UINT64),
            ("min_bytes", 4, UINT64),
            ("max_bytes", 5, UINT64),
            ("pattern", 6, OWN),
            ("prefix", 7, OWN),
            ("suffix", 8, OWN),
            ("contains", 9, OWN),
            ("in", 10, OWN),
            ("not_in", 11, OWN),
            ("email", 12, BOOL),
            ("hostname", 13, BOOL),
            ("ip", 14, BOOL),
            ("ipv4", 15, BOOL),
            ("ipv6", 16, BOOL),
            ("uri", 17, BOOL),
            ("uri_ref", 18, BOOL),
            ("len", 19, UINT64),
            ("len_bytes", 20, UINT64),
            ("address", 21, BOOL),
            ("uuid", 22, BOOL),
            ("not_contains", 23, OWN),
            ("well_known_regex", 24, ENUM),
            ("ip_with_prefixlen", 26, BOOL),
            ("ipv4_with_prefixlen", 27, BOOL),
            ("ipv6_with_prefixlen", 28, BOOL),
            ("ip_prefix", 29, BOOL),
            ("ipv4_prefix", 30, BOOL),
            ("ipv6_prefix", 31, BOOL),
            ("host_and_port", 32, BOOL),
            ("tuuid", 33, BOOL),
            ("ulid", 35, BOOL),
            ("protobuf_fqn", 37, BOOL),
            ("protobuf_dot_fqn", 38, BOOL),
        ],
    ),
    family(
        "bytes",
        15,
        BYTES,
        &[
            ("const", 1, OWN),
            ("min_len", 2, UINT64),
            ("max_len", 3, UINT64),
            ("pattern", 4, STRING),
            ("prefix", 5, OWN),
            ("suffix", 6, OWN),
            ("contains", 7, OWN),
            ("in", 8, OWN),
            ("not_in", 9, OWN),
            ("ip", 10, BOOL),
            ("ipv4", 11, BOOL),
            ("ipv6", 12, BOOL),
            ("len", 13, UINT64),
            ("uuid", 15, BOOL),
        ],
    ),
    family(
        "enum",
        16,
        5,
        &[("const", 1, OWN), ("defined_only", 2, BOOL), ("in", 3, OWN), ("not_in", 4, OWN)],
    ),
    family("repeated", 18, OWN, &[("min_items", 1, UINT64), ("max_items", 2, UINT64), ("unique", 3, BOOL)]),
    family("map", 19, OWN, &[("min_pairs", 1, UINT64), ("max_pairs", 2, UINT64)]),
    family("any", 20, STRING, &[("in", 2, OWN), ("not_in", 3, OWN)]),
    family(
        "duration",
        21,
        MESSAGE,
        &[
            ("const", 2, OWN),
            ("lt", 3, OWN),
            ("lte", 4, OWN),
            ("gt", 5, OWN),
            ("gte", 6, OWN),
            ("in", 7, OWN),
            ("not_in", 8, OWN),
        ],
    ),
    family(
        "timestamp",
        22,
        MESSAGE,
        &[
            ("const", 2, OWN),
            ("lt", 3, OWN),
            ("lte", 4, OWN),
            ("gt", 5, OWN),
            ("gte", 6, OWN),
            ("lt_now", 7, BOOL),
            ("gt_now", 8, BOOL),
            ("within", 9, OWN),
        ],
    ),
    family("field_mask", 28, STRING, &[("const", 1, MESSAGE), ("in", 2, OWN), ("not_in", 3, OWN)]),
];

/// The way to a standard rule. Its id starts with it, and may say more: `int32.gte_lt`, `string.email_empty`.
fn standard(id: &str) -> Option<[RuleElement; 2]> {
    let (name, rest) = id.split_once('.')?;
    let family = FAMILIES.iter().find(|f| f.name == name)?;
    let starts = |rule: &str| {
        rest.strip_prefix(rule).is_some_and(|more| more.is_empty() || more.starts_with(['_', '.']))
    };
    let found = family.rules.iter().filter(|r| starts(r.0)).max_by_key(|r| r.0.len())?;
    let ty = if found.2 == OWN { family.own } else { found.2 };
    Some([RuleElement::new(family.name, family.number, MESSAGE), RuleElement::new(found.0, found.1, ty)])
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

macro_rules! formats {
    ($($id:literal $what:literal $(or $empty:literal)?;)*) => {
        const FORMATS: &[Format] = &[$(Format {
            id: $id,
            text: concat!("must be a valid ", $what),
            empty_id: concat!($id, "_empty"),
            empty_text: concat!("value is empty, which is not a valid ", formats!(@ $what $($empty)?)),
        }),*];
    };
    (@ $what:literal) => { $what };
    (@ $what:literal $empty:literal) => { $empty };
}

formats! {
    "string.email" "email address";
    "string.hostname" "hostname";
    "string.ip" "IP address";
    "string.ipv4" "IPv4 address";
    "string.ipv6" "IPv6 address";
    "string.uri" "URI";
    "string.address" "hostname, or ip address";
    "string.uuid" "UUID";
    "string.tuuid" "trimmed UUID";
    "string.ulid" "ULID";
    "string.ip_with_prefixlen" "IP prefix";
    "string.ipv4_with_prefixlen" "IPv4 address with prefix length";
    "string.ipv6_with_prefixlen" "IPv6 address with prefix length";
    "string.ip_prefix" "IP prefix";
    "string.ipv4_prefix" "IPv4 prefix";
    "string.ipv6_prefix" "IPv6 prefix";
    "string.host_and_port" "host (hostname or IP address) and port pair" or "host and port pair";
    "string.protobuf_fqn" "fully-qualified Protobuf name";
    "string.protobuf_dot_fqn" "fully-qualified Protobuf name with a leading dot";
    "string.well_known_regex.header_name" "HTTP header name";
    "bytes.ip" "IP address";
    "bytes.ipv4" "IPv4 address";
    "bytes.ipv6" "IPv6 address";
    "bytes.uuid" "UUID";
}

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

    /// Generated code asks whether a text is empty only once it has turned out not to have its format.
    #[test]
    fn nothing_empty_has_a_format() {
        let formats: [fn(&str) -> bool; 21] = [
            cel::is_email,
            cel::is_hostname,
            cel::is_ip,
            cel::is_ipv4,
            cel::is_ipv6,
            cel::is_uri,
            cel::is_address,
            cel::is_uuid,
            cel::is_tuuid,
            cel::is_ulid,
            cel::is_ip_prefix,
            cel::is_ipv4_prefix,
            cel::is_ipv6_prefix,
            cel::is_ip_prefix_strictly,
            cel::is_ipv4_prefix_strictly,
            cel::is_ipv6_prefix_strictly,
            cel::is_host_with_port,
            cel::is_protobuf_name,
            cel::is_protobuf_name_with_dot,
            |a| cel::is_header_name(a, true),
            |a| cel::is_header_name(a, false),
        ];
        assert!(formats.iter().all(|has_format| !has_format("")));
    }
}
