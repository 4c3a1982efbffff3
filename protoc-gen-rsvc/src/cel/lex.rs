//! Source to tokens.

use super::ast::Span;
use super::error::CelError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Ident(String),
    /// A name in backticks, only good as a field.
    Quoted(String),
    Int(u64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

impl Token {
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Ident(name) => format!("`{name}`"),
            Self::Quoted(name) => format!("`` `{name}` ``"),
            Self::Int(_) | Self::Uint(_) | Self::Double(_) => "a number".into(),
            Self::String(_) => "a string".into(),
            Self::Bytes(_) => "bytes".into(),
            Self::Sign(s) => format!("`{s}`"),
            Self::End => "the end of the expression".into(),
        }
    }
}

const SIGNS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}", "=",
];

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

/// All tokens with their places, ending in [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, CelError> {
    if u32::try_from(text.len()).is_err() {
        return Err(CelError::syntax(Span::default(), "the expression is too long"));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    loop {
        lexer.skip_blank();
        let start = lexer.at;
        let token = lexer.token()?;
        let end = token == Token::End;
        out.push((token, lexer.span(start)));
        if end {
            return Ok(out);
        }
    }
}

impl Lexer<'_> {
    fn span(&self, start: usize) -> Span {
        let place = |at: usize| u32::try_from(at).expect("the length was checked on entry");
        Span { start: place(start), end: place(self.at) }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blank(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' => self.at += 1,
                b'/' if self.rest().starts_with("//") => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                _ => return,
            }
        }
    }

    fn token(&mut self) -> Result<Token, CelError> {
        let start = self.at;
        let Some(c) = self.peek() else { return Ok(Token::End) };
        if let Some(prefix) = self.string_prefix() {
            return self.string(prefix);
        }
        match c {
            b'0'..=b'9' => self.number(),
            b'.' if self.text.as_bytes().get(self.at + 1).is_some_and(u8::is_ascii_digit) => self.number(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let length =
                    self.rest().bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                self.at += length;
                Ok(Token::Ident(self.text[start..self.at].to_owned()))
            }
            b'`' => self.quoted(),
            _ => {
                let Some(sign) = SIGNS.iter().find(|s| self.rest().starts_with(**s)) else {
                    let c = self.rest().chars().next().unwrap_or('\0');
                    self.at += c.len_utf8();
                    return Err(CelError::syntax(self.span(start), format!("unexpected character {c:?}")));
                };
                self.at += sign.len();
                if *sign == "=" {
                    return Err(CelError::syntax(
                        self.span(start),
                        "`=` is not an operator; equality is `==`",
                    ));
                }
                Ok(Token::Sign(sign))
            }
        }
    }

    fn quoted(&mut self) -> Result<Token, CelError> {
        let start = self.at;
        self.at += 1;
        let length = self.rest().find(['`', '\n']).unwrap_or(self.rest().len());
        let name = self.rest()[..length].to_owned();
        self.at += length;
        if self.peek() != Some(b'`') {
            return Err(CelError::syntax(self.span(start), "the name in backticks is not closed"));
        }
        self.at += 1;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.-/ ".contains(c);
        if name.is_empty() || !name.chars().all(fits) {
            return Err(CelError::syntax(self.span(start), "bad name in backticks"));
        }
        Ok(Token::Quoted(name))
    }

    fn digits(&mut self) -> usize {
        let length = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += length;
        length
    }

    fn number(&mut self) -> Result<Token, CelError> {
        let start = self.at;
        let rest = self.rest().as_bytes();
        if rest.len() > 2 && rest[0] == b'0' && matches!(rest[1], b'x' | b'X') && rest[2].is_ascii_hexdigit()
        {
            self.at += 2;
            let from = self.at;
            self.at += self.rest().bytes().take_while(u8::is_ascii_hexdigit).count();
            return self.integer(start, from, 16);
        }
        self.digits();
        let mut double = false;
        if self.peek() == Some(b'.') && self.text.as_bytes().get(self.at + 1).is_some_and(u8::is_ascii_digit)
        {
            self.at += 1;
            self.digits();
            double = true;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            let back = self.at;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                self.at = back;
            } else {
                double = true;
            }
        }
        if !double {
            return self.integer(start, start, 10);
        }
        self.no_letter(start)?;
        let text = &self.text[start..self.at];
        let value: f64 =
            text.parse().map_err(|_| CelError::syntax(self.span(start), format!("bad number `{text}`")))?;
        Ok(Token::Double(value))
    }

    fn integer(&mut self, start: usize, from: usize, radix: u32) -> Result<Token, CelError> {
        let value = u64::from_str_radix(&self.text[from..self.at], radix)
            .map_err(|_| CelError::syntax(self.span(start), "the number does not fit in 64 bits"))?;
        if matches!(self.peek(), Some(b'u' | b'U')) {
            self.at += 1;
            self.no_letter(start)?;
            return Ok(Token::Uint(value));
        }
        self.no_letter(start)?;
        Ok(Token::Int(value))
    }

    /// A number is not followed by a letter: `1m` is a mistake, not two tokens.
    fn no_letter(&mut self, start: usize) -> Result<(), CelError> {
        match self.rest().chars().next() {
            Some(c) if c.is_alphanumeric() || c == '_' => {
                self.at += c.len_utf8();
                Err(CelError::syntax(
                    self.span(start),
                    format!("bad number `{}`", &self.text[start..self.at]),
                ))
            }
            _ => Ok(()),
        }
    }

    /// The length of `r`, `b`, `rb`… before a quote, and whether the string is raw or bytes.
    fn string_prefix(&self) -> Option<StringPrefix> {
        let bytes = self.rest().as_bytes();
        let (mut raw, mut binary) = (false, false);
        for (length, c) in bytes.iter().enumerate().take(3) {
            match c {
                b'r' | b'R' if !raw => raw = true,
                b'b' | b'B' if !binary => binary = true,
                b'"' | b'\'' => return Some(StringPrefix { length, raw, binary }),
                _ => return None,
            }
        }
        None
    }

    fn string(&mut self, prefix: StringPrefix) -> Result<Token, CelError> {
        let start = self.at;
        self.at += prefix.length;
        let quote = &self.text[self.at..=self.at];
        let triple = quote.repeat(3);
        let close = if self.rest().starts_with(&triple) { triple.as_str() } else { quote };
        self.at += close.len();
        let mut out = Contents { bytes: Vec::new(), binary: prefix.binary };
        loop {
            if self.rest().starts_with(close) {
                self.at += close.len();
                break;
            }
            let Some(c) = self.rest().chars().next() else {
                return Err(CelError::syntax(self.span(start), "the string is not closed"));
            };
            if c == '\n' && close.len() == 1 {
                return Err(CelError::syntax(self.span(start), "the string is not closed on its line"));
            }
            if c == '\\' && !prefix.raw {
                self.escape(&mut out)?;
            } else {
                self.at += c.len_utf8();
                out.push_char(c);
            }
        }
        if prefix.binary {
            return Ok(Token::Bytes(out.bytes));
        }
        // Text is only ever pushed as whole characters, so this cannot fail.
        String::from_utf8(out.bytes)
            .map(Token::String)
            .map_err(|_| CelError::syntax(self.span(start), "the string is not UTF-8"))
    }

    fn escape(&mut self, out: &mut Contents) -> Result<(), CelError> {
        let start = self.at;
        self.at += 1;
        let c = self.rest().chars().next().unwrap_or('\0');
        self.at += c.len_utf8().min(self.text.len() - self.at);
        let (digits, radix) = match c {
            'a' => return out.simple('\x07'),
            'b' => return out.simple('\x08'),
            'f' => return out.simple('\x0c'),
            'n' => return out.simple('\n'),
            'r' => return out.simple('\r'),
            't' => return out.simple('\t'),
            'v' => return out.simple('\x0b'),
            '\\' | '?' | '"' | '\'' | '`' => return out.simple(c),
            'x' | 'X' => (2, 16),
            'u' if !out.binary => (4, 16),
            'U' if !out.binary => (8, 16),
            '0'..='3' => {
                self.at -= 1;
                (3, 8)
            }
            _ => return Err(CelError::syntax(self.span(start), format!("unknown escape `\\{c}`"))),
        };
        // The parser of numbers would take a sign as well.
        let written = self.rest().get(..digits).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(Ok(code)) = written.map(|d| u32::from_str_radix(d, radix)) else {
            return Err(CelError::syntax(
                self.span(start),
                format!("an escape with {digits} digits is incomplete"),
            ));
        };
        self.at += digits;
        if out.binary {
            out.bytes.push(code.to_le_bytes()[0]);
            return Ok(());
        }
        match char::from_u32(code) {
            Some(c) => out.simple(c),
            None => Err(CelError::syntax(self.span(start), "the escape is not a Unicode character")),
        }
    }
}

#[derive(Clone, Copy)]
struct StringPrefix {
    length: usize,
    raw: bool,
    binary: bool,
}

struct Contents {
    bytes: Vec<u8>,
    binary: bool,
}

impl Contents {
    fn push_char(&mut self, c: char) {
        self.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    #[allow(clippy::unnecessary_wraps)] // so that every arm of the escape table has one shape
    fn simple(&mut self, c: char) -> Result<(), CelError> {
        self.push_char(c);
        Ok(())
    }
}
