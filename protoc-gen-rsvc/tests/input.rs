//! Reading sources from a folder, as a build script does.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::fs;
use std::path::{Path, PathBuf};

use protoc_gen_rsvc::diag::{Errors, Sink};
use protoc_gen_rsvc::input::{self, Loaded, Source};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn load(files: &[&Path], includes: &[&Path]) -> Result<Loaded, Errors> {
    let owned = |paths: &[&Path]| paths.iter().map(|p| p.to_path_buf()).collect::<Vec<PathBuf>>();
    input::load(&Source::Files { files: owned(files), includes: owned(includes) }, &mut Sink::default())
}

const SHOP: &str = "syntax = \"proto3\";\npackage shop.v1;\nimport \"shop/v1/kinds.proto\";\n\
    import \"google/protobuf/timestamp.proto\";\n// An order.\nmessage Order {\n  Kind kind = 1;\n  \
    google.protobuf.Timestamp at = 2;\n}\n";
const KINDS: &str = "syntax = \"proto3\";\npackage shop.v1;\nenum Kind { KIND_UNSPECIFIED = 0; }\n";

#[test]
fn a_file_and_its_imports() {
    let dir = folder(&[("shop/v1/shop.proto", SHOP), ("shop/v1/kinds.proto", KINDS)]);
    let loaded = load(&[&dir.path().join("shop/v1/shop.proto")], &[dir.path()]).unwrap();
    assert_eq!(loaded.roots, ["shop/v1/shop.proto"]);
    assert_eq!(
        loaded.files,
        ["shop/v1/kinds.proto", "google/protobuf/timestamp.proto", "shop/v1/shop.proto"]
    );
    assert_eq!(loaded.read.len(), 2);
    assert!(loaded.builtin.contains("google/protobuf/timestamp.proto"));
    let order = loaded.pool.get_message_by_name("shop.v1.Order").unwrap();
    let file = "shop/v1/shop.proto";
    assert_eq!(
        loaded.locations.place(file, order.get_field_by_name("at").unwrap().path()).to_string(),
        format!("{file}:8:3")
    );
    assert_eq!(loaded.locations.comments(file, order.path()).leading.as_deref(), Some(" An order.\n"));
}

#[test]
fn a_listed_file_may_be_given_by_its_import_name() {
    let dir = folder(&[("shop/v1/shop.proto", SHOP), ("shop/v1/kinds.proto", KINDS)]);
    let loaded =
        load(&[Path::new("shop/v1/shop.proto"), Path::new("shop\\v1\\shop.proto")], &[dir.path()]).unwrap();
    assert_eq!(loaded.roots, ["shop/v1/shop.proto"]);
}

#[test]
fn a_missing_import_is_told_where_it_stands() {
    let dir = folder(&[("shop/v1/shop.proto", SHOP)]);
    let error = load(&[Path::new("shop/v1/shop.proto")], &[dir.path()]).unwrap_err().to_string();
    assert!(
        error.starts_with("shop/v1/shop.proto:3:1: error[RSVC0003]: `shop/v1/kinds.proto` is not found\n"),
        "{error}"
    );
}
