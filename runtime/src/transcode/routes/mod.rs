//! Routing: from a path to a binding, in one walk over the path.

mod tree;

use std::borrow::Cow;
use std::fmt;

use fnv::FnvHashSet;
use http::Method;
use memchr::memchr_iter;

pub(crate) use self::tree::Template;
use self::tree::{End, Path, Tree, with_upper_escapes};
use super::binding::Binding;
use super::segments::{Marks, Segments};
use crate::method::ServiceInfo;
#[cfg(feature = "websocket")]
use crate::method::{MethodInfo, MethodKind};

/// A service that can be reached.
#[derive(Clone)]
struct Mounted<S> {
    info: &'static ServiceInfo,
    bindings: &'static [Binding],
    service: S,
}

/// All routes of a server, whose services are an `S` each.
#[derive(Clone)]
pub(crate) struct Table<S> {
    services: Vec<Mounted<S>>,
    tree: Tree,
    /// The custom verbs that there are.
    verbs: FnvHashSet<Cow<'static, str>>,
    /// How many bytes the longest of them has: no colon farther from the end of a path begins one.
    longest_verb: usize,
    conflicts: Vec<String>,
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        Self {
            services: Vec::new(),
            tree: Tree::default(),
            verbs: FnvHashSet::default(),
            longest_verb: 0,
            conflicts: Vec::new(),
        }
    }
}

/// Methods of different services that claim the same requests, so that one server cannot have all of them.
///
/// Its text names both methods of each pair, with their templates and their places in the `.proto` files.
#[derive(Clone, Debug)]
pub struct RouteConflicts(Vec<String>);

impl fmt::Display for RouteConflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "routes conflict: {}", self.0.join("; "))
    }
}

impl std::error::Error for RouteConflicts {}

/// What a path leads to.
pub(crate) enum PathMatch<'a, S> {
    Binding(RouteMatch<'a, S>),
    /// The path is known, the method is not.
    OtherMethods(AllowedMethods),
    Nothing,
}

/// A binding, its service, and the segments of the path as the binding's variables have them.
pub(crate) struct RouteMatch<'a, S> {
    pub(crate) service: &'a S,
    pub(crate) binding: &'static Binding,
    pub(crate) segments: Segments,
}

