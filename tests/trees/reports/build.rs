//! Generates the second tree, whose messages hold some of the first.

#![allow(clippy::unwrap_used, reason = "a build script fails by a panic, and this one shows all findings")]

fn main() {
    protoc_gen_rsvc::Builder::new()
        .extern_path(".issues.v1", "::tree_issues::issues::v1")
        .default_methods(true)
        .compile(["proto/reports/v1/reports.proto"], ["proto", "../issues/proto"])
        .unwrap();
}
