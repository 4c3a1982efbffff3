//! What generated code reports to.

use std::borrow::Cow;

use super::{Failure, PathElement, RuleElement, Validate, Violation, Violations};
use crate::cel::{self, Timestamp};

/// A rule with everything about it that is known at build time.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// What a violation says, unless the rule gives the text.
    pub message: &'static str,
    /// Where it is; nowhere when it stands on a message.
    pub path: &'static [RuleElement],
    /// Whether it is about the key of a map.
    pub for_key: bool,
}

impl Rule {
    /// `required` of a field.
    pub const REQUIRED: Self = Self {
        id: "required",
        message: "value is required",
        path: &[RuleElement::new("required", 25, 8)],
        for_key: false,
    };

    /// `required` of a oneof.
    pub const ONEOF_REQUIRED: Self = Self::of_message("required", "exactly one field is required in oneof");

    /// A rule on a message.
    pub const fn of_message(id: &'static str, message: &'static str) -> Self {
        Self { id, message, path: &[], for_key: false }
    }
}

/// The validation ends here.
#[derive(Debug)]
pub struct Stop(());

/// Collects what is found.
#[derive(Debug)]
pub struct Sink {
    found: Violations,
    first_only: bool,
    now: Option<Timestamp>,
}

impl Sink {
    pub(super) fn new(first_only: bool, now: Option<Timestamp>) -> Self {
        Self { found: Violations::default(), first_only, now }
    }

    pub(super) fn finish(mut self) -> Result<(), Violations> {
        if self.found.list.is_empty() && self.found.failure.is_none() {
            return Ok(());
        }
        for violation in &mut self.found.list {
            violation.path.reverse();
        }
        Err(self.found)
    }

    /// A violation of a rule that has its text.
    #[cold]
    pub fn add(&mut self, rule: &'static Rule, at: Option<PathElement>) -> Result<(), Stop> {
        self.push(rule, at, Cow::Borrowed(rule.message))
    }

    /// A violation whose text the rule gave.
    #[cold]
    pub fn add_text(
        &mut self,
        rule: &'static Rule,
        at: Option<PathElement>,
        text: impl Into<String>,
    ) -> Result<(), Stop> {
        self.push(rule, at, Cow::Owned(text.into()))
    }

    fn push(
        &mut self,
        rule: &'static Rule,
        at: Option<PathElement>,
        message: Cow<'static, str>,
    ) -> Result<(), Stop> {
        let path = at.map_or_else(Vec::new, |at| vec![at]);
        self.found.list.push(Violation { path, rule, message });
        if self.first_only { Err(Stop(())) } else { Ok(()) }
    }

    /// Tests a message inside; its violations are about the field that it is in.
    #[inline]
    pub fn nested<T: Validate + ?Sized>(
        &mut self,
        value: &T,
        at: impl FnOnce() -> PathElement,
    ) -> Result<(), Stop> {
        let before = self.found.list.len();
        let result = value.check(self);
        if self.found.list.len() != before {
            self.prefix(before, &at());
        }
        result
    }

    #[cold]
    fn prefix(&mut self, from: usize, at: &PathElement) {
        for violation in &mut self.found.list[from..] {
            violation.path.push(at.clone());
        }
    }

    /// The rule could not be evaluated.
    #[cold]
    pub fn fail(&mut self, rule: &'static Rule, error: cel::Error) -> Stop {
        self.found.failure = Some(Failure::Runtime { rule_id: rule.id, error });
        Stop(())
    }

    /// The rule could not be compiled.
    #[cold]
    pub fn broken(&mut self, text: &'static str) -> Stop {
        self.found.failure = Some(Failure::Compilation(text));
        Stop(())
    }

    /// The time of this validation, the same for all its rules.
    pub fn now(&mut self) -> Timestamp {
        *self.now.get_or_insert_with(|| std::time::SystemTime::now().into())
    }
}
