//! Mutation testing: cargo-mutants on the runtime, and the table of which changes its tests notice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::session::Session;

const VERSION: &str = "27.1.0";
/// Where a mistake matters most. Each is a line of the table; of two that fit, the first counts.
const AREAS: [&str; 11] = [
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
];
/// The page with the mutants that may survive.
const LIST: &str = "docs/mutants.md";
/// How many of a hundred may survive, listed ones included.
const MAX_PERCENT: usize = 10;

/// What became of the mutants of a run: their names, each with its file in front.
#[derive(Default)]
struct Outcomes {
    caught: Vec<String>,
    missed: Vec<String>,
    timeout: Vec<String>,
    unviable: Vec<String>,
}

/// Mutates all areas, or these files and folders. Whether few enough survive, and none that is not listed.
pub(crate) fn run(session: &Session, shard: Option<&str>, paths: &[String]) -> Result<bool> {
    for path in paths {
        if !session.root().join(path).exists() {
            bail!("there is no {path}: paths are relative to the workspace, as runtime/src/access.rs");
        }
    }
    let listed = listed(&fs::read_to_string(session.root().join(LIST)).context(LIST)?);
    let program = install(session)?;
    let output = session.target("mutants");
    fs::create_dir_all(output.join("tmp"))?;
    let mut command = Command::new(program);
    command.arg("mutants").current_dir(session.root());
    command.args(["--package", "rsvc", "--jobs", "1", "--colors", "never", "--output"]).arg(&output);
    let all = AREAS.map(str::to_owned);
    for path in if paths.is_empty() { &all[..] } else { paths } {
        command.args(["--file", &glob(session.root(), path)]);
    }
    if let Some(shard) = shard {
        command.args(["--sharding", "round-robin", "--shard", shard]);
    }
    // A copy of the sources is made there, and built beside it without what only people need. Libraries stay built from
    // one run to the next; ours are in another place each time.
    command.env("TMPDIR", output.join("tmp")).env("CARGO_TARGET_DIR", output.join("build"));
    let incremental = output.join("build/debug/incremental");
    if incremental.exists() {
        fs::remove_dir_all(&incremental).with_context(|| incremental.display().to_string())?;
    }
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "1").env("PROPTEST_CASES", "32");
    if let Some(shared) = session.shared("") {
        command.env("RSVC_SHARED", shared);
    }
    let status = command.status().context("cannot start cargo-mutants")?;
    // It fails as well if something survives, or takes too long.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        bail!("cargo-mutants failed ({status})");
    }
    let outcomes = Outcomes::read(&output.join("mutants.out"))?;
    println!("\n{}", outcomes.table());
    Ok(outcomes.judge(&listed))
}

/// The program, installed if it is not there in this version.
fn install(session: &Session) -> Result<PathBuf> {
    let root = session.target("cargo-mutants");
    let program = root.join("bin/cargo-mutants");
    let said = Command::new(&program).args(["mutants", "--version"]).stderr(Stdio::null()).output();
    if !said.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(VERSION)) {
        let mut command = session.cargo(["install", "--locked", "--version", VERSION, "--root"]);
        process::run(command.arg(root).arg("cargo-mutants"))?;
    }
    Ok(program)
}

/// A file, or all that is in a folder.
fn glob(root: &Path, path: &str) -> String {
    let path = path.trim_end_matches('/');
    if root.join(path).is_dir() { format!("{path}/**") } else { path.to_owned() }
}

/// The mutants that may survive: `` - `NAME`: why ``, as cargo-mutants names them, without the place in the file.
fn listed(page: &str) -> BTreeSet<String> {
    let names = page.lines().filter_map(|line| Some(line.strip_prefix("- `runtime/")?.split_once("`: ")?.0));
    names.map(|name| format!("runtime/{name}")).collect()
}

/// A name without line and column: `FILE: CHANGE`.
fn without_place(name: &str) -> String {
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
    /// What cargo-mutants has written into its folder.
    fn read(folder: &Path) -> Result<Self> {
        let names = |file: &str| -> Result<Vec<String>> {
            let path = folder.join(file);
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            Ok(text.lines().map(without_place).collect())
        };
        Ok(Self {
            caught: names("caught.txt")?,
            missed: names("missed.txt")?,
            timeout: names("timeout.txt")?,
            unviable: names("unviable.txt")?,
        })
    }

    fn table(&self) -> String {
        let kinds = [&self.caught, &self.missed, &self.timeout, &self.unviable];
        let mut areas: Vec<&str> =
            kinds.iter().flat_map(|names| names.iter().map(|name| area(name))).collect();
        areas
            .sort_by_key(|area| (AREAS.iter().position(|known| known == area).unwrap_or(AREAS.len()), *area));
        areas.dedup();
        let row = |title: &str, of: &dyn Fn(&str) -> bool| {
            let [caught, missed, timeout, unviable] =
                kinds.map(|names| names.iter().filter(|name| of(area(name))).count());
            let survive = percent(missed, caught + missed + timeout);
            format!("| {title} | {caught} | {missed} | {timeout} | {unviable} | {survive} |\n")
        };
        let rows: String = areas.iter().map(|one| row(&format!("`{one}`"), &|area| area == *one)).collect();
        let sum = row("all", &|_| true);
        format!(
            "| | caught | missed | timeout | unviable | % survive |\n|---|--:|--:|--:|--:|--:|\n{rows}{sum}"
        )
    }

    /// Says what is wrong. Whether nothing is.
    fn judge(&self, listed: &BTreeSet<String>) -> bool {
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
                "| `runtime/src/access.rs` | 2 | 1 | 0 | 0 | 33.3 |",
                "| `runtime/src/protocol/rest/` | 1 | 0 | 0 | 0 | 0.0 |",
                "| `runtime/src/other.rs` | 0 | 1 | 0 | 0 | 100.0 |",
                "| all | 3 | 2 | 0 | 0 | 40.0 |",
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
