//! Each rule, and what it says.

use super::{field_rules, message_rules};
use crate::emit::fixture;

/// The rules of a message `M` with this body as `id: text`, those of the message first.
fn rules(body: &str) -> Vec<String> {
    let schema = fixture::schema(&format!(
        r#"import "google/protobuf/duration.proto"; import "google/protobuf/timestamp.proto";
        import "google/protobuf/field_mask.proto"; import "google/protobuf/any.proto"; import "google/protobuf/wrappers.proto";
        enum E {{ E_NONE = 0; E_ONE = 1; E_TWO = 2; }}
        message M {{ {body} }}"#
    ));
    let id = fixture::message(&schema, "t.v1.M");
    let fields = schema.messages[id].fields.iter().flat_map(|field| field_rules(&schema, *field));
    message_rules(&schema, id)
        .into_iter()
        .chain(fields)
        .map(|rule| format!("{}: {}", rule.id, rule.text))
        .collect()
}

/// The rules of a field of this type.
fn of(ty: &str, options: &str) -> Vec<String> {
    rules(&format!("{ty} f = 1 [{options}];"))
}

#[test]
fn strings() {
    let of = |rules: &str| of("string", &format!("(buf.validate.field).string = {{ {rules} }}"));
    assert_eq!(
        of("min_len: 1 max_len: 200"),
        ["string.min_len: at least 1 character", "string.max_len: at most 200 characters"]
    );
    assert_eq!(
        of("len: 3 max_bytes: 9"),
        ["string.max_bytes: at most 9 bytes in UTF-8", "string.len: exactly 3 characters"]
    );
    assert_eq!(of("pattern: '^`[a-z]+$'"), ["string.pattern: matches `` ^`[a-z]+$ ``"]);
    assert_eq!(
        of("prefix: 'a' suffix: 'b' contains: 'c' not_contains: 'd'"),
        [
            "string.prefix: begins with `a`",
            "string.suffix: ends with `b`",
            "string.contains: contains `c`",
            "string.not_contains: does not contain `d`"
        ]
    );
    assert_eq!(of("in: ['a', 'b', 'c']"), ["string.in: one of `a`, `b` and `c`"]);
    assert_eq!(of("not_in: ['a', '']"), ["string.not_in: not `a` or the empty text"]);
    assert_eq!(of("const: 'a'"), ["string.const: exactly `a`"]);
    assert_eq!(of("uuid: true"), ["string.uuid: a UUID"]);
    assert!(of("uuid: false").is_empty());
    assert_eq!(
        of("well_known_regex: KNOWN_REGEX_HTTP_HEADER_NAME strict: false"),
        [
            "string.well_known_regex.header_name: the name of an HTTP header",
            "string.strict: of the header only NUL, CR and LF are refused"
        ]
    );
}

#[test]
fn numbers() {
    let of = |ty: &str, rules: &str| of(ty, &format!("(buf.validate.field).{ty} = {{ {rules} }}"));
    assert_eq!(of("int32", "gte: 1 lt: 10"), ["int32.gte_lt: at least 1 and less than 10"]);
    assert_eq!(of("int64", "gt: 10 lte: 1"), ["int64.gt_lte_exclusive: at most 1 or greater than 10"]);
    assert_eq!(of("uint32", "gt: 0"), ["uint32.gt: greater than 0"]);
    assert_eq!(of("double", "finite: true lte: 0.5"), ["double.lte: at most 0.5", "double.finite: finite"]);
    assert_eq!(of("sint32", "in: [-1]"), ["sint32.in: exactly -1"]);
    assert_eq!(of("bool", "const: true"), ["bool.const: exactly true"]);
    assert_eq!(
        of("bytes", "prefix: '\\xff\\x00' max_len: 1"),
        ["bytes.max_len: at most 1 byte", "bytes.prefix: begins with 0xff00"]
    );
}

#[test]
fn enums_have_names() {
    let of = |rules: &str| of("E", &format!("(buf.validate.field).enum = {{ {rules} }}"));
    assert_eq!(
        of("defined_only: true not_in: [0]"),
        ["enum.defined_only: one of the values of its type", "enum.not_in: not `E_NONE`"]
    );
    assert_eq!(of("in: [1, 2, 7]"), ["enum.in: one of `E_ONE`, `E_TWO` and 7"]);
}

