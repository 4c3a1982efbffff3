//! Diagnostics: what is wrong, where, and what to do about it.
//!
//! Every phase reports into a [`Sink`] and goes on; [`Sink::barrier`] ends the phase. Nothing else in the
//! generator prints or returns a text of its own.

mod codes;
mod render;

use crate::sorted;
use std::fmt;
use std::sync::Arc;

pub use codes::{ALL, Code};
pub(crate) use render::render;

/// Whether a character turns the direction of the text around it, so that it reads otherwise than it is.
pub(crate) fn is_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A position in a source: line and column, both counted from zero, the column in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from zero.
    pub line: u32,
    /// Column in bytes, from zero.
    pub column: u32,
}

/// Where something stands: a file, and the part of it when that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file: by the name of its imports while the generator runs, by its path in what a user reads.
    pub file: Arc<str>,
    /// First position and the one after the last; `None` when only the file is known.
    pub span: Option<(Position, Position)>,
}

impl Place {
    /// A place that is a whole file.
    pub fn file(name: impl Into<Arc<str>>) -> Self {
        Self { file: name.into(), span: None }
    }

    /// A place inside a file.
    pub fn new(name: impl Into<Arc<str>>, start: Position, end: Position) -> Self {
        Self { file: name.into(), span: Some((start, end)) }
    }
}

impl fmt::Display for Place {
    /// `file:line:column`, counted from one as editors do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.span {
            Some((start, _)) => write!(f, "{}:{}:{}", self.file, start.line + 1, start.column + 1),
            None => f.write_str(&self.file),
        }
    }
}

/// How bad it is: an error fails the build, a warning is only shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The build fails.
    Error,
    /// The build goes on.
    Warning,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Its code, as `RSVC0001`.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where; `None` for an option or a request that has no file.
    pub place: Option<Place>,
    /// A few words under the caret.
    pub label: Option<String>,
    /// Other places that matter, each with a few words.
    pub notes: Vec<(Option<Place>, String)>,
    /// What to do.
    pub help: Option<String>,
    /// Line of source shown under the place, with the caret; filled by the sink when it knows the text.
    pub(crate) source_line: Option<String>,
}

impl Diagnostic {
    /// An error of `code`.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: None,
            label: None,
            notes: Vec::new(),
            help: None,
            source_line: None,
        }
    }

    /// A warning of `code`.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>) -> Self {
        self.place = place.into();
        self
    }

    /// Sets the words under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a note, with a place of its own or without.
    #[must_use]
    pub fn note(mut self, place: impl Into<Option<Place>>, text: impl Into<String>) -> Self {
        self.notes.push((place.into(), text.into()));
        self
    }

    /// Sets what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What asks for documents of a generator that was built without them.
#[doc(hidden)]
#[must_use]
pub fn needs_documents(what: &str) -> Diagnostic {
    Diagnostic::error(Code::BAD_PARAMETER, format!("{what} needs the feature `documents` of the generator"))
        .note(None, "documents are a feature so that build scripts without them compile less")
        .help(concat!(
            "write `protoc-gen-rsvc = { version = \"",
            env!("CARGO_PKG_VERSION_MAJOR"),
            ".",
            env!("CARGO_PKG_VERSION_MINOR"),
            "\", features = [\"documents\"] }`, or install the program by `cargo install protoc-gen-rsvc \
                 --features documents`"
        ))
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(self))
    }
}

/// Texts of sources by name, for showing the line of a finding.
pub trait SourceText {
    /// The whole text of `file`, if it was read as text.
    fn text(&self, file: &str) -> Option<&str>;

    /// Where `file` was read from, as the user would open it.
    fn path(&self, file: &str) -> Option<&Arc<str>>;
}

/// Collects the findings of a phase.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds all findings of another sink, for phases that ran in parallel.
    pub fn extend(&mut self, other: Sink) {
        self.found.extend(other.found);
    }

    /// Whether an error was found.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Ends a phase: the errors found so far, if there are any. Warnings stay for [`Sink::finish`].
    pub fn barrier(&mut self, sources: &dyn SourceText) -> Result<(), Errors> {
        if self.has_errors() { Err(Errors { found: self.finish(sources) }) } else { Ok(()) }
    }

    /// Takes all findings, in the order of their places, each with its line of source.
    pub fn finish(&mut self, sources: &dyn SourceText) -> Vec<Diagnostic> {
        let mut found = std::mem::take(&mut self.found);
        sorted::sort_by(&mut found, |a, b| {
            (&a.place, a.code, &a.message).cmp(&(&b.place, b.code, &b.message))
        });
        found.dedup_by(|a, b| a.code == b.code && a.place == b.place && a.message == b.message);
        for d in &mut found {
            let Some(Place { file, span: Some((start, _)) }) = &d.place else { continue };
            d.source_line =
                sources.text(file).and_then(|t| t.lines().nth(start.line as usize)).map(str::to_owned);
        }
        // From here on, a file goes by its path and not by the name of its imports.
        let places = found
            .iter_mut()
            .flat_map(|d| d.place.iter_mut().chain(d.notes.iter_mut().filter_map(|n| n.0.as_mut())));
        for place in places {
            if let Some(path) = sources.path(&place.file) {
                place.file = path.clone();
            }
        }
        found
    }
}

/// What a failed run returns: every finding of the phase that failed.
///
/// `Display` and `Debug` both print all of them in full, since a `build.rs` unwraps.
#[derive(Clone)]
pub struct Errors {
    found: Vec<Diagnostic>,
}

impl Errors {
    /// The findings, in the order of their places.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.found
    }

    /// Findings that have no source to show.
    pub fn all(found: Vec<Diagnostic>) -> Self {
        Self { found }
    }

    /// A single finding that has no source to show.
    pub fn one(diagnostic: Diagnostic) -> Self {
        Self { found: vec![diagnostic] }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, d) in self.found.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            f.write_str(&render(d))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Errors {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_feature_is_named_with_what_needs_it() {
        let text = needs_documents("the option `openapi`").to_string();
        assert!(
            text.starts_with("error[RSVC0900]: the option `openapi` needs the feature `documents`"),
            "{text}"
        );
        assert!(
            text.contains("features = [\"documents\"]") && text.contains("--features documents"),
            "{text}"
        );
    }
}
