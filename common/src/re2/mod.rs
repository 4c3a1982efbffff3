//! RE2's syntax in terms of the `regex` crate's. A pattern is parsed as RE2 parses it (with Perl's classes and flags, as CEL
//! has it) and written anew: what RE2 refuses is refused, and what the two write differently means what RE2 means.

use std::fmt::Write as _;

pub use tree::{Node, Set, tree};

use tree::Builder;

/// Or what is wrong with a pattern.
type Result<T> = std::result::Result<T, String>;

/// The most that a repetition may count, and repetitions inside of each other together.
const MAX_REPEAT: u32 = 1_000;

/// The pattern for the `regex` crate, or what is wrong with it.
pub fn translate(pattern: &str) -> Result<String> {
    let mut parser = Parser::new(pattern, None);
    parser.run()?;
    Ok(parser.out)
}

struct Parser<'p> {
    rest: &'p str,
    out: String,
    /// Of groups, which must differ.
    names: Vec<&'p str>,
    /// What it is made of, for who asks for that.
    tree: Option<Builder>,
}

/// What is in a group, or in the whole pattern.
#[derive(Clone, Copy)]
struct Group {
    /// What the repetitions inside come to together.
    size: u32,
    /// The same for what stands before, which a repetition would repeat; none, where nothing does.
    last: Option<u32>,
}

impl Group {
    const EMPTY: Self = Self { size: 1, last: None };

    fn add(&mut self, size: u32) {
        self.last = Some(size);
        self.size = self.size.max(size);
    }
}

/// A part of a bracket.
enum Part {
    Char(char),
    /// A class, as it is written inside brackets.
    Class(String),
}

impl<'p> Parser<'p> {
    fn new(pattern: &'p str, tree: Option<Builder>) -> Self {
        Self { rest: pattern, out: String::with_capacity(pattern.len() + 8), names: Vec::new(), tree }
    }

    /// A part that matches something by itself.
    fn push(&mut self, node: impl FnOnce() -> Node) {
        if let Some(tree) = &mut self.tree {
            tree.push(node());
        }
    }
}

