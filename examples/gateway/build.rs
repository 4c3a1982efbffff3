//! Generates the services of the shop. The contract is all that a gateway knows of it.

#![allow(clippy::unwrap_used, reason = "a build script fails by a panic, and this one shows all findings")]

fn main() {
    let files = ["user", "order", "upload", "chat"].map(|name| format!("../shop/proto/shop/v1/{name}.proto"));
    protoc_gen_rsvc::compile(files, ["../shop/proto"]).unwrap();
}
