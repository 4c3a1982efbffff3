//! The layers of a crate as a table: an import goes down. And no circle of files, but for a folder and its own parts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::imports::{Edge, Imports};

/// Files that may use the same others.
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    /// Files and folders from the crate's source folder; the longest one that fits a file decides.
    pub(crate) files: &'static [&'static str],
    /// The layers that it may use besides itself: all of them stand before it in the table.
    pub(crate) uses: &'static [&'static str],
}

/// An import that the table does not allow, and why it is there.
pub(crate) struct Exception {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) reason: &'static str,
}

/// A crate with its layers, from the bottom.
pub(crate) struct Table {
    /// Its source folder, from the root of the repository.
    pub(crate) folder: &'static str,
    /// How its programs, or generated code, name the library.
    pub(crate) name: &'static str,
    /// The library, and the programs beside it.
    pub(crate) roots: &'static [&'static str],
    /// Generated files, which use what they want.
    pub(crate) exempt: &'static [&'static str],
    pub(crate) layers: &'static [Layer],
    pub(crate) exceptions: &'static [Exception],
}

impl Table {
    /// Everything that is wrong with the crate, or with the table.
    pub(crate) fn check(&self) -> Vec<String> {
        self.compare(&Imports::read(self.folder, self.name, self.roots, self.exempt))
    }

    fn compare(&self, imports: &Imports) -> Vec<String> {
        let (excused, edges): (Vec<&Edge>, Vec<&Edge>) =
            imports.edges.iter().partition(|edge| self.exceptions.iter().any(|it| it.fits(imports, edge)));
        [
            self.mistakes(imports, &edges),
            self.idle_exceptions(imports, &excused),
            self.wrong_edges(imports, &edges),
            circles(imports, &edges),
        ]
        .concat()
    }

    /// What the table allows and nobody does, and what it does not cover.
    fn mistakes(&self, imports: &Imports, edges: &[&Edge]) -> Vec<String> {
        let mut wrong = Vec::new();
        let layer = |id: usize| self.layer_of(&imports.modules[id].file).map(|(_, layer)| layer.name);
        let used: BTreeSet<_> =
            edges.iter().filter_map(|edge| Some((layer(edge.from)?, layer(edge.to)?))).collect();
        for (index, layer) in self.layers.iter().enumerate() {
            for name in layer.uses {
                if !self.layers[..index].iter().any(|below| below.name == *name) {
                    wrong.push(format!("`{}` uses `{name}`, which does not stand before it", layer.name));
                } else if !used.contains(&(layer.name, *name)) {
                    wrong.push(format!("`{}` may use `{name}` and does not: take it out", layer.name));
                }
            }
            for start in layer.files {
                let decides = |file: &str| self.layer_of(file).is_some_and(|(found, _)| found == *start);
                if !imports.modules.iter().any(|module| decides(&module.file)) {
                    wrong.push(format!("`{}` names {start}, and no file is there", layer.name));
                }
            }
        }
        let lost = imports.modules.iter().filter(|module| self.layer_of(&module.file).is_none());
        wrong.extend(lost.map(|module| format!("{} is in no layer", module.file)));
        wrong
    }

    fn idle_exceptions(&self, imports: &Imports, excused: &[&Edge]) -> Vec<String> {
        let mut wrong = Vec::new();
        for exception in self.exceptions {
            let Exception { from, to, reason } = exception;
            if !excused.iter().any(|edge| exception.fits(imports, edge)) {
                wrong.push(format!("an exception for nothing: {from} does not use {to}"));
            }
            if reason.split(' ').count() < 3 {
                wrong.push(format!("an exception without a reason: {from} uses {to}"));
            }
        }
        wrong
    }

    /// The imports that go up or sideways.
    fn wrong_edges(&self, imports: &Imports, edges: &[&Edge]) -> Vec<String> {
        let mut wrong = Vec::new();
        for edge in edges {
            let layer = |id: usize| self.layer_of(&imports.modules[id].file).map(|(_, layer)| layer);
            let (Some(from), Some(to)) = (layer(edge.from), layer(edge.to)) else { continue };
            // A module names the modules in it.
            let names_its_part = imports.above(edge.to).any(|above| above == edge.from);
            if from.name != to.name && !from.uses.contains(&to.name) && !names_its_part {
                let edge = imports.show(edge);
                wrong.push(format!("`{}` may not use `{}`: {edge}", from.name, to.name));
            }
        }
        wrong
    }