impl Parser<'_> {
    fn take(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn take_if(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn run(&mut self) -> Result<()> {
        let mut groups = vec![Group::EMPTY];
        let mut repeated = false;
        while let Some(c) = self.rest.chars().next() {
            let after_repetition = std::mem::take(&mut repeated);
            let group = groups.last_mut().expect("the whole is a group");
            match c {
                '(' => {
                    if self.open()? {
                        groups.push(Group::EMPTY);
                        if let Some(tree) = &mut self.tree {
                            tree.open();
                        }
                    }
                }
                ')' => {
                    self.take();
                    let size = group.size;
                    groups.pop();
                    groups.last_mut().ok_or("a `)` closes nothing")?.add(size);
                    self.out.push(')');
                    if let Some(tree) = &mut self.tree {
                        tree.close();
                    }
                }
                '|' => {
                    self.take();
                    group.last = None;
                    self.out.push('|');
                    if let Some(tree) = &mut self.tree {
                        tree.bar();
                    }
                }
                '*' | '+' | '?' | '{' => match self.repetition()? {
                    None => {
                        self.take();
                        literal(&mut self.out, '{');
                        self.push(|| Node::Char('{'));
                        group.add(1);
                    }
                    Some((text, count)) => {
                        if after_repetition {
                            return Err("a repetition of a repetition".into());
                        }
                        let size = group.last.ok_or("a repetition of nothing")?;
                        let size = if count == 0 { 1 } else { size.saturating_mul(count) };
                        if size > MAX_REPEAT {
                            return Err(format!("it repeats more than {MAX_REPEAT} times"));
                        }
                        group.add(size);
                        self.out.push_str(&text);
                        if let Some(tree) = &mut self.tree {
                            tree.repeat(&text);
                        }
                        repeated = true;
                    }
                },
                '[' => {
                    self.bracket()?;
                    group.add(1);
                }
                '\\' if self.rest.starts_with("\\Q") => {
                    self.rest = &self.rest[2..];
                    let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                    for c in text.chars() {
                        literal(&mut self.out, c);
                        self.push(|| Node::Char(c));
                    }
                    self.rest = rest;
                    if !text.is_empty() {
                        group.add(1);
                    }
                }
                '\\' => {
                    self.take();
                    self.escape()?;
                    group.add(1);
                }
                '^' | '$' | '.' => {
                    self.take();
                    self.out.push(c);
                    self.push(|| match c {
                        '^' => Node::Start,
                        '$' => Node::End,
                        _ => Node::Set(Set::any()),
                    });
                    group.add(1);
                }
                c => {
                    self.take();
                    literal(&mut self.out, c);
                    self.push(|| Node::Char(c));
                    group.add(1);
                }
            }
        }
        if groups.len() > 1 { Err("a `(` is not closed".into()) } else { Ok(()) }
    }

    /// What follows a `(`: whether a group begins, and not flags for what follows.
    fn open(&mut self) -> Result<bool> {
        if !self.take_if("(?") {
            self.take();
            self.out.push('(');
            return Ok(true);
        }
        if self.take_if("P<") || self.take_if("<") {
            let (name, rest) = self.rest.split_once('>').ok_or("the name of a group has no end")?;
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(format!("`{name}` is not a name of a group"));
            }
            if self.names.contains(&name) {
                return Err(format!("two groups are called `{name}`"));
            }
            self.names.push(name);
            self.rest = rest;
            self.out.push('(');
            return Ok(true);
        }
        let (mut flags, mut negative, mut some) = (String::new(), false, false);
        loop {
            match self.take() {
                Some(c @ ('i' | 'm' | 's' | 'U')) => {
                    // A flag twice says the same.
                    let set = flags.rsplit('-').next().unwrap_or_default();
                    if !set.contains(c) {
                        flags.push(c);
                    }
                    some = true;
                }
                Some('-') if !negative => {
                    negative = true;
                    some = false;
                    flags.push('-');
                }
                Some(c @ (':' | ')')) if some || !negative => {
                    let (set, unset) = flags.split_once('-').unwrap_or((&flags, ""));
                    // The last word on a flag counts.
                    let set: String = set.chars().filter(|flag| !unset.contains(*flag)).collect();
                    let sign = if unset.is_empty() { "" } else { "-" };
                    if c == ':' || !flags.is_empty() {
                        let _ = write!(self.out, "(?{set}{sign}{unset}{c}");
                    }
                    return Ok(c == ':');
                }
                Some(c) => return Err(format!("`{c}` is not a flag of a group; there are i, m, s and U")),
                None => return Err("a `(` is not closed".into()),
            }
        }
    }

    /// A repetition and how often it repeats, as far as that is counted; none for a `{` that is a text.
    fn repetition(&mut self) -> Result<Option<(String, u32)>> {
        let (mut text, count) = match self.rest.chars().next() {
            Some('{') => {
                let Some((min, max, rest)) = bounds(self.rest) else { return Ok(None) };
                let most = max.unwrap_or(min);
                if min > MAX_REPEAT || most > MAX_REPEAT {
                    return Err(format!("it repeats more than {MAX_REPEAT} times"));
                }
                if most < min {
                    return Err("the bounds of a repetition are the wrong way round".into());
                }
                let text = self.rest[..self.rest.len() - rest.len()].to_owned();
                self.rest = rest;
                (text, most)
            }
            Some(c) => {
                self.take();
                (c.to_string(), 1)
            }
            None => return Ok(None),
        };
        if self.take_if("?") {
            text.push('?');
        }
        Ok(Some((text, count)))
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) -> Result<()> {
        match self.rest.chars().next() {
            Some(c @ ('A' | 'z')) => {
                self.take();
                self.out.push('\\');
                self.out.push(c);
                self.push(|| if c == 'A' { Node::Start } else { Node::End });
            }
            // Words are of ASCII.
            Some('b') => {
                self.take();
                self.out.push_str("(?-u:\\b)");
                self.push(|| Node::Boundary(true));
            }
            Some('B') => {
                self.take();
                self.out.push_str(NO_BOUNDARY);
                self.push(|| Node::Boundary(false));
            }
            Some('C') => return Err("`\\C` is not supported, since text is not bytes".into()),
            _ => match self.escaped()? {
                Part::Char(c) => {
                    literal(&mut self.out, c);
                    self.push(|| Node::Char(c));
                }
                Part::Class(class) => {
                    self.out.push_str(&class);
                    self.push(|| Node::Set(Set::class(&class)));
                }
            },
        }
        Ok(())
    }

    /// What follows a backslash anywhere: a character or a class.
    fn escaped(&mut self) -> Result<Part> {
        let Some(c) = self.take() else { return Err("it ends in a backslash".into()) };
        let class = |class: &str| Ok(Part::Class(class.to_owned()));
        match c {
            'd' => class("[0-9]"),
            'D' => class("[^0-9]"),
            'w' => class("[0-9A-Za-z_]"),
            'W' => class("[^0-9A-Za-z_]"),
            's' => class("[\\t\\n\\x0C\\r ]"),
            'S' => class("[^\\t\\n\\x0C\\r ]"),
            'p' | 'P' => self.property(c == 'P').map(Part::Class),
            'a' => Ok(Part::Char('\x07')),
            'f' => Ok(Part::Char('\x0C')),
            'n' => Ok(Part::Char('\n')),
            'r' => Ok(Part::Char('\r')),
            't' => Ok(Part::Char('\t')),
            'v' => Ok(Part::Char('\x0B')),
            'x' => self.hexadecimal().map(Part::Char),
            '1'..='7' if !self.rest.starts_with(is_octal) => {
                Err("it refers back to a group, which RE2 does not have".into())
            }
            '0'..='7' => {
                let mut code = u32::from(c) - u32::from('0');
                for _ in 0..2 {
                    if self.rest.starts_with(is_octal)
                        && let Some(digit) = self.take()
                    {
                        code = code * 8 + u32::from(digit) - u32::from('0');
                    }
                }
                char::from_u32(code)
                    .map(Part::Char)
                    .ok_or_else(|| "an octal escape is not a character".into())
            }
            c if c.is_ascii_punctuation() || c == ' ' || c.is_ascii_control() => Ok(Part::Char(c)),
            c => Err(format!("unknown escape `\\{c}`")),
        }
    }

    /// `\x7F` or `\x{10FFFF}`
    fn hexadecimal(&mut self) -> Result<char> {
        let digits = if self.take_if("{") {
            let (digits, rest) = self.rest.split_once('}').ok_or("an escape `\\x{` has no end")?;
            self.rest = rest;
            digits
        } else {
            let digits = self.rest.get(..2).ok_or("an escape `\\x` needs two digits")?;
            self.rest = &self.rest[2..];
            digits
        };
        let hexadecimal = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| hexadecimal);
        code.and_then(char::from_u32).ok_or_else(|| format!("`\\x{{{digits}}}` is not a character"))
    }

    /// `\pL`, `\p{Greek}`, `\p{^Greek}`, after the letter.
    fn property(&mut self, mut negative: bool) -> Result<String> {
        let name = if self.take_if("{") {
            let (name, rest) = self.rest.split_once('}').ok_or("an escape `\\p{` has no end")?;
            self.rest = rest;
            name
        } else {
            let length = self.rest.chars().next().ok_or("an escape `\\p` needs a class")?.len_utf8();
            let (name, rest) = self.rest.split_at(length);
            self.rest = rest;
            name
        };
        let name = match name.strip_prefix('^') {
            Some(name) => {
                negative = !negative;
                name
            }
            None => name,
        };
        let not = if negative { "^" } else { "" };
        match name {
            "Any" => return Ok(if negative { "[^\\s\\S]" } else { "[\\s\\S]" }.to_owned()),
            // No surrogate is in a text, and what is not assigned is in no class.
            "Cs" => return Ok(if negative { "[\\s\\S]" } else { "[^\\s\\S]" }.to_owned()),
            "C" => return Ok(format!("[{not}\\p{{Cc}}\\p{{Cf}}\\p{{Co}}]")),
            _ => {}
        }
        let letter = if negative { 'P' } else { 'p' };
        if CATEGORIES.contains(&name) {
            return Ok(format!("\\{letter}{{{name}}}"));
        }
        let script = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.len() > 2
            && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
        // Which there are, the crate says.
        if script {
            Ok(format!("\\{letter}{{Script={name}}}"))
        } else {
            Err(format!("unknown class `{name}`"))
        }
    }

    /// `[…]`
    fn bracket(&mut self) -> Result<()> {
        const OPEN: &str = "a `[` is not closed";
        self.take();
        self.out.push('[');
        let negative = self.take_if("^");
        if negative {
            self.out.push('^');
        }
        let mut set = Set::default();
        let mut first = true;
        loop {
            if self.rest.is_empty() {
                return Err(OPEN.into());
            }
            if !first && self.take_if("]") {
                self.out.push(']');
                self.push(|| Node::Set(if negative { set.inverse() } else { set }));
                return Ok(());
            }
            first = false;
            if self.rest.starts_with("[:")
                && let Some(end) = self.rest.find(":]")
            {
                let (class, rest) = self.rest.split_at(end + 2);
                let name = class[2..end].trim_start_matches('^');
                if !POSIX.contains(&name) || class[2..end].len() > name.len() + 1 {
                    return Err(format!("unknown class `{class}`"));
                }
                self.out.push_str(class);
                if self.tree.is_some() {
                    set.add_class(class);
                }
                self.rest = rest;
                continue;
            }
            let low = match self.part()? {
                Part::Class(class) => {
                    self.out.push_str(&class);
                    if self.tree.is_some() {
                        set.add_class(&class);
                    }
                    continue;
                }
                Part::Char(c) => c,
            };
            in_class(&mut self.out, low);
            let mut last = low;
            // A dash at the end is a dash.
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.take();
                if self.rest.is_empty() {
                    return Err(OPEN.into());
                }
                match self.part()? {
                    Part::Char(high) if high >= low => {
                        self.out.push('-');
                        in_class(&mut self.out, high);
                        last = high;
                    }
                    _ => return Err("a range of characters ends before it begins".into()),
                }
            }
            if self.tree.is_some() {
                set.add(low, last);
            }
        }
    }

    /// A character or a class inside of brackets.
    fn part(&mut self) -> Result<Part> {
        match self.take() {
            Some('\\') => self.escaped(),
            Some(c) => Ok(Part::Char(c)),
            None => Err("a `[` is not closed".into()),
        }
    }
}

