//! `google.protobuf.Any`: the JSON of the message in it, with its type.

use prost_types::Any;

use super::EMPTY;
use crate::json::info::Form;
use crate::json::meter::Meter;
use crate::json::{Error, Field, Json, MessageInfo, Reader, Writer, dynamic, registry};

/// What the bytes of an `Any` take at most for each byte of its JSON: they come in parts, in several buffers, and `-1` is
/// ten of them.
const PER_BYTE: usize = 14;

/// Takes a message of a type.
type ReadContent<'a> = &'a mut dyn FnMut(&'static MessageInfo, &mut Reader<'_>) -> Result<(), Error>;

/// The full name in a type URL.
fn name_of(type_url: &str) -> &str {
    type_url.rsplit_once('/').map_or(type_url, |(_, name)| name)
}

impl Json for Any {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 2] =
            [Field::string(",\"typeUrl\":type_url", 1), Field::bytes(",\"value\":", 2)];
        static INFO: MessageInfo = MessageInfo::well_known::<Any>("google.protobuf.Any", &FIELDS);
        &INFO
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
        let mut value = Vec::new();
        let type_url = reader.any_content(&mut |info, reader| {
            value = dynamic::read(info, reader)?;
            Ok(())
        })?;
        *self = Self { type_url: type_url.unwrap_or_default(), value };
        Ok(())
    }

    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        let at = reader.pos();
        let type_url = reader.any_content(&mut |info, reader| reader.measure(info, meter))?;
        meter.add_text(type_url.map_or(0, |type_url| type_url.len()));
        meter.add_unknown(reader.pos() - at, PER_BYTE);
        Ok(())
    }
}

impl Reader<'_> {
    /// Takes an `Any`, of which `read` takes the message. Returns its type; none, if it is empty.
    fn any_content(&mut self, read: ReadContent<'_>) -> Result<Option<String>, Error> {
        let at = self.pos();
        let before = self.enter_any()?;
        let Some(type_url) = self.look_ahead(Reader::find_type)? else {
            self.skip_value()?;
            self.leave_any(before);
            return Ok(None);
        };
        let Some(info) = registry::find(name_of(&type_url)) else {
            return Err(
                self.data(at, format!("no message is registered for the type {type_url:?} of an Any"))
            );
        };
        // An `Empty` is written as a message without fields, but may come as if it had a form of its own.
        if matches!(info.form, Form::Value(_)) || info.name == EMPTY {
            self.any_value(info, read)?;
        } else {
            self.skip_type_here();
            read(info, self)?;
        }
        self.leave_any(before);
        Ok(Some(type_url))
    }

    /// Takes the object whose `value`, beside `@type`, is the message.
    fn any_value(&mut self, info: &'static MessageInfo, read: ReadContent<'_>) -> Result<(), Error> {
        let at = self.pos();
        let mut found = false;
        // The object is not a message.
        self.leave();
        self.open_entries()?;
        let mut started = false;
        while let Some(key) = self.next_entry(started)? {
            started = true;
            match &*key {
                "@type" => self.skip_value()?,
                "value" if !found => {
                    found = true;
                    read(info, self)?;
                }
                _ if self.ignores_unknown() => self.skip_value()?,
                _ => return Err(self.data(at, format!("an Any of {} has no field {key:?}", info.name))),
            }
        }
        self.enter()?;
        if found || info.name == EMPTY {
            Ok(())
        } else {
            Err(self.data(at, format!("an Any of {} needs a `value`", info.name)))
        }
    }

    /// The `@type` of the object that begins here. `None` when it is empty.
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
        Ok(found)
    }
}
