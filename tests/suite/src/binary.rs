//! The generator as a program.

use std::path::PathBuf;
use std::process::Command;

use crate::cases::repository;

/// The path of the generator's binary, which cargo builds for this package's tests only when it is told to.
pub fn generator() -> PathBuf {
    let profile = std::env::current_exe().expect("this test has a path");
    let folder = profile.ancestors().nth(2).expect("a test lies in target/<profile>/deps");
    let binary = folder.join(format!("protoc-gen-rsvc{}", std::env::consts::EXE_SUFFIX));
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "protoc-gen-rsvc", "--features", "documents", "--target-dir"])
        .arg(folder.parent().expect("target"))
        .current_dir(repository())
        .status()
        .expect("cargo runs");
    assert!(built.success() && binary.exists(), "{} was not built", binary.display());
    binary
}
