//! ProtoJSON: prost alone, our generator, and prost with pbjson's.

use std::path::Path;

use crate::candidate::{Candidate, Suite};
use crate::schema::{self, PACKAGE};

/// prost, ours, pbjson.
pub(crate) fn suite() -> Suite {
    Suite {
        name: "json",
        about: "reads and writes every message, as binary and (but for prost alone) as JSON",
        schema: schema::schema(&[], |_| None),
        includes: &[],
        base: PROST,
        own_base: None,
        ours: Candidate {
            name: "rsvc",
            dependencies: &[RSVC],
            generate: rsvc,
            library: "include!(\"generated/mod.rs\");\npub use compile_bench::*;\n",
            call: |message| {
                format!(
                    "{}\n    let message: M = ::rsvc::json::from_slice(json).unwrap();\n    \
                     sum + ::rsvc::json::to_vec(&message).unwrap().len()",
                    binary("::rsvc::prost", message)
                )
            },
        },
        peer: Candidate {
            name: "pbjson",
            dependencies: &["prost", "pbjson", "serde", "serde_json"],
            generate: pbjson,
            library: "include!(\"generated/compile_bench.rs\");\ninclude!(\"generated/compile_bench.serde.rs\");\n",
            call: |message| {
                format!(
                    "{}\n    let message: M = ::serde_json::from_slice(json).unwrap();\n    \
                     sum + ::serde_json::to_vec(&message).unwrap().len()",
                    binary("::prost", message)
                )
            },
        },
    }
}

/// The name of our runtime, which is not one of the registry's.
pub(crate) const RSVC: &str = "rsvc";

/// prost's messages and nothing else.
pub(crate) const PROST: Candidate = Candidate {
    name: "prost alone",
    dependencies: &["prost"],
    generate: prost,
    library: "include!(\"generated/compile_bench.rs\");\n",
    call: |message| format!("{}\n    sum", binary("::prost", message)),
};

/// Reads and writes the wire format, as every candidate does.
pub(crate) fn binary(prost: &str, message: &str) -> String {
    format!(
        "type M = messages::{message};\n    let message = <M as {prost}::Message>::decode(wire).unwrap();\n    \
         let sum = {prost}::Message::encode_to_vec(&message).len();"
    )
}

/// prost-build's output in `out`.
pub(crate) fn prost(protos: &[&Path], out: &Path) {
    let descriptors = protox::compile([file()], protos).expect("our own protos compile");
    prost_build::Config::new().out_dir(out).compile_fds(descriptors).expect("prost generates");
}

/// Our output in `out`.
pub(crate) fn rsvc(protos: &[&Path], out: &Path) {
    let builder = protoc_gen_rsvc::Builder::new().out_dir(out);
    builder.compile([file()], protos).expect("our own protos compile");
}

fn pbjson(protos: &[&Path], out: &Path) {
    prost(protos, out);
    let descriptors = protox::compile([file()], protos).expect("our own protos compile");
    let mut builder = pbjson_build::Builder::new();
    builder
        .register_descriptors(&::prost::Message::encode_to_vec(&descriptors))
        .expect("pbjson reads descriptors");
    builder.out_dir(out).build(&[format!(".{PACKAGE}")]).expect("pbjson generates");
}

fn file() -> String {
    format!("{PACKAGE}.proto")
}
