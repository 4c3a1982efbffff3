//! What is wrong with `google.api.http` stops those who serve REST, and nobody else.
//!
//! The inputs are those of the diagnostics: every rule that any of them shows.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::fs;
use std::path::{Path, PathBuf};

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::diag::Severity;
use protoc_gen_rsvc::input::Source;

/// The folders of the findings about REST.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/snapshots/diag");
    let folders = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let of_rest = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("RSVC05");
    folders.filter(of_rest).collect()
}

fn source(folder: &Path) -> Source {
    Source::Files { files: vec![folder.join("main.proto")], includes: vec![folder.to_owned()] }
}

#[test]
fn rules_stop_only_those_who_serve_them() {
    let folders = folders();
    assert!(folders.len() >= 8, "only {} folders", folders.len());
    let mut refused = 0;
    for folder in folders {
        let source = source(&folder);
        refused += usize::from(Builder::new().generate(&source).is_err());
        for (name, builder) in [
            ("clients alone", Builder::new().server(false)),
            ("clients over REST", Builder::new().server(false).rest_client(true)),
            ("a server without REST", Builder::new().rest(false)),
            ("no services at all", Builder::new().rest(false).client(false)),
        ] {
            let generated = builder.generate(&source);
            let generated =
                generated.unwrap_or_else(|errors| panic!("{name} of {}: {errors}", folder.display()));
            assert!(generated.warnings.iter().all(|found| found.severity == Severity::Warning));
            let code: String = generated.files.into_iter().map(|file| file.content).collect();
            assert!(!code.contains("const BINDINGS"), "{name} of {}", folder.display());
        }
    }
    assert!(refused >= 6, "only {refused} inputs are refused where REST is served");
}

#[test]
fn routes_of_nobody_are_not_looked_at() {
    let conflicts = folders().into_iter().find(|path| path.ends_with("RSVC0504_conflicts")).unwrap();
    for builder in [Builder::new().server(false).rest_client(true), Builder::new().rest(false)] {
        let found = builder.generate(&source(&conflicts)).unwrap().warnings;
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn a_client_over_rest_has_the_bindings_that_are_right() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"
        syntax = "proto3";
        package half.v1;
        import "google/api/annotations.proto";
        message M { string a = 1; }
        service S {
          rpc Wrong(M) returns (M) { option (google.api.http) = { get: "/v1/{a=x/**}/y/**" }; }
          rpc Right(M) returns (M) { option (google.api.http) = { get: "/v1/{a}" }; }
        }
    "#;
    let file = dir.path().join("half.proto");
    fs::write(&file, text).unwrap();
    let source = Source::Files { files: vec![file], includes: vec![dir.path().to_owned()] };
    assert!(Builder::new().rest_client(true).generate(&source).is_err(), "it is served as well");
    let generated = Builder::new().server(false).rest_client(true).generate(&source).unwrap();
    let code: String = generated.files.into_iter().map(|file| file.content).collect();
    let bindings: Vec<_> = code.match_indices("Binding::new(1, \"GET\", \"/v1/{a}\")").collect();
    assert_eq!((bindings.len(), code.matches("Binding::new(").count()), (1, 1), "{code}");
    assert_eq!(generated.warnings.len(), 1);
}
