//! The code of a message's JSON, of which there is most, as lines: a syntax tree or tokens would cost several times as much.
//!
//! The lines are those that [`print`](super::print) would write. What is too wide for them is handed to it.

use std::fmt::{self, Write as _};

use crate::emit::print::{self, CALL_WIDTH, INDENT};
use crate::tokens;

/// An expression that ends with a call, and what stands behind that.
pub(super) struct Call {
    pub(super) before: String,
    pub(super) arguments: Vec<String>,
    pub(super) after: String,
}

impl Call {
    pub(super) fn new<const N: usize>(before: impl Into<String>, arguments: [String; N]) -> Self {
        Self { before: before.into(), arguments: arguments.into(), after: String::new() }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}){}", self.before, self.arguments.join(", "), self.after)
    }
}

/// Lines that are being written.
pub(super) struct Lines {
    out: String,
    depth: usize,
    /// Whether all of them are as wide as they may be.
    fit: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { out: String::new(), depth: 0, fit: true }
    }

    pub(super) fn line(&mut self, line: impl fmt::Display) {
        let from = self.out.len();
        for _ in 0..self.depth {
            self.out.push_str(INDENT);
        }
        // A string takes everything.
        let _ = write!(self.out, "{line}");
        self.fit &= self.out.len() - from <= CALL_WIDTH;
        self.out.push('\n');
    }

    /// A line that nothing in it is broken for, however wide it is.
    pub(super) fn whole(&mut self, line: impl fmt::Display) {
        let fit = self.fit;
        self.line(line);
        self.fit = fit;
    }

    pub(super) fn block(&mut self, head: impl fmt::Display, inside: impl FnOnce(&mut Self), end: &str) {
        self.line(head);
        self.nested(inside);
        self.line(end);
    }

    pub(super) fn nested(&mut self, inside: impl FnOnce(&mut Self)) {
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    /// A line that is a call: its arguments are broken if it is too wide.
    pub(super) fn call(&mut self, call: &Call, end: &str) {
        if call.arguments.iter().any(|argument| argument.contains('\n')) {
            let text = format!("{call}{end}");
            self.out.push_str(&print::statement(tokens::parse(&text), self.depth));
            return;
        }
        let arguments: usize = call.arguments.iter().map(|argument| argument.len() + 2).sum();
        let width = self.depth * INDENT.len() + call.before.len() + arguments - 1;
        if call.arguments.len() < 2 || width <= CALL_WIDTH {
            self.whole(format_args!("{call}{end}"));
            return;
        }
        let inside = |lines: &mut Self| {
            for argument in &call.arguments {
                lines.line(format_args!("{argument},"));
            }
        };
        self.block(format_args!("{}(", call.before), inside, &format!("){}{end}", call.after));
    }

    /// Takes note of code that these lines are not the form for.
    pub(super) fn other_form(&mut self) {
        self.fit = false;
    }

    pub(super) fn finish(self) -> String {
        if self.fit { self.out } else { print::items([tokens::parse(&self.out)]) }
    }
}
