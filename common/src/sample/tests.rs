//! What is made fulfils the rules, and where they contradict each other nothing is made.

use std::collections::HashSet;

use super::*;
use crate::formats;

/// Whether a text has a format.
type Test = fn(&str) -> bool;

const SEEDS: u64 = 200;
const TEXT: Type = Type::Scalar(Scalar::String);
const INT: Type = Type::Scalar(Scalar::Int32);

fn field(name: &str, kind: Kind, rules: Rules) -> Field {
    Field { name: name.into(), json: name.into(), number: 1, kind, required: true, rules, ..Field::default() }
}

fn message(fields: Vec<Field>) -> Message {
    let numbered = fields.into_iter().zip(1..).map(|(field, number)| Field { number, ..field });
    Message { name: "test.Message".into(), fields: numbered.collect(), ..Message::default() }
}

fn tables(message: Message) -> Tables {
    Tables { messages: vec![message], ..Tables::default() }
}

fn sizes(min: u64, max: u64) -> Sizes {
    Sizes { min, max }
}

#[allow(clippy::unnecessary_wraps)] // as the rules have it
fn bound(n: i128, inclusive: bool) -> Option<Bound> {
    Some(Bound { value: Value::Int(n), inclusive })
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// The message of a seed, if nothing but the tables is asked.
fn made(tables: &Tables, seed: u64) -> Option<Value> {
    solve(Solver::new(tables, None), 0, seed, &mut |_| Verdict::Valid)
}

/// The fields of a message.
fn fields(value: &Value) -> &[(usize, Value)] {
    let Value::Message(fields) = value else { panic!("{value:?} is a message") };
    fields
}

/// The values of a field that has to be there, of many seeds.
fn values(kind: Kind, rules: &Rules) -> Vec<Value> {
    let tables = tables(message(vec![field("value", kind, rules.clone())]));
    assert_eq!(decode(&encode(&tables)).as_ref(), Some(&tables), "tables are read as they were written");
    let all = (0..SEEDS).map(|seed| made(&tables, seed).unwrap_or_else(|| panic!("seed {seed}: {rules:?}")));
    all.map(|value| fields(&value)[0].1.clone()).collect()
}

fn texts(rules: &Rules) -> Vec<String> {
    let read = |value| if let Value::Text(text) = value { text } else { panic!("{value:?} is a text") };
    values(Kind::One(TEXT), rules).into_iter().map(read).collect()
}

fn integers(rules: &Rules) -> Vec<i128> {
    let read = |value| if let Value::Int(n) = value { n } else { panic!("{value:?} is a number") };
    values(Kind::One(INT), rules).into_iter().map(read).collect()
}

/// Nothing is made of these, whatever the seed.
fn contradicts(kind: Kind, rules: Rules) {
    let tables = tables(message(vec![field("value", kind, rules)]));
    for seed in 0..8 {
        assert_eq!(made(&tables, seed), None, "{:?}", tables.messages[0].fields[0].rules);
    }
}

#[test]
fn texts_have_their_lengths() {
    for (min, max) in [(1, 1), (3, 5), (40, 40), (0, 2), (300, 310)] {
        for text in texts(&Rules { length: sizes(min, max), ..Rules::default() }) {
            assert!((min.max(1)..=max).contains(&(text.chars().count() as u64)), "{min} to {max}: {text:?}");
        }
        for text in texts(&Rules { bytes: sizes(min, max), ..Rules::default() }) {
            assert!((min.max(1)..=max).contains(&(text.len() as u64)), "{min} to {max} bytes: {text:?}");
        }
    }
    contradicts(Kind::One(TEXT), Rules { length: sizes(5, 3), ..Rules::default() });
    // Two characters need at least two bytes.
    contradicts(Kind::One(TEXT), Rules { length: sizes(2, 9), bytes: sizes(0, 1), ..Rules::default() });
}

#[test]
fn texts_have_their_parts() {
    let rules = Rules {
        prefix: Some(text("ab-")),
        suffix: Some(text("-json")),
        contains: Some(text("/x/")),
        lacks: Some(text("zz")),
        length: sizes(14, 30),
        ..Rules::default()
    };
    for text in texts(&rules) {
        assert!(text.starts_with("ab-") && text.ends_with("-json") && text.contains("/x/"), "{text:?}");
        assert!(!text.contains("zz") && (14..=30).contains(&text.len()), "{text:?}");
    }
    contradicts(
        Kind::One(TEXT),
        Rules { prefix: Some(text("ab")), lacks: Some(text("b")), ..Rules::default() },
    );
}

#[test]
fn texts_match_their_patterns() {
    for pattern in [
        "^[a-z]{3}$",
        "^[A-Z][a-z0-9_]{0,7}$",
        "^(red|green|blue)$",
        r"^\d{4}-\d{2}-\d{2}$",
        "^[^0-9]+$",
        r"^(a|b(c|d)?)+e?$",
        "x",
        r"^\p{Lu}\w*$",
        r"^[a-z]+(-[a-z]+)*$",
    ] {
        let known = regex::Regex::new(pattern).unwrap();
        for text in texts(&Rules { pattern: Some(pattern.into()), ..Rules::default() }) {
            assert!(known.is_match(&text), "{pattern}: {text:?}");
        }
    }
    let rules = Rules { pattern: Some("^[a-z]+$".into()), length: sizes(11, 13), ..Rules::default() };
    for text in texts(&rules) {
        assert!((11..=13).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase()), "{text:?}");
    }
    contradicts(
        Kind::One(TEXT),
        Rules { pattern: Some("^a{3}$".into()), length: sizes(5, 9), ..Rules::default() },
    );
}

