//! Patterns of RE2 in the syntax of ECMA-262, which JSON Schema has, with its flag `u`.
//!
//! [`rsvc_common::re2`] reads RE2 and writes what the `regex` crate takes; regex-syntax reads that, and here it is
//! written. There are no flags inside of a pattern in ECMA-262, so what they do is written out.

use std::fmt::Write as _;

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassSet, ClassSetItem, ClassUnicode, ClassUnicodeKind, ClassUnicodeOpKind,
    Flag, FlagsItemKind, GroupKind, RepetitionKind, RepetitionRange,
};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Class, ClassUnicodeRange, HirKind};

/// Any character.
pub(super) const ANY: &str = "[\\s\\S]";

/// A pattern of RE2 in ECMA-262. `None` if ECMA-262 cannot say it, or if it is not a pattern of RE2.
pub(super) fn of_re2(pattern: &str) -> Option<String> {
    let Ok(rust) = rsvc_common::re2::translate(pattern) else { return None };
    let Ok(ast) = ast::parse::Parser::new().parse(&rust) else { return None };
    let mut out = Writer { rust: &rust, out: String::new() };
    out.ast(&ast, &mut Flags::default())?;
    Some(out.out)
}

/// A text as a pattern that it alone matches.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::new();
    text.chars().for_each(|c| character(&mut out, c, SYNTAX));
    out
}

/// A pattern that holds where each of these does.
pub(super) fn all_of(patterns: &[String]) -> Option<String> {
    match patterns {
        [] => None,
        [pattern] => Some(pattern.clone()),
        patterns => {
            let mut out = "^".to_owned();
            for pattern in patterns {
                let _ = write!(out, "(?={ANY}*(?:{pattern}))");
            }
            Some(out)
        }
    }
}

/// What has a meaning outside of brackets.
const SYNTAX: &str = "^$\\.*+?()[]{}|/";
/// What has a meaning inside of brackets.
const IN_CLASS: &str = "\\]^-[";

/// The flags in force.
#[derive(Clone, Copy, Default)]
struct Flags {
    case_insensitive: bool,
    multi_line: bool,
    dot_all: bool,
}

impl Flags {
    fn change(&mut self, flags: &ast::Flags) {
        let mut on = true;
        for item in &flags.items {
            match item.kind {
                FlagsItemKind::Negation => on = false,
                FlagsItemKind::Flag(Flag::CaseInsensitive) => self.case_insensitive = on,
                FlagsItemKind::Flag(Flag::MultiLine) => self.multi_line = on,
                FlagsItemKind::Flag(Flag::DotMatchesNewLine) => self.dot_all = on,
                // Which of several matches is taken says nothing of whether there is one.
                FlagsItemKind::Flag(_) => {}
            }
        }
    }
}

struct Writer<'p> {
    rust: &'p str,
    out: String,
}

impl Writer<'_> {
    /// Appends what the tree means; none, if it cannot be said.
    fn ast(&mut self, ast: &Ast, flags: &mut Flags) -> Option<()> {
        match ast {
            Ast::Empty(_) => {}
            Ast::Flags(set) => flags.change(&set.flags),
            Ast::Literal(found) if !flags.case_insensitive => character(&mut self.out, found.c, SYNTAX),
            Ast::Dot(_) => self.out.push_str(if flags.dot_all { ANY } else { "[^\\n]" }),
            Ast::Assertion(assertion) => self.out.push_str(match (&assertion.kind, flags.multi_line) {
                (AssertionKind::StartLine, true) => "(?<![^\\n])",
                (AssertionKind::EndLine, true) => "(?![^\\n])",
                (AssertionKind::StartText | AssertionKind::StartLine, _) => "^",
                (AssertionKind::EndText | AssertionKind::EndLine, _) => "$",
                (AssertionKind::WordBoundary, _) => "\\b",
                (AssertionKind::NotWordBoundary, _) => "\\B",
                _ => return None,
            }),
            Ast::ClassUnicode(class) if !flags.case_insensitive => self.out.push_str(&property(class)?),
            Ast::ClassBracketed(class) if !flags.case_insensitive => {
                let mut items = String::new();
                match &class.kind {
                    ClassSet::Item(item) if set(item, &mut items).is_some() => {
                        let not = if class.negated { "^" } else { "" };
                        let _ = write!(self.out, "[{not}{items}]");
                    }
                    _ => self.ranges(ast, *flags)?,
                }
            }
            Ast::Literal(_) | Ast::ClassUnicode(_) | Ast::ClassBracketed(_) | Ast::ClassPerl(_) => {
                self.ranges(ast, *flags)?;
            }
            Ast::Repetition(repetition) => {
                let is_atom = matches!(
                    &*repetition.ast,
                    Ast::Literal(_)
                        | Ast::Dot(_)
                        | Ast::ClassUnicode(_)
                        | Ast::ClassBracketed(_)
                        | Ast::Group(_)
                ) && !is_assertion(&repetition.ast);
                if is_atom {
                    self.ast(&repetition.ast, flags)?;
                } else {
                    self.grouped("(?:", &repetition.ast, *flags)?;
                }
                match &repetition.op.kind {
                    RepetitionKind::ZeroOrOne => self.out.push('?'),
                    RepetitionKind::ZeroOrMore => self.out.push('*'),
                    RepetitionKind::OneOrMore => self.out.push('+'),
                    RepetitionKind::Range(RepetitionRange::Exactly(n)) => {
                        let _ = write!(self.out, "{{{n}}}");
                    }
                    RepetitionKind::Range(RepetitionRange::AtLeast(n)) => {
                        let _ = write!(self.out, "{{{n},}}");
                    }
                    RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => {
                        let _ = write!(self.out, "{{{least},{most}}}");
                    }
                }
            }
            // A group for its flags alone, as that of `\b` is.
            Ast::Group(group) if is_assertion(ast) => self.ast(&group.ast, &mut flags.clone())?,
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(set) => {
                    let mut inner = *flags;
                    inner.change(set);
                    self.grouped("(?:", &group.ast, inner)?;
                }
                _ => self.grouped("(", &group.ast, *flags)?,
            },
            Ast::Alternation(alternation) => {
                for (index, ast) in alternation.asts.iter().enumerate() {
                    if index > 0 {
                        self.out.push('|');
                    }
                    self.ast(ast, flags)?;
                }
            }
            Ast::Concat(concat) => {
                for ast in &concat.asts {
                    self.ast(ast, flags)?;
                }
            }
        }
        Some(())
    }

    /// Flags that are set inside of a group end with it.
    fn grouped(&mut self, open: &str, ast: &Ast, mut flags: Flags) -> Option<()> {
        self.out.push_str(open);
        self.ast(ast, &mut flags)?;
        self.out.push(')');
        Some(())
    }

    /// A character or a class by the characters that are in it.
    fn ranges(&mut self, ast: &Ast, flags: Flags) -> Option<()> {
        // There are too many characters in a class by property, and more with each version of Unicode.
        if has_property(ast) {
            return None;
        }
        let mut translator = TranslatorBuilder::new().case_insensitive(flags.case_insensitive).build();
        let Ok(hir) = translator.translate(self.rust, ast) else { return None };
        match hir.kind() {
            HirKind::Literal(found) => {
                let text = std::str::from_utf8(&found.0).expect("the pattern is of characters");
                text.chars().for_each(|c| character(&mut self.out, c, SYNTAX));
            }
            HirKind::Class(Class::Unicode(class)) => {
                let mut negated = class.clone();
                negated.negate();
                match (class.ranges(), negated.ranges()) {
                    (_, []) => self.out.push_str(ANY),
                    (own, others) if others.len() < own.len() => self.bracket("[^", others),
                    (own, _) => self.bracket("[", own),
                }
            }
            // A class that is empty.
            HirKind::Class(_) | HirKind::Empty => self.out.push_str("[^\\s\\S]"),
            _ => return None,
        }
        Some(())
    }

    fn bracket(&mut self, open: &str, ranges: &[ClassUnicodeRange]) {
        self.out.push_str(open);
        for range in ranges {
            span(&mut self.out, range.start(), range.end());
        }
        self.out.push(']');
    }
}

