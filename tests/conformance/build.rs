//! Generates what each of the conformance programs needs, one module a suite.

#[path = "build/connect.rs"]
mod connect;
#[path = "build/deep.rs"]
mod deep;
#[path = "build/protovalidate.rs"]
mod protovalidate;
#[path = "build/random.rs"]
mod random;
#[path = "build/rest.rs"]
mod rest;
#[path = "build/testee.rs"]
mod testee;
#[path = "build/trees.rs"]
mod trees;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    connect::generate();
    protovalidate::generate();
    rest::generate();
    testee::generate();
}
