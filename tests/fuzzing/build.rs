//! Generates the service that requests of any kind go to.

#![allow(clippy::unwrap_used, reason = "a build script fails by a panic, and this one shows all findings")]

fn main() {
    // Ordered maps: the same message is the same bytes.
    protoc_gen_rsvc::Builder::new()
        .btree_map(".")
        .rest_client(true)
        .compile(["proto/fuzz/v1/fuzz.proto"], ["proto"])
        .unwrap();
}
