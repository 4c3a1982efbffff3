//! Compiled expressions against the interpreter of the `cel` crate, on expressions grown from a seed (`build/random.rs`):
//! both must say true, both false, or both fail.
//!
//! Where the interpreter is known to be wrong its answer is left out, see [`deviates`].

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use cel::{Context, Program, Value};
use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;
use rsvc::validate::{Validate, Violations};

#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub, dead_code)] // generated
mod generated {
    include!(concat!(env!("OUT_DIR"), "/cel_random/mod.rs"));

    pub(super) type Case = (&'static str, fn(&cel::v1::Subject) -> super::Outcome);
    pub(super) const CASES: &[Case] = include!(concat!(env!("OUT_DIR"), "/cel_random_table.txt"));
}

use generated::cel::v1::Subject;

type Outcome = Result<(), Violations>;

fn check(case: &impl Validate) -> Outcome {
    case.validate()
}

fn subject() -> Subject {
    Subject {
        i32: 7,
        i64: -3,
        u64: 10,
        f64: 2.5,
        b: true,
        s: "héllo".into(),
        ints: vec![1, 2, 3],
        strs: vec!["a".into(), "bb".into(), "ccc".into()],
        m: HashMap::from([("one".into(), 1), ("two".into(), 2)]),
        ..Subject::default()
    }
}

/// The same for the interpreter.
fn this(subject: &Subject) -> Value {
    let list = |items: Vec<Value>| Value::from(items);
    let fields: HashMap<&str, Value> = HashMap::from([
        ("i32", i64::from(subject.i32).into()),
        ("i64", subject.i64.into()),
        ("u64", subject.u64.into()),
        ("f64", subject.f64.into()),
        ("b", subject.b.into()),
        ("s", subject.s.as_str().into()),
        ("ints", list(subject.ints.iter().map(|n| i64::from(*n).into()).collect())),
        ("strs", list(subject.strs.iter().map(|s| s.as_str().into()).collect())),
        (
            "m",
            subject
                .m
                .iter()
                .map(|(key, n)| (key.clone(), Value::from(i64::from(*n))))
                .collect::<HashMap<String, Value>>()
                .into(),
        ),
    ]);
    fields.into()
}

#[test]
fn an_interpreter_says_the_same() {
    let subject = subject();
    let (mut counts, mut left_out, mut wrong) = (HashMap::<&str, usize>::new(), 0, Vec::new());
    for (expression, run) in generated::CASES {
        let ours = match run(&subject) {
            Ok(()) => "true",
            Err(found) if found.failure().is_some() => "an error",
            Err(_) => "false",
        };
        let mut context = Context::default();
        context.add_variable_from_value("this", this(&subject));
        let theirs = match Program::compile(expression).map(|program| program.execute(&context)) {
            Ok(Ok(Value::Bool(true))) => "true",
            Ok(Ok(Value::Bool(false))) => "false",
            Ok(Ok(other)) => panic!("{expression} is {other:?}"),
            Ok(Err(_)) => "an error",
            Err(error) => panic!("{expression}: {error}"),
        };
        *counts.entry(ours).or_default() += 1;
        if ours != theirs {
            if deviates(expression) {
                left_out += 1;
            } else {
                wrong.push(format!("{expression}\n  ours: {ours}, theirs: {theirs}"));
            }
        }
    }
    let few = generated::CASES.len() / 20;
    for outcome in ["true", "false", "an error"] {
        assert!(
            counts.get(outcome).is_some_and(|n| *n > few),
            "hardly any expression is {outcome}: {counts:?}"
        );
    }
    assert!(left_out < few, "too many differences are taken for the interpreter's: {left_out}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The generator evaluates rules too, to find samples that fulfil them. What it finds is what the compiled rule finds: the
/// subject is given to it as a sample, of a message with the expression and of one with its opposite.
#[test]
fn samples_are_judged_as_the_compiled_rules_judge() {
    const SAMPLE: &str = r#"{"subject": {"i32": 7, "i64": "-3", "u64": "10", "f64": 2.5, "b": true, "s": "héllo", "ints": [1, 2, 3], "strs": ["a", "bb", "ccc"], "m": {"one": 1, "two": 2}}}"#;
    let folder = tempfile::tempdir().expect("a folder");
    let subject_proto = concat!(env!("CARGO_MANIFEST_DIR"), "/cel/subject.proto");
    std::fs::copy(subject_proto, folder.path().join("subject.proto")).expect("the subject is there");
    let mut proto = String::from(
        "syntax = \"proto3\";\npackage cel.v1;\nimport \"buf/validate/validate.proto\";\n\
         import \"rsvc/v1/rsvc.proto\";\nimport \"subject.proto\";\n",
    );
    for (number, (expression, _)) in generated::CASES.iter().enumerate() {
        for (kind, expression) in [("Is", (*expression).to_owned()), ("Not", format!("!({expression})"))] {
            let quoted = expression.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(
                proto,
                "message {kind}{number} {{ option (rsvc.v1.message_sample) = '{SAMPLE}'; \
                 Subject subject = 1 [(buf.validate.field).cel_expression = \"{quoted}\"]; }}"
            );
        }
    }
    let file = folder.path().join("cases.proto");
    std::fs::write(&file, proto).expect("the cases are written");
    let source = Source::Files { files: vec![file], includes: vec![folder.path().to_owned()] };
    let Err(errors) = Builder::new().generate(&source) else { panic!("no sample breaks a rule") };
    let text = errors.to_string();
    let mut broken = HashSet::new();
    for line in text.lines().filter(|line| line.contains("error[")) {
        let found =
            line.split_once("the sample of `cel.v1.").and_then(|(_, rest)| rest.split_once("` breaks"));
        broken.insert(found.unwrap_or_else(|| panic!("another error: {line}")).0.to_owned());
    }
    let subject = subject();
    let (mut known, mut wrong) = (0, Vec::new());
    for (number, (expression, run)) in generated::CASES.iter().enumerate() {
        let compiled = match run(&subject) {
            Ok(()) => "true",
            Err(found) if found.failure().is_some() => "an error",
            Err(_) => "false",
        };
        let is_broken = |kind: &str| broken.contains(&format!("{kind}{number}"));
        let evaluated = match (is_broken("Is"), is_broken("Not")) {
            (true, true) => "an error",
            (true, false) => "false",
            (false, true) => "true",
            // There are functions that it does not know.
            (false, false) => continue,
        };
        known += 1;
        if compiled != evaluated {
            wrong.push(format!("{expression}\n  compiled: {compiled}, evaluated: {evaluated}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let all = generated::CASES.len();
    assert!(known > all / 10 * 9, "only {known} of {all} expressions are evaluated");
}

/// What the interpreter is known to do otherwise than the language definition has it.
fn deviates(_expression: &str) -> bool {
    false
}
