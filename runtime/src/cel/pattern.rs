//! Regular expressions.

use std::sync::OnceLock;

use regex::Regex;
use rsvc_common::re2;

use super::Error;

/// A regular expression that was tested at build time and is compiled on first use.
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// A pattern in the syntax of the `regex` crate, as the generator translated it.
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// Whether it is found in the text.
    ///
    /// # Panics
    /// If the pattern is not one: the generator has compiled it.
    #[inline]
    pub fn is_match(&self, text: &str) -> bool {
        let compile = || Regex::new(self.source).expect("the generator has compiled it");
        self.compiled.get_or_init(compile).is_match(text)
    }
}

/// `a.matches(pattern)` with a pattern that is known at run time only.
pub fn matches(a: &str, pattern: &str) -> Result<bool, Error> {
    let pattern = re2::translate(pattern).map_err(|_| Error::PATTERN)?;
    Regex::new(&pattern).map(|r| r.is_match(a)).map_err(|_| Error::PATTERN)
}
