//! What generated code reports to.
//!
//! It names fields by their numbers, and the table of a message is asked only once one of them turns out wrong: what is
//! in the code of each rule, every program has thousands of times.

mod masked;
mod nested;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::masked::Cursor;
use super::mask::{Mask, PRESENCE};
use super::path::{Field, Part, PathElement, Subscript};
use super::rules::{self, Reads, Rule, RuleRef};
use super::{Failure, Violation, Violations};
use crate::cel::{self, Timestamp, Unique};
use crate::json::MessageInfo;

/// How many bytes the violations of a message may take from it: keys that are in paths, and texts that rules make.
const REPEATED: u32 = 64 << 10;

/// For how many violations there is room as soon as there is one.
const FIRST: usize = 4;

/// What becomes of the next violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is the first one.
    Clean,
    /// It is kept.
    Open,
    /// It is counted.
    Full,
    /// It is ignored.
    Ended,
}

/// Collects what is found.
///
/// Once it has enough, generated code runs on to its end, which is shorter and quicker than asking after each rule. What
/// comes then builds neither a path nor a text.
#[derive(Debug)]
pub struct Sink {
    found: Violations,
    /// How many violations are kept.
    max: u32,
    /// How many bytes of the message may still be repeated.
    room: u32,
    /// One byte to look at.
    state: State,
    first_only: bool,
    /// What of the field the next violation is about, if not the whole.
    part: Option<(Part, Subscript)>,
    now: Now,
    /// Where the message that is tested is in a mask; `None` where all of it is tested.
    mask: Option<Box<Cursor>>,
}

/// The time that rules about now compare with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Now {
    /// That of the system, which is asked once.
    System,
    At(Timestamp),
    /// Such rules are not tested.
    Skipped,
}

impl Sink {
    #[inline]
    pub(super) fn new(max: u32, first_only: bool, now: Now) -> Self {
        let room = if max == u32::MAX { u32::MAX } else { REPEATED };
        Self {
            found: Violations::default(),
            max,
            room,
            state: State::Clean,
            first_only,
            part: None,
            now,
            mask: None,
        }
    }

    /// Tests what is in the mask.
    pub(super) fn masked(mut self, mask: Mask) -> Self {
        self.mask = Some(Box::new(Cursor::new(mask)));
        self
    }

    /// Whether nothing was found; then nothing is owned either.
    #[inline]
    pub(super) fn is_clean(&self) -> bool {
        self.state == State::Clean
    }

    /// Whether the next violation is kept.
    fn is_open(&self) -> bool {
        matches!(self.state, State::Clean | State::Open)
    }

    /// What was found in a message with this table. Unless there was a mask, nothing is owned any more.
    #[cold]
    pub(super) fn take_violations(&mut self, message: &MessageInfo) -> Violations {
        for violation in &mut self.found.list {
            violation.resolve(message);
            violation.path.reverse();
        }
        // That of a rule that failed is still there.
        self.part = None;
        std::mem::take(&mut self.found)
    }

    /// Zero is the number of the message itself.
    fn push(&mut self, number: u32, rule: RuleRef, message: Cow<'static, str>) {
        if !self.is_masked_out(number, rule) {
            self.push_unmasked(number, rule, message);
        }
    }

    fn push_unmasked(&mut self, number: u32, rule: RuleRef, message: Cow<'static, str>) {
        self.push_at((number != 0).then(|| Field::new(number)), rule, message);
    }

    fn push_at(&mut self, field: Option<Field>, rule: RuleRef, message: Cow<'static, str>) {
        if !self.is_open() {
            self.count_one();
            return;
        }
        let (part, subscript) = if self.part.is_some() { self.take_part() } else { (Part::Whole, None) };
        if self.found.list.capacity() == 0 {
            // Growing costs more.
            self.found.list = Vec::with_capacity(FIRST);
        }
        let path = field.map_or_else(Vec::new, |field| vec![PathElement { field, subscript }]);
        self.found.list.push(Violation { path, rule, part, message });
        self.state = if self.first_only {
            State::Ended
        } else if self.found.list.len() >= self.max as usize {
            State::Full
        } else {
            State::Open
        };
    }

    /// What of the field the violation is about that comes.
    #[inline(never)]
    fn take_part(&mut self) -> (Part, Option<Subscript>) {
        self.part.take().map_or((Part::Whole, None), |(part, subscript)| {
            let subscript = match subscript {
                Subscript::String(key) => Subscript::String(self.repeat(Cow::Owned(key))),
                other => other,
            };
            (part, Some(subscript))
        })
    }

    /// Counts a violation that is not kept.
    fn count_one(&mut self) {
        if self.state == State::Full {
            self.found.omitted = self.found.omitted.saturating_add(1);
        }
    }

    /// A text of the message, as far as there is room for it.
    fn repeat(&mut self, text: Cow<'_, str>) -> String {
        let kept = text.floor_char_boundary(self.room as usize);
        self.room -= u32::try_from(kept).expect("no more than the room");
        if kept == text.len() { text.into_owned() } else { [&text[..kept], "…"].concat() }
    }

    /// The next violation is about a part of the field.
    fn at(&mut self, part: Part, subscript: impl Into<Subscript>) -> &mut Self {
        if self.is_open() {
            self.part = Some((part, subscript.into()));
        }
        self
    }

    /// The next violation is about an item of the list.
    #[cold]
    pub fn item(&mut self, index: usize) -> &mut Self {
        self.at(Part::Item, Subscript::Index(index as u64))
    }

