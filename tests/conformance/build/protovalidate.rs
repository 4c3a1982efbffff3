//! Generates the types of protovalidate's conformance cases, twice: with the standard rules as native code, and with
//! them from their CEL, so that each can be compared with the other. Beside them a table from names to validators.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use protoc_gen_rsvc::{Builder, input::Source};

use super::trees;

pub(crate) fn generate() {
    println!("cargo:rerun-if-env-changed=RSVC_SHARED");
    println!("cargo:rustc-check-cfg=cfg(protovalidate_cases)");
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    cel_cases(&out);
    let Some(shared) = std::env::var_os("RSVC_SHARED") else { return };
    let cases = trees::standard_cases(&shared);
    println!("cargo:rerun-if-changed={}", cases.display());
    let Ok(bytes) = std::fs::read(&cases) else {
        println!("cargo:warning=there are no conformance cases at {}", cases.display());
        return;
    };
    println!("cargo:rustc-cfg=protovalidate_cases");
    let source = Source::DescriptorSet { bytes, files: Vec::new() };
    for (name, builder) in trees::standard_rules() {
        let builder = builder.out_dir(out.join(name));
        let (dump, _) = builder.dump(&source).expect("the cases can be read");
        std::fs::write(out.join(format!("{name}_table.rs")), table(&dump))
            .expect("the output can be written");
        builder.compile_source(&source).expect("the cases compile");
    }
}

/// The text cases of CEL, expressions that nobody wrote, and those at the limits.
fn cel_cases(out: &Path) {
    println!("cargo:rerun-if-changed=cel");
    let cases = std::fs::read_to_string("cel/cases.txt").expect("the cases are there");
    let cases =
        cases.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let cases = cases.map(|(at, line)| match line.strip_prefix("! ") {
        Some(expression) => (at + 1, format!("({}, true, ", at + 1), expression.to_owned()),
        None => (at + 1, format!("({}, false, ", at + 1), line.to_owned()),
    });
    let [text_cases, random_ones, deep_ones] = trees::EXPRESSIONS;
    cel_table(out, text_cases, cases);
    let random = super::random::expressions().into_iter().enumerate();
    cel_table(out, random_ones, random.map(|(at, text)| (at, format!("({text:?}, "), text)));
    let deep = super::deep::expressions().into_iter().enumerate();
    cel_table(out, deep_ones, deep.map(|(at, text)| (at, format!("({at}, false, "), text)));
}

/// For each expression a message with a field that the expression is a rule of, and a row of a table: what is given, and
/// a function that validates.
fn cel_table(out: &Path, name: &str, cases: impl Iterator<Item = (usize, String, String)>) {
    let folder = out.join(format!("{name}_protos"));
    std::fs::create_dir_all(&folder).expect("the output can be written");
    std::fs::copy("cel/subject.proto", folder.join("subject.proto")).expect("the output can be written");
    let mut proto = String::from(
        "syntax = \"proto3\";\npackage cel.v1;\nimport \"buf/validate/validate.proto\";\nimport \"subject.proto\";\n",
    );
    let mut table = String::new();
    for (number, row, expression) in cases {
        // Rust's escape for other characters is not protobuf's, so those stay as they are.
        let quoted = if expression.is_ascii() {
            expression.escape_default().to_string()
        } else {
            expression.replace('\\', "\\\\").replace('"', "\\\"")
        };
        let _ = writeln!(
            proto,
            "message Case{number} {{ Subject subject = 1 [(buf.validate.field).cel_expression = \"{quoted}\"]; }}"
        );
        let _ =
            writeln!(table, "{row}|s| super::check(&cel::v1::Case{number} {{ subject: Some(s.clone()) }})),");
    }
    std::fs::write(folder.join("cases.proto"), proto).expect("the output can be written");
    std::fs::write(out.join(format!("{name}_table.txt")), format!("&[{table}]"))
        .expect("the output can be written");
    Builder::new()
        .out_dir(out.join(name))
        .compile_source(&trees::expressions(out, name))
        .expect("our own cases compile");
}

/// A `match` from the full names of messages to their types, from the dump of the schema.
fn table(dump: &str) -> String {
    let mut package = String::new();
    let mut outer: Vec<&str> = Vec::new();
    let mut arms = String::new();
    for line in dump.lines() {
        if let Some(rest) = line.strip_prefix("package ") {
            rest.split('"').nth(1).unwrap_or_default().clone_into(&mut package);
            continue;
        }
        let text = line.trim_start();
        let depth = (line.len() - text.len()) / 2;
        let Some((name, rest)) = text.strip_prefix("message ").and_then(|t| t.split_once(" -> ")) else {
            continue;
        };
        outer.truncate(depth - 1);
        outer.push(name);
        let path = rest.split(" at ").next().unwrap_or_default();
        if package.starts_with("buf.validate.conformance") {
            let _ = writeln!(arms, "\"{package}.{}\" => Some(run::<{path}>(value)),", outer.join("."));
        }
    }
    format!(
        "pub(super) fn validate(name: &str, value: &[u8]) -> Option<super::Outcome> {{\nuse super::run;\nmatch name {{\n{arms}_ => None,\n}}\n}}\n"
    )
}
