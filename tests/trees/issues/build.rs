//! Generates the first tree.

#![allow(clippy::unwrap_used, reason = "a build script fails by a panic, and this one shows all findings")]

fn main() {
    protoc_gen_rsvc::compile(["proto/issues/v1/issues.proto"], ["proto"]).unwrap();
}
