//! One noun, one thing: words that say little name at most one type of a crate.

use std::collections::BTreeMap;

use syn::{Attribute, File, Item};

use crate::tree;

/// Words that have named several types at once. A type that wants one of them says what of: `CallPermit`, `KeySource`.
const NOUNS: [&str; 13] = [
    "Answer", "Arriving", "Found", "Lifetime", "Place", "Settings", "Silence", "Source", "Template", "Token",
    "Tokens", "Url", "Way",
];

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// The types in a file that are named by one of the words.
fn nouns(file: &File) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut open: Vec<&Item> = file.items.iter().collect();
    while let Some(item) = open.pop() {
        let name = match item {
            Item::Struct(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Mod(item) if !is_test(&item.attrs) => {
                open.extend(item.content.iter().flat_map(|(_, items)| items));
                continue;
            }
            _ => continue,
        };
        found.extend(NOUNS.into_iter().find(|noun| name == noun));
    }
    found
}

#[test]
fn a_noun_names_one_type() {
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in tree::files("runtime/src").iter().filter(|file| tree::extension(file) == "rs") {
        if file.ends_with("/tests.rs") {
            continue;
        }
        let text = tree::text(file).expect("a source is UTF-8");
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for noun in nouns(&parsed) {
            named.entry(noun).or_default().push(file.clone());
        }
    }
    let wrong: Vec<String> = named
        .iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(noun, files)| format!("`{noun}` is {} types: {}", files.len(), files.join(", ")))
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn types_in_modules_are_found_and_tests_are_free() {
    let text = "struct Place; mod a { enum Answer {} trait Way {} type Found = u8; } \
                #[cfg(test)] mod tests { struct Place; } struct CallPlace;";
    let mut found = nouns(&syn::parse_file(text).unwrap());
    found.sort_unstable();
    assert_eq!(found, ["Answer", "Place", "Way"]);
}
