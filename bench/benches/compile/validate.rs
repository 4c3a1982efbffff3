//! Validation: prost alone with and without what prost-protovalidate-build generates, and our output with and without
//! its validators, which build on the tables of its JSON.

use std::path::Path;

use crate::candidate::{Candidate, Suite};
use crate::json::{PROST, RSVC, binary, rsvc};
use crate::schema::{self, Kind, PACKAGE, Schema};

/// Folder of the annotations.
const BUILTIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../protoc-gen-rsvc/proto");

pub(crate) fn suite() -> Suite {
    Suite {
        name: "validate",
        about: "reads and writes every message and (where there are validators) validates it",
        schema: without_boxes(schema::schema(&["buf/validate/validate.proto"], rules)),
        includes: &[BUILTIN],
        base: Candidate { generate: prost, ..PROST },
        own_base: Some(Candidate {
            name: "rsvc without rules",
            generate: without_validators,
            call: |message| format!("{}\n    sum", binary(OUR_PROST, message)),
            ..ours()
        }),
        ours: ours(),
        peer: Candidate {
            name: "protovalidate",
            dependencies: &["prost", "prost-protovalidate"],
            generate: peer,
            library: "pub mod compile_bench { include!(\"generated/compile_bench.rs\"); }\n\
                      include!(\"generated/validate_impl.rs\");\npub use compile_bench::*;\n",
            call: |message| validated("::prost", "::prost_protovalidate::Validate", message),
        },
    }
}

fn ours() -> Candidate {
    Candidate {
        name: "rsvc",
        dependencies: &[RSVC],
        generate: rsvc,
        library: "include!(\"generated/mod.rs\");\npub use compile_bench::*;\n",
        call: |message| validated(OUR_PROST, "::rsvc::Validate", message),
    }
}

/// prost, as our output names it.
const OUR_PROST: &str = "::rsvc::prost";

fn validated(prost: &str, validate: &str, message: &str) -> String {
    format!(
        "{}\n    let message = <M as {prost}::Message>::decode(wire).unwrap();\n    \
         sum + usize::from(<M as {validate}>::validate(&message).is_ok())",
        binary(prost, message)
    )
}

/// The rules of a kind of field, standard ones only: the peer generates nothing for CEL.
fn rules(kind: Kind) -> Option<String> {
    let rules = match kind {
        Kind::String => "string = {min_len: 1, max_len: 64}",
        Kind::Int32 => "int32 = {gte: 0, lte: 150}",
        Kind::Int64 => "int64.gt = 0",
        Kind::Uint32 => "uint32.lt = 1000",
        Kind::Double => "double = {gte: 0, lte: 1}",
        // For a member of a oneof the peer generates nothing, nor for any message that reaches it.
        Kind::Bool | Kind::Member => return None,
        Kind::Bytes => "bytes.max_len = 64",
        Kind::Enum => "enum.defined_only = true",
        Kind::Message => "required = true",
        Kind::OptionalString => "string.email = true",
        Kind::RepeatedString => "repeated = {max_items: 10, items: {string: {min_len: 1}}}",
        Kind::RepeatedInt32 => "repeated.unique = true",
        Kind::RepeatedMessage => "repeated.max_items = 10",
        Kind::Map => "map = {max_pairs: 10, keys: {string: {min_len: 1}}}",
    };
    Some(format!("(buf.validate.field).{rules}"))
}

/// Messages that hold themselves hold an enum instead: what the peer generates for a `Box` does not compile.
fn without_boxes(mut schema: Schema) -> Schema {
    let mut message = String::new();
    let lines = schema.text.lines().map(|line| {
        if let Some(name) = line.strip_prefix("message ").and_then(|rest| rest.strip_suffix(" {")) {
            name.clone_into(&mut message);
        }
        match line.trim_start().strip_prefix(&format!("{message} ")) {
            Some(rest) if !message.is_empty() => format!("  State {rest}\n"),
            _ => format!("{line}\n"),
        }
    });
    schema.text = lines.collect();
    schema
}

fn prost(protos: &[&Path], out: &Path) {
    let descriptors = protox::compile([file()], protos).expect("our own protos compile");
    let mut config = prost_build::Config::new();
    config.out_dir(out).extern_path(".buf.validate", "()").compile_fds(descriptors).expect("prost generates");
}

/// Our output as if no validators were generated.
fn without_validators(protos: &[&Path], out: &Path) {
    rsvc(protos, out);
    let path = out.join(format!("{PACKAGE}.rs"));
    let mut inside = false;
    let mut found = false;
    let mut rest = String::new();
    for line in std::fs::read_to_string(&path).expect("it was generated").lines() {
        let starts = line.starts_with("impl ::rsvc::Validate for");
        found |= starts;
        inside |= starts;
        if !inside {
            rest.push_str(line);
            rest.push('\n');
        }
        inside &= line != "}" && !(starts && line.ends_with("{}"));
    }
    assert!(found, "there are no validators");
    std::fs::write(path, rest).expect("the output can be written");
}

fn peer(protos: &[&Path], out: &Path) {
    prost(protos, out);
    let mut compiler = protox::Compiler::new(protos).expect("the folders are there");
    compiler.include_imports(true);
    compiler.open_file(file()).expect("our own protos compile");
    prost_protovalidate_build::Builder::new()
        .file_descriptor_set_bytes(compiler.encode_file_descriptor_set())
        .out_dir(out)
        .compile()
        .expect("the peer generates");
}

fn file() -> String {
    format!("{PACKAGE}.proto")
}
