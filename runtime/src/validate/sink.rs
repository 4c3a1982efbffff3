//! What generated code reports to.

use std::borrow::Cow;

use super::path::At;
use super::rules::{self, Rule, RuleRef};
use super::{Failure, Field, Validate, Violation, Violations};
use crate::cel::{self, Timestamp};

/// Collects what is found.
///
/// Once it is full, by a failure or because the first violation is enough, what comes is left out: generated code runs
/// on to its end, which is shorter and quicker than asking after each rule.
#[derive(Debug)]
pub struct Sink {
    found: Violations,
    /// Whether `found` is empty: one byte to look at.
    clean: bool,
    first_only: bool,
    full: bool,
    now: Option<Timestamp>,
}

impl Sink {
    pub(super) fn new(first_only: bool, now: Option<Timestamp>) -> Self {
        Self { found: Violations::default(), clean: true, first_only, full: false, now }
    }

    /// Whether nothing was found; then nothing is owned either.
    #[inline]
    pub(super) fn is_clean(&self) -> bool {
        self.clean
    }

    /// What was found.
    #[cold]
    pub(super) fn into_violations(mut self) -> Violations {
        for violation in &mut self.found.list {
            violation.path.reverse();
        }
        self.found
    }

    fn push(&mut self, at: At<'_>, rule: RuleRef, message: Cow<'static, str>) {
        if self.full {
            return;
        }
        self.clean = false;
        self.full = self.first_only;
        let path = at.element().map_or_else(Vec::new, |element| vec![element]);
        self.found.list.push(Violation { path, rule, part: at.part, message });
    }

    /// A violation of a standard rule.
    #[cold]
    pub fn add<'a>(&mut self, at: impl Into<At<'a>>, id: &'static str, message: &'static str) {
        self.push(at.into(), RuleRef::Standard(id), Cow::Borrowed(message));
    }

    /// A violation of a standard rule about a size.
    #[cold]
    pub fn add_size<'a>(&mut self, at: impl Into<At<'a>>, id: &'static str, size: u64) {
        self.push(at.into(), RuleRef::Standard(id), Cow::Owned(rules::sized(id, size)));
    }

    /// A violation of a standard rule about a format.
    #[cold]
    pub fn add_format<'a>(&mut self, at: impl Into<At<'a>>, id: &'static str, empty: bool) {
        let (id, message) = rules::format(id, empty);
        self.push(at.into(), RuleRef::Standard(id), Cow::Borrowed(message));
    }

    /// A violation of another rule.
    #[cold]
    pub fn add_rule<'a>(&mut self, at: impl Into<At<'a>>, rule: &'static Rule) {
        self.push(at.into(), RuleRef::Other(rule), Cow::Borrowed(rule.message));
    }

    /// A violation of a rule that gave the text.
    #[cold]
    pub fn add_text<'a>(&mut self, at: impl Into<At<'a>>, rule: &'static Rule, text: impl Into<String>) {
        self.push(at.into(), RuleRef::Other(rule), Cow::Owned(text.into()));
    }

    /// A field or oneof that must be set is not.
    #[cold]
    pub fn add_missing(&mut self, field: &'static Field) {
        let oneof = field.number.is_none();
        let message = if oneof { "exactly one field is required in oneof" } else { "value is required" };
        self.push(field.into(), RuleRef::Required { oneof }, Cow::Borrowed(message));
    }

    /// Tests a message inside; its violations are about the place that it is at.
    #[inline]
    pub fn nested<'a, T: Validate + ?Sized>(&mut self, value: &T, at: impl Into<At<'a>>) {
        let before = self.found.list.len();
        value.check(self);
        if self.found.list.len() != before {
            self.prefix(before, at.into());
        }
    }

    #[cold]
    fn prefix(&mut self, from: usize, at: At<'_>) {
        for violation in &mut self.found.list[from..] {
            violation.path.extend(at.element());
        }
    }

    /// The rule could not be evaluated.
    #[cold]
    pub fn fail(&mut self, rule_id: &'static str, error: cel::Error) {
        self.stop(Failure::Runtime { rule_id, error });
    }

    /// The rules could not be compiled.
    #[cold]
    pub fn broken(&mut self, text: &'static str) {
        self.stop(Failure::Compilation(text));
    }

    fn stop(&mut self, failure: Failure) {
        self.clean = false;
        if !self.full {
            self.found.failure = Some(Box::new(failure));
        }
        self.full = true;
    }

    /// The time of this validation, the same for all its rules.
    pub fn now(&mut self) -> Timestamp {
        *self.now.get_or_insert_with(|| std::time::SystemTime::now().into())
    }
}
