//! Generates the services from `proto/`.

#![allow(clippy::unwrap_used, reason = "a build script fails by a panic, and this one shows all findings")]
#![allow(clippy::print_stdout, reason = "it is how a build script talks to cargo")]

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::options::{DocumentFormat, Lint};

fn main() {
    let files = ["user", "order", "upload", "chat"].map(|name| format!("proto/shop/v1/{name}.proto"));
    // What anyone may call says so.
    Builder::new()
        .undeclared_access(Lint::Deny)
        .rest_client(true)
        .openapi(DocumentFormat::Json)
        .docs(true)
        .samples(cfg!(feature = "samples"))
        .compile(files, ["proto"])
        .unwrap();
    println!("cargo:rerun-if-changed=migrations");
}
