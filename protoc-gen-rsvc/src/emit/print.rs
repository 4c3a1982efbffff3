//! Tokens as text, without a syntax tree in between: for code of which there is much and whose forms are few.
//!
//! It knows what the code of JSON is made of: items, statements, calls, paths and `match`. `<` and `>` are always those of
//! generics there, and `&`, `*` and `!` have one operand. All else goes through `syn` and prettyplease.

use std::fmt::Write as _;

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// The widths that arrays and the arguments of calls are broken at. A call reads best on one line.
const ARRAY_WIDTH: usize = 100;
pub(super) const CALL_WIDTH: usize = 160;

pub(super) const INDENT: &str = "    ";

/// Items as text, with an empty line between two.
pub(super) fn items(items: impl IntoIterator<Item = TokenStream>) -> String {
    let mut out = String::new();
    for item in items {
        let mut printer = Printer::default();
        printer.lines(item);
        if !out.is_empty() && !printer.out.is_empty() {
            out.push('\n');
        }
        out.push_str(&printer.out);
    }
    out
}

/// An expression in a list that is not broken.
pub(super) fn expression(tokens: TokenStream) -> String {
    let mut printer = Printer { flat: true, ..Printer::default() };
    printer.inline(tokens);
    printer.out
}

/// A statement or a part of a list in blocks of a depth.
pub(super) fn statement(tokens: TokenStream, depth: usize) -> String {
    let mut printer = Printer { depth, ..Printer::default() };
    printer.lines(tokens);
    printer.out
}

/// What a token is to the one after it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Before {
    /// Nothing stands before it on its line or in its list.
    #[default]
    Start,
    /// What a path, a call, an index or generics may follow: a name, a literal, the end of a group.
    Operand,
    /// A word of the language, or a sign with a space behind it.
    Apart,
    /// A sign without a space behind it.
    Tight,
    /// The `#` of an attribute, and the attribute.
    Hash,
    Attribute,
}

#[derive(Default)]
struct Printer {
    out: String,
    depth: usize,
    before: Before,
    /// How wide the line is already.
    line: usize,
    /// Whether no list is broken now: to see how wide one around is without that.
    flat: bool,
}

impl Printer {
    /// Statements, items, arms and fields: each begins a line.
    fn lines(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        self.before = Before::Start;
        // How many generics are open.
        let mut angles = 0usize;
        while let Some(token) = tokens.next() {
            let ends_line = match &token {
                TokenTree::Punct(punct) => match punct.as_char() {
                    ';' => true,
                    ',' => angles == 0,
                    '<' => {
                        angles += 1;
                        false
                    }
                    '>' if !self.is_second("-") && !self.is_second("=") => {
                        angles = angles.saturating_sub(1);
                        false
                    }
                    _ => false,
                },
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let goes_on = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if matches!(next.as_char(), ';' | ',' | '.' | '?'))
                        || matches!(tokens.peek(), Some(TokenTree::Ident(next)) if next == "else");
                    !goes_on
                }
                TokenTree::Group(_) => self.before == Before::Hash,
                _ => false,
            };
            if self.before == Before::Start {
                self.indent();
            }
            self.token(token);
            if ends_line {
                self.newline();
            }
        }
        if self.before != Before::Start {
            self.newline();
        }
    }

    /// The tokens of a list or of a part of one, on one line but for what must have several.
    fn inline(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let last = tokens.peek().is_none();
            if !(last && is_comma(&token)) {
                self.token(token);
            }
        }
    }

    fn token(&mut self, token: TokenTree) {
        match token {
            TokenTree::Group(group) => self.group(group),
            TokenTree::Ident(ident) => {
                if !matches!(self.before, Before::Start | Before::Tight) {
                    self.push(" ");
                }
                let from = self.out.len();
                // A string takes everything.
                let _ = write!(self.out, "{ident}");
                self.line += self.out.len() - from;
                self.before = if is_word(&self.out[from..]) { Before::Apart } else { Before::Operand };
            }
            TokenTree::Literal(literal) => {
                if !matches!(self.before, Before::Start | Before::Tight) {
                    self.push(" ");
                }
                let from = self.out.len();
                let _ = write!(self.out, "{literal}");
                self.line += self.out.len() - from;
                self.before = Before::Operand;
            }
            TokenTree::Punct(punct) => self.sign(punct.as_char(), punct.spacing()),
        }
    }

    /// Whether what comes is the second half of a sign that begins so.
    fn is_second(&self, first: &str) -> bool {
        self.out.ends_with(first) && self.before == Before::Tight
    }

    fn sign(&mut self, sign: char, spacing: Spacing) {
        let (space_before, after) = match sign {
            '.' | '?' => (false, if sign == '.' { Before::Tight } else { Before::Operand }),
            // The second half of `::`, `->` and `=>`.
            ':' if self.is_second(":") => (false, Before::Tight),
            '>' if self.is_second("-") || self.is_second("=") => (false, Before::Apart),
            ':' if spacing == Spacing::Joint => (self.before == Before::Apart, Before::Tight),
            ':' | ',' | ';' => (false, Before::Apart),
            '-' | '=' if spacing == Spacing::Joint => (true, Before::Tight),
            '=' | '+' | '|' => (true, Before::Apart),
            '>' => (false, Before::Operand),
            '<' => (self.before == Before::Apart, Before::Tight),
            '#' => (false, Before::Hash),
            '!' => (self.before == Before::Apart, Before::Operand),
            // `&`, `*`, `-` and the mark of a lifetime.
            _ => (!matches!(self.before, Before::Start | Before::Tight), Before::Tight),
        };
        if space_before && self.before != Before::Start {
            self.push(" ");
        }
        self.out.push(sign);
        self.line += 1;
        self.before = after;
    }

    fn group(&mut self, group: Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Brace => return self.block(into_stream(group)),
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => return self.inline(into_stream(group)),
        };
        let attribute = self.before == Before::Hash;
        if self.before == Before::Apart {
            self.push(" ");
        }
        self.push(open);
        let (from, line) = (self.out.len(), self.line);
        self.before = Before::Tight;
        if attribute || self.flat {
            self.inline(into_stream(group));
        } else {
            self.flat = true;
            self.inline(group.stream());
            self.flat = false;
            if is_too_wide(&group, self.line) {
                self.out.truncate(from);
                self.line = line;
                self.broken(into_stream(group));
            }
        }
        self.push(close);
        self.before = if attribute { Before::Attribute } else { Before::Operand };
    }

    /// A list with a line for each of its parts.
    fn broken(&mut self, tokens: TokenStream) {
        self.out.push('\n');
        self.depth += 1;
        self.lines(tokens);
        // The last part may have no comma.
        if !self.out.ends_with(",\n") {
            self.out.insert(self.out.len() - 1, ',');
        }
        self.depth -= 1;
        self.indent();
    }

    fn block(&mut self, tokens: TokenStream) {
        if self.before != Before::Start {
            self.push(" ");
        }
        if tokens.is_empty() {
            self.push("{}");
        } else {
            self.push("{\n");
            self.depth += 1;
            self.lines(tokens);
            self.depth -= 1;
            self.indent();
            self.push("}");
        }
        self.before = Before::Apart;
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.line += text.len();
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str(INDENT);
        }
        self.line = self.depth * INDENT.len();
    }

    fn newline(&mut self) {
        self.out.push('\n');
        self.before = Before::Start;
        self.line = 0;
    }
}

