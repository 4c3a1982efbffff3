//! The JSON of one field's value, where that is a text by itself.

use super::info::{Cardinality, Field, Type};
use super::{Error, Json, ReadOptions, Reader, WriteOptions, Writer};

impl ReadOptions {
    /// Reads the value of the field at `index`, which `field` describes, merging with what is there. A `null` that is no
    /// value of the field leaves it as it is.
    pub(crate) fn merge_field<T: Json + ?Sized>(
        &self,
        message: &mut T,
        index: usize,
        field: &Field,
        json: &[u8],
    ) -> Result<(), Error> {
        let mut reader = Reader::new(self, Reader::text(json)?);
        reader.start()?;
        reader.open_root(field)?;
        let absent = !field.is_nullable() && reader.null()?;
        if !absent {
            message.read_field(index, &mut reader)?;
        }
        reader.finish()
    }
}

/// Sets the field at `index`, which is a string, to a text that does not begin with a quote.
#[cfg(feature = "rest")]
pub(crate) fn set_text<T: Json + ?Sized>(message: &mut T, index: usize, text: &str) -> Result<(), Error> {
    message.read_field(index, &mut Reader::bare(&ReadOptions::new(), text))
}

impl WriteOptions {
    /// The value of a field of `message`; its default where the message says nothing of it, and `null` where it has none.
    pub(crate) fn field_to_vec<T: Json + ?Sized>(
        &self,
        message: &T,
        field: &Field,
    ) -> Result<Vec<u8>, Error> {
        let whole = self.to_vec(message)?;
        let name = if self.proto_names { field.proto() } else { field.json() };
        match value_of(&whole, name)? {
            Some(value) if self.pretty => Ok(outdent(value)),
            Some(value) => Ok(value.to_vec()),
            None => {
                let mut writer = Writer::new(self, Vec::with_capacity(16));
                write_default(field, &mut writer);
                writer.finish()
            }
        }
    }
}

/// The value under a name in an object that was written here.
fn value_of<'a>(object: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, Error> {
    // What was written may be nested as deep as it wants.
    let options = ReadOptions::of_any_depth();
    let mut reader = Reader::new(&options, Reader::text(object)?);
    reader.open_entries()?;
    let mut started = false;
    while let Some(key) = reader.next_entry(started)? {
        started = true;
        reader.peek();
        let start = reader.pos();
        reader.skip_value()?;
        if key == name {
            return Ok(object.get(start..reader.pos()));
        }
    }
    Ok(None)
}

/// A value that stood one level deeper. There are no line breaks in its strings.
fn outdent(value: &[u8]) -> Vec<u8> {
    let mut lines = value.split(|&byte| byte == b'\n');
    let mut out = lines.next().unwrap_or_default().to_vec();
    for line in lines {
        out.push(b'\n');
        out.extend_from_slice(line.strip_prefix(b"  ").unwrap_or(line));
    }
    out
}

/// The value of a field that is not set.
fn write_default(field: &Field, writer: &mut Writer) {
    match (field.cardinality, field.ty) {
        (Cardinality::Repeated | Cardinality::Packed, _) => {
            let array = writer.open_array();
            writer.close_array(array);
        }
        (Cardinality::Map(_), _) => {
            let object = writer.open();
            writer.close(object);
        }
        (Cardinality::Explicit | Cardinality::Required, _) | (_, Type::Message(_) | Type::Group(_)) => {
            writer.null_value();
        }
        (_, Type::String | Type::Bytes) => writer.str_value(""),
        (_, Type::Bool) => writer.bool_value(false),
        (_, Type::Enum(info)) => writer.enum_value(0, info),
        (_, Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64) => {
            writer.i64_value(0);
        }
        (
            _,
            Type::Double
            | Type::Float
            | Type::Int32
            | Type::Uint32
            | Type::Sint32
            | Type::Fixed32
            | Type::Sfixed32,
        ) => writer.i32_value(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::EnumInfo;
    use crate::pb::google::rpc;

    /// A value of each field of a message that has more than one.
    fn fields(options: &WriteOptions, message: &impl Json, info: &super::super::MessageInfo) -> Vec<String> {
        let text = |field| String::from_utf8(options.field_to_vec(message, field).unwrap()).unwrap();
        info.fields.iter().map(text).collect()
    }

    #[test]
    fn values_are_cut_out() {
        let violation = rpc::bad_request::FieldViolation {
            field: "a\"b".into(),
            description: "{\"field\":1}".into(),
            ..Default::default()
        };
        let options = WriteOptions::new();
        let info = rpc::bad_request::FieldViolation::info();
        let found = fields(&options, &violation, info);
        assert_eq!(found[..2], [r#""a\"b""#, r#""{\"field\":1}""#]);
        assert!(found[2..].iter().all(|text| text == "\"\"" || text == "null"), "{found:?}");
        let request = rpc::BadRequest { field_violations: vec![violation] };
        let info = rpc::BadRequest::info();
        let expected = r#"[{"field":"a\"b","description":"{\"field\":1}"}]"#;
        for options in [options.clone(), options.clone().proto_names(true)] {
            assert_eq!(fields(&options, &request, info), [expected]);
        }
        let pretty = "[\n  {\n    \"field\": \"a\\\"b\",\n    \"description\": \"{\\\"field\\\":1}\"\n  }\n]";
        assert_eq!(fields(&options.pretty(true), &request, info), [pretty]);
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        static ENUM: EnumInfo = EnumInfo::new("E", &[(0, "ZERO")]);
        let written = |options: &WriteOptions, field: Field| {
            let mut writer = Writer::new(options, Vec::new());
            write_default(&field, &mut writer);
            String::from_utf8(writer.finish().unwrap()).unwrap()
        };
        let options = WriteOptions::new();
        for (field, expected) in [
            (Field::string(",\"a\":", 1), "\"\""),
            (Field::bytes(",\"a\":", 1), "\"\""),
            (Field::bool(",\"a\":", 1), "false"),
            (Field::uint64(",\"a\":", 1), "\"0\""),
            (Field::double(",\"a\":", 1), "0"),
            (Field::int32(",\"a\":", 1).optional(), "null"),
            (Field::int32(",\"a\":", 1).packed(), "[]"),
            (Field::string(",\"a\":", 1).map(Type::String), "{}"),
            (Field::new(",\"a\":", 1, Type::Enum(&ENUM)), "\"ZERO\""),
            (Field::enumeration::<prost_types::NullValue>(",\"a\":", 1), "null"),
        ] {
            assert_eq!(written(&options, field), expected);
        }
        let numbers = options.enums_as_numbers(true);
        assert_eq!(written(&numbers, Field::new(",\"a\":", 1, Type::Enum(&ENUM))), "0");
    }
}
