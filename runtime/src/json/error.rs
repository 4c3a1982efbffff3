//! What goes wrong when JSON is read or written, and where.

use std::fmt;

use super::locate::locate;

/// JSON that cannot be read as a message, or a message that has no JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    message: String,
    path: String,
    offset: usize,
    kind: ErrorKind,
}

/// Whether reading or writing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not JSON.
    Syntax,
    /// The text is JSON, but not of this message.
    Data,
    /// A value has no JSON form: a timestamp out of range, an `Any` of an unknown type.
    Write,
}

impl Error {
    /// `text` is JSON at least up to `offset`, from which the path is found.
    #[cold]
    pub(crate) fn at(kind: ErrorKind, text: &[u8], offset: usize, message: String) -> Self {
        Self(Box::new(Inner { message, path: locate(text, offset), offset, kind }))
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it is wrong, by the names in the text: `items[3].price`; empty at the root.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Where it is wrong, in bytes from the start of the text.
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// What failed.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, path, offset, kind } = &*self.0;
        f.write_str(message)?;
        if !path.is_empty() {
            write!(f, " at `{path}`")?;
        }
        if *kind == ErrorKind::Write { Ok(()) } else { write!(f, " (offset {offset})") }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "json::Error({self})")
    }
}

impl std::error::Error for Error {}