/// The methods of a path, each once.
#[derive(Default)]
pub(crate) struct AllowedMethods(Vec<&'static str>);

impl AllowedMethods {
    fn add(&mut self, method: &'static str) {
        if !self.0.contains(&method) {
            self.0.push(method);
        }
    }

    /// The value of an `Allow` header.
    pub(crate) fn header(mut self) -> String {
        if self.0.contains(&"GET") {
            self.add("HEAD");
        }
        self.add("OPTIONS");
        self.0.sort_unstable();
        self.0.join(", ")
    }
}

impl<S: Clone> Table<S> {
    /// Adds a service with its bindings. One that was added before under the same name is replaced.
    pub(crate) fn mount(&mut self, info: &'static ServiceInfo, bindings: &'static [Binding], service: S) {
        let mounted = Mounted { info, bindings, service };
        match self.services.iter().position(|other| other.info.name == info.name) {
            None if bindings.is_empty() => {}
            None => {
                self.services.push(mounted);
                self.add_routes(self.services.len() - 1);
            }
            Some(known) => {
                let same = std::ptr::eq(self.services[known].bindings, bindings);
                self.services[known] = mounted;
                if !same {
                    (self.tree, self.verbs, self.longest_verb, self.conflicts) = Default::default();
                    (0..self.services.len()).for_each(|service| self.add_routes(service));
                }
            }
        }
    }

    fn add_routes(&mut self, service: usize) {
        for binding in self.services[service].bindings {
            let Template { segments, verb } = Template::of(binding);
            if !verb.is_empty() {
                self.longest_verb = self.longest_verb.max(verb.len());
                self.verbs.insert(verb.clone());
            }
            let end = End::new(verb, service, binding);
            let ends = self.tree.ends_of(segments);
            let same = |other: &&End| other.verb == end.verb && other.method() == end.method();
            if let Some(first) = ends.iter().find(same) {
                let describe = |end: &End| describe(self.services[end.service].info, end.binding);
                let conflict = format!("{} takes the same requests as {}", describe(&end), describe(first));
                self.conflicts.push(conflict);
                continue;
            }
            // What takes any method comes behind those that name one.
            let place =
                if end.takes_any() { ends.len() } else { ends.partition_point(|end| !end.takes_any()) };
            ends.insert(place, end);
        }
    }
}

/// A binding, its method and its place, for humans.
fn describe(info: &'static ServiceInfo, binding: &Binding) -> String {
    let method = info.methods.get(usize::from(binding.method)).map_or("", |method| method.name);
    let place = match binding.declared {
        ("", _) => String::new(),
        (file, 0) => format!(" ({file})"),
        (file, line) => format!(" ({file}:{line})"),
    };
    format!("`{binding:?}` of {}/{method}{place}", info.name)
}

impl<S> Table<S> {
    pub(crate) fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// Fails if there are bindings that are never reached, because others take their requests.
    pub(crate) fn check(&self) -> Result<(), RouteConflicts> {
        if self.conflicts.is_empty() { Ok(()) } else { Err(RouteConflicts(self.conflicts.clone())) }
    }

    /// Finds the stream at `path`, whatever its method: over WebSocket there is no other than `GET`, which is preferred.
    #[cfg(feature = "websocket")]
    pub(crate) fn find_stream(&self, path: &str) -> Option<RouteMatch<'_, S>> {
        let mut found: Option<&End> = None;
        let (_, segments) = self.walk(path, |end| {
            let is_better = found.is_none() || end.method() == "GET";
            if is_better && self.method(end).kind != MethodKind::Unary {
                found = Some(end);
            }
            found.is_some_and(|end| end.method() == "GET")
        })?;
        Some(self.matched(found?, segments))
    }

    #[cfg(feature = "websocket")]
    fn method(&self, end: &End) -> &'static MethodInfo {
        let methods = self.services[end.service].info.methods;
        methods.get(usize::from(end.binding.method)).expect("a binding is one of a method")
    }

    fn matched(&self, end: &End, segments: Segments) -> RouteMatch<'_, S> {
        RouteMatch { service: &self.services[end.service].service, binding: end.binding, segments }
    }

    /// Finds what answers `method` at `path`, which is as it came: encoded, without the query.
    #[inline]
    pub(crate) fn find(&self, method: &Method, path: &str) -> PathMatch<'_, S> {
        let mut segments = Segments::new();
        match self.tree.straight_to(method, path.as_bytes(), &mut segments) {
            Some(end) => PathMatch::Binding(self.matched(end, segments)),
            None => self.search(method, path),
        }
    }

    /// Finds it by trying what leads to it.
    #[inline(never)]
    fn search(&self, method: &Method, path: &str) -> PathMatch<'_, S> {
        let found = self.find_method(method, path);
        if matches!(found, PathMatch::OtherMethods(_)) && method == Method::HEAD {
            return self.find_method(&Method::GET, path);
        }
        found
    }

    #[inline]
    fn find_method(&self, method: &Method, path: &str) -> PathMatch<'_, S> {
        let mut found = None;
        let walked = self.walk(path, |end| {
            let takes = end.takes(method);
            if takes {
                found = Some(end);
            }
            takes
        });
        match (found, walked) {
            (Some(end), Some((_, segments))) => PathMatch::Binding(self.matched(end, segments)),
            (_, Some((true, _))) => self.allowed(path),
            _ => PathMatch::Nothing,
        }
    }

    /// The binding that takes a path, whatever its method: its verb and its template.
    pub(crate) fn binding_at(&self, path: &str) -> Option<(&'static str, &'static str)> {
        let mut found = None;
        self.walk(path, |end| {
            found = Some((end.method(), end.binding.template));
            true
        });
        found
    }

    /// The methods that lead on from `path`, where the one that was asked for does not.
    #[cold]
    fn allowed(&self, path: &str) -> PathMatch<'_, S> {
        let mut allowed = AllowedMethods::default();
        self.walk(path, |end| {
            allowed.add(end.method());
            false
        });
        PathMatch::OtherMethods(allowed)
    }

    /// Goes to all bindings that take a path whatever its method, the most specific first, until `visit` says that it
    /// has found what it looks for. Whether there was any, and the segments of the path; `None` for what is not a path.
    #[inline]
    fn walk<'t>(&'t self, path: &str, mut visit: impl FnMut(&'t End) -> bool) -> Option<(bool, Segments)> {
        let mut start = path.starts_with('/').then_some(1)?;
        let mut segments = Segments::new();
        let (mut escaped, mut colon) = (false, None);
        for at in Marks::from(path, start) {
            match path.as_bytes()[at] {
                b'/' => {
                    (start, colon) = (at + 1, None);
                    segments.push(start);
                }
                b'%' => escaped = true,
                b':' if colon.is_none() => colon = Some(at),
                _ => {}
            }
        }
        let upper = if escaped { with_upper_escapes(path) } else { Cow::Borrowed(path) };
        let mut any = false;
        let mut visit = |end: &'t End| {
            any = true;
            visit(end)
        };
        let decided = colon.is_some_and(|colon| {
            let verb = Verb { path: &upper, colon, last: start, escaped };
            self.walk_by_verb(verb, &mut segments, &mut visit)
        });
        if !decided {
            segments.finish(path.len(), escaped);
            self.walk_to(&upper, "", &segments, &mut visit);
        }
        Some((any, segments))
    }

    /// Goes to the bindings with this custom verb, or without one, that take a path without it. Whether there were any.
    #[inline]
    fn walk_to<'t>(
        &'t self,
        path: &str,
        verb: &str,
        segments: &Segments,
        visit: &mut impl FnMut(&'t End) -> bool,
    ) -> bool {
        let path = Path { text: path.as_bytes(), segments, may_end_empty: false };
        let mut any = false;
        self.tree.walk(path, &mut |ends| {
            ends.iter().filter(|end| *end.verb == *verb).any(|end| {
                any = true;
                visit(end)
            })
        });
        any
    }

    /// Goes to the bindings with the longest custom verb that there is at a path: nothing else is meant then. Whether
    /// there is one.
    #[cold]
    fn walk_by_verb<'t>(
        &'t self,
        Verb { path, colon, last, escaped }: Verb<'_>,
        segments: &mut Segments,
        visit: &mut impl FnMut(&'t End) -> bool,
    ) -> bool {
        let from = colon.max(path.len().saturating_sub(self.longest_verb + 1));
        let mut colons = memchr_iter(b':', &path.as_bytes()[from..]).map(|at| from + at);
        colons.any(|colon| {
            let verb = &path[colon + 1..];
            if !self.verbs.contains(verb) {
                return false;
            }
            segments.finish(colon, escaped);
            if self.walk_to(&path[..colon], verb, segments, visit) {
                return true;
            }
            // Where a value would stand there is a custom verb alone.
            let text = &path.as_bytes()[..colon];
            colon == last
                && self.tree.walk(Path { text, segments, may_end_empty: true }, &mut |ends| {
                    ends.iter().any(|end| *end.verb == *verb)
                })
        })
    }
}

/// Where a path may have a custom verb.
struct Verb<'p> {
    /// Its escapes with upper-case digits.
    path: &'p str,
    /// The first colon of the last segment.
    colon: usize,
    /// Where the last segment begins.
    last: usize,
    escaped: bool,
}

#[cfg(test)]
mod tests;
