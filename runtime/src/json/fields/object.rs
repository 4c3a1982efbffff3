//! Objects: fields in any order, by either name, each at most once.

use crate::json::erase::Read;
use crate::json::info::{Cardinality, Field, MessageInfo};
use crate::json::{Error, Json, Reader};

/// A message's object that is being read.
#[derive(Debug)]
pub struct Object {
    info: &'static MessageInfo,
    /// The field to expect: the one after the last, since writers keep an order.
    expect: usize,
    started: bool,
    /// Its `@type` is skipped.
    in_any: bool,
    /// The fields met: bits of the first 64, and where the others start in the reader's list.
    seen: u64,
    more: usize,
}

impl Reader<'_> {
    /// Takes a message's object: each field is read by [`Json::read_field`].
    pub fn fields<T: Json>(&mut self, info: &'static MessageInfo, mut message: &mut T) -> Result<(), Error> {
        self.any_fields(info, &mut message)
    }

    fn any_fields(&mut self, info: &'static MessageInfo, message: &mut dyn Read) -> Result<(), Error> {
        let mut object = self.object(info)?;
        while let Some(index) = self.next(&mut object)? {
            message.field(index, self)?;
        }
        Ok(())
    }

    /// Enters a message's object.
    pub fn object(&mut self, info: &'static MessageInfo) -> Result<Object, Error> {
        if self.byte() != b'{' {
            return Err(self.expected("an object"));
        }
        let in_any = self.any_at.take_if(|at| *at == self.pos).is_some();
        self.enter_message(info)?;
        Ok(Object { info, expect: 0, started: false, in_any, seen: 0, more: self.seen.len() })
    }

    /// To the value of the object's next field, whose index is returned; `None` at its end.
    pub fn next(&mut self, object: &mut Object) -> Result<Option<usize>, Error> {
        loop {
            if !self.next_key(object.started)? {
                return self.close(object).map(|()| None);
            }
            object.started = true;
            let at = self.pos;
            let fields = object.info.fields;
            let index = match fields.get(object.expect) {
                Some(field) if self.input()[at..].starts_with(&field.key()[1..]) => {
                    self.pos += field.key().len() - 1;
                    object.expect
                }
                _ => match self.find(object)? {
                    Some(index) => index,
                    None => continue,
                },
            };
            object.expect = index + 1;
            let field = &fields[index];
            let absent = self.peek() == b'n' && !field.is_nullable();
            self.mark(object, index, at)?;
            if absent {
                self.literal("null")?;
                continue;
            }
            if field.oneof != 0 {
                self.mark(object, fields.len() + usize::from(field.oneof) - 1, at)?;
            }
            return Ok(Some(index));
        }
    }

    /// Looks a key up, the expected ones first. `None` when it and its value were skipped.
    fn find(&mut self, object: &Object) -> Result<Option<usize>, Error> {
        let at = self.pos;
        let key = self.str_value()?;
        self.colon()?;
        let fields = object.info.fields;
        let (before, after) = fields.split_at(object.expect.min(fields.len()));
        let is_it = |field: &Field| field.has_name(&key);
        if let Some(index) = after.iter().position(is_it) {
            return Ok(Some(before.len() + index));
        }
        if let Some(index) = before.iter().position(is_it) {
            return Ok(Some(index));
        }
        let is_type = object.in_any && key == "@type";
        if !is_type && !self.options.ignore_unknown {
            return Err(self.data(at, format!("{} has no field {key:?}", object.info.name)));
        }
        self.skip_value()?;
        Ok(None)
    }

    /// Notes a field, or a oneof; the second time is an error.
    #[inline]
    fn mark(&mut self, object: &mut Object, bit: usize, at: usize) -> Result<(), Error> {
        let word = if bit < 64 { &mut object.seen } else { self.far_word(object.more, bit) };
        let mask = 1 << (bit % 64);
        if *word & mask != 0 {
            return Err(self.twice(object, bit, at));
        }
        *word |= mask;
        Ok(())
    }

    #[cold]
    fn twice(&self, object: &Object, bit: usize, at: usize) -> Error {
        let name = object.info.name;
        self.data(
            at,
            match object.info.fields.get(bit) {
                Some(field) => format!("field {:?} of {name} comes twice", field.json()),
                None => format!("two fields of one oneof of {name}"),
            },
        )
    }

    #[cold]
    fn far_word(&mut self, start: usize, bit: usize) -> &mut u64 {
        let index = start + bit / 64 - 1;
        if self.seen.len() <= index {
            self.seen.resize(index + 1, 0);
        }
        &mut self.seen[index]
    }

    /// Leaves a message's object.
    fn close(&mut self, object: &mut Object) -> Result<(), Error> {
        if object.info.has_required && !self.options.partial {
            self.check_required(object)?;
        }
        self.seen.truncate(object.more);
        self.leave_message();
        Ok(())
    }

    #[cold]
    fn check_required(&mut self, object: &Object) -> Result<(), Error> {
        for (bit, field) in object
            .info
            .fields
            .iter()
            .enumerate()
            .filter(|(_, f)| matches!(f.cardinality, Cardinality::Required))
        {
            let word = if bit < 64 { object.seen } else { *self.far_word(object.more, bit) };
            if word & (1 << (bit % 64)) == 0 {
                let message = format!("{} needs its field {:?}", object.info.name, field.json());
                return Err(self.data(self.pos, message));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{ReadOptions, Writer};

    macro_rules! numbers {
        ($($n:literal)*) => {
            &[
                // A field among the first, so that a message inside is the first to have marks beyond them.
                Field::message::<Wide>(",\"child\":child", 101),
                $(Field::int32(concat!(",\"f", $n, "\":f", $n), $n + 1),)*
                Field::int32(",\"one\":one", 102).in_oneof(1),
                Field::int32(",\"other\":other", 103).in_oneof(1),
            ]
        };
    }

    static FIELDS: &[Field] = numbers!(
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38
        39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69
    );

    /// A message with more fields than one word has bits.
    #[derive(Default)]
    struct Wide {
        sum: i32,
        child: Option<Box<Wide>>,
    }

    impl Json for Wide {
        fn info() -> &'static MessageInfo {
            static INFO: MessageInfo = MessageInfo::new::<Wide>("Wide", FIELDS);
            &INFO
        }

        fn write_json(&self, _: &mut Writer) {
            unreachable!("it is only read")
        }

        fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
            reader.fields(Self::info(), self)
        }

        fn read_field(&mut self, index: usize, reader: &mut Reader<'_>) -> Result<(), Error> {
            if index == 0 {
                return reader.message_opt(&mut self.child);
            }
            let mut number = 0;
            reader.int32(&mut number)?;
            self.sum += number;
            Ok(())
        }
    }

    fn read(json: &str) -> Result<i32, String> {
        let wide: Wide = ReadOptions::new().from_str(json).map_err(|error| error.message().to_owned())?;
        Ok(wide.sum + wide.child.map_or(0, |child| 1000 * child.sum))
    }

    #[test]
    fn each_of_many_fields_comes_once() {
        let once: Vec<_> = (0..70).map(|n| format!("\"f{n}\":1")).collect();
        assert_eq!(read(&format!("{{{}}}", once.join(","))), Ok(70));
        for n in [0, 1, 62, 63, 64, 65, 69] {
            let error = read(&format!("{{\"f{n}\":1,\"f{n}\":1}}")).unwrap_err();
            assert_eq!(error, format!("field \"f{n}\" of Wide comes twice"));
        }
        assert_eq!(read(r#"{"one":1,"other":1}"#).unwrap_err(), "two fields of one oneof of Wide");
    }

    #[test]
    fn a_message_inside_has_fields_of_its_own() {
        assert_eq!(read(r#"{"f1":1,"f69":1,"child":{"f1":1,"f69":1,"one":1},"other":1}"#), Ok(3003));
        // Its marks are gone with it.
        let children = r#"{"child":{"child":{"f69":1},"f69":1,"f68":1},"f69":1,"f68":1}"#;
        assert_eq!(read(children), Ok(2002));
        assert!(read(r#"{"f69":1,"child":{"f69":1},"f69":1}"#).is_err());
        assert!(read(r#"{"child":{},"child":{}}"#).is_err());
    }

    #[test]
    fn a_type_is_a_field_like_others() {
        assert_eq!(read(r#"{"@type":"x","f1":1}"#).unwrap_err(), "Wide has no field \"@type\"");
        assert_eq!(read(r#"{"child":{"@type":"x"}}"#).unwrap_err(), "Wide has no field \"@type\"");
    }
}
