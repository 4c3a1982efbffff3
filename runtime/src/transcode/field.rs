//! Bodies that are a field of a message.

use super::records;
use crate::json::info::{Cardinality, Field, Type};
use crate::json::{self, MessageInfo};
use crate::message::{AnyMessage, ReadError};

/// A field that a body is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyField {
    index: usize,
    field: &'static Field,
}

impl BodyField {
    /// The field at this index of a message.
    pub(crate) fn of(message: &'static MessageInfo, index: u16) -> Self {
        let index = usize::from(index);
        Self { index, field: message.field(index) }
    }

    /// What the table of the message says of it.
    pub(crate) fn info(self) -> &'static Field {
        self.field
    }

    /// Its message, if it is a single one.
    pub(crate) fn single_message(self) -> Option<&'static MessageInfo> {
        match (self.field.cardinality, self.field.ty) {
            (Cardinality::Explicit | Cardinality::Implicit, Type::Message(info)) => Some(info()),
            _ => None,
        }
    }

    /// The name, from its own message on, of the field at a path of indices from the message that has it; `None` for
    /// one that is not inside it. `table` describes its own message.
    pub(crate) fn name_within(self, table: &'static MessageInfo, path: &[u16]) -> Option<String> {
        let (first, path) = path.split_first()?;
        if usize::from(*first) != self.index || path.is_empty() {
            return None;
        }
        let mut table = table;
        let mut name = String::new();
        for &index in path {
            let field = table.field(index.into());
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(field.proto());
            if let Type::Message(inner) = field.ty {
                table = inner();
            }
        }
        Some(name)
    }

    /// Reads its value, which is all of `text`. `null` leaves it as it is, unless that is a value of it.
    pub(crate) fn read_json(
        self,
        message: &mut dyn AnyMessage,
        text: &[u8],
        options: &json::ReadOptions,
        max_memory: usize,
    ) -> Result<(), ReadError> {
        message.read_field_text(self.index, self.field, text, options, max_memory)
    }

    /// Its value as JSON. Where it has none, that is its default, or `null` where there is none either.
    pub(crate) fn to_json(
        self,
        message: &dyn AnyMessage,
        options: &json::WriteOptions,
    ) -> Result<Vec<u8>, json::Error> {
        options.field_to_vec(message, self.field)
    }

    /// The bytes of its message.
    pub(crate) fn message_bytes(self, message: &dyn AnyMessage) -> Vec<u8> {
        records::message_in(&message.to_wire(), self.field.number)
    }
}
