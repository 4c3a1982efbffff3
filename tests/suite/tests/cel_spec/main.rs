//! The simple tests of cel-spec as rules: each is compiled into a program and says what it should, or it is refused when
//! building, with a reason. The repository github.com/google/cel-spec is in the folder that `RSVC_CEL_SPEC` names.
#![allow(clippy::print_stdout)] // says what came out

mod rule;
mod value;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost_reflect::{DescriptorPool, DynamicMessage};
use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::diag::Sink;
use protoc_gen_rsvc::input::{Source, load};
use suite::cases::repository;
use suite::surroundings::left_out;

use rule::Rule;

/// Tests of one message: a function each.
const IN_A_MESSAGE: usize = 20;

const PROTOS: [&str; 4] = [
    "cel/expr/conformance/test/simple.proto",
    "cel/expr/conformance/proto2/test_all_types.proto",
    "cel/expr/conformance/proto2/test_all_types_extensions.proto",
    "cel/expr/conformance/proto3/test_all_types.proto",
];

struct Test {
    file: String,
    name: String,
    rule: Result<Rule, String>,
}

#[test]
fn the_simple_tests_of_cel_spec() {
    let Some(folder) = std::env::var_os("RSVC_CEL_SPEC").map(PathBuf::from) else {
        return left_out("cel-spec's simple tests", "RSVC_CEL_SPEC names no clone of google/cel-spec");
    };
    let mut tests = read(&folder);
    let out = repository().join("target/cel-spec");
    fs::create_dir_all(out.join("src")).expect("the output can be written");
    generate(&folder, &out, &mut tests);
    let outcomes = run(&out, &tests);
    report(&tests, &outcomes);
}

/// All tests, as rules where they can be.
fn read(folder: &Path) -> Vec<Test> {
    let includes = vec![folder.join("proto"), folder.to_owned()];
    let files = PROTOS.iter().map(|name| folder.join("proto").join(name)).collect();
    let loaded = load(&Source::Files { files, includes }, &mut Sink::default()).expect("cel-spec's protos");
    let pool: &DescriptorPool = &loaded.pool;
    let descriptor = pool.get_message_by_name("cel.expr.conformance.test.SimpleTestFile");
    let descriptor = descriptor.expect("simple.proto has the message of a file");
    let data = folder.join("tests/simple/testdata");
    let mut files: Vec<PathBuf> = fs::read_dir(&data)
        .unwrap_or_else(|error| panic!("{}: {error}", data.display()))
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "textproto"))
        .collect();
    files.sort();
    let mut tests = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a text");
        let file = DynamicMessage::parse_text_format(descriptor.clone(), &text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for section in value::messages(&file, "section") {
            for test in value::messages(&section, "test") {
                tests.push(Test {
                    file: name.clone(),
                    name: format!("{}/{}", value::text(&section, "name"), value::text(&test, "name")),
                    rule: rule::of_test(&test, pool),
                });
            }
        }
    }
    tests
}

/// The rules in one file; what the generator refuses is taken out, with what it says.
fn generate(folder: &Path, out: &Path, tests: &mut [Test]) {
    let file = out.join("cases.proto");
    let includes = vec![out.to_owned(), folder.join("proto"), folder.to_owned()];
    loop {
        let (text, lines) = proto(tests);
        fs::write(&file, text).expect("the output can be written");
        let source = Source::Files { files: vec![file.clone()], includes: includes.clone() };
        match Builder::new().client(false).server(false).generate(&source) {
            Ok(generated) => {
                protoc_gen_rsvc::write(&out.join("src/pb"), &generated.files).expect("it can be written");
                return;
            }
            Err(errors) => {
                let before = tests.iter().filter(|test| test.rule.is_ok()).count();
                for found in errors.diagnostics() {
                    let line =
                        found.place.as_ref().and_then(|place| place.span).map_or(0, |(start, _)| start.line);
                    let test = usize::try_from(line).ok().and_then(|line| lines.get(&line));
                    let test = *test.unwrap_or_else(|| panic!("not about a rule: {found}"));
                    tests[test].rule = Err(found.message.clone());
                }
                let after = tests.iter().filter(|test| test.rule.is_ok()).count();
                assert!(after < before, "{errors}");
            }
        }
    }
}