    /// The layer of a file, and the start of its path that says so.
    fn layer_of(&self, file: &str) -> Option<(&'static str, &'static Layer)> {
        let starts =
            self.layers.iter().flat_map(|layer| layer.files.iter().map(move |start| (*start, layer)));
        starts.filter(|(start, _)| file.starts_with(start)).max_by_key(|(start, _)| start.len())
    }
}

impl Exception {
    fn fits(&self, imports: &Imports, edge: &Edge) -> bool {
        let file = |id: usize| &imports.modules[id].file;
        file(edge.from).starts_with(self.from) && file(edge.to).starts_with(self.to)
    }
}

/// The circles of files, one for each set of parts that need each other. What a folder's own file and the files below it
/// use of each other is allowed; the parts of a folder must not need each other in a circle.
fn circles(imports: &Imports, edges: &[&Edge]) -> Vec<String> {
    let mut found = Vec::new();
    let parents: BTreeSet<Option<usize>> = imports.modules.iter().map(|module| module.parent).collect();
    for parent in parents {
        // The part of this folder that a file belongs to.
        let part = |id: usize| {
            std::iter::once(id).chain(imports.above(id)).find(|at| imports.modules[*at].parent == parent)
        };
        let mut uses: BTreeMap<usize, BTreeMap<usize, &Edge>> = BTreeMap::new();
        for &edge in edges {
            let (Some(from), Some(to)) = (part(edge.from), part(edge.to)) else { continue };
            if from != to {
                uses.entry(from).or_default().entry(to).or_insert(edge);
            }
        }
        for start in uses.keys() {
            if let Some(circle) = circle(&uses, *start) {
                let edges: Vec<String> = circle.iter().map(|edge| imports.show(edge)).collect();
                found.push(format!("a circle: {}", edges.join("; ")));
            }
        }
    }
    found
}

