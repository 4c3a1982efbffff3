//! The JSON of the messages of `google.protobuf` that prost-types has ready, which the runtime carries.

use super::{GeneratedTypes, JsonEmitter, print};
use crate::model::{FileId, Schema, TypePath, is_newer};

/// Where prost-build finds them.
const PROST_TYPES: &str = "::rsvc::prost_types::";

/// The messages and enums of the files named, without the messages whose JSON the runtime writes by hand.
pub(crate) fn emit(schema: &Schema) -> String {
    let ready = |file: FileId, path: &TypePath, name: &str| {
        let extern_path = matches!(path, TypePath::Extern(path) if path.starts_with(PROST_TYPES));
        schema.files[file].root && extern_path && !is_newer(name)
    };
    let messages = schema.messages.iter().filter(|(_, message)| {
        ready(message.file, &message.rust, &message.full_name) && message.well_known.is_none()
    });
    let enums = schema.enums.iter().filter(|(_, node)| ready(node.file, &node.rust, &node.full_name));
    let found = GeneratedTypes {
        messages: messages.map(|(id, _)| id).collect(),
        enums: enums.map(|(id, _)| id).collect(),
    };
    let cx = JsonEmitter { lacks: is_newer, ..JsonEmitter::new(schema, &[], "self") };
    let enums = print::items(found.enums.iter().map(|id| cx.enumeration(*id)));
    let messages = found.messages.iter().map(|id| cx.message(*id));
    let register = print::items(found.register(&cx, false));
    let items = [enums].into_iter().chain(messages).chain([register]);
    items.filter(|items| !items.is_empty()).collect::<Vec<_>>().join("\n")
}
