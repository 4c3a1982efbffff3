//! What a folder of generated files was made of, so that a run that would make the same again need not, and one that
//! would destroy what another has made finds out.
//!
//! It lies beside the files, in `.rsvc/record`, and is of use on this machine alone.

use crate::sorted::SortedMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// The first line: another form has another number.
const FORM: &str = "rsvc record 1";

/// All that was made in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The contents of the files that are about all packages; `None` for one that is not there.
    pub(crate) shared: Vec<Option<u64>>,
    pub(crate) runs: Vec<RunRecord>,
}

/// What one run read and wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunRecord {
    /// Options, arguments and the version of the generator.
    pub(crate) key: u64,
    /// The content of everything that was read.
    pub(crate) inputs: u64,
    /// The files that were read, as imports name them.
    pub(crate) names: Vec<String>,
    /// Their paths, for cargo.
    pub(crate) read: Vec<String>,
    /// The files that were named, each with its absolute path.
    pub(crate) roots: SortedMap<String, String>,
    /// The files that were written, with their content; without those that are about all packages.
    pub(crate) files: SortedMap<String, u64>,
    /// What the run had to say, as text.
    pub(crate) warnings: Vec<String>,
}

/// A number for a content: another one for another content, as far as chance allows.
pub(crate) fn digest(content: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

impl Record {
    /// As it is stored.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{FORM}\n");
        // A string takes everything.
        for content in &self.shared {
            let _ = writeln!(
                text,
                "shared {}",
                content.map_or_else(String::new, |content| format!("{content:x}"))
            );
        }
        for run in &self.runs {
            let _ = writeln!(text, "run {:x} {:x}", run.key, run.inputs);
            let lists = [("name", &run.names), ("read", &run.read), ("warning", &run.warnings)];
            for (kind, list) in lists {
                for item in list {
                    let _ = writeln!(text, "{kind} {}", escape(item));
                }
            }
            for (name, path) in &run.roots {
                let _ = writeln!(text, "named {}\t{}", escape(name), escape(path));
            }
            for (name, content) in &run.files {
                let _ = writeln!(text, "file {content:x} {}", escape(name));
            }
        }
        text
    }

    /// Reads what [`Record::to_text`] wrote; `None` for anything else.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let lines = text.strip_prefix(FORM)?.strip_prefix('\n')?.lines();
        let mut record = Self::default();
        for line in lines {
            let (kind, rest) = line.split_once(' ')?;
            if kind == "shared" {
                record.shared.push(if rest.is_empty() { None } else { Some(number(rest)?) });
                continue;
            }
            if kind == "run" {
                let (key, inputs) = rest.split_once(' ')?;
                let (key, inputs) = (number(key)?, number(inputs)?);
                record.runs.push(RunRecord { key, inputs, ..RunRecord::default() });
                continue;
            }
            let run = record.runs.last_mut()?;
            match kind {
                "name" => run.names.push(unescape(rest)?),
                "read" => run.read.push(unescape(rest)?),
                "warning" => run.warnings.push(unescape(rest)?),
                "named" => {
                    let (name, path) = rest.split_once('\t')?;
                    run.roots.insert(unescape(name)?, unescape(path)?);
                }
                "file" => {
                    let (content, name) = rest.split_once(' ')?;
                    run.files.insert(unescape(name)?, number(content)?);
                }
                _ => return None,
            }
        }
        Some(record)
    }
}

fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

/// A text on one line, without a tab.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let run = RunRecord {
            key: 1,
            inputs: u64::MAX,
            names: vec!["a/b.proto".into(), "c d\\n.proto".into()],
            read: vec!["../p\tq/a/b.proto".into()],
            roots: [("a/b.proto".to_owned(), "/x/a/b.proto".to_owned())].into_iter().collect(),
            files: [("a.rs".to_owned(), 7)].into_iter().collect(),
            warnings: vec!["two\nlines\r".into(), String::new()],
        };
        let record = Record { shared: vec![Some(3), None], runs: vec![run, RunRecord::default()] };
        assert_eq!(Record::from_text(&record.to_text()), Some(record.clone()));
        for text in ["", "rsvc record 0\n", "rsvc record 1\nshared x\n", "rsvc record 1\nname a\n"] {
            assert_eq!(Record::from_text(text), None, "{text}");
        }
        let text = record.to_text();
        for line in text.lines().filter(|line| line.starts_with("run")) {
            assert_eq!(Record::from_text(&text.replace(line, "run 1")), None, "{line}");
        }
    }
}
