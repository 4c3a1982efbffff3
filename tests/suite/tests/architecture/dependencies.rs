//! `docs/dependencies.md` against the manifests, and the lock file of the fuzz programs against the workspace's.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::tree;

const PAGE: &str = "docs/dependencies.md";

/// Every direct dependency, and what it is for.
fn of_the_manifests() -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(tree::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut uses: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            if !dependency["source"].is_null() {
                let published = dependency["kind"].as_str() != Some("dev");
                let purpose = match package["name"].as_str().unwrap() {
                    "protoc-gen-rsvc" if published => "generator",
                    "rsvc" if published => "runtime",
                    _ => "development",
                };
                uses.entry(dependency["name"].as_str().unwrap().to_owned()).or_default().insert(purpose);
            }
        }
    }
    uses.into_iter().map(|(name, purposes)| (name, purpose(purposes))).collect()
}

/// A user builds what the published crates name; that it also serves development says nothing more.
fn purpose(mut purposes: BTreeSet<&str>) -> String {
    if purposes.len() > 1 {
        purposes.remove("development");
    }
    purposes.into_iter().collect::<Vec<_>>().join(", ")
}

/// The rows of the table: crate, what it is for, why.
fn of_the_page(page: &str) -> Vec<(String, String, String)> {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, purpose, why] = cells[..] else { panic!("{PAGE}: not three columns: {row}") };
        (name.trim_matches('`').to_owned(), purpose.to_owned(), why.to_owned())
    })
    .collect()
}

fn compare(manifests: &BTreeMap<String, String>, page: &[(String, String, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows: BTreeMap<&str, (&str, &str)> =
        page.iter().map(|(name, purpose, why)| (name.as_str(), (purpose.as_str(), why.as_str()))).collect();
    if rows.len() != page.len() || !page.is_sorted_by(|a, b| a.0 < b.0) {
        wrong.push(format!("{PAGE}: the rows are not sorted, or one is there twice"));
    }
    for (name, purpose) in manifests {
        match rows.get(name.as_str()) {
            None => {
                wrong.push(format!("{PAGE}: a row is missing: | `{name}` | {purpose} | why it was chosen |"));
            }
            Some((stated, _)) if stated != purpose => {
                wrong.push(format!("{PAGE}: `{name}` is for: {purpose}; the page says: {stated}"));
            }
            Some((_, why)) if why.split(' ').count() < 3 => wrong.push(format!("{PAGE}: `{name}`: why?")),
            Some(_) => {}
        }
    }
    for name in rows.keys().filter(|name| !manifests.contains_key(**name)) {
        wrong.push(format!("{PAGE}: `{name}` is a dependency no more"));
    }
    wrong
}

#[test]
fn every_dependency_is_explained() {
    let page = tree::text(PAGE).unwrap();
    let wrong = compare(&of_the_manifests(), &of_the_page(&page));
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The crates of a lock file, with their versions.
fn of_the_lock(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut crates: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in text.split("[[package]]").skip(1) {
        let value = |key| {
            package.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim_matches('"')
        };
        crates.entry(value("name = ")).or_default().insert(value("version = "));
    }
    crates
}

fn other_versions(workspace: &str, fuzz: &str) -> Vec<String> {
    let workspace = of_the_lock(workspace);
    let mut wrong = Vec::new();
    for (name, versions) in of_the_lock(fuzz) {
        let Some(known) = workspace.get(name) else { continue };
        wrong.extend(versions.difference(known).map(|version| format!("{name} {version}")));
    }
    wrong
}

#[test]
fn what_is_fuzzed_is_what_is_tested() {
    let wrong = other_versions(&tree::text("Cargo.lock").unwrap(), &tree::text("fuzz/Cargo.lock").unwrap());
    let cure = "copy Cargo.lock to fuzz/Cargo.lock and run `cargo metadata --manifest-path fuzz/Cargo.toml`";
    assert!(wrong.is_empty(), "versions that the workspace does not have: {}; {cure}", wrong.join(", "));
    let package =
        |name: &str, version: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
    let workspace = package("a", "1.0.0") + &package("a", "2.0.0");
    let fuzz = package("a", "2.0.0") + &package("a", "2.0.1") + &package("b", "1.0.0");
    assert_eq!(other_versions(&workspace, &fuzz), ["a 2.0.1"]);
}

#[test]
fn a_wrong_page_is_found() {
    let manifests =
        BTreeMap::from([("a".to_owned(), "generator".to_owned()), ("b".to_owned(), "runtime".to_owned())]);
    let compare = |page: &str| compare(&manifests, &of_the_page(page)).len();
    assert_eq!(compare("| `a` | generator | it does this |\n| `b` | runtime | it does that |"), 0);
    assert_eq!(compare("| `a` | generator | it does this |"), 1);
    assert_eq!(compare("| `b` | runtime | it does that |\n| `a` | generator | it does this |"), 1);
    assert_eq!(compare("| `a` | runtime | it does this |\n| `b` | runtime | because |"), 2);
    assert_eq!(
        compare("| `a` | generator | x y z |\n| `b` | runtime | x y z |\n| `c` | runtime | x y z |"),
        1
    );
}
