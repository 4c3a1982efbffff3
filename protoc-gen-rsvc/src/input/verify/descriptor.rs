//! Files of `google.protobuf` of the user's own.
//!
//! A `descriptor.proto` may know more options than ours, but not other ones: prost-reflect reads options through the
//! definition that it finds among the files, and the result through its own. Where the two disagree it panics.
//! Well-known types have types of Rust that are ready, so they are exactly what they are everywhere.

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind as ReflectKind, MessageDescriptor};

use super::walk::{Definition, walk};
use crate::diag::{Code, Sink};
use crate::input::raw::{self, Label, tag};
use crate::model::WellKnown;

const FILE: &str = "google/protobuf/descriptor.proto";

/// Checks the messages of `google.protobuf` in any file against the known `descriptor.proto`.
pub(super) fn check(file: &raw::File, sink: &mut Sink) {
    if file.package() != "google.protobuf" {
        return;
    }
    let pool = DescriptorPool::global();
    walk(file, &mut |at, node| {
        let Definition::Message { message, .. } = node else { return };
        let name = at.full_name(message.name());
        let Some(known) = pool.get_message_by_name(&name) else { return };
        if WellKnown::of(&name).is_some() && !is_same(message, &known) {
            let text = format!("`{name}` is another one than protobuf's own");
            sink.push(
                at.error(Code::BAD_DESCRIPTOR, &[tag::NAME], text).help("leave the file out: it is built in"),
            );
        }
        if known.parent_file().name() != FILE {
            return;
        }
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

fn is_same(message: &raw::Descriptor, known: &MessageDescriptor) -> bool {
    message.field.len() == known.fields().len()
        && known.fields().all(|known| {
            let mut fields = message.field.iter();
            fields.any(|field| {
                u32::try_from(field.number()) == Ok(known.number())
                    && field.name() == known.name()
                    && agrees(field, &known)
            })
        })
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
    repeated == (known.is_list() || known.is_map())
        && name == ty.as_deref()
        && said.is_some_and(|said| said as i32 == known.field_descriptor_proto().r#type() as i32)
}
