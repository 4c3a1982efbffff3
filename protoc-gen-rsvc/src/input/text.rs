//! `.proto` files: find, read and parse the listed ones and all that they import, on every core.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::files::{self, Includes, TextOrigin};
use super::locations::Sources;
use super::{parse, raw};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::sorted::{SortedMap, SortedSet};
use crate::threads::{lock, on_every_core};

/// What came of the files that were asked for and of their imports.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) files: SortedMap<String, raw::File>,
    pub(crate) sources: Sources,
    pub(crate) read: Vec<PathBuf>,
    pub(crate) builtin: SortedSet<String>,
    /// Names that no folder has, and those whose text is wrong: already told, or told by who imports them.
    pub(crate) missing: SortedSet<String>,
    pub(crate) broken: SortedSet<String>,
}

/// One file.
struct Outcome {
    file: Result<raw::File, Vec<Diagnostic>>,
    text: Option<Arc<str>>,
    path: Option<PathBuf>,
}

/// Reads `roots`, which are import names, and everything below them. Mistakes in the texts go to the sink.
pub(crate) fn read_all(includes: &Includes, roots: &[String], sink: &mut Sink) -> Texts {
    let mut texts = Texts::default();
    let mut by_path: SortedMap<PathBuf, String> = SortedMap::new();
    for (name, outcome) in run(includes, roots, sink) {
        let Some(outcome) = outcome else {
            texts.missing.insert(name);
            continue;
        };
        if let Some(text) = outcome.text {
            texts.sources.insert(&name, text);
        }
        match outcome.path {
            Some(path) => {
                texts.sources.insert_path(&name, &path);
                let real = path.canonicalize().unwrap_or_else(|_| path.clone());
                texts.read.push(path);
                if let Some(first) = by_path.insert(real, name.clone()) {
                    sink.push(two_names(&first, &name));
                }
            }
            None => _ = texts.builtin.insert(name.clone()),
        }
        match outcome.file {
            Ok(file) => _ = texts.files.insert(name, file),
            Err(found) => {
                for finding in found {
                    sink.push(finding);
                }
                texts.broken.insert(name);
            }
        }
    }
    texts
}

fn two_names(first: &str, second: &str) -> Diagnostic {
    Diagnostic::error(Code::FILE_NAMED_TWICE, format!("one file has two names: `{first}` and `{second}`"))
        .at(Place::file(second))
        .help(
            "import it by one name everywhere: two include folders that lie inside each other make two names",
        )
}

/// The queue: names to look at, how many are being looked at, and what came out.
#[derive(Default)]
struct Queue {
    waiting: Vec<String>,
    busy: usize,
    seen: SortedSet<String>,
    done: SortedMap<String, Option<Outcome>>,
}

fn run(includes: &Includes, roots: &[String], sink: &mut Sink) -> SortedMap<String, Option<Outcome>> {
    let queue = Queue {
        waiting: roots.iter().rev().cloned().collect(),
        seen: roots.iter().cloned().collect(),
        ..Queue::default()
    };
    let (queue, changed) = (Mutex::new(queue), Condvar::new());
    if let Err(finding) = on_every_core(usize::MAX, &|| work(includes, &queue, &changed)) {
        sink.push(finding);
    }
    queue.into_inner().unwrap_or_else(PoisonError::into_inner).done
}

fn work(includes: &Includes, queue: &Mutex<Queue>, changed: &Condvar) {
    let mut locked = lock(queue);
    loop {
        let Some(name) = locked.waiting.pop() else {
            if locked.busy == 0 {
                changed.notify_all();
                return;
            }
            locked = changed.wait(locked).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        locked.busy += 1;
        drop(locked);
        let outcome = look_at(includes, &name);
        locked = lock(queue);
        locked.busy -= 1;
        if let Some(Outcome { file: Ok(file), .. }) = &outcome {
            for import in &file.dependency {
                if locked.seen.insert(import.clone()) {
                    locked.waiting.push(import.clone());
                }
            }
        }
        locked.done.insert(name, outcome);
        changed.notify_all();
    }
}

/// `None` when nothing has that name.
fn look_at(includes: &Includes, name: &str) -> Option<Outcome> {
    let (text, path): (Arc<str>, _) = match includes.find(name)? {
        TextOrigin::Disk(path) => match files::read(&path) {
            Ok(text) => (text.into(), Some(path)),
            Err(error) => {
                let found = vec![error.at(Place::file(name))];
                return Some(Outcome { file: Err(found), text: None, path: Some(path) });
            }
        },
        TextOrigin::Builtin(text) => (text.into(), None),
    };
    Some(Outcome { file: parse::parse(name, &text), text: Some(text), path })
}
