//! Messages from their tables.

use super::json::{field_json, key_text};
use super::random::Random;
use super::table::{Field, Kind, Known, Rules, Scalar, Tables, Type, Value};
use super::words::Persona;
use super::{change, numbers, strings, times};

/// The longest text or list that is made.
pub(super) const LONGEST: usize = 20_000;
/// How deep messages lie in each other before only what has to be there is.
const DEPTH: usize = 5;
/// How deep they may lie at all.
const DEEPEST: usize = 24;
/// How many values a message may have before only what has to be there is.
const VALUES: usize = 400;

/// Makes values from tables. It fulfils what the tables say, and knows nothing of rules that they do not say.
#[derive(Clone, Copy, Debug)]
pub struct Solver<'t> {
    pub(super) tables: &'t Tables,
    /// The time, in seconds since 1970; none if a value has to hold at any time.
    pub(super) now: Option<i64>,
    /// Whether only what has to be there is made.
    sparse: bool,
}

/// Where a value is made.
struct Place {
    /// The messages around it.
    around: Vec<usize>,
    /// How many values there are yet.
    values: usize,
    who: Persona,
}

impl Place {
    /// Whether only what has to be there is made: of a message in itself, deep down, or if there is a lot.
    fn is_narrow(&self, message: usize) -> bool {
        self.around.len() > DEPTH
            || self.values > VALUES
            || self.around.iter().filter(|around| **around == message).count() > 1
    }
}

impl<'t> Solver<'t> {
    /// Over these tables; `now` is the time at which values are checked, in seconds since 1970, or none if they are to be
    /// valid at any time.
    pub fn new(tables: &'t Tables, now: Option<i64>) -> Self {
        Self { tables, now, sparse: false }
    }

    /// The same, but whether it only makes what has to be there.
    pub(super) fn sparse(self, sparse: bool) -> Self {
        Self { sparse, ..self }
    }

    /// An item of a list, or a value of a map.
    pub(super) fn item(&self, field: &Field, random: &mut Random) -> Option<Value> {
        let who = Persona::new(random);
        let mut place = Place { around: Vec::new(), values: 0, who };
        let rules = field.rules.each.as_deref().unwrap_or(const { &Rules::NONE });
        self.value(field.kind.value(), rules, &field.name, random, &mut place)
    }

    /// A message.
    pub fn message(&self, id: usize, random: &mut Random) -> Option<Value> {
        let who = Persona::new(random);
        self.fields(id, random, &mut Place { around: Vec::new(), values: 0, who })
    }

    /// The value of a field.
    pub fn field(&self, message: usize, field: usize, random: &mut Random) -> Option<Value> {
        let who = Persona::new(random);
        let mut place = Place { around: vec![message], values: 0, who };
        self.field_value(&self.tables.messages[message].fields[field], random, &mut place)
    }

    fn fields(&self, id: usize, random: &mut Random, place: &mut Place) -> Option<Value> {
        let message = &self.tables.messages[id];
        if let Some(sample) = random.pick(&message.samples) {
            return Some(sample.clone());
        }
        if place.around.len() >= DEEPEST {
            return None;
        }
        let narrow = self.sparse || place.is_narrow(id);
        place.around.push(id);
        let mut set: Vec<Option<Value>> = vec![None; message.fields.len()];
        let mut made = true;
        let left_out = self.left_out(id, random, narrow);
        for (at, field) in message.fields.iter().enumerate() {
            if field.oneof.is_some() || left_out.contains(&at) {
                continue;
            }
            let needed = field.required || needs_value(self.tables, field);
            let skipped = !random.is_calm() && random.once_in(6);
            if !needed && (narrow || skipped) {
                continue;
            }
            let mut stream = random.part(at);
            set[at] = self.field_value(field, &mut stream, place);
            made &= set[at].is_some() || !needed;
        }
        for oneof in &message.oneofs {
            if !oneof.required && (narrow || (!random.is_calm() && random.once_in(5))) {
                continue;
            }
            let start = if random.is_calm() { random.turn() } else { random.below(oneof.fields.len()) };
            let members = oneof.fields.len();
            let found = (0..members).map(|n| oneof.fields[(start + n) % members]).find_map(|at| {
                let field = &message.fields[at];
                if left_out.contains(&at) {
                    return None;
                }
                Some((at, self.field_value(field, &mut random.part(at), place)?))
            });
            match found {
                Some((at, value)) => set[at] = Some(value),
                None => made &= !oneof.required,
            }
        }
        place.around.pop();
        random.number();
        let fields = set.into_iter().enumerate().filter_map(|(at, value)| Some((at, value?)));
        made.then(|| Value::Message(fields.collect()))
    }