#[test]
fn texts_have_their_formats() {
    let tests: [(Format, Test); 12] = [
        (Format::Email, formats::is_email),
        (Format::Hostname, formats::is_hostname),
        (Format::Ipv4, formats::is_ipv4),
        (Format::Ipv6, formats::is_ipv6),
        (Format::Uri, formats::is_uri),
        (Format::UriRef, formats::is_uri_ref),
        (Format::Uuid, formats::is_uuid),
        (Format::Tuuid, formats::is_tuuid),
        (Format::Ulid, formats::is_ulid),
        (Format::Ipv4Prefix, formats::is_ipv4_prefix_strictly),
        (Format::HostAndPort, formats::is_host_with_port),
        (Format::ProtobufFqn, formats::is_protobuf_name),
    ];
    for (format, holds) in tests {
        let found = texts(&Rules { format: Some(format), ..Rules::default() });
        for text in &found {
            assert!(holds(text), "{}: {text:?}", format.name());
        }
        assert!(found.iter().collect::<HashSet<_>>().len() > 5, "{}: {found:?}", format.name());
        assert_eq!(Format::of(format.name()), Some(format));
    }
    contradicts(
        Kind::One(TEXT),
        Rules { format: Some(Format::Uuid), length: sizes(1, 20), ..Rules::default() },
    );
}

#[test]
fn numbers_are_in_their_ranges() {
    let between = |lower, upper| Rules { lower, upper, ..Rules::default() };
    for n in integers(&between(bound(5, true), bound(8, true))) {
        assert!((5..=8).contains(&n), "{n}");
    }
    for n in integers(&between(bound(5, false), bound(8, false))) {
        assert!((6..=7).contains(&n), "{n}");
    }
    for n in integers(&between(bound(i128::from(i32::MAX) - 1, false), None)) {
        assert_eq!(n, i128::from(i32::MAX));
    }
    // What is above the lower or below the upper, if that is the smaller one.
    for n in integers(&between(bound(100, true), bound(-100, true))) {
        assert!(!(-99..=99).contains(&n), "{n}");
    }
    let not = (1..=9).map(Value::Int).collect();
    for n in integers(&Rules { not, ..between(bound(1, true), bound(10, true)) }) {
        assert_eq!(n, 10);
    }
    contradicts(Kind::One(INT), between(bound(i128::from(i32::MAX), false), None));
    contradicts(
        Kind::One(INT),
        Rules { not: vec![Value::Int(3)], ..between(bound(3, true), bound(3, true)) },
    );
}

