//! Validation: prost alone, our validators on top of it, and those of prost-protovalidate-build.

use std::path::Path;

use crate::candidate::{Candidate, Suite};
use crate::json::{PROST, RSVC, binary};
use crate::schema::{self, Kind, PACKAGE, Schema};

/// Folder of the annotations.
const BUILTIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");

pub(crate) fn suite() -> Suite {
    Suite {
        name: "validate",
        about: "reads and writes every message and (but for prost alone) validates it",
        schema: without_boxes(schema::schema(&["buf/validate/validate.proto"], rules)),
        includes: &[BUILTIN],
        base: Candidate { generate: prost, ..PROST },
        ours: Candidate {
            name: "rsvc",
            dependencies: &["prost", RSVC],
            generate: rsvc,
            // As the tree of generated modules says of them.
            library: "#![allow(unused)]\n\
                      include!(\"generated/compile_bench.rs\");\ninclude!(\"generated/validate.rs\");\n",
            call: |message| validated("::rsvc::Validate", message),
        },
        peer: Candidate {
            name: "protovalidate",
            dependencies: &["prost", "prost-protovalidate"],
            generate: peer,
            library: "pub mod compile_bench { include!(\"generated/compile_bench.rs\"); }\n\
                      include!(\"generated/validate_impl.rs\");\npub use compile_bench::*;\n",
            call: |message| validated("::prost_protovalidate::Validate", message),
        },
    }
}

fn validated(validate: &str, message: &str) -> String {
    format!(
        "{}\n    let message = <M as ::prost::Message>::decode(wire).unwrap();\n    \
         sum + usize::from(<M as {validate}>::validate(&message).is_ok())",
        binary("::prost", message)
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

/// Our validators alone, on top of prost's messages: what else is generated is another benchmark's matter.
fn rsvc(protos: &[&Path], out: &Path) {
    prost(protos, out);
    let source = protoc_gen_rsvc::input::Source::Files {
        files: vec![file().into()],
        includes: protos.iter().map(|path| (*path).to_owned()).collect(),
    };
    let generated = protoc_gen_rsvc::Builder::new().generate(&source).expect("our own protos compile");
    let mut validators = String::new();
    for file in generated.files {
        let mut inside = false;
        for line in file.content.lines() {
            inside |= line.starts_with("impl ::rsvc::Validate for");
            if inside {
                validators.push_str(line);
                validators.push('\n');
            }
            inside &= line != "}" && !(line.starts_with("impl") && line.ends_with("{}"));
        }
    }
    assert!(!validators.is_empty(), "there are no validators");
    std::fs::write(out.join("validate.rs"), validators).expect("the output can be written");
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
