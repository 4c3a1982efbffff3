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
    let file = dir.path().join("shop/v1/shop.proto");
    let expected = format!("{}:3:1: error[RSVC0003]: `shop/v1/kinds.proto` is not found\n", file.display());
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn a_name_is_seen_through_public_imports_of_any_length() {
    let text = |import: &str, body: &str| format!("syntax = \"proto3\"; package p; {import}\n{body}");
    let dir = folder(&[
        ("a.proto", &text("import \"b.proto\";", "message A { D d = 1; }")),
        ("b.proto", &text("import public \"c.proto\";", "")),
        ("c.proto", &text("import public \"d.proto\";", "")),
        ("d.proto", &text("", "message D {}")),
    ]);
    let loaded = load(&[Path::new("a.proto")], &[dir.path()]).unwrap();
    assert_eq!(loaded.files, ["d.proto", "c.proto", "b.proto", "a.proto"]);
    // Without `public`, the way ends.
    fs::write(dir.path().join("c.proto"), text("import \"d.proto\";", "")).unwrap();
    let error = load(&[Path::new("a.proto")], &[dir.path()]).unwrap_err().to_string();
    assert!(error.contains("error[RSVC0005]: `p.D` is not visible here"), "{error}");
}

#[test]
fn a_file_of_the_users_own_wins_over_a_built_in_one() {
    let own = "syntax = \"proto3\"; package google.api; message Http { string mine = 1; }";
    let dir = folder(&[
        ("google/api/http.proto", own),
        (
            "a.proto",
            "syntax = \"proto3\"; import \"google/api/http.proto\"; message A { google.api.Http h = 1; }",
        ),
    ]);
    let loaded = load(&[Path::new("a.proto")], &[dir.path()]).unwrap();
    assert!(loaded.builtin.is_empty());
    assert!(loaded.pool.get_message_by_name("google.api.Http").unwrap().get_field_by_name("mine").is_some());
}

#[test]
fn the_first_folder_wins_and_the_same_file_twice_is_one() {
    let dir = folder(&[
        ("one/kinds.proto", "syntax = \"proto3\"; message One {}"),
        ("two/kinds.proto", "syntax = \"proto3\"; message Two {}"),
        ("two/a.proto", "syntax = \"proto3\"; import \"kinds.proto\";"),
    ]);
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    let file = two.join("../two/./a.proto");
    let loaded = load(&[&file, &two.join("a.proto")], &[&one, &two]).unwrap();
    assert_eq!(loaded.roots, ["a.proto"]);
    assert!(
        loaded.pool.get_message_by_name("One").is_some() && loaded.pool.get_message_by_name("Two").is_none()
    );
}

