//! `google.protobuf.Struct`, `Value` and `ListValue`: JSON as it is.

use prost_types::value::Kind;
use prost_types::{ListValue, NullValue, Struct, Value};

use crate::json::{Error, Json, MessageInfo, Reader, Writer};

impl Json for Value {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>("google.protobuf.Value") }
    }

    fn write_json(&self, writer: &mut Writer) {
        match &self.kind {
            Some(Kind::NullValue(_)) => writer.null_value(),
            Some(Kind::NumberValue(number)) if number.is_finite() => writer.f64_value(*number),
            Some(Kind::NumberValue(number)) => {
                writer.fail(format!("a google.protobuf.Value cannot be {number}"));
            }
            Some(Kind::StringValue(text)) => writer.str_value(text),
            Some(Kind::BoolValue(value)) => writer.bool_value(*value),
            Some(Kind::StructValue(fields)) => fields.write_json(writer),
            Some(Kind::ListValue(list)) => list.write_json(writer),
            None => writer.fail("a google.protobuf.Value without a kind"),
        }
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        self.kind = Some(match reader.byte() {
            b'{' => Kind::StructValue(reader.message_value()?),
            b'[' => Kind::ListValue(reader.message_value()?),
            b'"' => Kind::StringValue(reader.string_value()?),
            b't' | b'f' => Kind::BoolValue(reader.bool_value()?),
            b'-' | b'0'..=b'9' => Kind::NumberValue(reader.f64_value()?),
            _ if reader.null()? => Kind::NullValue(NullValue::NullValue as i32),
            _ => return Err(reader.expected("a value")),
        });
        Ok(())
    }
}

impl Json for Struct {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>("google.protobuf.Struct") }
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        for (key, value) in &self.fields {
            writer.dynamic_key(key);
            value.write_json(writer);
        }
        writer.close(object);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        reader.map(&mut self.fields)
    }
}

impl Json for ListValue {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>("google.protobuf.ListValue") }
    }

    fn write_json(&self, writer: &mut Writer) {
        writer.elements(self.values.len(), &&self.values);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        reader.open_value_array()?;
        let mut first = true;
        while reader.next_value_element(&mut first)? {
            self.values.push(reader.message_value()?);
        }
        Ok(())
    }
}
