//! The index, and what is not a descriptor set.

use proptest::prelude::*;
use prost_types::{
    EnumValueDescriptorProto, FileDescriptorSet, MethodDescriptorProto, OneofDescriptorProto,
    ServiceDescriptorProto, SourceCodeInfo, source_code_info::Location,
};

use super::*;

fn file(name: &str, package: &str, imports: &[&str]) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(name.into()),
        package: Some(package.into()),
        dependency: imports.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    }
}

fn message(name: &str) -> DescriptorProto {
    DescriptorProto { name: Some(name.into()), ..Default::default() }
}

fn field(name: &str, number: i32) -> FieldDescriptorProto {
    FieldDescriptorProto { name: Some(name.into()), number: Some(number), ..Default::default() }
}

fn extension(name: &str, number: i32, extended: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { extendee: Some(extended.into()), ..field(name, number) }
}

fn enumeration(name: &str, value: &str) -> EnumDescriptorProto {
    let value = EnumValueDescriptorProto { name: Some(value.into()), ..Default::default() };
    EnumDescriptorProto { name: Some(name.into()), value: vec![value], ..Default::default() }
}

fn encoded(files: impl IntoIterator<Item = FileDescriptorProto>) -> Bytes {
    FileDescriptorSet { file: files.into_iter().collect() }.encode_to_vec().into()
}

fn index(sets: impl IntoIterator<Item = Bytes>) -> Index {
    let mut index = Index::default();
    for set in sets {
        index.add(set).unwrap();
    }
    index
}

/// The names of the files that go out.
fn names(index: &Index, file: &str, sent: &mut Sent) -> Vec<String> {
    let files = index.with_imports(index.file(file).unwrap(), sent);
    files.into_iter().map(|file| FileDescriptorProto::decode(file).unwrap().name.unwrap()).collect()
}

#[test]
fn names_are_declared_where_the_language_says() {
    let nested = DescriptorProto {
        field: vec![field("leaf", 1)],
        enum_type: vec![enumeration("Kind", "OPEN")],
        ..message("Inner")
    };
    let outer = DescriptorProto {
        field: vec![field("id", 1)],
        oneof_decl: vec![OneofDescriptorProto { name: Some("choice".into()), ..Default::default() }],
        nested_type: vec![nested],
        extension: vec![extension("note", 100, ".google.protobuf.FieldOptions")],
        ..message("Outer")
    };
    let method = MethodDescriptorProto { name: Some("Get".into()), ..Default::default() };
    let service =
        ServiceDescriptorProto { name: Some("Things".into()), method: vec![method], ..Default::default() };
    let whole = FileDescriptorProto {
        message_type: vec![outer],
        enum_type: vec![enumeration("Color", "RED")],
        service: vec![service],
        extension: vec![extension("tag", 101, ".a.b.Outer")],
        ..file("a.proto", "a.b", &[])
    };
    let bare = FileDescriptorProto { message_type: vec![message("Bare")], ..file("b.proto", "", &[]) };
    let index = index([encoded([whole, bare])]);
    let expected = "a.b.Color a.b.Outer a.b.Outer.Inner a.b.Outer.Inner.Kind a.b.Outer.Inner.OPEN \
                    a.b.Outer.Inner.leaf a.b.Outer.choice a.b.Outer.id a.b.Outer.note a.b.RED a.b.Things \
                    a.b.Things.Get a.b.tag";
    for name in expected.split(' ') {
        assert_eq!(index.file_of_symbol(name), index.file("a.proto"), "{name}");
    }
    assert_eq!(index.file_of_symbol("Bare"), index.file("b.proto"));
    assert_eq!(index.symbols.len(), expected.split(' ').count() + 1);

    assert_eq!(index.extension_numbers("a.b.Outer"), Some(vec![101]));
    assert_eq!(index.extension_numbers("google.protobuf.FieldOptions"), Some(vec![100]));
    assert_eq!(index.extension_numbers("a.b.Outer.Inner"), Some(vec![]));
    for other in ["a.b.Color", "a.b.Things", "a.b", "Nope"] {
        assert_eq!(index.extension_numbers(other), None, "{other}");
    }
    assert_eq!(index.file_of_extension("a.b.Outer", 101), index.file("a.proto"));
    assert_eq!(index.file_of_extension("a.b.Outer", 100), None);
}

#[test]
fn extensions_are_gathered_over_files_and_sorted() {
    let with = |name, number| FileDescriptorProto {
        extension: vec![extension(&format!("extension_{number}"), number, ".m.M")],
        ..file(name, name, &[])
    };
    let index = index([encoded([with("c", 30), with("a", 10)]), encoded([with("b", 20)])]);
    assert_eq!(index.extension_numbers("m.M"), Some(vec![10, 20, 30]));
    assert_eq!(index.file_of_extension("m.M", 20), index.file("b"));
}