/// Where no word of ASCII begins or ends.
const NO_BOUNDARY: &str = "(?-u:\\B)";

/// The general categories.
const CATEGORIES: [&str; 34] = [
    "Cc", "Cf", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P",
    "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// The classes of POSIX.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

fn is_octal(c: char) -> bool {
    ('0'..='7').contains(&c)
}

/// The bounds of `{n}`, `{n,}` or `{n,m}` and what follows; none, if it is written otherwise.
fn bounds(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (inner, rest) = text.strip_prefix('{')?.split_once('}')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let plain = text.len() == 1 || !text.starts_with('0');
        // What is longer is more than may be.
        (digits && plain).then(|| text.parse().unwrap_or(u32::MAX))
    };
    match inner.split_once(',') {
        None => number(inner).map(|n| (n, Some(n), rest)),
        Some((min, "")) => number(min).map(|min| (min, None, rest)),
        Some((min, max)) => Some((number(min)?, Some(number(max)?), rest)),
    }
}

fn literal(out: &mut String, c: char) {
    if "\\.+*?()|[]{}^$".contains(c) {
        out.push('\\');
    }
    out.push(c);
}

fn in_class(out: &mut String, c: char) {
    if c.is_ascii_punctuation() && !"<>_@!\"%',/:;=`".contains(c) {
        out.push('\\');
    }
    out.push(c);
}

mod tree;

#[cfg(test)]
mod tests;
