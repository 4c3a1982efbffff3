//! `google.protobuf.Any`: the JSON of the message in it, with its type.

use prost_types::Any;

use super::EMPTY;
use crate::json::info::Form;
use crate::json::{Error, Json, MessageInfo, Reader, Writer, dynamic, registry};

/// The full name in a type URL.
fn name_of(type_url: &str) -> &str {
    type_url.rsplit_once('/').map_or(type_url, |(_, name)| name)
}

impl Json for Any {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>("google.protobuf.Any") }
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        if !self.type_url.is_empty() || !self.value.is_empty() {
            let Some(info) = registry::find(name_of(&self.type_url)) else {
                writer.fail(format!("no message is registered for the type {:?} of an Any", self.type_url));
                return writer.close(object);
            };
            writer.dynamic_key("@type");
            writer.str_value(&self.type_url);
            if !matches!(info.form, Form::Value(_)) {
                // Its fields join the object that is open, and close it.
                writer.share(object);
                return dynamic::write(info, &self.value, writer);
            }
            writer.dynamic_key("value");
            dynamic::write(info, &self.value, writer);
        }
        writer.close(object);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        let at = reader.pos();
        let Some(type_url) = reader.find_type()? else {
            *self = Self::default();
            return reader.skip_value();
        };
        let Some(info) = registry::find(name_of(&type_url)) else {
            return Err(
                reader.data(at, format!("no message is registered for the type {type_url:?} of an Any"))
            );
        };
        // An `Empty` is written as a message without fields, but may come as if it had a form of its own.
        self.value = if matches!(info.form, Form::Value(_)) || info.name == EMPTY {
            read_wrapped(info, reader)?
        } else {
            reader.skip_type_here();
            dynamic::read(info, reader)?
        };
        self.type_url = type_url;
        Ok(())
    }
}

/// The message under `value`, beside `@type`.
fn read_wrapped(info: &'static MessageInfo, reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    let at = reader.pos();
    let mut value = None;
    reader.open_entries()?;
    let mut started = false;
    while let Some(key) = reader.next_entry(started)? {
        started = true;
        match &*key {
            "@type" => reader.skip_value()?,
            "value" if value.is_none() => value = Some(dynamic::read(info, reader)?),
            _ if reader.ignores_unknown() => reader.skip_value()?,
            _ => return Err(reader.data(at, format!("an Any of {} has no field {key:?}", info.name))),
        }
    }
    if info.name == EMPTY {
        return Ok(Vec::new());
    }
    value.ok_or_else(|| reader.data(at, format!("an Any of {} needs a `value`", info.name)))
}

impl Reader<'_> {
    /// The `@type` of the object that begins here, which is not taken. `None` when it is empty.
    fn find_type(&mut self) -> Result<Option<String>, Error> {
        let at = self.pos();
        let mut found = None;
        let mut started = false;
        self.open_entries()?;
        while let Some(key) = self.next_entry(started)? {
            started = true;
            if key != "@type" {
                self.skip_value()?;
            } else if found.is_none() {
                found = Some(self.string_value()?);
            } else {
                return Err(self.data(at, "`@type` comes twice".into()));
            }
        }
        if started && found.as_ref().is_none_or(String::is_empty) {
            return Err(self.data(at, "an Any without an `@type`".into()));
        }
        self.rewind(at);
        Ok(found)
    }
}