#[test]
fn lists_and_maps() {
    assert_eq!(
        of(
            "repeated string",
            "(buf.validate.field).repeated = { min_items: 1 max_items: 5 unique: true items: { string: { max_len: 3 } } }"
        ),
        [
            "repeated.min_items: at least 1 item",
            "repeated.max_items: at most 5 items",
            "repeated.unique: no two items are equal",
            "string.max_len: each item: at most 3 characters"
        ]
    );
    assert_eq!(
        of(
            "map<string, E>",
            "(buf.validate.field).map = { max_pairs: 2 keys: { string: { min_len: 1 } } values: { enum: { const: 1 } } }"
        ),
        [
            "map.max_pairs: at most 2 entries",
            "string.min_len: each key: at least 1 character",
            "enum.const: each value: exactly `E_ONE`"
        ]
    );
}

#[test]
fn times() {
    assert_eq!(
        of(
            "google.protobuf.Timestamp",
            "(buf.validate.field).timestamp = { gt: { seconds: 0 } lt_now: true within: { seconds: 60 } }"
        ),
        [
            "timestamp.gt: after 1970-01-01T00:00:00Z",
            "timestamp.lt_now: in the past",
            "timestamp.within: within 60s of now"
        ]
    );
    assert_eq!(
        of(
            "google.protobuf.Duration",
            "(buf.validate.field).duration = { gte: { nanos: 10000000 } lte: { seconds: 3600 } }"
        ),
        ["duration.gte_lte: at least 0.01s and at most 3600s"]
    );
}

#[test]
fn messages_of_their_own() {
    assert_eq!(
        of("google.protobuf.FieldMask", "(buf.validate.field).field_mask = { in: ['a', 'b.c'] }"),
        ["field_mask.in: only paths in `a` and `b.c`"]
    );
    assert_eq!(
        of("google.protobuf.Any", "(buf.validate.field).any = { in: ['type.googleapis.com/a.B'] }"),
        ["any.in: its type is `type.googleapis.com/a.B`"]
    );
    assert_eq!(
        of("google.protobuf.Int32Value", "(buf.validate.field).int32 = { gt: 0 }"),
        ["int32.gt: greater than 0"]
    );
}

#[test]
fn required_and_ignored() {
    let required = |ty: &str| of(ty, "(buf.validate.field).required = true").join("|");
    assert_eq!(required("string"), "required: required: not empty");
    assert_eq!(required("int32"), "required: required: not 0");
    assert_eq!(required("E"), "required: required: not `E_NONE`");
    assert_eq!(required("optional string"), "required: required");
    assert_eq!(required("M"), "required: required");
    assert_eq!(required("repeated M"), "required: required: at least one item");
    assert_eq!(
        of("string", "(buf.validate.field) = { ignore: IGNORE_IF_ZERO_VALUE string: { email: true } }"),
        ["string.email: an email address, unless it is empty"]
    );
    assert_eq!(
        of(
            "optional string",
            "(buf.validate.field) = { ignore: IGNORE_IF_ZERO_VALUE string: { email: true } }"
        ),
        ["string.email: an email address"]
    );
    assert_eq!(
        of(
            "repeated int32",
            "(buf.validate.field).repeated.items = { ignore: IGNORE_IF_ZERO_VALUE int32: { gt: 5 } }"
        ),
        ["int32.gt: each item: greater than 5, unless it is 0"]
    );
    assert!(
        of("string", "(buf.validate.field) = { ignore: IGNORE_ALWAYS string: { email: true } }").is_empty()
    );
}

#[test]
fn cel() {
    assert_eq!(
        of(
            "int32",
            "(buf.validate.field).cel = { id: 'odd' message: 'must be odd.' expression: 'this % 2 == 1' }, (buf.validate.field).cel_expression = 'this < 9'"
        ),
        ["this < 9: fulfils `this < 9`", "odd: must be odd"]
    );
    assert_eq!(
        rules(
            "option (buf.validate.message).cel = { id: 'm' message: 'a before b' expression: 'this.a < this.b' }; int32 a = 1; int32 b = 2;"
        ),
        ["m: a before b"]
    );
}

#[test]
fn oneofs() {
    assert_eq!(
        rules("option (buf.validate.message).oneof = { fields: ['a_b', 'c'] required: true }; string a_b = 1; string c = 2;
               oneof kind { option (buf.validate.oneof).required = true; string d = 3; string e_f = 4; }"),
        ["message.oneof: exactly one of `aB` and `c` is set", "required: one of `d` and `eF` is set"]
    );
}
