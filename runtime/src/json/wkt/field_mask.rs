//! `google.protobuf.FieldMask`: paths in camel case, joined by commas.

use prost_types::FieldMask;

use crate::json::{Error, Json, MessageInfo, Reader, Writer};

impl Json for FieldMask {
    fn info() -> &'static MessageInfo {
        const { &MessageInfo::well_known::<Self>("google.protobuf.FieldMask") }
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
}

/// Appends a path in camel case; `None` when it could not be read back.
fn push_camel(out: &mut String, path: &str) -> Option<()> {
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '_' => out.push(chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            _ if c.is_ascii_uppercase() => return None,
            _ => out.push(c),
        }
    }
    Some(())
}

/// A path in snake case.
fn snake(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len() + 4);
    for c in path.chars() {
        match c {
            'A'..='Z' => {
                out.push('_');
                out.push(c.to_ascii_lowercase());
            }
            'a'..='z' | '0'..='9' | '.' => out.push(c),
            _ => return None,
        }
    }
    (!out.is_empty()).then_some(out)
}
