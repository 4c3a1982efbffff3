//! Validation rules, resolved: what to test, and what a violation says.

use super::plan::{Const, Plan};
use super::{FieldId, MessageId, OneofId};
use crate::sorted::SortedMap;

/// The rules of every message, by its place in the arena.
#[derive(Debug, Default)]
pub struct Rules {
    pub messages: Vec<MessageRules>,
    /// The standard rules of each field as they are written, for what says or fulfils them instead of testing them.
    pub declared: SortedMap<FieldId, Vec<Declared>>,
    /// The rules of each field that are CEL, as they are written.
    pub expressions: SortedMap<FieldId, Vec<Expression>>,
    /// The rules of each message that are CEL, as they are written.
    pub message_expressions: SortedMap<MessageId, Vec<Expression>>,
}

impl Rules {
    pub fn of(&self, message: MessageId) -> Option<&MessageRules> {
        self.messages.get(message.index())
    }

    /// The standard rules of a field as they are written; none for fields that are ignored.
    pub fn declared(&self, field: FieldId) -> &[Declared] {
        self.declared.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The rules of a field that are CEL, predefined ones too; none for fields that are ignored.
    pub fn expressions(&self, field: FieldId) -> &[Expression] {
        self.expressions.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The rules of a message that are CEL.
    pub fn message_expressions(&self, message: MessageId) -> &[Expression] {
        self.message_expressions.get(&message).map_or(&[], Vec::as_slice)
    }
}

/// A rule in CEL as it is written.
#[derive(Clone, Debug)]
pub struct Expression {
    pub part: Part,
    /// The id of its violations; empty where the rule has none.
    pub id: String,
    /// What a violation says; empty where the rule says nothing.
    pub message: String,
    pub expression: String,
    /// The value of a predefined rule, which is `rule` in the expression.
    pub rule: Option<Const>,
}

/// A standard rule as it is written: `min_len` of `string` with 3.
#[derive(Clone, Debug)]
pub struct Declared {
    pub part: Part,
    /// The kind of rules, as `string`.
    pub family: &'static str,
    /// The rule, as `min_len`.
    pub name: String,
    pub value: Const,
}

/// What of a field rules stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The value, or the list or map as a whole.
    Whole,
    Item,
    Key,
    Value,
}

/// The rules of one message.
#[derive(Debug, Default)]
pub struct MessageRules {
    /// Why its rules could not be compiled, kept for run time.
    pub broken: Option<String>,
    /// Rules on the message as a whole.
    pub checks: Vec<Check>,
    /// Rules that at most one of some fields is set.
    pub groups: Vec<Group>,
    /// Oneofs of which one member must be set.
    pub required_oneofs: Vec<OneofId>,
    pub fields: Vec<FieldRules>,
    /// Whether there is anything to test, in messages below it too.
    pub any: bool,
}

/// `(buf.validate.message).oneof`
#[derive(Debug)]
pub struct Group {
    pub fields: Vec<FieldId>,
    pub required: bool,
    /// What it reads, as [`Check::reads`].
    pub reads: Vec<Vec<u32>>,
}

/// The rules of one field.
#[derive(Debug)]
pub struct FieldRules {
    pub field: FieldId,
    /// Why they could not be compiled, kept for run time.
    pub broken: Option<String>,
    pub required: bool,
    /// Whether an unset field is left alone.
    pub skip_unset: bool,
    pub value: ValueRules,
}

/// The rules of a value: of a field, an item, a key or a value of a map.
#[derive(Debug, Default)]
pub struct ValueRules {
    /// Whether the zero value is left alone; only for what has no presence of its own.
    pub skip_zero: bool,
    /// How many items or pairs there may be. All else of a list or map is tested only if it has the right size.
    pub sizes: Vec<Check>,
    pub checks: Vec<Check>,
    /// The message whose own rules apply to the value.
    pub message: Option<MessageId>,
    pub items: Option<Box<ValueRules>>,
    pub keys: Option<Box<ValueRules>>,
    pub values: Option<Box<ValueRules>>,
}

impl ValueRules {
    /// Whether there is nothing to test.
    pub fn is_empty(&self) -> bool {
        let empty = |rules: &Option<Box<Self>>| rules.as_ref().is_none_or(|r| r.is_empty());
        self.sizes.is_empty()
            && self.checks.is_empty()
            && self.message.is_none()
            && empty(&self.items)
            && empty(&self.keys)
            && empty(&self.values)
    }

    /// How many items or pairs there may be at most.
    pub fn max_size(&self) -> Option<&Check> {
        self.sizes.iter().find(|size| size.known == Some(KnownRule::MaxSize))
    }

    /// Whether all there is to test are the rules of the value's own message.
    pub fn is_message_only(&self) -> bool {
        self.message.is_some() && !self.skip_zero && self.checks.is_empty()
    }
}

/// One test.
#[derive(Debug)]
pub struct Check {
    /// The id of the rule, as `string.min_len`.
    pub id: String,
    pub text: Text,
    pub place: RulePlace,
    pub test: Test,
    /// Which rule it is, where more than its test is known of it.
    pub known: Option<KnownRule>,
    /// Whether the test asks for the time.
    pub now: bool,
    /// Lists and maps that the test looks into and whose size has a limit: it waits until they are not too long.
    pub limited: Vec<FieldId>,
    /// The fields that it reads of the message that it stands on, as paths of their numbers; `None` is all of that.
    pub reads: Option<Vec<Vec<u32>>>,
}

/// Standard rules that have a meaning beside their test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownRule {
    /// At least so many characters in a field that is a string. The runtime has one call for it.
    MinLen(u64),
    /// At most so many characters in a field that is a string. The runtime has one call for it.
    MaxLen(u64),
    /// No item twice in a field that is a list of scalars or enums. The runtime has one call for it.
    Unique,
    /// How many items or pairs there may be at most, for which expressions over the list wait.
    MaxSize,
}

/// What a violation says, unless the test gives it.
#[derive(Debug)]
pub enum Text {
    Fixed(String),
    /// The standard text of a size.
    Size(u64),
    /// The standard text of a format, and that of an empty value; the plan tells whether it is.
    Format(Plan),
}

/// Where a rule is, from the rules of a value on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulePlace {
    /// On a message.
    Message,
    /// The place of a standard rule, which its id tells.
    Standard,
    /// In the list `cel`.
    Cel(u64),
    /// In the list `cel_expression`.
    Expression(u64),
    /// Elsewhere in the rules of a kind.
    Path(Vec<PathElement>),
}

#[derive(Debug)]
pub enum Test {
    /// Violated when true.
    Fails(Plan),
    /// Violated when false.
    Holds(Plan),
    /// Violated when not empty, with this text.
    Text(Plan),
}

impl Test {
    pub fn plan(&self) -> &Plan {
        match self {
            Self::Fails(plan) | Self::Holds(plan) | Self::Text(plan) => plan,
        }
    }
}

/// A part of the path to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathElement {
    pub name: String,
    pub number: u32,
    /// As `google.protobuf.FieldDescriptorProto.Type` numbers them.
    pub ty: i32,
}
