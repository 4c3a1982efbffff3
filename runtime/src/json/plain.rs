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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use prost_types::Duration;

    use super::*;
    use crate::json;
    use crate::pb::google::rpc::{Help, help};

    /// Stands in for a message as another crate has it.
    struct Link;

    impl PlainMessage for Link {
        type Message = help::Link;

        fn info() -> &'static MessageInfo {
            help::Link::info()
        }
    }

    /// Of another version of the file: the crate has a number where the table has a text.
    struct Newer;

    impl PlainMessage for Newer {
        type Message = Duration;

        fn info() -> &'static MessageInfo {
            static FIELDS: [Field; 1] = [Field::string(",\"seconds\":", 1)];
            static INFO: MessageInfo = MessageInfo::new::<Duration>("x.Newer", &FIELDS);
            &INFO
        }
    }

    fn link(url: &str) -> help::Link {
        help::Link { description: "d".into(), url: url.into() }
    }

    /// Has a field of each shape.
    #[derive(Debug, Default, PartialEq)]
    struct Holder {
        one: Option<help::Link>,
        many: Vec<help::Link>,
        by_name: BTreeMap<i32, help::Link>,
        must: help::Link,
    }

    static FIELDS: [Field; 4] = [
        Field::message::<Plain<Link>>(",\"one\":", 1).optional(),
        Field::message::<Plain<Link>>(",\"many\":", 2).repeated(),
        Field::message::<Plain<Link>>(",\"byName\":by_name", 3).map(Type::Int32).sorted(),
        Field::message::<Plain<Link>>(",\"must\":", 4).required(),
    ];

    impl Json for Holder {
        fn info() -> &'static MessageInfo {
            static INFO: MessageInfo = MessageInfo::new::<Holder>("x.Holder", &FIELDS);
            &INFO
        }

        fn write_json(&self, writer: &mut Writer) {
            let object = writer.open();
            writer.plain_opt(&FIELDS[0], &self.one);
            writer.plain_list(&FIELDS[1], &self.many);
            writer.plain_map(&FIELDS[2], &self.by_name);
            writer.plain_set(&FIELDS[3], &self.must);
            writer.close(object);
        }

        crate::read_json_by_table!();

        fn read_field(&mut self, index: usize, reader: &mut Reader<'_>) -> Result<(), Error> {
            match index {
                0 => reader.plain_opt(&FIELDS[0], &mut self.one),
                1 => reader.plain_list(&FIELDS[1], &mut self.many),
                2 => reader.plain_map(&FIELDS[2], &mut self.by_name),
                _ => reader.plain(&FIELDS[3], &mut self.must),
            }
        }
    }

    #[test]
    fn fields_of_every_shape() {
        let holder = Holder {
            one: Some(link("a")),
            many: vec![link("b"), help::Link::default()],
            by_name: BTreeMap::from([(-1, link("c")), (2, help::Link::default())]),
            must: help::Link::default(),
        };
        let text = concat!(
            r#"{"one":{"description":"d","url":"a"},"many":[{"description":"d","url":"b"},{}],"#,
            r#""byName":{"-1":{"description":"d","url":"c"},"2":{}},"must":{}}"#,
        );
        assert_eq!(json::to_string(&holder).unwrap(), text);
        assert_eq!(json::from_str::<Holder>(text).unwrap(), holder);
        assert_eq!(json::to_string(&Holder::default()).unwrap(), r#"{"must":{}}"#);
        // What is read merges with what is there.
        let mut merged = holder;
        json::merge(
            &mut merged,
            br#"{"one":{"url":"z"},"many":[{}],"byName":{"2":{"url":"y"}},"must":{"url":"x"}}"#,
        )
        .unwrap();
        assert_eq!(merged.one, Some(link("z")));
        assert_eq!(
            (merged.many.len(), merged.by_name[&2].url.as_str(), merged.must.url.as_str()),
            (3, "y", "x")
        );
        let error = json::from_str::<Holder>(r#"{"byName":{"1":{},"1":{}},"must":{}}"#).unwrap_err();
        assert_eq!(error.message(), "a key comes twice");
        let error = json::from_str::<Holder>(r#"{"many":[{},{"url":1}],"must":{}}"#).unwrap_err();
        assert_eq!((error.path(), error.message()), ("many[1].url", "expected a string, found a number"));
    }

    #[test]
    fn a_message_by_itself() {
        let mut plain = Plain::<Link>(link("a"));
        assert_eq!(json::to_string(&plain).unwrap(), r#"{"description":"d","url":"a"}"#);
        json::merge(&mut plain, br#"{"url":"b"}"#).unwrap();
        assert_eq!(plain.0, link("b"));
        let bytes = plain.encode_to_vec();
        assert_eq!((bytes.len(), bytes), (plain.encoded_len(), link("b").encode_to_vec()));
        assert_eq!(Plain::<Link>::decode(&*link("c").encode_to_vec()).unwrap().into_inner(), link("c"));
        assert_eq!(format!("{plain:?}"), "google.rpc.Help.Link");
        plain.clear();
        assert_eq!(plain.0, help::Link::default());
        assert!(crate::Validate::validate(&plain).is_ok());
    }

    #[test]
    fn another_version_of_the_file_is_an_error() {
        let error = json::from_str::<Plain<Newer>>(r#"{"seconds":"x"}"#).unwrap_err();
        assert!(error.message().starts_with("the crate of x.Newer cannot decode it: "), "{error}");
        let error = json::to_string(&Plain::<Newer>(Duration { seconds: 1, nanos: 0 })).unwrap_err();
        assert!(error.message().contains("are not of its type"), "{error}");
        assert!(json::to_string(&Plain::<Newer>(Duration::default())).is_ok());
        // The same table as that of the message that is generated here.
        assert_eq!(Help::info().field(0).number, 1);
    }
}
