//! `by_features` outside of a build script, where there are no features: it says so. Inside of one it is tried by the guide
//! `docs/guide/several-crates.md`.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;

#[test]
fn without_a_build_script_there_are_no_features() {
    let source = Source::Files { files: vec!["a.proto".into()], includes: Vec::new() };
    let errors = Builder::new().by_features().generate(&source).unwrap_err().to_string();
    assert!(errors.starts_with("error[RSVC0900]: there are no features to choose by"), "{errors}");
    assert_eq!(errors.matches("error[").count(), 1, "{errors}");
}
