//! The changes that cargo-mutants would make, as `cargo mutants --list --json` has them.

use std::ops::Range;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// One change of one file.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// Where the file is, from the root of the workspace.
    pub(super) file: String,
    /// What cargo-mutants calls it: `FILE:LINE:COLUMN: CHANGE`.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) from: Place,
    pub(super) to: Place,
    /// What comes in the place of what is there.
    pub(super) text: String,
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A function returns a value at once.
    Body,
    /// `a + b` becomes `a - b`.
    Binary,
    /// `!a` becomes `a`.
    Unary,
    /// An arm of a `match` goes.
    Arm,
    /// The condition of an arm becomes `true` or `false`.
    Guard,
    /// A field of a struct goes, so that it comes from the base.
    Field,
}

/// Both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Reads the list.
pub(super) fn read(json: &str) -> Result<Vec<Change>> {
    let list: Vec<Value> = serde_json::from_str(json).context("the list of cargo-mutants")?;
    list.iter().map(|value| change(value).with_context(|| value.to_string())).collect()
}

fn change(value: &Value) -> Result<Change> {
    let text = |name: &str| value[name].as_str().map(str::to_owned).with_context(|| format!("no `{name}`"));
    let place = |end: &str| -> Result<Place> {
        let number = |name: &str| value["span"][end][name].as_u64().with_context(|| format!("no `{name}`"));
        Ok(Place { line: number("line")?.try_into()?, column: number("column")?.try_into()? })
    };
    let kind = match text("genre")?.as_str() {
        "FnValue" => Kind::Body,
        "BinaryOperator" => Kind::Binary,
        "UnaryOperator" => Kind::Unary,
        "MatchArm" => Kind::Arm,
        "MatchArmGuard" => Kind::Guard,
        "StructField" => Kind::Field,
        other => bail!("changes of the kind {other} are not known"),
    };
    Ok(Change {
        file: text("file")?,
        name: text("name")?,
        kind,
        from: place("start")?,
        to: place("end")?,
        text: text("replacement")?,
    })
}

impl Change {
    /// Which bytes of the file it is about.
    pub(super) fn range(&self, source: &str) -> Option<Range<usize>> {
        Some(offset(source, self.from)?..offset(source, self.to)?)
    }
}

fn offset(source: &str, place: Place) -> Option<usize> {
    let mut start = 0;
    for (number, line) in (1..).zip(source.split_inclusive('\n')) {
        if number == place.line {
            let column = place.column.checked_sub(1)?;
            let inside = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
            return Some(start + inside);
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read() {
        let json = r#"[{"name": "a.rs:2:5: replace f -> bool with true", "file": "a.rs", "genre": "FnValue",
            "span": {"start": {"line": 2, "column": 5}, "end": {"line": 2, "column": 7}}, "replacement": "true"}]"#;
        let [change] = &read(json).unwrap()[..] else { panic!() };
        assert_eq!((change.kind, change.text.as_str(), change.file.as_str()), (Kind::Body, "true", "a.rs"));
        assert_eq!(change.range("é\né = ab\n"), Some(8..10), "columns are characters");
        assert_eq!(change.range("one line"), None);
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        let json = r#"[{"name": "a", "file": "a.rs", "genre": "New", "replacement": "",
            "span": {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 1}}}]"#;
        assert!(format!("{:#}", read(json).unwrap_err()).contains("the kind New"));
    }
}