    /// The fields that groups leave out: of each all but one.
    fn left_out(&self, id: usize, random: &mut Random, narrow: bool) -> Vec<usize> {
        let message = &self.tables.messages[id];
        let mut out: Vec<usize> = Vec::new();
        let mut kept: Vec<usize> = Vec::new();
        for group in &message.groups {
            let free: Vec<usize> =
                group.fields.iter().copied().filter(|field| !out.contains(field)).collect();
            // One that another group has kept stands for this one too, as does one that has to be there.
            let needed = |field: &&usize| kept.contains(field) || message.fields[**field].required;
            let chosen = free.iter().find(needed).or_else(|| random.pick(&free)).copied();
            let chosen = chosen.filter(|_| group.required || !narrow);
            kept.extend(chosen);
            out.extend(group.fields.iter().copied().filter(|field| Some(*field) != chosen));
        }
        out
    }

    fn field_value(&self, field: &Field, random: &mut Random, place: &mut Place) -> Option<Value> {
        if field.unknown {
            return None;
        }
        if let Some(sample) = random.pick(&field.samples) {
            return Some(sample.clone());
        }
        let value = match field.kind {
            Kind::One(ty) => self.value(ty, &field.rules, &field.name, random, place)?,
            Kind::List(ty) => self.list(field, ty, random, place)?,
            Kind::Map(key, ty) => self.map(field, key, ty, random, place)?,
        };
        // What is not there is not set.
        let is_unset = match &value {
            Value::List(items) => field.kind == Kind::List(field.kind.value()) && items.is_empty(),
            Value::Map(pairs) => pairs.is_empty(),
            _ => false,
        };
        let is_zero = !field.presence && field.kind.value().zero(self.tables).as_ref() == Some(&value);
        if matches!(field.kind, Kind::One(_)) && is_zero && field.required {
            return change::other_than_zero(self.tables, field);
        }
        (!is_unset || field.required).then_some(value)
    }

    /// How many items a list or map has: a few, if that is allowed.
    fn size(rules: &Rules, random: &mut Random, place: &Place) -> Option<usize> {
        let least = usize::try_from(rules.items.min).ok().filter(|min| *min <= LONGEST)?;
        let most = usize::try_from(rules.items.max).unwrap_or(usize::MAX);
        let narrow = place.around.last().is_some_and(|id| place.is_narrow(*id));
        let usual = match place.around.len() {
            _ if narrow => 0,
            _ if random.is_calm() && place.around.len() > 2 => 1,
            _ if random.is_calm() => 2,
            _ => change::size(&rules.literals, random),
        };
        (least <= most).then(|| usual.clamp(least, most))
    }

    fn list(&self, field: &Field, ty: Type, random: &mut Random, place: &mut Place) -> Option<Value> {
        let rules = field.rules.each.as_deref().unwrap_or(const { &Rules::NONE });
        let mut size = Self::size(&field.rules, random, place)?;
        // Messages say little more when there are several of them.
        let is_message = matches!(ty, Type::Message(_));
        if is_message && random.is_calm() {
            size = size.min(1).max(usize::try_from(field.rules.items.min).unwrap_or(0));
        }
        if size == 0 && field.required {
            size = 1;
        }
        let name = singular(&field.name);
        let mut items: Vec<Value> = Vec::new();
        let mut tries = 0;
        while items.len() < size && tries < 8 * size + 32 {
            let mut stream = random.at(tries);
            if tries > 2 * size + 8 {
                stream = stream.wild();
            }
            tries += 1;
            let who = place.who;
            place.who = Persona::new(&mut stream);
            let item = self.value(ty, rules, name, &mut stream, place);
            place.who = who;
            let Some(item) = item else {
                if tries > 8 {
                    break;
                }
                continue;
            };
            let distinct = field.rules.unique || (tries <= 2 * size + 8 && rules.constant.is_none());
            if !(distinct && items.contains(&item)) {
                items.push(item);
            }
        }
        // Of values that are all there are, each once.
        if field.rules.unique && items.len() < size {
            for value in all_values(self.tables, ty, rules) {
                if items.len() < size && !items.contains(&value) {
                    items.push(value);
                }
            }
        }
        let least = usize::try_from(field.rules.items.min).unwrap_or(usize::MAX);
        (items.len() >= least).then_some(Value::List(items))
    }

