//! All path templates of a server as one tree: a node for each beginning that they share.
//!
//! A walk goes down by the segments of a path: text before `*` before `**`, and back up where that leads nowhere. What
//! it meets first is the most specific, and it takes time by the length of the path: each node is met once at most.

use std::borrow::Cow;

use crate::transcode::binding::Binding;
use crate::transcode::segments::{Segments, end_of_plain, start_of_last};
use fnv::FnvHashMap;
use http::Method;

/// Up to how many texts below a node are compared one by one.
const FEW: usize = 8;

/// A binding whose template ends in a node.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// The custom verb, or nothing.
    pub(super) verb: Cow<'static, str>,
    /// The index of its service in the table.
    pub(super) service: usize,
    pub(super) binding: &'static Binding,
    /// The HTTP method that it takes; `None` is any.
    method: Option<Method>,
}

/// The method of a binding that takes any.
const ANY: &str = "*";

impl End {
    pub(super) fn new(verb: Cow<'static, str>, service: usize, binding: &'static Binding) -> Self {
        let method =
            (binding.verb != ANY).then(|| binding.verb.parse().expect("the build knows what a method is"));
        Self { verb, service, binding, method }
    }

    /// The HTTP method, or `*`.
    pub(super) fn method(&self) -> &'static str {
        self.binding.verb
    }

    pub(super) fn takes_any(&self) -> bool {
        self.method.is_none()
    }

    /// Whether it takes requests with this method.
    #[inline]
    pub(super) fn takes(&self, method: &Method) -> bool {
        self.method.as_ref().is_none_or(|own| own == method)
    }
}

/// A node's index.
type Node = usize;

const ROOT: Node = 0;

/// The tree.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Content>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    literals: Literals,
    single: Option<Node>,
    rest: Option<Box<Rest>>,
    ends: Vec<End>,
}

/// What a node says of `**` behind it.
#[derive(Clone, Debug, Default)]
struct Rest {
    /// By the number of segments behind `**`, the highest first: where the path goes on with as many.
    behind: Vec<(usize, Node)>,
    /// Of templates that end in it.
    ends: Vec<End>,
}

/// The nodes behind texts.
#[derive(Clone, Debug)]
enum Literals {
    Few(Vec<(Box<[u8]>, Node)>),
    Many(FnvHashMap<Box<[u8]>, Node>),
}

impl Default for Literals {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Literals {
    #[inline]
    fn get(&self, text: &[u8]) -> Option<Node> {
        match self {
            Self::Few(few) => few.iter().find(|(other, _)| **other == *text).map(|(_, node)| *node),
            Self::Many(many) => Self::get_of_many(many, text),
        }
    }

    /// Apart, so that the usual case is small where it is called.
    #[inline(never)]
    fn get_of_many(many: &FnvHashMap<Box<[u8]>, Node>, text: &[u8]) -> Option<Node> {
        many.get(text).copied()
    }

    fn insert(&mut self, text: &str, node: Node) {
        let text = Box::from(text.as_bytes());
        match self {
            Self::Few(few) if few.len() < FEW => few.push((text, node)),
            Self::Few(few) => *self = Self::Many(few.drain(..).chain([(text, node)]).collect()),
            Self::Many(many) => drop(many.insert(text, node)),
        }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Content::default()] }
    }
}

impl Tree {
    /// What ends where a template with these segments does.
    pub(super) fn ends_of(&mut self, segments: Vec<Cow<'static, str>>) -> &mut Vec<End> {
        let mut node = ROOT;
        let mut segments = segments.into_iter();
        while let Some(segment) = segments.next() {
            node = match &*segment {
                "**" => {
                    let behind: Vec<_> = segments.collect();
                    return self.ends_behind_rest(node, behind);
                }
                "*" => self.single(node),
                _ => self.literal(node, &segment),
            };
        }
        &mut self.nodes[node].ends
    }

    fn ends_behind_rest(&mut self, node: Node, behind: Vec<Cow<'static, str>>) -> &mut Vec<End> {
        let new = self.nodes.len();
        let count = behind.len();
        let rest = self.nodes[node].rest.get_or_insert_default();
        if count == 0 {
            return &mut self.nodes[node].rest.as_mut().expect("it was just inserted").ends;
        }
        let place = rest.behind.partition_point(|(other, _)| *other > count);
        let mut node = match rest.behind.get(place) {
            Some(&(other, node)) if other == count => node,
            _ => {
                rest.behind.insert(place, (count, new));
                self.nodes.push(Content::default());
                new
            }
        };
        for segment in behind {
            node = if segment == "*" { self.single(node) } else { self.literal(node, &segment) };
        }
        &mut self.nodes[node].ends
    }

    fn single(&mut self, node: Node) -> Node {
        let new = self.nodes.len();
        let single = *self.nodes[node].single.get_or_insert(new);
        if single == new {
            self.nodes.push(Content::default());
        }
        single
    }

    fn literal(&mut self, node: Node, text: &str) -> Node {
        let new = self.nodes.len();
        if let Some(known) = self.nodes[node].literals.get(text.as_bytes()) {
            return known;
        }
        self.nodes[node].literals.insert(text, new);
        self.nodes.push(Content::default());
        new
    }

