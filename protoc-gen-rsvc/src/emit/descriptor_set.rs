//! All descriptors as bytes, for reflection and for whoever wants to look at the schema at run time.

use prost::encoding::{DecodeContext, WireType, decode_key, encode_key, encode_varint, skip_field};

use crate::model::Schema;

/// `FileDescriptorProto.source_code_info`
const SOURCE_CODE_INFO: u32 = 9;

/// A `google.protobuf.FileDescriptorSet` of every file in dependency order, without source information, with all
/// custom options.
pub(super) fn bytes(schema: &Schema) -> Vec<u8> {
    let mut set = Vec::new();
    for (_, file) in schema.files.iter() {
        let Some(descriptor) = schema.pool.get_file_by_name(&file.name) else { continue };
        let stripped = without_source_info(&descriptor.encode_to_vec());
        encode_key(1, WireType::LengthDelimited, &mut set);
        encode_varint(stripped.len() as u64, &mut set);
        set.extend_from_slice(&stripped);
    }
    set
}

/// Copies all fields but one. What prost-reflect encoded always decodes; anything else is kept as it is.
fn without_source_info(file: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len());
    let mut rest = file;
    while !rest.is_empty() {
        let start = rest;
        let Ok((tag, wire_type)) = decode_key(&mut rest) else { return file.to_vec() };
        if skip_field(wire_type, tag, &mut rest, DecodeContext::default()).is_err() {
            return file.to_vec();
        }
        if tag != SOURCE_CODE_INFO {
            out.extend_from_slice(&start[..start.len() - rest.len()]);
        }
    }
    out
}
