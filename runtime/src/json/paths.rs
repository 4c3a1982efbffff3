//! The fields that a JSON text names, as the paths of a field mask.

use super::info::{Cardinality, Form, MessageInfo, Type};
use super::memory::{TooMuchMemory, Unfit};
use super::meter::Meter;
use super::{Error, ReadOptions, Reader};

/// The paths of the fields of `info` in the object that `json` is: down to values, lists and maps. A field that is
/// `null` is named, which clears it. In deep objects the paths are longer than the text: they have the limit of messages.
pub(crate) fn of(
    info: &'static MessageInfo,
    options: &ReadOptions,
    json: &[u8],
    limit: usize,
) -> Result<Vec<String>, Unfit> {
    let mut found = FoundPaths { paths: Vec::new(), meter: Meter::for_message(json.len(), limit) };
    let read = Reader::text(json).and_then(|text| {
        let mut reader = Reader::new(options, text);
        reader.start()?;
        if has_fields(info) && reader.byte() == b'{' {
            add(info, &mut reader, &mut String::new(), &mut found)?;
        }
        Ok(())
    });
    if found.meter.is_exceeded() {
        return Err(Unfit::Memory(TooMuchMemory::of(&found.meter)));
    }
    read.map_err(Unfit::Json)?;
    Ok(found.paths)
}

struct FoundPaths {
    paths: Vec<String>,
    meter: Meter,
}

impl FoundPaths {
    fn add(&mut self, path: &str) {
        let count = self.paths.len();
        self.meter.grow_list(count, count + 1, size_of::<String>());
        self.meter.add_text(path.len());
        // Beyond the limit nothing is kept.
        if !self.meter.is_exceeded() {
            self.paths.push(path.to_owned());
        }
    }
}

fn has_fields(info: &MessageInfo) -> bool {
    matches!(info.form, Form::Fields)
}

/// Adds what the object that begins here names, `path` being its own path with a dot.
fn add(
    info: &'static MessageInfo,
    reader: &mut Reader<'_>,
    path: &mut String,
    found: &mut FoundPaths,
) -> Result<(), Error> {
    reader.open_entries()?;
    let mut started = false;
    while let Some(key) = reader.next_entry(started)? {
        started = true;
        let field = info.fields.iter().find(|field| field.has_name(&key));
        let Some(field) = field else {
            reader.skip_value()?;
            continue;
        };
        let len = path.len();
        path.push_str(field.proto());
        let single = matches!(field.cardinality, Cardinality::Implicit | Cardinality::Explicit);
        let before = found.paths.len();
        match field.ty {
            Type::Message(inner) if single && has_fields(inner()) && reader.byte() == b'{' => {
                path.push('.');
                add(inner(), reader, path, found)?;
                path.pop();
            }
            _ => reader.skip_value()?,
        }
        if found.paths.len() == before {
            found.add(path);
        }
        path.truncate(len);
    }
    Ok(())
}