#[test]
fn a_byte_order_mark_moves_no_column() {
    let dir = folder(&[("a.proto", "\u{feff}syntax = \"proto3\"; message M { X x = 1; }")]);
    let error = load(&[Path::new("a.proto")], &[dir.path()]).unwrap_err().to_string();
    let expected = format!("{}:1:32: error[RSVC0005]", dir.path().join("a.proto").display());
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn mistakes_of_all_files_are_told_in_one_run() {
    let dir = folder(&[
        ("a.proto", "syntax = \"proto3\"; import \"b.proto\"; import \"gone.proto\"; message A { oops }"),
        ("b.proto", "syntax = \"proto3\"; message B { oops }"),
        ("c.proto", "syntax = \"proto3\"; import \"lost.proto\";"),
    ]);
    let error =
        load(&[Path::new("a.proto"), Path::new("b.proto"), Path::new("c.proto")], &[dir.path()]).unwrap_err();
    let found: Vec<_> = error.diagnostics().iter().map(|d| d.code.to_string()).collect();
    assert_eq!(found, ["RSVC0001", "RSVC0001", "RSVC0003"]);
}

#[test]
fn proto2_fields_may_have_the_same_json_name_by_chance() {
    let text = "message M { optional int32 foo_bar = 1; optional int32 fooBar = 2; }";
    let dir = folder(&[("a.proto", text)]);
    let loaded = load(&[Path::new("a.proto")], &[dir.path()]).unwrap();
    let message = loaded.pool.get_message_by_name("M").unwrap();
    let names: Vec<_> = message.fields().map(|f| f.json_name().to_owned()).collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}

#[test]
fn options_leave_a_repeated_field_packed() {
    let text = "syntax = \"proto3\"; message M { repeated int32 a = 1 [deprecated = true]; }";
    let dir = folder(&[("a.proto", text)]);
    let loaded = load(&[Path::new("a.proto")], &[dir.path()]).unwrap();
    let field = loaded.pool.get_message_by_name("M").unwrap().get_field_by_name("a").unwrap();
    assert_eq!(field.field_descriptor_proto().options.as_ref().unwrap().packed, Some(true));
}

#[test]
fn a_set_gives_what_the_text_gives() {
    let dir = folder(&[("shop/v1/shop.proto", SHOP), ("shop/v1/kinds.proto", KINDS)]);
    let text = load(&[Path::new("shop/v1/shop.proto")], &[dir.path()]).unwrap();
    let set = Source::DescriptorSet {
        bytes: text.pool.encode_to_vec(),
        files: vec!["shop/v1/shop.proto".to_owned()],
    };
    let loaded = input::load(&set, &mut Sink::default()).unwrap();
    assert_eq!((loaded.files, loaded.roots), (text.files, text.roots));
    assert_eq!(loaded.pool.encode_to_vec(), text.pool.encode_to_vec());
}

#[test]
fn options_newer_than_the_libraries_are_known() {
    let text = "syntax = \"proto2\"; message M { extensions 4 to 5 [verification = UNVERIFIED]; }";
    let dir = folder(&[("a.proto", text)]);
    load(&[Path::new("a.proto")], &[dir.path()]).unwrap();
}

#[test]
fn a_long_chain_of_imports_is_no_problem() {
    let files: Vec<(String, String)> = (0..1000)
        .map(|i| {
            (
                format!("f{i}.proto"),
                format!("syntax = \"proto3\"; import \"f{}.proto\"; message M{i} {{}}", i + 1),
            )
        })
        .chain([("f1000.proto".to_owned(), "syntax = \"proto3\";".to_owned())])
        .collect();
    let dir = folder(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>());
    let loaded = load(&[Path::new("f0.proto")], &[dir.path()]).unwrap();
    assert_eq!(loaded.files.len(), 1001);
    assert_eq!(loaded.files[0], "f1000.proto");
}

#[test]
fn deep_nesting_is_an_error_not_an_overflow() {
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + &close.repeat(n);
    let texts = [
        format!("syntax = \"proto3\"; {}", deep("message M {", "}", 5000)),
        format!("syntax = \"proto3\"; option (x) = {};", deep("{ a ", "}", 20000)),
        format!("syntax = \"proto3\"; option (x) = {{ a: {} }};", deep("[", "]", 20000)),
        format!("edition = \"2023\"; option features = {{ {} }};", deep("a {", "}", 20000)),
    ];
    for text in texts {
        let dir = folder(&[("a.proto", &text)]);
        let found = load(&[Path::new("a.proto")], &[dir.path()]);
        assert!(found.is_err(), "{}", &text[..40]);
    }
}

#[test]
fn a_value_inside_an_option_has_a_place() {
    let text = "syntax = \"proto3\";\nimport \"google/api/annotations.proto\";\nmessage M { string id = 1; }\n\
        service S {\n  rpc Get(M) returns (M) {\n    option (google.api.http) = {\n      get: \"/v1/{id}\"\n      \
        additional_bindings { post: \"/v2/{id}\" body: \"*\" }\n    };\n  }\n}\n";
    let dir = folder(&[("a.proto", text)]);
    let loaded = load(&[Path::new("a.proto")], &[dir.path()]).unwrap();
    let place = |rest: &[i32]| {
        loaded.locations.place("a.proto", &[&[6, 0, 2, 0, 4, 72_295_728], rest].concat()).to_string()
    };
    assert_eq!(place(&[]), "a.proto:6:5");
    assert_eq!(place(&[2]), "a.proto:7:12");
    assert_eq!(place(&[11, 0, 4]), "a.proto:8:35");
    assert_eq!(place(&[11, 0]), "a.proto:8:7");
    // What is not there has the place of the whole.
    assert_eq!(place(&[7]), "a.proto:6:5");
    assert_eq!(place(&[11, 1, 4]), "a.proto:6:5");
}
