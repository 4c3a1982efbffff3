//! Routing: from a path to a binding, in one walk over the path.

use std::fmt;

use http::Method;

use super::binding::Binding;
use super::segments::{Marks, Segments};
use crate::method::ServiceInfo;
#[cfg(feature = "websocket")]
use crate::method::{MethodInfo, MethodKind};

/// The routes of one run of the generator: an automaton over the segments of a path, and what it ends in.
///
/// The automaton's state 1 is where it starts, 0 is where no path leads on.
#[derive(Clone, Copy)]
pub struct Routes {
    step: fn(u16, &str) -> u16,
    ends: &'static [&'static [End]],
    services: &'static [(&'static str, &'static [Binding])],
}

impl Routes {
    /// The automaton's step, the ends of each state with the most specific first, and the services by their full names
    /// with their bindings.
    #[must_use]
    pub const fn new(
        step: fn(u16, &str) -> u16,
        ends: &'static [&'static [End]],
        services: &'static [(&'static str, &'static [Binding])],
    ) -> Self {
        Self { step, ends, services }
    }

    fn is(&self, other: &Self) -> bool {
        self.ends.len() == other.ends.len()
            && self.services.len() == other.services.len()
            && self.services.iter().zip(other.services).all(|(a, b)| a.0 == b.0)
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").field("services", &self.services).finish_non_exhaustive()
    }
}

/// A binding that may end in a state.
#[derive(Clone, Copy, Debug)]
pub struct End {
    verb: &'static str,
    method: &'static str,
    service: u16,
    binding: u16,
    multi: bool,
}

impl End {
    /// The custom verb without its colon or nothing, the HTTP method or `*`, the index of the service, the index of the
    /// binding in it, and whether the template ends in `**`.
    #[must_use]
    pub const fn new(
        verb: &'static str,
        method: &'static str,
        service: u16,
        binding: u16,
        multi: bool,
    ) -> Self {
        Self { verb, method, service, binding, multi }
    }
}

/// The routes of one run of the generator, with the services of theirs that are mounted.
#[derive(Clone)]
struct Tree<S> {
    routes: &'static Routes,
    services: Vec<Option<Mounted<S>>>,
}

/// A service that can be reached.
#[derive(Clone)]
struct Mounted<S> {
    #[cfg_attr(
        not(feature = "websocket"),
        allow(dead_code, reason = "only WebSockets ask for kinds of methods")
    )]
    info: &'static ServiceInfo,
    service: S,
}

impl<S> Mounted<S> {
    #[cfg(feature = "websocket")]
    fn method(&self, binding: &Binding) -> &'static MethodInfo {
        self.info.methods.get(usize::from(binding.method)).expect("a binding is one of a method")
    }
}

/// All routes of a server, whose services are an `S` each.
#[derive(Clone)]
pub(crate) struct Table<S> {
    trees: Vec<Tree<S>>,
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        Self { trees: Vec::new() }
    }
}

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
    /// Mounts a service that has these routes.
    pub(crate) fn mount(&mut self, info: &'static ServiceInfo, routes: &'static Routes, service: S) {
        // A service without bindings has no part in the routes of its run.
        let Some(index) = routes.services.iter().position(|(name, _)| *name == info.name) else { return };
        let known = self.trees.iter().position(|tree| tree.routes.is(routes));
        let tree = known.unwrap_or_else(|| {
            self.trees.push(Tree { routes, services: vec![None; routes.services.len()] });
            self.trees.len() - 1
        });
        self.trees[tree].services[index] = Some(Mounted { info, service });
    }
}

