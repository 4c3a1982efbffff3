//! Writing: straight from fields to bytes.
//!
//! Containers are written with a separator before every entry, and the first separator becomes the
//! opening bracket when the container is closed; so no entry asks whether it is the first.
//! An error does not unwind: it is kept, and reported when the text is complete.

mod value;

use super::error::{Error, ErrorKind};
use super::options::{MAX_DEPTH, WriteOptions};

/// JSON being written. Generated code calls its methods.
#[derive(Debug)]
pub struct Writer {
    pub(super) buf: Vec<u8>,
    pub(super) options: WriteOptions,
    /// Keys are written as the tables have them: camel case, no indentation.
    pub(super) plain: bool,
    /// Open containers, for the indentation.
    depth: usize,
    /// Messages in an `Any` that may still open.
    pub(super) levels_left: u32,
    /// The open object of an `Any`, which the object written next continues.
    shared: Option<Start>,
    error: Option<(usize, String)>,
}

/// Where an open container starts.
#[derive(Clone, Copy, Debug)]
pub struct Start(usize);

impl Writer {
    pub(crate) fn new(options: &WriteOptions, buf: Vec<u8>) -> Self {
        let plain = !(options.pretty || options.proto_names);
        Self {
            buf,
            options: options.clone(),
            plain,
            depth: 0,
            levels_left: MAX_DEPTH + 1,
            shared: None,
            error: None,
        }
    }

    /// The complete text, or the first error.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        match self.error {
            None => Ok(self.buf),
            Some((at, message)) => Err(Error::at(ErrorKind::Write, &self.buf, at, message)),
        }
    }

    /// Keeps the first error.
    #[cold]
    pub(super) fn fail(&mut self, message: impl Into<String>) {
        let at = self.buf.len();
        self.error.get_or_insert_with(|| (at, message.into()));
    }

    /// The bytes of a message, as an `Any` has them, are not of its type.
    #[cold]
    pub(super) fn undecodable(&mut self, why: &str) {
        self.fail(format!("the bytes of a message are not of its type: {why}"));
        if let Some(start) = self.shared.take() {
            self.close(start);
        }
    }

    pub(super) fn emits_defaults(&self) -> bool {
        self.options.emit_defaults
    }

    /// Opens an object.
    pub fn open(&mut self) -> Start {
        match self.shared.take() {
            Some(start) => start,
            None => self.open_container(),
        }
    }

    /// Closes an object.
    pub fn close(&mut self, start: Start) {
        self.close_container(start, b'{', b'}');
    }

    /// Leaves `start` open for the next object.
    pub(super) fn share(&mut self, start: Start) {
        self.shared = Some(start);
    }

    fn open_container(&mut self) -> Start {
        self.depth += 1;
        Start(self.buf.len())
    }

    fn close_container(&mut self, Start(start): Start, open: u8, close: u8) {
        self.depth -= 1;
        match self.buf.get_mut(start) {
            Some(first) => {
                *first = open;
                if self.options.pretty {
                    self.new_line();
                }
            }
            None => self.buf.push(open),
        }
        self.buf.push(close);
    }

    pub(crate) fn open_array(&mut self) -> Start {
        self.open_container()
    }

    pub(crate) fn close_array(&mut self, start: Start) {
        self.close_container(start, b'[', b']');
    }

    /// Starts an array's next element.
    #[inline]
    pub(crate) fn element(&mut self) {
        self.buf.push(b',');
        if self.options.pretty {
            self.new_line();
        }
    }

    #[cold]
    fn new_line(&mut self) {
        self.buf.push(b'\n');
        self.buf.resize(self.buf.len() + 2 * self.depth, b' ');
    }

    /// Starts an entry whose key is known at run time only.
    pub(crate) fn dynamic_key(&mut self, name: &str) {
        self.element();
        self.str_value(name);
        self.end_key();
    }

    pub(super) fn end_key(&mut self) {
        self.buf.push(b':');
        if self.options.pretty {
            self.buf.push(b' ');
        }
    }
}
