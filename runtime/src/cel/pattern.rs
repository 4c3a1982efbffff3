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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_what_re2_means() {
        for (text, pattern, found) in [
            ("a{", "^a{$", true),
            ("a{,2}", "^a{,2}$", true),
            ("A", "^\\101$", true),
            ("\0", "^\\0$", true),
            ("α", "^\\p{Greek}$", true),
            ("α", "\\p{^Greek}", false),
            ("a", "^\\p{^Greek}$", true),
            ("é", "^\\PL$", false),
            ("é", "\\w", false),
            ("٣", "\\d", false),
            ("\u{b}", "\\s", false),
            ("é", "\\b", false),
            ("aéa", "a\\Bé", false),
            ("éé", "é\\Bé", true),
            ("<a>", "^\\<a\\>$", true),
            ("a.b", "^\\Qa.b\\E$", true),
            ("axb", "^\\Qa.b\\E$", false),
            ("\n", ".", false),
            ("\n", "(?s).", true),
            ("\n", "[^a]", true),
            ("]&~-", "^[]&&~~-]+$", true),
            ("ab", "(?P<x>a)(?<y>b)", true),
            ("K", "(?i)K", true),
            ("a b", "^[[:alpha:][:^alpha:]]+$", true),
            ("#", "^ #$", false),
        ] {
            assert_eq!(matches(text, pattern), Ok(found), "{text:?} {pattern}");
        }
    }

    #[test]
    fn what_re2_does_not_know_is_an_error() {
        for pattern in
            ["a**", "(?x)a", "\\u0041", "a{1001}", "(a{1000}){2}", "\\p{Nothing}", "(?u)a", "[\\b]"]
        {
            assert_eq!(matches("a", pattern), Err(Error::PATTERN), "{pattern}");
        }
    }
}
