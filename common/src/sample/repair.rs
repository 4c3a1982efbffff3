//! Trying: what breaks a rule that the tables do not say is changed where the rule looks.

use super::random::Random;
use super::solver::Solver;
use super::table::{Field, Kind, Message, Rules, Type, Value};
use super::{change, numbers};

/// A part of the path to a value in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field, by its number.
    Field(u32),
    /// An item of a list.
    Index(usize),
    /// The value of a key of a map, as JSON has the key.
    Key(String),
    /// A key of a map.
    OfKey(String),
}

/// A rule that a message breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Where; empty for a rule of the message as a whole.
    pub path: Vec<Step>,
    /// The id of the rule.
    pub rule: String,
}

/// What is said of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It fulfils its rules.
    Valid,
    /// It breaks these.
    Broken(Vec<Broken>),
    /// This rule gives no answer, after which nothing was tested.
    Fails(Broken),
    /// Nobody knows.
    Unknown,
}

impl Verdict {
    /// What is broken, and how bad that is; none for what nobody knows.
    fn broken(self) -> Option<(Vec<Broken>, usize)> {
        match self {
            Self::Valid | Self::Unknown => None,
            Self::Broken(broken) => {
                let bad = broken.len();
                Some((broken, bad))
            }
            Self::Fails(rule) => Some((vec![rule], 100)),
        }
    }
}

/// How many messages are begun with.
const ATTEMPTS: u64 = 40;
/// How many changes each gets.
const CHANGES: usize = 192;

/// A message from a seed that `check` finds valid; none, if none was found in a bounded number of attempts. The seed 0 gives
/// one that is good to read.
pub fn solve(
    solver: Solver<'_>,
    id: usize,
    seed: u64,
    check: &mut dyn FnMut(&Value) -> Verdict,
) -> Option<Value> {
    for attempt in 0..ATTEMPTS {
        let start = seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(attempt << 32);
        let mut random = if seed == 0 && attempt % 2 == 0 { Random::calm(start) } else { Random::new(start) };
        // At last with only what has to be there.
        let solver = solver.sparse(attempt >= ATTEMPTS - 10);
        let Some(mut value) = solver.message(id, &mut random) else { continue };
        let mut random = random.wild();
        let verdict = check(&value);
        if verdict == Verdict::Valid {
            return Some(value);
        }
        let Some((mut broken, mut bad)) = verdict.broken() else { continue };
        for _ in 0..CHANGES {
            let Some(first) = random.pick(&broken) else { break };
            let mut changed = value.clone();
            Changer { solver, random: &mut random }.at(
                Type::Message(id),
                &mut changed,
                &first.path,
                &first.rule,
            );
            if changed == value {
                continue;
            }
            let verdict = check(&changed);
            if verdict == Verdict::Valid {
                return Some(changed);
            }
            if let Some((now, now_bad)) = verdict.broken()
                && (now_bad <= bad || (now_bad < 100 && random.once_in(12)))
            {
                (value, broken, bad) = (changed, now, now_bad);
            }
        }
    }
    None
}

/// Changes values.
pub(super) struct Changer<'a, 't> {
    pub(super) solver: Solver<'t>,
    pub(super) random: &'a mut Random,
}

impl Changer<'_, '_> {
    /// Changes a value for a rule that is broken at a path in it.
    fn at(&mut self, ty: Type, value: &mut Value, path: &[Step], rule: &str) {
        let Type::Message(id) = ty else { return };
        let tables = self.solver.tables;
        let message = &tables.messages[id];
        if !message.samples.is_empty() {
            return self.anew(id, value);
        }
        let Some((step, rest)) = path.split_first() else { return self.relation(id, value, rule) };
        let at = match step {
            Step::Field(number) => message.fields.iter().position(|field| field.number == *number),
            _ => None,
        };
        let (Some(at), Value::Message(fields)) = (at, &mut *value) else {
            return self.anew(id, value);
        };
        let field = &message.fields[at];
        let held = fields.iter_mut().find(|(known, _)| *known == at).map(|(_, value)| value);
        match (held, rest) {
            (Some(held @ Value::Message(_)), [_, ..]) => {
                return self.at(field.kind.value(), held, rest, rule);
            }
            (Some(Value::List(items)), [Step::Index(n), rest @ ..]) if *n < items.len() => {
                if rest.is_empty() || !matches!(items[*n], Value::Message(_)) {
                    if let Some(item) = self.solver.item(field, self.random) {
                        items[*n] = item;
                    }
                    return;
                }
                return self.at(field.kind.value(), &mut items[*n], rest, rule);
            }
            (Some(Value::Map(pairs)), [Step::Key(key), rest @ ..]) => {
                let pair = pairs.iter_mut().find(|(known, _)| super::json::key_text(known) == *key);
                if let Some((_, held)) = pair {
                    if rest.is_empty() || !matches!(held, Value::Message(_)) {
                        if let Some(item) = self.solver.item(field, self.random) {
                            *held = item;
                        }
                        return;
                    }
                    return self.at(field.kind.value(), held, rest, rule);
                }
            }
            // Of what is itself a message the rule of the field may look into it.
            (Some(held @ Value::Message(_)), []) if self.random.once_in(2) => {
                return self.inside(field, held);
            }
            _ => {}
        }
        if let Some(new) = self.other(id, at) {
            set(message, value, at, new);
        } else if !field.required {
            unset(value, at);
        }
    }

