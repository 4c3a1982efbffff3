//! `(rsvc.v1.sample)` and `(rsvc.v1.message_sample)` -> [`AuthorSample`]. Whether they are valid is tested once the rules are
//! known.

use prost_reflect::DynamicMessage;

use crate::input::Loaded;
use crate::model::{AuthorSample, FileId, SampleOf, Schema};

/// The number of both options.
const EXTENSION: i32 = 7_782_002;
/// `google.protobuf.DescriptorProto.options` and `FieldDescriptorProto.options`
const MESSAGE_OPTIONS: i32 = 7;
const FIELD_OPTIONS: i32 = 8;

pub(super) fn resolve(loaded: &Loaded, schema: &Schema) -> Vec<AuthorSample> {
    let mut out = Vec::new();
    let place = |file: FileId, path: &[i32], option: i32, n: usize| {
        let n = i32::try_from(n).unwrap_or(i32::MAX);
        loaded.locations.place(&schema.files[file].name, &[path, &[option, EXTENSION, n]].concat())
    };
    for (id, message) in schema.messages.iter() {
        let of_message = texts(schema, &message.descriptor.options(), "rsvc.v1.message_sample");
        out.extend(of_message.into_iter().enumerate().map(|(n, text)| AuthorSample {
            of: SampleOf::Message(id),
            place: place(message.file, message.descriptor.path(), MESSAGE_OPTIONS, n),
            text,
        }));
        for field in &message.fields {
            let descriptor = &schema.fields[*field].descriptor;
            let of_field = texts(schema, &descriptor.options(), "rsvc.v1.sample");
            out.extend(of_field.into_iter().enumerate().map(|(n, text)| AuthorSample {
                of: SampleOf::Field(*field),
                place: place(message.file, descriptor.path(), FIELD_OPTIONS, n),
                text,
            }));
        }
    }
    out
}

/// The texts of an option that is a list.
fn texts(schema: &Schema, options: &DynamicMessage, name: &str) -> Vec<String> {
    let Some(extension) = schema.pool.get_extension_by_name(name) else { return Vec::new() };
    let list = options.get_extension(&extension);
    let list = list.as_list().unwrap_or(&[]);
    list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}
