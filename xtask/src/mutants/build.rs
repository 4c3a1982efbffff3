//! A copy of the workspace with all changes in it, and the test programs of the changed runtime.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::list::Change;
use super::memory::{self, Memory};
use super::weave::{self, Woven};
use crate::process;
use crate::session::Session;

const PACKAGE: &str = "rsvc";
const FEATURES: &str = "rest-client";
const FOLDER: &str = "runtime";
const LIBRARY: &str = "runtime/src/lib.rs";
/// How often the compiler may find more that does not compile.
const MAX_ROUNDS: usize = 40;

/// The programs with all changes that compile.
pub(super) struct Built {
    /// In which folder they run.
    pub(super) folder: PathBuf,
    pub(super) programs: Vec<PathBuf>,
    /// The numbers of those that the compiler does not take.
    pub(super) unviable: BTreeSet<usize>,
    /// The numbers of those that have no place to be switched on.
    pub(super) left_out: BTreeSet<usize>,
}

/// Builds the programs in `target/mutants`.
pub(super) fn build(session: &Session, changes: &[Change]) -> Result<Built> {
    let tree = session.target("mutants/tree");
    let mut files: BTreeMap<&str, Vec<(usize, &Change)>> = BTreeMap::new();
    for (number, change) in changes.iter().enumerate() {
        files.entry(&change.file).or_default().push((number, change));
    }
    copy(session.root(), &tree, &files.keys().copied().chain([LIBRARY]).collect())?;
    let library = fs::read_to_string(session.root().join(LIBRARY)).context(LIBRARY)?;
    let count = changes.len().to_string();
    write(&tree.join(LIBRARY), (library + &weave::SWITCH.replace("COUNT", &count)).as_bytes())?;
    let known = Memory::open(&session.target("mutants/unviable.txt"))?;
    let marked = |number: usize, source: &str| {
        format!("{} {}", memory::mark(&[source.as_bytes()]), changes[number].name)
    };
    let mut unviable = BTreeSet::new();
    let mut sources = BTreeMap::new();
    for (file, changes) in &files {
        let source = fs::read_to_string(session.root().join(file)).context((*file).to_owned())?;
        unviable.extend(
            changes.iter().map(|(number, _)| *number).filter(|&number| known.has(&marked(number, &source))),
        );
        sources.insert(*file, source);
    }
    println!("{} changes are known not to compile", unviable.len());
    let mut left_out = BTreeSet::new();
    for round in 0..MAX_ROUNDS {
        let mut woven: BTreeMap<&str, Woven> = BTreeMap::new();
        for (file, changes) in &files {
            let viable: Vec<_> =
                changes.iter().filter(|(number, _)| !unviable.contains(number)).copied().collect();
            let (text, out) = weave::weave(&sources[file], &viable).context((*file).to_owned())?;
            left_out.extend(out);
            write(&tree.join(file), text.text.as_bytes())?;
            woven.insert(file, text);
        }
        let errors = match cargo(session, &tree)? {
            Outcome::Errors(errors) => errors,
            Outcome::Programs(programs) => {
                return Ok(Built { folder: tree.join(FOLDER), programs, unviable, left_out });
            }
        };
        let before = unviable.len();
        for (_, places) in &errors {
            let mut files = places.iter().map(|(file, _)| file.as_str());
            let Some(file) = files.find(|file| woven.contains_key(file)) else { continue };
            let inside = places.iter().filter(|(other, _)| other == file).map(|(_, range)| range.clone());
            for number in woven[file].blame(&inside.collect::<Vec<_>>()) {
                if unviable.insert(number) {
                    known.add(&marked(number, &sources[file]))?;
                }
            }
        }
        println!("round {}: {} errors, {} changes do not compile", round + 1, errors.len(), unviable.len());
        if unviable.len() == before {
            for (text, _) in &errors {
                println!("{text}");
            }
            bail!("the copy in {} does not compile, and no change is to blame", tree.display());
        }
    }
    bail!("after {MAX_ROUNDS} rounds there are still changes that do not compile")
}

/// Files, and bytes in them.
type Places = Vec<(String, Range<usize>)>;

enum Outcome {
    Programs(Vec<PathBuf>),
    /// The text of each, and its places, the main one first.
    Errors(Vec<(String, Places)>),
}

