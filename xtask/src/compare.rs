//! Our reading of `.proto` files beside protoc's: what the one accepts and the other refuses, and where only one warns.
//!
//! Each file below a folder is given to both by itself. That folder is the include folder, with further ones behind it.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};

use crate::session::Session;
use crate::venv;

/// The highest code of our front end: what a file may not say in the language itself. Codes above are about annotations
/// that protoc knows nothing of.
const LAST_OF_FRONT_END: u16 = 199;

/// Compares every file below each of `folders`; whether nothing differs.
pub(crate) fn run(
    session: &Session,
    folders: &[PathBuf],
    includes: &[PathBuf],
    warnings: bool,
) -> Result<bool> {
    let programs = Programs {
        protoc: venv::protoc(session)?,
        ours: session.binary("protoc-gen-rsvc", "protoc-gen-rsvc")?,
        includes,
    };
    let mut differs = 0;
    for folder in folders {
        let files = files(folder, includes)?;
        let compared = programs.compare_all(folder, &files)?;
        let mut tally = [0_usize; 2];
        for (file, compared) in files.iter().zip(&compared) {
            tally[usize::from(compared.ours.accepted)] += 1;
            for line in compared.differences(warnings) {
                println!("{}: {line}", file.display());
                differs += 1;
            }
        }
        println!("{}: {} files, {} accepted, {} refused", folder.display(), files.len(), tally[1], tally[0]);
    }
    println!("{differs} differences");
    Ok(differs == 0)
}

/// The `.proto` files below `folder`, relative to it; those in another include folder have their name from there.
fn files(folder: &Path, includes: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let real = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
    let root = real(folder)?;
    let others: Vec<PathBuf> = includes.iter().map(|path| real(path)).collect::<Result<_>>()?;
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).with_context(|| at.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                if path == root || !others.contains(&path) {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                found.push(path.strip_prefix(&root)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

struct Programs<'a> {
    protoc: PathBuf,
    ours: PathBuf,
    includes: &'a [PathBuf],
}

/// What one of the two said of a file.
#[derive(Debug, Default)]
struct Verdict {
    accepted: bool,
    warned: bool,
    /// Its first line.
    text: String,
}

#[derive(Debug, Default)]
struct Compared {
    protoc: Verdict,
    ours: Verdict,
}

impl Compared {
    fn differences(&self, warnings: bool) -> Vec<String> {
        let Self { protoc, ours } = self;
        let mut lines = Vec::new();
        match (protoc.accepted, ours.accepted) {
            (true, false) => lines.push(format!("only we refuse: {}", ours.text)),
            (false, true) => lines.push(format!("only protoc refuses: {}", protoc.text)),
            (true, true) if warnings && protoc.warned && !ours.warned => {
                lines.push(format!("only protoc warns: {}", protoc.text));
            }
            (true, true) if warnings && ours.warned && !protoc.warned => {
                lines.push(format!("only we warn: {}", ours.text));
            }
            _ => {}
        }
        lines
    }
}

impl Programs<'_> {
    fn compare_all(&self, folder: &Path, files: &[PathBuf]) -> Result<Vec<Compared>> {
        let queue: Mutex<VecDeque<usize>> = Mutex::new((0..files.len()).collect());
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let work = || -> Result<Vec<(usize, Compared)>> {
            let mut done = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(index) = next else { return Ok(done) };
                let file = &files[index];
                let compared =
                    Compared { protoc: self.protoc(folder, file)?, ours: self.ours(folder, file)? };
                done.push((index, compared));
            }
        };
        let parts = thread::scope(|scope| {
            let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let parts = running.into_iter().map(|worker| worker.join().expect("a worker does not panic"));
            parts.collect::<Result<Vec<_>>>()
        })?;
        let mut all: Vec<_> = parts.into_iter().flatten().collect();
        all.sort_by_key(|(index, _)| *index);
        Ok(all.into_iter().map(|(_, compared)| compared).collect())
    }

    fn protoc(&self, folder: &Path, file: &Path) -> Result<Verdict> {
        let mut command = Command::new(&self.protoc);
        command.args(["--experimental_editions", "--descriptor_set_out=/dev/null", "-I"]).arg(folder);
        command.args(self.includes.iter().flat_map(|folder| [Path::new("-I"), folder])).arg(file);
        let (accepted, output) = output(&mut command)?;
        let warned = output.lines().any(|line| line.contains(": warning: "));
        let mut lines = output.lines().filter(|line| accepted || !line.contains(": warning: "));
        Ok(Verdict { accepted, warned, text: lines.next().unwrap_or_default().to_owned() })
    }

    fn ours(&self, folder: &Path, file: &Path) -> Result<Verdict> {
        let mut command = Command::new(&self.ours);
        command.args(["dump", "-I"]).arg(folder);
        command
            .args(self.includes.iter().flat_map(|folder| [Path::new("-I"), folder]))
            .arg(folder.join(file));
        let (_, output) = output(&mut command)?;
        let code = |line: &str| {
            let (_, rest) = line.split_once("error[RSVC")?;
            rest.get(..4)?.parse::<u16>().ok()
        };
        // Whatever ends without one of our codes is a crash, which is not an answer.
        let refusal = output.lines().find(|line| code(line).is_some_and(|code| code <= LAST_OF_FRONT_END));
        let crash = output.lines().find(|line| line.contains("panicked"));
        let warning = output.lines().find(|line| line.contains("warning[RSVC"));
        let text = crash.or(refusal).or(warning).unwrap_or_default().to_owned();
        Ok(Verdict { accepted: refusal.or(crash).is_none(), warned: warning.is_some(), text })
    }
}

/// Whether a program ended well, and what it said about it.
fn output(command: &mut Command) -> Result<(bool, String)> {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", command.get_program().to_string_lossy()))?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}
