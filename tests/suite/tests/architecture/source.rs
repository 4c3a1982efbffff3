//! A Rust source as the rules see it: paths, macros, method calls and texts, without comments and tests.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Something that a rule can forbid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// A path, written out or imported: `std::fs::read`.
    Path(String),
    /// A macro, `println` of `println!()`.
    Macro(String),
    /// A method, `exists` of `path.exists()`.
    Method(String),
    /// A string literal, as it is written.
    Text(String),
}

/// One fact and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) fact: Fact,
    pub(crate) line: usize,
    /// Whether it stands in a `quote!`: then it is part of the output, not of what the generator does.
    pub(crate) quoted: bool,
    /// How many modules with a body (`mod x { … }`) are around it in the file.
    pub(crate) inline_modules: usize,
}

/// An imported name: `use path as name`, with `*` for all names of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) name: String,
    pub(crate) path: String,
}

/// All facts of a source.
#[derive(Default)]
pub(crate) struct Source {
    pub(crate) found: Vec<Found>,
    /// Modules that are declared here for tests only.
    pub(crate) test_modules: BTreeSet<String>,
    /// Modules with a file of their own that are declared here (`mod x;`), without those for tests.
    pub(crate) modules: BTreeSet<String>,
    /// Modules whose text is another file (`mod x { include!("…"); }`), and that file.
    pub(crate) included: BTreeMap<String, String>,
    /// What the file imports, outside of functions and modules with a body.
    pub(crate) imports: Vec<Import>,
    /// Macros by example, wherever in the file they are.
    pub(crate) macros: BTreeSet<String>,
    /// Functions, types and constants that the file defines, outside of functions and modules with a body.
    pub(crate) items: BTreeSet<String>,
}

/// Where in a file something stands.
#[derive(Clone, Copy, Default)]
struct Around {
    quoted: bool,
    inline_modules: usize,
    /// Whether it is in any group of brackets.
    nested: bool,
}

impl Around {
    fn inside(self) -> Self {
        Self { nested: true, ..self }
    }
}

/// Words in front of the name of an item.
const ITEMS: &[&str] = &["fn", "struct", "enum", "trait", "type", "const", "static", "union"];

const QUOTES: &[&str] = &["quote", "quote_spanned", "parse_quote", "parse_quote_spanned"];

/// Words that stand before a path and are no part of it.
const KEYWORDS: &[&str] = &[
    "let", "return", "if", "match", "in", "else", "mut", "ref", "as", "dyn", "impl", "for", "where", "move",
];

