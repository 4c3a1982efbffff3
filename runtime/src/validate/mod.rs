//! Validation: what a message must be, and what is wrong with one that is not.
//!
//! [`Validate`] is implemented for every generated message, from its `buf.validate` rules.

mod mask;
mod path;
mod proto;
mod rules;
mod sink;
mod status;
mod wellknown;

use std::borrow::Cow;
use std::fmt;
use std::mem::ManuallyDrop;

pub use mask::MaskedError;
pub(crate) use mask::{InvalidPath, Mask, numbers as numbers_of_paths};
pub use path::{PathElement, RuleElement, Subscript};

#[doc(hidden)]
pub use rules::Rule;
#[doc(hidden)]
pub use sink::Sink;

use crate::cel;
use crate::error;
use crate::json::{Json, MessageInfo};

/// A message that knows its rules. The table of its fields is that of its JSON.
pub trait Validate: Json {
    /// Tests all rules, of the messages inside too.
    ///
    /// # Errors
    /// The violations: [`DEFAULT_MAX_VIOLATIONS`] of them, and the number of those beyond.
    fn validate(&self) -> Result<(), Violations>
    where
        Self: Sized,
    {
        Validator::new().validate(self)
    }

    /// Tests all rules into `out`; generated.
    #[doc(hidden)]
    fn check(&self, _out: &mut Sink) {}
}

/// How many violations are reported unless a [`Validator`] says otherwise.
pub const DEFAULT_MAX_VIOLATIONS: u32 = 100;

/// How to validate, where the usual way does not do.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Validator {
    max_violations: u32,
    first_only: bool,
    now: sink::Now,
}

impl Default for Validator {
    fn default() -> Self {
        Self::new()
    }
}

impl Validator {
    /// Everything is tested, against the clock of the system; [`DEFAULT_MAX_VIOLATIONS`] are reported.
    #[inline]
    pub fn new() -> Self {
        Self { max_violations: DEFAULT_MAX_VIOLATIONS, first_only: false, now: sink::Now::System }
    }

    /// How many violations are reported, at least one. Those beyond are counted: [`Violations::omitted`]. `u32::MAX`
    /// stands for no limit.
    ///
    /// Up to a limit, the keys and texts of a message that violations repeat are limited as well, to 64 KiB in all; what
    /// is longer ends with `…`.
    pub fn max_violations(mut self, count: u32) -> Self {
        self.max_violations = count.max(1);
        self
    }

    /// Whether to stop at the first violation.
    pub fn stop_at_first(mut self, yes: bool) -> Self {
        self.first_only = yes;
        self
    }

    /// The time that rules about now compare with.
    pub fn at(mut self, now: std::time::SystemTime) -> Self {
        self.now = sink::Now::At(now.into());
        self
    }

    /// Leaves out the rules that compare with now: what was stored while they held may be older today.
    pub fn without_now(mut self) -> Self {
        self.now = sink::Now::Skipped;
        self
    }

    /// Tests a message.
    ///
    /// # Errors
    /// The violations found.
    #[inline]
    pub fn validate<T: Validate>(&self, message: &T) -> Result<(), Violations> {
        self.validate_any(message, T::info())
    }

    /// Tests the fields that a field mask names, each with all that is below it, and of the rules on messages and oneofs
    /// those that read nothing else. A mask that is empty, or `*`, is one of all fields.
    ///
    /// # Errors
    /// The violations found, or the path that names no field of the message.
    pub fn validate_masked<T: Validate>(
        &self,
        message: &T,
        mask: &prost_types::FieldMask,
    ) -> Result<(), MaskedError> {
        match Mask::of_message(T::info(), &mask.paths)? {
            None => Ok(self.validate(message)?),
            Some(mask) => Ok(self.validate_by(mask, message, T::info())?),
        }
    }

    /// Tests what of a message of any type is in a mask.
    pub(crate) fn validate_by<T: Validate + ?Sized>(
        &self,
        mask: Mask,
        message: &T,
        table: &MessageInfo,
    ) -> Result<(), Violations> {
        let mut out = Sink::new(self.max_violations, self.first_only, self.now).masked(mask);
        message.check(&mut out);
        if out.is_clean() { Ok(()) } else { Err(out.take_violations(table)) }
    }

    /// Tests a message of any type, which `table` describes.
    #[inline]
    pub(crate) fn validate_any<T: Validate + ?Sized>(
        &self,
        message: &T,
        table: &MessageInfo,
    ) -> Result<(), Violations> {
        // Success is not to pay for moving or dropping a sink that owns nothing.
        let mut out = ManuallyDrop::new(Sink::new(self.max_violations, self.first_only, self.now));
        message.check(&mut out);
        if out.is_clean() { Ok(()) } else { Err(out.take_violations(table)) }
    }
}

/// A rule that a message breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// From the field outwards while it is built, from the message once it is done.
    path: Vec<PathElement>,
    rule: rules::RuleRef,
    part: path::Part,
    message: Cow<'static, str>,
}

impl Violation {
    /// The way from the message to the field; empty when the rule is about the message itself.
    pub fn field_path(&self) -> &[PathElement] {
        &self.path
    }

    /// The way to the rule from `buf.validate.FieldRules`; empty when it stands on a message or a oneof.
    pub fn rule_path(&self) -> Vec<RuleElement> {
        self.rule.path(self.part)
    }

    /// The id of the rule, as `string.min_len`.
    pub fn rule_id(&self) -> &'static str {
        self.rule.id()
    }

    /// What is wrong, for a human.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether it is the key of a map that is wrong, not the value.
    pub fn for_key(&self) -> bool {
        self.part == path::Part::Key
    }

    /// The field's path as text: `orders[2].items["a"].name`.
    pub fn field(&self) -> String {
        path::join(&self.path)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}", self.field())?;
            f.write_str(if self.for_key() { " (key): " } else { ": " })?;
        }
        if self.message.is_empty() { f.write_str(self.rule.id()) } else { f.write_str(&self.message) }
    }
}

/// Why a rule gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The expression failed on this message, as a division by zero does.
    Runtime {
        /// The id of the rule.
        rule_id: &'static str,
        /// What failed.
        error: cel::Error,
    },
    /// The rule could not be compiled, and the generator was told to keep that for run time.
    Compilation(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runtime { rule_id, error } => write!(f, "the rule {rule_id} cannot be evaluated: {error}"),
            Self::Compilation(text) => write!(f, "a rule cannot be compiled: {text}"),
        }
    }
}

/// What is wrong with a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Violations {
    list: Vec<Violation>,
    /// How many more there are.
    omitted: u32,
    /// Rare, and not to make success larger.
    failure: Option<Box<Failure>>,
}

impl Violations {
    /// The violations, in the order of the rules.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.list.iter()
    }

    /// How many are reported.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none, which is so when a rule failed at once.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many more there are, beyond the [limit](Validator::max_violations). None are counted after the first if that was
    /// to be the end.
    pub fn omitted(&self) -> u64 {
        self.omitted.into()
    }

    /// What is said in place of those that are not reported.
    fn omission(&self) -> Option<String> {
        (self.omitted != 0).then(|| error::limit::more_violations(self.omitted.into()))
    }

    /// The rule that gave no answer, after which nothing was tested. The message is not valid then, either.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_deref()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, violation) in self.list.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        if let Some(omission) = self.omission() {
            write!(f, "; {omission}")?;
        }
        if let Some(failure) = &self.failure {
            if !self.list.is_empty() {
                f.write_str("; ")?;
            }
            failure.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
