//! `emit/derived/` of the generator: what askama's derive makes of the templates that every build of it needs. A user's
//! build compiles what is there, and so neither the derive nor its parser. It is written by the task runner, which
//! compiles also when a template and its struct have changed and what is derived has not.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use syn::parse_quote;

use crate::session::Session;

/// A template, and the struct with what it prints.
struct Derived {
    template: &'static str,
    /// In `emit/`.
    file: &'static str,
    view: &'static str,
}

const ALL: &[Derived] = &[
    Derived { template: "service.rs", file: "service.rs", view: "View" },
    Derived { template: "error_set.rs", file: "errors.rs", view: "ErrorSetView" },
];

/// Derives all of them anew.
pub(crate) fn bless(session: &Session) -> Result<()> {
    for derived in ALL {
        let path = session.root().join(derived.path());
        fs::write(&path, derived.text(session.root())?).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

impl Derived {
    /// Where it is.
    fn path(&self) -> String {
        format!("protoc-gen-rsvc/src/emit/derived/{}", self.template)
    }

    /// What is to be there.
    fn text(&self, root: &Path) -> Result<String> {
        let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| file.to_owned());
        let file = format!("protoc-gen-rsvc/src/emit/{}", self.file);
        let items = syn::parse_file(&read(&file)?).with_context(|| file.clone())?.items;
        let view = items.into_iter().find_map(|item| match item {
            syn::Item::Struct(item) if item.ident == self.view => Some(item),
            _ => None,
        });
        let mut view = view.with_context(|| format!("{file} has no struct {}", self.view))?;
        let path = format!("protoc-gen-rsvc/templates/{}.askama", self.template);
        let page = read(&path)?;
        view.attrs = vec![parse_quote!(#[template(source = #page, ext = "rs", escape = "none")])];
        let items = askama_derive::derive_template(quote::quote!(#view), || {
            quote::quote!(
                extern crate askama;
            )
        });
        let code = prettyplease::unparse(&syn::parse2(items).context("askama derives Rust")?);
        if code.contains("compile_error!") {
            bail!("{path}: {code}");
        }
        Ok(format!(
            "// Derived by askama from `{path}` for `{file}`: `cargo xtask bless` writes it.\n\n\
             #[allow(clippy::all, clippy::pedantic)] // what a derive writes is not looked at, either\n{code}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn what_is_derived_is_of_the_templates() {
        for derived in ALL {
            let path = derived.path();
            let found = fs::read_to_string(root().join(&path)).unwrap();
            assert!(found == derived.text(root()).unwrap(), "{path}: `cargo xtask bless`");
        }
    }

    /// What is in the folder of templates itself is derived here; what is below it is of documents, and derived where it is.
    #[test]
    fn no_template_is_left_out() {
        let entries = fs::read_dir(root().join("protoc-gen-rsvc/templates")).unwrap().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        let mut found: Vec<_> = files.map(|entry| entry.file_name().into_string().unwrap()).collect();
        let mut known: Vec<_> = ALL.iter().map(|derived| format!("{}.askama", derived.template)).collect();
        found.sort();
        known.sort();
        assert_eq!(found, known);
    }
}
