//! Generates what the benchmarks compare: the same protos by rsvc and by its peers.

use std::path::Path;

fn main() {
    protoc_gen_rsvc::compile(["proto/rpc.proto", "proto/validate.proto"], ["proto"])
        .expect("our own protos compile");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let tonic = Path::new(&out).join("tonic");
    std::fs::create_dir_all(&tonic).expect("the folder can be made");
    let descriptors = protox::compile(["proto/rpc.proto"], ["proto"]).expect("our own protos compile");
    tonic_prost_build::configure().out_dir(tonic).compile_fds(descriptors).expect("tonic generates");
    json(Path::new(&out));
}

/// The messages of the JSON benchmark: ours, and prost's with pbjson's impls.
fn json(out: &Path) {
    let builder = protoc_gen_rsvc::Builder::new().out_dir(out.join("json"));
    builder.compile(["proto/json_bench.proto"], ["proto"]).expect("our own protos compile");
    let peer = out.join("pbjson");
    std::fs::create_dir_all(&peer).expect("the folder can be made");
    let descriptors = protox::compile(["proto/json_bench.proto"], ["proto"]).expect("our own protos compile");
    let bytes = prost::Message::encode_to_vec(&descriptors);
    prost_build::Config::new().out_dir(&peer).compile_fds(descriptors).expect("prost generates");
    let mut pbjson = pbjson_build::Builder::new();
    pbjson.register_descriptors(&bytes).expect("pbjson reads descriptors");
    pbjson.out_dir(&peer).build(&[".json_bench"]).expect("pbjson generates");
}
