//! proto2 defaults, in the form in which `descriptor.proto` writes them.

use crate::input::raw::{Field, Label, Type};

/// Why a default cannot be one, if there is one. That an enum has the value is checked with the types.
pub(super) fn wrong(field: &Field) -> Option<String> {
    let value = field.default_value.as_deref()?;
    if field.label == Some(Label::Repeated as i32) {
        return Some("a repeated field has no default".to_owned());
    }
    let (right, what) = match field.known_type()? {
        Type::Double => (value.parse::<f64>().is_ok(), "a number"),
        Type::Float => (value.parse::<f32>().is_ok(), "a number"),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => (value.parse::<i32>().is_ok(), "a 32-bit integer"),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => (value.parse::<i64>().is_ok(), "a 64-bit integer"),
        Type::Uint32 | Type::Fixed32 => (value.parse::<u32>().is_ok(), "a 32-bit integer without sign"),
        Type::Uint64 | Type::Fixed64 => (value.parse::<u64>().is_ok(), "a 64-bit integer without sign"),
        Type::Bool => (value == "true" || value == "false", "`true` or `false`"),
        Type::String | Type::Enum => (true, ""),
        Type::Bytes => (escapes(value), "a string with C escapes"),
        Type::Group | Type::Message => return Some("a message has no default".to_owned()),
    };
    (!right).then(|| format!("the default `{}` is not {what}", value.escape_debug()))
}

/// Whether every escape of a bytes default is whole. prost-build and prost-reflect panic on others.
fn escapes(value: &str) -> bool {
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (
                b'\\',
                [b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'\'' | b'"', after @ ..],
            ) => after,
            (b'\\', [b'x' | b'X', a, b, after @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                after
            }
            (b'\\', digits) => {
                let count = digits.iter().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
                if count == 0 || (count == 3 && digits[0] > b'3') {
                    return false;
                }
                &digits[count..]
            }
            (byte, tail) if byte.is_ascii() => tail,
            _ => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::escapes;

    #[test]
    fn only_whole_escapes_pass() {
        for good in ["", "abc", r"\n\\\'", r"\0\12\377", r"\xfF", r"\1x"] {
            assert!(escapes(good), "{good}");
        }
        for bad in ["\\", r"\8", r"\400", r"\x1", r"\xg0", r"\q", "é", r"\xé"] {
            assert!(!escapes(bad), "{bad}");
        }
    }
}
