//! What is to be computed and how, short of being Rust text: every choice about borrowing, errors and loops is
//! made here, so that printing it decides nothing.

use super::{FieldId, MessageId, Scalar};

/// A value known at build time.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(String),
    /// A type, by its name.
    Type(String),
    Bytes(Vec<u8>),
    /// Seconds and nanoseconds.
    Timestamp(i64, i32),
    Duration(i64, i32),
    List(Vec<Const>),
    Map(Vec<(Const, Const)>),
    /// A message of rules: only its fields can be used.
    Message(prost_reflect::DynamicMessage),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    Borrowed,
    Owned,
}

/// How a message is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// `&T`
    Present,
    /// `Option<&T>`, where unset stands for the default.
    Optional,
    /// `T`
    Owned,
}

/// How a value lies in prost's structs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// A scalar, or a wrapper, which prost stores the same.
    Scalar(Scalar),
    Enum,
    Message(MessageId),
    Timestamp,
    Duration,
    /// `Struct`, `Value` and `ListValue` of `google.protobuf`.
    Json,
    List(Box<Store>),
    Map(Scalar, Box<Store>),
}

/// The Rust form of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repr {
    /// `()`
    Null,
    Bool,
    /// `i64`
    Int,
    /// `u64`
    Uint,
    /// `f64`
    Double,
    /// `&str` or `String`
    Str(Own),
    /// `&[u8]` or `Vec<u8>`
    Bytes(Own),
    Timestamp,
    Duration,
    /// `Option<_>`: a wrapper that may be unset.
    Nullable(Box<Repr>),
    Message {
        id: MessageId,
        held: Held,
    },
    List(Item, ListForm),
    Map(Box<MapForm>),
    /// The name of a type, `&'static str`.
    Type,
    /// `rsvc::cel::Value`
    Dyn,
    /// A message known at build time; has no Rust form.
    Rules,
    /// `Infallible`: the element of an empty literal, and what always fails.
    Never,
}

impl Repr {
    /// Whether it has a borrowed form beside this one.
    pub fn is_owned(&self) -> bool {
        match self {
            Self::Str(Own::Owned)
            | Self::Bytes(Own::Owned)
            | Self::List(_, ListForm::Owned)
            | Self::Message { held: Held::Owned, .. } => true,
            Self::Nullable(inner) => inner.is_owned(),
            _ => false,
        }
    }

    /// Whether a value of this form can refer to another.
    pub fn can_borrow(&self) -> bool {
        match self {
            Self::Null
            | Self::Bool
            | Self::Int
            | Self::Uint
            | Self::Double
            | Self::Timestamp
            | Self::Duration
            | Self::Type
            | Self::Rules
            | Self::Never
            | Self::Str(Own::Owned)
            | Self::Bytes(Own::Owned)
            | Self::Message { held: Held::Owned, .. } => false,
            Self::Nullable(inner) => inner.can_borrow(),
            Self::List(Item::Value(item), ListForm::Owned | ListForm::Const) => item.can_borrow(),
            // A lazy list looks at what is around its closure.
            Self::Str(Own::Borrowed)
            | Self::Bytes(Own::Borrowed)
            | Self::Message { .. }
            | Self::Dyn
            | Self::List(..) => true,
            Self::Map(form) => match &**form {
                MapForm::Stored(..) => true,
                MapForm::Built(key, value) => key.can_borrow() || value.can_borrow(),
            },
        }
    }
}

/// What iterating over a list gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A reference to prost's storage.
    Stored(Box<Store>),
    /// A value.
    Value(Box<Repr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListForm {
    /// `&[T]`
    Slice,
    /// `Vec<T>`
    Owned,
    /// An array literal of constants.
    Const,
    /// An iterator, for consumers that need no list.
    Lazy,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapForm {
    /// `Option<&HashMap<K, V>>` (or a `BTreeMap`), `None` being empty.
    Stored(Scalar, Store),
    /// `Vec<(K, V)>`
    Built(Repr, Repr),
}

/// A computation with the form of its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub repr: Repr,
    /// Whether it can fail at run time.
    pub fallible: bool,
    pub op: Op,
}

/// A variable of the generated code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// A reference to what the rule stands on.
    This,
    /// Of a comprehension.
    Local(u32),
    /// A reference to what a condition reads.
    Input(Input),
}