impl Source {
    /// Reads a source.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens: TokenStream = text.parse().map_err(|error| format!("no Rust source: {error}"))?;
        let mut source = Self::default();
        source.read(tokens, Around::default());
        Ok(source)
    }

    fn read(&mut self, tokens: TokenStream, around: Around) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            if !around.nested {
                self.item(&trees, at);
            }
            let end = self.test_item(&trees, at).or_else(|| doc_comment(&trees, at));
            let end = end.or_else(|| visibility(&trees, at));
            let end = end.or_else(|| self.inline_module(&trees, at, around));
            let end = end.or_else(|| self.import(&trees, at, around));
            let end = end.or_else(|| self.method(&trees, at, around));
            let end = end.or_else(|| self.path(&trees, at, around));
            at = end.unwrap_or_else(|| {
                match &trees[at] {
                    TokenTree::Group(group) => self.read(group.stream(), around.inside()),
                    TokenTree::Literal(literal) if literal.to_string().contains('"') => {
                        self.add(Fact::Text(literal.to_string()), &trees[at], around);
                    }
                    _ => {}
                }
                at + 1
            });
        }
    }

    fn add(&mut self, fact: Fact, at: &TokenTree, around: Around) {
        let line = at.span().start().line;
        let Around { quoted, inline_modules, .. } = around;
        self.found.push(Found { fact, line, quoted, inline_modules });
    }

    /// The name behind `fn`, `struct`, …, or of a module with a file of its own.
    fn item(&mut self, trees: &[TokenTree], at: usize) {
        let (Some(keyword), Some(name)) = (trees.get(at).and_then(ident), trees.get(at + 1).and_then(ident))
        else {
            return;
        };
        if ITEMS.contains(&keyword.as_str()) && name != "fn" {
            self.items.insert(name);
        } else if keyword == "mod" && trees.get(at + 2).is_some_and(|end| is_punct(end, ';')) {
            self.modules.insert(name);
        }
    }

    /// `mod x { … }`
    fn inline_module(&mut self, trees: &[TokenTree], at: usize, around: Around) -> Option<usize> {
        match &trees[at..] {
            [keyword, name, TokenTree::Group(body), ..]
                if ident(keyword)? == "mod" && ident(name).is_some() =>
            {
                if let Some(file) = included(body.stream()).filter(|_| !around.nested) {
                    self.included.insert(name.to_string(), file);
                    return Some(at + 3);
                }
                let inline_modules = around.inline_modules + 1;
                self.read(body.stream(), Around { inline_modules, ..around.inside() });
                Some(at + 3)
            }
            _ => None,
        }
    }

    /// `#[cfg(test)]` and its item, which are not our concern.
    fn test_item(&mut self, trees: &[TokenTree], at: usize) -> Option<usize> {
        if attribute(trees, at)? != "cfg(test)" {
            return None;
        }
        let mut end = at + 2;
        while attribute(trees, end).is_some() {
            end += 2;
        }
        let start = end;
        while end < trees.len() {
            match &trees[end] {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Some(end + 1),
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    let words = trees[start..end].iter().rev().map(ToString::to_string);
                    if let [name, keyword, ..] = words.collect::<Vec<_>>().as_slice()
                        && keyword == "mod"
                    {
                        self.test_modules.insert(name.clone());
                    }
                    return Some(end + 1);
                }
                _ => end += 1,
            }
        }
        Some(end)
    }

    /// `use a::{b, c as d};`
    fn import(&mut self, trees: &[TokenTree], at: usize, around: Around) -> Option<usize> {
        ident(trees.get(at)?).filter(|word| word == "use")?;
        let length = trees[at..].iter().position(|tree| is_punct(tree, ';'))?;
        let item: TokenStream = trees[at..=at + length].iter().cloned().collect();
        let item: syn::ItemUse = syn::parse2(item).ok()?;
        let mut imports = Vec::new();
        flatten(&item.tree, String::new(), &mut imports);
        for import in &imports {
            self.add(Fact::Path(import.path.clone()), &trees[at], around);
        }
        if !around.nested {
            self.imports.extend(imports);
        }
        Some(at + length + 1)
    }

    /// `.name(` and `.name::<T>(`
    fn method(&mut self, trees: &[TokenTree], at: usize, around: Around) -> Option<usize> {
        if !is_punct(trees.get(at)?, '.') || at > 0 && is_punct(&trees[at - 1], '.') {
            return None;
        }
        let name = ident(trees.get(at + 1)?)?;
        let called = match trees.get(at + 2)? {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
            next => is_punct(next, ':'),
        };
        called.then(|| {
            self.add(Fact::Method(name), &trees[at + 1], around);
            at + 2
        })
    }

    /// `a::b::c`, or the macro `a::b!(...)`, whose inside is read as well.
    fn path(&mut self, trees: &[TokenTree], at: usize, around: Around) -> Option<usize> {
        let mut path = ident(trees.get(at)?)?;
        let mut end = at + 1;
        if KEYWORDS.contains(&path.as_str()) {
            // What follows `let ::core` is a path of its own.
            return Some(end);
        }
        if at > 0 && is_punct(&trees[at - 1], '$') {
            // A parameter of a macro; or `$crate`, a path in the file that the macro is used in.
            path = format!("${path}");
        }
        while let [first, second, third, ..] = &trees[end..]
            && is_punct(first, ':')
            && is_punct(second, ':')
            && let Some(word) = ident(third)
        {
            path = format!("{path}::{word}");
            end += 3;
        }
        if let [bang, name, TokenTree::Group(_), ..] = &trees[end..]
            && path == "macro_rules"
            && is_punct(bang, '!')
        {
            self.macros.extend(ident(name));
        }
        if let [bang, TokenTree::Group(body), ..] = &trees[end..]
            && is_punct(bang, '!')
        {
            let name = path.rsplit("::").next().unwrap_or(&path).to_owned();
            let quoted = around.quoted || QUOTES.contains(&name.as_str());
            self.read(body.stream(), Around { quoted, ..around.inside() });
            self.add(Fact::Macro(name), &trees[at], around);
            end += 2;
        }
        self.add(Fact::Path(path), &trees[at], around);
        Some(end)
    }
}

