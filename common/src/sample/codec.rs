//! Tables as a text, in which the generator hands them to the runtime.
//!
//! A record is `{` its fields that differ from their default, each after its place `}`; a list is `[` its items `]`.

use super::formats::Format;
use super::json::quote;
use super::table::{
    Bound, Enum, Field, Group, Kind, Known, Message, Now, Oneof, Relation, Rules, Scalar, Sizes, Tables,
    Type, Value,
};

/// Tables as a text.
pub fn encode(tables: &Tables) -> String {
    let mut out = String::new();
    tables.put(&mut out);
    out
}

/// Tables from their text; none, if that is of another version.
pub fn decode(text: &str) -> Option<Tables> {
    let mut reader = Reader { rest: text };
    let tables = Tables::take(&mut reader)?;
    reader.peek().is_none().then_some(tables)
}

/// A text that is read word by word.
struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches(' ');
        self.rest.chars().next()
    }

    fn take_if(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.rest = &self.rest[c.len_utf8()..];
        }
        found
    }

    fn char(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn number(&mut self) -> Option<i128> {
        self.peek()?;
        let is_digit = |c: char| c.is_ascii_digit() || c == '-';
        let end = self.rest.find(|c| !is_digit(c)).unwrap_or(self.rest.len());
        let (digits, rest): (&'t str, &'t str) = self.rest.split_at(end);
        self.rest = rest;
        digits.parse().ok()
    }

    fn text(&mut self) -> Option<String> {
        if !self.take_if('"') {
            return None;
        }
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        loop {
            let (at, c) = chars.next()?;
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(out);
                }
                '\\' => match chars.next()?.1 {
                    'n' => out.push('\n'),
                    'u' => {
                        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                    }
                    c => out.push(c),
                },
                c => out.push(c),
            }
        }
    }
}

