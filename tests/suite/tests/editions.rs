//! Editions read from text against what protoc makes of the same files, wherever its Python package is at hand.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test stops at the first surprise, and says what it saw

use std::fs;
use std::path::Path;
use std::process::Command;

use prost_reflect::{DynamicMessage, Kind, ReflectMessage};
use protoc_gen_rsvc::diag::Sink;
use protoc_gen_rsvc::input::{self, Loaded, Source};
use suite::surroundings::venv;

const FOLDER: &str = "editions";

fn names() -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(FOLDER).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn load(source: &Source) -> Loaded {
    input::load(source, &mut Sink::default()).unwrap()
}

fn from_text(name: &str) -> Loaded {
    load(&Source::Files { files: vec![name.into()], includes: vec![FOLDER.into()] })
}

/// A file as a message, without places.
fn file(loaded: &Loaded, name: &str) -> DynamicMessage {
    let bytes = loaded.pool.get_file_by_name(name).unwrap().encode_to_vec();
    let pool = prost_reflect::DescriptorPool::global();
    let descriptor = pool.get_message_by_name("google.protobuf.FileDescriptorProto").unwrap();
    let mut message = DynamicMessage::decode(descriptor, bytes.as_slice()).unwrap();
    message.clear_field_by_name("source_code_info");
    message
}

/// What is noted of our own files; protoc's `descriptor.proto` may be another version.
fn notes(loaded: &Loaded) -> String {
    let notes = &loaded.notes;
    let closed: Vec<_> = notes.closed_enums.iter().filter(|name| name.starts_with("editions.")).collect();
    format!("{:?} {closed:?} {:?}", notes.editions, notes.unchecked_strings)
}

#[test]
fn text_and_protoc_agree() {
    let Some(python) = venv("editions against protoc").map(|venv| venv.join("bin/python")) else { return };
    let out = tempfile::tempdir().unwrap();
    for name in names() {
        let set = out.path().join("set.binpb");
        let done = Command::new(&python)
            .args(["-m", "grpc_tools.protoc", "--include_imports", "-I", FOLDER])
            .arg(format!("--descriptor_set_out={}", set.display()))
            .arg(&name)
            .output()
            .unwrap();
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
        let theirs =
            load(&Source::DescriptorSet { bytes: fs::read(&set).unwrap(), files: vec![name.clone()] });
        let ours = from_text(&name);
        let (a, b) = (file(&ours, &name).to_text_format(), file(&theirs, &name).to_text_format());
        assert_eq!(a, b, "{name}");
        assert_eq!(file(&ours, &name), file(&theirs, &name), "{name}");
        assert_eq!(notes(&ours), notes(&theirs), "{name}");
    }
}

#[test]
fn presence_packing_and_encoding_as_the_edition_says() {
    let loaded = from_text("presence.proto");
    let message = loaded.pool.get_message_by_name("editions.presence.Plain").unwrap();
    let field = |name: &str| message.get_field_by_name(name).unwrap();
    assert!(field("number").supports_presence());
    assert!(field("packed").is_packed() && field("kinds").is_packed() && !field("expanded").is_packed());
    assert!(field("required").is_required());
    assert!(field("delimited").is_group() && field("many").is_group());
    assert!(!field("map").kind().as_message().unwrap().map_entry_value_field().is_group());
    assert_eq!(field("kind").default_value().as_enum_number(), Some(1));
    assert_eq!(field("ratio").default_value().as_f64(), Some(f64::NEG_INFINITY));
    assert_eq!(field("data").default_value().as_bytes().unwrap().as_ref(), b"\x00\xff'");
    assert_eq!(field("text").default_value().as_str(), Some("a\"b\n"));
    assert!(loaded.notes.unchecked_strings.contains("editions.presence.Plain.unchecked"));

    let loaded = from_text("implicit.proto");
    let message = loaded.pool.get_message_by_name("editions.implicit.Mixed").unwrap();
    let field = |name: &str| message.get_field_by_name(name).unwrap();
    assert!(!field("implicit").supports_presence() && !field("kind").supports_presence());
    assert!(field("explicit").supports_presence() && field("optional_kind").supports_presence());
    assert!(field("packed").is_packed());
    assert_eq!(message.oneofs().filter(|oneof| !oneof.is_synthetic()).count(), 1);

    let loaded = from_text("closed.proto");
    let closed: Vec<_> =
        loaded.notes.closed_enums.iter().map(String::as_str).filter(|n| n.starts_with("editions")).collect();
    assert_eq!(closed, ["editions.closed.All.Nested.Kind", "editions.closed.Closed"]);
    let message = loaded.pool.get_message_by_name("editions.closed.All").unwrap();
    assert!(matches!(message.get_field_by_name("map").unwrap().kind(), Kind::Message(m) if m.is_map_entry()));
    assert!(message.get_field_by_name("in_oneof").unwrap().is_group());
    assert!(!message.get_field_by_name("prefixed").unwrap().is_group());
}

#[test]
fn places_are_those_of_the_written_text() {
    let loaded = from_text("presence.proto");
    let text = fs::read_to_string(Path::new(FOLDER).join("presence.proto")).unwrap();
    let message = loaded.pool.get_message_by_name("editions.presence.Plain").unwrap();
    for field in message.fields() {
        let path = [field.path(), &[1]].concat();
        let (start, end) = loaded.locations.place("presence.proto", &path).span.unwrap();
        let line = text.lines().nth(start.line as usize).unwrap();
        assert_eq!(&line[start.column as usize..end.column as usize], field.name());
    }
    // Options after a feature on the same field keep their own places.
    let expanded = message.get_field_by_name("expanded").unwrap();
    let label = expanded
        .options()
        .descriptor()
        .parent_pool()
        .get_extension_by_name("editions.presence.label")
        .unwrap();
    let path = [expanded.path(), &[8, i32::try_from(label.number()).unwrap()]].concat();
    let (start, end) = loaded.locations.place("presence.proto", &path).span.unwrap();
    let line = text.lines().nth(start.line as usize).unwrap();
    assert_eq!(&line[start.column as usize..end.column as usize], "(label) = \"x\"");
}
