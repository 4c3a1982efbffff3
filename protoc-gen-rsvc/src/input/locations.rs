//! From a path in `descriptor.proto` to a place in the source, and to the comments around it.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use prost_reflect::{DescriptorPool, FileDescriptor};

use super::source_info::{PositionRange, SourceInfo};
use super::values;
use crate::diag::{Place, Position, SourceText};
use crate::model::Comments;
use crate::sorted::SortedMap;

/// The texts of the files that were read as text, by the names of their imports.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: SortedMap<String, Arc<str>>,
    paths: SortedMap<String, Arc<str>>,
}

impl Sources {
    pub(crate) fn insert(&mut self, name: &str, text: Arc<str>) {
        self.texts.insert(name.to_owned(), text);
    }

    /// Says where a file was read from.
    pub(crate) fn insert_path(&mut self, name: &str, path: &Path) {
        // `./` is our way to say the current folder, and not how a user names a file in it.
        let path = path.strip_prefix(".").unwrap_or(path);
        self.paths.insert(name.to_owned(), path.display().to_string().into());
    }

    /// Whether nothing was read as text.
    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

impl SourceText for Sources {
    fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(|text| &**text)
    }

    fn path(&self, file: &str) -> Option<&Arc<str>> {
        self.paths.get(file)
    }
}

/// The source information of all files, each indexed when it is first asked for.
#[derive(Debug, Default)]
pub struct Locations {
    files: SortedMap<String, FileLocations>,
}

#[derive(Debug)]
struct FileLocations {
    name: Arc<str>,
    file: FileDescriptor,
    text: Option<Arc<str>>,
    /// Encoded, until it is first asked for.
    encoded: Mutex<Vec<u8>>,
    info: OnceLock<SourceInfo>,
    /// Where the lines of the text begin, once that is asked for.
    lines: OnceLock<Vec<usize>>,
}

impl Locations {
    /// `infos` are the encoded `SourceCodeInfo`s of the pool's files by their names.
    pub(crate) fn new(
        pool: &DescriptorPool,
        sources: &Sources,
        mut infos: SortedMap<String, Vec<u8>>,
    ) -> Self {
        let files = pool.files().map(|file| {
            let text = sources.texts.get(file.name()).cloned();
            // A file that the pool has brought itself has none.
            let encoded = Mutex::new(infos.remove(file.name()).unwrap_or_default());
            let name = file.name().into();
            (
                file.name().to_owned(),
                FileLocations { name, file, text, encoded, info: OnceLock::new(), lines: OnceLock::new() },
            )
        });
        Self { files: files.collect() }
    }

    /// Where the part of `file` at `path` stands, or the closest part around it that has a place.
    ///
    /// A path is that of `SourceCodeInfo`, as prost-reflect's `path()` gives it; append 1 for the name of a
    /// definition, which makes a better caret than its whole body. A path of an option goes on into its value, with
    /// the number of each field and, where it is repeated, the index.
    pub fn place(&self, file: &str, path: &[i32]) -> Place {
        let Some(found) = self.files.get(file) else { return Place::file(file) };
        match found.info().closest(path) {
            Some((end, around)) => {
                let (start, end) = found.inside(path, end, around).unwrap_or(around);
                Place::new(found.name.clone(), start, end)
            }
            None => Place::file(found.name.clone()),
        }
    }

    /// The comments of the definition at `path`, as they were written.
    pub fn comments(&self, file: &str, path: &[i32]) -> Comments {
        let text = |comment: Option<&str>| comment.filter(|c| !c.trim().is_empty()).map(Arc::from);
        self.files.get(file).and_then(|found| found.info().find(path)).map_or_else(
            Comments::default,
            |found| Comments { leading: text(found.leading()), trailing: text(found.trailing()) },
        )
    }
}

impl FileLocations {
    fn info(&self) -> &SourceInfo {
        self.info.get_or_init(|| {
            let mut encoded = self.encoded.lock().unwrap_or_else(PoisonError::into_inner);
            SourceInfo::new(std::mem::take(&mut *encoded))
        })
    }

    /// The place of a value inside an option whose own place is known.
    fn inside(&self, path: &[i32], known: usize, (from, to): PositionRange) -> Option<PositionRange> {
        let text = self.text.as_deref().filter(|_| known < path.len())?;
        let steps = values::steps(self.file.parent_pool(), path, known)?;
        let lines = self.lines.get_or_init(|| line_starts(text));
        let offset = |at: Position| {
            let line = lines.get(at.line as usize).copied().unwrap_or(text.len());
            (line + at.column as usize).min(text.len())
        };
        let position = |offset: usize| {
            let line = lines.partition_point(|start| *start <= offset) - 1;
            Position { line: count(line), column: count(offset - lines[line]) }
        };
        let from = offset(from);
        let range = values::find(text.get(from..offset(to))?, &steps)?;
        Some((position(from + range.start), position(from + range.end)))
    }
}

/// The places of a file that is not in a pool yet, indexed when the first is asked for: a file may have very many errors.
#[derive(Debug, Default)]
pub(crate) struct Places(OnceCell<SourceInfo>);

impl Places {
    /// As [`Locations::place`]. `info` is the same in each call.
    pub(crate) fn place(&self, name: &str, info: Option<&[u8]>, path: &[i32]) -> Place {
        let info = self.0.get_or_init(|| SourceInfo::new(info.unwrap_or_default().to_vec()));
        match info.closest(path) {
            Some((_, (start, end))) => Place::new(name, start, end),
            None => Place::file(name),
        }
    }
}

/// A single one of the [`Places`]; it reads those of the whole file.
pub(crate) fn place_in(name: &str, info: Option<&[u8]>, path: &[i32]) -> Place {
    Places::default().place(name, info, path)
}

/// Line and column of a byte offset in a text.
pub(crate) fn position(text: &str, offset: usize) -> Position {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
    Position {
        line: count(before.split(|&b| b == b'\n').count() - 1),
        column: count(before.len() - line_start),
    }
}

/// Where each line begins: the first at zero.
fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The reverse of [`position`]; past its end for a place that the text has not got.
pub(crate) fn offset(text: &str, at: Position) -> usize {
    let line = text.split_inclusive('\n').take(at.line as usize).map(str::len).sum::<usize>();
    (line + at.column as usize).min(text.len())
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::SourceCodeInfo;
    use prost_types::source_code_info::Location;

    use super::*;

    #[test]
    fn offsets_become_positions() {
        let at = |offset| {
            let Position { line, column } = position("a\nbc\r\n", offset);
            (line, column)
        };
        assert_eq!(
            [at(0), at(1), at(2), at(4), at(6), at(99)],
            [(0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (2, 0)]
        );
    }

    #[test]
    fn the_closest_part_around_has_the_place() {
        let location = |path: &[i32], span: &[i32]| Location {
            path: path.into(),
            span: span.into(),
            ..Location::default()
        };
        let info = SourceCodeInfo {
            location: vec![
                location(&[], &[0, 0, 9, 0]),
                location(&[4, 0], &[1, 0, 5, 1]),
                location(&[4, 0, 2, 1], &[3, 2, 20]),
                location(&[4, 1], &[-1, 2, 20]),
            ],
        };
        let place = |path: &[i32]| place_in("a.proto", Some(&info.encode_to_vec()), path).to_string();
        assert_eq!(place(&[4, 0, 2, 1, 3]), "a.proto:4:3");
        assert_eq!(place(&[4, 0, 2, 0, 3]), "a.proto:2:1");
        assert_eq!(place(&[4, 1, 1]), "a.proto");
        assert_eq!(place(&[12]), "a.proto");
    }
}
