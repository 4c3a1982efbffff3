//! `template.format(values)`

use std::fmt::Write as _;

use rsvc_common::text::{self, Piece};

use super::{Error, Value, number};

/// Fills the verbs of a template.
pub fn format(template: &str, values: Vec<Value<'_>>) -> Result<String, Error> {
    let mut values = values.into_iter();
    let mut out = String::with_capacity(template.len() + 16);
    for piece in text::pieces(template).map_err(Error::new)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Verb(verb, precision) => {
                let value = values.next().ok_or(Error::INDEX)?;
                one(&mut out, verb, precision.unwrap_or(6), &value)?;
            }
        }
    }
    Ok(out)
}

fn one(out: &mut String, verb: char, precision: usize, value: &Value<'_>) -> Result<(), Error> {
    match (verb, value) {
        ('s', value) => plain(out, value),
        ('d', Value::Int(_) | Value::Uint(_) | Value::Double(_)) => plain(out, value),
        ('f' | 'e', value) => {
            let value = match value {
                Value::Double(d) => *d,
                Value::Int(n) => number::double_from_int(*n),
                Value::Uint(n) => number::double_from_uint(*n),
                _ => return Err(Error::NO_OVERLOAD),
            };
            let write = if verb == 'f' { text::double_fixed } else { text::double_scientific };
            out.push_str(&write(value, precision));
            Ok(())
        }
        ('b', Value::Bool(b)) => {
            out.push(if *b { '1' } else { '0' });
            Ok(())
        }
        ('x', Value::Str(s)) => {
            out.push_str(&text::hex(s.as_bytes()));
            Ok(())
        }
        ('x', Value::Bytes(b)) => {
            out.push_str(&text::hex(b));
            Ok(())
        }
        ('X', Value::Str(s)) => {
            out.push_str(&text::hex(s.as_bytes()).to_ascii_uppercase());
            Ok(())
        }
        ('X', Value::Bytes(b)) => {
            out.push_str(&text::hex(b).to_ascii_uppercase());
            Ok(())
        }
        ('b' | 'x' | 'X' | 'o', Value::Int(n)) => {
            if *n < 0 {
                out.push('-');
            }
            radix(out, verb, n.unsigned_abs())
        }
        ('b' | 'x' | 'X' | 'o', Value::Uint(n)) => radix(out, verb, *n),
        _ => Err(Error::NO_OVERLOAD),
    }
}

fn radix(out: &mut String, verb: char, n: u64) -> Result<(), Error> {
    let written = match verb {
        'b' => write!(out, "{n:b}"),
        'o' => write!(out, "{n:o}"),
        'x' => write!(out, "{n:x}"),
        _ => write!(out, "{n:X}"),
    };
    written.map_err(|_| Error::NO_OVERLOAD)
}

fn plain(out: &mut String, value: &Value<'_>) -> Result<(), Error> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(n) => _ = write!(out, "{n}"),
        Value::Uint(n) => _ = write!(out, "{n}"),
        Value::Double(d) => out.push_str(&text::double(*d)),
        Value::Str(s) => out.push_str(s),
        Value::Bytes(b) => out.push_str(&String::from_utf8_lossy(b)),
        Value::Timestamp(t) => {
            let (seconds, nanos) = t.parts();
            out.push_str(&text::timestamp(seconds, nanos));
        }
        Value::Duration(d) => {
            let (seconds, nanos) = d.parts();
            out.push_str(&text::duration(seconds, nanos));
        }
        Value::Type(name) => out.push_str(name),
        Value::Message(_) => return Err(Error::NO_OVERLOAD),
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                plain(out, item)?;
            }
            out.push(']');
        }
        Value::Map(entries) => {
            let mut written = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                let (mut k, mut v) = (String::new(), String::new());
                plain(&mut k, key)?;
                plain(&mut v, value)?;
                written.push((k, v));
            }
            written.sort();
            let written: Vec<String> = written.into_iter().map(|(k, v)| [k, v].join(": ")).collect();
            out.push('{');
            out.push_str(&written.join(", "));
            out.push('}');
        }
    }
    Ok(())
}