    fn anew(&mut self, id: usize, value: &mut Value) {
        if let Some(new) = self.solver.message(id, self.random) {
            *value = new;
        }
    }

    /// Another value of a field, or none.
    pub(super) fn other(&mut self, id: usize, at: usize) -> Option<Value> {
        let field = &self.solver.tables.messages[id].fields[at];
        if !field.samples.is_empty() {
            return self.solver.field(id, at, self.random);
        }
        match self.random.below(6) {
            0 if !field.required => None,
            n @ 1..=3 => match field.kind {
                Kind::One(ty) if n == 3 => change::magnitude(ty, self.random),
                Kind::One(ty) => change::by_literals(ty, &field.rules.literals, self.random),
                _ => None,
            }
            .or_else(|| self.solver.field(id, at, self.random)),
            _ => self.solver.field(id, at, self.random),
        }
    }

    /// A change of a message for a rule between its fields.
    pub(super) fn relation(&mut self, id: usize, value: &mut Value, rule: &str) {
        let message = &self.solver.tables.messages[id];
        let relation = message.relations.iter().find(|relation| relation.rule == rule);
        if relation.is_none() && self.random.once_in(2) && self.deeper(id, value, rule) {
            return;
        }
        let all: Vec<usize> = (0..message.fields.len()).collect();
        let (reads, literals) = match relation {
            Some(relation) if !relation.reads.is_empty() => (&relation.reads, &relation.literals[..]),
            Some(relation) => (&all, &relation.literals[..]),
            None => (&all, &[][..]),
        };
        // What the author gives stays.
        let reads: Vec<usize> =
            reads.iter().copied().filter(|at| message.fields[*at].samples.is_empty()).collect();
        let reads = &reads;
        let (Some(one), Some(other)) = (self.random.pick(reads).copied(), self.random.pick(reads).copied())
        else {
            return;
        };
        let of = |value: &Value, at: usize| match value {
            Value::Message(fields) => fields.iter().find(|(known, _)| *known == at).map(|(_, v)| v.clone()),
            _ => None,
        };
        let kind = message.fields[one].kind;
        match self.random.below(14) {
            0 | 1 => unset(value, one),
            2 | 3 if kind == message.fields[other].kind && one != other => {
                let (a, b) = (of(value, one), of(value, other));
                if self.random.once_in(2) {
                    put(message, value, other, a);
                }
                put(message, value, one, b);
            }
            4 | 5 => {
                if let (Kind::One(ty), false) = (kind, literals.is_empty())
                    && let Some(new) = change::by_literals(ty, literals, self.random)
                {
                    set(message, value, one, new);
                }
            }
            6 => {
                if let Some(near) = of(value, other).and_then(|other| near(&other, literals, self.random)) {
                    let fits = matches!(kind, Kind::One(ty) if same_kind(ty, &near));
                    if fits {
                        set(message, value, one, near);
                    }
                }
            }
            7 => {
                let keep = self.random.once_in(2);
                for at in reads {
                    if keep {
                        if of(value, *at).is_none()
                            && let Some(new) = self.solver.field(id, *at, self.random)
                        {
                            set(message, value, *at, new);
                        }
                    } else {
                        unset(value, *at);
                    }
                }
            }
            8 => {
                if let Kind::One(ty) = kind
                    && let Some(new) = change::magnitude(ty, self.random)
                {
                    set(message, value, one, new);
                }
            }
            9..=11 => match value {
                Value::Message(fields) => {
                    if let Some((_, held)) = fields.iter_mut().find(|(known, _)| *known == one) {
                        self.inside(&message.fields[one], held);
                    }
                }
                _ => self.anew(id, value),
            },
            _ => {
                if let Some(new) = self.other(id, one) {
                    set(message, value, one, new);
                }
            }
        }
    }

    /// A change for a rule of which it is not known where it stands, in one of the messages of a message.
    fn deeper(&mut self, id: usize, value: &mut Value, rule: &str) -> bool {
        let Value::Message(fields) = value else { return false };
        let mut inner: Vec<(usize, &mut Value)> = Vec::new();
        for (at, held) in fields {
            let Type::Message(of) = self.solver.tables.messages[id].fields[*at].kind.value() else {
                continue;
            };
            match held {
                Value::List(items) => inner.extend(items.iter_mut().map(|item| (of, item))),
                Value::Map(pairs) => inner.extend(pairs.iter_mut().map(|(_, value)| (of, value))),
                one => inner.push((of, one)),
            }
        }
        let at = self.random.below(inner.len());
        let Some((of, held)) = inner.into_iter().nth(at) else { return false };
        self.relation(of, held, rule);
        true
    }

