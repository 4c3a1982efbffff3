//! Messages and the schemas that come of them.

use serde_json::{Value, json};

use super::Components;
use crate::emit::fixture;
use crate::model::Schema as Model;

const IMPORTS: &str = r#"import "google/protobuf/duration.proto"; import "google/protobuf/timestamp.proto";
    import "google/protobuf/field_mask.proto"; import "google/protobuf/any.proto"; import "google/protobuf/wrappers.proto";
    import "google/protobuf/struct.proto"; import "google/protobuf/empty.proto"; import "google/api/field_behavior.proto";
    import "google/api/field_info.proto";
    enum E { E_NONE = 0;
/* The first. */ E_ONE = 1; E_TWO = 2; }
    message Other { int32 n = 1; }
    "#;

fn model(text: &str) -> Model {
    fixture::schema(&format!("{IMPORTS}{text}"))
}

/// All components that a message needs.
fn components(schema: &Model, message: &str) -> Value {
    let mut components = Components::new(schema);
    components.message(fixture::message(schema, message));
    serde_json::to_value(components.finish()).unwrap()
}

/// The component of a message `M` with this body.
fn object(body: &str) -> Value {
    components(&model(&format!("message M {{\n{body}\n}}")), "t.v1.M")["M"].clone()
}

/// The schema of a field of this type, and whether it is required.
fn field(ty: &str, options: &str) -> (Value, bool) {
    let options = if options.is_empty() { String::new() } else { format!("[{options}]") };
    let object = object(&format!("{ty} f = 1 {options};"));
    let required = object["required"].as_array().is_some_and(|names| names.contains(&json!("f")));
    (object["properties"]["f"].clone(), required)
}

fn plain(ty: &str) -> Value {
    field(ty, "").0
}

/// With rules of a kind.
fn ruled(ty: &str, kind: &str, rules: &str) -> (Value, bool) {
    field(ty, &format!("(buf.validate.field).{kind} = {{ {rules} }}"))
}

const INT64: &str = "^(0|-?[1-9][0-9]{0,18})$";

#[test]
fn scalars() {
    assert_eq!(plain("string"), json!({"type": "string"}));
    assert_eq!(plain("bool"), json!({"type": "boolean"}));
    assert_eq!(plain("bytes"), json!({"type": "string", "format": "byte", "contentEncoding": "base64"}));
    let int32 = json!({"type": "integer", "format": "int32", "maximum": i32::MAX, "minimum": i32::MIN});
    for ty in ["int32", "sint32", "sfixed32"] {
        assert_eq!(plain(ty), int32);
    }
    assert_eq!(
        plain("fixed32"),
        json!({"type": "integer", "format": "uint32", "maximum": u32::MAX, "minimum": 0})
    );
    assert_eq!(plain("sint64"), json!({"type": "string", "format": "int64", "pattern": INT64}));
    assert_eq!(
        plain("uint64"),
        json!({"type": "string", "format": "uint64", "pattern": "^(0|[1-9][0-9]{0,19})$"})
    );
    assert_eq!(
        plain("double"),
        json!({"anyOf": [{"type": "number", "format": "double"}, {"$ref": "#/components/schemas/NotFinite"}]})
    );
}

/// The limits of base64 refuse no text of bytes that the rules allow, with padding or without, and a rule is in words only where
/// they allow a text that it refuses.
#[test]
fn lengths_of_bytes() {
    // The lengths of the texts of `n` bytes.
    let texts = |n: u64| [(n * 4).div_ceil(3), n.div_ceil(3) * 4];
    for (rules, least, most) in (0..12_u64).flat_map(|n| {
        [
            (format!("min_len: {n}"), n, u64::MAX),
            (format!("max_len: {n}"), 0, n),
            (format!("len: {n}"), n, n),
            (format!("min_len: 2 max_len: {}", n + 2), 2, n + 2),
        ]
    }) {
        let schema = ruled("optional bytes", "bytes", &rules).0;
        let limit = |name: &str, or| schema[name].as_u64().unwrap_or(or);
        let (shortest, longest) = (limit("minLength", 0), limit("maxLength", u64::MAX));
        let fits = |length: u64| (shortest..=longest).contains(&length);
        let mut too_many = false;
        for n in 0..20 {
            let allowed = (least..=most).contains(&n);
            for length in texts(n) {
                assert!(fits(length) || !allowed, "{rules}: {n} bytes as {length} characters");
                too_many |= fits(length) && !allowed;
            }
        }
        let words = schema.get("x-rules").is_some();
        assert_eq!(words, too_many, "{rules}: {schema}");
    }
}