/// What a condition of `access` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Request,
    Subject,
    Scopes,
    Claims,
    Metadata,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    Const(Const),
    /// From a reference to prost's storage.
    Load(Variable, Store),
    /// A local that holds a value.
    Local(u32),
    Now,
    Field {
        base: Box<Plan>,
        field: FieldId,
        /// Stands for an unset value, where one is possible.
        default: Const,
    },
    HasField {
        base: Box<Plan>,
        field: FieldId,
    },
    /// A local with a value, evaluated once, in scope of the second plan.
    Let(u32, Box<Plan>, Box<Plan>),
    Not(Box<Plan>),
    /// A Rust operator between equal forms.
    Infix(Operator, Box<Plan>, Box<Plan>),
    /// Whether the value is one of some constants of its form.
    OneOf(Box<Plan>, Vec<Const>),
    /// Both, or either: with `fallible` operands errors are absorbed by a decisive one.
    Logic(Logic, Box<Plan>, Box<Plan>),
    Conditional(Box<Plan>, Box<Plan>, Box<Plan>),
    /// A function of `rsvc::cel`; `fails` when it returns a `Result`.
    Call {
        function: &'static str,
        args: Vec<Plan>,
        fails: bool,
    },
    /// A function of `rsvc::cel` over the items of lists, then more arguments.
    Items {
        function: &'static str,
        lists: Vec<Plan>,
        args: Vec<Plan>,
        fails: bool,
    },
    Matches {
        text: Box<Plan>,
        pattern: String,
    },
    /// The name of a time zone, which is looked at when the generated code is compiled.
    Zone(Box<Plan>),
    /// Whether a text is empty.
    IsEmpty(Box<Plan>),
    /// How many characters a text has.
    CharCount(Box<Plan>),
    /// Whether a text has fewer or more characters than a number says, which takes no counting of them all.
    CharBound {
        text: Box<Plan>,
        bound: CharBound,
        than: Box<Plan>,
    },
    /// How many bytes there are.
    ByteCount(Box<Plan>),
    List(Vec<Plan>),
    Map(Vec<(Plan, Plan)>),
    Length(Box<Plan>),
    Index(Box<Plan>, Box<Plan>),
    /// Whether an item of the list makes the body true, given as `var`.
    Quantifier {
        kind: Quantifier,
        range: Range,
        var: u32,
        second: Option<u32>,
        body: Box<Plan>,
    },
    /// `map` with its filter.
    Collect {
        range: Range,
        var: u32,
        filter: Option<Box<Plan>>,
        body: Box<Plan>,
    },
    Filter {
        range: Range,
        var: u32,
        body: Box<Plan>,
    },
    /// Value of a key; fails without it.
    MapGet {
        map: Box<Plan>,
        key: Box<Plan>,
    },
    MapHas {
        map: Box<Plan>,
        key: Box<Plan>,
    },
    MapLength(Box<Plan>),
    /// Two lists of one length with equal items, compared by the plan over two locals.
    ListEqual {
        left: Box<Plan>,
        right: Box<Plan>,
        vars: [u32; 2],
        body: Box<Plan>,
    },
    MessageEqual {
        left: Box<Plan>,
        right: Box<Plan>,
    },
    /// The same in a form that refers to nothing.
    ToOwned(Box<Plan>),
    /// The borrowed form of an owned value.
    Borrow(Box<Plan>),
    /// A scalar out of a wrapper; null fails.
    Unwrap(Box<Plan>),
    IsNull(Box<Plan>),
    Wrap(Box<Plan>),
    ToDyn(Box<Plan>),
    FromDyn(Box<Plan>),
    NewMessage {
        id: MessageId,
        fields: Vec<(FieldId, Plan)>,
    },
    /// The first is evaluated, and the second is the value.
    Then(Box<Plan>, Box<Plan>),
    /// A value of any form in the place of one that never is.
    Absurd(Box<Plan>),
    /// Always fails, with a text.
    Fail(&'static str),
}

