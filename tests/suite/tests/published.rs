//! Protos that others have published, read from text, against what protoc makes of them.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test stops at the first surprise, and says what it saw

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use prost_reflect::text_format::FormatOptions;
use prost_reflect::{DescriptorPool, DynamicMessage};
use protoc_gen_rsvc::diag::Sink;
use protoc_gen_rsvc::input::{self, Loaded, Source};
use suite::surroundings::{left_out, venv};

/// Python, and the folder with `file` below where pip puts packages.
fn find(what: &str, file: &str, folder: &str) -> Option<(PathBuf, PathBuf)> {
    let venv = venv(what)?;
    let lib = fs::read_dir(venv.join("lib")).ok()?;
    let folders = lib.filter_map(|entry| Some(entry.ok()?.path().join(folder)));
    let found = folders.into_iter().find(|folder| folder.join(file).exists());
    if found.is_none() {
        left_out(what, "the package is not in RSVC_VENV");
    }
    Some((venv.join("bin/python"), found?))
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|e| e == "proto") {
            found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}

fn load(source: &Source) -> Loaded {
    input::load(source, &mut Sink::default()).unwrap()
}

/// A file as text, custom options and all, without its places. Whether empty options are there makes no difference.
fn file(pool: &DescriptorPool, name: &str) -> String {
    let bytes = pool.get_file_by_name(name).unwrap().encode_to_vec();
    let descriptor =
        DescriptorPool::global().get_message_by_name("google.protobuf.FileDescriptorProto").unwrap();
    let mut message = DynamicMessage::decode(descriptor, bytes.as_slice()).unwrap();
    message.clear_field_by_name("source_code_info");
    let text = message.to_text_format_with_options(&FormatOptions::new().skip_unknown_fields(false));
    text.replace(",options{}", "")
}

/// Reads `names` below `root` both ways.
fn compare(python: &Path, root: &Path, names: &[String]) {
    let start = Instant::now();
    let files = names.iter().map(|name| root.join(name)).collect();
    let ours = load(&Source::Files { files, includes: vec![root.to_owned()] });
    println!("{} files in {:?}", names.len(), start.elapsed());
    assert_eq!(ours.roots, names);

    let out = tempfile::tempdir().unwrap();
    let set = out.path().join("set.binpb");
    let done = Command::new(python)
        .args(["-m", "grpc_tools.protoc", "--include_imports"])
        .arg(format!("--proto_path={}", root.display()))
        .arg(format!("--descriptor_set_out={}", set.display()))
        .args(names)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let theirs = load(&Source::DescriptorSet { bytes: fs::read(&set).unwrap(), files: names.to_vec() });
    for name in names {
        let (ours, theirs) = (file(&ours.pool, name), file(&theirs.pool, name));
        let same = ours.bytes().zip(theirs.bytes()).take_while(|(a, b)| a == b).count();
        let around = |text: &str| text.chars().skip(same.saturating_sub(120)).take(240).collect::<String>();
        assert!(ours == theirs, "{name}\nours:   {}\ntheirs: {}", around(&ours), around(&theirs));
    }
}

/// Google's public annotations and types.
#[test]
fn common_protos_are_what_protoc_makes_of_them() {
    let what = "googleapis-common-protos against protoc";
    let Some((python, root)) = find(what, "google/api/http.proto", "site-packages") else { return };
    let mut names = Vec::new();
    collect(&root, &root.join("google"), &mut names);
    assert!(names.len() > 50, "only {} files", names.len());
    compare(&python, &root, &names);
}

/// The messages of protobuf's own conformance tests: everything that proto2, proto3 and edition 2023 can say.
#[test]
fn conformance_messages_are_what_protoc_makes_of_them() {
    let what = "the messages of protobuf's conformance tests against protoc";
    let messages = "conformance/messages";
    let Some((python, root)) = find(what, messages, "site-packages/protoc/include") else { return };
    let mut names = Vec::new();
    collect(&root, &root.join(messages), &mut names);
    // That one is of no edition that has come out.
    names.retain(|name| !name.ends_with("edition_unstable.proto"));
    assert!(names.len() >= 5, "only {} files", names.len());
    compare(&python, &root, &names);
}