#[test]
fn values_are_of_those_that_are_listed() {
    let among = [3, 5, 8].map(Value::Int).to_vec();
    let found: HashSet<i128> =
        integers(&Rules { among: among.clone(), ..Rules::default() }).into_iter().collect();
    assert_eq!(found, HashSet::from([3, 5, 8]));
    let rules = Rules { among, upper: bound(4, true), ..Rules::default() };
    assert!(integers(&rules).into_iter().all(|n| n == 3));
    let constant = Some(text("fixed"));
    assert!(texts(&Rules { constant, ..Rules::default() }).iter().all(|text| text == "fixed"));
    let among = vec![Value::Int(9)];
    contradicts(Kind::One(INT), Rules { among, upper: bound(4, true), ..Rules::default() });
}

#[test]
fn lists_have_their_sizes_and_no_item_twice() {
    let each = Rules { lower: bound(1, true), upper: bound(4, true), ..Rules::default() };
    let rules = |min| Rules {
        items: sizes(min, 6),
        unique: true,
        each: Some(Box::new(each.clone())),
        ..Rules::default()
    };
    for list in values(Kind::List(INT), &rules(4)) {
        let Value::List(items) = list else { panic!("{list:?} is a list") };
        let mut sorted: Vec<i128> =
            items.iter().map(|item| if let Value::Int(n) = item { *n } else { -1 }).collect();
        sorted.sort_unstable();
        assert_eq!(sorted, [1, 2, 3, 4]);
    }
    // There are but four values, and of a text no size that is more than two.
    contradicts(Kind::List(INT), rules(5));
    contradicts(Kind::List(INT), Rules { items: sizes(3, 2), ..Rules::default() });
}

#[test]
fn maps_have_their_sizes_keys_and_values() {
    let rules = Rules {
        items: sizes(3, 4),
        keys: Some(Box::new(Rules { length: sizes(2, 12), ..Rules::default() })),
        each: Some(Box::new(Rules { lower: bound(7, true), upper: bound(9, true), ..Rules::default() })),
        ..Rules::default()
    };
    for map in values(Kind::Map(Scalar::String, INT), &rules) {
        let Value::Map(pairs) = map else { panic!("{map:?} is a map") };
        assert!((3..=4).contains(&pairs.len()), "{pairs:?}");
        let mut keys = HashSet::new();
        for (key, value) in &pairs {
            let (Value::Text(key), Value::Int(n)) = (key, value) else { panic!("{key:?}: {value:?}") };
            assert!(
                (2..=12).contains(&key.chars().count()) && (7..=9).contains(n) && keys.insert(key),
                "{pairs:?}"
            );
        }
    }
    contradicts(Kind::Map(Scalar::Bool, INT), Rules { items: sizes(3, 9), ..Rules::default() });
}

#[test]
fn of_a_oneof_there_is_one_and_of_a_group_as_many_as_it_says() {
    let part = |name, oneof| Field {
        oneof,
        presence: true,
        required: false,
        ..field(name, Kind::One(INT), Rules::default())
    };
    let mut schema = message(vec![part("a", Some(0)), part("b", Some(0)), part("c", None), part("d", None)]);
    schema.oneofs = vec![Oneof { fields: vec![0, 1], required: true }];
    schema.groups = vec![Group { fields: vec![2, 3], required: true }];
    let schema = tables(schema);
    let mut seen = HashSet::new();
    for seed in 0..SEEDS {
        // A group of which there is nothing is for the caller to tell of.
        let mut check = |value: &Value| match fields(value) {
            [(0 | 1, _), (2 | 3, _)] => Verdict::Valid,
            _ => Verdict::Broken(vec![Broken { path: Vec::new(), rule: "message.oneof".into() }]),
        };
        let made = solve(Solver::new(&schema, None), 0, seed, &mut check).unwrap();
        let set: Vec<usize> = fields(&made).iter().map(|(at, _)| *at).collect();
        assert!(matches!(set[..], [0 | 1, 2 | 3]), "seed {seed}: {set:?}");
        seen.insert(set);
    }
    assert_eq!(seen.len(), 4, "each of both is taken: {seen:?}");
}

#[test]
fn messages_in_themselves_end() {
    let held = |required| Field {
        presence: true,
        required,
        ..field("next", Kind::One(Type::Message(0)), Rules::default())
    };
    let optional = tables(message(vec![held(false)]));
    for seed in 0..SEEDS {
        let mut depth = 0;
        let mut value = &made(&optional, seed).unwrap();
        while let Some((_, inner)) = fields(value).first() {
            (value, depth) = (inner, depth + 1);
        }
        assert!(depth < 10, "{depth}");
    }
    // One that needs another in it has no end.
    assert_eq!(made(&tables(message(vec![held(true)])), 0), None);
}