#[test]
fn lists_and_maps() {
    assert_eq!(plain("repeated bool"), json!({"type": "array", "items": {"type": "boolean"}}));
    assert_eq!(
        plain("map<string, Other>"),
        json!({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Other"}})
    );
    let keys = |ty: &str| plain(&format!("map<{ty}, bool>"))["propertyNames"].clone();
    assert_eq!(keys("bool"), json!({"type": "string", "enum": ["true", "false"]}));
    assert_eq!(keys("int32"), json!({"type": "string", "pattern": "^(0|-?[1-9][0-9]{0,9})$"}));
    assert_eq!(keys("fixed64"), json!({"type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$"}));
}

#[test]
fn formats_of_field_info() {
    let of = |format: &str| field("string", &format!("(google.api.field_info).format = {format}")).0;
    assert_eq!(of("UUID4"), json!({"type": "string", "format": "uuid"}));
    assert_eq!(of("IPV4"), json!({"type": "string", "format": "ipv4"}));
    assert_eq!(of("IPV6"), json!({"type": "string", "format": "ipv6"}));
    assert_eq!(
        of("IPV4_OR_IPV6"),
        json!({"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]})
    );
    assert_eq!(of("FORMAT_UNSPECIFIED"), json!({"type": "string"}));
}

#[test]
fn well_known() {
    let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    assert_eq!(plain("google.protobuf.Timestamp"), json!({"type": "string", "format": "date-time"}));
    assert_eq!(plain("google.protobuf.Duration"), to("google.protobuf.Duration"));
    assert_eq!(plain("google.protobuf.Any"), to("google.protobuf.Any"));
    assert_eq!(plain("google.protobuf.FieldMask"), to("google.protobuf.FieldMask"));
    assert_eq!(plain("google.protobuf.Empty"), json!({"type": "object"}));
    assert_eq!(plain("google.protobuf.Struct"), json!({"type": "object", "additionalProperties": true}));
    assert_eq!(plain("google.protobuf.Value"), json!({}));
    assert_eq!(plain("google.protobuf.ListValue"), json!({"type": "array", "items": {}}));
    assert_eq!(plain("google.protobuf.NullValue"), json!({"type": "null"}));
    // A wrapper may be `null`, but not in a list.
    assert_eq!(plain("google.protobuf.StringValue"), json!({"type": ["string", "null"]}));
    assert_eq!(
        plain("repeated google.protobuf.StringValue"),
        json!({"type": "array", "items": {"type": "string"}})
    );
    assert_eq!(
        plain("google.protobuf.DoubleValue"),
        json!({"anyOf": [
            {"type": "number", "format": "double"}, {"$ref": "#/components/schemas/NotFinite"}, {"type": "null"}
        ]})
    );
}

#[test]
fn durations_are_in_their_range() {
    let all = components(&model("message M { google.protobuf.Duration d = 1; }"), "t.v1.M");
    let pattern = all["google.protobuf.Duration"]["pattern"].as_str().unwrap();
    let regex = regex::Regex::new(pattern).unwrap();
    for right in [
        "0s",
        "1.5s",
        "-3.000000001s",
        "315576000000s",
        "315575999999.9s",
        "99999999999s",
        "007s",
        "314999999999s",
    ] {
        assert!(regex.is_match(right), "{right}");
    }
    for wrong in [
        "",
        "s",
        "1",
        "1.s",
        "1.0000000001s",
        "315576000001s",
        "320000000000s",
        "400000000000s",
        "+1s",
        "1 s",
    ] {
        assert!(!regex.is_match(wrong), "{wrong}");
    }
}

#[test]
fn enums_say_their_values() {
    let all = components(&model("message M { E e = 1; }"), "t.v1.M");
    assert_eq!(all["M"]["properties"]["e"], json!({"$ref": "#/components/schemas/E"}));
    assert_eq!(
        all["E"],
        json!({"type": "string", "description": "- `E_ONE`: The first.", "enum": ["E_NONE", "E_ONE", "E_TWO"]})
    );
}

#[test]
fn lengths_patterns_and_formats() {
    assert_eq!(
        ruled("string", "string", "min_len: 2 max_len: 5"),
        (json!({"type": "string", "maxLength": 5, "minLength": 2}), true)
    );
    assert!(!ruled("string", "string", "max_len: 5").1);
    assert!(!ruled("optional string", "string", "min_len: 2").1);
    let (bytes, required) = ruled("string", "string", "min_bytes: 5 max_bytes: 9");
    assert!(required);
    assert_eq!((&bytes["minLength"], &bytes["maxLength"]), (&json!(2), &json!(9)));
    assert_eq!(bytes["x-rules"][1], json!({"id": "string.max_bytes", "message": "at most 9 bytes in UTF-8"}));
    assert_eq!(
        ruled("string", "string", "pattern: '(?i)^[a-f]$'"),
        (json!({"type": "string", "pattern": "^[A-Fa-f]$"}), true)
    );
    let (text, _) = ruled("string", "string", "pattern: '(?i)\\\\pL'");
    assert_eq!(text["x-rules"][0]["id"], "string.pattern");
    assert_eq!(
        ruled("string", "string", "prefix: 'a.' suffix: 'b'").0["pattern"],
        json!("^(?=[\\s\\S]*(?:^a\\.))(?=[\\s\\S]*(?:b$))")
    );
    assert_eq!(ruled("string", "string", "uuid: true"), (json!({"type": "string", "format": "uuid"}), true));
    assert_eq!(
        ruled("string", "string", "uri_ref: true"),
        (json!({"type": "string", "format": "uri-reference"}), false)
    );
    assert_eq!(
        ruled("optional string", "string", "ip: true max_len: 30").0,
        json!({"anyOf": [
            {"type": "string", "format": "ipv4", "maxLength": 30}, {"type": "string", "format": "ipv6", "maxLength": 30}
        ]})
    );
    assert_eq!(
        ruled("string", "string", "in: ['a', '', 'b'] not_in: ['b']"),
        (json!({"type": "string", "enum": ["a", ""]}), false)
    );
    assert_eq!(
        ruled("string", "string", "host_and_port: true").0["x-rules"][0]["id"],
        "string.host_and_port"
    );
}

#[test]
fn numbers_in_ranges() {
    assert_eq!(
        ruled("int32", "int32", "gt: 5 lte: 9"),
        (json!({"type": "integer", "format": "int32", "maximum": 9, "exclusiveMinimum": 5}), true)
    );
    assert!(!ruled("int32", "int32", "gte: 0").1);
    // Outside of a range is said in words.
    let (outside, required) = ruled("int32", "int32", "gt: 5 lt: -5");
    assert!(required);
    assert_eq!(outside["minimum"], json!(i32::MIN));
    assert_eq!(
        outside["x-rules"],
        json!([{"id": "int32.gt_lt_exclusive", "message": "less than -5 or greater than 5"}])
    );
    assert_eq!(
        ruled("uint32", "uint32", "in: [0, 3]"),
        (
            json!({"type": "integer", "format": "uint32", "enum": [0, 3], "maximum": u32::MAX, "minimum": 0}),
            false
        )
    );
    let (long, required) = ruled("int64", "int64", "gte: 1 lte: 1000");
    assert!(required);
    assert_eq!(long["pattern"], "^([1-9][0-9]{0,2}|1000)$");
    assert_eq!(long["description"], "Rules:\n\n- at least 1 and at most 1000");
    assert_eq!(ruled("fixed64", "fixed64", "const: 7").0["enum"], json!(["7"]));
    let multiple = field("int32", "(buf.validate.field).cel = { id: 'even' expression: 'this % 2 == 0' }").0;
    assert_eq!(multiple["multipleOf"], json!(2));
    assert_eq!(multiple.get("x-rules"), None);
    for other in ["this % 2 == 1", "this % 0 == 0", "this % (2) == 0 || this == 1", "this % == 0"] {
        assert_eq!(super::keywords::divisor(other, None), None, "{other}");
    }
}

#[test]
fn floats_may_be_words() {
    let double = |rules: &str| ruled("double", "double", rules).0;
    assert_eq!(double("finite: true"), json!({"type": "number", "format": "double"}));
    assert_eq!(
        double("gte: 0 lte: 1"),
        json!({"type": "number", "format": "double", "maximum": 1, "minimum": 0})
    );
    assert_eq!(
        double("gt: 0"),
        json!({"anyOf": [
            {"type": "number", "format": "double", "exclusiveMinimum": 0}, {"type": "string", "enum": ["Infinity"]}
        ]})
    );
    assert_eq!(ruled("float", "float", "const: 0.1").0["enum"], json!([0.1]));
    assert_eq!(double("in: [inf]"), json!({"type": "string", "enum": ["Infinity"]}));
}

#[test]
fn enums_by_rules() {
    assert_eq!(ruled("E", "enum", "defined_only: true"), (json!({"$ref": "#/components/schemas/E"}), false));
    assert_eq!(
        ruled("E", "enum", "not_in: [0]"),
        (json!({"type": "string", "enum": ["E_ONE", "E_TWO"]}), true)
    );
    assert_eq!(ruled("E", "enum", "in: [1, 7]"), (json!({"enum": ["E_ONE", 7]}), true));
    assert_eq!(
        field("E", "(buf.validate.field) = { required: true enum: { in: [0, 1] } }"),
        (json!({"type": "string", "enum": ["E_ONE"]}), true)
    );
}

#[test]
fn sizes_of_lists_and_maps() {
    assert_eq!(
        ruled(
            "repeated string",
            "repeated",
            "min_items: 1 max_items: 3 unique: true items: { string: { max_len: 2 } }"
        ),
        (
            json!({
                "type": "array", "items": {"type": "string", "maxLength": 2}, "maxItems": 3, "minItems": 1, "uniqueItems": true
            }),
            true
        )
    );
    assert_eq!(
        ruled(
            "map<int32, string>",
            "map",
            "min_pairs: 0 max_pairs: 3 keys: { int32: { gte: 0 lt: 10 } } values: { string: { email: true } }"
        ),
        (
            json!({
                "type": "object",
                "additionalProperties": {"type": "string", "format": "email"},
                "propertyNames": {"type": "string", "pattern": "^(0|[1-9])$"},
                "maxProperties": 3
            }),
            false
        )
    );
    let items = ruled("repeated string", "repeated", "items: { string: { max_bytes: 2 } }").0;
    assert_eq!(items["description"], "Rules:\n\n- each item: at most 2 bytes in UTF-8");
}

#[test]
fn required() {
    let required = |ty: &str| field(ty, "(buf.validate.field).required = true");
    assert_eq!(required("string"), (json!({"type": "string", "minLength": 1}), true));
    assert_eq!(required("bool"), (json!({"type": "boolean", "enum": [true]}), true));
    assert_eq!(required("uint32").0["minimum"], json!(1));
    assert_eq!(required("uint64").0["pattern"], json!("^[1-9][0-9]{0,19}$"));
    assert_eq!(required("int32").0["description"], "Rules:\n\n- required: not 0");
    assert_eq!(required("optional string"), (json!({"type": "string"}), true));
    assert_eq!(required("Other"), (json!({"$ref": "#/components/schemas/Other"}), true));
    assert_eq!(required("google.protobuf.StringValue"), (json!({"type": "string"}), true));
    assert_eq!(required("repeated string").0["minItems"], json!(1));
    assert_eq!(required("map<string, string>").0["minProperties"], json!(1));
}

#[test]
fn zero_may_be_excepted() {
    let ignored = |ty: &str, kind: &str, rules: &str| {
        field(ty, &format!("(buf.validate.field) = {{ ignore: IGNORE_IF_ZERO_VALUE {kind}: {{ {rules} }} }}"))
    };
    assert_eq!(
        ignored("string", "string", "uuid: true"),
        (json!({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "string", "enum": [""]}]}), false)
    );
    assert_eq!(ignored("int32", "int32", "gt: 5").0["anyOf"][1], json!({"type": "integer", "enum": [0]}));
    assert_eq!(ignored("int32", "int32", "gte: 0").0["type"], "integer");
    assert_eq!(
        ignored("E", "enum", "in: [2]"),
        (json!({"type": "string", "enum": ["E_NONE", "E_TWO"]}), false)
    );
    assert_eq!(
        ignored("repeated bool", "repeated", "min_items: 2").0["anyOf"][1],
        json!({"type": "array", "items": {}, "maxItems": 0})
    );
    // What knows whether it is set is left out instead.
    assert_eq!(
        ignored("optional string", "string", "uuid: true").0,
        json!({"type": "string", "format": "uuid"})
    );
}

#[test]
fn what_google_says_of_fields() {
    let of = |ty: &str, behavior: &str| field(ty, &format!("(google.api.field_behavior) = {behavior}"));
    assert_eq!(of("string", "OUTPUT_ONLY").0, json!({"type": "string", "readOnly": true}));
    assert_eq!(of("repeated string", "INPUT_ONLY").0["writeOnly"], json!(true));
    assert_eq!(of("Other", "OUTPUT_ONLY").0, json!({"$ref": "#/components/schemas/Other", "readOnly": true}));
    assert_eq!(of("string", "IMMUTABLE").0["description"], "Cannot be changed once it is set.");
    // Nothing has the message in a response, so that it may be said.
    assert_eq!(of("string", "REQUIRED"), (json!({"type": "string"}), true));
    let both = model(
        "message M { string a = 1 [(google.api.field_behavior) = REQUIRED]; } service S { rpc Do(M) returns (M); }",
    );
    let both = components(&both, "t.v1.M");
    assert_eq!(both["M"].get("required"), None);
    assert_eq!(both["M"]["properties"]["a"]["description"], "Required.");
}

#[test]
fn comments_and_deprecation() {
    let object = object(
        "// What it is.\n//\n//     code\nstring a = 1 [deprecated = true]; // And more.\n\nOther b = 2 [deprecated = true];",
    );
    assert_eq!(object["properties"]["a"]["description"], "What it is.\n\n    code\n\nAnd more.");
    assert_eq!(object["properties"]["a"]["deprecated"], json!(true));
    assert_eq!(
        object["properties"]["b"],
        json!({"allOf": [{"$ref": "#/components/schemas/Other"}], "deprecated": true})
    );
}

#[test]
fn oneofs() {
    let open = object("string id = 1; oneof kind { string a = 2; Other b = 3; }");
    assert_eq!(
        open["allOf"],
        json!([{
            "oneOf": [
                {"title": "a", "required": ["a"]},
                {"title": "b", "required": ["b"]},
                {"title": "none", "not": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}}
            ],
            "description": "At most one of these is set."
        }])
    );
    let closed =
        object("oneof kind { option (buf.validate.oneof).required = true; string a = 2; Other b = 3; }");
    assert_eq!(
        closed["allOf"][0]["oneOf"],
        json!([
            {"type": "object", "title": "a", "required": ["a"], "properties": {"a": {"type": "string"}}},
            {"type": "object", "title": "b", "required": ["b"], "properties": {"b": {"$ref": "#/components/schemas/Other"}}}
        ])
    );
    // One alone is there or not.
    assert_eq!(object("oneof kind { string a = 2; }").get("allOf"), None);
    let alone = object("oneof kind { option (buf.validate.oneof).required = true; string a = 2; }");
    assert_eq!(alone["required"], json!(["a"]));
    let alone =
        object("option (buf.validate.message).oneof = { fields: ['a'] required: true }; string a = 1;");
    assert_eq!((&alone["required"], alone.get("allOf")), (&json!(["a"]), None));
    let group = object(
        "option (buf.validate.message).oneof = { fields: ['a', 'b'] required: true }; string a = 1; repeated bool b = 2;",
    );
    assert_eq!(group["allOf"][0]["oneOf"][0]["properties"]["a"], json!({"type": "string", "minLength": 1}));
    assert_eq!(group["allOf"][0]["oneOf"][1]["properties"]["b"]["minItems"], json!(1));
    assert_eq!(group.get("required"), None);
}

#[test]
fn rules_of_messages_are_in_words_and_for_programs() {
    let object = object(
        "option (buf.validate.message).cel = { id: 'order' message: 'a is before b' expression: 'this.a < this.b' }; int32 a = 1; int32 b = 2;",
    );
    assert_eq!(object["description"], "Rules:\n\n- a is before b");
    assert_eq!(
        object["x-rules"],
        json!([{"id": "order", "message": "a is before b", "expression": "this.a < this.b"}])
    );
}

#[test]
fn messages_may_hold_themselves() {
    let all = components(
        &model("message M { M m = 1; repeated M more = 2; N n = 3; } message N { M m = 1; }"),
        "t.v1.M",
    );
    assert_eq!(all.as_object().unwrap().keys().collect::<Vec<_>>(), ["M", "N"]);
    assert_eq!(all["N"]["properties"]["m"], json!({"$ref": "#/components/schemas/M"}));
}

#[test]
fn names_are_short_where_they_are_clear() {
    let head = "syntax = 'proto3';";
    let schema = fixture::files(&[
        (
            "a.proto",
            &format!(
                "{head} package a.v1; message User {{ message Kind {{}} enum UserKind {{ A = 0; }} }} message Only {{}} message Status {{}}"
            ),
        ),
        (
            "b.proto",
            &format!(
                "{head} package b.v1; message User {{}} message NotFinite {{ double d = 1; }} message UserKind {{}}"
            ),
        ),
        (
            "c.proto",
            &format!(
                "{head} package c; import 'google/rpc/status.proto'; message M {{ google.rpc.Status status = 1; }}"
            ),
        ),
    ]);
    let components = Components::new(&schema);
    let name = |full: &str| components.name(fixture::message(&schema, full));
    assert_eq!(name("a.v1.User"), "a.v1.User");
    assert_eq!(name("b.v1.User"), "b.v1.User");
    assert_eq!(name("a.v1.Only"), "Only");
    // `User.Kind` and `UserKind` are one identifier to tools.
    assert_eq!(name("a.v1.User.Kind"), "a.v1.User.Kind");
    assert_eq!(name("b.v1.UserKind"), "b.v1.UserKind");
    assert_eq!(name("a.v1.Status"), "Status");
    assert_eq!(name("google.rpc.Status"), "google.rpc.Status");
    let all = self::components(&schema, "b.v1.NotFinite");
    assert_eq!(
        all["NotFinite"]["properties"]["d"]["anyOf"][1],
        json!({"$ref": "#/components/schemas/NotFinite_2"})
    );
}

#[test]
fn some_fields_are_elsewhere() {
    let schema = model(
        "message M { string id = 1 [(buf.validate.field).required = true]; oneof k { string a = 2; string b = 3; } }",
    );
    let message = fixture::message(&schema, "t.v1.M");
    let mut components = Components::new(&schema);
    let id = schema.messages[message].fields[0];
    let rest = serde_json::to_value(components.without(message, &[id])).unwrap();
    assert_eq!(rest["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(rest.get("required"), None);
    assert!(rest.get("allOf").is_some());
    let a = schema.messages[message].fields[1];
    let rest = serde_json::to_value(components.without(message, &[a])).unwrap();
    assert_eq!(rest.get("allOf"), None);
    assert!(components.finish().is_empty());
}

#[test]
fn changes_are_partial() {
    let schema = model(
        r#"import "rsvc/v1/rsvc.proto";
        message Task { string name = 1 [(buf.validate.field).string.min_len = 1]; Place place = 2; repeated Place more = 3; }
        message Place { string city = 1 [(buf.validate.field).required = true]; }
        message Update { Task task = 1 [(buf.validate.field).required = true]; google.protobuf.FieldMask update_mask = 2; }
        service S { rpc Do(Update) returns (Task) { option (rsvc.v1.method) = { validate: MASKED }; } }"#,
    );
    let (_, method) = schema.methods.iter().next().unwrap();
    let mut components = Components::new(&schema);
    let body = serde_json::to_value(components.body(method, None, &[])).unwrap();
    // What has to be there is not cleared by `null`.
    assert_eq!(body["properties"]["task"]["$ref"], json!("#/components/schemas/Task.Partial"));
    let all = serde_json::to_value(components.finish()).unwrap();
    let partial = &all["Task.Partial"];
    assert_eq!(partial.get("required"), None);
    assert_eq!(partial["properties"]["name"], json!({"type": "string", "minLength": 1}));
    assert_eq!(
        partial["properties"]["place"]["anyOf"][0],
        json!({"$ref": "#/components/schemas/Place.Partial"})
    );
    // A list is changed as a whole.
    assert_eq!(partial["properties"]["more"]["items"], json!({"$ref": "#/components/schemas/Place"}));
    assert_eq!(all["Place"]["required"], json!(["city"]));
}

#[test]
fn rules_that_are_not_tested_are_not_said() {
    let schema = model(
        "message M { A a = 1 [(buf.validate.field).ignore = IGNORE_ALWAYS]; A b = 2;
           repeated A c = 3 [(buf.validate.field).repeated.items.ignore = IGNORE_ALWAYS]; Other o = 4 [(buf.validate.field).ignore = IGNORE_ALWAYS]; }
         message A { string s = 1 [(buf.validate.field).string.min_len = 1]; B b = 2; }
         message B { option (buf.validate.message).cel = { id: 'x' expression: 'this.n > 1' }; int32 n = 1 [(buf.validate.field).required = true]; }",
    );
    let all = components(&schema, "t.v1.M");
    let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let fields = &all["M"]["properties"];
    assert_eq!(fields["a"], to("A.Unchecked"));
    assert_eq!(fields["b"], to("A"));
    assert_eq!(fields["c"]["items"], to("A.Unchecked"));
    assert_eq!(fields["o"], to("Other"));
    assert_eq!(all["A.Unchecked"]["properties"], json!({"s": {"type": "string"}, "b": to("B.Unchecked")}));
    assert_eq!(all["A.Unchecked"].get("required"), None);
    assert_eq!(all["B.Unchecked"].get("x-rules"), None);
    assert_eq!(all["B"]["x-rules"][0]["id"], "x");
}

#[test]
fn proto2() {
    let schema = fixture::files(&[(
        "p.proto",
        "syntax = 'proto2'; package p; import 'buf/validate/validate.proto'; enum C { A = 1; B = 2; }
         message M {
           required string must = 1; optional int64 big = 2 [default = 5]; optional C c = 3 [default = B];
           optional bytes raw = 4 [default = '\\377']; optional double d = 5 [default = inf];
           optional int32 odd = 7 [default = -1, (buf.validate.field).int32.gt = 0];
           optional group Inner = 6 { optional bool on = 1 [json_name = 'isOn']; }
         }",
    )]);
    let all = components(&schema, "p.M");
    assert_eq!(all["M"]["required"], json!(["must"]));
    let default = |name: &str| all["M"]["properties"][name]["default"].clone();
    assert_eq!(default("big"), "5");
    assert_eq!(default("c"), "B");
    assert_eq!(default("raw"), "/w==");
    assert_eq!(default("d"), "Infinity");
    // It breaks its own rule.
    assert_eq!(default("odd"), Value::Null);
    assert_eq!(all["M"]["properties"]["odd"]["description"], "Where it is not set, it is `-1`.");
    assert_eq!(all["M"]["properties"]["inner"], json!({"$ref": "#/components/schemas/M.Inner"}));
    assert_eq!(all["M.Inner"]["properties"]["isOn"], json!({"type": "boolean"}));
}
