//! All descriptors as bytes, for reflection and for whoever wants to look at the schema at run time.

use std::collections::HashSet;

use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field,
};

use crate::model::{Schema, Syntax};

/// `FileDescriptorProto.source_code_info`
const SOURCE_CODE_INFO: u32 = 9;

/// `FileDescriptorProto.syntax`
const SYNTAX: u32 = 12;

const ENCODED: &str = "what prost-reflect encoded decodes";

const ENCODED_BY_US: &str = "the set is one of ours";

/// A `google.protobuf.FileDescriptorSet` of every file in dependency order, without source information, with all
/// custom options. What stays of an earlier one comes first.
pub(super) fn bytes(schema: &Schema, earlier: &[u8], stays: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut set = Vec::new();
    let own: HashSet<&str> = schema.files.iter().map(|(_, file)| &*file.name).collect();
    for file in files(earlier) {
        let name = name(file);
        if stays(name) && !own.contains(name) {
            add(file, &mut set);
        }
    }
    for (_, file) in schema.files.iter() {
        let descriptor = schema.pool.get_file_by_name(&file.name).expect("the files are those of the pool");
        let mut stripped = without_source_info(&descriptor.encode_to_vec());
        if file.syntax == Syntax::Proto3 && descriptor.syntax() == prost_reflect::Syntax::Proto2 {
            // The last value counts.
            prost::encoding::string::encode(SYNTAX, &"proto3".to_owned(), &mut stripped);
        }
        add(&stripped, &mut set);
    }
    set
}

fn add(file: &[u8], set: &mut Vec<u8>) {
    encode_key(1, WireType::LengthDelimited, set);
    encode_varint(file.len() as u64, set);
    set.extend_from_slice(file);
}

/// The files of a set.
fn files(mut set: &[u8]) -> Vec<&[u8]> {
    let mut files = Vec::new();
    while !set.is_empty() {
        decode_key(&mut set).expect(ENCODED_BY_US);
        files.push(delimited(&mut set));
    }
    files
}

/// The name of a file: its first field, as the encoder writes them.
fn name(mut file: &[u8]) -> &str {
    decode_key(&mut file).expect(ENCODED_BY_US);
    std::str::from_utf8(delimited(&mut file)).expect(ENCODED_BY_US)
}

fn delimited<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let length = decode_varint(rest).expect(ENCODED_BY_US);
    let (part, after) = rest.split_at(usize::try_from(length).expect(ENCODED_BY_US));
    *rest = after;
    part
}

/// Copies all fields but one.
fn without_source_info(file: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len());
    let mut rest = file;
    while !rest.is_empty() {
        let start = rest;
        let (tag, wire_type) = decode_key(&mut rest).expect(ENCODED);
        skip_field(wire_type, tag, &mut rest, DecodeContext::default()).expect(ENCODED);
        if tag != SOURCE_CODE_INFO {
            out.extend_from_slice(&start[..start.len() - rest.len()]);
        }
    }
    out
}
