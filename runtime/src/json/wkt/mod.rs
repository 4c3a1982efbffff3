//! Types whose JSON is their own: the well-known messages, and the scalars that stand for their wrappers.

mod any;
mod datetime;
mod duration;
mod field_mask;
#[allow(missing_docs, unsafe_code)] // unsafe: linkme's link section
#[rustfmt::skip]
mod prost_types;
mod timestamp;
mod values;

#[cfg(feature = "rest")]
pub(crate) use field_mask::to_snake_case;

use super::meter::Meter;
use super::{Error, Field, Json, MessageInfo, NegativeZeros, Reader, Writer};

/// The names of a wrapper's field, as a table has them.
const VALUE: &str = ",\"value\":";
/// The fields of a timestamp and of a duration.
static SECONDS: [Field; 2] = [Field::int64(",\"seconds\":", 1), Field::int32(",\"nanos\":", 2)];

/// A scalar is its wrapper too: `google.protobuf.Int64Value` is an `i64` to prost.
macro_rules! scalars {
    ($($type:ty: $value:ident, $name:literal $field:ident $(, $zero:ident)?;)*) => {$(
        impl Json for $type {
            fn info() -> &'static MessageInfo {
                static FIELDS: [Field; 1] = [Field::$field(VALUE, 1)];
                static INFO: MessageInfo =
                    MessageInfo::well_known::<$type>(concat!("google.protobuf.", $name), &FIELDS);
                &INFO
            }

            fn write_json(&self, writer: &mut Writer) {
                writer.$value(*self);
            }
            fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
                *self = reader.$value()?;
                Ok(())
            }
            fn measure(reader: &mut Reader<'_>, _: &mut Meter) -> Result<(), Error> {
                reader.skip_value()
            }
            $(fn negative_zeros(&self, zeros: &mut NegativeZeros) {
                zeros.$zero(1, *self);
            })?
        }
    )*};
}

scalars! {
    i32: i32_value, "Int32Value" int32;
    u32: u32_value, "UInt32Value" uint32;
    i64: i64_value, "Int64Value" int64;
    u64: u64_value, "UInt64Value" uint64;
    f32: f32_value, "FloatValue" float, float;
    f64: f64_value, "DoubleValue" double, double;
    bool: bool_value, "BoolValue" bool;
}

impl Json for String {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::string(VALUE, 1)];
        static INFO: MessageInfo = MessageInfo::well_known::<String>("google.protobuf.StringValue", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        writer.str_value(self);
    }
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        *self = reader.string_value()?;
        Ok(())
    }
    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        reader.measure_text(meter)
    }
}

impl Json for Vec<u8> {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::bytes(VALUE, 1)];
        static INFO: MessageInfo = MessageInfo::well_known::<Vec<u8>>("google.protobuf.BytesValue", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        writer.bytes_value(self);
    }
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        *self = reader.bytes_value()?;
        Ok(())
    }
    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        reader.measure_bytes(meter)
    }
}

impl Json for bytes::Bytes {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::bytes(VALUE, 1)];
        static INFO: MessageInfo =
            MessageInfo::well_known::<bytes::Bytes>("google.protobuf.BytesValue", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        writer.bytes_value(self);
    }
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        *self = reader.bytes_value()?.into();
        Ok(())
    }
    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        reader.measure_bytes(meter)
    }
}

/// Full name of the message that prost has as `()`.
const EMPTY: &str = "google.protobuf.Empty";

/// `google.protobuf.Empty`.
impl Json for () {
    fn info() -> &'static MessageInfo {
        static INFO: MessageInfo = MessageInfo::new::<()>(EMPTY, &[]);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        writer.close(object);
    }
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        let mut object = reader.object(Self::info())?;
        while reader.next(&mut object)?.is_some() {}
        Ok(())
    }
}

impl<T: Json> Json for Box<T> {
    fn info() -> &'static MessageInfo {
        T::info()
    }

    fn write_json(&self, writer: &mut Writer) {
        (**self).write_json(writer);
    }
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        (**self).read_json(reader)
    }
    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        T::measure(reader, meter)
    }
    fn negative_zeros(&self, zeros: &mut NegativeZeros) {
        (**self).negative_zeros(zeros);
    }
}
