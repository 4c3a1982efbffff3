//! How a written name is searched from a place: protoc's rules, for types, options and extensions alike.

use std::collections::HashSet;

use super::names::{Symbol, SymbolKind, Symbols};
use super::walk::join;

/// What one file sees.
///
/// A name that the file does not import takes no part in a search, and a package only where a file that is seen is
/// in it: a file that nobody imports must not change what a name means elsewhere.
pub(crate) struct Scope<'a> {
    symbols: &'a Symbols,
    visible: &'a HashSet<usize>,
    packages: HashSet<&'a str>,
}

/// The end of a search.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    /// The full name that is meant.
    pub(crate) full: String,
    /// What has that name and is seen.
    pub(crate) symbol: Option<&'a Symbol>,
    /// Whether the first part of the name was found in an inner scope that does not have the rest.
    pub(crate) cut_off: bool,
    /// A definition that would have been meant if it were imported: its full name.
    pub(crate) hidden: Option<(String, &'a Symbol)>,
}

impl<'a> Scope<'a> {
    /// What is seen from a file. `packages` are those of all files, by index.
    pub(crate) fn new(symbols: &'a Symbols, visible: &'a HashSet<usize>, packages: &[&'a str]) -> Self {
        let mut seen = HashSet::new();
        for package in visible.iter().filter_map(|&file| packages.get(file)) {
            let ends = package.match_indices('.').map(|(end, _)| end).chain([package.len()]);
            seen.extend(ends.filter(|&end| end > 0).map(|end| &package[..end]));
        }
        Self { symbols, visible, packages: seen }
    }

    /// The symbol of a full name, if it is seen.
    pub(crate) fn get(&self, full: &str) -> Option<&'a Symbol> {
        let symbol = self.symbols.get(full)?;
        self.sees(full, symbol).then_some(symbol)
    }

    pub(crate) fn sees(&self, full: &str, symbol: &Symbol) -> bool {
        match symbol.kind {
            SymbolKind::Package => self.packages.contains(full),
            _ => self.visible.contains(&symbol.file),
        }
    }

    /// Searches `written` from the scope `inner` outwards. The first part of the name decides: the search ends where
    /// it is found, unless that is neither a type nor contains any. With `types`, a whole name that is found as
    /// something else than a type does not end it either.
    pub(crate) fn search(&self, written: &str, inner: &str, types: bool) -> Search<'a> {
        let mut hidden = None;
        let mut not_seen = |full: &str| {
            let symbol = self.symbols.get(full).filter(|symbol| symbol.kind != SymbolKind::Package);
            if let Some(symbol) = symbol.filter(|symbol| !self.sees(full, symbol)) {
                hidden.get_or_insert_with(|| (full.to_owned(), symbol));
            }
        };
        if let Some(full) = written.strip_prefix('.') {
            not_seen(full);
            return Search { full: full.to_owned(), symbol: self.get(full), cut_off: false, hidden };
        }
        let first = written.split('.').next().unwrap_or(written);
        let mut not_a_type = None;
        let mut scope = Some(inner);
        while let Some(current) = scope {
            let found = self.get(&join(current, first));
            let full = join(current, written);
            match found {
                Some(symbol) if first.len() == written.len() => {
                    if !types || symbol.kind.is_type() {
                        return Search { full, symbol: Some(symbol), cut_off: false, hidden };
                    }
                    not_a_type.get_or_insert((full, symbol));
                }
                Some(symbol) if symbol.kind.is_scope() => {
                    let symbol = self.get(&full);
                    not_seen(&full);
                    let cut_off = symbol.is_none() && !current.is_empty();
                    return Search { full, symbol, cut_off, hidden };
                }
                _ => not_seen(&full),
            }
            scope = (!current.is_empty()).then(|| current.rsplit_once('.').map_or("", |(outer, _)| outer));
        }
        match not_a_type {
            Some((full, symbol)) => Search { full, symbol: Some(symbol), cut_off: false, hidden },
            None => Search { full: written.to_owned(), symbol: None, cut_off: false, hidden },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sink;

    /// Files `a` (imported), `b` (not imported) and the own one.
    fn searched(written: &str, inner: &str, types: bool) -> (String, bool, bool) {
        let parse = |name: &str, text: &str| crate::input::parse::parse(name, text).expect("a valid text");
        let files = [
            parse("a", "syntax = 'proto3'; package x.core; message A { message In {} } message Get {}"),
            parse("b", "syntax = 'proto3'; package x.own.core; message B {} message Other {}"),
            parse(
                "c",
                "syntax = 'proto3'; package x.own; message M { int32 A = 1; } service S { rpc Get(M) returns (M); }",
            ),
        ];
        let symbols = Symbols::collect(&files, &mut Sink::default());
        let (visible, packages) =
            (HashSet::from([0, 2]), files.iter().map(crate::input::raw::File::package).collect::<Vec<_>>());
        let found = Scope::new(&symbols, &visible, &packages).search(written, inner, types);
        (found.full, found.symbol.is_some(), found.hidden.is_some())
    }

    #[test]
    fn what_is_not_imported_takes_no_part() {
        assert_eq!(searched("core.A", "x.own.M", true), ("x.core.A".to_owned(), true, false));
        assert_eq!(searched("core.A.In", "x.own.M", true), ("x.core.A.In".to_owned(), true, false));
        assert_eq!(searched("core.B", "x.own.M", true), ("x.core.B".to_owned(), false, true));
        assert_eq!(searched(".x.own.core.B", "x.own.M", true), ("x.own.core.B".to_owned(), false, true));
        assert_eq!(searched("Other", "x.own.core", true), ("Other".to_owned(), false, true));
    }

    #[test]
    fn a_whole_name_that_is_no_type_ends_the_search_only_where_all_is_meant() {
        assert_eq!(searched("Get", "x.own.S", false), ("x.own.S.Get".to_owned(), true, false));
        assert_eq!(searched("M", "x.own.S", false), ("x.own.M".to_owned(), true, false));
        assert_eq!(searched("A", "x.own.M", true), ("x.own.M.A".to_owned(), true, false));
    }
}
