//! Generates what the benchmarks compare: the same protos by rsvc and by its peers.

use std::path::Path;

use prost_types::FileDescriptorSet;

fn main() {
    protoc_gen_rsvc::compile(["proto/rpc.proto", "proto/validate.proto"], ["proto"])
        .expect("our own protos compile");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let tonic = Path::new(&out).join("tonic");
    std::fs::create_dir_all(&tonic).expect("the folder can be made");
    let descriptors = protox::compile(["proto/rpc.proto"], ["proto"]).expect("our own protos compile");
    tonic_prost_build::configure().out_dir(tonic).compile_fds(descriptors).expect("tonic generates");
    connectrpc(Path::new(&out));
    json(Path::new(&out));
    rest(Path::new(&out));
    #[cfg(feature = "peers")]
    protovalidate(Path::new(&out));
}

/// The service of the benchmark of calls by connectrpc, for gRPC alone: without what JSON needs.
fn connectrpc(out: &Path) {
    let mut compiler = protox::Compiler::new(["proto"]).expect("the folder is there");
    compiler.include_imports(true).open_file("proto/rpc.proto").expect("our own protos compile");
    let descriptors = out.join("rpc.bin");
    std::fs::write(&descriptors, compiler.encode_file_descriptor_set()).expect("the output can be written");
    connectrpc_build::Config::new()
        .descriptor_set(descriptors)
        .files(&["rpc.proto"])
        .out_dir(out.join("connectrpc"))
        .include_file("mod.rs")
        .generate_json(false)
        .emit_rerun_directives(false)
        .compile()
        .expect("connectrpc generates");
}

/// The messages of the validation benchmark for prost-protovalidate, with descriptors for its run-time path and
/// its generated validators for messages without CEL.
#[cfg(feature = "peers")]
fn protovalidate(out: &Path) {
    let mut compiler =
        protox::Compiler::new(["proto", "../protoc-gen-rsvc/proto"]).expect("the folders are there");
    compiler.include_imports(true);
    compiler.open_file("proto/validate.proto").expect("our own protos compile");
    // Its own form of descriptors keeps the options.
    let descriptors = out.join("validate.bin");
    std::fs::write(&descriptors, compiler.encode_file_descriptor_set()).expect("the output can be written");
    let peer = out.join("protovalidate");
    std::fs::create_dir_all(&peer).expect("the folder can be made");
    let mut config = prost_build::Config::new();
    for name in ["Simple", "Nested", "Formats", "Item", "Cel"] {
        let name = format!("bench.validate.v1.{name}");
        config.type_attribute(&name, "#[derive(::prost_reflect::ReflectMessage)]");
        let attribute =
            format!("#[prost_reflect(message_name = \"{name}\", descriptor_pool = \"crate::peers::POOL\")]");
        config.type_attribute(&name, attribute);
    }
    config.out_dir(&peer).extern_path(".buf.validate", "()");
    config.compile_fds(compiler.file_descriptor_set()).expect("prost generates");
    prost_protovalidate_build::Builder::new()
        .file_descriptor_set_path(&descriptors)
        .and_then(prost_protovalidate_build::Builder::compile)
        .expect("prost-protovalidate generates");
}

/// The messages of the JSON benchmark: ours, and prost's with pbjson's impls.
fn json(out: &Path) {
    let builder = protoc_gen_rsvc::Builder::new().out_dir(out.join("json"));
    builder.compile(["proto/json_bench.proto"], ["proto"]).expect("our own protos compile");
    let peer = out.join("pbjson");
    std::fs::create_dir_all(&peer).expect("the folder can be made");
    let descriptors = protox::compile(["proto/json_bench.proto"], ["proto"]).expect("our own protos compile");
    pbjson(descriptors, &peer, &[".json_bench"]);
}

/// Messages by prost with pbjson's impls.
fn pbjson(descriptors: FileDescriptorSet, out: &Path, packages: &[&str]) {
    let bytes = prost::Message::encode_to_vec(&descriptors);
    prost_build::Config::new().out_dir(out).compile_fds(descriptors).expect("prost generates");
    let mut pbjson = pbjson_build::Builder::new();
    pbjson.register_descriptors(&bytes).expect("pbjson reads descriptors");
    pbjson.out_dir(out).build(packages).expect("pbjson generates");
}

/// The services of the REST benchmark, with one route for each method and with 150: ours, and by `rest_over_grpc`.
fn rest(out: &Path) {
    println!("cargo::rerun-if-changed=proto/rest.proto");
    let one = std::fs::read_to_string("proto/rest.proto").expect("the proto of the REST benchmark");
    for (name, routes) in [("one", 1), ("many", 150)] {
        let folder = out.join("rest").join(name);
        let (protos, ours, peer) = (folder.join("proto"), folder.join("ours"), folder.join("peer"));
        for folder in [&protos, &peer] {
            std::fs::create_dir_all(folder).expect("the folder can be made");
        }
        let proto = protos.join("rest.proto");
        let text = with_bindings(&one, routes);
        // Cargo watches it: written again, it would count as changed.
        if std::fs::read_to_string(&proto).ok().as_ref() != Some(&text) {
            std::fs::write(&proto, text).expect("the proto can be written");
        }
        // The last is where the annotations are, which protox does not have built in.
        let includes = [protos.as_path(), Path::new("proto"), Path::new("../protoc-gen-rsvc/proto")];

        let builder = protoc_gen_rsvc::Builder::new().out_dir(&ours);
        builder.compile([&proto], includes).expect("our own protos compile");

        let mut compiler = protox::Compiler::new(includes).expect("protox finds the folders");
        compiler.include_imports(true).open_file(&proto).expect("our own protos compile");
        let bytes = compiler.encode_file_descriptor_set();
        let options = rest_over_grpc::build::DescriptorOptions::new();
        let services = rest_over_grpc::build::ServiceDefinition::from_fds(&bytes, &options);
        let mut generator = rest_over_grpc::build::Generator::builder().emit_tonic_bridge(false).build();
        generator.add_all(services.expect("rest_over_grpc reads descriptors"));
        generator.write(&peer).expect("rest_over_grpc generates");
        let mut descriptors = compiler.file_descriptor_set();
        descriptors.file.retain(|file| !file.package().starts_with("google"));
        pbjson(descriptors, &peer, &[".json_bench", ".rest"]);
    }
}

/// The proto with more bindings of both methods, the same but for the number in their paths.
fn with_bindings(proto: &str, count: u32) -> String {
    let more = |line: &str| {
        let binding = |n| {
            let line = line.trim().replace("orders000", &format!("orders{n:03}"));
            format!("      additional_bindings {{ {line} }}\n")
        };
        (1..count).map(binding).collect::<String>()
    };
    let get = "      get: \"/v1/orders000/{order_id}\"\n";
    let post = "      post: \"/v1/orders000\"\n      body: \"*\"\n";
    assert!(proto.contains(get) && proto.contains(post), "proto/rest.proto is not what build.rs expects");
    let add =
        |proto: String, rule: &str| proto.replace(rule, &format!("{rule}{}", more(&rule.replace('\n', " "))));
    add(add(proto.to_owned(), get), post)
}
