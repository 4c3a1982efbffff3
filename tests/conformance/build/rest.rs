//! Generates the service behind the recorded REST requests.

use std::env;
use std::path::PathBuf;

pub(crate) fn generate() {
    println!("cargo::rerun-if-changed=proto");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    protoc_gen_rsvc::Builder::new()
        .out_dir(out.join("rest"))
        .compile(["proto/corpus.proto"], ["proto"])
        .expect("the corpus compiles");
}
