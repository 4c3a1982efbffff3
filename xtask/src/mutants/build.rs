//! A copy of the workspace with all changes in it, and the test programs of those packages that notice them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::list::Change;
use super::memory::{self, Memory};
use super::packages::{PACKAGES, Package};
use super::weave::{self, Woven};
use crate::process;
use crate::session::Session;

/// How often the compiler may find more that does not compile.
const MAX_ROUNDS: usize = 40;

/// The programs with all changes that compile.
pub(super) struct Built {
    pub(super) programs: Vec<Program>,
    /// The numbers of those that the compiler does not take.
    pub(super) unviable: BTreeSet<usize>,
    /// The numbers of those that have no place to be switched on.
    pub(super) left_out: BTreeSet<usize>,
}

/// A test program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    /// The folder of its package, in which it runs.
    pub(super) folder: PathBuf,
}

/// Builds the programs in `target/mutants`.
pub(super) fn build(session: &Session, changes: &[Change]) -> Result<Built> {
    let tree = session.target("mutants/tree");
    let mut files: BTreeMap<&str, Vec<(usize, &Change)>> = BTreeMap::new();
    for (number, change) in changes.iter().enumerate() {
        files.entry(&change.file).or_default().push((number, change));
    }
    let packages: Vec<_> =
        PACKAGES.iter().filter(|package| files.keys().any(|file| package.has(file))).collect();
    let libraries: Vec<_> = packages.iter().map(|package| package.library()).collect();
    let own = files.keys().copied().chain(libraries.iter().map(String::as_str));
    copy(session.root(), &tree, &own.collect())?;
    let switch = weave::SWITCH.replace("COUNT", &changes.len().to_string());
    for file in &libraries {
        let library = fs::read_to_string(session.root().join(file)).with_context(|| file.clone())?;
        write(&tree.join(file), (library + &switch).as_bytes())?;
    }
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
        let errors = match cargo(session, &tree, &packages)? {
            Outcome::Errors(errors) => errors,
            Outcome::Programs(programs) => return Ok(Built { programs, unviable, left_out }),
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
    Programs(Vec<Program>),
    /// The text of each, and its places, the main one first.
    Errors(Vec<(String, Places)>),
}

/// Builds the tests of the copy that are asked about changes in these packages.
fn cargo(session: &Session, tree: &Path, packages: &[&Package]) -> Result<Outcome> {
    let mut command = session.cargo(["test", "--no-run", "--tests"]);
    let tests: BTreeSet<_> = packages.iter().flat_map(|package| package.tests).collect();
    for test in tests {
        command.args(["--package", test]);
    }
    for feature in packages.iter().flat_map(|package| package.features) {
        command.args(["--features", feature]);
    }
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
        if let (Some(path), Some(manifest), true) = (
            value["executable"].as_str(),
            value["manifest_path"].as_str(),
            value["profile"]["test"].as_bool().unwrap_or(false),
        ) {
            let folder = Path::new(manifest).parent().context("a manifest is in a folder")?.to_owned();
            programs.push(Program { path: path.into(), folder });
        }
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
/// built again; what is there no more goes.
fn copy(from: &Path, to: &Path, except: &BTreeSet<&str>) -> Result<()> {
    let files = memory::files(from)?;
    let stay = files.iter().filter(|file| from.join(file).symlink_metadata().is_ok());
    prune(to, &stay.map(|file| to.join(file)).collect())?;
    for file in files.into_iter().filter(|file| !except.contains(file.as_str())) {
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

/// Removes all files below a folder but these.
fn prune(folder: &Path, stay: &BTreeSet<PathBuf>) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            prune(&path, stay)?;
            // A test may ask which folders there are.
            if fs::read_dir(&path)?.next().is_none() {
                fs::remove_dir(&path)?;
            }
        } else if !stay.contains(&path) {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
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
    fn a_copy_has_no_more_than_there_is() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let git = |args: &[&str]| {
            process::capture(std::process::Command::new("git").args(args).current_dir(from.path())).unwrap()
        };
        git(&["init", "--quiet"]);
        for file in ["a/one", "a/two", "b/three", "c/four"] {
            write(&from.path().join(file), file.as_bytes()).unwrap();
        }
        git(&["add", "."]);
        copy(from.path(), to.path(), &BTreeSet::from(["b/three"])).unwrap();
        assert!(!to.path().join("b/three").exists(), "the changes are written into it elsewhere");
        write(&to.path().join("b/three"), b"changed").unwrap();
        fs::remove_file(from.path().join("a/two")).unwrap();
        fs::remove_dir_all(from.path().join("c")).unwrap();
        copy(from.path(), to.path(), &BTreeSet::from(["b/three"])).unwrap();
        let there = ["a/one", "a/two", "b/three"].map(|file| fs::read(to.path().join(file)).ok());
        assert_eq!(there, [Some(b"a/one".to_vec()), None, Some(b"changed".to_vec())]);
        assert!(!to.path().join("c").exists());
    }

    #[test]
    fn without_errors_there_are_programs() {
        let lines = r#"{"reason":"compiler-artifact","executable":"/t/it","manifest_path":"/p/Cargo.toml","profile":{"test":true}}
{"executable":"/t/tool","manifest_path":"/p/Cargo.toml","profile":{"test":false}}
{"executable":null}"#;
        let Ok(Outcome::Programs(programs)) = read(lines) else { panic!("there are no errors") };
        assert_eq!(programs, [Program { path: "/t/it".into(), folder: "/p".into() }], "a tool is not a test");
    }
}
