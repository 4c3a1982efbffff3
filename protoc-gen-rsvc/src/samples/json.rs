//! JSON as a value: what the author gives as a sample, and what the solver writes. Numbers keep the text that they have.

use std::fmt::{self, Write as _};

use crate::sorted;
use rsvc_common::sample::quote;

/// How deep lists and objects may lie in each other: each takes stack.
const DEPTH: usize = 128;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Json>),
    /// Its members as they stand, each name once.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text that is one value, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0).and_then(|value| match reader.next() {
            None => Ok(value),
            Some(_) => Err("expected the end"),
        });
        value.map_err(|why| {
            let before = &text[..reader.at];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!("{why} at line {line} column {column}")
        })
    }

    /// A member of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A text.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number that is written as an integer.
    pub(super) fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// Any number.
    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(digits) => digits.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// With a line for each value, indented by two for each that it is in.
    pub(super) fn pretty(&self, out: &mut String, indent: usize) {
        let mut list = |open, close, len: usize, each: &dyn Fn(&mut String, usize)| {
            out.push(open);
            for at in 0..len {
                let comma = if at > 0 { "," } else { "" };
                let _ = write!(out, "{comma}\n{:1$}", "", indent + 2);
                each(out, at);
            }
            let _ = write!(out, "\n{:indent$}{close}", "");
        };
        match self {
            Self::Array(items) if !items.is_empty() => {
                list('[', ']', items.len(), &|out, at| items[at].pretty(out, indent + 2));
            }
            Self::Object(members) if !members.is_empty() => {
                list('{', '}', members.len(), &|out, at| {
                    let (name, value) = &members[at];
                    quote(out, name);
                    out.push_str(": ");
                    value.pretty(out, indent + 2);
                });
            }
            one => {
                let _ = write!(out, "{one}");
            }
        }
    }
}

/// On one line.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| {
            let mut out = String::new();
            quote(&mut out, text);
            out
        };
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Number(digits) => f.write_str(digits),
            Self::String(text) => f.write_str(&quoted(text)),
            Self::Array(items) => {
                f.write_char('[')?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at > 0 { "," } else { "" })?;
                }
                f.write_char(']')
            }
            Self::Object(members) => {
                f.write_char('{')?;
                for (at, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{}:{value}", if at > 0 { "," } else { "" }, quoted(name))?;
                }
                f.write_char('}')
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Read<T> = Result<T, &'static str>;

impl Reader<'_> {
    /// The byte after the space that comes first, if there is one.
    fn next(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Read<Json> {
        if depth > DEPTH {
            return Err("too deep");
        }
        match self.next() {
            Some(b'{') => {
                let mut members = Vec::new();
                self.list(b'}', |reader| {
                    if reader.next() != Some(b'"') {
                        return Err("expected a name in quotes");
                    }
                    let name = reader.string()?;
                    if reader.next() != Some(b':') {
                        return Err("expected `:`");
                    }
                    reader.at += 1;
                    members.push((name, reader.value(depth + 1)?));
                    Ok(())
                })?;
                let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
                sorted::sort(&mut names);
                if names.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Err("a name stands twice in an object that ends");
                }
                Ok(Json::Object(members))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.list(b']', |reader| {
                    items.push(reader.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Json::Array(items))
            }
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
                for (word, value) in words {
                    if self.text[self.at..].starts_with(word) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err("expected a value")
            }
        }
    }

    /// What stands between brackets, with commas between.
    fn list(&mut self, close: u8, mut each: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.at += 1;
        if self.next() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            match self.next() {
                Some(b',') => self.at += 1,
                Some(found) if found == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err("expected `,` or the end of the list"),
            }
        }
    }

    fn number(&mut self) -> Read<Json> {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
        let digits = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        if !is_number(digits) {
            return Err("expected a number");
        }
        self.at += digits.len();
        Ok(Json::Number(digits.to_owned()))
    }

    /// A text in quotes, of which the first comes next.
    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let c = rest.chars().next().ok_or("expected `\"`")?;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => out.push(self.escaped()?),
                c if c < ' ' => return Err("a control character is not escaped"),
                c => out.push(c),
            }
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> Read<char> {
        let kind = self.text.as_bytes().get(self.at).copied();
        let c = match kind {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err("this is no escape"),
        };
        self.at += 1;
        Ok(c)
    }

    /// A character by its digits, with both halves of one that has two.
    fn unicode(&mut self) -> Read<char> {
        const ALONE: &str = "half of a surrogate pair";
        let first = self.hex()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or(ALONE);
        }
        if !self.text[self.at..].starts_with("\\u") {
            return Err(ALONE);
        }
        self.at += 2;
        let second = self.hex()?;
        let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400).ok_or(ALONE)?;
        char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + low).ok_or(ALONE)
    }

    fn hex(&mut self) -> Read<u32> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()));
        let digits = digits.ok_or("expected four hexadecimal digits")?;
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| "expected four hexadecimal digits")
    }
}

/// Whether a text is a number of JSON: without leading zeros, with digits around the point.
fn is_number(text: &str) -> bool {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (text, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(text, e)| (text, Some(e)));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, f)| (whole, Some(f)));
    all_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(all_digits)
        && exponent.is_none_or(|e| all_digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values of `serde_json`.
    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<u64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::hash_map(any::<String>(), inner, 0..4)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    const BRACKETS: &str = r#"[\[\]{},:"0-9 ]{0,10}"#;
    const TEXTS: &str = r#""(\\[\\"/bfnrtu0]|\\u[dD][8-9cC][0-9]{2}|a){0,4}""#;
    const NUMBERS: &str = r"-?[0-9]{1,3}(\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?";

    proptest! {
        #[test]
        fn reads_what_others_write_and_writes_what_others_read(value in value()) {
            for text in [format!("{value}"), format!("{value:#}")] {
                let read = Json::parse(&text).unwrap();
                let mut pretty = String::new();
                read.pretty(&mut pretty, 0);
                for written in [read.to_string(), pretty] {
                    let again = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
                    prop_assert_eq!(again(&written), again(&text));
                }
            }
        }

        #[test]
        fn takes_the_texts_that_others_take(text in prop_oneof![BRACKETS, TEXTS, NUMBERS]) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let out_of_range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
            prop_assert_eq!(Json::parse(&text).is_ok(), theirs.is_ok() || out_of_range, "{}", text);
        }
    }

    #[test]
    fn is_as_pretty_as_that_of_others() {
        let text = r#"{"a":[1,{"b":[]}],"c":{},"d":"x\n"}"#;
        let mut pretty = String::new();
        Json::parse(text).unwrap().pretty(&mut pretty, 0);
        assert_eq!(pretty, format!("{:#}", serde_json::from_str::<serde_json::Value>(text).unwrap()));
    }

    #[test]
    fn tells_where_it_is_wrong() {
        let wrong = |text: &str| Json::parse(text).unwrap_err();
        assert_eq!(wrong("ada"), "expected a value at line 1 column 1");
        assert_eq!(wrong("{\n \"é\" 1}"), "expected `:` at line 2 column 6");
        assert_eq!(wrong("[1,]"), "expected a value at line 1 column 4");
        assert_eq!(
            wrong(r#"{"a":1,"a":2}"#),
            "a name stands twice in an object that ends at line 1 column 14"
        );
        assert_eq!(wrong("1 2"), "expected the end at line 1 column 3");
        assert!(wrong(&"[".repeat(100_000)).starts_with("too deep"));
    }
}
