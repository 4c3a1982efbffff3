//! What the conformance runner does not ask: limits, boundaries, places of errors, broken input.

use proptest::prelude::*;
use prost::Message;
use prost_types::value::Kind;
use prost_types::{Any, Duration, FieldMask, ListValue, Struct, Timestamp, Value};

use super::{Json, ReadOptions, WriteOptions, from_slice, from_str, to_string, to_vec};
use crate::pb::google::rpc::{BadRequest, ErrorInfo, Status};

fn refused<T: Json + Default + std::fmt::Debug>(json: &str) -> String {
    from_str::<T>(json).expect_err(json).to_string()
}

#[test]
fn nesting_is_limited_and_does_not_overflow() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    // A list is two levels of messages, an object three.
    assert!(from_str::<Value>(&nested(50)).is_ok());
    assert!(refused::<Value>(&nested(51)).contains("deeper than 100 levels"));
    assert!(refused::<Value>(&nested(1_000_000)).contains("deeper"));
    let objects = format!("{}1{}", "{\"a\":".repeat(34), "}".repeat(34));
    assert!(refused::<Value>(&objects).contains("deeper"));
    // Also where the value is skipped.
    let unknown = format!("{{\"nobody\":{}}}", nested(200_000));
    let error = ReadOptions::new().ignore_unknown(true).from_str::<Status>(&unknown).expect_err("too deep");
    assert!(error.message().contains("deeper"), "{error}");
    assert!(ReadOptions::new().depth_limit(5).from_str::<Value>("[[[]]]").is_ok());
    assert!(ReadOptions::new().depth_limit(4).from_str::<Value>("[[[]]]").is_err());
}

