//! The reference as a site: one small case word for word, and what holds for the sites of all cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;
use protoc_gen_rsvc::options::DocsFormat;
use suite::cases::{Case, repository};

fn site(case: &Case, format: DocsFormat) -> BTreeMap<String, String> {
    let files = case.files.iter().map(Into::into).collect();
    let source = Source::Files { files, includes: vec![case.include()] };
    let builder = case.options.iter().fold(Builder::new(), |builder, option| {
        let (key, value) = option.split_once('=').unwrap_or((option, "true"));
        builder.option(key, value)
    });
    let (files, _) = builder.docs_of(&source, format, None).unwrap_or_else(|errors| panic!("{errors}"));
    files.into_iter().collect()
}

/// What depends on the `.proto`: scripts and styles are the same in every site.
fn pages(case: &Case, format: DocsFormat) -> BTreeMap<String, String> {
    let mut files = site(case, format);
    files.retain(|name, _| !name.starts_with("assets/") || name == "assets/search.js");
    files
}

#[test]
fn a_small_site() {
    let case = Case::all().into_iter().find(|case| case.name == "annotated").expect("the case");
    for (format, folder) in [(DocsFormat::Html, "html"), (DocsFormat::Markdown, "markdown")] {
        let folder = repository().join("tests/snapshots/reference").join(folder);
        let found = pages(&case, format);
        if std::env::var_os("RSVC_BLESS").is_some() {
            bless(&folder, &found);
        }
        let mut expected = BTreeMap::new();
        read(&folder, "", &mut expected);
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&expected), names(&found), "`cargo xtask bless` accepts what is there now");
        for (name, text) in &found {
            assert!(expected[name] == *text, "{name} differs; `cargo xtask bless` accepts what is there now");
        }
    }
}

fn bless(folder: &Path, files: &BTreeMap<String, String>) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the folder can be removed");
    }
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
}

fn read(folder: &Path, below: &str, out: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let name = format!("{below}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            read(&path, &format!("{name}/"), out);
        } else {
            out.insert(name, fs::read_to_string(&path).expect("text"));
        }
    }
}

/// The values of an attribute in a page.
fn values<'t>(text: &'t str, attribute: &str) -> Vec<&'t str> {
    let start = format!(" {attribute}=\"");
    text.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// A relative address, from a page.
fn resolve(page: &str, href: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in href.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn all_sites_are_whole() {
    let mut links = 0;
    for case in Case::all() {
        let files = site(&case, DocsFormat::Html);
        for (name, text) in files
            .iter()
            .filter(|(name, _)| Path::new(name).extension().is_some_and(|extension| extension == "html"))
        {
            let place = format!("{}: {name}", case.name);
            let ids = values(text, "id");
            let distinct: BTreeSet<_> = ids.iter().collect();
            assert_eq!(distinct.len(), ids.len(), "{place}: two elements have the same id: {ids:?}");
            for href in values(text, "href").into_iter().chain(values(text, "src")) {
                if href.starts_with("https://") || href.starts_with("http://") || href.starts_with("mailto:")
                {
                    continue;
                }
                links += 1;
                let (path, anchor) = href.split_once('#').unwrap_or((href, ""));
                let target = if path.is_empty() { name.clone() } else { resolve(name, path) };
                let target = files.get(&target).unwrap_or_else(|| panic!("{place}: {href} leads nowhere"));
                assert!(anchor.is_empty() || values(target, "id").contains(&anchor), "{place}: no {href}");
            }
            for inline in ["<style", "<script>", " style=", " onclick=", "javascript:"] {
                assert!(!text.contains(inline), "{place} has {inline}");
            }
        }
        let markdown = site(&case, DocsFormat::Markdown);
        assert!(markdown.contains_key("index.md") && !markdown.keys().any(|name| name.contains("assets")));
    }
    assert!(links > 1000, "only {links} links");
}

#[test]
fn a_site_of_many_services_grows_with_their_number_alone() {
    let size = |services: usize| {
        let folder = tempfile::tempdir().unwrap();
        let service = |index| format!("service Service{index} {{ rpc Get(M) returns (M); }}");
        let lines: Vec<_> = (0..services).map(service).collect();
        let proto = format!("syntax = \"proto3\";\npackage many.v1;\nmessage M {{}}\n{}", lines.join("\n"));
        fs::write(folder.path().join("many.proto"), proto).unwrap();
        let file = folder.path().join("many.proto");
        let source = Source::Files { files: vec![file], includes: vec![folder.path().into()] };
        let (files, _) = Builder::new().docs_of(&source, DocsFormat::Html, None).unwrap();
        let pages = files.iter().filter(|(name, _)| name.starts_with("services/"));
        let largest = pages.map(|(_, text)| text.len()).max().unwrap();
        let index = &files.iter().find(|(name, _)| name == "index.html").unwrap().1;
        assert_eq!(
            index.matches("href=\"services/").count() % services,
            0,
            "the first page has every service"
        );
        largest
    };
    let (some, many) = (size(100), size(200));
    assert!(many < some + 200, "a page has {some} bytes with 100 services, and {many} with 200");
}
