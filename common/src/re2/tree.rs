//! What a pattern is made of, for who wants texts that it matches.

use super::{Parser, Result, bounds};

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A character.
    Char(char),
    /// One character of several.
    Set(Set),
    /// One after the other.
    Sequence(Vec<Node>),
    /// One of several.
    Choice(Vec<Node>),
    /// A part that is repeated, without an upper limit if that is `None`.
    Repeat(Box<Node>, u32, Option<u32>),
    /// The beginning of the text.
    Start,
    /// The end of the text.
    End,
    /// Whether a word of ASCII begins or ends here.
    Boundary(bool),
}

/// The tree of a pattern, or what is wrong with it. Flags are not in it: it is about most texts that the pattern matches,
/// and about few others.
pub fn tree(pattern: &str) -> Result<Node> {
    let mut parser = Parser::new(pattern, Some(Builder::default()));
    parser.run()?;
    Ok(parser.tree.take().map_or(Node::Sequence(Vec::new()), Builder::finish))
}

/// The tree while it is read.
pub(super) struct Builder {
    /// For each open group the choices, each a sequence.
    open: Vec<Vec<Vec<Node>>>,
}

impl Default for Builder {
    fn default() -> Self {
        Self { open: vec![vec![Vec::new()]] }
    }
}

impl Builder {
    fn sequence(&mut self) -> Option<&mut Vec<Node>> {
        self.open.last_mut()?.last_mut()
    }

    pub(super) fn push(&mut self, node: Node) {
        if let Some(sequence) = self.sequence() {
            sequence.push(node);
        }
    }

    pub(super) fn open(&mut self) {
        self.open.push(vec![Vec::new()]);
    }

    pub(super) fn bar(&mut self) {
        if let Some(choices) = self.open.last_mut() {
            choices.push(Vec::new());
        }
    }

    pub(super) fn close(&mut self) {
        if let Some(choices) = self.open.pop() {
            self.push(choice(choices));
        }
    }

    /// Repeats the last part as a sign says: `*`, `+?`, `{2,3}`.
    pub(super) fn repeat(&mut self, sign: &str) {
        let (min, max) = match sign.chars().next() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            _ => bounds(sign).map_or((1, Some(1)), |(min, max, _)| (min, max)),
        };
        let Some(sequence) = self.sequence() else { return };
        if let Some(last) = sequence.pop() {
            sequence.push(Node::Repeat(Box::new(last), min, max));
        }
    }

    fn finish(mut self) -> Node {
        self.open.pop().map_or(Node::Sequence(Vec::new()), choice)
    }
}

fn choice(choices: Vec<Vec<Node>>) -> Node {
    let mut choices: Vec<Node> = choices.into_iter().map(Node::Sequence).collect();
    match choices.len() {
        1 => choices.remove(0),
        _ => Node::Choice(choices),
    }
}

/// Characters. Of ASCII it has all that are in it, of others some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    ranges: Vec<(char, char)>,
}

/// Characters beyond ASCII that stand for their kind.
const BEYOND: &[char] = &[
    'é', 'ü', 'ß', 'Å', 'Ω', 'λ', 'я', 'Ж', '字', '漢', 'か', 'カ', '한', 'ا', 'א', 'ก', '٣', '—', '€', '😀',
];

impl Set {
    /// Any character of a line.
    pub(super) fn any() -> Self {
        let mut set = Self { ranges: vec![(' ', '~'), ('\t', '\t')] };
        set.ranges.extend(BEYOND.iter().map(|c| (*c, *c)));
        set
    }

    /// A class as it is written outside of brackets.
    pub(super) fn class(class: &str) -> Self {
        let mut set = Self::default();
        set.add_class(class);
        set
    }

    pub(super) fn add(&mut self, low: char, high: char) {
        self.ranges.push((low, high));
    }

