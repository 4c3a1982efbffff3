//! The fields that a JSON text names, as the paths of a field mask.

use super::info::{Cardinality, Form, MessageInfo, Type};
use super::{Error, ReadOptions, Reader};

/// The paths of the fields of `info` in the object that `json` is: down to values, lists and maps. A field that is
/// `null` is named, which clears it.
pub(crate) fn of(
    info: &'static MessageInfo,
    options: &ReadOptions,
    json: &[u8],
) -> Result<Vec<String>, Error> {
    let mut reader = Reader::new(options, Reader::text(json)?);
    reader.start()?;
    let mut paths = Vec::new();
    if has_fields(info) && reader.byte() == b'{' {
        add(info, &mut reader, &mut String::new(), &mut paths)?;
    }
    Ok(paths)
}

fn has_fields(info: &MessageInfo) -> bool {
    matches!(info.form, Form::Fields)
}

/// Adds what the object that begins here names, `path` being its own path with a dot.
fn add(
    info: &'static MessageInfo,
    reader: &mut Reader<'_>,
    path: &mut String,
    paths: &mut Vec<String>,
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
        let before = paths.len();
        match field.ty {
            Type::Message(inner) if single && has_fields(inner()) && reader.byte() == b'{' => {
                path.push('.');
                add(inner(), reader, path, paths)?;
                path.pop();
            }
            _ => reader.skip_value()?,
        }
        if paths.len() == before {
            paths.push(path.clone());
        }
        path.truncate(len);
    }
    Ok(())
}