impl Op {
    /// The plans that it is made of.
    pub fn parts(&self) -> Vec<&Plan> {
        match self {
            Self::Const(_) | Self::Load(..) | Self::Local(_) | Self::Now | Self::Fail(_) => Vec::new(),
            Self::Field { base: inner, .. }
            | Self::HasField { base: inner, .. }
            | Self::Not(inner)
            | Self::OneOf(inner, _)
            | Self::Matches { text: inner, .. }
            | Self::Zone(inner)
            | Self::IsEmpty(inner)
            | Self::CharCount(inner)
            | Self::ByteCount(inner)
            | Self::Length(inner)
            | Self::MapLength(inner)
            | Self::ToOwned(inner)
            | Self::Borrow(inner)
            | Self::Unwrap(inner)
            | Self::IsNull(inner)
            | Self::Wrap(inner)
            | Self::ToDyn(inner)
            | Self::FromDyn(inner)
            | Self::Absurd(inner) => vec![inner],
            Self::Let(_, a, b)
            | Self::Infix(_, a, b)
            | Self::CharBound { text: a, than: b, .. }
            | Self::Logic(_, a, b)
            | Self::Index(a, b)
            | Self::Then(a, b)
            | Self::MapGet { map: a, key: b }
            | Self::MapHas { map: a, key: b }
            | Self::MessageEqual { left: a, right: b } => vec![a, b],
            Self::Conditional(a, b, c) | Self::ListEqual { left: a, right: b, body: c, .. } => vec![a, b, c],
            Self::Call { args, .. } => args.iter().collect(),
            Self::Items { lists, args, .. } => lists.iter().chain(args).collect(),
            Self::List(items) => items.iter().collect(),
            Self::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            Self::Quantifier { range, body, .. } | Self::Filter { range, body, .. } => {
                vec![range.source(), body]
            }
            Self::Collect { range, filter, body, .. } => {
                [range.source(), body].into_iter().chain(filter.as_deref()).collect()
            }
            Self::NewMessage { fields, .. } => fields.iter().map(|(_, value)| value).collect(),
        }
    }

    /// Whether it goes through the items of a list or map.
    pub fn is_loop(&self) -> bool {
        matches!(
            self,
            Self::Items { .. }
                | Self::Quantifier { .. }
                | Self::Collect { .. }
                | Self::Filter { .. }
                | Self::ListEqual { .. }
        )
    }

    /// Whether it is this field of what the rule stands on.
    pub fn reads_from_this(&self, wanted: FieldId) -> bool {
        match self {
            Self::Field { base, field, .. } => {
                *field == wanted && matches!(base.op, Self::Load(Variable::This, _))
            }
            _ => false,
        }
    }
}

/// An operator of Rust. `And` and `Or` are Rust's too: an error of the left side ends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharBound {
    Shorter,
    Longer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    All,
    Exists,
    ExistsOne,
}

/// What a comprehension runs over.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    Items(Box<Plan>, Item),
    /// Index and item.
    Enumerated(Box<Plan>, Item),
    Keys(Box<Plan>, Item),
    /// Key and value.
    Entries(Box<Plan>, Item, Item),
}

impl Range {
    pub fn source(&self) -> &Plan {
        match self {
            Self::Items(p, _) | Self::Enumerated(p, _) | Self::Keys(p, _) | Self::Entries(p, ..) => p,
        }
    }
}

impl Plan {
    pub fn constant(value: Const) -> Self {
        Self { repr: repr_of(&value), fallible: false, op: Op::Const(value) }
    }