    /// A class as the parser writes it: `[0-9]`, `[:alpha:]`, `\p{L}`.
    pub(super) fn add_class(&mut self, class: &str) {
        let (negative, name) = match class {
            "[0-9]" => (false, "digit"),
            "[^0-9]" => (true, "digit"),
            "[0-9A-Za-z_]" => (false, "word"),
            "[^0-9A-Za-z_]" => (true, "word"),
            "[\\t\\n\\x0C\\r ]" => (false, "space"),
            "[^\\t\\n\\x0C\\r ]" => (true, "space"),
            "[\\s\\S]" => (false, "any"),
            "[^\\s\\S]" => (true, "any"),
            _ => {
                let posix = class.strip_prefix("[:").and_then(|rest| rest.strip_suffix(":]"));
                let posix = posix.map(|name| (name.starts_with('^'), name.trim_start_matches('^')));
                let property = || {
                    let negative = class.contains("\\P") || class.starts_with("[^");
                    let name = class.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
                    name.map(|(name, _)| (negative, name))
                };
                match posix.or_else(property) {
                    Some(found) => found,
                    None => return,
                }
            }
        };
        let members = named(name);
        self.ranges.extend(if negative { members.inverse().ranges } else { members.ranges });
    }

    /// What is not in it.
    pub(super) fn inverse(&self) -> Self {
        let all = ('\0'..='\u{7f}').chain(BEYOND.iter().copied());
        Self { ranges: all.filter(|c| !self.has(*c)).map(|c| (c, c)).collect() }
    }

    /// Whether a character is in it.
    pub fn has(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c))
    }

    /// Characters of it, at most some of each range.
    pub fn members(&self) -> Vec<char> {
        self.ranges.iter().flat_map(|(low, high)| (*low..=*high).take(128)).collect()
    }
}

/// The characters of a class of POSIX, of a general category or of a script.
fn named(name: &str) -> Set {
    let ranges: &[(char, char)] = match name {
        "digit" | "N" | "Nd" => &[('0', '9')],
        "word" => &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        "space" => &[(' ', ' '), ('\t', '\n'), ('\u{c}', '\r')],
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "alpha" | "Script=Latin" => &[('a', 'z'), ('A', 'Z')],
        "L" => &[('a', 'z'), ('A', 'Z'), ('é', 'é'), ('Ω', 'Ω'), ('я', 'я'), ('字', '字'), ('か', 'か')],
        "lower" | "Ll" => &[('a', 'z')],
        "upper" | "Lu" => &[('A', 'Z')],
        "ascii" => &[('\0', '\u{7f}')],
        "any" => &[('\0', '\u{7f}'), ('é', 'é'), ('字', '字'), ('😀', '😀')],
        "blank" => &[(' ', ' '), ('\t', '\t')],
        "cntrl" | "Cc" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "graph" => &[('!', '~')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "xdigit" => &[('0', '9'), ('a', 'f'), ('A', 'F')],
        "P" => &[('!', '#'), ('%', '*'), (',', '/'), (':', ';'), ('?', '@'), ('[', ']'), ('_', '_')],
        "Pd" => &[('-', '-')],
        "Pc" => &[('_', '_')],
        "Ps" => &[('(', '('), ('[', '['), ('{', '{')],
        "Pe" => &[(')', ')'), (']', ']'), ('}', '}')],
        "Po" => &[('!', '#'), ('%', '\''), ('.', '/'), (':', ';'), ('?', '@')],
        "S" => &[('$', '$'), ('+', '+'), ('<', '>'), ('^', '^'), ('|', '|'), ('~', '~')],
        "Sc" => &[('$', '$'), ('€', '€')],
        "Sm" => &[('+', '+'), ('<', '>'), ('|', '|'), ('~', '~')],
        "Sk" => &[('^', '^'), ('`', '`')],
        "So" => &[('😀', '😀')],
        "Z" | "Zs" => &[(' ', ' ')],
        "Lo" => &[('字', '字'), ('か', 'か'), ('א', 'א')],
        "Script=Greek" => &[('α', 'ρ')],
        "Script=Cyrillic" => &[('а', 'я')],
        "Script=Han" => &[('字', '字'), ('漢', '漢')],
        "Script=Hiragana" => &[('か', 'ご')],
        "Script=Katakana" => &[('カ', 'ゴ')],
        "Script=Hangul" => &[('가', '각')],
        "Script=Arabic" => &[('ا', 'ا')],
        "Script=Hebrew" => &[('א', 'ת')],
        "Script=Thai" => &[('ก', 'ก')],
        _ => &[],
    };
    Set { ranges: ranges.to_vec() }
}
