//! Every golden case gives exactly the files in the repository, twice in a row, and is in the list of those compiled.

use std::fs;
use std::process::Command;

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;
use suite::binary::generator;
use suite::cases::{Case, difference, read_files, repository, tree};

#[test]
fn goldens() {
    let cases = Case::all();
    assert!(cases.len() >= 25, "only {} golden cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let found = case.generate();
        assert_eq!(found, case.generate(), "{}: two runs differ", case.name);
        if std::env::var_os("RSVC_BLESS").is_some() {
            bless(case);
        }
        let expected = case.expected();
        if let Some(difference) = difference(&expected, &found) {
            wrong.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases differ; `cargo xtask bless` accepts what is there now\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

fn bless(case: &Case) {
    let folder = case.folder.join("expected");
    protoc_gen_rsvc::write(&folder, &case.generate()).expect("the folder can be written");
}

/// The messages of the annotations, which the runtime carries, are what the generator makes of `proto/`.
#[test]
fn the_runtime_has_the_messages_of_the_annotations() {
    let repository = repository();
    let include = repository.join("protoc-gen-rsvc/proto");
    let files = tree(&include, "proto")
        .into_iter()
        .filter(|name| !name.starts_with("google/protobuf/") && !name.starts_with("grpc/"));
    let source = Source::Files { files: files.map(Into::into).collect(), includes: vec![include] };
    is_generated("runtime/src/pb", &source, &Builder::new());
}

const REFLECTION_MESSAGES: [&str; 8] = [
    "ErrorResponse",
    "ExtensionNumberResponse",
    "ExtensionRequest",
    "FileDescriptorResponse",
    "ListServiceResponse",
    "ServerReflectionRequest",
    "ServerReflectionResponse",
    "ServiceResponse",
];

/// The services that every server brings. Both versions of reflection have the same messages.
#[test]
fn the_runtime_has_the_services_of_grpc() {
    let builder = Builder::new()
        .client(false)
        .btree_map(".grpc.health.v1.HealthListResponse")
        .bytes(".grpc.reflection.v1.FileDescriptorResponse");
    let builder = REFLECTION_MESSAGES.iter().fold(builder, |builder, message| {
        let rust = format!("crate::server::generated::grpc::reflection::v1::{message}");
        builder.extern_path(&format!(".grpc.reflection.v1alpha.{message}"), &rust)
    });
    is_generated("runtime/src/server/generated", &services_of_grpc(), &builder);
}

/// Those services as a user generates them, with clients, for the runtime's tests.
#[test]
fn the_tests_of_the_runtime_have_the_services_of_grpc() {
    is_generated("runtime/tests/it/grpc", &services_of_grpc(), &Builder::new());
}

/// The documents of the shop, in both versions.
#[test]
fn the_shop_has_its_documents() {
    let include = repository().join("examples/shop/proto");
    let files = ["user", "order", "upload", "chat"].map(|name| format!("shop/v1/{name}.proto").into());
    let source = Source::Files { files: files.into(), includes: vec![include] };
    for version in ["3.1", "3.2"] {
        let builder = Builder::new().option("openapi", "json").option("openapi_version", version);
        let found = builder.documents(&source).unwrap_or_else(|errors| panic!("{errors}")).files;
        is_same(&format!("tests/snapshots/openapi/shop-{version}"), &found);
    }
}

/// Any number of calls of one build script: the root has a constant for the documents of each.
#[test]
fn documents_of_earlier_calls_stay() {
    let out = tempfile::tempdir().expect("a folder");
    let folder = out.path().join("pb");
    let compile = |case: &str| {
        let include = repository().join("tests/snapshots/gen").join(case).join("proto");
        let files = tree(&include, "proto").into_iter().map(Into::into).collect();
        let source = Source::Files { files, includes: vec![include] };
        let builder = Builder::new().out_dir(&folder).option("openapi", "json");
        builder.option("openapi_split", "package").write(&source).unwrap_or_else(|errors| panic!("{errors}"));
    };
    compile("forms");
    compile("masks");
    let root = fs::read_to_string(folder.join("mod.rs")).expect("the root");
    for document in ["forms.v1.openapi.json", "masks.v1.openapi.json"] {
        assert!(folder.join(document).exists(), "{document} is not there");
        let count = root.matches(&format!("include_str!(\"{document}\")")).count();
        assert_eq!(count, 1, "{document} in\n{root}");
    }
}

/// A document that is not written any more goes; what others have written stays. Each run is a process, since the calls of
/// one process make one tree.
#[test]
fn documents_that_are_not_written_any_more_go() {
    let (generator, out) = (generator(), tempfile::tempdir().expect("a folder"));
    let include = repository().join("tests/snapshots/gen/forms/proto");
    let write = |options: &[&str]| {
        let mut command = Command::new(&generator);
        command.arg("generate").arg("--out").arg(out.path()).arg("-I").arg(&include);
        for option in options {
            command.args(["--opt", option]);
        }
        let ran = command.args(tree(&include, "proto")).output().expect("the generator runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    let exists = |name: &str| out.path().join(name).exists();
    write(&["openapi=yaml"]);
    fs::write(out.path().join("mine.json"), "{}").expect("writes");
    write(&["openapi=json"]);
    assert!(exists("openapi.json") && !exists("openapi.yaml") && exists("mine.json"));
    fs::write(out.path().join("openapi.json"), "changed by hand").expect("writes");
    write(&[]);
    assert!(exists("openapi.json"), "what somebody has changed stays");
}

fn services_of_grpc() -> Source {
    let include = repository().join("protoc-gen-rsvc/proto");
    let files = tree(&include, "proto").into_iter().filter(|name| name.starts_with("grpc/"));
    Source::Files { files: files.map(Into::into).collect(), includes: vec![include] }
}

/// Compares a folder of the repository with what the generator makes now.
fn is_generated(folder: &str, source: &Source, builder: &Builder) {
    is_same(folder, &builder.generate(source).unwrap_or_else(|errors| panic!("{errors}")).files);
}

fn is_same(folder: &str, found: &[protoc_gen_rsvc::GeneratedFile]) {
    let path = repository().join(folder);
    if std::env::var_os("RSVC_BLESS").is_some() {
        protoc_gen_rsvc::write(&path, found).expect("the folder can be written");
    }
    if let Some(difference) = difference(&read_files(&path), found) {
        panic!("{folder}: {difference}; `cargo xtask bless` accepts what is there now");
    }
}

/// The messages of the runtime's own tests of REST.
#[test]
fn the_tests_of_rest_have_their_messages() {
    let folder = repository().join("runtime/tests/rest");
    let source = Source::Files { files: vec!["demo.proto".into()], includes: vec![folder.clone()] };
    let found = Builder::new().generate(&source).unwrap_or_else(|errors| panic!("{errors}")).files;
    let messages = found.iter().find(|file| file.name == "rest.v1.rs").expect("the package");
    let path = folder.join("messages.rs");
    if std::env::var_os("RSVC_BLESS").is_some() {
        fs::write(&path, &messages.content).expect("the folder can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == messages.content,
        "{}: `cargo xtask bless` accepts what is there now",
        path.display()
    );
}

/// The JSON of the messages that prost-types has ready, which the runtime carries too.
#[test]
fn the_runtime_has_the_json_of_prost_types() {
    let repository = repository();
    let include = repository.join("protoc-gen-rsvc/proto");
    let names = ["api", "compiler/plugin", "descriptor", "source_context", "type"];
    let files = names.map(|name| format!("google/protobuf/{name}.proto").into()).into();
    let source = Source::Files { files, includes: vec![include] };
    let found = Builder::new().json_of_prost_types(&source).unwrap_or_else(|errors| panic!("{errors}"));
    let path = repository.join("runtime/src/json/wkt").join(&found.name);
    if std::env::var_os("RSVC_BLESS").is_some() {
        fs::write(&path, &found.content).expect("the folder can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found.content, "{}: `cargo xtask bless` accepts what is there now", path.display());
}

#[test]
fn every_case_is_compiled() {
    let list = fs::read_to_string(repository().join("tests/goldens/src/lib.rs")).expect("the list");
    let listed: Vec<&str> = list
        .lines()
        .skip_while(|line| !line.starts_with("cases! {"))
        .skip(1)
        .take_while(|line| *line != "}")
        .map(|line| line.trim().trim_end_matches(','))
        .collect();
    let cases: Vec<String> = Case::all().into_iter().map(|case| case.name).collect();
    assert_eq!(listed, cases, "tests/goldens/src/lib.rs and tests/snapshots/gen differ");
}

#[test]
fn what_has_not_changed_is_not_written() {
    let case = &Case::all()[0];
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = case.generate();
    // Only a folder with a record knows the documents that it has.
    files.retain(|file| std::path::Path::new(&file.name).extension().is_some_and(|end| end == "rs"));
    let write = |files: &[protoc_gen_rsvc::GeneratedFile]| {
        protoc_gen_rsvc::write(folder.path(), files).expect("writes");
    };
    let times = || {
        let modified =
            |f: &protoc_gen_rsvc::GeneratedFile| fs::metadata(folder.path().join(&f.name))?.modified();
        files.iter().map(|f| modified(f).expect("written")).collect::<Vec<_>>()
    };
    write(&files);
    let first = times();
    std::thread::sleep(std::time::Duration::from_millis(20));
    write(&files);
    assert_eq!(first, times());
    let foreign = folder.path().join("mine.rs");
    fs::write(&foreign, "// mine").expect("writes");
    write(&files[..1]);
    let left: Vec<bool> = files.iter().map(|f| folder.path().join(&f.name).exists()).collect();
    assert!(left[0] && left[1..].iter().all(|there| !there), "what is no longer generated goes");
    assert!(foreign.exists(), "what we did not generate stays");
}
