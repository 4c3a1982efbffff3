//! Expressions of CEL over one message, compiled as rules: `tests/conformance/cel/cases.txt`.

use std::collections::HashMap;

use rsvc::prost::Message;
use rsvc::prost_types::{Any, Duration, ListValue, Struct, Timestamp, Value, value::Kind};
use rsvc::validate::{Failure, Validate, Violations};

#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub, dead_code)] // generated
mod generated {
    include!(concat!(env!("OUT_DIR"), "/cel_text/mod.rs"));

    pub(super) type Case = (u32, bool, fn(&cel::v1::Subject) -> super::Outcome);
    pub(super) const CASES: &[Case] = include!(concat!(env!("OUT_DIR"), "/cel_text_table.txt"));
}

/// The expressions of `build/deep.rs`.
#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub, dead_code)] // generated
mod deep {
    include!(concat!(env!("OUT_DIR"), "/cel_deep/mod.rs"));

    pub(super) type Case = (u32, bool, fn(&cel::v1::Subject) -> super::Outcome);
    pub(super) const CASES: &[Case] = include!(concat!(env!("OUT_DIR"), "/cel_deep_table.txt"));
}

use generated::cel::v1::{Inner, Subject, subject};

type Outcome = Result<(), Violations>;

fn check(case: &impl Validate) -> Outcome {
    case.validate()
}

fn value(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}

fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}

fn time() -> Timestamp {
    Timestamp { seconds: 1_582_979_696, nanos: 789_000_000 }
}

fn example() -> Subject {
    let inner = |n, name: &str| Inner { n, name: name.into(), ..Inner::default() };
    let text = |s: &str| value(Kind::StringValue(s.into()));
    let number = |n| value(Kind::NumberValue(n));
    let nest = Struct { fields: [("y".to_owned(), value(Kind::BoolValue(true)))].into() };
    let list = ListValue { values: vec![number(1.0), text("two")] };
    Subject {
        i32: 7,
        i64: -3,
        u32: 5,
        u64: 10,
        f32: 1.5,
        f64: 2.5,
        b: true,
        s: "héllo".into(),
        raw: vec![0, 255],
        color: 1,
        inner: Some(Inner { tags: vec!["a".into(), "b".into()], ..inner(4, "in") }),
        unset: None,
        ints: vec![1, 2, 3],
        strs: vec!["a".into(), "bb".into(), "ccc".into()],
        inners: vec![inner(1, "x"), inner(2, "y")],
        m: HashMap::from([("one".into(), 1), ("two".into(), 2)]),
        im: HashMap::from([(1, "uno".into())]),
        bm: HashMap::from([(true, inner(9, ""))]),
        ts: Some(time()),
        d: Some(Duration { seconds: 90, nanos: 500_000_000 }),
        w: Some(5),
        wn: None,
        ws: Some("w".into()),
        opt: Some(0),
        opts: None,
        kind: Some(subject::Kind::K1("k".into())),
        st: Some(Struct {
            fields: [
                ("x".to_owned(), number(1.0)),
                ("list".to_owned(), value(Kind::ListValue(list))),
                ("nest".to_owned(), value(Kind::StructValue(nest))),
            ]
            .into(),
        }),
        v: Some(text("str")),
        ds: vec![1.5, 2.5],
        um: HashMap::from([(3, 0.5)]),
        colors: vec![1, 2],
        times: vec![time()],
        wrapped: vec![1, 2],
        raws: vec![b"r".to_vec()],
        empty: String::new(),
        r#type: "kind".into(),
        unset_struct: None,
        unset_list: None,
        unset_value: None,
        list: Some(ListValue { values: vec![value(Kind::NullValue(0)), number(2.0)] }),
        packed: Some(any("cel.v1.Inner", &inner(5, "packed"))),
        packed_text: Some(any("google.protobuf.StringValue", &"packed".to_owned())),
        unknown_any: Some(any("cel.v1.Unknown", &inner(5, "packed"))),
        unset_any: None,
        no_labels: HashMap::new(),
    }
}

#[test]
fn every_expression_gives_what_it_should() {
    let subject = example();
    let mut wrong = Vec::new();
    for (line, fails, run) in generated::CASES {
        let outcome = run(&subject);
        let right = match &outcome {
            Ok(()) => !fails,
            // It says why, and nothing else is reported.
            Err(found) => {
                let told = |failure: &Failure| !failure.to_string().ends_with(": ");
                *fails && found.is_empty() && found.failure().is_some_and(told)
            }
        };
        if !right {
            wrong
                .push(format!("line {line}: {}", outcome.map_or_else(|e| e.to_string(), |()| "true".into())));
        }
    }
    assert!(generated::CASES.len() > 100, "the cases are gone");
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        generated::CASES.len(),
        wrong.join("\n")
    );
}

/// That they compile is the test; a thread of a test has the usual stack.
#[test]
fn the_deepest_expressions_compile() {
    let subject = deep::cel::v1::Subject { i32: 7, b: true, ints: vec![1, 2, 3], ..Default::default() };
    assert!(deep::CASES.len() > 40, "the cases are gone");
    for (number, _, run) in deep::CASES {
        assert_eq!(run(&subject), Ok(()), "number {number}");
    }
}
