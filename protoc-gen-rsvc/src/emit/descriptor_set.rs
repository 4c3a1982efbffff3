//! All descriptors as bytes, for reflection and for whoever wants to look at the schema at run time.

use prost::encoding::{DecodeContext, WireType, decode_key, encode_key, encode_varint, skip_field};

use crate::model::{Schema, Syntax};

/// `FileDescriptorProto.source_code_info`
const SOURCE_CODE_INFO: u32 = 9;

/// `FileDescriptorProto.syntax`
const SYNTAX: u32 = 12;

const ENCODED: &str = "what prost-reflect encoded decodes";

/// A `google.protobuf.FileDescriptorSet` of every file in dependency order, without source information, with all
/// custom options.
pub(super) fn bytes(schema: &Schema) -> Vec<u8> {
    let mut set = Vec::new();
    for (_, file) in schema.files.iter() {
        let descriptor = schema.pool.get_file_by_name(&file.name).expect("the files are those of the pool");
        let mut stripped = without_source_info(&descriptor.encode_to_vec());
        if file.syntax == Syntax::Proto3 && descriptor.syntax() == prost_reflect::Syntax::Proto2 {
            // The last value counts.
            prost::encoding::string::encode(SYNTAX, &"proto3".to_owned(), &mut stripped);
        }
        encode_key(1, WireType::LengthDelimited, &mut set);
        encode_varint(stripped.len() as u64, &mut set);
        set.extend_from_slice(&stripped);
    }
    set
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
