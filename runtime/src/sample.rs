//! Messages for tests and mocks: any number of different ones that fulfil their rules, and some that break one.
//!
//! Messages have it where the generator's option `samples` is on. It is for tests: a program that serves needs neither the
//! option nor the feature `samples` of this crate, and pays nothing for them.
//!
//! ```ignore
//! use rsvc::sample::Sample;
//!
//! let user = User::sample(0);
//! assert_eq!(user, User::sample(0));
//! for other in User::samples().take(100) {
//!     assert!(other.validate().is_ok());
//! }
//! for broken in User::invalid_samples(0) {
//!     assert!(service.create(broken.message).await.is_err(), "{} at {}", broken.rule, broken.field);
//! }
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use rsvc_common::sample::{self, Broken, Solver, Step, Type, Value, Verdict};

use crate::json;
use crate::validate::{Failure, PathElement, Subscript, Validate, Violation, Violations};

/// What messages of a package may be, as the generator wrote it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Tables {
    text: &'static str,
    read: OnceLock<Read>,
}

#[derive(Debug)]
struct Read {
    tables: sample::Tables,
    places: HashMap<String, usize>,
}

impl Tables {
    /// By their text.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self { text, read: OnceLock::new() }
    }

    fn read(&self) -> &Read {
        self.read.get_or_init(|| {
            // Generated code and this crate are of one version, which the build checks.
            let tables = sample::decode(self.text).expect("the generator writes tables of this version");
            let places = tables.messages.iter().enumerate().map(|(at, message)| (message.name.clone(), at));
            Read { places: places.collect(), tables }
        })
    }
}

/// A message of which there are samples.
///
/// Rules in CEL are fulfilled by trying, as often as a fixed number says. Where no message is found, because the rules
/// contradict each other or are too hard to guess, [`try_sample`](Self::try_sample) says so, and the others panic or give
/// none. The option `(rsvc.v1.sample)` in the `.proto` helps there.
pub trait Sample: Validate + Default + Clone + 'static {
    /// Written by the generator.
    #[doc(hidden)]
    fn tables() -> &'static Tables;

    /// The message of a seed: always the same one of a seed, as long as the rules do not speak of the time. That of 0 reads
    /// best.
    ///
    /// # Panics
    /// If none was found, with what the last one broke.
    #[must_use]
    #[track_caller]
    fn sample(seed: u64) -> Self {
        match Self::try_sample(seed) {
            Ok(message) => message,
            Err(error) => panic!("{error}"),
        }
    }

    /// The message of a seed, which [`validate`](Validate::validate) finds valid.
    ///
    /// # Errors
    /// None was found.
    fn try_sample(seed: u64) -> Result<Self, NoSample> {
        let mut last = Self::default();
        Maker::of::<Self>().find(seed, &mut |text| {
            last = json::from_str(text)?;
            Ok(last.validate())
        })?;
        Ok(last)
    }

    /// Different valid messages, those of the seeds 0, 1, 2, … without repetitions. It ends when 64 seeds in a row give
    /// nothing new, as of a message without fields.
    #[must_use]
    fn samples() -> Samples<Self> {
        Samples { seed: 0, seen: HashSet::new(), made: std::marker::PhantomData }
    }

    /// Messages that are valid but for exactly one rule, each for another rule or another field; made from the sample of
    /// the seed. Rules that cannot be broken alone are missing.
    #[must_use]
    fn invalid_samples(seed: u64) -> Vec<Invalid<Self>> {
        let mut ask = |text: &str| Ok(json::from_str::<Self>(text)?.validate());
        let found = Maker::of::<Self>().broken(seed, &mut ask);
        let read = |(text, field, rule): (String, String, _)| {
            Some(Invalid { message: json::from_str(&text).ok()?, field, rule })
        };
        found.into_iter().filter_map(read).collect()
    }
}

/// A message that breaks one rule.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Invalid<T> {
    /// The message.
    pub message: T,
    /// The path of the field, as [`Violation::field`](crate::validate::Violation::field) has it; empty for a rule of the
    /// message.
    pub field: String,
    /// The id of the rule, as `string.min_len`.
    pub rule: &'static str,
}

/// No sample of a message was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSample {
    message: &'static str,
    reason: String,
}

impl NoSample {
    /// The full name of the message.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.message
    }
}

impl fmt::Display for NoSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no valid sample of `{}` was found", self.message)?;
        if !self.reason.is_empty() {
            write!(f, "; the last one tried: {}", self.reason)?;
        }
        f.write_str(
            "; give one by the option (rsvc.v1.sample), or see whether the rules contradict each other",
        )
    }
}

impl std::error::Error for NoSample {}

/// See [`Sample::samples`].
#[derive(Debug)]
pub struct Samples<T> {
    seed: u64,
    seen: HashSet<String>,
    made: std::marker::PhantomData<fn() -> T>,
}

/// After how many seeds without anything new there are no more.
const PATIENCE: u64 = 64;

