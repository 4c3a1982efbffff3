//! Generation for Google's published protos: real comments, real annotations, real names. What comes out is
//! type-checked, and its documentation built without a warning.
//!
//! They come with the package `googleapis-common-protos` in the environment that `RSVC_VENV` names.

#![allow(clippy::print_stdout)] // says what was left out

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;
use suite::cases::{repository, tree};

fn protos() -> Option<PathBuf> {
    let Some(venv) = std::env::var_os("RSVC_VENV").map(PathBuf::from) else {
        println!(
            "left out: googleapis-common-protos, since RSVC_VENV is not set (`cargo xtask test` sets it)"
        );
        return None;
    };
    let lib = venv.join("lib");
    let python = fs::read_dir(&lib).expect("the environment has a lib folder").flatten();
    let packages = python.map(|entry| entry.path().join("site-packages"));
    let found = packages.into_iter().find(|path| path.join("google/api/http.proto").exists());
    Some(found.unwrap_or_else(|| panic!("{} has no googleapis-common-protos", lib.display())))
}

#[test]
fn googleapis_common_protos() {
    let Some(include) = protos() else { return };
    let files: Vec<PathBuf> = tree(&include.join("google"), "proto")
        .into_iter()
        .filter(|name| !name.starts_with("protobuf/"))
        .map(|name| Path::new("google").join(name))
        .collect();
    assert!(files.len() > 40, "only {} files", files.len());
    let crate_folder = repository().join("target/googleapis");
    let source = Source::Files { files: files.clone(), includes: vec![include] };
    let generated = Builder::new().generate(&source).unwrap_or_else(|errors| panic!("{errors}"));
    protoc_gen_rsvc::write(&crate_folder.join("src/pb"), &generated.files).expect("writes");
    fs::write(
        crate_folder.join("src/lib.rs"),
        "//! Google's common protos.\n#![deny(warnings)]\n\npub mod pb;\n",
    )
    .expect("writes");
    let manifest = format!(
        "[package]\nname = \"googleapis\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nrsvc = {{ path = {:?} }}\n\n[workspace]\n",
        repository().join("runtime")
    );
    fs::write(crate_folder.join("Cargo.toml"), manifest).expect("writes");
    // The same versions as everything else, so that nothing has to be fetched.
    fs::copy(repository().join("Cargo.lock"), crate_folder.join("Cargo.lock")).expect("copies");
    for command in ["check", "doc"] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([command, "--quiet", "--offline", "--target-dir"]).arg(repository().join("target"));
        if command == "doc" {
            cargo.arg("--no-deps").env("RUSTDOCFLAGS", "-D warnings");
        }
        let output = cargo.current_dir(&crate_folder).output().expect("cargo runs");
        assert!(output.status.success(), "cargo {command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    println!("googleapis: {} files generated, type-checked and documented", files.len());
}
