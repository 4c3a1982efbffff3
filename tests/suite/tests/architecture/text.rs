//! What holds for every file, whatever its language: its length, and that it knows no machine.

use std::path::Path;

use crate::tree;

/// Beyond this a file is long.
const LONG: usize = 400;
/// Beyond this it is too long.
const TOO_LONG: usize = 600;

/// Whether a file has a limit. Tests, expected outputs and what a machine wrote have none.
fn is_limited(file: &str) -> bool {
    let written = ["rs", "html", "py", "askama", "txt"].contains(&tree::extension(file));
    let free = file.starts_with("tests/") || file.contains("/tests/") || file.ends_with("/tests.rs");
    let made = file.contains("snapshots/") || file.starts_with("runtime/src/pb/");
    written && !free && !made
}

#[test]
fn no_file_is_too_long() {
    let mut too_long = Vec::new();
    for file in tree::files("").into_iter().filter(|file| is_limited(file)) {
        let lines = tree::text(&file).unwrap_or_default().lines().count();
        if lines > TOO_LONG {
            too_long.push(format!("{file}: {lines} lines, the limit is {TOO_LONG}: split it by concept"));
        } else if lines > LONG {
            println!("note: {file}: {lines} lines, {LONG} is where a file starts to be long");
        }
    }
    assert!(too_long.is_empty(), "\n{}\n", too_long.join("\n"));
}

#[test]
fn the_limit_knows_what_it_is_for() {
    assert!(is_limited("protoc-gen-rsvc/src/emit/json.rs") && is_limited("templates/service.rs.askama"));
    assert!(!is_limited("tests/suite/tests/golden.rs") && !is_limited("Cargo.lock"));
    assert!(!is_limited("protoc-gen-rsvc/src/cel/tests.rs"));
}

/// Top folders of somebody's machine. `/usr` and its like are the same on all.
const MACHINES: &[&str] = &["home", "root", "Users"];

/// The lines of a text that name a place on a machine.
fn machine_paths(file: &str, text: &str, places: &[String]) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(at, line)| {
            let place = places.iter().find(|place| starts_in(line, place))?;
            Some(format!("{file}:{}: names the machine path {place}", at + 1))
        })
        .collect()
}

/// Whether a path starts here: `/src/` does not in `runtime/src/`.
fn starts_in(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.*})>".contains(c))
    })
}

#[test]
fn no_file_knows_a_machine() {
    let root = tree::root();
    // The folder of temporary files is named for good reasons.
    let here =
        root.parent().filter(|folder| folder.components().count() > 1 && *folder != std::env::temp_dir());
    let home = std::env::home_dir().filter(|folder| folder.components().count() > 1);
    let own = [here, home.as_deref()].into_iter().flatten().map(|path: &Path| format!("{}/", path.display()));
    let own: Vec<String> = own.collect();
    let in_pages: Vec<String> = MACHINES.iter().map(|top| format!("/{top}/")).chain(own.clone()).collect();
    let mut found = Vec::new();
    for file in tree::files("").iter().filter(|file| tree::extension(file) != "lock") {
        let Some(text) = tree::text(file) else { continue };
        let places = if tree::extension(file) == "md" { &in_pages } else { &own };
        found.extend(machine_paths(file, &text, places));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_machine_path_is_found() {
    let places = ["/somewhere/".to_owned()];
    assert_eq!(
        machine_paths("a.md", "x\nsee /somewhere/else", &places),
        ["a.md:2: names the machine path /somewhere/"]
    );
    assert!(machine_paths("a.md", "see docs/else or docs/somewhere/else", &places).is_empty());
}