/// Builds the tests of the copy.
fn cargo(session: &Session, tree: &Path) -> Result<Outcome> {
    // The package is its own dependency, for its tests: with all features but one that matters here.
    let mut command =
        session.cargo(["test", "--no-run", "--tests", "--package", PACKAGE, "--features", FEATURES]);
    command.args(["--quiet", "--message-format", "json"]);
    command.current_dir(tree).env("CARGO_TARGET_DIR", session.target("mutants/build"));
    command
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = command.output().context("cannot start cargo")?;
    let lines = String::from_utf8(output.stdout).context("cargo wrote no UTF-8")?;
    let outcome = read(&lines)?;
    if let Outcome::Programs(_) = outcome
        && !output.status.success()
    {
        bail!("`{}` failed ({})", process::line(&command), output.status);
    }
    Ok(outcome)
}

/// What cargo says, a JSON object a line.
fn read(lines: &str) -> Result<Outcome> {
    let mut programs = Vec::new();
    let mut errors = Vec::new();
    for line in lines.lines() {
        let value: Value = serde_json::from_str(line).context("a line of cargo's")?;
        programs.extend(value["executable"].as_str().map(PathBuf::from));
        let message = &value["message"];
        let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
        if message["level"] != "error" || spans.is_empty() {
            continue;
        }
        let mut spans: Vec<_> = spans.iter().map(|span| (span["is_primary"] != true, place(span))).collect();
        spans.sort_by_key(|(is_other, _)| *is_other);
        let places = spans.into_iter().filter_map(|(_, place)| place).collect();
        errors.push((message["rendered"].as_str().unwrap_or("an error").to_owned(), places));
    }
    Ok(if errors.is_empty() { Outcome::Programs(programs) } else { Outcome::Errors(errors) })
}

fn place(span: &Value) -> Option<(String, Range<usize>)> {
    // What a macro has written is where it was called.
    let expansion = &span["expansion"]["span"];
    if expansion.is_object() {
        return place(expansion);
    }
    let offset = |name: &str| usize::try_from(span[name].as_u64()?).ok();
    Some((span["file_name"].as_str()?.to_owned(), offset("byte_start")?..offset("byte_end")?))
}

/// Copies what git knows of, and what is new, but for these. What is the same already stays as it is, so that it is not
/// built again.
fn copy(from: &Path, to: &Path, except: &BTreeSet<&str>) -> Result<()> {
    for file in memory::files(from)?.into_iter().filter(|file| !except.contains(file.as_str())) {
        let (source, copy) = (from.join(&file), to.join(&file));
        let Ok(kind) = source.symlink_metadata() else { continue };
        fs::create_dir_all(copy.parent().context("a file is in a folder")?)?;
        if kind.is_symlink() {
            link(&source, &copy)?;
        } else {
            write(&copy, &fs::read(&source).with_context(|| source.display().to_string())?)?;
        }
    }
    Ok(())
}

fn link(source: &Path, copy: &Path) -> Result<()> {
    let target = fs::read_link(source)?;
    if fs::read_link(copy).is_ok_and(|there| there == target) {
        return Ok(());
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(&target, copy).with_context(|| copy.display().to_string())?;
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
    fs::write(path, bytes).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_places_where_macros_are_called() {
        let lines = r#"{"reason":"compiler-message","message":{"level":"warning","spans":[{"file_name":"w.rs"}]}}
{"reason":"compiler-message","message":{"level":"error","rendered":"E","spans":[
{"file_name":"other.rs","byte_start":1,"byte_end":2,"is_primary":false,"expansion":null},
{"file_name":"macro.rs","byte_start":0,"byte_end":9,"is_primary":true,
"expansion":{"span":{"file_name":"a.rs","byte_start":3,"byte_end":5,"expansion":null}}}]}}"#;
        let lines = lines.replace(",\n", ",").replace("[\n", "[");
        let Ok(Outcome::Errors(errors)) = read(&lines) else { panic!("there is an error") };
        assert_eq!(
            errors,
            [("E".to_owned(), vec![("a.rs".to_owned(), 3..5), ("other.rs".to_owned(), 1..2)])]
        );
    }

    #[test]
    fn without_errors_there_are_programs() {
        let lines = "{\"reason\":\"compiler-artifact\",\"executable\":\"/t/it\"}\n{\"executable\":null}\n";
        let Ok(Outcome::Programs(programs)) = read(lines) else { panic!("there are no errors") };
        assert_eq!(programs, [PathBuf::from("/t/it")]);
    }
}