    fn map(
        &self,
        field: &Field,
        key: Scalar,
        ty: Type,
        random: &mut Random,
        place: &mut Place,
    ) -> Option<Value> {
        let each = field.rules.each.as_deref().unwrap_or(const { &Rules::NONE });
        let keys = field.rules.keys.as_deref().unwrap_or(const { &Rules::NONE });
        let mut size = Self::size(&field.rules, random, place)?;
        if size == 0 && field.required {
            size = 1;
        }
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        let mut tries = 0;
        while pairs.len() < size && tries < 8 * size + 32 {
            let mut stream = random.at(tries);
            if tries > 2 * size + 8 {
                stream = stream.wild();
            }
            tries += 1;
            let who = place.who;
            place.who = Persona::new(&mut stream);
            let key = self.value(Type::Scalar(key), keys, "key", &mut stream, place);
            let value = self.value(ty, each, singular(&field.name), &mut stream, place);
            place.who = who;
            let (Some(key), Some(value)) = (key, value) else {
                if tries > 8 {
                    break;
                }
                continue;
            };
            if !pairs.iter().any(|(known, _)| key_text(known) == key_text(&key)) {
                pairs.push((key, value));
            }
        }
        let least = usize::try_from(field.rules.items.min).unwrap_or(usize::MAX);
        (pairs.len() >= least).then_some(Value::Map(pairs))
    }

    /// A value that fulfils its rules.
    fn value(
        &self,
        ty: Type,
        rules: &Rules,
        name: &str,
        random: &mut Random,
        place: &mut Place,
    ) -> Option<Value> {
        place.values += 1;
        if let Some(constant) = &rules.constant {
            return Some(constant.clone());
        }
        if !rules.among.is_empty() {
            let fitting: Vec<&Value> =
                rules.among.iter().filter(|value| fits(self.tables, ty, rules, value)).collect();
            return random.pick(&fitting).map(|value| (*value).clone());
        }
        let example = random.pick(&rules.examples).filter(|value| fits(self.tables, ty, rules, value));
        if let Some(example) = example
            && (random.is_calm() || random.once_in(3))
        {
            return Some(example.clone());
        }
        if !random.is_calm()
            && !rules.literals.is_empty()
            && !random.once_in(3)
            && let Some(value) = change::by_literals(ty, &rules.literals, random)
            && fits(self.tables, ty, rules, &value)
        {
            return Some(value);
        }
        match ty {
            Type::Scalar(scalar) | Type::Known(Known::Wrapper(scalar)) => {
                Self::scalar(scalar, rules, name, random, place.who)
            }
            Type::Enum(_) => {
                let all = all_values(self.tables, ty, rules);
                // The first is often that nothing is said.
                let said: Vec<Value> = all.iter().filter(|value| **value != Value::Int(0)).cloned().collect();
                random.pick(if said.is_empty() { &all } else { &said }).cloned()
            }
            Type::Message(id) => self.fields(id, random, place),
            Type::Known(known) => self.known(known, rules, name, random),
        }
    }

    fn scalar(scalar: Scalar, rules: &Rules, name: &str, random: &mut Random, who: Persona) -> Option<Value> {
        Some(match scalar {
            Scalar::Bool => {
                let first = random.is_calm() || random.once_in(2);
                let choice = [first, !first].map(Value::Bool);
                choice.into_iter().find(|value| !rules.not.contains(value))?
            }
            Scalar::Float | Scalar::Double => Value::Double(numbers::double(scalar, rules, name, random)?),
            Scalar::String => Value::Text(strings::text(rules, name, who, random)?),
            Scalar::Bytes => Value::Bytes(strings::bytes_value(rules, name, who, random)?),
            _ => Value::Int(numbers::integer(scalar, rules, name, random)?),
        })
    }

