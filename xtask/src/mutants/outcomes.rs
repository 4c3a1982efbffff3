//! What became of the changes: a table, and whether few enough survive.

use std::collections::BTreeSet;

/// Where a mistake matters most. Each is a line of the table; of two that fit, the first counts.
pub(super) const AREAS: [&str; 18] = [
    "runtime/src/access.rs",
    "runtime/src/deadline.rs",
    "runtime/src/metadata.rs",
    "runtime/src/call/",
    "runtime/src/error/",
    "runtime/src/server/",
    "runtime/src/client/",
    "runtime/src/protocol/rest/",
    "runtime/src/protocol/client/",
    "runtime/src/protocol/",
    "runtime/src/transcode/",
    "runtime/src/json/",
    "runtime/src/validate/",
    "runtime/src/cel/",
    "protoc-gen-rsvc/src/input/verify/",
    "protoc-gen-rsvc/src/input/editions/",
    "protoc-gen-rsvc/src/resolve/",
    "protoc-gen-rsvc/src/cel/lower/",
];
/// The page with the changes that may survive.
pub(super) const LIST: &str = "docs/mutants.md";
/// How many of a hundred may survive, listed ones included.
const MAX_PERCENT: usize = 10;

/// The names of the changes, each with its file in front.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) caught: Vec<String>,
    pub(super) missed: Vec<String>,
    pub(super) timeout: Vec<String>,
    /// What does not compile.
    pub(super) unviable: Vec<String>,
    /// What cannot be switched on while the program runs.
    pub(super) left_out: Vec<String>,
}

/// The changes that may survive: `` - `NAME`: why ``, as cargo-mutants names them, without the place in the file.
pub(super) fn listed(page: &str) -> BTreeSet<String> {
    let names = page.lines().filter_map(|line| Some(line.strip_prefix("- `")?.split_once("`: ")?.0));
    names.filter(|name| name.contains("/src/")).map(str::to_owned).collect()
}

/// A name without line and column: `FILE: CHANGE`.
pub(super) fn without_place(name: &str) -> String {
    let parts: Vec<_> = name.splitn(4, ':').collect();
    match parts[..] {
        [file, line, column, change]
            if [line, column].iter().all(|n| n.bytes().all(|b| b.is_ascii_digit())) =>
        {
            format!("{file}:{change}")
        }
        _ => name.to_owned(),
    }
}

/// Which line of the table a mutant belongs to.
fn area(name: &str) -> &str {
    let file = name.split(':').next().expect("a text has a first part");
    AREAS.into_iter().find(|area| file.starts_with(area)).unwrap_or(file)
}

fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 1000 + whole / 2).checked_div(whole).unwrap_or(0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

impl Outcomes {
    pub(super) fn table(&self) -> String {
        let kinds = [&self.caught, &self.missed, &self.timeout, &self.unviable, &self.left_out];
        let mut areas: Vec<&str> =
            kinds.iter().flat_map(|names| names.iter().map(|name| area(name))).collect();
        areas
            .sort_by_key(|area| (AREAS.iter().position(|known| known == area).unwrap_or(AREAS.len()), *area));
        areas.dedup();
        let row = |title: &str, of: &dyn Fn(&str) -> bool| {
            let [caught, missed, timeout, unviable, left_out] =
                kinds.map(|names| names.iter().filter(|name| of(area(name))).count());
            let survive = percent(missed, caught + missed + timeout);
            format!("| {title} | {caught} | {missed} | {timeout} | {unviable} | {left_out} | {survive} |\n")
        };
        let rows: String = areas.iter().map(|one| row(&format!("`{one}`"), &|area| area == *one)).collect();
        let sum = row("all", &|_| true);
        format!(
            "| | caught | missed | time limit | does not compile | left out | % survive |\n\
             |---|--:|--:|--:|--:|--:|--:|\n{rows}{sum}"
        )
    }

    /// Says what is wrong. Whether nothing is.
    pub(super) fn judge(&self, listed: &BTreeSet<String>) -> bool {
        let Self { caught, missed, timeout, .. } = self;
        let unlisted: Vec<_> = missed.iter().filter(|name| !listed.contains(*name)).collect();
        for name in &unlisted {
            println!("nothing notices: {name}");
        }
        for name in listed.iter().filter(|name| caught.contains(name) && !missed.contains(name)) {
            println!("listed in {LIST}, but noticed: {name}");
        }
        let all = caught.len() + missed.len() + timeout.len();
        let few = missed.len() * 100 <= all * MAX_PERCENT;
        if !few {
            println!("more than {MAX_PERCENT} % survive");
        }
        few && unlisted.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(caught: &[&str], missed: &[&str]) -> Outcomes {
        let names = |names: &[&str]| names.iter().copied().map(without_place).collect();
        Outcomes { caught: names(caught), missed: names(missed), ..Outcomes::default() }
    }

    #[test]
    fn names_have_no_place() {
        for (name, expected) in [
            (
                "runtime/src/access.rs:62:5: replace a -> bool with true",
                "runtime/src/access.rs: replace a -> bool with true",
            ),
            ("runtime/src/a.rs:1:2: replace x::y with ()", "runtime/src/a.rs: replace x::y with ()"),
            ("runtime/src/a.rs: delete ! in b::c", "runtime/src/a.rs: delete ! in b::c"),
        ] {
            assert_eq!(without_place(name), expected);
        }
    }

    #[test]
    fn the_list_is_read_from_the_page() {
        let page = "# Mutants\n\n- `runtime/src/a.rs: replace || with && in b`: why\n  goes on\n- `other`: no\n- text\n";
        assert_eq!(
            listed(page).into_iter().collect::<Vec<_>>(),
            ["runtime/src/a.rs: replace || with && in b"]
        );
    }

    #[test]
    fn every_area_has_its_row() {
        let found = outcomes(
            &[
                "runtime/src/protocol/rest/a.rs:1:1: x",
                "runtime/src/access.rs:1:1: x",
                "runtime/src/access.rs:2:1: y",
            ],
            &["runtime/src/access.rs:3:1: z", "runtime/src/other.rs:1:1: x"],
        );
        let table = found.table();
        let rows: Vec<_> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| `runtime/src/access.rs` | 2 | 1 | 0 | 0 | 0 | 33.3 |",
                "| `runtime/src/protocol/rest/` | 1 | 0 | 0 | 0 | 0 | 0.0 |",
                "| `runtime/src/other.rs` | 0 | 1 | 0 | 0 | 0 | 100.0 |",
                "| all | 3 | 2 | 0 | 0 | 0 | 40.0 |",
            ]
        );
    }

    #[test]
    fn few_survive_and_each_is_listed() {
        let list = BTreeSet::from(["runtime/src/a.rs: x".to_owned()]);
        let many: Vec<_> = (0..9).map(|line| format!("runtime/src/a.rs:{line}:1: y")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(outcomes(&many, &["runtime/src/a.rs:1:1: x"]).judge(&list));
        assert!(!outcomes(&many, &["runtime/src/a.rs:1:1: z"]).judge(&list), "one that is not listed");
        assert!(!outcomes(&many[1..], &["runtime/src/a.rs:1:1: x"]).judge(&list), "too many");
    }
}
