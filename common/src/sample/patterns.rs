//! Texts that a regular expression matches.

use super::random::Random;
use crate::re2::{Node, Set, tree};

/// A pattern that texts are made from.
pub(super) struct Pattern(Node);

/// How many steps a match may take.
const STEPS: u32 = 20_000;
/// How long a text may become.
const MOST: usize = 4_096;

impl Pattern {
    /// Of a pattern of RE2.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        tree(pattern).ok().map(Self)
    }

    /// A text, in which what may be repeated without end is so up to `stretch` times more often than it has to.
    pub(super) fn text(&self, stretch: u32, random: &mut Random) -> Option<String> {
        let mut out = String::new();
        write(&self.0, stretch, &mut random.wild(), random.is_calm(), &mut out);
        random.number();
        (out.len() <= MOST).then_some(out)
    }

    /// Whether the pattern, without its flags, is found in a text. False where that takes too long to find out.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let mut matcher = Matcher { chars: &chars, left: STEPS };
        (0..=chars.len()).any(|at| matcher.run(&[&self.0], at))
    }
}

fn write(node: &Node, stretch: u32, random: &mut Random, calm: bool, out: &mut String) {
    if out.len() > MOST {
        return;
    }
    match node {
        Node::Char(c) => out.push(*c),
        Node::Set(set) => out.extend(member(set, random)),
        Node::Sequence(nodes) => nodes.iter().for_each(|node| write(node, stretch, random, calm, out)),
        Node::Choice(nodes) => {
            let chosen = if calm && stretch <= 4 { nodes.first() } else { random.pick(nodes) };
            if let Some(node) = chosen {
                write(node, stretch, random, calm, out);
            }
        }
        Node::Repeat(node, min, max) => {
            let room = max.map_or(stretch, |max| max.saturating_sub(*min).min(stretch.max(1)));
            let more = if calm { room } else { u32::try_from(random.below(room as usize + 1)).unwrap_or(0) };
            for _ in 0..min + more {
                write(node, stretch, random, calm, out);
            }
        }
        Node::Start | Node::End | Node::Boundary(_) => {}
    }
}

/// A character of the set: a letter or a digit, if there is one.
fn member(set: &Set, random: &mut Random) -> Option<char> {
    let members = set.members();
    let good = |test: fn(&char) -> bool| -> Vec<char> { members.iter().copied().filter(test).collect() };
    let lower = good(char::is_ascii_lowercase);
    let plain = good(char::is_ascii_alphanumeric);
    let printed = good(|c| !c.is_control());
    let from = match random.below(12) {
        _ if members.is_empty() => return None,
        0..=7 if !lower.is_empty() => lower,
        0..=10 if !plain.is_empty() => plain,
        _ if !printed.is_empty() => printed,
        _ => members,
    };
    random.pick(&from).copied()
}

/// Matching by trying one way after the other.
struct Matcher<'c> {
    chars: &'c [char],
    left: u32,
}

impl Matcher<'_> {
    /// Whether the nodes match from a place on, one after the other.
    fn run(&mut self, nodes: &[&Node], at: usize) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let Some((first, rest)) = nodes.split_first() else { return true };
        match first {
            Node::Char(c) => self.chars.get(at) == Some(c) && self.run(rest, at + 1),
            Node::Set(set) => self.chars.get(at).is_some_and(|c| set.has(*c)) && self.run(rest, at + 1),
            Node::Sequence(inner) => {
                let all: Vec<&Node> = inner.iter().chain(rest.iter().copied()).collect();
                self.run(&all, at)
            }
            Node::Choice(choices) => choices.iter().any(|choice| {
                let all: Vec<&Node> = std::iter::once(choice).chain(rest.iter().copied()).collect();
                self.run(&all, at)
            }),
            Node::Repeat(inner, min, max) => self.repeat(inner, (*min, *max), rest, at),
            Node::Start => at == 0 && self.run(rest, at),
            Node::End => at == self.chars.len() && self.run(rest, at),
            Node::Boundary(wanted) => {
                let is_word = |at: Option<usize>| {
                    let c = at.and_then(|at| self.chars.get(at));
                    c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_')
                };
                (is_word(at.checked_sub(1)) != is_word(Some(at))) == *wanted && self.run(rest, at)
            }
        }
    }

    fn repeat(&mut self, inner: &Node, (min, max): (u32, Option<u32>), rest: &[&Node], at: usize) -> bool {
        // Of single characters as many as there are, then fewer.
        if matches!(inner, Node::Char(_) | Node::Set(_)) {
            let fits = |c: &char| match inner {
                Node::Char(wanted) => c == wanted,
                Node::Set(set) => set.has(*c),
                _ => false,
            };
            let most = max.map_or(usize::MAX, |max| max as usize);
            let count =
                self.chars[at.min(self.chars.len())..].iter().take(most).take_while(|c| fits(c)).count();
            return (min as usize..=count).rev().any(|count| self.run(rest, at + count));
        }
        if min == 0 && self.run(rest, at) {
            return true;
        }
        if max == Some(0) {
            return false;
        }
        let again = Node::Repeat(Box::new(inner.clone()), min.saturating_sub(1), max.map(|max| max - 1));
        let all: Vec<&Node> = [inner, &again].into_iter().chain(rest.iter().copied()).collect();
        self.run(&all, at)
    }
}