#[test]
fn a_seed_always_gives_the_same_and_others_give_others() {
    let schema = tables(message(vec![
        field("name", Kind::One(TEXT), Rules::default()),
        field("amount", Kind::One(INT), Rules { lower: bound(0, true), ..Rules::default() }),
        field("tags", Kind::List(TEXT), Rules { items: sizes(1, 5), ..Rules::default() }),
    ]));
    let all: Vec<Option<Value>> = (0..SEEDS).map(|seed| made(&schema, seed)).collect();
    assert_eq!(all, (0..SEEDS).map(|seed| made(&schema, seed)).collect::<Vec<_>>());
    let different: HashSet<String> = all.iter().map(|value| format!("{value:?}")).collect();
    assert!(different.len() > 180, "{} of {SEEDS}", different.len());
}

/// What no table says is tried: the caller tells what is wrong.
#[test]
fn rules_that_are_only_known_to_the_caller_are_found_by_trying() {
    let number = |name| {
        field(
            name,
            Kind::One(INT),
            Rules { lower: bound(1, true), upper: bound(99, true), ..Rules::default() },
        )
    };
    let schema = tables(message(vec![number("low"), number("high")]));
    let read = |value: &Value| [0, 1].map(|at| if let Value::Int(n) = fields(value)[at].1 { n } else { 0 });
    let mut check = |value: &Value| {
        let [low, high] = read(value);
        let broken = |n, rule: &str| Broken { path: vec![Step::Field(n)], rule: rule.into() };
        let found: Vec<Broken> = [
            (low % 7 != 0).then(|| broken(1, "multiple")),
            (low >= high).then(|| broken(2, "order")),
            (!(1..=99).contains(&low)).then(|| broken(1, "range")),
            (!(1..=99).contains(&high)).then(|| broken(2, "range")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if found.is_empty() { Verdict::Valid } else { Verdict::Broken(found) }
    };
    for seed in 0..50 {
        let value = solve(Solver::new(&schema, None), 0, seed, &mut check).unwrap();
        let [low, high] = read(&value);
        assert!(low % 7 == 0 && low < high && (1..=99).contains(&low) && high <= 99, "{low} {high}");
    }
    let mut never =
        |_: &Value| Verdict::Broken(vec![Broken { path: vec![Step::Field(1)], rule: "never".into() }]);
    assert_eq!(solve(Solver::new(&schema, None), 0, 0, &mut never), None);
    assert_eq!(solve(Solver::new(&schema, None), 0, 0, &mut |_| Verdict::Unknown), None);
}

#[test]
fn changes_of_a_valid_message_break_each_of_its_rules() {
    let rules = Rules { length: sizes(2, 4), ..Rules::default() };
    let schema = tables(message(vec![
        field("code", Kind::One(TEXT), rules),
        field(
            "count",
            Kind::One(INT),
            Rules { lower: bound(1, true), upper: bound(5, true), ..Rules::default() },
        ),
    ]));
    let solver = Solver::new(&schema, None);
    let valid = made(&schema, 0).unwrap();
    let changed = invalid(solver, 0, &valid, 0);
    let held =
        |value: &Value, at: usize| fields(value).iter().find(|held| held.0 == at).map(|held| held.1.clone());
    let some = |test: &dyn Fn(Option<Value>, Option<Value>) -> bool| {
        changed.iter().any(|value| test(held(value, 0), held(value, 1)))
    };
    let (code, count) = (held(&valid, 0), held(&valid, 1));
    let length =
        |value: Option<Value>| if let Some(Value::Text(text)) = value { text.chars().count() } else { 3 };
    assert!(some(&|a, b| length(a) < 2 && b == count), "too short");
    assert!(some(&|a, b| length(a) > 4 && b == count), "too long");
    assert!(some(&|a, b| a == code && b == Some(Value::Int(0))), "too small");
    assert!(some(&|a, b| a == code && b == Some(Value::Int(6))), "too large");
    assert!(some(&|a, b| a.is_none() && b == count), "not there");
    assert_eq!(changed, invalid(solver, 0, &valid, 0), "a seed gives the same");
}
