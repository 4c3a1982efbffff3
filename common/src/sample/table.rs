//! What messages may be.

use super::formats::Format;

/// Messages that refer to each other by their places in the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    /// The messages.
    pub messages: Vec<Message>,
    /// The enums.
    pub enums: Vec<Enum>,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// The full name.
    pub name: String,
    /// The fields in the order of definition.
    pub fields: Vec<Field>,
    /// The oneofs.
    pub oneofs: Vec<Oneof>,
    /// Rules that at most one of some fields is set.
    pub groups: Vec<Group>,
    /// Rules between fields, which only who checks a message can evaluate.
    pub relations: Vec<Relation>,
    /// What the author gives as samples of the whole. If there are any, it is always one of them.
    pub samples: Vec<Value>,
}

/// An enum: names and numbers of its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enum {
    /// The values; those that have the number of an earlier one are left out.
    pub values: Vec<(String, i32)>,
    /// Whether numbers without a name are refused.
    pub closed: bool,
}

/// A field.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub struct Field {
    /// The name in the definition.
    pub name: String,
    /// The name in JSON.
    pub json: String,
    /// The number.
    pub number: u32,
    /// The cardinality and the type.
    pub kind: Kind,
    /// Whether unset differs from the zero value.
    pub presence: bool,
    /// Whether it has to be set, or differ from the zero value where it has no presence.
    pub required: bool,
    /// Whether an unset value is left alone by the rules.
    pub skip_unset: bool,
    /// Whether the program does not know it, so that it is never set.
    pub unknown: bool,
    /// The oneof that it is in, by its place.
    pub oneof: Option<usize>,
    /// The rules of its value.
    pub rules: Rules,
    /// What the author gives as samples. If there are any, it is always one of them.
    pub samples: Vec<Value>,
}

/// The cardinality of a field, and the types of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    One(Type),
    /// A list.
    List(Type),
    /// A map.
    Map(Scalar, Type),
}

impl Default for Kind {
    fn default() -> Self {
        Self::One(Type::Scalar(Scalar::Bool))
    }
}

impl Kind {
    /// The type of a value.
    pub fn value(self) -> Type {
        match self {
            Self::One(ty) | Self::List(ty) | Self::Map(_, ty) => ty,
        }
    }
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A scalar.
    Scalar(Scalar),
    /// An enum, by its place.
    Enum(usize),
    /// A message, by its place.
    Message(usize),
    /// A message of `google.protobuf` with a JSON form of its own.
    Known(Known),
}

/// The scalars, as far as they differ as values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Scalar {
    Bool,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Float,
    Double,
    String,
    Bytes,
}

/// Messages of `google.protobuf` with a JSON form of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Known {
    Any,
    Duration,
    Empty,
    FieldMask,
    ListValue,
    Struct,
    Timestamp,
    Value,
    Wrapper(Scalar),
}

/// A oneof.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Oneof {
    /// Its fields, by their places.
    pub fields: Vec<usize>,
    /// Whether one of them has to be set.
    pub required: bool,
}

/// Fields of which at most one may be set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// The fields, by their places.
    pub fields: Vec<usize>,
    /// Whether one of them has to be set.
    pub required: bool,
}

/// A rule between fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relation {
    /// Its id.
    pub rule: String,
    /// The fields that it reads, by their places; none if that is not known.
    pub reads: Vec<usize>,
    /// The values that it mentions.
    pub literals: Vec<Value>,
}

/// The rules of a value, as far as they say what it may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Whether the zero value is left alone.
    pub skip_zero: bool,
    /// The only value.
    pub constant: Option<Value>,
    /// The only values, if there are any.
    pub among: Vec<Value>,
    /// Values that it is not.
    pub not: Vec<Value>,
    /// The lower bound. One above the upper bound turns the range inside out.
    pub lower: Option<Bound>,
    /// The upper bound.
    pub upper: Option<Bound>,
    /// How long a text is in characters, or bytes are.
    pub length: Sizes,
    /// How long a text is in bytes.
    pub bytes: Sizes,
    /// How many items or pairs there are.
    pub items: Sizes,
    /// Whether items differ from each other.
    pub unique: bool,
    /// Whether enums have a name, and numbers are finite.
    pub defined: bool,
    /// A regular expression of RE2 that is found in it.
    pub pattern: Option<String>,
    /// The beginning.
    pub prefix: Option<Value>,
    /// The end.
    pub suffix: Option<Value>,
    /// A part.
    pub contains: Option<Value>,
    /// What is not a part.
    pub lacks: Option<Value>,
    /// The format of a text or of bytes.
    pub format: Option<Format>,
    /// How a timestamp relates to the time at which it is checked.
    pub now: Vec<Now>,
    /// Values that somebody gives as examples.
    pub examples: Vec<Value>,
    /// Values that further rules mention, which only who checks a message can evaluate.
    pub literals: Vec<Value>,
    /// The rules of items, or of a map's values.
    pub each: Option<Box<Self>>,
    /// The rules of a map's keys.
    pub keys: Option<Box<Self>>,
}

/// A bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The value.
    pub value: Value,
    /// Whether it is allowed itself.
    pub inclusive: bool,
}

/// From how many to how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { min: 0, max: u64::MAX }
    }
}

impl Sizes {
    /// Whether it is in it.
    pub fn has(&self, size: usize) -> bool {
        (self.min..=self.max).contains(&(size as u64))
    }

    /// Whether there is a lower or upper limit.
    pub fn is_limited(&self) -> bool {
        *self != Self::default()
    }
}

/// How a timestamp relates to the time at which it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// Before.
    Past,
    /// After.
    Future,
    /// At most so many seconds away.
    Within(i64),
}

/// A value, whose type the tables know.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// An integer, or the number of an enum.
    Int(i128),
    /// A floating-point number.
    Double(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Seconds and nanoseconds of a timestamp or a duration.
    Time(i64, i32),
    /// A list, or the paths of a field mask.
    List(Vec<Value>),
    /// A map.
    Map(Vec<(Value, Value)>),
    /// The fields that are set, by their places.
    Message(Vec<(usize, Value)>),
    /// JSON as it is.
    Json(String),
}

impl Tables {
    /// The place of a message.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.messages.iter().position(|message| message.name == name)
    }
}

impl Type {
    /// The value that unset stands for, of a field without presence.
    pub fn zero(self, tables: &Tables) -> Option<Value> {
        Some(match self {
            Self::Scalar(scalar) => scalar.zero(),
            Self::Enum(id) => Value::Int(tables.enums[id].values.first()?.1.into()),
            Self::Message(_) | Self::Known(_) => return None,
        })
    }
}

impl Scalar {
    /// The value that unset stands for.
    pub fn zero(self) -> Value {
        match self {
            Self::Bool => Value::Bool(false),
            Self::Int32 | Self::Int64 | Self::Uint32 | Self::Uint64 => Value::Int(0),
            Self::Float | Self::Double => Value::Double(0.0),
            Self::String => Value::Text(String::new()),
            Self::Bytes => Value::Bytes(Vec::new()),
        }
    }

    /// The integers that it can have; `None` for other types.
    pub fn range(self) -> Option<(i128, i128)> {
        Some(match self {
            Self::Int32 => (i32::MIN.into(), i32::MAX.into()),
            Self::Int64 => (i64::MIN.into(), i64::MAX.into()),
            Self::Uint32 => (0, u32::MAX.into()),
            Self::Uint64 => (0, u64::MAX.into()),
            _ => return None,
        })
    }
}
