//! The corpora go through the targets, so that neither can rot and what fuzzers have found goes on to hold.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says where"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FILES: usize = 40;
const BYTES: u64 = 32 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

#[test]
fn the_corpora_hold() {
    for (name, target) in fuzzing::TARGETS {
        let folder = root().join("corpus").join(name);
        let mut count = 0;
        for file in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = file.unwrap().path();
            println!("{}", path.display());
            target(&fs::read(&path).unwrap());
            count += 1;
        }
        assert!((1..=FILES).contains(&count), "{name} has {count} files");
    }
}

#[test]
fn each_target_has_a_program_and_a_corpus() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("fuzz_targets"), names("corpus"));
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for name in names("fuzz_targets") {
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name} is not a program");
    }
    for (name, _) in fuzzing::TARGETS {
        assert!(names("fuzz_targets").contains(*name), "{name} is not a program");
    }
    for folder in names("corpus") {
        for file in fs::read_dir(root().join("corpus").join(folder)).unwrap() {
            let file = file.unwrap();
            assert!(file.metadata().unwrap().len() <= BYTES, "{} is long", file.path().display());
        }
    }
}