#[test]
fn nothing_comes_twice() {
    assert!(refused::<Status>(r#"{"code":1,"code":2}"#).contains("comes twice"));
    assert!(refused::<Status>(r#"{"code":null,"code":2}"#).contains("comes twice"));
    assert!(refused::<Struct>(r#"{"a":1,"a":2}"#).contains("comes twice"));
    assert!(refused::<ErrorInfo>(r#"{"metadata":{"k":"1","k":"2"}}"#).contains("comes twice"));
    let any = r#"{"@type":"type.googleapis.com/google.rpc.Status","@type":"x/google.rpc.Status"}"#;
    assert!(refused::<Any>(any).contains("comes twice"));
}

#[test]
fn integers_at_their_boundaries() {
    for (text, value) in [
        ("2147483647", i32::MAX),
        ("-2147483648", i32::MIN),
        ("\"2147483647\"", i32::MAX),
        ("2147483647.000", i32::MAX),
        ("21474836470e-1", i32::MAX),
        ("1e5", 100_000),
        ("\"1.5e1\"", 15),
        ("-0", 0),
        ("0e99999999999999999999", 0),
        ("100000000000000000000000e-22", 10),
    ] {
        assert_eq!(from_str::<i32>(text).unwrap_or_else(|e| panic!("{text}: {e}")), value);
    }
    for text in [
        "2147483648",
        "-2147483649",
        "0.5",
        "1e10",
        "1e-1",
        "\"\"",
        "\" 1\"",
        "\"1 \"",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "\"0x1\"",
        "true",
        "null",
        "[]",
        "1e99999999999999999999",
        "--1",
        "\"-\"",
        "NaN",
        "\"NaN\"",
    ] {
        assert!(from_str::<i32>(text).is_err(), "{text}");
    }
    assert_eq!(from_str::<u64>("\"18446744073709551615\"").ok(), Some(u64::MAX));
    assert_eq!(from_str::<u64>("18446744073709551615").ok(), Some(u64::MAX));
    assert_eq!(from_str::<i64>("-9223372036854775808").ok(), Some(i64::MIN));
    for text in ["18446744073709551616", "-1", "99999999999999999999999"] {
        assert!(from_str::<u64>(text).is_err(), "{text}");
    }
    for text in ["9223372036854775808", "-9223372036854775809"] {
        assert!(from_str::<i64>(text).is_err(), "{text}");
    }
}

#[test]
fn floats_at_their_boundaries() {
    for text in [
        "1.7976931348623157e308",
        "-1.7976931348623157e+308",
        "5e-324",
        "0.1",
        "123456789012345678901234567890",
    ] {
        assert_eq!(from_str::<f64>(text).ok(), text.parse().ok(), "{text}");
    }
    for text in
        ["1e309", "-1e400", "\"1e309\"", "\"inf\"", "\"infinity\"", "\"+1\"", "\"nan\"", "Infinity", "1_0"]
    {
        assert!(from_str::<f64>(text).is_err(), "{text}");
    }
    assert_eq!(from_str::<f64>("\"Infinity\"").ok(), Some(f64::INFINITY));
    assert_eq!(from_str::<f64>("1e-999").ok(), Some(0.0));
    assert_eq!(from_str::<f32>("3.4028235e38").ok(), Some(f32::MAX));
    assert!(from_str::<f32>("3.5e38").is_err());
    assert_eq!(to_string(&1.0_f64).as_deref(), Ok("1"));
    assert_eq!(to_string(&-0.0_f64).as_deref(), Ok("-0.0"));
    assert_eq!(to_string(&f32::NAN).as_deref(), Ok("\"NaN\""));
}

#[test]
fn strings_that_are_none() {
    for text in [
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\x\"",
        "\"\n\"",
        "\"\u{1}\"",
        "\"",
        "\"\\",
        "\"\\u",
        "\"a",
    ] {
        assert!(from_str::<String>(text).is_err(), "{text:?}");
    }
    assert_eq!(from_str::<String>(r#""\ud83d\ude00\u0000\/""#).as_deref(), Ok("😀\0/"));
    let error = from_slice::<String>(b"\"ab\xffcd\"").expect_err("not UTF-8");
    assert_eq!((error.offset(), error.message()), (3, "invalid UTF-8"));
    assert!(from_slice::<String>(b"\"\xed\xa0\x80\"").is_err(), "a surrogate in UTF-8");
}

#[test]
fn errors_say_where() {
    let error = from_str::<Status>(
        r#"{"code": 3, "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": 7}]}"#,
    )
    .expect_err("a number for a string");
    assert_eq!(error.path(), "details[0].reason");
    assert_eq!(error.to_string(), "expected a string, found a number at `details[0].reason` (offset 88)");
    let error = from_str::<BadRequest>(r#"{"fieldViolations":[{},{"descriptio":1}]}"#).expect_err("unknown");
    assert_eq!(error.message(), "google.rpc.BadRequest.FieldViolation has no field \"descriptio\"");
    assert_eq!(error.path(), "fieldViolations[1]");
    let odd = Status {
        details: vec![Any { type_url: "x/nobody.Knows".into(), value: vec![1] }],
        ..Status::default()
    };
    assert_eq!(
        to_string(&odd).expect_err("unknown").to_string(),
        "no message is registered for the type \"x/nobody.Knows\" of an Any at `details[0]`"
    );
}

fn sample() -> Status {
    let info = ErrorInfo {
        reason: "OUT".into(),
        domain: "dö\"m".into(),
        metadata: [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())].into(),
    };
    let any = |name: &str, value| Any { type_url: format!("type.googleapis.com/{name}"), value };
    Status {
        code: 5,
        message: "not\nthere".into(),
        details: vec![
            any("google.rpc.ErrorInfo", info.encode_to_vec()),
            any("google.protobuf.Duration", Duration { seconds: 1, nanos: 500_000_000 }.encode_to_vec()),
            any("google.protobuf.Empty", Vec::new()),
        ],
    }
}

#[test]
fn any_is_written_by_its_table() {
    let text = to_string(&sample()).expect("JSON");
    assert_eq!(
        text,
        r#"{"code":5,"message":"not\nthere","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"OUT","domain":"dö\"m","metadata":{"a":"1","b":"2"}},{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.500s"},{"@type":"type.googleapis.com/google.protobuf.Empty"}]}"#
    );
    let back: Status = from_str(&text).expect("a status");
    assert_eq!((back.code, back.details.len()), (5, 3));
    let info = ErrorInfo::decode(&back.details[0].value[..]).expect("the message");
    assert_eq!(info.metadata.len(), 2);
}

#[test]
fn truncated_at_every_byte() {
    let text = WriteOptions::new().pretty(true).to_vec(&sample()).expect("JSON");
    for end in 0..text.len() {
        assert!(from_slice::<Status>(&text[..end]).is_err(), "{end}");
    }
    let value = r#" {"a":[1,-2.5e3,"x\u0041",true,false,null,{}]} "#;
    for end in 0..value.len() - 1 {
        assert!(from_str::<Value>(&value[..end]).is_err(), "{end}");
        assert!(from_str::<Value>(&format!("{}#", &value[..end])).is_err(), "{end}");
    }
}

#[test]
fn a_million_elements() {
    let list = ListValue { values: vec![Value { kind: Some(Kind::NumberValue(1.0)) }; 1_000_000] };
    let text = to_vec(&list).expect("JSON");
    assert_eq!(text.len(), 2_000_001);
    assert_eq!(from_slice::<ListValue>(&text).expect("a list").values.len(), 1_000_000);
}

#[test]
fn keys_of_every_type() {
    #[allow(clippy::needless_pass_by_value)] // reads better at the calls
    fn key<K: super::MapKey + std::fmt::Debug + PartialEq>(text: &str, expected: Option<K>) {
        assert_eq!(K::parse_key(text), expected, "{text}");
    }
    key("-1", Some(-1_i32));
    key("1e2", Some(100_i32));
    key::<i32>("2147483648", None);
    key("9223372036854775807", Some(i64::MAX));
    key("4294967295", Some(u32::MAX));
    key::<u32>("-1", None);
    key("18446744073709551615", Some(u64::MAX));
    key("true", Some(true));
    key::<bool>("True", None);
    key::<bool>("1", None);
    key("", Some(String::new()));
    key::<u64>("", None);
}

#[test]
fn merging() {
    let mut status = Status { code: 1, message: "old".into(), details: vec![Any::default()] };
    super::merge(&mut status, br#"{"message":"new","details":[{}],"code":null}"#).expect("a status");
    assert_eq!((status.code, status.message.as_str(), status.details.len()), (1, "new", 2));
    let mut info = ErrorInfo { metadata: [("a".to_owned(), "1".to_owned())].into(), ..ErrorInfo::default() };
    super::merge(&mut info, br#"{"metadata":{"a":"2","b":"3"}}"#).expect("a message");
    assert_eq!((info.metadata["a"].as_str(), info.metadata["b"].as_str()), ("2", "3"));
}

#[test]
fn styles() {
    let info = ErrorInfo { reason: "R".into(), ..ErrorInfo::default() };
    let all = WriteOptions::new().emit_defaults(true).pretty(true);
    assert_eq!(
        all.to_string(&info).as_deref(),
        Ok("{\n  \"reason\": \"R\",\n  \"domain\": \"\",\n  \"metadata\": {}\n}")
    );
    let violation =
        crate::pb::google::rpc::RetryInfo { retry_delay: Some(Duration { seconds: 3, nanos: 0 }) };
    let proto = WriteOptions::new().proto_names(true);
    assert_eq!(proto.to_string(&violation).as_deref(), Ok(r#"{"retry_delay":"3s"}"#));
    assert_eq!(
        from_str::<crate::pb::google::rpc::RetryInfo>(r#"{"retry_delay":"3s"}"#).ok(),
        Some(violation)
    );
}

#[test]
fn times_out_of_range() {
    for json in [
        "\"0000-12-31T23:59:59Z\"",
        "\"10000-01-01T00:00:00Z\"",
        "\"2024-02-30T00:00:00Z\"",
        "\"2024-01-01T00:00:00\"",
        "\"2024-01-01t00:00:00z\"",
        "\"2024-01-01T24:00:00Z\"",
        "\"2024-01-01T00:00:00.Z\"",
        "\"0001-01-01T00:00:00+00:01\"",
        "\"2024-01-01T00:00:00.1234567890Z\"",
    ] {
        assert!(from_str::<Timestamp>(json).is_err(), "{json}");
    }
    for json in
        ["\"1\"", "\"s\"", "\"1.s\"", "\"-s\"", "\"315576000001s\"", "\"1.0000000001s\"", "\"1 s\"", "1"]
    {
        assert!(from_str::<Duration>(json).is_err(), "{json}");
    }
    for (seconds, nanos) in [(1, -1), (-1, 1), (315_576_000_001, 0), (0, 1_000_000_000)] {
        assert!(to_string(&Duration { seconds, nanos }).is_err());
    }
    assert!(from_str::<FieldMask>("\"a_b\"").is_err());
    assert!(to_string(&FieldMask { paths: vec!["aB".into()] }).is_err());
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Kind::NullValue(0)),
        any::<bool>().prop_map(Kind::BoolValue),
        any::<f64>().prop_filter("finite", |v| v.is_finite()).prop_map(Kind::NumberValue),
        any::<String>().prop_map(Kind::StringValue),
    ];
    let value = leaf.prop_map(|kind| Value { kind: Some(kind) });
    value.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8)
                .prop_map(|values| Kind::ListValue(ListValue { values })),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|fields| Kind::StructValue(Struct { fields })),
        ]
        .prop_map(|kind| Value { kind: Some(kind) })
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = from_slice::<Value>(&bytes);
        let _ = from_slice::<Status>(&bytes);
        let _ = from_slice::<Timestamp>(&bytes);
    }

    #[test]
    fn json_like_text_never_panics(text in "[\\[\\]{}\",:0-9eE+.a-d\\\\tfn -]{0,60}") {
        let ours = from_str::<Value>(&text);
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        // What is JSON to us is JSON to serde_json; the other way round duplicate keys are the exception.
        if ours.is_ok() {
            prop_assert!(theirs.is_ok(), "{text}");
        }
        let _ = ReadOptions::new().ignore_unknown(true).from_str::<Status>(&text);
    }

    #[test]
    fn values_survive(value in values(), pretty in any::<bool>()) {
        let text = WriteOptions::new().pretty(pretty).to_string(&value).expect("JSON");
        prop_assert_eq!(&from_str::<Value>(&text).expect("a value"), &value);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn numbers_survive(a in any::<f64>(), b in any::<f32>(), c in any::<i64>(), d in any::<u64>()) {
        let back: f64 = from_str(&to_string(&a).expect("JSON")).expect("a number");
        prop_assert!(back.to_bits() == a.to_bits() || (a.is_nan() && back.is_nan()));
        let back: f32 = from_str(&to_string(&b).expect("JSON")).expect("a number");
        prop_assert!(back.to_bits() == b.to_bits() || (b.is_nan() && back.is_nan()));
        prop_assert_eq!(from_str::<i64>(&to_string(&c).expect("JSON")).ok(), Some(c));
        prop_assert_eq!(from_str::<u64>(&to_string(&d).expect("JSON")).ok(), Some(d));
    }

    #[test]
    fn times_survive(seconds in -62_135_596_800_i64..253_402_300_800, nanos in 0..1_000_000_000_i32) {
        let time = Timestamp { seconds, nanos };
        prop_assert_eq!(from_str::<Timestamp>(&to_string(&time).expect("JSON")).ok(), Some(time));
    }
}

#[test]
fn what_is_skipped_leaves_nothing_behind() {
    let options = ReadOptions::new().ignore_unknown(true);
    // More lists and objects side by side than may stand in each other.
    for one in ["[1]", "[]", "{\"a\":1}", "{}", "[[1],{\"a\":[2]}]"] {
        let many = vec![one; 500].join(",");
        let text = format!("{{\"nobody\":[{many}],\"code\":5}}");
        assert_eq!(options.from_str::<Status>(&text).map(|status| status.code), Ok(5), "{one}");
        assert!(from_str::<ListValue>(&format!("[{many}]")).is_ok(), "{one}");
    }
}

#[test]
fn an_any_of_a_value_has_one_value() {
    let any =
        |fields: &str| from_str::<Any>(&format!("{{\"@type\":\"x/google.protobuf.Duration\"{fields}}}"));
    assert!(any(",\"value\":\"1s\"").is_ok());
    for fields in [",\"value\":\"1s\",\"value\":\"2s\"", "", ",\"value\":\"1s\",\"other\":1"] {
        assert!(any(fields).is_err(), "{fields}");
    }
}

#[test]
fn offsets_are_those_of_a_clock() {
    let seconds = |offset: &str| {
        from_str::<Timestamp>(&format!("\"1970-01-02T00:00:00{offset}\"")).ok().map(|time| time.seconds)
    };
    for (offset, expected) in [
        ("Z", Some(86_400)),
        ("+00:00", Some(86_400)),
        ("+23:59", Some(60)),
        ("-23:59", Some(172_740)),
        ("+01:30", Some(81_000)),
        ("+24:00", None),
        ("-99:00", None),
        ("+00:60", None),
        ("+1:00", None),
        ("+0100", None),
        ("", None),
        ("z", None),
        ("Z+00:00", None),
    ] {
        assert_eq!(seconds(offset), expected, "{offset}");
    }
}
