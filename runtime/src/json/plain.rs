//! Messages of other crates that have prost's code alone: their JSON goes through their bytes, by a table.
//!
//! Nobody but their crate can implement [`Json`] for them. Generated code has a type for each in its place, which knows the
//! table; fields hold the message itself.
#![allow(clippy::ptr_arg, clippy::ref_option)] // fields come as they are stored

use std::fmt;

use bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType};
use prost::{DecodeError, Message};

use super::erase::Values;
use super::info::{Field, Type};
use super::{Error, Json, JsonMap, MapKey, MessageInfo, Reader, Writer, dynamic};

/// What stands in the place of a message of another crate.
pub trait PlainMessage: 'static {
    /// The message.
    type Message: Message + Default + 'static;

    /// Its table.
    fn info() -> &'static MessageInfo;
}

/// A message of another crate, as a request or a response.
pub struct Plain<P: PlainMessage>(pub P::Message);

impl<P: PlainMessage> Plain<P> {
    /// The message.
    pub fn into_inner(self) -> P::Message {
        self.0
    }
}

impl<P: PlainMessage> Default for Plain<P> {
    fn default() -> Self {
        Self(P::Message::default())
    }
}

impl<P: PlainMessage> fmt::Debug for Plain<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(P::info().name)
    }
}

impl<P: PlainMessage> Message for Plain<P> {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        self.0.encode_raw(buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        self.0.merge_field(tag, wire_type, buf, ctx)
    }

    fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

impl<P: PlainMessage> Json for Plain<P> {
    fn info() -> &'static MessageInfo {
        P::info()
    }

    fn write_json(&self, writer: &mut Writer) {
        write(P::info(), &self.0, writer);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        read(P::info(), &mut self.0, reader)
    }
}

fn write<M: Message>(info: &MessageInfo, message: &M, writer: &mut Writer) {
    dynamic::write(info, &message.encode_to_vec(), writer);
}

fn read<M: Message>(
    info: &'static MessageInfo,
    message: &mut M,
    reader: &mut Reader<'_>,
) -> Result<(), Error> {
    let at = reader.pos();
    let bytes = dynamic::read(info, reader)?;
    message.merge(&*bytes).map_err(|error| {
        // The crate has the message from another version of its file.
        reader.data(at, format!("the crate of {} cannot decode it: {error}", info.name))
    })
}

impl Field {
    /// The table of the field's message.
    fn message_info(&self) -> &'static MessageInfo {
        match self.ty {
            Type::Message(info) | Type::Group(info) => info(),
            _ => unreachable!("generated code asks only fields that are messages"),
        }
    }
}

/// Messages to write by their index.
struct Plains<'a, M>(&'static MessageInfo, Vec<&'a M>);

impl<M: Message> Values for Plains<'_, M> {
    fn write(&self, index: usize, writer: &mut Writer) {
        write(self.0, self.1[index], writer);
    }
}

impl Writer {
    /// A message that is there or not.
    pub fn plain_opt<M: Message>(&mut self, field: &Field, value: &Option<M>) {
        if let Some(value) = value {
            self.plain_set(field, value);
        }
    }

    /// A message that is there.
    pub fn plain_set<M: Message>(&mut self, field: &Field, value: &M) {
        self.key(field);
        write(field.message_info(), value, self);
    }

    /// Repeated messages.
    pub fn plain_list<M: Message>(&mut self, field: &Field, values: &Vec<M>) {
        let values = Plains(field.message_info(), values.iter().collect());
        self.any_list(field, values.1.len(), &values);
    }

    /// A map of messages.
    pub fn plain_map<M: JsonMap<Value: Message>>(&mut self, field: &Field, map: &M) {
        let mut keys = Vec::with_capacity(map.entry_count());
        let mut values = Vec::with_capacity(map.entry_count());
        map.for_each(|key, value| {
            keys.push((key, values.len()));
            values.push(value);
        });
        M::Key::write_map(&mut keys, &Plains(field.message_info(), values), field, self);
    }
}

impl Reader<'_> {
    /// A message into a field, merged with what is there.
    pub fn plain_opt<M: Message + Default>(
        &mut self,
        field: &Field,
        value: &mut Option<M>,
    ) -> Result<(), Error> {
        self.plain(field, value.get_or_insert_default())
    }

    /// A message, merged with what is there.
    pub fn plain<M: Message>(&mut self, field: &Field, value: &mut M) -> Result<(), Error> {
        read(field.message_info(), value, self)
    }

    /// A message of its own.
    pub fn plain_value<M: Message + Default>(&mut self, field: &Field) -> Result<M, Error> {
        let mut value = M::default();
        self.plain(field, &mut value)?;
        Ok(value)
    }

    /// Repeated messages.
    pub fn plain_list<M: Message + Default>(
        &mut self,
        field: &Field,
        values: &mut Vec<M>,
    ) -> Result<(), Error> {
        self.elements(&mut |reader| {
            values.push(reader.plain_value(field)?);
            Ok(())
        })
    }

    /// A map of messages.
    pub fn plain_map<M: JsonMap<Value: Message + Default>>(
        &mut self,
        field: &Field,
        map: &mut M,
    ) -> Result<(), Error> {
        let fresh = map.entry_count() == 0;
        M::Key::read_map(self, fresh, &mut |reader, key| {
            reader.plain_value(field).map(|value| map.put(key, value))
        })
    }
}
