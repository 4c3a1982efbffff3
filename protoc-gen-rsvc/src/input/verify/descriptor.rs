//! A `descriptor.proto` of the user's own: it may know more options than ours, but not other ones.
//!
//! prost-reflect reads options through the definition that it finds among the files, and the result through
//! its own. Where the two disagree it panics.

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind as ReflectKind};

use super::walk::{Node, walk};
use crate::diag::{Code, Sink};
use crate::input::raw::{self, Label, tag};

const FILE: &str = "google/protobuf/descriptor.proto";

/// Checks the messages of `google.protobuf` in any file against the known `descriptor.proto`.
pub(super) fn check(file: &raw::File, sink: &mut Sink) {
    if file.package() != "google.protobuf" {
        return;
    }
    let pool = DescriptorPool::global();
    walk(file, &mut |at, node| {
        let Node::Message { message, .. } = node else { return };
        let name = at.full_name(message.name());
        let Some(known) = pool.get_message_by_name(&name).filter(|m| m.parent_file().name() == FILE) else {
            return;
        };
        for (index, field) in (0..).zip(&message.field) {
            let number = u32::try_from(field.number()).unwrap_or(0);
            if known.get_field(number).is_some_and(|known| !agrees(field, &known)) {
                let text = format!("field `{}` of `{name}` is another one than protobuf's own", field.name());
                sink.push(at.error(Code::BAD_DESCRIPTOR, &[tag::message::FIELD, index], text));
            }
        }
        let own = |number: u32| {
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            message.extension_range.iter().any(|range| (range.start()..range.end()).contains(&number))
        };
        if known.fields().any(|field| own(field.number())) {
            let text = format!("`{name}` lets extensions take the numbers of its own fields");
            sink.push(at.error(Code::BAD_DESCRIPTOR, &[], text));
        }
    });
}

/// Called with resolved types.
fn agrees(field: &raw::Field, known: &FieldDescriptor) -> bool {
    let repeated = field.label == Some(Label::Repeated as i32);
    let ty = match known.kind() {
        ReflectKind::Message(message) => Some(message.full_name().to_owned()),
        ReflectKind::Enum(enumeration) => Some(enumeration.full_name().to_owned()),
        _ => None,
    };
    let name = field.type_name.as_deref().map(|name| name.trim_start_matches('.'));
    let said = field.known_type();
    repeated == known.is_list()
        && name == ty.as_deref()
        && said.is_some_and(|said| said as i32 == known.field_descriptor_proto().r#type() as i32)
}