#[test]
fn imports_go_along_once() {
    let index = index([
        encoded([file("a", "", &["b", "c"]), file("b", "", &["d", "not there"])]),
        // In a circle, as no compiler writes it.
        encoded([
            file("c", "", &["d"]),
            file("d", "", &["a"]),
            file("e", "", &["d", "f"]),
            file("f", "", &[]),
        ]),
    ]);
    let mut sent = Sent::default();
    assert_eq!(names(&index, "b", &mut sent), ["b", "d", "a", "c"]);
    assert_eq!(names(&index, "a", &mut sent), ["a"]);
    assert_eq!(names(&index, "e", &mut sent), ["e", "f"]);
    assert_eq!(names(&index, "e", &mut Sent::default()), ["e", "d", "f", "a", "b", "c"]);
}

#[test]
fn the_first_of_two_files_is_kept() {
    let first = FileDescriptorProto { message_type: vec![message("M")], ..file("a", "p", &[]) };
    let other = FileDescriptorProto { message_type: vec![message("N")], ..first.clone() };
    let index = index([encoded([first.clone()]), encoded([other]), encoded([first.clone()])]);
    assert_eq!(index.files.len(), 1);
    assert_eq!(index.file_of_symbol("p.M"), index.file("a"));
    assert_eq!(index.file_of_symbol("p.N"), None);

    let commented = FileDescriptorProto {
        source_code_info: Some(SourceCodeInfo { location: vec![Location::default()] }),
        ..first.clone()
    };
    assert!(is_same(first.clone(), &commented));
    assert!(!is_same(first, &file("a", "p", &[])));
}

#[test]
fn the_first_of_two_declarations_is_kept() {
    let with = |name| FileDescriptorProto { message_type: vec![message("M")], ..file(name, "p", &[]) };
    let index = index([encoded([with("a"), with("b")])]);
    assert_eq!(index.file_of_symbol("p.M"), index.file("a"));
    assert_eq!(index.files.len(), 2);
}

/// An option that this program does not know, as an unknown field.
#[test]
fn files_stay_as_they_are() {
    let mut bytes = file("a", "", &[]).encode_to_vec();
    bytes.extend_from_slice(b"\x42\x06\xFA\x3F\x03abc");
    let set = EncodedSet { files: vec![bytes.clone().into()] };
    let index = index([set.encode_to_vec().into()]);
    assert_eq!(index.with_imports(FileId(0), &mut Sent::default()), [bytes]);
}

/// A server keeps no second copy of the descriptors that are part of the program.
#[test]
fn files_stay_where_they_are() {
    let set: &'static [u8] = crate::pb::FILE_DESCRIPTOR_SET;
    let index = index([Bytes::from_static(set)]);
    assert!(index.files.len() > 5);
    for file in &index.files {
        assert!(set.as_ptr_range().contains(&file.encoded.as_ptr()));
    }
}

#[test]
fn what_has_no_name_is_an_error() {
    let unnamed = FieldDescriptorProto::default;
    let broken = [
        FileDescriptorProto::default(),
        FileDescriptorProto { message_type: vec![DescriptorProto::default()], ..file("a", "", &[]) },
        FileDescriptorProto {
            message_type: vec![DescriptorProto { field: vec![unnamed()], ..message("M") }],
            ..file("a", "", &[])
        },
        FileDescriptorProto { enum_type: vec![enumeration("E", "")], ..file("a", "", &[]) },
        FileDescriptorProto { service: vec![ServiceDescriptorProto::default()], ..file("a", "", &[]) },
        FileDescriptorProto { extension: vec![unnamed()], ..file("a", "", &[]) },
    ];
    for (file, expected) in broken.into_iter().zip([
        "a file has no name",
        "`a`: a message has no name",
        "`a`: a field has no name",
        "`a`: an enum value has no name",
        "`a`: a service has no name",
        "`a`: an extension has no name",
    ]) {
        let error = Index::default().add(encoded([file])).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..64), at in 0_usize..300) {
        let _ = Index::default().add(bytes.clone().into());
        let mut set = encoded([FileDescriptorProto {
            message_type: vec![DescriptorProto { field: vec![field("id", 1)], ..message("M") }],
            ..file("a.proto", "a", &["b.proto"])
        }])
        .to_vec();
        let at = at.min(set.len());
        set.splice(at..(at + bytes.len()).min(set.len()), bytes.iter().copied());
        let mut index = Index::default();
        if index.add(set.into()).is_ok() {
            for file in 0..index.files.len() {
                index.with_imports(FileId(file), &mut Sent::default());
            }
        }
    }
}
