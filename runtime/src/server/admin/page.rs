//! An answer as text or as JSON, from the same data.

use crate::json::{WriteOptions, Writer};

/// What an answer tells.
pub(super) enum Value {
    Bool(bool),
    Text(String),
    List(Vec<Value>),
    /// The keys in their order.
    Object(Vec<(&'static str, Value)>),
    /// The same with keys of the user's.
    Map(Vec<(String, Value)>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Value {
    /// The JSON of it, in lines.
    pub(super) fn json(&self) -> Vec<u8> {
        let mut writer = Writer::new(&WriteOptions::new().pretty(true), Vec::new());
        self.write(&mut writer);
        let mut json = writer.finish().expect("text and its containers are JSON");
        json.push(b'\n');
        json
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Bool(value) => writer.bool_value(*value),
            Self::Text(text) => writer.str_value(text),
            Self::List(values) => {
                let start = writer.open_array();
                for value in values {
                    writer.element();
                    value.write(writer);
                }
                writer.close_array(start);
            }
            Self::Object(entries) => write_entries(writer, entries),
            Self::Map(entries) => write_entries(writer, entries),
        }
    }
}

fn write_entries(writer: &mut Writer, entries: &[(impl AsRef<str>, Value)]) {
    let start = writer.open();
    for (key, value) in entries {
        writer.dynamic_key(key.as_ref());
        value.write(writer);
    }
    writer.close(start);
}