    /// The size of a string, bytes, a list or a map.
    pub fn size(value: Self) -> Self {
        let fallible = value.fallible;
        let of = match value.repr {
            Repr::Str(_) => Op::CharCount,
            Repr::Bytes(_) => Op::ByteCount,
            Repr::Map(_) => Op::MapLength,
            _ => Op::Length,
        };
        Self { repr: Repr::Int, fallible, op: of(Box::new(value)) }
    }

    /// Whether a string is empty.
    pub fn is_empty(text: Self) -> Self {
        Self { repr: Repr::Bool, fallible: text.fallible, op: Op::IsEmpty(Box::new(text)) }
    }

    /// Whether a string has fewer or more characters than a number says.
    pub fn char_bound(text: Self, bound: CharBound, than: Self) -> Self {
        if bound == CharBound::Shorter && than.op == Op::Const(Const::Int(1)) {
            return Self::is_empty(text);
        }
        let fallible = text.fallible || than.fallible;
        let op = Op::CharBound { text: Box::new(text), bound, than: Box::new(than) };
        Self { repr: Repr::Bool, fallible, op }
    }

    /// Whether its value refers to one that ends with the statement, or with the turn of a loop.
    pub fn borrows_temporary(&self) -> bool {
        if !self.repr.can_borrow() {
            return false;
        }
        match &self.op {
            Op::Borrow(_) => true,
            Op::Field { base, .. } => base.borrows_temporary(),
            Op::Conditional(_, then, otherwise) => then.borrows_temporary() || otherwise.borrows_temporary(),
            Op::ToOwned(_) | Op::FromDyn(_) | Op::NewMessage { .. } => false,
            op => op.parts().into_iter().any(Self::borrows_temporary),
        }
    }

    /// Whether this plan, or one that it is made of, is such.
    pub fn any(&self, mut test: impl FnMut(&Self) -> bool) -> bool {
        let mut open = vec![self];
        while let Some(plan) = open.pop() {
            if test(plan) {
                return true;
            }
            open.extend(plan.op.parts());
        }
        false
    }

    /// Whether it reads this input of a condition.
    pub fn reads_input(&self, input: Input) -> bool {
        self.any(|plan| matches!(plan.op, Op::Load(Variable::Input(read), _) if read == input))
    }

    pub fn as_const(&self) -> Option<&Const> {
        match &self.op {
            Op::Const(value) => Some(value),
            _ => None,
        }
    }

    /// What a list gives and how it lies, for a plan that is one.
    pub(crate) fn as_list(&self) -> (&Item, ListForm) {
        match &self.repr {
            Repr::List(item, form) => (item, *form),
            other => unreachable!("lowering put {other:?} where only a list can be"),
        }
    }

    /// How a map lies, for a plan that is one.
    pub(crate) fn as_map(&self) -> &MapForm {
        match &self.repr {
            Repr::Map(form) => form,
            other => unreachable!("lowering put {other:?} where only a map can be"),
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self.as_const() {
            Some(Const::Bool(b)) => Some(*b),
            _ => None,
        }
    }
}

/// The form that a constant takes in the output.
pub fn repr_of(value: &Const) -> Repr {
    match value {
        Const::Null => Repr::Null,
        Const::Bool(_) => Repr::Bool,
        Const::Int(_) => Repr::Int,
        Const::Uint(_) => Repr::Uint,
        Const::Double(_) => Repr::Double,
        Const::Str(_) => Repr::Str(Own::Borrowed),
        Const::Type(_) => Repr::Type,
        Const::Bytes(_) => Repr::Bytes(Own::Borrowed),
        Const::Timestamp(..) => Repr::Timestamp,
        Const::Duration(..) => Repr::Duration,
        Const::List(items) => {
            let item = items.first().map_or(Repr::Never, repr_of);
            Repr::List(Item::Value(Box::new(item)), ListForm::Const)
        }
        Const::Map(entries) => {
            let (key, value) =
                entries.first().map_or((Repr::Never, Repr::Never), |(k, v)| (repr_of(k), repr_of(v)));
            Repr::Map(Box::new(MapForm::Built(key, value)))
        }
        Const::Message(_) => Repr::Rules,
    }
}
