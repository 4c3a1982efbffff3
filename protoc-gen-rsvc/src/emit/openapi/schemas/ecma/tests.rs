//! Patterns as they are written, and what they match: beside the `regex` crate, and in Node where there is one.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{all_of, literal, of_re2};

/// A pattern of RE2, and how it is written.
const WRITTEN: &[(&str, &str)] = &[
    ("", ""),
    ("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", "^[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}$"),
    (r"\A\d+\z", "^[0-9]+$"),
    ("(?i)ab-1", "[Aa][Bb]-1"),
    ("(?i:k)z", "(?:[Kk\u{212a}])z"),
    ("a.b", "a[^\\n]b"),
    ("(?s)a.b", "a[\\s\\S]b"),
    ("(?m)^a$", "(?<![^\\n])a(?![^\\n])"),
    ("(?P<year>[0-9]{4})-(?:a|b)", "([0-9]{4})-(?:a|b)"),
    (r"^\pL+\p{Greek}?$", r"^\p{L}+\p{Script=Greek}?$"),
    (r"[\pL\d_-]", r"[\p{L}0-9_\-]"),
    ("[[:alpha:]]+", "[A-Za-z]+"),
    ("[[:^digit:]]", "[^0-9]"),
    (r"[^\w\s]", "[^0-9A-Za-z_\\t\\n\\x0c\\r ]"),
    (r"[\D]", "[^0-9]"),
    (r"\x{1F600}\x41\n", "\\u{1f600}A\\n"),
    (r"\Qa.b\E/", "a\\.b\\/"),
    (r"\bword\B", r"\bword\B"),
    ("a{2}b{3,}c{4,5}?d*?", "a{2}b{3,}c{4,5}d*"),
    ("(?:^)*a", "(?:^)*a"),
    (r"\b?a", "(?:\\b)?a"),
    ("a(?i)b|c", "a[Bb]|[Cc]"),
    ("(a(?i)b)c", "(a[Bb])c"),
    (r"[\]\[^-]", r"[\]\[\^\-]"),
    ("é+", "é+"),
];

/// What cannot be said.
const NONE: &[&str] = &["(?i)\\pL", "[^\\D\\pL]", "(", "a**", "\\1"];

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "ab",
    "AB-1",
    "ab-1",
    "aB-1",
    "a\nb",
    "aXb",
    "b\na",
    "x\na\ny",
    "2024-a",
    "word",
    "wordy",
    "a word",
    "αβ",
    "é",
    "éé",
    "z",
    "kz",
    "Kz",
    "\u{212a}z",
    "_",
    "-",
    "]",
    "[",
    "^",
    "0",
    "42",
    "4\n",
    " ",
    "\t",
    "😀A\n",
    "a.b/",
    "aXb/",
    "aabbbcccc",
    "aabbbccccdd",
    "aabbcccc",
    "A0_.-",
    ".a",
    "!",
    "\u{85}",
    "ſ",
    "ab\n",
    "\r",
    "x y",
];

#[test]
fn patterns_are_written_anew() {
    for (re2, wanted) in WRITTEN {
        assert_eq!(of_re2(re2).as_deref(), Some(*wanted), "{re2}");
    }
    for re2 in NONE {
        assert_eq!(of_re2(re2), None, "{re2}");
    }
}

#[test]
fn texts_are_literal() {
    assert_eq!(literal("a.b*c\\d\n-"), "a\\.b\\*c\\\\d\\n-");
}

#[test]
fn several_hold_at_once() {
    assert_eq!(all_of(&[]), None);
    assert_eq!(all_of(&["a".into()]).as_deref(), Some("a"));
    assert_eq!(
        all_of(&["^ab".into(), "b$".into()]).as_deref(),
        Some("^(?=[\\s\\S]*(?:^ab))(?=[\\s\\S]*(?:b$))")
    );
}

/// What Node says of each pattern and text; none where there is no Node.
fn in_node(patterns: &[String]) -> Option<Vec<Vec<bool>>> {
    const SCRIPT: &str = "const [p, t] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
        console.log(JSON.stringify(p.map((p) => { const r = new RegExp(p, 'u'); return t.map((t) => r.test(t)); })));";
    let child =
        Command::new("node").args(["-e", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.ok()?;
    let input = serde_json::to_string(&(patterns, TEXTS)).unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "Node refuses a pattern, see above");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn node_matches_what_is_matched_here() {
    let patterns: Vec<String> = WRITTEN.iter().map(|(re2, _)| of_re2(re2).unwrap()).collect();
    let Some(found) = in_node(&patterns) else { return };
    for (((re2, ecma), found), row) in WRITTEN.iter().zip(found).zip(0..) {
        let rust = regex::Regex::new(&rsvc_common::re2::translate(re2).unwrap()).unwrap();
        for (text, found) in TEXTS.iter().zip(found) {
            assert_eq!(found, rust.is_match(text), "{row}: {re2} as {ecma} on {text:?}");
        }
    }
}

#[test]
fn what_several_patterns_say_node_says_too() {
    let parts = [format!("^{}", literal("ab")), format!("{}$", literal("b")), literal("a.")];
    let some =
        [all_of(&parts[..2]).unwrap(), all_of(&parts).unwrap(), format!("^(?![\\s\\S]*{})", literal("."))];
    let Some(found) = in_node(&some) else { return };
    for (at, text) in TEXTS.iter().enumerate() {
        assert_eq!(found[0][at], text.starts_with("ab") && text.ends_with('b'), "{text:?}");
        assert_eq!(found[1][at], found[0][at] && text.contains("a."), "{text:?}");
        assert_eq!(found[2][at], !text.contains('.'), "{text:?}");
    }
}
