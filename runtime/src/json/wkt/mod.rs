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

use super::{Error, Json, MessageInfo, NegativeZeros, Reader, Writer};

/// A scalar is its wrapper too: `google.protobuf.Int64Value` is an `i64` to prost.
macro_rules! scalars {
    ($($type:ty: $value:ident, $name:literal $(, $zero:ident)?;)*) => {$(
        impl Json for $type {
            fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>(concat!("google.protobuf.", $name)) }
    }

            fn write_json(&self, writer: &mut Writer) {
                writer.$value(*self);
            }
            fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
                *self = reader.$value()?;
                Ok(())
            }
            $(fn negative_zeros(&self, zeros: &mut NegativeZeros) {
                zeros.$zero(1, *self);
            })?
        }
    )*};
}

scalars! {
    i32: i32_value, "Int32Value";
    u32: u32_value, "UInt32Value";
    i64: i64_value, "Int64Value";
    u64: u64_value, "UInt64Value";
    f32: f32_value, "FloatValue", float;
    f64: f64_value, "DoubleValue", double;
    bool: bool_value, "BoolValue";
}

impl Json for String {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>("google.protobuf.StringValue") }
    }

    fn write_json(&self, writer: &mut Writer) {
        writer.str_value(self);
    }
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        *self = reader.string_value()?;
        Ok(())
    }
}

impl Json for Vec<u8> {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>("google.protobuf.BytesValue") }
    }

    fn write_json(&self, writer: &mut Writer) {
        writer.bytes_value(self);
    }
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        *self = reader.bytes_value()?;
        Ok(())
    }
}

impl Json for bytes::Bytes {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>("google.protobuf.BytesValue") }
    }

    fn write_json(&self, writer: &mut Writer) {
        writer.bytes_value(self);
    }
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        *self = reader.bytes_value()?.into();
        Ok(())
    }
}

/// Full name of the message that prost has as `()`.
const EMPTY: &str = "google.protobuf.Empty";

/// `google.protobuf.Empty`.
impl Json for () {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::new(EMPTY, &[]) }
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
    fn negative_zeros(&self, zeros: &mut NegativeZeros) {
        (**self).negative_zeros(zeros);
    }
}