/// A value in the text.
trait Code: Sized {
    fn put(&self, out: &mut String);
    fn take(reader: &mut Reader<'_>) -> Option<Self>;
}

macro_rules! integers {
    ($($ty:ty),*) => {
        $(impl Code for $ty {
            fn put(&self, out: &mut String) {
                out.push(' ');
                out.push_str(&self.to_string());
            }
            fn take(reader: &mut Reader<'_>) -> Option<Self> {
                Self::try_from(reader.number()?).ok()
            }
        })*
    };
}

integers!(i32, i64, i128, u8, u32, u64, usize);

impl Code for bool {
    fn put(&self, out: &mut String) {
        u8::from(*self).put(out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Some(reader.number()? != 0)
    }
}

impl Code for f64 {
    fn put(&self, out: &mut String) {
        self.to_bits().put(out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        u64::take(reader).map(Self::from_bits)
    }
}

impl Code for String {
    fn put(&self, out: &mut String) {
        quote(out, self);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text()
    }
}

impl<T: Code> Code for Vec<T> {
    fn put(&self, out: &mut String) {
        out.push('[');
        for item in self {
            item.put(out);
        }
        out.push(']');
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        if !reader.take_if('[') {
            return None;
        }
        let mut items = Self::new();
        while !reader.take_if(']') {
            items.push(T::take(reader)?);
        }
        Some(items)
    }
}

impl<T: Code> Code for Option<T> {
    fn put(&self, out: &mut String) {
        match self {
            None => out.push('_'),
            Some(value) => value.put(out),
        }
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.take_if('_') { Some(None) } else { T::take(reader).map(Some) }
    }
}

impl<T: Code> Code for Box<T> {
    fn put(&self, out: &mut String) {
        (**self).put(out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        T::take(reader).map(Self::new)
    }
}

impl<A: Code, B: Code> Code for (A, B) {
    fn put(&self, out: &mut String) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Some((A::take(reader)?, B::take(reader)?))
    }
}

/// Records by their fields, whose places are part of the text.
macro_rules! records {
    ($($ty:ident { $($place:literal $field:ident),* $(,)? })*) => {
        $(impl Code for $ty {
            fn put(&self, out: &mut String) {
                let default = Self::default();
                out.push('{');
                $(if self.$field != default.$field {
                    let place: u8 = $place;
                    place.put(out);
                    out.push(':');
                    self.$field.put(out);
                })*
                out.push('}');
            }
            fn take(reader: &mut Reader<'_>) -> Option<Self> {
                if !reader.take_if('{') {
                    return None;
                }
                let mut out = Self::default();
                while !reader.take_if('}') {
                    let place = reader.number()?;
                    if !reader.take_if(':') {
                        return None;
                    }
                    match place {
                        $($place => out.$field = Code::take(reader)?,)*
                        _ => return None,
                    }
                }
                Some(out)
            }
        })*
    };
}

records! {
    Tables { 0 messages, 1 enums }
    Message { 0 name, 1 fields, 2 oneofs, 3 groups, 4 relations, 5 samples }
    Enum { 0 values, 1 closed }
    Field {
        0 name, 1 json, 2 number, 3 kind, 4 presence, 5 required, 6 skip_unset, 7 oneof, 8 rules, 9 samples,
        10 unknown,
    }
    Oneof { 0 fields, 1 required }
    Group { 0 fields, 1 required }
    Relation { 0 rule, 1 reads, 2 literals }
    Sizes { 0 min, 1 max }
    Rules {
        0 skip_zero, 1 constant, 2 among, 3 not, 4 lower, 5 upper, 6 length, 7 bytes, 8 items, 9 unique,
        10 defined, 11 pattern, 12 prefix, 13 suffix, 14 contains, 15 lacks, 16 format, 17 now, 18 examples,
        19 literals, 20 each, 21 keys,
    }
}

impl Code for Bound {
    fn put(&self, out: &mut String) {
        self.inclusive.put(out);
        self.value.put(out);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let inclusive = bool::take(reader)?;
        Some(Self { value: Value::take(reader)?, inclusive })
    }
}

impl Code for Format {
    fn put(&self, out: &mut String) {
        quote(out, self.name());
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Self::of(&reader.text()?)
    }
}

impl Code for Now {
    fn put(&self, out: &mut String) {
        match self {
            Self::Past => out.push('p'),
            Self::Future => out.push('f'),
            Self::Within(seconds) => {
                out.push('w');
                seconds.put(out);
            }
        }
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match reader.char()? {
            'p' => Self::Past,
            'f' => Self::Future,
            'w' => Self::Within(i64::take(reader)?),
            _ => return None,
        })
    }
}

impl Code for Kind {
    fn put(&self, out: &mut String) {
        match self {
            Self::One(ty) => ty.put(out),
            Self::List(ty) => {
                out.push('*');
                ty.put(out);
            }
            Self::Map(key, ty) => {
                out.push('%');
                key.put(out);
                ty.put(out);
            }
        }
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.take_if('*') {
            return Type::take(reader).map(Self::List);
        }
        if reader.take_if('%') {
            return Some(Self::Map(Scalar::take(reader)?, Type::take(reader)?));
        }
        Type::take(reader).map(Self::One)
    }
}

impl Code for Type {
    fn put(&self, out: &mut String) {
        match self {
            Self::Scalar(scalar) => scalar.put(out),
            Self::Enum(id) => {
                out.push('e');
                id.put(out);
            }
            Self::Message(id) => {
                out.push('m');
                id.put(out);
            }
            Self::Known(Known::Wrapper(scalar)) => {
                out.push('w');
                scalar.put(out);
            }
            Self::Known(known) => {
                out.push('k');
                KNOWN.iter().position(|k| k == known).unwrap_or(0).put(out);
            }
        }
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match reader.peek()? {
            'e' | 'm' | 'w' | 'k' => match reader.char()? {
                'e' => Self::Enum(usize::take(reader)?),
                'm' => Self::Message(usize::take(reader)?),
                'w' => Self::Known(Known::Wrapper(Scalar::take(reader)?)),
                _ => Self::Known(*KNOWN.get(usize::take(reader)?)?),
            },
            _ => Self::Scalar(Scalar::take(reader)?),
        })
    }
}

/// By their places.
const KNOWN: [Known; 8] = [
    Known::Any,
    Known::Duration,
    Known::Empty,
    Known::FieldMask,
    Known::ListValue,
    Known::Struct,
    Known::Timestamp,
    Known::Value,
];

/// By their letters.
const SCALARS: [(char, Scalar); 9] = [
    ('b', Scalar::Bool),
    ('i', Scalar::Int32),
    ('l', Scalar::Int64),
    ('u', Scalar::Uint32),
    ('v', Scalar::Uint64),
    ('f', Scalar::Float),
    ('d', Scalar::Double),
    ('s', Scalar::String),
    ('y', Scalar::Bytes),
];

impl Code for Scalar {
    fn put(&self, out: &mut String) {
        out.extend(SCALARS.iter().find(|known| known.1 == *self).map(|known| known.0));
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let letter = reader.char()?;
        SCALARS.iter().find(|known| known.0 == letter).map(|known| known.1)
    }
}

impl Code for Value {
    fn put(&self, out: &mut String) {
        let mut tagged = |tag: char, value: &dyn Fn(&mut String)| {
            out.push(tag);
            value(out);
        };
        match self {
            Self::Bool(b) => tagged('b', &|out| b.put(out)),
            Self::Int(n) => tagged('i', &|out| n.put(out)),
            Self::Double(d) => tagged('d', &|out| d.put(out)),
            Self::Text(text) => text.put(out),
            Self::Bytes(bytes) => tagged('y', &|out| bytes.put(out)),
            Self::Time(seconds, nanos) => tagged('t', &|out| (*seconds, *nanos).put(out)),
            Self::List(items) => tagged('l', &|out| items.put(out)),
            Self::Map(pairs) => tagged('m', &|out| pairs.put(out)),
            Self::Message(fields) => tagged('g', &|out| fields.put(out)),
            Self::Json(text) => tagged('j', &|out| text.put(out)),
        }
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.peek()? == '"' {
            return reader.text().map(Self::Text);
        }
        Some(match reader.char()? {
            'b' => Self::Bool(Code::take(reader)?),
            'i' => Self::Int(Code::take(reader)?),
            'd' => Self::Double(Code::take(reader)?),
            'y' => Self::Bytes(Code::take(reader)?),
            't' => {
                let (seconds, nanos) = Code::take(reader)?;
                Self::Time(seconds, nanos)
            }
            'l' => Self::List(Code::take(reader)?),
            'm' => Self::Map(Code::take(reader)?),
            'g' => Self::Message(Code::take(reader)?),
            'j' => Self::Json(Code::take(reader)?),
            _ => return None,
        })
    }
}
