//! Generates the messages and the service of the Connect conformance suite from its descriptor set.

use std::path::{Path, PathBuf};

use protoc_gen_rsvc::{Builder, input::Source};

pub(crate) fn generate() {
    println!("cargo::rerun-if-env-changed=RSVC_SHARED");
    println!("cargo::rustc-check-cfg=cfg(connect_suite)");
    let Some(shared) = std::env::var_os("RSVC_SHARED") else { return };
    let set = Path::new(&shared).join("conformance/connect/conformance.binpb");
    println!("cargo::rerun-if-changed={}", set.display());
    if !set.exists() {
        println!("cargo::warning=there is no Connect conformance suite at {}", set.display());
        return;
    }
    println!("cargo::rustc-cfg=connect_suite");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    Builder::new()
        .out_dir(out.join("connect"))
        .compile_source(&Source::DescriptorSetFile { path: set, files: Vec::new() })
        .expect("the messages of the suite compile");
}