/// The file, and which test is in which of its lines.
fn proto(tests: &[Test]) -> (String, BTreeMap<usize, usize>) {
    let mut text =
        String::from("syntax = \"proto3\"; package spec; import \"buf/validate/validate.proto\"; ");
    for import in PROTOS.iter().skip(1).copied().chain([
        "google/protobuf/any.proto",
        "google/protobuf/duration.proto",
        "google/protobuf/struct.proto",
        "google/protobuf/timestamp.proto",
        "google/protobuf/wrappers.proto",
    ]) {
        let _ = write!(text, "import \"{import}\"; ");
    }
    text.push('\n');
    let mut lines = BTreeMap::new();
    let mut line = 1;
    for (at, some) in tests.chunks(IN_A_MESSAGE).enumerate() {
        let _ = write!(text, "message Case{at} {{ ");
        for (n, test) in some.iter().enumerate() {
            let Ok(rule) = &test.rule else { continue };
            let number = at * IN_A_MESSAGE + n;
            let ty = if rule.fields.is_empty() { "optional bool".to_owned() } else { format!("V{n}") };
            if !rule.fields.is_empty() {
                let _ = write!(text, "message V{n} {{ {} }} ", rule.fields);
            }
            let _ = writeln!(
                text,
                "{ty} s{n} = {} [(buf.validate.field).cel = {{ id: \"case.{number}\" message: \"m\" expression: \"{}\" }}];",
                n + 1,
                value::quoted(&rule.expression)
            );
            lines.insert(line, number);
            line += 1;
        }
        text.push_str("}\n");
        line += 1;
    }
    (text, lines)
}

/// What each test says: `true`, `false` or `error: …`.
fn run(out: &Path, tests: &[Test]) -> BTreeMap<usize, String> {
    let mut main = String::from(
        "#![allow(warnings)]\nmod pb;\nfn run<T: rsvc::prost::Message + rsvc::Validate + Default>(n: usize, bytes: &[u8]) {\n    let said = match T::decode(bytes).map(|m| m.validate()) {\n        Err(e) => format!(\"undecodable: {e}\"),\n        Ok(Ok(())) => \"true\".to_owned(),\n        Ok(Err(found)) => found.failure().map_or_else(|| \"false\".to_owned(), |e| format!(\"error: {e}\")),\n    };\n    println!(\"{n} {said}\");\n}\nfn main() {\n",
    );
    for (number, test) in tests.iter().enumerate() {
        let Ok(rule) = &test.rule else { continue };
        let (at, n) = (number / IN_A_MESSAGE, number % IN_A_MESSAGE);
        let mut bytes = Vec::new();
        let tag = u32::try_from(n + 1).expect("it is small");
        if rule.fields.is_empty() {
            prost::encoding::bool::encode(tag, &true, &mut bytes);
        } else {
            prost::encoding::bytes::encode(tag, &rule.bytes, &mut bytes);
        }
        let _ = writeln!(main, "    run::<pb::spec::Case{at}>({number}, &{bytes:?});");
    }
    main.push_str("}\n");
    fs::write(out.join("src/main.rs"), main).expect("the output can be written");
    let manifest = format!(
        "[package]\nname = \"cel-spec\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nrsvc = {{ path = {:?}, features = [\"time-zones\"] }}\n\n[profile.dev]\ndebug = 0\n\n[workspace]\n",
        repository().join("runtime")
    );
    fs::write(out.join("Cargo.toml"), manifest).expect("the output can be written");
    fs::copy(repository().join("Cargo.lock"), out.join("Cargo.lock")).expect("the output can be written");
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--target-dir"])
        .arg(repository().join("target"))
        .current_dir(out)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "rustc refuses:\n{}", String::from_utf8_lossy(&output.stderr));
    let outcome = |line: &str| {
        let (number, said) = line.split_once(' ')?;
        Some((number.parse().ok()?, said.to_owned()))
    };
    said.lines().filter_map(outcome).collect()
}

fn report(tests: &[Test], outcomes: &BTreeMap<usize, String>) {
    let mut table: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let (mut wrong, mut reasons) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for (number, test) in tests.iter().enumerate() {
        let row = table.entry(test.file.as_str()).or_default();
        match &test.rule {
            Err(reason) => {
                row[1] += 1;
                *reasons.entry(reason.as_str()).or_default() += 1;
                if std::env::var_os("RSVC_CEL_SPEC_REFUSED").is_some() {
                    println!("refused: {}/{}: {reason}", test.file, test.name);
                }
            }
            Ok(rule) => {
                let said = outcomes.get(&number).map_or("nothing", String::as_str);
                if if rule.fails { said.starts_with("error: ") } else { said == "true" } {
                    row[0] += 1;
                } else {
                    row[2] += 1;
                    wrong.push(format!("{}/{}: {said}: {}", test.file, test.name, rule.expression));
                }
            }
        }
    }
    println!("| file | right | refused | wrong |\n|---|---|---|---|");
    for (file, [right, refused, wrong]) in &table {
        println!("| {file} | {right} | {refused} | {wrong} |");
    }
    let sum = |at: usize| table.values().map(|row| row[at]).sum::<usize>();
    println!("| all | {} | {} | {} |\n", sum(0), sum(1), sum(2));
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    for (reason, count) in reasons {
        println!("{count:5} {reason}");
    }
    assert!(sum(0) > 0, "no test is right");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
