//! Values in braces: protobuf's text format, as bytes.

use super::report::Problem;
use super::schema::{FieldType, MessageType};
use super::value::{self, Misfit, Plain};
use super::{Interpreter, parent};
use crate::input::lexer::{Token, TokenKind};
use crate::input::raw::{self, Type};
use crate::sorted::SortedMap;

/// Prefixes of types in `Any` that protoc takes.
const ANY_PREFIXES: [&str; 2] = ["type.googleapis.com", "type.googleprod.com"];

pub(super) struct TextParser<'t, 'i, 'a> {
    pub(super) tokens: &'t [Token<'t>],
    pub(super) at: usize,
    pub(super) interpreter: &'i mut Interpreter<'a>,
}

/// What a name stands for.
enum Named<'a> {
    Field(FieldType<'a>),
    Any(String, MessageType<'a>),
    /// Of a field that is gone: its value is skipped.
    Reserved,
}

impl<'t, 'a> TextParser<'t, '_, 'a> {
    /// The whole text as a message.
    pub(super) fn whole(mut self, message: MessageType<'a>, out: &mut Vec<u8>) -> Result<(), Problem> {
        self.fields(message, None, out)
    }

    fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is(sign));
        self.at += usize::from(is_next);
        is_next
    }

    /// A problem at the next token.
    fn problem(&self, text: impl Into<String>) -> Problem {
        Problem::in_value(self.at.min(self.tokens.len().saturating_sub(1)), text)
    }

    fn expected(&self, what: &str) -> Problem {
        match self.peek() {
            Some(token) => self.problem(format!("expected {what}, but found `{}`", token.text)),
            None => self.problem(format!("expected {what}, but the value ends")),
        }
    }

    /// Fields up to `close`, or to the end of the text.
    fn fields(
        &mut self,
        message: MessageType<'a>,
        close: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let mut seen: SortedMap<u32, FieldType> = SortedMap::new();
        loop {
            match close {
                Some(close) if self.takes(close) => break,
                None if self.peek().is_none() => break,
                _ => {}
            }
            let name_at = self.at;
            match self.name(message)? {
                Named::Reserved => {
                    self.takes(":");
                    self.skip_value();
                }
                Named::Any(url, inner) => {
                    self.takes(":");
                    let mut content = Vec::new();
                    self.braces(inner, &mut content)?;
                    prost::encoding::string::encode(1, &url, out);
                    prost::encoding::bytes::encode(2, &content, out);
                }
                Named::Field(field) => {
                    check_again(message, field, &seen, name_at)?;
                    seen.insert(field.number(), field);
                    let is_message = field.message().is_some();
                    if !self.takes(":") && !is_message {
                        return Err(self.expected("`:`"));
                    }
                    if field.is_repeated() && self.takes("[") {
                        self.list(field, out)?;
                    } else {
                        self.value(field, out)?;
                    }
                }
            }
            if !self.takes(",") {
                self.takes(";");
            }
        }
        let missing = message.fields().find(|f| f.is_required() && !seen.contains_key(&f.number()));
        match missing {
            Some(field) => {
                self.at = self.at.saturating_sub(1);
                Err(self.problem(format!("`{}` needs its field `{}`", message.name, field.field.name())))
            }
            None => Ok(()),
        }
    }

    fn name(&mut self, message: MessageType<'a>) -> Result<Named<'a>, Problem> {
        let start = self.at;
        if self.takes("[") {
            let mut name = String::new();
            while !self.takes("]") {
                let token =
                    self.peek().filter(|t| t.kind == TokenKind::Word || matches!(t.text, "." | "/" | "-"));
                let Some(token) = token else { return Err(self.expected("the name of an extension")) };
                name.push_str(token.text);
                self.at += 1;
            }
            return self.bracketed(message, &name).map_err(|problem| problem.at_token(start));
        }
        let Some(token) = self.peek().filter(|token| token.kind == TokenKind::Word) else {
            return Err(self.expected("the name of a field"));
        };
        let name = token.text;
        if let Some(field) = message.field_in_text(name) {
            self.interpreter.check_use(field).map_err(|problem| problem.at_token(start))?;
            self.at += 1;
            return Ok(Named::Field(field));
        }
        if message.is_reserved(name) {
            self.at += 1;
            return Ok(Named::Reserved);
        }
        let text = format!("field `{name}` not found for message `{}`", message.name);
        Err(self.problem(text).near(name, message.fields().map(|field| field.field.name())))
    }

    fn bracketed(&mut self, message: MessageType<'a>, name: &str) -> Result<Named<'a>, Problem> {
        if let Some((prefix, type_name)) = name.rsplit_once('/') {
            let known = message.name == "google.protobuf.Any" && ANY_PREFIXES.contains(&prefix);
            let found = self.interpreter.visible_message(type_name).filter(|_| known);
            return found
                .map(|found| Named::Any(name.to_owned(), found))
                .ok_or_else(|| Problem::in_value(0, format!("`[{name}]` is not a message in an `Any`")));
        }
        let found = self.interpreter.extension_in_text(name, parent(message.name), message);
        let missing = || format!("extension `{name}` not found for message `{}`", message.name);
        let field = found.ok_or_else(|| Problem::in_value(0, missing()))?;
        self.interpreter.check_use(field)?;
        Ok(Named::Field(field))
    }

    /// The rest of a list that is open already.
    fn list(&mut self, field: FieldType<'a>, out: &mut Vec<u8>) -> Result<(), Problem> {
        if self.takes("]") {
            return Ok(());
        }
        loop {
            self.value(field, out)?;
            if self.takes("]") {
                return Ok(());
            }
            if !self.takes(",") {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn braces(&mut self, message: MessageType<'a>, out: &mut Vec<u8>) -> Result<(), Problem> {
        if self.takes("{") {
            self.fields(message, Some("}"), out)
        } else if self.takes("<") {
            self.fields(message, Some(">"), out)
        } else {
            Err(self.expected("`{`"))
        }
    }

    fn value(&mut self, field: FieldType<'a>, out: &mut Vec<u8>) -> Result<(), Problem> {
        if let Some(message) = field.message() {
            let mut content = Vec::new();
            self.braces(message, &mut content)?;
            value::write_message(field, &content, out);
            return Ok(());
        }
        let start = self.at;
        let negative = self.takes("-");
        let Some(token) = self.peek() else { return Err(self.expected("a value")) };
        let bytes;
        let plain = match token.kind {
            TokenKind::Text => {
                bytes = self.strings();
                (!negative).then_some(Plain::Text(&bytes))
            }
            TokenKind::Number => number(token.text, negative, field.ty()),
            TokenKind::Word => word(token.text, negative, field.ty()),
            TokenKind::Sign => None,
        };
        self.at += usize::from(token.kind != TokenKind::Text);
        let misfit = match &plain {
            Some(Plain::Integer(number)) if field.ty() == Type::Enum => {
                return self.enum_number(field, *number, start, out);
            }
            Some(plain) => match value::write(field, plain, out) {
                Ok(()) => return Ok(()),
                Err(misfit) => misfit,
            },
            None => Misfit::Type,
        };
        self.at = start;
        Err(self.misfit(field, misfit))
    }

    fn misfit(&self, field: FieldType<'a>, misfit: Misfit) -> Problem {
        let found = self.peek().map_or("", |token| token.text);
        let sign =
            if found == "-" { self.tokens.get(self.at + 1).map_or("", |token| token.text) } else { "" };
        match misfit {
            Misfit::Range => {
                self.problem(format!("`{found}{sign}` is out of range for `{}`", field.type_name()))
            }
            Misfit::Utf8 => self.problem("a string that is not UTF-8 cannot be kept"),
            Misfit::Type => match field.enumeration() {
                Some(known) if self.peek().is_some_and(|token| token.kind == TokenKind::Word) => {
                    let text = format!("enum `{}` has no value `{found}`", known.name);
                    self.problem(text).near(found, known.enumeration.value.iter().map(raw::EnumValue::name))
                }
                _ => self.expected(wanted(field.ty())),
            },
        }
    }

    fn enum_number(
        &mut self,
        field: FieldType<'a>,
        number: i128,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let known = field.enumeration().expect("only asked for enums");
        let number = i32::try_from(number).ok();
        let named = |number| known.enumeration.value.iter().any(|value| value.number() == number);
        let Some(number) = number.filter(|number| named(*number) || !known.is_closed()) else {
            self.at = start;
            return Err(self.problem(format!("enum `{}` has no such value", known.name)));
        };
        value::write_enum_number(field, number, out);
        Ok(())
    }

    /// Strings beside each other are one.
    fn strings(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(token) = self.peek().filter(|token| token.kind == TokenKind::Text) {
            bytes.extend(token.content());
            self.at += 1;
        }
        bytes
    }

    /// Over whatever stands behind a name.
    fn skip_value(&mut self) {
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            let opens = token.is("{") || token.is("<") || token.is("[");
            let closes = token.is("}") || token.is(">") || token.is("]");
            if closes && depth == 0 {
                return;
            }
            let (text, sign) = (token.kind == TokenKind::Text, token.is("-"));
            self.at += 1;
            depth = if opens { depth + 1 } else { depth - usize::from(closes) };
            let more = text && self.peek().is_some_and(|next| next.kind == TokenKind::Text);
            if depth == 0 && !sign && !more {
                return;
            }
        }
    }
}

/// A field that may not come again, or beside one of the same oneof.
fn check_again<'a>(
    message: MessageType<'a>,
    field: FieldType<'a>,
    seen: &SortedMap<u32, FieldType<'a>>,
    name_at: usize,
) -> Result<(), Problem> {
    let name = field.field.name();
    if !field.is_repeated() && seen.contains_key(&field.number()) {
        return Err(Problem::in_value(name_at, format!("field `{name}` is set twice")));
    }
    let Some(oneof) = field.field.oneof_index else { return Ok(()) };
    let same = seen.values().find(|f| f.field.extendee.is_none() && f.field.oneof_index == Some(oneof));
    same.map_or(Ok(()), |other| {
        let (oneof, other) = (message.oneof_name(oneof), other.field.name());
        Err(Problem::in_value(name_at, format!("`{other}` and `{name}` are of one oneof, `{oneof}`")))
    })
}

/// What a value of a type looks like.
fn wanted(ty: Type) -> &'static str {
    match ty {
        Type::Double | Type::Float => "a number",
        Type::Bool => "`true` or `false`",
        Type::String | Type::Bytes => "a string",
        Type::Enum => "the name of an enum's value",
        Type::Message | Type::Group => "`{`",
        _ => "an integer",
    }
}

/// A number for a type: one with a base is an integer only.
fn number(text: &str, negative: bool, ty: Type) -> Option<Plain<'static>> {
    let sign = |value: i128| if negative { -value } else { value };
    let is_float = matches!(ty, Type::Double | Type::Float);
    let based = text.len() > 1 && text.starts_with('0') && !text.contains(['.', 'e', 'E']);
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let integer = match hex {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if based => u64::from_str_radix(text, 8).ok(),
        None => text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten(),
    };
    match integer {
        _ if is_float && (hex.is_some() || based) => None,
        Some(_) | None if is_float => {
            let value: f64 = text.parse().ok()?;
            Some(Plain::Float(if negative { -value } else { value }))
        }
        Some(value) if ty == Type::Bool => match value {
            0 if !negative => Some(Plain::Word("false")),
            1 if !negative => Some(Plain::Word("true")),
            _ => None,
        },
        Some(value) => Some(Plain::Integer(sign(i128::from(value)))),
        // More digits than any type has: out of range, not something else.
        None if text.bytes().all(|b| b.is_ascii_digit()) => Some(Plain::Integer(sign(i128::MAX))),
        None => None,
    }
}

fn word(text: &str, negative: bool, ty: Type) -> Option<Plain<'_>> {
    if matches!(ty, Type::Double | Type::Float) {
        let value = match text.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => f64::INFINITY,
            "nan" => f64::NAN,
            _ => return None,
        };
        return Some(Plain::Float(if negative { -value } else { value }));
    }
    let plain = match (ty, text) {
        (Type::Bool, "True" | "t") => "true",
        (Type::Bool, "False" | "f") => "false",
        _ => text,
    };
    (!negative).then_some(Plain::Word(plain))
}