    /// The next violation is about a key of the map.
    #[cold]
    pub fn key(&mut self, key: impl Into<Subscript>) -> &mut Self {
        self.at(Part::Key, key)
    }

    /// The next violation is about the value at a key of the map.
    #[cold]
    pub fn value(&mut self, key: impl Into<Subscript>) -> &mut Self {
        self.at(Part::Value, key)
    }

    /// A violation of a standard rule.
    #[cold]
    pub fn add(&mut self, number: u32, id: &'static str, message: &'static str) {
        self.push(number, RuleRef::Standard(id), Cow::Borrowed(message));
    }

    /// A violation of a standard rule about a size.
    #[cold]
    pub fn add_size(&mut self, number: u32, id: &'static str, size: u64) {
        let text = if self.is_open() { rules::sized(id, size) } else { String::new() };
        self.push(number, RuleRef::Standard(id), Cow::Owned(text));
    }

    /// A violation of a standard rule about a format.
    #[cold]
    pub fn add_format(&mut self, number: u32, id: &'static str, empty: bool) {
        let (id, message) = rules::format(id, empty);
        self.push(number, RuleRef::Standard(id), Cow::Borrowed(message));
    }

    /// A violation of another rule.
    #[cold]
    pub fn add_rule(&mut self, number: u32, rule: &'static Rule) {
        self.push(number, RuleRef::Other(rule), Cow::Borrowed(rule.message));
    }

    /// A violation of a rule that gave the text.
    #[cold]
    pub fn add_text(&mut self, number: u32, rule: &'static Rule, text: impl Into<String>) {
        let of_rule = RuleRef::Other(rule);
        if self.is_masked_out(number, of_rule) {
            return;
        }
        let text = if self.is_open() { self.repeat(Cow::Owned(text.into())) } else { String::new() };
        self.push_unmasked(number, of_rule, Cow::Owned(text));
    }

    /// A field that must be set is not.
    #[cold]
    pub fn add_missing(&mut self, number: u32) {
        self.push(number, RuleRef::Required { oneof: false }, Cow::Borrowed("value is required"));
    }

    /// A oneof of which a member must be set has none.
    #[cold]
    pub fn add_missing_oneof(&mut self, name: &'static str, members: &'static [u32]) {
        if !members.iter().all(|member| self.is_in_mask(&[*member, PRESENCE])) {
            return;
        }
        let message = Cow::Borrowed("exactly one field is required in oneof");
        self.push_at(Some(Field::oneof(name)), RuleRef::Required { oneof: true }, message);
    }

    /// Tests `string.min_len`.
    #[inline]
    pub fn min_len(&mut self, number: u32, text: &str, min: u64) {
        self.min_max_len(number, text, min, u64::MAX);
    }

    /// Tests `string.max_len`.
    #[inline]
    pub fn max_len(&mut self, number: u32, text: &str, max: u64) {
        self.min_max_len(number, text, 0, max);
    }

    /// Tests `string.min_len` and `string.max_len`.
    #[inline]
    pub fn min_max_len(&mut self, number: u32, text: &str, min: u64, max: u64) {
        // A character has one to four bytes: most texts are decided by theirs.
        let enough = if min <= 1 { min } else { min.saturating_mul(4) };
        let bytes = text.len() as u64;
        if bytes < enough || bytes > max {
            self.count(number, text, min, max);
        }
    }

    #[inline(never)]
    fn count(&mut self, number: u32, text: &str, min: u64, max: u64) {
        let limit = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        if cel::is_shorter(text, limit(min)) {
            self.add_size(number, "string.min_len", min);
        }
        if cel::is_longer(text, limit(max)) {
            self.add_size(number, "string.max_len", max);
        }
    }

    /// Tests `repeated.unique`.
    #[inline]
    pub fn unique<T: Unique>(&mut self, number: u32, list: &[T]) {
        if !T::are_unique(list) {
            self.add(number, "repeated.unique", "repeated value must contain unique items");
        }
    }

    /// The rule could not be evaluated.
    #[cold]
    pub fn fail(&mut self, number: u32, rule_id: &'static str, error: cel::Error) {
        if self.is_all_in_mask(number) {
            self.stop(Failure::Runtime { rule_id, error });
        }
    }

    /// The same for a rule that reads certain fields.
    #[cold]
    pub fn fail_reading(&mut self, number: u32, reads: Reads, rule_id: &'static str, error: cel::Error) {
        if self.reads_masked(number, reads) {
            self.stop(Failure::Runtime { rule_id, error });
        }
    }

    /// The rules could not be compiled.
    #[cold]
    pub fn broken(&mut self, text: &'static str) {
        self.stop(Failure::Compilation(text));
    }

    fn stop(&mut self, failure: Failure) {
        if self.state != State::Ended {
            self.found.failure = Some(Box::new(failure));
        }
        self.state = State::Ended;
    }

    /// The time of this validation, the same for all its rules; `None` where rules about now are not tested.
    pub fn now(&mut self) -> Option<Timestamp> {
        match self.now {
            Now::Skipped => None,
            Now::At(now) => Some(now),
            Now::System => {
                let now = std::time::SystemTime::now().into();
                self.now = Now::At(now);
                Some(now)
            }
        }
    }
}

impl Violation {
    /// Names the field that was found last, of a message with this table.
    fn resolve(&mut self, message: &MessageInfo) {
        if let Some(element) = self.path.last_mut() {
            element.field.resolve(message);
        }
    }
}
