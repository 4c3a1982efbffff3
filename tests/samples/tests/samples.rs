//! Samples are valid, differ from each other, and are found wherever there are any.

use std::collections::{BTreeMap, HashSet};

use samples::{ALL, Row};

/// How many seeds are tried.
const SEEDS: u64 = 32;

/// Messages without a valid sample, and why; the same at build time and at run time.
const NONE: &[(&str, &str)] = &[
    ("buf.validate.conformance.cases.FloatIncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.DoubleIncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.Int32IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.Int64IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.UInt32IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.UInt64IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.SInt32IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.SInt64IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.Fixed32IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.Fixed64IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.SFixed32IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.SFixed64IncorrectType", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.AnyWrongTypeScalar", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.AnyWrongTypeMessage", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.AnyWrongTypeWrapper", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.AnyWrongTypeWKT", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.DurationWrongTypeScalar", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.DurationWrongTypeMessage", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.DurationWrongTypeWrapper", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.DurationWrongTypeWKT", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.TimestampWrongTypeScalar", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.TimestampWrongTypeMessage", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.TimestampWrongTypeWrapper", "its rules do not fit its field"),
    ("buf.validate.conformance.cases.TimestampWrongTypeWKT", "its rules do not fit its field"),
    (
        "buf.validate.conformance.cases.MessageOneofUnsatisfiable",
        "of three fields it has one of each two, and no two",
    ),
    (
        "buf.validate.conformance.cases.MessageOneofUnknownFieldName",
        "its rule names a field that it does not have",
    ),
    ("buf.validate.conformance.cases.MessageOneofDuplicateField", "its rule names a field twice"),
    ("buf.validate.conformance.cases.MessageOneofZeroFields", "its rule names no field"),
    (
        "buf.validate.conformance.cases.custom_rules.MissingField",
        "its rule names a field that it does not have",
    ),
    ("buf.validate.conformance.cases.custom_rules.IncorrectType", "its rule does not type-check"),
    ("buf.validate.conformance.cases.custom_rules.DynRuntimeError", "its rule always fails"),
];

/// Messages that have samples and no example, and why: examples are made when a service is built, where not all is evaluated.
const NO_EXAMPLE: &[(&str, &str)] =
    &[("validation.v1.Corner", "a message that a rule makes is not evaluated when a service is built")];

/// Messages with so many different values that each seed has another one.
const MANY: &[&str] = &["shop.v1.User", "shop.v1.CreateUserRequest", "shop.v1.Order", "validation.v1.Order"];

fn expected(name: &str) -> Option<&'static str> {
    NONE.iter().find(|known| known.0 == name).map(|known| known.1)
}

/// What was found in a tree.
#[derive(Default)]
struct Count {
    messages: usize,
    examples: usize,
    sampled: usize,
    samples: usize,
    invalid: usize,
}

fn count(report: &mut BTreeMap<&'static str, Count>, row: &Row) -> Vec<String> {
    let mut wrong = Vec::new();
    let count =
        report.entry(if row.tree == "protovalidate" || row.tree == "shop" { row.tree } else { "goldens" });
    let count = count.or_default();
    count.messages += 1;
    let at = format!("{}: {}", row.tree, row.name);
    match row.example.map(row.read) {
        Some(Ok(())) => count.examples += 1,
        Some(Err(error)) => {
            wrong.push(format!("{at}: the example is refused: {error}\n    {:?}", row.example));
        }
        None if NO_EXAMPLE.iter().any(|known| known.0 == row.name) => {}
        None if expected(row.name).is_none() => wrong.push(format!("{at}: there is no example")),
        None => {}
    }
    let mut different = HashSet::new();
    for seed in 0..SEEDS {
        match (row.samples)(seed) {
            Ok(text) => {
                different.insert(text);
            }
            Err(error) if expected(row.name).is_none() => {
                wrong.push(format!("{at}: seed {seed}: {error}"));
                break;
            }
            Err(_) => break,
        }
    }
    if MANY.contains(&row.name) && different.len() != usize::try_from(SEEDS).expect("it is small") {
        wrong.push(format!("{at}: only {} of {SEEDS} samples differ", different.len()));
    }
    count.sampled += usize::from(!different.is_empty());
    count.samples += different.len();
    if NO_EXAMPLE.iter().any(|known| known.0 == row.name) && row.example.is_some() {
        wrong.push(format!("{at}: there is an example after all"));
    }
    if expected(row.name).is_some() && (row.example.is_some() || !different.is_empty()) {
        wrong.push(format!("{at}: there is a sample after all"));
    }
    for (said, real) in (row.invalid)(1) {
        count.invalid += 1;
        if said != real {
            wrong.push(format!("{at}: an invalid sample says `{said}`, and breaks `{real}`"));
        }
    }
    wrong
}

#[test]
fn every_message_has_valid_samples() {
    let mut report = BTreeMap::new();
    let wrong: Vec<String> = ALL.iter().flat_map(|row| count(&mut report, row)).collect();
    for (tree, count) in &report {
        println!(
            "{tree}: {} messages, {} with an example, {} with samples, {} different ones of {SEEDS} seeds each, {} invalid ones",
            count.messages, count.examples, count.sampled, count.samples, count.invalid
        );
    }
    for (name, why) in NONE {
        println!("no sample of {name}: {why}");
    }
    for (name, why) in NO_EXAMPLE {
        println!("no example of {name}: {why}");
    }
    assert!(wrong.is_empty(), "\n{}\n{} in all", wrong.join("\n"), wrong.len());
}
