//! `google.protobuf.FieldMask`: paths in camel case, joined by commas.

use prost_types::FieldMask;

use crate::json::meter::Meter;
use crate::json::{Error, Field, Json, MessageInfo, Reader, Writer};

impl Json for FieldMask {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::string(",\"paths\":", 1).repeated()];
        static INFO: MessageInfo = MessageInfo::well_known::<FieldMask>("google.protobuf.FieldMask", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let mut text = String::new();
        for path in &self.paths {
            if !text.is_empty() {
                text.push(',');
            }
            if path.is_empty() || push_camel(&mut text, path).is_none() {
                return writer.fail(format!("the path {path:?} of a field mask has no camel case"));
            }
        }
        writer.str_value(&text);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        let at = reader.pos();
        let text = reader.str_value()?;
        self.paths = Vec::new();
        if text.is_empty() {
            return Ok(());
        }
        for path in text.split(',') {
            match snake(path) {
                Some(path) => self.paths.push(path),
                None => return Err(reader.wrong_text(at, &text, "a field mask of camel-case paths")),
            }
        }
        Ok(())
    }

    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error> {
        let text = reader.str_value()?;
        for (index, path) in text.split(',').enumerate() {
            meter.grow_list(index, index + 1, size_of::<String>());
            // Each capital becomes two characters, for which there may be a second buffer.
            meter.add_text(2 * (path.len() + 4));
        }
        Ok(())
    }
}

/// Appends a path in camel case; `None` when it could not be read back.
fn push_camel(out: &mut String, path: &str) -> Option<()> {
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '_' => out.push(chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            'a'..='z' | '0'..='9' | '.' => out.push(c),
            _ => return None,
        }
    }
    Some(())
}

/// A path in snake case; `None` for what is not one in camel case.
fn snake(path: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    (!path.is_empty() && path.bytes().all(fits)).then(|| to_snake_case(path))
}

/// A path with `_` and a small letter for each capital.
pub(crate) fn to_snake_case(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 4);
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn what_is_written_is_read() {
        let mask =
            |paths: &[&str]| FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        for paths in [&["a.b_c", "d1"][..], &["a_b.c"], &[]] {
            let text = json::to_string(&mask(paths)).unwrap();
            assert_eq!(json::from_str::<FieldMask>(&text).unwrap(), mask(paths), "{text}");
        }
        for path in ["", "A", "a__b", "a_1", "a_", "*", "a b", "a,b", "a.\u{1}\u{5}c", "ä"] {
            assert!(json::to_string(&mask(&["x", path])).is_err(), "{path:?}");
        }
    }
}