    fn known(&self, known: Known, rules: &Rules, name: &str, random: &mut Random) -> Option<Value> {
        Some(match known {
            Known::Timestamp => times::timestamp(rules, name, self.now, random)?,
            Known::Duration => times::duration(rules, name, random)?,
            Known::Empty => Value::Json("{}".into()),
            Known::FieldMask => {
                let paths =
                    ["name", "title", "id", "value"].map(|path| Value::List(vec![Value::Text(path.into())]));
                paths.into_iter().find(|mask| !rules.not.contains(mask))?
            }
            Known::Struct => Value::Json("{\"colour\":\"teal\",\"size\":3}".into()),
            Known::ListValue => Value::Json("[\"teal\",3]".into()),
            Known::Value => Value::Json("\"teal\"".into()),
            // Of what program it is read by nothing is known but this.
            Known::Any => Value::Json(
                "{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"90s\"}".into(),
            ),
            Known::Wrapper(_) => return None,
        })
    }

    /// A field as JSON has it.
    pub fn json(&self, message: usize, field: usize, value: &Value) -> String {
        field_json(self.tables, self.tables.messages[message].fields[field].kind, value)
    }
}

impl Rules {
    /// No rules.
    pub(super) const NONE: Self = Self {
        skip_zero: false,
        constant: None,
        among: Vec::new(),
        not: Vec::new(),
        lower: None,
        upper: None,
        length: super::table::Sizes { min: 0, max: u64::MAX },
        bytes: super::table::Sizes { min: 0, max: u64::MAX },
        items: super::table::Sizes { min: 0, max: u64::MAX },
        unique: false,
        defined: false,
        pattern: None,
        prefix: None,
        suffix: None,
        contains: None,
        lacks: None,
        format: None,
        now: Vec::new(),
        examples: Vec::new(),
        literals: Vec::new(),
        each: None,
        keys: None,
    };
}

/// Whether the value that unset stands for is tested, and breaks a rule.
fn needs_value(tables: &Tables, field: &Field) -> bool {
    if field.presence || field.skip_unset {
        return false;
    }
    match field.kind {
        Kind::One(ty) => ty.zero(tables).is_some_and(|zero| !fits(tables, ty, &field.rules, &zero)),
        Kind::List(_) | Kind::Map(..) => field.rules.items.min > 0,
    }
}

/// Whether a value fulfils its rules, as far as the tables say them and no regular expression does.
pub(super) fn fits(tables: &Tables, ty: Type, rules: &Rules, value: &Value) -> bool {
    if rules.skip_zero && ty.zero(tables).as_ref() == Some(value) {
        return true;
    }
    match value {
        Value::Text(text) => {
            strings::fits(rules, text) && (rules.pattern.is_none() || pattern_fits(rules, text))
        }
        Value::Bytes(bytes) => strings::fits_bytes(rules, bytes),
        _ => {
            let named = match (ty, value) {
                (Type::Enum(id), Value::Int(n)) => {
                    let known = tables.enums[id].values.iter().any(|known| i128::from(known.1) == *n);
                    known || !(rules.defined || tables.enums[id].closed)
                }
                (_, Value::Double(d)) => !rules.defined || d.is_finite(),
                _ => true,
            };
            named
                && numbers::bounds_hold(rules, value)
                && !rules.not.contains(value)
                && (rules.among.is_empty() || rules.among.contains(value))
                && rules.constant.as_ref().is_none_or(|constant| constant == value)
        }
    }
}

fn pattern_fits(rules: &Rules, text: &str) -> bool {
    rules
        .pattern
        .as_deref()
        .and_then(super::patterns::Pattern::new)
        .is_some_and(|pattern| pattern.is_in(text))
}

/// All values of a type that has few, if they fulfil the rules.
fn all_values(tables: &Tables, ty: Type, rules: &Rules) -> Vec<Value> {
    let all: Vec<Value> = match ty {
        _ if !rules.among.is_empty() => rules.among.clone(),
        Type::Enum(id) => tables.enums[id].values.iter().map(|value| Value::Int(value.1.into())).collect(),
        Type::Scalar(Scalar::Bool) => vec![Value::Bool(true), Value::Bool(false)],
        _ => Vec::new(),
    };
    all.into_iter().filter(|value| fits(tables, ty, rules, value)).collect()
}

/// The name of one of several.
fn singular(name: &str) -> &str {
    match name {
        "tags" | "labels" | "notes" => name,
        _ => name.strip_suffix('s').filter(|rest| rest.len() > 2 && !rest.ends_with('s')).unwrap_or(name),
    }
}