    /// A change somewhere in a value that is a message, a list or a map.
    fn inside(&mut self, field: &Field, value: &mut Value) {
        match (field.kind, &mut *value) {
            (Kind::One(Type::Message(id)), Value::Message(_)) => self.somewhere(id, &field.rules, value),
            (Kind::List(_), Value::List(items)) => {
                let at = self.random.below(items.len());
                match self.random.below(4) {
                    0 if !items.is_empty() => {
                        items.remove(at);
                    }
                    1 | 2 => {
                        if let (Type::Message(id), Some(item), true) =
                            (field.kind.value(), items.get_mut(at), self.random.once_in(2))
                        {
                            return self.somewhere(id, &field.rules, item);
                        }
                        let new = change::by_literals(field.kind.value(), &field.rules.literals, self.random);
                        if let (Some(new), Some(item)) = (new, items.get_mut(at)) {
                            *item = new;
                        }
                    }
                    _ => items.extend(self.solver.item(field, self.random)),
                }
            }
            (Kind::Map(..), Value::Map(pairs)) => {
                let at = self.random.below(pairs.len());
                if let Some(pair) = pairs.get_mut(at) {
                    let new = change::by_literals(field.kind.value(), &field.rules.literals, self.random);
                    if let Some(new) = new.or_else(|| self.solver.item(field, self.random)) {
                        pair.1 = new;
                    }
                    let key = match field.kind {
                        Kind::Map(key, _) => Type::Scalar(key),
                        _ => return,
                    };
                    if self.random.once_in(2)
                        && let Some(key) = change::by_literals(key, &field.rules.literals, self.random)
                        && !pairs.iter().any(|(known, _)| *known == key)
                    {
                        pairs[at].0 = key;
                    }
                }
            }
            _ => {}
        }
    }

    fn somewhere(&mut self, id: usize, around: &Rules, value: &mut Value) {
        let message = &self.solver.tables.messages[id];
        let count = message.fields.len();
        if count == 0 {
            return;
        }
        let at = self.random.below(count);
        let literal = match message.fields[at].kind {
            Kind::One(ty) => change::by_literals(ty, &around.literals, self.random),
            _ => None,
        };
        let literal = literal.filter(|_| !self.random.once_in(3));
        let literal = match message.fields[at].kind {
            Kind::One(ty) if self.random.once_in(3) => change::magnitude(ty, self.random).or(literal),
            _ => literal,
        };
        match literal.or_else(|| self.other(id, at)) {
            Some(new) => set(message, value, at, new),
            None => unset(value, at),
        }
    }
}

fn same_kind(ty: Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::Scalar(scalar), Value::Int(n)) => {
            scalar.range().is_some_and(|(least, most)| (least..=most).contains(n))
        }
        (Type::Scalar(super::Scalar::Double | super::Scalar::Float), Value::Double(_))
        | (Type::Known(super::Known::Timestamp | super::Known::Duration), Value::Time(..)) => true,
        _ => false,
    }
}

/// A number or a time next to another.
fn near(value: &Value, literals: &[Value], random: &mut Random) -> Option<Value> {
    let by = literals.iter().filter_map(|literal| if let Value::Int(n) = literal { Some(*n) } else { None });
    let by: Vec<i128> = by.chain([1]).collect();
    let by = *random.pick(&by)?;
    let by = if random.once_in(2) { by } else { -by };
    Some(match value {
        Value::Int(n) => Value::Int(n.checked_add(by)?),
        #[allow(clippy::cast_precision_loss)] // small numbers
        Value::Double(d) => Value::Double(numbers::round(super::Scalar::Float, d + by as f64)),
        // What counts it.
        Value::List(items) => Value::Int(items.len() as i128),
        Value::Map(pairs) => Value::Int(pairs.len() as i128),
        Value::Text(text) => Value::Int(text.chars().count() as i128),
        Value::Time(seconds, nanos) => {
            let by = i64::try_from(by).ok()?.checked_mul(if random.once_in(2) { 1 } else { 3_600 })?;
            Value::Time(seconds.checked_add(by)?, *nanos)
        }
        _ => return None,
    })
}

fn put(message: &Message, value: &mut Value, at: usize, new: Option<Value>) {
    match new {
        Some(new) => set(message, value, at, new),
        None => unset(value, at),
    }
}

/// Sets a field, and unsets those beside it in its oneof.
pub(super) fn set(message: &Message, value: &mut Value, at: usize, new: Value) {
    let Value::Message(fields) = value else { return };
    let oneof = message.fields[at].oneof;
    fields.retain(|(known, _)| *known != at && (oneof.is_none() || message.fields[*known].oneof != oneof));
    let place = fields.partition_point(|(known, _)| *known < at);
    fields.insert(place, (at, new));
}

pub(super) fn unset(value: &mut Value, at: usize) {
    if let Value::Message(fields) = value {
        fields.retain(|(known, _)| *known != at);
    }
}
