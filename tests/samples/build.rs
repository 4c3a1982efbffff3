//! Generates the messages of all golden cases, of the shop and of protovalidate's cases, with the tables of their samples,
//! and a list of all types with the example that the generator gives.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;

#[allow(dead_code, unreachable_pub)] // it is a part of another crate, which needs more of it
#[path = "../suite/src/cases.rs"]
mod cases;

/// What is generated, for the module of that name.
struct Tree {
    name: String,
    source: Source,
    options: Vec<String>,
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RSVC_SHARED");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut text = String::new();
    let mut rows = String::new();
    for tree in trees() {
        add(&tree, &out, &mut text, &mut rows);
    }
    let _ = writeln!(text, "/// Every message.\npub static ALL: &[Row] = &[\n{rows}];");
    std::fs::write(out.join("all.rs"), text).expect("the output can be written");
}

fn trees() -> Vec<Tree> {
    let repository = cases::repository();
    println!("cargo::rerun-if-changed={}", repository.join("tests/snapshots/gen").display());
    let mut trees: Vec<Tree> = cases::Case::all()
        .into_iter()
        .map(|case| Tree {
            source: Source::Files {
                files: case.files.iter().map(PathBuf::from).collect(),
                includes: vec![case.include()],
            },
            name: case.name,
            options: case.options,
        })
        .collect();
    let protos = repository.join("examples/shop/proto");
    println!("cargo::rerun-if-changed={}", protos.display());
    let files = std::fs::read_dir(protos.join("shop/v1")).expect("the shop has protos");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("it can be read").path()).collect();
    files.sort();
    trees.push(Tree {
        name: "shop".into(),
        source: Source::Files { files, includes: vec![protos] },
        options: Vec::new(),
    });
    if let Some(shared) = std::env::var_os("RSVC_SHARED") {
        let set = Path::new(&shared).join("conformance/protovalidate/cases_schema.binpb");
        println!("cargo::rerun-if-changed={}", set.display());
        if let Ok(bytes) = std::fs::read(set) {
            trees.push(Tree {
                name: "protovalidate".into(),
                source: Source::DescriptorSet { bytes, files: Vec::new() },
                options: vec!["defer_rule_errors=true".into()],
            });
        }
    }
    trees
}

fn add(tree: &Tree, out: &Path, text: &mut String, rows: &mut String) {
    let name = &tree.name;
    let builder = tree.options.iter().fold(Builder::new(), |builder, option| {
        let (key, value) = option.split_once('=').expect("an option has a value");
        builder.option(key, value)
    });
    let builder = builder.server(false).client(false).rest(false).rest_client(false).serde(false);
    let builder = builder.samples(true).out_dir(out.join(name));
    let failed = |what: &str| format!("{name}: {what}");
    builder.write(&tree.source).unwrap_or_else(|errors| panic!("{}", failed(&errors.to_string())));
    let (examples, _) =
        builder.examples(&tree.source).unwrap_or_else(|errors| panic!("{}", failed(&errors.to_string())));
    let examples: HashMap<String, serde_json::Value> =
        serde_json::from_str(&examples).expect("examples are an object");
    let (dump, _) =
        builder.dump(&tree.source).unwrap_or_else(|errors| panic!("{}", failed(&errors.to_string())));
    let _ = writeln!(
        text,
        "#[allow(missing_docs, clippy::all, clippy::pedantic)]\npub mod {name} {{ include!(concat!(env!(\"OUT_DIR\"), \"/{name}/mod.rs\")); }}"
    );
    for (message, path) in messages(&dump) {
        // Others have no code here.
        let Some(example) = examples.get(&message).filter(|_| !path.starts_with(':')) else { continue };
        if path.starts_with("crate::") {
            continue;
        }
        let example =
            if example.is_null() { "None".to_owned() } else { format!("Some({:?})", example.to_string()) };
        let _ = writeln!(rows, "    Row::of::<{name}::{path}>({name:?}, {message:?}, {example}),");
    }
}

/// The messages in the dump of a schema, with their paths.
fn messages(dump: &str) -> Vec<(String, String)> {
    let mut package = String::new();
    let mut outer: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in dump.lines() {
        if let Some(rest) = line.strip_prefix("package ") {
            rest.split('"').nth(1).unwrap_or_default().clone_into(&mut package);
            continue;
        }
        let text = line.trim_start();
        let depth = (line.len() - text.len()) / 2;
        let Some((name, rest)) = text.strip_prefix("message ").and_then(|text| text.split_once(" -> "))
        else {
            continue;
        };
        outer.truncate(depth - 1);
        outer.push(name);
        let path = rest.split(" at ").next().unwrap_or_default();
        let dot = if package.is_empty() { "" } else { "." };
        found.push((format!("{package}{dot}{}", outer.join(".")), path.to_owned()));
    }
    found
}