impl<S> Table<S> {
    pub(crate) fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Finds the stream at `path`, whatever its method: over WebSocket there is no other than `GET`, which is preferred.
    #[cfg(feature = "websocket")]
    pub(crate) fn find_stream(&self, path: &str) -> Option<RouteMatch<'_, S>> {
        self.trees.iter().find_map(|tree| {
            let walked = tree.walk(path)?;
            let streams = tree.candidates(&walked).filter_map(|(end, mounted)| {
                let binding = tree.binding(end);
                (mounted.method(binding).kind != MethodKind::Unary).then_some((end, mounted, binding))
            });
            let (_, mounted, binding) = streams.min_by_key(|(end, ..)| end.method != "GET")?;
            Some(RouteMatch { service: &mounted.service, binding, segments: walked.segments })
        })
    }

    /// Finds what answers `method` at `path`, which is as it came: encoded, without the query.
    #[inline]
    pub(crate) fn find(&self, method: &Method, path: &str) -> PathMatch<'_, S> {
        for tree in &self.trees {
            if let Some(walked) = tree.walk(path)
                && let Some((service, binding)) = tree.binding_of(&walked, method.as_str())
            {
                return PathMatch::Binding(RouteMatch { service, binding, segments: walked.segments });
            }
        }
        self.allowed(path)
    }

    /// The methods that lead on from `path`, where the one that was asked for does not.
    #[cold]
    fn allowed(&self, path: &str) -> PathMatch<'_, S> {
        let mut allowed = AllowedMethods::default();
        for tree in &self.trees {
            let Some(walked) = tree.walk(path) else { continue };
            for (end, _) in tree.candidates(&walked) {
                allowed.add(end.method);
            }
        }
        if allowed.0.is_empty() { PathMatch::Nothing } else { PathMatch::OtherMethods(allowed) }
    }
}

/// What a walk over a path has found.
struct Walked<'p> {
    /// The bindings that may end there.
    ends: &'static [End],
    /// Its custom verb, or nothing.
    verb: &'p str,
    /// Whether it ends in a slash.
    slash: bool,
    segments: Segments,
}

impl<S> Tree<S> {
    /// To the ends of the state of `path`.
    fn walk<'p>(&self, path: &'p str) -> Option<Walked<'p>> {
        let mut state = 1;
        let mut start = path.starts_with('/').then_some(1)?;
        let mut segments = Segments::new();
        // Of the segment at `start`: whether it has escapes, and its last colon.
        let (mut escaped, mut colon) = (false, None);
        let mut any_escaped = false;
        for at in Marks::from(path, start) {
            match path.as_bytes()[at] {
                b'/' => {
                    state = self.step(state, &path[start..at], escaped);
                    if state == 0 {
                        return None;
                    }
                    (start, escaped, colon) = (at + 1, false, None);
                    segments.push(start);
                }
                b'%' => (escaped, any_escaped) = (true, true),
                b':' => colon = Some(at),
                _ => {}
            }
        }
        if let Some(colon) = colon {
            let (segment, verb) = (&path[start..colon], &path[colon + 1..]);
            let ends = self.ends(self.step(state, segment, escaped));
            let is_verb = |end: &End| end.verb == verb && self.services[usize::from(end.service)].is_some();
            if !verb.is_empty() && ends.iter().any(is_verb) {
                segments.finish(colon, any_escaped);
                return Some(Walked { ends, verb, slash: segment.is_empty(), segments });
            }
        }
        let segment = &path[start..];
        match self.step(state, segment, escaped) {
            0 => None,
            state => {
                segments.finish(path.len(), any_escaped);
                Some(Walked { ends: self.ends(state), verb: "", slash: segment.is_empty(), segments })
            }
        }
    }

    fn ends(&self, state: u16) -> &'static [End] {
        self.routes.ends.get(usize::from(state)).expect("every state of an automaton has its ends")
    }

    fn step(&self, state: u16, segment: &str, escaped: bool) -> u16 {
        if escaped {
            return with_upper_escapes(segment, |segment| (self.routes.step)(state, segment));
        }
        (self.routes.step)(state, segment)
    }

    /// The ends that the path itself allows, whatever the method.
    fn candidates<'s>(&'s self, walked: &Walked<'_>) -> impl Iterator<Item = (&'static End, &'s Mounted<S>)> {
        let Walked { ends, verb, slash, .. } = *walked;
        ends.iter()
            .filter(move |end| {
                (end.verb.is_empty() && verb.is_empty() || end.verb == verb) && (end.multi || !slash)
            })
            .filter_map(|end| Some((end, self.services[usize::from(end.service)].as_ref()?)))
    }

    fn binding_of(&self, walked: &Walked<'_>, method: &str) -> Option<(&S, &'static Binding)> {
        let takes =
            |method: &str| self.candidates(walked).find(|(end, _)| end.method == method || end.method == "*");
        let found = takes(method);
        let (end, mounted) = if found.is_none() && method == "HEAD" { takes("GET")? } else { found? };
        Some((&mounted.service, self.binding(end)))
    }

    fn binding(&self, end: &End) -> &'static Binding {
        let (_, bindings) = &self.routes.services[usize::from(end.service)];
        bindings.get(usize::from(end.binding)).expect("a route ends in a binding of its service")
    }
}

