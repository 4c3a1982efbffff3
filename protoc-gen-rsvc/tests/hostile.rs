//! Descriptors from anyone: whatever is in them, the answer is code or an error, never a panic.
#![allow(missing_docs, clippy::unwrap_used)] // a test stops at the first surprise

use proptest::prelude::*;
use proptest::test_runner::TestRng;
use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};
use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::{Request, Source};

const TEXT: &str = r#"
syntax = "proto2";
package hostile.v1;
import public "google/protobuf/timestamp.proto";
import "google/protobuf/descriptor.proto";
import "google/api/annotations.proto";
extend google.protobuf.FieldOptions { optional string label = 50001; repeated Nested nested_option = 50002; }
message Nested { optional int32 depth = 1; optional Nested inner = 2; }
message All {
  option deprecated = true;
  optional int32 a = 1 [default = -5, (label) = "x"];
  repeated int32 b = 2 [packed = true];
  optional bytes c = 3 [default = "\001\377\n"];
  optional Kind d = 4 [default = KIND_B];
  map<string, All> e = 5;
  oneof choice { string f = 6; All g = 7; }
  optional group H = 8 { optional bool i = 1; }
  required double j = 9 [default = inf];
  optional google.protobuf.Timestamp k = 10;
  extensions 100 to 200;
  reserved 50 to 60;
  reserved "old";
  message Inner { optional Kind kind = 1; enum Kind { A = 0; } }
}
enum Kind { option allow_alias = true; KIND_A = 1; KIND_B = 2; KIND_C = 2; }
extend All { repeated Kind m = 100 [(nested_option) = { depth: 1 inner { depth: 2 } }]; }
service Things {
  rpc Get(All) returns (stream Nested) { option (google.api.http) = { post: "/v1/{a}" body: "*" }; }
}
"#;

const MODERN: &str = r#"
syntax = "proto3";
package hostile.v2;
message M { optional string a = 1; string b = 2; repeated Kind kinds = 3 [deprecated = true]; map<int32, M> m = 4; }
enum Kind { KIND_UNSPECIFIED = 0; }
"#;

const EDITION: &str = r#"
edition = "2023";
package hostile.v3;
message M {
  int32 a = 1 [features.field_presence = IMPLICIT];
  M b = 2 [features.message_encoding = DELIMITED];
  string c = 3 [default = "x"];
  oneof o { Kind d = 4; }
}
enum Kind { option features.enum_type = CLOSED; KIND_UNSPECIFIED = 0; }
"#;

/// A valid set with everything in it, as the compiler would give it.
fn valid() -> DynamicMessage {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, text) in [("a.proto", TEXT), ("b.proto", MODERN), ("c.proto", EDITION)] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        files.push(path);
    }
    let source = Source::Files { files, includes: vec![dir.path().to_owned()] };
    let loaded = protoc_gen_rsvc::input::load(&source, &mut protoc_gen_rsvc::diag::Sink::default()).unwrap();
    let pool = descriptors();
    let set = pool.get_message_by_name("google.protobuf.FileDescriptorSet").unwrap();
    let mut message = DynamicMessage::decode(set, loaded.pool.encode_to_vec().as_slice()).unwrap();
    // Editions are reduced by now: the last file says again that it is of one.
    let Some(Value::List(files)) = message.get_field_by_name_mut("file") else { panic!("a list") };
    let Some(Value::Message(last)) = files.last_mut() else { panic!("a message") };
    last.set_field_by_name("syntax", Value::String("editions".to_owned()));
    last.set_field_by_name("edition", Value::EnumNumber(1000));
    message
}

/// `descriptor.proto` in its newest form.
fn descriptors() -> DescriptorPool {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.proto");
    std::fs::write(&path, "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";").unwrap();
    let source = Source::Files { files: vec![path], includes: vec![dir.path().to_owned()] };
    protoc_gen_rsvc::input::load(&source, &mut protoc_gen_rsvc::diag::Sink::default()).unwrap().pool
}

/// Runs all of the generator; returns whether there was code.
fn run(bytes: &[u8]) -> bool {
    let set = Source::DescriptorSet { bytes: bytes.to_vec(), files: Vec::new() };
    match Builder::new().generate(&set) {
        Ok(_) => true,
        Err(errors) => {
            assert!(!errors.diagnostics().is_empty());
            let text = errors.to_string();
            assert!(text.contains("[RSVC0") && !text.contains("RSVC0902"), "{text}");
            false
        }
    }
}

/// One change somewhere in a message: a value taken out, doubled, or made odd.
fn mutate(message: &mut DynamicMessage, rng: &mut TestRng, depth: u32) {
    let present: Vec<FieldDescriptor> = message.fields().map(|(field, _)| field).collect();
    let all: Vec<FieldDescriptor> = message.descriptor().fields().collect();
    let deeper = depth > 0 && rng.random_range(0..8) != 0;
    if deeper {
        let nested: Vec<&FieldDescriptor> = present
            .iter()
            .filter(|f| matches!(f.kind(), Kind::Message(_)) && f.name() != "source_code_info")
            .collect();
        if let Some(field) = pick(&nested, rng) {
            let length = match message.get_field_mut(field) {
                Value::Message(inner) => return mutate(inner, rng, depth - 1),
                Value::List(list) => list.len(),
                _ => 0,
            };
            let index = rng.random_range(0..length.max(1));
            if let Value::List(list) = message.get_field_mut(field)
                && let Some(Value::Message(inner)) = list.get_mut(index)
            {
                return mutate(inner, rng, depth - 1);
            }
        }
    }
    let Some(field) = pick(&all, rng).cloned() else { return };
    if rng.random_range(0..4) == 0 {
        message.clear_field(&field);
        return;
    }
    let value = odd(&field.kind(), rng);
    if field.is_list() {
        let Value::List(list) = message.get_field_mut(&field) else { return };
        match (list.is_empty(), rng.random_range(0..3)) {
            (false, 0) => _ = list.remove(rng.random_range(0..list.len())),
            (false, 1) => {
                let again = list[rng.random_range(0..list.len())].clone();
                list.push(again);
            }
            _ => list.push(value),
        }
    } else {
        message.set_field(&field, value);
    }
}

fn pick<'a, T>(items: &'a [T], rng: &mut TestRng) -> Option<&'a T> {
    (!items.is_empty()).then(|| &items[rng.random_range(0..items.len())])
}

