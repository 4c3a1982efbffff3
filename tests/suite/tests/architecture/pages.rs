//! Links of the pages: they lead to files, and to headings, that are there.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::tree;

/// The targets of the links of a page, with their lines. What stands in code blocks and in code is not a link.
fn links(page: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (at, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let text: String = line.split('`').step_by(2).collect();
        for rest in text.split("](").skip(1) {
            let target = rest.split(')').next().unwrap_or(rest);
            links.push((at + 1, target.to_owned()));
        }
    }
    links
}

/// The anchors that GitHub makes of the headings of a page.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut in_code = false;
    let mut anchors = BTreeSet::new();
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        let Some(heading) = line.strip_prefix('#').filter(|_| !in_code) else { continue };
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        anchors.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
    }
    anchors
}

/// A path without its `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// What is wrong with a link of the page `file`.
fn wrong(file: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let path = if path.is_empty() { PathBuf::from(file) } else { plain(&folder.join(path)) };
    let path = path.to_str().unwrap();
    if !tree::root().join(path).exists() {
        return Some(format!("there is no {path}"));
    }
    let anchor = anchor.filter(|_| tree::extension(path) == "md")?;
    let page = tree::text(path).unwrap();
    (!anchors(&page).contains(anchor)).then(|| format!("{path} has no heading `{anchor}`"))
}

#[test]
fn links_lead_somewhere() {
    let mut seen = 0;
    let mut broken = Vec::new();
    for file in tree::files("").into_iter().filter(|file| tree::extension(file) == "md") {
        for (line, target) in links(&tree::text(&file).unwrap_or_default()) {
            seen += 1;
            broken.extend(wrong(&file, &target).map(|wrong| format!("{file}:{line}: ({target}): {wrong}")));
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    assert!(seen > 100, "the pages are not where this test looks");
}

#[test]
fn a_link_is_found_and_tested() {
    let page = "a [b](c.md) `[d](e)` [f](g#h)\n```\n[i](j)\n```\n# A `b`, c-d\n";
    assert_eq!(links(page), [(1, "c.md".to_owned()), (1, "g#h".to_owned())]);
    assert_eq!(anchors(page), BTreeSet::from(["a-b-c-d".to_owned()]));
    assert_eq!(wrong("docs/rest.md", "errors.md"), None);
    assert_eq!(wrong("docs/rest.md", "nowhere.md"), Some("there is no docs/nowhere.md".to_owned()));
    let anchor = wrong("docs/guide/buf.md", "../errors.md#nothing");
    assert_eq!(anchor, Some("docs/errors.md has no heading `nothing`".to_owned()));
}
