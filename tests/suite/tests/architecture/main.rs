//! The borders of the design, held by machine: who may do what, how long a file may be, what the pages say.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

mod dependencies;
mod errors;
mod imports;
mod layers;
mod nouns;
mod pages;
mod rules;
mod source;
mod tables;
mod text;
mod tree;

use crate::rules::RULES;

#[test]
fn the_borders_hold() {
    let sources = tree::sources(&[
        "protoc-gen-rsvc",
        "runtime",
        "common",
        "examples",
        "xtask",
        "bench",
        "tests/conformance",
    ]);
    assert!(sources.len() > 10, "the sources are not where this test looks");
    let broken: Vec<String> = sources
        .iter()
        .flat_map(|(file, source)| RULES.iter().flat_map(|rule| rule.check(file, source)))
        .collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// What two crates need is a crate: a link is a text file where a checkout makes no links, as on Windows.
#[test]
fn no_source_is_a_link() {
    for folder in ["protoc-gen-rsvc/src", "runtime/src", "common/src"] {
        let links = tree::links(folder);
        assert!(links.is_empty(), "{links:?}");
    }
}

/// Where a template prints a type of prost's, it is given one.
#[test]
fn templates_know_no_shape() {
    for file in tree::files("templates") {
        let text = tree::text(&file).unwrap_or_default();
        for (at, line) in text.lines().enumerate() {
            let shape = rules::SHAPES.iter().find(|shape| line.contains(**shape));
            assert!(
                shape.is_none(),
                "{file}:{}: {shape:?}: storage/ knows prost's shapes, a template prints",
                at + 1
            );
        }
    }
}
