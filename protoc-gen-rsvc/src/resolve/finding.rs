//! A finding that is reported once all is said.

use crate::diag::{Diagnostic, Place, Sink};

/// A diagnostic under construction; it is reported when it is dropped, so that none gets lost.
pub(super) struct Finding<'a> {
    sink: &'a mut Sink,
    diagnostic: Option<Diagnostic>,
}

impl<'a> Finding<'a> {
    pub(super) fn new(sink: &'a mut Sink, diagnostic: Diagnostic) -> Self {
        Self { sink, diagnostic: Some(diagnostic) }
    }

    pub(super) fn help(mut self, text: impl Into<String>) {
        self.diagnostic = self.diagnostic.take().map(|d| d.help(text));
    }

    pub(super) fn note(mut self, place: Place, text: &str) -> Self {
        self.diagnostic = self.diagnostic.take().map(|d| d.note(place, text));
        self
    }

    /// A note without a place, if there is one.
    pub(super) fn remark(mut self, text: Option<&str>) -> Self {
        if let Some(text) = text {
            self.diagnostic = self.diagnostic.take().map(|d| d.note(None, text));
        }
        self
    }
}

impl Drop for Finding<'_> {
    fn drop(&mut self) {
        if let Some(diagnostic) = self.diagnostic.take() {
            self.sink.push(diagnostic);
        }
    }
}