fn odd(kind: &Kind, rng: &mut TestRng) -> Value {
    const NUMBERS: &[i32] = &[0, 1, 2, 3, -1, 7, 9, 19_000, 536_870_911, 536_870_912, i32::MAX, i32::MIN];
    const WORDS: &[&str] = &[
        "",
        ".",
        "a",
        "A",
        "All",
        ".hostile.v1.All",
        ".hostile.v1.Kind",
        "hostile.v1.Nested",
        "All.EEntry",
        "..x",
        "a.proto",
        "b.proto",
        "é",
        "x y",
        "self",
        "proto3",
        "proto2",
        "editions",
        "key",
        "value",
        "\0",
        "1",
        "\\",
        "\\x",
        "google.protobuf",
        ".google.protobuf.FieldOptions",
        "inf",
        "true",
        "KIND_B",
        "Super",
        "_",
        "a\nb",
    ];
    let number = NUMBERS[rng.random_range(0..NUMBERS.len())];
    match kind {
        Kind::Bool => Value::Bool(rng.random_range(0..2) == 0),
        Kind::Int32 => Value::I32(number),
        Kind::Int64 => Value::I64(number.into()),
        Kind::Uint64 => Value::U64(number.unsigned_abs().into()),
        Kind::Double => Value::F64(number.into()),
        Kind::String => Value::String(WORDS[rng.random_range(0..WORDS.len())].to_owned()),
        Kind::Bytes => Value::Bytes(vec![0xff, 0, b'{'].into()),
        Kind::Enum(_) => Value::EnumNumber(rng.random_range(-1..20)),
        Kind::Message(inner) => Value::Message(filled(inner, rng)),
        other => panic!("descriptor.proto has no {other:?}"),
    }
}

/// A message with some fields set.
fn filled(descriptor: &MessageDescriptor, rng: &mut TestRng) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if rng.random_range(0..3) == 0 && !matches!(field.kind(), Kind::Message(_)) {
            let value = odd(&field.kind(), rng);
            message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
        }
    }
    message
}

#[test]
fn the_set_itself_gives_code() {
    let mut message = valid();
    assert!(run(&message.encode_to_vec()));
    // And a mistake in it is found.
    message.clear_field_by_name("file");
    message.set_field_by_name("file", Value::List(vec![]));
    let _ = run(&message.encode_to_vec());
}

#[test]
fn changed_descriptors() {
    let valid = valid();
    let cases = std::env::var("RSVC_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut good, mut bad) = (0, 0);
    for _ in 0..cases {
        let mut message = valid.clone();
        let mut rng = runner.new_rng();
        for _ in 0..rng.random_range(1..4) {
            mutate(&mut message, &mut rng, 6);
        }
        if run(&message.encode_to_vec()) { good += 1 } else { bad += 1 }
    }
    // A test that only ever meets one of the two is worth nothing.
    assert!(good > cases / 20 && bad > cases / 20, "{good} gave code, {bad} errors");
}

#[test]
fn changed_bytes() {
    let valid = valid().encode_to_vec();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..150 {
        let mut bytes = valid.clone();
        let mut rng = runner.new_rng();
        for _ in 0..rng.random_range(1..6) {
            let at = rng.random_range(0..bytes.len());
            match rng.random_range(0..4) {
                0 => bytes.truncate(at + 1),
                1 => bytes[at] = rng.random(),
                2 => bytes[at] ^= 1 << rng.random_range(0..8),
                _ => _ = bytes.remove(at),
            }
            if bytes.is_empty() {
                break;
            }
        }
        run(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        run(&bytes);
        if let Ok(request) = Request::decode(&bytes) {
            let _ = Builder::new().generate(&Source::Request(request));
        }
    }

    /// Text of nothing but the words and signs of the language.
    #[test]
    fn any_text(words in prop::collection::vec(prop::sample::select(vec![
        "syntax", "=", "\"proto3\"", "edition", "\"2023\"", "\"2024\"", ";", "message", "M", "{", "}", "enum", "E", "0", "1",
        "int32", "string", "x", "map", "<", ",", ">", "oneof", "service", "rpc", "(", ")", "returns", "option", "features",
        ".", "reserved", "to", "max", "[", "]", "default", "-", "inf", "extend", "extensions", "import", "public", "package",
        "optional", "repeated", "group", "local", "export", "\n", "//", "/*", "*/", "\"", "'", "é", "0x1F", "1e5", ":", "stream",
    ]), 0..40), edition in any::<bool>()) {
        let head = if edition { "edition = \"2023\"; " } else { "" };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.proto");
        std::fs::write(&path, head.to_owned() + &words.join(" ")).unwrap();
        let source = Source::Files { files: vec![path], includes: vec![dir.path().to_owned()] };
        if let Err(errors) = Builder::new().generate(&source) {
            prop_assert!(!errors.to_string().contains("RSVC0902"), "{errors}");
        }
    }
}
