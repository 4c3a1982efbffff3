//! Generates what the benchmarks compare: the same protos by rsvc and by its peers.

use std::path::Path;

fn main() {
    protoc_gen_rsvc::compile(["proto/rpc.proto"], ["proto"]).expect("our own protos compile");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let tonic = Path::new(&out).join("tonic");
    std::fs::create_dir_all(&tonic).expect("the folder can be made");
    let descriptors = protox::compile(["proto/rpc.proto"], ["proto"]).expect("our own protos compile");
    tonic_prost_build::configure().out_dir(tonic).compile_fds(descriptors).expect("tonic generates");
}
