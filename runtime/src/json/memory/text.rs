//! What reading JSON takes: the text is read as it will be, and nothing is kept.

use std::borrow::Cow;

use super::{TooMuchMemory, Unfit, entry_size, value_size};
use crate::json::info::{Cardinality, Field, Form, MessageInfo, Type};
use crate::json::meter::Meter;
use crate::json::{Error, ReadOptions, Reader};

/// Whether reading stays within the limit.
#[cold]
pub(super) fn check(
    info: &'static MessageInfo,
    field: Option<&Field>,
    text: &[u8],
    options: &ReadOptions,
    limit: usize,
) -> Result<(), Unfit> {
    let mut meter = Meter::for_message(text.len(), limit);
    let done = measure(info, field, text, options, &mut meter);
    if meter.is_exceeded() {
        return Err(Unfit::Memory(TooMuchMemory::of(&meter)));
    }
    done.map_err(Unfit::Json)
}

pub(super) fn measure(
    info: &'static MessageInfo,
    field: Option<&Field>,
    text: &[u8],
    options: &ReadOptions,
    meter: &mut Meter,
) -> Result<(), Error> {
    let mut reader = Reader::new(options, Reader::text(text)?);
    reader.start()?;
    match field {
        None => reader.measure(info, meter)?,
        Some(field) => {
            reader.open_root(field)?;
            if field.is_nullable() || !reader.null()? {
                reader.measure_field(field, meter)?;
            }
        }
    }
    reader.finish()
}

impl Reader<'_> {
    /// Takes a message of `info`, and adds up what it takes besides its struct.
    pub(in crate::json) fn measure(
        &mut self,
        info: &'static MessageInfo,
        meter: &mut Meter,
    ) -> Result<(), Error> {
        match info.form {
            Form::Object(codec) | Form::Value(codec) => (codec.measure)(self, meter)?,
            Form::Fields => {
                let mut object = self.object(info)?;
                while let Some(index) = self.next(&mut object)? {
                    self.measure_field(&info.fields[index], meter)?;
                }
            }
        }
        if meter.is_exceeded() { Err(self.stopped()) } else { Ok(()) }
    }

    /// Takes the value of a field.
    pub(in crate::json) fn measure_field(&mut self, field: &Field, meter: &mut Meter) -> Result<(), Error> {
        match field.cardinality {
            Cardinality::Map(key) => {
                let entry = entry_size(key.into(), field.ty);
                let is_text = matches!(Type::from(key), Type::String);
                self.measure_map(entry, field.is_sorted(), is_text, meter, &mut |reader, meter| {
                    reader.measure_value(field.ty, meter)
                })
            }
            Cardinality::Repeated | Cardinality::Packed => {
                let size = value_size(field.ty);
                let mut count = 0;
                let mut first = true;
                self.open_array()?;
                while self.next_element(&mut first)? {
                    meter.grow_list(count, count + 1, size);
                    count += 1;
                    self.measure_value(field.ty, meter)?;
                }
                Ok(())
            }
            Cardinality::Implicit | Cardinality::Explicit | Cardinality::Required => {
                if field.is_boxed() {
                    meter.add(value_size(field.ty));
                }
                self.measure_value(field.ty, meter)
            }
        }
    }

    /// Takes a map, whose values `value` takes.
    fn measure_map(
        &mut self,
        entry: usize,
        sorted: bool,
        has_text: bool,
        meter: &mut Meter,
        value: &mut dyn FnMut(&mut Self, &mut Meter) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut count = 0;
        let mut started = false;
        self.open_entries()?;
        while let Some(key) = self.next_entry(started)? {
            started = true;
            meter.grow_map(count, entry, sorted);
            count += 1;
            if has_text {
                meter.add_text(key.len());
            }
            value(self, meter)?;
            if meter.is_exceeded() {
                return Err(self.stopped());
            }
        }
        Ok(())
    }

    fn measure_value(&mut self, ty: Type, meter: &mut Meter) -> Result<(), Error> {
        match ty {
            Type::String => self.measure_text(meter),
            Type::Bytes => self.measure_bytes(meter),
            Type::Message(info) | Type::Group(info) => self.measure(info(), meter),
            _ => self.skip_value(),
        }
    }

    /// Takes a string.
    pub(in crate::json) fn measure_text(&mut self, meter: &mut Meter) -> Result<(), Error> {
        match self.str_value()? {
            Cow::Borrowed(text) => meter.add_text(text.len()),
            Cow::Owned(text) => meter.add_grown_text(text.capacity()),
        }
        if meter.is_exceeded() { Err(self.stopped()) } else { Ok(()) }
    }

    /// Takes bytes.
    pub(in crate::json) fn measure_bytes(&mut self, meter: &mut Meter) -> Result<(), Error> {
        let len = self.str_value()?.len();
        meter.add_text(len / 4 * 3 + 3);
        Ok(())
    }

    /// Takes a value of which nothing is known.
    pub(in crate::json) fn measure_unknown(&mut self, meter: &mut Meter) -> Result<(), Error> {
        let at = self.pos;
        self.skip_value()?;
        meter.add_unknown(self.pos - at, super::UNKNOWN);
        Ok(())
    }

    /// Nobody sees it: that there is too much says more.
    #[cold]
    fn stopped(&self) -> Error {
        self.data(self.pos, String::new())
    }
}
