//! Imports: every one is there, none leads back to itself, and files come after what they import.

use super::locations::place_in;
use super::raw::{self, tag};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::sorted::{SortedMap, SortedSet};

/// The names of all files below `roots`, each after its imports; the order of roots and imports decides ties.
///
/// An import of a file that is not in `files` is left out here: whoever knows why it is absent tells it.
pub(crate) fn sort(files: &SortedMap<String, raw::File>, roots: &[String], sink: &mut Sink) -> Vec<String> {
    let mut walk = ImportWalk {
        files,
        done: SortedSet::new(),
        on_way: SortedSet::new(),
        open: Vec::new(),
        order: Vec::new(),
    };
    for root in roots {
        walk.from(root, sink);
    }
    walk.order
}

struct ImportWalk<'a> {
    files: &'a SortedMap<String, raw::File>,
    done: SortedSet<&'a str>,
    on_way: SortedSet<&'a str>,
    /// The way down to here: each file with the next of its imports to follow.
    open: Vec<(&'a raw::File, &'a str, usize)>,
    order: Vec<String>,
}

impl ImportWalk<'_> {
    /// Depth first without recursion: a chain of imports may be long.
    fn from(&mut self, root: &str, sink: &mut Sink) {
        self.enter(root);
        while let Some((file, name, next)) = self.open.last_mut() {
            let (file, name, index) = (*file, *name, *next);
            let Some(import) = file.dependency.get(index) else {
                self.done.insert(name);
                self.on_way.remove(name);
                self.order.push(name.to_owned());
                self.open.pop();
                continue;
            };
            *next += 1;
            if self.on_way.contains(import.as_str()) {
                let start = self.open.iter().position(|(_, open, _)| open == import);
                sink.push(circle(&self.open[start.unwrap_or(0)..], import));
            } else {
                self.enter(import);
            }
        }
    }

    fn enter(&mut self, name: &str) {
        if let Some((name, file)) = self.files.get_key_value(name)
            && !self.done.contains(name.as_str())
        {
            self.on_way.insert(name);
            self.open.push((file, name, 0));
        }
    }
}

/// The circle, told at the import that closes it.
fn circle(way: &[(&raw::File, &str, usize)], back_to: &str) -> Diagnostic {
    let place = |(file, name, next): &(&raw::File, &str, usize)| import_place(file, name, next - 1);
    let closing = way.last().map(place);
    let names: Vec<_> =
        way.iter().map(|(_, name, _)| *name).chain([back_to]).map(|n| format!("`{n}`")).collect();
    let message = format!("files import each other in a circle: {}", names.join(" → "));
    let mut found = Diagnostic::error(Code::IMPORT_CYCLE, message).at(closing);
    for (step, window) in way.iter().zip(way.iter().skip(1)) {
        found = found.note(place(step), format!("here `{}` is imported", window.1));
    }
    found.help("move what both sides need into a file of its own")
}

/// Where an import stands.
pub(crate) fn import_place(file: &raw::File, name: &str, index: usize) -> Place {
    let index = i32::try_from(index).unwrap_or(i32::MAX);
    place_in(name, file.source_code_info.as_deref(), &[tag::file::DEPENDENCY, index])
}
