//! Generates the services of `tests/interop/proto`, where the peers in other languages have them from as well.

#![allow(clippy::unwrap_used, reason = "a build script fails by a panic, and this one shows all findings")]

fn main() {
    protoc_gen_rsvc::Builder::new()
        .bytes(".grpc.testing.Payload.body")
        .docs(true)
        .compile(
            ["../interop/proto/grpc/testing/test.proto", "../interop/proto/files/v1/files.proto"],
            ["../interop/proto"],
        )
        .unwrap();
}