impl<T: Sample> Iterator for Samples<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        for _ in 0..PATIENCE {
            let made = T::try_sample(self.seed);
            self.seed = self.seed.checked_add(1)?;
            let Ok(message) = made else { continue };
            let text = json::to_string(&message).ok()?;
            if self.seen.insert(text) {
                return Some(message);
            }
        }
        None
    }
}

/// What becomes of a message in JSON: whether it can be read, and what is wrong with it.
type SampleOutcome = Result<Result<(), Violations>, json::Error>;

/// Makes samples of a message, whatever its type is: who asks reads and validates.
struct Maker {
    tables: &'static sample::Tables,
    id: Option<usize>,
    message: &'static str,
    now: i64,
}

impl Maker {
    fn of<T: Sample>() -> Self {
        let (read, message) = (T::tables().read(), T::info().name);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self {
            tables: &read.tables,
            id: read.places.get(message).copied(),
            message,
            now: i64::try_from(now).unwrap_or(i64::MAX),
        }
    }

    fn solver(&self) -> Solver<'static> {
        Solver::new(self.tables, Some(self.now))
    }

    fn json(&self, id: usize, value: &Value) -> String {
        sample::json(self.tables, Type::Message(id), value)
    }

    /// Finds a message that `ask` finds valid, which was asked last.
    fn find(&self, seed: u64, ask: &mut dyn FnMut(&str) -> SampleOutcome) -> Result<Value, NoSample> {
        let mut reason = String::new();
        let found = self.id.and_then(|id| {
            let mut check = |value: &Value| match ask(&self.json(id, value)) {
                Ok(Ok(())) => Verdict::Valid,
                Ok(Err(violations)) => {
                    reason = violations.to_string();
                    verdict(&violations)
                }
                Err(error) => {
                    reason = error.to_string();
                    Verdict::Unknown
                }
            };
            sample::solve(self.solver(), id, seed, &mut check)
        });
        found.ok_or(NoSample { message: self.message, reason })
    }

    /// Messages in JSON that break exactly one rule, each with the field and the rule.
    fn broken(
        &self,
        seed: u64,
        ask: &mut dyn FnMut(&str) -> SampleOutcome,
    ) -> Vec<(String, String, &'static str)> {
        let (Some(id), Ok(valid)) = (self.id, self.find(seed, ask)) else { return Vec::new() };
        let mut known = BTreeSet::new();
        let mut found = Vec::new();
        for value in sample::invalid(self.solver(), id, &valid, seed) {
            let text = self.json(id, &value);
            let Ok(Err(violations)) = ask(&text) else { continue };
            let mut all = violations.iter();
            let (Some(one), None, None) = (all.next(), all.next(), violations.failure()) else { continue };
            let (field, rule) = (one.field(), one.rule_id());
            if known.insert((field.clone(), rule)) {
                found.push((text, field, rule));
            }
        }
        found
    }
}

fn verdict(violations: &Violations) -> Verdict {
    let broken = |path, rule: &str| Broken { path, rule: rule.to_owned() };
    match violations.failure() {
        Some(Failure::Runtime { rule_id, .. }) => Verdict::Fails(broken(Vec::new(), rule_id)),
        Some(Failure::Compilation(_)) => Verdict::Unknown,
        None => Verdict::Broken(violations.iter().map(|one| broken(steps(one), one.rule_id())).collect()),
    }
}

/// The way to a violation.
fn steps(violation: &Violation) -> Vec<Step> {
    let path = violation.field_path();
    let mut out = Vec::new();
    for (at, element) in path.iter().enumerate() {
        let is_key = violation.for_key() && at + 1 == path.len();
        out.extend(field(element));
        out.extend(element.subscript().map(|subscript| step(subscript, is_key)));
    }
    out
}

/// Of a oneof there is none: the message as a whole is meant.
fn field(element: &PathElement) -> Option<Step> {
    element.number().map(|number| Step::Field(number.cast_unsigned()))
}

fn step(subscript: &Subscript, is_key: bool) -> Step {
    let key = if is_key { Step::OfKey } else { Step::Key };
    match subscript {
        Subscript::Index(n) => Step::Index(usize::try_from(*n).unwrap_or(usize::MAX)),
        Subscript::Bool(b) => key(b.to_string()),
        Subscript::Int(n) => key(n.to_string()),
        Subscript::Uint(n) => key(n.to_string()),
        Subscript::String(text) => key(text.clone()),
    }
}

/// [`Sample`] for generated messages.
#[cfg(feature = "samples")]
#[doc(hidden)]
#[macro_export]
macro_rules! sample_impls {
    ($text:literal, $($ty:path),* $(,)?) => {
        const _: () = {
            static TABLES: $crate::codegen::sample::Tables = $crate::codegen::sample::Tables::new($text);
            $(impl $crate::sample::Sample for $ty {
                fn tables() -> &'static $crate::codegen::sample::Tables {
                    &TABLES
                }
            })*
        };
    };
}
