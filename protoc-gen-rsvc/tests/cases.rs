//! Borders that are easily moved by one: what is taken, what is refused, and what code it becomes.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use prost_reflect::prost::Message as _;
use prost_types::descriptor_proto::ExtensionRange;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, FileDescriptorSet, OneofDescriptorProto,
};
use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;

/// The code of a file, without white space, or what is wrong with it.
fn generate(text: &str) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("main.proto");
    std::fs::write(&path, text).unwrap();
    run(&Source::Files { files: vec![path], includes: vec![dir.path().to_owned()] })
}

fn run(source: &Source) -> Result<String, String> {
    let generated = Builder::new().rest_client(true).generate(source).map_err(|errors| errors.to_string())?;
    let code: String = generated.files.into_iter().map(|file| file.content).collect();
    Ok(code.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn generate_set(files: Vec<FileDescriptorProto>) -> Result<String, String> {
    let bytes = FileDescriptorSet { file: files }.encode_to_vec();
    run(&Source::DescriptorSet { bytes, files: Vec::new() })
}

#[test]
fn field_numbers_have_borders() {
    for (number, fine) in [
        (0, false),
        (1, true),
        (18_999, true),
        (19_000, false),
        (19_999, false),
        (20_000, true),
        (536_870_911, true),
        (536_870_912, false),
    ] {
        let code = generate(&format!("syntax = \"proto3\"; message M {{ int32 a = {number}; }}"));
        assert_eq!(code.is_ok(), fine, "{number}");
        // What is in between can be written, and is not a mistake of syntax.
        if (1..20_000).contains(&number) && !fine {
            let text = format!("field `M.a` cannot have the number {number}");
            assert!(code.is_err_and(|error| error.contains(&text)), "{number}");
        }
    }
}

#[test]
fn reserved_ranges_have_borders() {
    // Of an enum the last number belongs to a range; here it does of a message as well.
    for (number, fine) in [(4, true), (5, false), (6, false), (7, false), (8, true)] {
        let of_enum = format!("syntax = \"proto3\"; enum E {{ reserved 5 to 7; A = 0; B = {number}; }}");
        let of_message = format!("syntax = \"proto3\"; message M {{ reserved 5 to 7; int32 a = {number}; }}");
        for (text, said) in [
            (of_enum, format!("error[RSVC0013]: number {number} is reserved in enum `E`")),
            (of_message, format!("error[RSVC0013]: number {number} of field `a` is reserved in `M`")),
        ] {
            match generate(&text) {
                Ok(_) => assert!(fine, "{text}"),
                Err(error) => assert!(!fine && error.contains(&said), "{text}: {error}"),
            }
        }
    }
    assert!(generate("syntax = \"proto3\"; enum E { reserved 7; A = 0; B = 7; }").is_err());
}

#[test]
fn a_json_name_that_was_chosen_is_nobody_elses() {
    let fields = |a: &str, b: &str| {
        generate(&format!(
            "syntax = \"proto2\"; message M {{ optional int32 {a} = 1; optional int32 {b} = 2; }}"
        ))
    };
    let chosen_in = |syntax: &str, a: &str, b: &str| {
        generate(&format!(
            "syntax = \"{syntax}\"; message M {{ optional int32 a = 1{a}; optional int32 x = 2{b}; }}"
        ))
    };
    let chosen = |a: &str, b: &str| chosen_in("proto2", a, b);
    assert!(fields("a_b", "aB").is_ok(), "nobody chose");
    for (a, b) in [(" [json_name = \"x\"]", ""), ("", " [json_name = \"a\"]")] {
        assert!(chosen_in("proto3", a, b).is_err(), "one of them did: {a}{b}");
        assert!(chosen(a, b).is_ok(), "proto2 only warns of what one of them did: {a}{b}");
    }
    assert!(chosen(" [json_name = \"y\"]", " [json_name = \"y\"]").is_err(), "both did");
    assert!(chosen(" [json_name = \"y\"]", "").is_ok());
}

/// A message with a map, as compilers write it.
fn with_map() -> FileDescriptorProto {
    let text = "syntax = \"proto3\"; message M { map<int32, string> a = 1; int32 b = 2; }";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("main.proto");
    std::fs::write(&path, text).unwrap();
    let source = Source::Files { files: vec![path], includes: vec![dir.path().to_owned()] };
    let loaded = protoc_gen_rsvc::input::load(&source, &mut protoc_gen_rsvc::diag::Sink::default()).unwrap();
    let set = FileDescriptorSet::decode(loaded.pool.encode_to_vec().as_slice()).unwrap();
    set.file.into_iter().find(|file| file.name() == "main.proto").unwrap()
}

#[test]
fn the_entry_of_a_map_is_of_one_field() {
    let file = with_map();
    assert!(generate_set(vec![file.clone()]).is_ok());
    let changed = |change: &dyn Fn(&mut DescriptorProto)| {
        let mut file = file.clone();
        change(&mut file.message_type[0]);
        generate_set(vec![file])
    };
    let error = changed(&|message| {
        let map = message.field[0].clone();
        let other = &mut message.field[1];
        *other = FieldDescriptorProto { name: Some("b".into()), number: Some(2), ..map };
        other.json_name = Some("b".into());
    });
    assert!(error.unwrap_err().contains("is not the entry of a map field"));
    let error = changed(&|message| drop(message.field.remove(0)));
    assert!(error.unwrap_err().contains("is not the entry of a map field"));
}

#[test]
fn the_entry_of_a_map_is_a_key_and_a_value_and_no_more() {
    type Case<T> = (&'static str, fn(&mut T));
    let file = with_map();
    let not_an_entry = |what: &str, change: &dyn Fn(&mut DescriptorProto)| {
        let mut file = file.clone();
        change(&mut file.message_type[0].nested_type[0]);
        let error = generate_set(vec![file]).expect_err(what);
        assert!(error.contains("is not the entry of a map field"), "{what}: {error}");
    };
    for at in [0, 1] {
        let fields: [Case<FieldDescriptorProto>; 5] = [
            ("name", |field| field.name = Some("other".into())),
            ("number", |field| field.number = Some(7)),
            ("label", |field| field.set_label(Label::Repeated)),
            ("oneof", |field| field.oneof_index = Some(0)),
            ("optional", |field| field.proto3_optional = Some(true)),
        ];
        for (what, change) in fields {
            not_an_entry(&format!("{what} of field {at}"), &|entry| change(&mut entry.field[at]));
        }
    }
    for kind in [Type::Double, Type::Float, Type::Bytes, Type::Group, Type::Message, Type::Enum] {
        not_an_entry(&format!("{kind:?} as a key"), &|entry| entry.field[0].set_type(kind));
    }
    let entries: [Case<DescriptorProto>; 10] = [
        ("a key of no type", |entry| entry.field[0].r#type = None),
        ("a key of another type", |entry| entry.field[0].r#type = Some(99)),
        ("a key with the name of a type", |entry| entry.field[0].type_name = Some(".M".into())),
        ("a group as a value", |entry| entry.field[1].set_type(Type::Group)),
        ("one field", |entry| entry.field.truncate(1)),
        ("a message inside", |entry| entry.nested_type.push(named("N"))),
        ("an enum inside", |entry| {
            let value = EnumValueDescriptorProto { name: Some("Z".into()), number: Some(0), options: None };
            let name = Some("E".into());
            entry.enum_type.push(EnumDescriptorProto { name, value: vec![value], ..Default::default() });
        }),
        ("an extension inside", |entry| {
            let field = FieldDescriptorProto { extendee: Some(".M".into()), ..entry.field[0].clone() };
            entry.extension.push(field);
        }),
        ("a oneof", |entry| {
            entry.oneof_decl.push(OneofDescriptorProto { name: Some("o".into()), options: None });
        }),
        ("room for extensions", |entry| {
            entry.extension_range.push(ExtensionRange { start: Some(100), end: Some(200), options: None });
        }),
    ];
    for (what, change) in entries {
        not_an_entry(what, &change);
    }
}

fn named(name: &str) -> DescriptorProto {
    DescriptorProto { name: Some(name.into()), ..DescriptorProto::default() }
}

#[test]
fn a_file_may_come_twice_if_it_is_the_same() {
    let file = with_map();
    assert!(generate_set(vec![file.clone(), file.clone()]).is_ok());
    let mut other = file.clone();
    other.message_type[0].field.truncate(1);
    let error = generate_set(vec![file, other]).unwrap_err();
    assert!(error.contains("two different files are named `main.proto`"), "{error}");
}

/// The code of a message with one field that has these rules.
fn rules(field: &str, rules: &str) -> String {
    generate(&format!(
        "syntax = \"proto3\"; import \"buf/validate/validate.proto\"; message M {{ {field} a = 1 [{rules}]; }}"
    ))
    .unwrap()
}

#[test]
fn bounds_that_meet_are_no_exclusive_range() {
    for (gt, lt, id) in [(4, 6, "int32.gt_lt"), (5, 5, "int32.gt_lt"), (6, 4, "int32.gt_lt_exclusive")] {
        let code = rules("int32", &format!("(buf.validate.field).int32 = {{ gt: {gt}, lt: {lt} }}"));
        assert!(code.contains(&format!("\"{id}\"")), "{gt} {lt}: {code}");
    }
}

#[test]
fn a_bound_that_is_no_number_refuses_only_what_is_none() {
    for rule in ["gt", "gte", "lt", "lte"] {
        let code = rules("double", &format!("(buf.validate.field).double = {{ {rule}: nan }}"));
        assert!(code.contains("is_nan"), "{rule}: {code}");
    }
}

fn cel(field: &str, expression: &str) -> String {
    rules(
        field,
        &format!("(buf.validate.field).cel = {{ id: \"i\", message: \"m\", expression: \"{expression}\" }}"),
    )
}

/// The rules of a field in CEL say the same whichever side the size is on.
#[test]
fn a_size_may_stand_on_either_side() {
    let check = |expression: &str| {
        let code = cel("string", expression);
        let start = code.find("fn check(").expect("it has rules");
        code[start..].split("// @generated").next().unwrap().to_owned()
    };
    let mut seen = std::collections::BTreeSet::new();
    for (sign, turned) in [("<", ">"), ("<=", ">="), (">", "<"), (">=", "<=")] {
        let code = check(&format!("size(this) {sign} 3"));
        assert_eq!(check(&format!("3 {turned} size(this)")), code, "{sign}");
        seen.insert(code);
    }
    assert_eq!(seen.len(), 4);
}

#[test]
fn what_overflows_is_left_to_run_time() {
    assert!(cel("int64", "this != -(-9223372036854775808)").contains("neg_int"));
    assert!(!cel("int64", "this != -(-9223372036854775807)").contains("neg_int"));
}

#[test]
fn the_client_over_rest_has_a_name_of_its_own() {
    let service =
        "service Notes { rpc Get(M) returns (M) { option (google.api.http) = { get: \"/v1/x\" }; } }";
    for name in ["NotesServer", "NotesClient", "NotesRestClient"] {
        let code = generate(&format!(
            "syntax = \"proto3\"; package p; import \"google/api/annotations.proto\"; message M {{}} \
             message {name} {{}} {service}"
        ))
        .unwrap();
        assert!(code.contains("RestClient {"), "{name}: there is one");
        assert_eq!(code.matches(&format!("pub struct {name} ")).count(), 1, "{name}");
        assert_eq!(code.matches(&format!("pub struct {name}<")).count(), 0, "{name}");
    }
}

#[test]
fn only_a_mask_is_filled() {
    let mask = |ty: &str| {
        generate(&format!(
            "syntax = \"proto3\"; package p; import \"google/api/annotations.proto\"; \
             import \"google/protobuf/field_mask.proto\"; import \"rsvc/v1/rsvc.proto\"; message M {{}} \
             message Request {{ M m = 1; {ty} update_mask = 2; }} \
             service Notes {{ rpc Update(Request) returns (M) {{ option (rsvc.v1.method).fill_update_mask = true; \
             option (google.api.http) = {{ patch: \"/v1/x\" body: \"m\" }}; }} }}"
        ))
    };
    assert!(mask("google.protobuf.FieldMask").unwrap().contains(".fill_update_mask("));
    for ty in ["M", "string", "repeated google.protobuf.FieldMask"] {
        assert!(mask(ty).unwrap_err().contains("`fill_update_mask` has nothing to fill"), "{ty}");
    }
}