/// What is in a group. Tokens that nobody else holds are not copied when they are walked.
#[allow(clippy::needless_pass_by_value)] // the group lets go of them
fn into_stream(group: Group) -> TokenStream {
    group.stream()
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',')
}

/// Whether a group that ends at a column gets a line for each of its parts.
fn is_too_wide(group: &Group, end: usize) -> bool {
    match group.delimiter() {
        Delimiter::Bracket => end > ARRAY_WIDTH && !group.stream().is_empty(),
        _ => end > CALL_WIDTH && group.stream().into_iter().any(|token| is_comma(&token)),
    }
}

/// Words that what follows stands apart from, if they are not raw.
fn is_word(ident: &str) -> bool {
    const WORDS: &[&str] = &[
        "as", "const", "dyn", "else", "fn", "for", "if", "impl", "in", "let", "match", "mut", "pub",
        "return", "static", "struct", "where", "while",
    ];
    WORDS.contains(&ident)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn code_reads_as_people_write_it() {
        let tokens = quote! {
            #[allow(deprecated)]
            const _: () = {
                static T: [::a::F; 2] = [::a::F::string("x", 1).packed(), ::a::F::message::<super::r#in::B>("a rather long name", 2).optional()];
                impl ::a::Json for B<'_> {
                    #[inline]
                    fn info(&self, r: &mut ::a::Reader<'_>) -> ::core::result::Result<(), ::a::Error> {
                        match &self.kind {
                            ::core::option::Option::Some(b::K::A(v)) => w.copied(&T[0], *v),
                            1 => {
                                if let ::core::option::Option::Some(v) = &mut self.x { f(v)? } else { g(); }
                                <Self as ::a::Json>::info()
                            },
                            _ => {}
                        }
                        r.map::<B, _>(&mut (*self.b))?;
                        ::core::result::Result::Ok(())
                    }
                }
            };
        };
        let expected = r#"#[allow(deprecated)]
const _: () = {
    static T: [::a::F; 2] = [
        ::a::F::string("x", 1).packed(),
        ::a::F::message::<super::r#in::B>("a rather long name", 2).optional(),
    ];
    impl ::a::Json for B<'_> {
        #[inline]
        fn info(&self, r: &mut ::a::Reader<'_>) -> ::core::result::Result<(), ::a::Error> {
            match &self.kind {
                ::core::option::Option::Some(b::K::A(v)) => w.copied(&T[0], *v),
                1 => {
                    if let ::core::option::Option::Some(v) = &mut self.x {
                        f(v)?
                    } else {
                        g();
                    }
                    <Self as ::a::Json>::info()
                },
                _ => {}
            }
            r.map::<B, _>(&mut (*self.b))?;
            ::core::result::Result::Ok(())
        }
    }
};
"#;
        let text = items([tokens.clone()]);
        assert_eq!(text, expected);
        // But for the comma behind a last part, these are the same tokens.
        let again: TokenStream = text.parse().expect("Rust");
        let plain = |tokens: &TokenStream| tokens.to_string().replace(' ', "").replace(",]", "]");
        assert_eq!(plain(&again), plain(&tokens));
    }

    #[test]
    fn there_is_an_empty_line_between_items() {
        assert_eq!(
            items([quote!(m!(a, b);), quote!(), quote!(impl A for B {})]),
            "m!(a, b);\n\nimpl A for B {}\n"
        );
    }
}