/// The shortest way from a part back to it over parts that come after it: another circle is found from its own first.
fn circle<'a>(uses: &BTreeMap<usize, BTreeMap<usize, &'a Edge>>, start: usize) -> Option<Vec<&'a Edge>> {
    let mut came_by: BTreeMap<usize, (usize, &Edge)> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for (&next, &edge) in uses.get(&at).into_iter().flatten() {
            if next >= start && !came_by.contains_key(&next) {
                came_by.insert(next, (at, edge));
                open.push_back(next);
            }
        }
    }
    let (mut at, last) = *came_by.get(&start)?;
    let mut way = vec![last];
    while at != start {
        let (before, edge) = came_by[&at];
        way.push(edge);
        at = before;
    }
    way.reverse();
    Some(way)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::example;

    const TABLE: Table = Table {
        folder: "",
        name: "example",
        roots: &["lib.rs"],
        exempt: &[],
        layers: &[
            Layer { name: "low", files: &["low/"], uses: &[] },
            Layer { name: "lowest of high", files: &["high/base.rs"], uses: &["low"] },
            Layer { name: "high", files: &["high/"], uses: &["low", "lowest of high"] },
            Layer { name: "top", files: &["lib.rs"], uses: &[] },
        ],
        exceptions: &[],
    };

    const FILES: [(&str, &str); 5] = [
        ("lib.rs", "mod low; mod high;"),
        ("low/mod.rs", "mod part; use part::P; pub struct L;"),
        ("low/part.rs", "use super::L; pub struct P;"),
        ("high/mod.rs", "mod base; use base::B; use crate::low::L;"),
        ("high/base.rs", "use crate::low::L; pub struct B;"),
    ];

    /// What is found when one of the files has another text.
    fn with(table: &Table, file: &str, text: &str) -> Vec<String> {
        let files = FILES.map(|(name, old)| (name, if name == file { text } else { old }));
        table.compare(&example(&files))
    }

    #[test]
    fn what_goes_down_is_right() {
        assert_eq!(with(&TABLE, "", ""), [""; 0]);
    }

    #[test]
    fn an_import_that_goes_up_is_found() {
        let found =
            with(&TABLE, "low/part.rs", "fn f() { crate::high::base::B }\nuse super::L; pub struct P;");
        let up = "`low` may not use `lowest of high`: low/part.rs:1 uses high/base.rs (crate::high::base::B)";
        assert_eq!(found[0], up);
        // With the way down it is a circle as well.
        assert!(found[1].starts_with("a circle: low/part.rs:1 uses high/base.rs"), "{found:?}");
    }

    #[test]
    fn an_import_from_within_a_macro_or_by_another_name_is_found() {
        for text in
            ["use super::super::high as h; fn f() { h::base::B }", "fn f() { m!(crate::high::base::B) }"]
        {
            let found = with(&TABLE, "low/part.rs", &format!("{text} pub struct P; use super::L;"));
            assert!(found.iter().any(|it| it.starts_with("`low` may not use `lowest of high`")), "{found:?}");
        }
    }

    #[test]
    fn a_circle_of_files_is_found() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::x::X;"),
            ("b/mod.rs", "mod x; mod y; fn f() { super::super::lib() }"),
            ("b/x.rs", "use super::y::Y; pub struct X;"),
            ("b/y.rs", "use super::x::X; pub struct Y; use crate::c::C;"),
            ("c.rs", "use crate::a::f; pub struct C;"),
        ];
        let imports = example(&files);
        let found = circles(&imports, &imports.edges.iter().collect::<Vec<_>>());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().any(|it| {
            *it == "a circle: b/y.rs:1 uses b/x.rs (super::x::X); b/x.rs:1 uses b/y.rs (super::y::Y)"
                || *it == "a circle: b/x.rs:1 uses b/y.rs (super::y::Y); b/y.rs:1 uses b/x.rs (super::x::X)"
        }));
        assert!(found.iter().any(|it| it.contains("a.rs:1 uses b/x.rs") && it.contains("c.rs:1 uses a.rs")));
    }

    #[test]
    fn tests_are_free() {
        let text = "use super::L; pub struct P; #[cfg(test)] mod tests { use crate::high::base::B; }";
        assert_eq!(with(&TABLE, "low/part.rs", text), [""; 0]);
    }

    #[test]
    fn a_table_that_says_too_much_is_found() {
        const WRONG: Table = Table {
            layers: &[
                Layer { name: "low", files: &["low/", "nowhere/"], uses: &["top"] },
                Layer { name: "high", files: &["high/"], uses: &["low"] },
            ],
            exceptions: &[
                Exception { from: "low/", to: "high/", reason: "there is no such import" },
                Exception { from: "high/", to: "low/", reason: "" },
            ],
            ..TABLE
        };
        let found = with(&TABLE, "high/mod.rs", "mod base; use base::B;");
        assert_eq!(found, ["`high` may use `low` and does not: take it out"]);
        let found = with(&WRONG, "", "");
        let wanted = [
            "`low` uses `top`, which does not stand before it",
            "`low` names nowhere/, and no file is there",
            "`high` may use `low` and does not: take it out",
            "lib.rs is in no layer",
            "an exception for nothing: low/ does not use high/",
            "an exception without a reason: high/ uses low/",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn an_exception_excuses_its_import() {
        const EXCUSED: Table = Table {
            exceptions: &[Exception { from: "low/part.rs", to: "high/", reason: "it has always been so" }],
            ..TABLE
        };
        let text = "use crate::high::base::B; use super::L; pub struct P;";
        assert_eq!(with(&EXCUSED, "low/part.rs", text), [""; 0]);
        let elsewhere = "mod part; use part::P; pub struct L; use crate::high::base::B;";
        let found = with(&EXCUSED, "low/mod.rs", elsewhere);
        assert!(found.iter().any(|it| it.starts_with("`low` may not use")), "{found:?}");
    }
}