/// The file of `include!("file");`, if that is all there is.
fn included(body: TokenStream) -> Option<String> {
    let trees: Vec<TokenTree> = body.into_iter().collect();
    match &trees[..] {
        [word, bang, TokenTree::Group(file)] | [word, bang, TokenTree::Group(file), _]
            if ident(word)? == "include" && is_punct(bang, '!') =>
        {
            syn::parse2::<syn::LitStr>(file.stream()).ok().map(|file| file.value())
        }
        _ => None,
    }
}

/// `pub(crate)` or `pub(in crate::a)`, which names a module and uses nothing of it.
fn visibility(trees: &[TokenTree], at: usize) -> Option<usize> {
    match &trees[at..] {
        [word, TokenTree::Group(group), ..] if ident(word)? == "pub" => {
            let inside: Vec<TokenTree> = group.stream().into_iter().collect();
            let scope = ident(inside.first()?)?;
            let is_scope =
                scope == "in" || inside.len() == 1 && ["crate", "super", "self"].contains(&scope.as_str());
            is_scope.then_some(at + 2)
        }
        _ => None,
    }
}

/// The inside of `#[...]`.
fn attribute(trees: &[TokenTree], at: usize) -> Option<String> {
    match &trees[at..] {
        [hash, TokenTree::Group(group), ..]
            if is_punct(hash, '#') && group.delimiter() == Delimiter::Bracket =>
        {
            Some(group.stream().to_string().replace(' ', ""))
        }
        _ => None,
    }
}

/// `#[doc = "..."]` or `#![doc = "..."]`, which is what comments are to the compiler.
fn doc_comment(trees: &[TokenTree], at: usize) -> Option<usize> {
    let is_doc = |group: &TokenTree| {
        matches!(group, TokenTree::Group(group)
        if group.delimiter() == Delimiter::Bracket && group.stream().to_string().starts_with("doc ="))
    };
    match &trees[at..] {
        [hash, group, ..] if is_punct(hash, '#') && is_doc(group) => Some(at + 2),
        [hash, bang, group, ..] if is_punct(hash, '#') && is_punct(bang, '!') && is_doc(group) => {
            Some(at + 3)
        }
        _ => None,
    }
}