/// The longest segment with escapes that is put right without an allocation.
const ON_STACK: usize = 256;

/// Calls `with` with the hexadecimal digits of the segment's escapes as capital letters, which is how templates are
/// compiled.
fn with_upper_escapes(segment: &str, with: impl FnOnce(&str) -> u16) -> u16 {
    let bytes = segment.as_bytes();
    let lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    let is_low = |(at, &byte): (usize, &u8)| byte == b'%' && (lower(at + 1) || lower(at + 2));
    if !bytes.iter().enumerate().any(is_low) {
        return with(segment);
    }
    let mut stack = [0; ON_STACK];
    let mut heap = Vec::new();
    let copy = stack.get_mut(..bytes.len()).unwrap_or_else(|| {
        heap = vec![0; bytes.len()];
        &mut heap
    });
    copy.copy_from_slice(bytes);
    let mut at = 0;
    while at < copy.len() {
        if copy[at] == b'%' {
            let end = copy.len().min(at + 3);
            copy[at..end].make_ascii_uppercase();
            at += 2;
        }
        at += 1;
    }
    with(std::str::from_utf8(copy).expect("a letter for a letter leaves UTF-8 what it is"))
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE: ServiceInfo = ServiceInfo::new("s.One", &[], b"");
    static TWO: ServiceInfo = ServiceInfo::new("s.Two", &[], b"");
    static THREE: ServiceInfo = ServiceInfo::new("t.Three", &[], b"");

    static FIRST: Routes = Routes::new(
        |state, segment| match (state, segment) {
            (1, "a") => 2,
            (2, "%3C") => 3,
            (2, "rest") | (4, _) => 4,
            (2, _) => 5,
            _ => 0,
        },
        &[
            &[],
            &[],
            &[End::new("", "GET", 0, 0, false)],
            &[End::new("", "GET", 0, 1, false)],
            &[End::new("go", "POST", 0, 2, true), End::new("", "GET", 0, 3, true)],
            &[End::new("", "GET", 1, 0, false), End::new("", "PUT", 0, 4, false)],
        ],
        &[
            (
                "s.One",
                &[
                    Binding::new(0, "GET", "/a"),
                    Binding::new(0, "GET", "/a/%3C"),
                    Binding::new(0, "POST", "/a/rest/**:go"),
                    Binding::new(0, "GET", "/a/rest/**"),
                    Binding::new(0, "PUT", "/a/*"),
                ],
            ),
            ("s.Two", &[Binding::new(0, "GET", "/a/*")]),
        ],
    );
    static SECOND: Routes = Routes::new(
        |state, segment| match (state, segment) {
            (1, "a") => 2,
            (2, "b") => 3,
            _ => 0,
        },
        &[&[], &[], &[End::new("", "DELETE", 0, 0, false)], &[End::new("", "POST", 0, 1, false)]],
        &[("t.Three", &[Binding::new(0, "DELETE", "/a"), Binding::new(0, "POST", "/a/b")])],
    );

    /// What is found: the binding and what of the path it takes, or the methods that are allowed, or nothing.
    fn find(table: &Table<&'static str>, method: &str, path: &str) -> String {
        match table.find(&method.parse().unwrap(), path) {
            PathMatch::Binding(RouteMatch { binding, segments, .. }) => {
                format!("{binding:?} takes {}", segments.path(path))
            }
            PathMatch::OtherMethods(allowed) => allowed.header(),
            PathMatch::Nothing => "nothing".to_owned(),
        }
    }

    fn table(services: &[&'static ServiceInfo]) -> Table<&'static str> {
        let mut table = Table::default();
        for service in services {
            let routes = if service.name.starts_with('s') { &FIRST } else { &SECOND };
            table.mount(service, routes, service.name);
        }
        table
    }

    #[test]
    fn paths_lead_to_bindings() {
        let table = table(&[&ONE, &TWO]);
        for (method, path, expected) in [
            ("GET", "/a", "GET /a takes /a"),
            ("HEAD", "/a", "GET /a takes /a"),
            ("POST", "/a", "GET, HEAD, OPTIONS"),
            ("GET", "/a/", "nothing"),
            ("GET", "/a/%3c", "GET /a/%3C takes /a/%3c"),
            ("GET", "/a/%3C", "GET /a/%3C takes /a/%3C"),
            ("GET", "/a/x%zz%", "GET /a/* takes /a/x%zz%"),
            ("GET", "/a/rest", "GET /a/rest/** takes /a/rest"),
            ("GET", "/a/rest/", "GET /a/rest/** takes /a/rest/"),
            ("POST", "/a/rest/x/y:go", "POST /a/rest/**:go takes /a/rest/x/y"),
            ("POST", "/a/rest:go", "POST /a/rest/**:go takes /a/rest"),
            ("GET", "/a/rest/x:go", "OPTIONS, POST"),
            ("GET", "/a/rest/x:stop", "GET /a/rest/** takes /a/rest/x:stop"),
            ("GET", "/a/rest/x:go/y", "GET /a/rest/** takes /a/rest/x:go/y"),
            ("GET", "a", "nothing"),
            ("GET", "", "nothing"),
            ("GET", "*", "nothing"),
            ("GET", "/", "nothing"),
            ("GET", "//a", "nothing"),
        ] {
            assert_eq!(find(&table, method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_long_segment_with_escapes_is_one_as_well() {
        let path = format!("/a/{}%c3%a9", "x".repeat(2 * ON_STACK));
        assert_eq!(find(&table(&[&TWO]), "GET", &path), format!("GET /a/* takes {path}"));
    }

    #[test]
    fn only_what_is_mounted_is_there() {
        let table = table(&[&TWO]);
        assert_eq!(find(&table, "GET", "/a"), "nothing");
        assert_eq!(find(&table, "PUT", "/a/x"), "GET, HEAD, OPTIONS");
        assert_eq!(find(&table, "GET", "/a/rest:go"), "GET /a/* takes /a/rest:go", "nobody has the verb");
    }

    #[test]
    fn trees_stand_side_by_side() {
        let table = table(&[&ONE, &TWO, &THREE]);
        assert_eq!(table.trees.len(), 2);
        assert_eq!(find(&table, "DELETE", "/a"), "DELETE /a takes /a");
        assert_eq!(find(&table, "POST", "/a/b"), "POST /a/b takes /a/b");
        assert_eq!(find(&table, "GET", "/a/b"), "GET /a/* takes /a/b");
        assert_eq!(find(&table, "PATCH", "/a"), "DELETE, GET, HEAD, OPTIONS");
        assert_eq!(find(&table, "PATCH", "/a/b"), "GET, HEAD, OPTIONS, POST, PUT");
    }

    #[cfg(feature = "websocket")]
    #[test]
    fn a_stream_is_found_at_the_binding_that_a_websocket_would_take() {
        const METHODS: &[MethodInfo] = &[
            MethodInfo::new("u.Streams", "Unary", "", MethodKind::Unary),
            MethodInfo::new("u.Streams", "Posted", "", MethodKind::ClientStreaming),
            MethodInfo::new("u.Streams", "Gotten", "", MethodKind::ServerStreaming),
        ];
        static STREAMS: ServiceInfo = ServiceInfo::new("u.Streams", METHODS, b"");
        static ROUTES: Routes = Routes::new(
            |state, segment| match (state, segment) {
                (1, "both") => 2,
                (1, "posted") => 3,
                (1, "unary") => 4,
                _ => 0,
            },
            &[
                &[],
                &[],
                &[
                    End::new("", "GET", 0, 0, false),
                    End::new("", "POST", 0, 1, false),
                    End::new("", "PUT", 0, 1, false),
                    End::new("", "GET", 0, 2, false),
                ],
                &[End::new("", "POST", 0, 1, false)],
                &[End::new("", "GET", 0, 0, false)],
            ],
            &[(
                "u.Streams",
                &[
                    Binding::new(0, "GET", "/unary"),
                    Binding::new(1, "POST", "/posted"),
                    Binding::new(2, "GET", "/gotten"),
                ],
            )],
        );
        let mut table = Table::default();
        table.mount(&STREAMS, &ROUTES, ());
        let method = |path| Some(METHODS[usize::from(table.find_stream(path)?.binding.method)].name);
        assert_eq!(method("/both"), Some("Gotten"));
        assert_eq!(method("/posted"), Some("Posted"));
        assert_eq!(method("/unary"), None);
        assert_eq!(method("/nothing"), None);
    }
}
