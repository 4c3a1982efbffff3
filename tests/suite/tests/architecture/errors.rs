//! Public errors of the runtime have one shape: an opaque struct. Its kinds are predicates, so that a new kind breaks
//! nobody.

use syn::{File, Item, Type, Visibility};

use crate::tree;

/// The public errors in a file that are not opaque structs, each with the reason.
fn wrong_errors(file: &File) -> Vec<String> {
    let errors = file.items.iter().filter_map(error_of);
    errors.filter_map(|name| file.items.iter().find_map(|item| wrong_shape(item, &name))).collect()
}

/// The type of an `impl Error for …`.
fn error_of(item: &Item) -> Option<String> {
    let Item::Impl(item) = item else { return None };
    let (path, _) = item.trait_.as_ref()?;
    let Type::Path(of) = &*item.self_ty else { return None };
    let is_error = path.segments.last().is_some_and(|name| name.ident == "Error");
    is_error.then(|| of.path.segments.last().map(|name| name.ident.to_string())).flatten()
}

fn wrong_shape(item: &Item, name: &str) -> Option<String> {
    let is_public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
    match item {
        Item::Struct(item) if item.ident == name && is_public(&item.vis) => {
            let shown = item.fields.iter().any(|field| is_public(&field.vis));
            shown.then(|| format!("{name} has public fields"))
        }
        Item::Enum(item) if item.ident == name && is_public(&item.vis) => {
            Some(format!("{name} is an enum: a public error is an opaque struct with predicates"))
        }
        _ => None,
    }
}

#[test]
fn public_errors_are_opaque() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for file in tree::files("runtime/src").iter().filter(|file| tree::extension(file) == "rs") {
        let text = tree::text(file).expect("a source is UTF-8");
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        count += parsed.items.iter().filter_map(error_of).count();
        wrong.extend(wrong_errors(&parsed).into_iter().map(|what| format!("{file}: {what}")));
    }
    assert!(count >= 8, "only {count} errors were found");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn wrong_shapes_are_found() {
    let found = |text: &str| wrong_errors(&syn::parse_file(text).unwrap()).len();
    assert_eq!(found("pub enum E { A } impl std::error::Error for E {}"), 1);
    assert_eq!(found("pub struct E { pub at: u32 } impl Error for E {}"), 1);
    assert_eq!(
        found("pub struct E { at: u32 } impl Error for E {} impl E { pub fn at(&self) -> u32 { 0 } }"),
        0
    );
    assert_eq!(found("pub(crate) enum E { A } impl Error for E {} pub enum Kind { A }"), 0);
}