    /// What [`walk`](Self::walk) meets first, if that takes the method: by text where there is some, and never back. It
    /// is what most paths lead to. `None` says nothing.
    #[inline]
    pub(super) fn straight_to(&self, method: &Method, path: &[u8], segments: &mut Segments) -> Option<&End> {
        let mut start = path.starts_with(b"/").then_some(1)?;
        let mut content = &self.nodes[ROOT];
        loop {
            let end = end_of_plain(path, start)?;
            let segment = path.get(start..end)?;
            let single = content.single.filter(|_| !segment.is_empty());
            content = &self.nodes[content.literals.get(segment).or(single)?];
            if end == path.len() {
                segments.finish(end, false);
                return content.ends.iter().find(|end| end.verb.is_empty() && end.takes(method));
            }
            start = end + 1;
            segments.push(start);
        }
    }

    /// Goes to all templates that take a path, the most specific first, until `visit` says that it has seen enough;
    /// whether it has.
    #[inline]
    pub(super) fn walk<'t>(&'t self, path: Path<'_>, visit: &mut impl FnMut(&'t [End]) -> bool) -> bool {
        self.walk_from(ROOT, path, 1, 0, visit)
    }

    /// From a node on, before the segment that begins at `start`, of this index. Behind the path's last one, `start` is
    /// behind its end.
    #[inline]
    fn walk_from<'t>(
        &'t self,
        mut node: Node,
        path: Path<'_>,
        mut start: usize,
        mut index: usize,
        visit: &mut impl FnMut(&'t [End]) -> bool,
    ) -> bool {
        loop {
            let content = &self.nodes[node];
            if start > path.text.len() {
                return visit(&content.ends) || self.walk_rest(content, path, start, visit);
            }
            let end = path.segments.end_of(path.text, start, index);
            let segment = &path.text[start..end];
            let literal = content.literals.get(segment);
            let is_there = !segment.is_empty() || end < path.text.len() || path.may_end_empty;
            let single = content.single.filter(|_| is_there);
            (start, index) = (end + 1, index + 1);
            node = match (literal, single, &content.rest) {
                (Some(next), None, None) | (None, Some(next), None) => next,
                (None, None, None) => return false,
                _ => {
                    let ways = literal.into_iter().chain(single);
                    return self.walk_ways(ways, path, start, index, visit)
                        || self.walk_rest(content, path, start - 1 - segment.len(), visit);
                }
            };
        }
    }

    /// By each of several ways, from the node that it leads to on.
    #[inline(never)]
    fn walk_ways<'t>(
        &'t self,
        mut ways: impl Iterator<Item = Node>,
        path: Path<'_>,
        start: usize,
        index: usize,
        visit: &mut impl FnMut(&'t [End]) -> bool,
    ) -> bool {
        ways.any(|next| self.walk_from(next, path, start, index, visit))
    }

    /// What `**` behind a node leads to, which takes the path from `start` on.
    #[inline(never)]
    fn walk_rest<'t>(
        &'t self,
        content: &'t Content,
        path: Path<'_>,
        start: usize,
        visit: &mut impl FnMut(&'t [End]) -> bool,
    ) -> bool {
        let Some(rest) = &content.rest else { return false };
        for &(count, node) in &rest.behind {
            // `usize::MAX`: the index of a segment that nobody has counted.
            let begin = start_of_last(path.text, count).filter(|begin| *begin >= start);
            if begin.is_some_and(|begin| self.walk_from(node, path, begin, usize::MAX - count, visit)) {
                return true;
            }
        }
        visit(&rest.ends)
    }
}

/// A path that is walked.
#[derive(Clone, Copy)]
pub(super) struct Path<'p> {
    /// Without its custom verb, its escapes with upper-case digits.
    pub(super) text: &'p [u8],
    pub(super) segments: &'p Segments,
    /// Whether `*` takes a last segment without text. A slash at the end of a path is none.
    pub(super) may_end_empty: bool,
}

/// A template as a tree has it, without its variables' names.
pub(crate) struct Template {
    /// Text, `*` and `**`; of the path `/` one without text.
    pub(crate) segments: Vec<Cow<'static, str>>,
    /// The custom verb, or nothing.
    pub(crate) verb: Cow<'static, str>,
}

impl Template {
    /// Reads the template of a binding, which the generator has found valid.
    pub(crate) fn of(binding: &'static Binding) -> Self {
        let mut rest = binding.template.trim_start_matches('/');
        let mut segments = Vec::new();
        loop {
            let (pattern, after) = match rest.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
                Some((variable, after)) => {
                    (variable.split_once('=').map_or("*", |(_, pattern)| pattern), after)
                }
                None => rest.split_at(memchr::memchr2(b'/', b':', rest.as_bytes()).unwrap_or(rest.len())),
            };
            segments.extend(pattern.split('/').map(with_upper_escapes));
            match after.strip_prefix('/') {
                Some(after) => rest = after,
                None => return Self { segments, verb: with_upper_escapes(after.trim_start_matches(':')) },
            }
        }
    }
}

/// A text with the hexadecimal digits of its escapes as capital letters, which is how paths are compared.
pub(super) fn with_upper_escapes(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let digits = |at: usize| bytes.get(at + 1..at + 3).filter(|two| two.iter().all(u8::is_ascii_hexdigit));
    let escapes = || memchr::memchr_iter(b'%', bytes).filter_map(|at| Some((at, digits(at)?)));
    if !escapes().any(|(_, digits)| digits.iter().any(u8::is_ascii_lowercase)) {
        return Cow::Borrowed(text);
    }
    let mut upper = bytes.to_vec();
    for (at, _) in escapes() {
        upper[at + 1..at + 3].make_ascii_uppercase();
    }
    Cow::Owned(String::from_utf8(upper).expect("a letter for a letter leaves UTF-8 what it is"))
}
