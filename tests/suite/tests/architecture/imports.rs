//! Which file of a crate uses which other, from the paths in them.
//!
//! A path is followed to the file that defines what it names, through `pub use` and renamed imports: a module that
//! passes something on stands in nobody's way and hides nobody.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Fact, Import, Source};
use crate::tree;

/// A chain of re-exports longer than this is a circle.
const LONGEST_CHAIN: usize = 16;

/// What is known of a path while it is followed.
#[derive(Clone, Copy, Default)]
struct Chain {
    /// How many imports it has led through.
    length: usize,
    /// Whether more segments follow, so that its end is a module or a type and no function.
    leads_on: bool,
}

impl Chain {
    fn through(self, rest: &[&str]) -> Self {
        Self { length: self.length + 1, leads_on: self.leads_on || !rest.is_empty() }
    }
}

/// One file uses another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) line: usize,
    /// The path as it is written.
    pub(crate) path: String,
}

/// A file of a crate, which is a module.
pub(crate) struct Module {
    /// From the crate's source folder: `emit/json.rs`.
    pub(crate) file: String,
    pub(crate) parent: Option<usize>,
    children: BTreeMap<String, usize>,
    imports: Vec<Import>,
    items: BTreeSet<String>,
}

/// The files of a crate and who uses whom.
pub(crate) struct Imports {
    pub(crate) modules: Vec<Module>,
    pub(crate) edges: Vec<Edge>,
    /// The macros that are named from the root, and where they are defined.
    macros: BTreeMap<String, usize>,
    /// The name by which the crate's programs and generated code name the library.
    name: &'static str,
}

impl Imports {
    /// Reads the crate in a folder; `roots` are the library and the programs beside it.
    pub(crate) fn read(folder: &str, name: &'static str, roots: &[&str], exempt: &[&str]) -> Self {
        let exists = |file: &str| tree::root().join(format!("{folder}{file}")).exists();
        let text = |file: &str| tree::text(&format!("{folder}{file}")).expect("a source is UTF-8");
        Self::of(name, roots, exempt, &exists, &text)
    }

    /// The same for files from anywhere.
    pub(crate) fn of(
        name: &'static str,
        roots: &[&str],
        exempt: &[&str],
        exists: &dyn Fn(&str) -> bool,
        text: &dyn Fn(&str) -> String,
    ) -> Self {
        let mut imports = Self { modules: Vec::new(), edges: Vec::new(), macros: BTreeMap::new(), name };
        let mut sources = Vec::new();
        let mut open: Vec<(String, Option<(usize, String)>)> =
            roots.iter().rev().map(|root| ((*root).to_owned(), None)).collect();
        while let Some((file, of)) = open.pop() {
            let source = Source::parse(&text(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let id = imports.modules.len();
            if let Some((parent, name)) = &of {
                imports.modules[*parent].children.insert(name.clone(), id);
            }
            for module in &source.modules {
                let stem = tree::module_path(&file, module);
                let below = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
                let below = below.into_iter().find(|file| exists(file));
                let below = below.unwrap_or_else(|| panic!("{file}: `mod {module};` has no file"));
                open.push((below, Some((id, module.clone()))));
            }
            let folder = &file[..file.rfind('/').map_or(0, |at| at + 1)];
            for (module, included) in &source.included {
                open.push((format!("{folder}{included}"), Some((id, module.clone()))));
            }
            imports.modules.push(Module {
                file,
                parent: of.map(|(parent, _)| parent),
                children: BTreeMap::new(),
                imports: source.imports.clone(),
                items: source.items.clone(),
            });
            imports.macros.extend(source.macros.iter().map(|name| (name.clone(), id)));
            sources.push(source);
        }
        for (from, source) in sources.iter().enumerate() {
            if !exempt.iter().any(|start| imports.modules[from].file.starts_with(start)) {
                imports.edges_of(from, source);
            }
        }
        imports
    }

    fn edges_of(&mut self, from: usize, source: &Source) {
        let mut seen = BTreeSet::new();
        for found in source.found.iter().filter(|found| !found.quoted) {
            let Fact::Path(path) = &found.fact else { continue };
            let segments: Vec<&str> = path.split("::").collect();
            // One word is a variable or an imported name, and the import says where that is from.
            if segments.len() < 2 {
                continue;
            }
            let to = self.find(from, found.inline_modules, &segments, Chain::default());
            if let Some(to) = to.filter(|to| *to != from && seen.insert(*to)) {
                self.edges.push(Edge { from, to, line: found.line, path: path.clone() });
            }
        }
    }

    /// The module in whose file the thing at a path is defined; `None` for one of another crate.
    fn find(&self, from: usize, inline_modules: usize, path: &[&str], chain: Chain) -> Option<usize> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match *first {
            "crate" => self.root(from),
            name if name == self.name && !self.modules[from].children.contains_key(name) => 0,
            "self" => from,
            "super" => {
                let more = rest.iter().take_while(|segment| **segment == "super").count();
                rest = &rest[more..];
                // The innermost ones lead out of the modules in the file itself.
                (inline_modules..=more).try_fold(from, |at, _| self.modules[at].parent)?
            }
            name => match self.modules[from].children.get(name) {
                Some(child) => *child,
                None => self.imported(from, name, chain.through(rest))?,
            },
        };
        while let Some((segment, after)) = rest.split_first() {
            let module = &self.modules[at];
            let is_item = after.is_empty() && !chain.leads_on && module.items.contains(*segment);
            at = match module.children.get(*segment) {
                _ if is_item => return Some(at),
                Some(child) => *child,
                None => match self.imported(at, segment, chain.through(after)) {
                    Some(at) => at,
                    None if module.parent.is_none() => {
                        return Some(self.macros.get(*segment).copied().unwrap_or(at));
                    }
                    None => return Some(at),
                },
            };
            rest = after;
        }
        Some(at)
    }

    /// The module that defines a name which another one imports.
    fn imported(&self, at: usize, name: &str, chain: Chain) -> Option<usize> {
        if chain.length > LONGEST_CHAIN {
            return None;
        }
        let imports = &self.modules[at].imports;
        let find = |import: &Import, further: &[&str], chain: Chain| {
            let path: Vec<&str> = import.path.split("::").chain(further.iter().copied()).collect();
            // An import of a name from outside by that very name leads nowhere here.
            (path[0] != name).then(|| self.find(at, 0, &path, chain)).flatten()
        };
        if let Some(import) = imports.iter().find(|import| import.name == name) {
            return find(import, &[], chain);
        }
        imports.iter().filter(|import| import.name == "*").find_map(|import| {
            let all = find(import, &[], Chain { leads_on: true, ..chain })?;
            let all = &self.modules[all];
            let known = all.items.contains(name)
                || all.children.contains_key(name)
                || all.imports.iter().any(|import| import.name == name);
            known.then(|| find(import, &[name], chain)).flatten()
        })
    }

    fn root(&self, from: usize) -> usize {
        self.above(from).last().unwrap_or(from)
    }

    /// The modules around one, from the inside out.
    pub(crate) fn above(&self, of: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.modules[of].parent, |at| self.modules[*at].parent)
    }