fn ident(tree: &TokenTree) -> Option<String> {
    match tree {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

fn is_punct(tree: &TokenTree, wanted: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn flatten(tree: &syn::UseTree, before: String, out: &mut Vec<Import>) {
    let joined = |name: &dyn ToString| match before.as_str() {
        "" => name.to_string(),
        _ => format!("{before}::{}", name.to_string()),
    };
    match tree {
        syn::UseTree::Path(path) => flatten(&path.tree, joined(&path.ident), out),
        syn::UseTree::Name(name) if name.ident == "self" => {
            let last = before.rsplit("::").next().unwrap_or(&before).to_owned();
            out.push(Import { name: last, path: before });
        }
        syn::UseTree::Name(name) => {
            out.push(Import { name: name.ident.to_string(), path: joined(&name.ident) });
        }
        syn::UseTree::Rename(rename) => {
            let path = if rename.ident == "self" { before.clone() } else { joined(&rename.ident) };
            out.push(Import { name: rename.rename.to_string(), path });
        }
        syn::UseTree::Glob(_) => out.push(Import { name: "*".into(), path: before }),
        syn::UseTree::Group(group) => {
            for item in &group.items {
                flatten(item, before.clone(), out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Vec<(Fact, bool)> {
        Source::parse(text).unwrap().found.into_iter().map(|found| (found.fact, found.quoted)).collect()
    }

    fn path(text: &str) -> (Fact, bool) {
        (Fact::Path(text.to_owned()), false)
    }

    #[test]
    fn imports_are_written_out() {
        let found = facts("use std::{fs, io::{self, Read as _}, env::*}; use ::heck::ToSnakeCase;");
        let wanted = ["std::fs", "std::io", "std::io::Read", "std::env", "heck::ToSnakeCase"];
        assert_eq!(found, wanted.map(path));
    }

    #[test]
    fn paths_macros_and_methods_are_seen_everywhere() {
        let found = facts(
            "fn f() { if ok { println!(\"{}\", std::fs::read(p).len()); } p . exists () ; 1..exists(); }",
        );
        assert!(found.contains(&path("std::fs::read")));
        assert_eq!(facts("let ::a::b = c;")[0], path("a::b"));
        assert!(found.contains(&(Fact::Macro("println".into()), false)));
        assert_eq!(found.iter().filter(|(fact, _)| *fact == Fact::Method("exists".into())).count(), 1);
    }

    #[test]
    fn comments_and_tests_are_not_seen_and_texts_are_texts() {
        let source = Source::parse(
            "//! std::fs\n/* std::fs */ const A: &str = \"std::fs\"; const B: &str = r#\"std::fs\"#;\n\
             #[cfg(test)] #[path = \"x.rs\"] mod cases;\n#[cfg(test)] mod tests { use std::fs; }\n#[cfg(test)] use std::fs;\nfn f() {}",
        )
        .unwrap();
        let facts: Vec<_> = source.found.into_iter().map(|found| found.fact).collect();
        assert!(
            !facts.iter().any(|fact| matches!(fact, Fact::Path(path) if path.contains("std"))),
            "{facts:?}"
        );
        let texts: Vec<_> = facts.iter().filter(|fact| matches!(fact, Fact::Text(_))).collect();
        assert_eq!(texts, [&Fact::Text("\"std::fs\"".into()), &Fact::Text("r#\"std::fs\"#".into())]);
        assert!(facts.contains(&Fact::Path("f".into())));
        assert_eq!(source.test_modules.into_iter().collect::<Vec<_>>(), ["cases"]);
    }

    #[test]
    fn what_is_quoted_is_told_apart() {
        let found = facts("fn f() -> T { quote! { ::std::fs::read(#x) } }");
        assert!(found.contains(&(Fact::Path("std::fs::read".into()), true)));
        assert!(found.contains(&(Fact::Macro("quote".into()), false)));
    }

    #[test]
    fn what_a_file_defines_and_imports_is_told_from_what_is_inside() {
        let source = Source::parse(
            "mod a; pub(crate) mod b { use super::c; fn inner() {} } mod i { include!(\"i/mod.rs\"); }\n\
             pub(in crate::d) use x::{y as z, w::*, v::{self, u as _}};\n\
             struct S(pub (crate::e::T, u8)); impl S { fn method() {} } const fn f() { use g::h; }",
        )
        .unwrap();
        assert_eq!(source.modules.into_iter().collect::<Vec<_>>(), ["a"]);
        assert_eq!(source.included, BTreeMap::from([("i".to_owned(), "i/mod.rs".to_owned())]));
        assert_eq!(source.items.into_iter().collect::<Vec<_>>(), ["S", "f"]);
        let imports: Vec<_> = source.imports.iter().map(|i| (&*i.name, &*i.path)).collect();
        assert_eq!(imports, [("z", "x::y"), ("*", "x::w"), ("v", "x::v"), ("_", "x::v::u")]);
        let depth = |path: &str| {
            let wanted = Fact::Path(path.to_owned());
            source.found.iter().find(|f| f.fact == wanted).map(|f| f.inline_modules)
        };
        assert_eq!(depth("super::c"), Some(1));
        assert_eq!(depth("crate::e::T"), Some(0));
        assert_eq!(depth("crate::d"), None, "a visibility is no use");
    }

    #[test]
    fn macros_are_no_text_of_their_file() {
        let source =
            Source::parse("macro_rules! m { ($t:ident) => { $crate::a::b($t::c); d::e() }; }").unwrap();
        assert_eq!(source.macros.into_iter().collect::<Vec<_>>(), ["m"]);
        let found: Vec<_> = source.found.into_iter().map(|found| found.fact).collect();
        for path in ["$crate::a::b", "$t::c", "d::e"] {
            assert!(found.contains(&Fact::Path(path.into())), "{path}: {found:?}");
        }
    }

    #[test]
    fn lines_are_counted() {
        let source = Source::parse("\n\nfn f() {\n    heck::x();\n}").unwrap();
        let found = source.found.iter().find(|found| found.fact == Fact::Path("heck::x".into())).unwrap();
        assert_eq!(found.line, 4);
    }
}