/// Whether it is an assertion in a group that captures nothing.
fn is_assertion(ast: &Ast) -> bool {
    let Ast::Group(group) = ast else { return false };
    matches!((&group.kind, &*group.ast), (GroupKind::NonCapturing(_), Ast::Assertion(_)))
}

/// What is in brackets, as it is written; none where it has to be worked out.
fn set(item: &ClassSetItem, out: &mut String) -> Option<()> {
    match item {
        ClassSetItem::Empty(_) => {}
        ClassSetItem::Literal(found) => character(out, found.c, IN_CLASS),
        ClassSetItem::Range(range) => span(out, range.start.c, range.end.c),
        ClassSetItem::Unicode(class) => out.push_str(&property(class)?),
        ClassSetItem::Union(union) => {
            for item in &union.items {
                set(item, out)?;
            }
        }
        // A class in a class, of which `\d` is one.
        ClassSetItem::Bracketed(class) if !class.negated => match &class.kind {
            ClassSet::Item(item) => set(item, out)?,
            ClassSet::BinaryOp(_) => return None,
        },
        _ => return None,
    }
    Some(())
}

fn has_property(ast: &Ast) -> bool {
    fn within(item: &ClassSetItem) -> bool {
        match item {
            ClassSetItem::Unicode(_) => true,
            ClassSetItem::Union(union) => union.items.iter().any(within),
            ClassSetItem::Bracketed(class) => in_set(&class.kind),
            _ => false,
        }
    }
    fn in_set(set: &ClassSet) -> bool {
        match set {
            ClassSet::Item(item) => within(item),
            ClassSet::BinaryOp(_) => true,
        }
    }
    match ast {
        Ast::ClassUnicode(_) => true,
        Ast::ClassBracketed(class) => in_set(&class.kind),
        _ => false,
    }
}

/// `\p{L}`
fn property(class: &ClassUnicode) -> Option<String> {
    let letter = if class.is_negated() { 'P' } else { 'p' };
    Some(match &class.kind {
        ClassUnicodeKind::OneLetter(name) => format!("\\{letter}{{{name}}}"),
        ClassUnicodeKind::Named(name) => format!("\\{letter}{{{name}}}"),
        ClassUnicodeKind::NamedValue { op: ClassUnicodeOpKind::Equal, name, value } => {
            format!("\\{letter}{{{name}={value}}}")
        }
        ClassUnicodeKind::NamedValue { .. } => return None,
    })
}

fn span(out: &mut String, first: char, last: char) {
    character(out, first, IN_CLASS);
    if first < last {
        if u32::from(first) + 1 < u32::from(last) {
            out.push('-');
        }
        character(out, last, IN_CLASS);
    }
}

/// A character, escaped where it has a meaning or cannot be seen.
fn character(out: &mut String, c: char, special: &str) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if special.contains(c) => out.extend(['\\', c]),
        ' '..='~' => out.push(c),
        c if c.is_alphanumeric() => out.push(c),
        c if u32::from(c) <= 0xff => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c if u32::from(c) <= 0xffff => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        c => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

#[cfg(test)]
mod tests;