    /// An edge as a reader looks it up.
    pub(crate) fn show(&self, edge: &Edge) -> String {
        let file = |id: usize| &self.modules[id].file;
        format!("{}:{} uses {} ({})", file(edge.from), edge.line, file(edge.to), edge.path)
    }
}

/// A crate of a few files, for tests: the first is its root.
#[cfg(test)]
pub(crate) fn example(files: &[(&str, &str)]) -> Imports {
    let find = |file: &str| files.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned());
    let exists = |file: &str| find(file).is_some();
    Imports::of("example", &[files[0].0], &[], &exists, &|file: &str| find(file).unwrap())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let imports = example(files);
        let file = |id: usize| imports.modules[id].file.clone();
        let mut edges: Vec<_> = imports.edges.iter().map(|edge| (file(edge.from), file(edge.to))).collect();
        edges.sort();
        edges
    }

    fn edge(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn paths_lead_to_files() {
        let found = edges(&[
            ("lib.rs", "mod a; mod b; mod c { use super::b::B; }"),
            ("a/mod.rs", "mod inner; use crate::b::B; fn f() { inner::f() }"),
            ("a/inner.rs", "pub fn f() { super::super::b::f(&format!(\"{}\", crate::b::deep::f())) }"),
            ("b.rs", "mod deep; pub struct B; fn f() {}"),
            ("b/deep.rs", "#[cfg(test)] mod tests { use crate::a::inner::f; }"),
        ]);
        let wanted = [
            edge("a/inner.rs", "b.rs"),
            edge("a/inner.rs", "b/deep.rs"),
            edge("a/mod.rs", "a/inner.rs"),
            edge("a/mod.rs", "b.rs"),
            edge("lib.rs", "b.rs"),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_is_passed_on_is_of_the_file_that_defines_it() {
        let found = edges(&[
            ("lib.rs", "mod a; mod b; mod c; pub use a::A as Renamed; pub use tonic::Status;"),
            ("a.rs", "mod x; pub use x::*; pub use self::x::X as A;"),
            ("a/x.rs", "pub struct X; pub fn all() {}"),
            ("b.rs", "use crate::Renamed; use crate::a as other; fn f() { other::all() }"),
            ("c.rs", "use crate::Status;"),
        ]);
        let wanted = [
            edge("a.rs", "a/x.rs"),
            edge("b.rs", "a.rs"),
            edge("b.rs", "a/x.rs"),
            edge("c.rs", "lib.rs"),
            edge("lib.rs", "a/x.rs"),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_function_and_a_module_of_one_name_are_told_apart() {
        let found = edges(&[
            ("lib.rs", "mod call; mod user; mod other; fn call() {}"),
            ("call.rs", "pub fn it() {}"),
            ("user.rs", "use super::call; fn f() { call() }"),
            ("other.rs", "use super::call; fn f() { call::it() }"),
        ]);
        let wanted = [edge("other.rs", "call.rs"), edge("other.rs", "lib.rs"), edge("user.rs", "lib.rs")];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_macro_is_of_the_file_that_defines_it() {
        let found = edges(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "#[macro_export] macro_rules! m { () => { $crate::b::g() }; }"),
            ("b.rs", "fn f() { crate::m!() }"),
        ]);
        assert_eq!(found, [edge("b.rs", "a.rs")]);
    }

    #[test]
    fn the_output_and_visibility_are_no_uses() {
        let found = edges(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub(in crate::b) fn f() { quote! { crate::b::x } }"),
            ("b.rs", "use quote::quote; use b::c;"),
        ]);
        assert_eq!(found, []);
    }
}
