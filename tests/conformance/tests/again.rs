//! What a build script has made, another program makes again: code depends on nothing but what it is made of. The other
//! programs of this package say that it is right; so whatever changes the code of a rule is noticed here.
#![allow(clippy::print_stdout)] // says what is left out
#![allow(missing_docs)]

#[path = "../build/trees.rs"]
mod trees;

use std::fs;
use std::path::Path;

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;

fn made_again(name: &str, builder: &Builder, source: &Source) {
    let folder = Path::new(env!("OUT_DIR")).join(name);
    let generated = builder.generate(source).unwrap_or_else(|errors| panic!("{name}: {errors}"));
    assert!(!generated.files.is_empty(), "{name}");
    for file in generated.files {
        let there = fs::read_to_string(folder.join(&file.name))
            .unwrap_or_else(|error| panic!("{name}: {}: {error}", file.name));
        let differs = there.lines().zip(file.content.lines()).find(|(before, now)| before != now);
        assert!(there == file.content, "{name}: {}: {differs:?}", file.name);
    }
}

#[test]
fn expressions() {
    for name in trees::EXPRESSIONS {
        made_again(name, &Builder::new(), &trees::expressions(Path::new(env!("OUT_DIR")), name));
    }
}

#[test]
fn standard_rules() {
    let Some(shared) = std::env::var_os("RSVC_SHARED").filter(|_| cfg!(protovalidate_cases)) else {
        println!("left out: RSVC_SHARED names no folder with protovalidate's cases (2 trees)");
        return;
    };
    let bytes = fs::read(trees::standard_cases(&shared)).expect("the build script has read them");
    let source = Source::DescriptorSet { bytes, files: Vec::new() };
    for (name, builder) in trees::standard_rules() {
        made_again(name, &builder, &source);
    }
}
