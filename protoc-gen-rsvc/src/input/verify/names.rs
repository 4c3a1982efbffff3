//! Every full name of all files, defined once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::walk::{Cursor, Definition, walk};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::input::locations::Places;
use crate::input::raw::{self, tag};
use crate::sorted;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SymbolKind {
    Package,
    Message,
    MapEntry,
    Enum,
    Service,
    /// Fields and all else that is neither a type nor contains any.
    Other(&'static str),
}

impl SymbolKind {
    fn of(node: Definition) -> Self {
        match node {
            Definition::Message { message, .. } if raw::options::is_map_entry(message) => Self::MapEntry,
            Definition::Message { .. } => Self::Message,
            Definition::Enum(_) => Self::Enum,
            Definition::Service(_) => Self::Service,
            other => Self::Other(other.what()),
        }
    }

    pub(crate) fn is_type(self) -> bool {
        matches!(self, Self::Message | Self::MapEntry | Self::Enum)
    }

    /// Whether other names may stand in it, so that it ends the search for the first part of a name.
    pub(crate) fn is_scope(self) -> bool {
        !matches!(self, Self::Other(_))
    }

    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Message => "message",
            Self::MapEntry => "map entry",
            Self::Enum => "enum",
            Self::Service => "service",
            Self::Other(what) => what,
        }
    }
}

/// A name's definition.
#[derive(Debug)]
pub(crate) struct Symbol {
    pub(crate) kind: SymbolKind,
    /// Index of its file.
    pub(crate) file: usize,
    path: Box<[i32]>,
}

impl Symbol {
    /// Its path in the descriptor of its file.
    pub(crate) fn path(&self) -> &[i32] {
        &self.path
    }
}

/// All names.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    map: HashMap<String, Symbol>,
}

impl Symbols {
    /// Collects the names of all files; a name that comes again is told.
    pub(crate) fn collect(files: &[raw::File], sink: &mut Sink) -> Self {
        let mut symbols = Self::default();
        let mut places = FilePlaces { files, places: HashMap::new() };
        for (index, file) in files.iter().enumerate() {
            symbols.add_package(&mut places, index, file, sink);
            walk(file, &mut |at: &Cursor, node| {
                let name = at.full_name(node.name());
                let symbol =
                    Symbol { kind: SymbolKind::of(node), file: index, path: at.path.as_slice().into() };
                symbols.add(&mut places, name, symbol, sink);
            });
        }
        symbols
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Symbol> {
        self.map.get(name)
    }

    /// A symbol with its name.
    pub(crate) fn entry(&self, name: &str) -> Option<(&str, &Symbol)> {
        self.map.get_key_value(name).map(|(name, symbol)| (name.as_str(), symbol))
    }

    /// The full names of all extensions, sorted, for suggestions.
    pub(crate) fn extensions(&self) -> Vec<&str> {
        let is_extension = |symbol: &Symbol| symbol.kind == SymbolKind::Other("extension");
        let all = self.map.iter().filter(|(_, symbol)| is_extension(symbol));
        let mut names: Vec<&str> = all.map(|(name, _)| name.as_str()).collect();
        sorted::sort(&mut names);
        names
    }

    /// The full names of all types, sorted, for suggestions.
    pub(crate) fn types(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .map
            .iter()
            .filter(|(_, symbol)| matches!(symbol.kind, SymbolKind::Message | SymbolKind::Enum))
            .map(|(name, _)| name.as_str())
            .collect();
        sorted::sort(&mut names);
        names
    }

    fn add_package(&mut self, places: &mut FilePlaces<'_>, index: usize, file: &raw::File, sink: &mut Sink) {
        let package = file.package();
        let ends = package.match_indices('.').map(|(i, _)| i).chain([package.len()]);
        for end in ends.filter(|&end| end > 0) {
            let path = Box::new([tag::file::PACKAGE]);
            let symbol = Symbol { kind: SymbolKind::Package, file: index, path };
            self.add(places, package[..end].to_owned(), symbol, sink);
        }
    }

    fn add(&mut self, places: &mut FilePlaces<'_>, name: String, symbol: Symbol, sink: &mut Sink) {
        match self.map.entry(name) {
            Entry::Vacant(entry) => _ = entry.insert(symbol),
            Entry::Occupied(entry) => {
                let first = entry.get();
                if (first.kind, symbol.kind) != (SymbolKind::Package, SymbolKind::Package) {
                    sink.push(duplicate(places, entry.key(), first, &symbol));
                }
            }
        }
    }
}

fn duplicate(places: &mut FilePlaces<'_>, name: &str, first: &Symbol, second: &Symbol) -> Diagnostic {
    let message = if first.kind == second.kind {
        format!("{} `{name}` is defined twice", first.kind.what())
    } else {
        format!("`{name}` is defined twice: as {} and as {}", a(first.kind), a(second.kind))
    };
    let found = Diagnostic::error(Code::DUPLICATE_NAME, message)
        .at(places.of(second))
        .note(places.of(first), "first defined here");
    let value = SymbolKind::Other("enum value");
    if first.kind == value || second.kind == value {
        found.help("enum values share the scope around their enum: begin them with the name of the enum")
    } else {
        found
    }
}

fn a(kind: SymbolKind) -> String {
    let what = kind.what();
    let article = if what.starts_with(['e', 'o']) { "an" } else { "a" };
    format!("{article} {what}")
}

/// The places of all files.
struct FilePlaces<'a> {
    files: &'a [raw::File],
    places: HashMap<usize, Places>,
}

impl FilePlaces<'_> {
    fn of(&mut self, symbol: &Symbol) -> Place {
        let file = &self.files[symbol.file];
        let mut path = symbol.path.to_vec();
        if symbol.kind != SymbolKind::Package {
            path.push(tag::NAME);
        }
        let places = self.places.entry(symbol.file).or_default();
        places.place(file.name(), file.source_code_info.as_deref(), &path)
    }
}
