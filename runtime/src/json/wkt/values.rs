//! `google.protobuf.Struct`, `Value` and `ListValue`: JSON as it is.

use prost_types::value::Kind;
use prost_types::{ListValue, NullValue, Struct, Value};

use crate::json::meter::Meter;
use crate::json::{Error, Field, Json, MessageInfo, Reader, Type, Writer};

impl Json for Value {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 6] = [
            Field::enumeration::<NullValue>(",\"nullValue\":null_value", 1).in_oneof(0),
            Field::double(",\"numberValue\":number_value", 2).in_oneof(0),
            Field::string(",\"stringValue\":string_value", 3).in_oneof(0),
            Field::bool(",\"boolValue\":bool_value", 4).in_oneof(0),
            Field::message::<Struct>(",\"structValue\":struct_value", 5).in_oneof(0),
            Field::message::<ListValue>(",\"listValue\":list_value", 6).in_oneof(0),
        ];
        static INFO: MessageInfo = MessageInfo::well_known::<Value>("google.protobuf.Value", &FIELDS);
        &INFO
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
        reader.enter()?;
        self.kind = Some(match reader.byte() {
            b'{' => Kind::StructValue(reader.message_value()?),
            b'[' => Kind::ListValue(reader.message_value()?),
            b'"' => Kind::StringValue(reader.string_value()?),
            b't' | b'f' => Kind::BoolValue(reader.bool_value()?),
            b'-' | b'0'..=b'9' => Kind::NumberValue(reader.f64_value()?),
            _ if reader.null()? => Kind::NullValue(NullValue::NullValue as i32),
            _ => return Err(reader.expected("a value")),
        });
        reader.leave();
        Ok(())
    }

    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        reader.enter()?;
        match reader.byte() {
            b'{' => Struct::measure(reader, meter)?,
            b'[' => ListValue::measure(reader, meter)?,
            b'"' => reader.measure_text(meter)?,
            _ => reader.skip_value()?,
        }
        reader.leave();
        Ok(())
    }
}

impl Json for Struct {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::message::<Value>(",\"fields\":", 1).map(Type::String).sorted()];
        static INFO: MessageInfo = MessageInfo::well_known::<Struct>("google.protobuf.Struct", &FIELDS);
        &INFO
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
        reader.enter()?;
        reader.map(&mut self.fields)?;
        reader.leave();
        Ok(())
    }

    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        reader.enter()?;
        reader.measure_field(Self::info().field(0), meter)?;
        reader.leave();
        Ok(())
    }
}

impl Json for ListValue {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::message::<Value>(",\"values\":", 1).repeated()];
        static INFO: MessageInfo = MessageInfo::well_known::<ListValue>("google.protobuf.ListValue", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        writer.elements(self.values.len(), &&self.values);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        reader.enter()?;
        reader.list(&mut self.values)?;
        reader.leave();
        Ok(())
    }

    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        reader.enter()?;
        reader.measure_field(Self::info().field(0), meter)?;
        reader.leave();
        Ok(())
    }
}
