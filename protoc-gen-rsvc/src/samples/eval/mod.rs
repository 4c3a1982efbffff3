//! Plans, evaluated when a service is built. What cannot be evaluated here says so, and is never taken for true.

mod calls;
mod value;

use std::cmp::Ordering;

use rsvc_common::formats;
use rsvc_common::sample::Value;

use super::json::Json;
use crate::model::plan::{CharBound, Logic, Op, Operator, Plan, Quantifier, Range, Repr, Store, Variable};
use crate::model::{FieldId, FieldKind, Presence, Schema, ValueType};
use crate::sorted::SortedMap;
use value::{Val, constant, equal, find, order, stored, unset};

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The expression fails, as it would at run time.
    Fails,
    /// It is not evaluated here.
    Unknown,
}

type Outcome<T> = Result<T, Stop>;

/// Evaluates plans.
pub(super) struct Evaluator<'a> {
    schema: &'a Schema,
    /// The time, in seconds since 1970.
    now: i64,
    patterns: SortedMap<String, Option<regex::Regex>>,
}

/// What a plan sees.
struct Scope<'v> {
    this: &'v Value,
    locals: Vec<(u32, Val<'v>)>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(schema: &'a Schema) -> Self {
        Self { schema, now: 0, patterns: SortedMap::new() }
    }

    /// Whether a test is true of a value at a time.
    pub(super) fn is_true(&mut self, plan: &Plan, this: &Value, now: i64) -> Outcome<bool> {
        self.now = now;
        self.plan(plan, &mut Scope { this, locals: Vec::new() })?.bool()
    }

    /// The text that a test gives.
    pub(super) fn is_empty(&mut self, plan: &Plan, this: &Value, now: i64) -> Outcome<bool> {
        self.now = now;
        match self.plan(plan, &mut Scope { this, locals: Vec::new() })? {
            Val::Str(text) => Ok(text.is_empty()),
            Val::Bool(holds) => Ok(holds),
            // A text that is made when something is wrong.
            Val::Opaque("") => Ok(false),
            _ => Err(Stop::Fails),
        }
    }

    #[allow(clippy::too_many_lines)] // an arm for each operation
    fn plan<'v>(&mut self, plan: &Plan, scope: &mut Scope<'v>) -> Outcome<Val<'v>> {
        let schema = self.schema;
        Ok(match &plan.op {
            Op::Const(value) => match (&plan.repr, value) {
                (Repr::Message { id, .. }, crate::model::plan::Const::Null) => Val::Message(*id, &[]),
                _ => constant(value)?,
            },
            Op::Load(Variable::This, store) => stored(scope.this, store)?,
            Op::Load(Variable::Local(id), _) | Op::Local(id) => {
                let held = scope.locals.iter().rev().find(|(known, _)| known == id);
                held.ok_or(Stop::Unknown)?.1.clone()
            }
            Op::NewMessage { id, fields } if fields.is_empty() => Val::Message(*id, &[]),
            Op::Load(Variable::Input(_), _) | Op::NewMessage { .. } => return Err(Stop::Unknown),
            Op::Now => Val::Timestamp(self.now, 0),
            Op::Field { base, field, default } => {
                let base = self.plan(base, scope)?;
                match self.field(&base, *field)? {
                    Some(value) => value,
                    None => unset(&plan.repr, default)?,
                }
            }
            Op::HasField { base, field } => {
                let base = self.plan(base, scope)?;
                Val::Bool(match base {
                    Val::Message(_, fields) => is_set(schema, fields, *field),
                    _ => self.field(&base, *field)?.is_some(),
                })
            }
            Op::Let(id, value, body) => {
                let value = self.plan(value, scope)?;
                self.with(scope, *id, value, body)?
            }
            Op::Not(inner) => Val::Bool(!self.plan(inner, scope)?.bool()?),
            Op::Infix(operator, a, b) => self.infix(*operator, a, b, scope)?,
            Op::OneOf(value, known) => {
                let value = self.plan(value, scope)?;
                let mut found = false;
                for known in known {
                    found |= equal(schema, &value, &constant(known)?)?;
                }
                Val::Bool(found)
            }
            Op::Logic(logic, a, b) => Val::Bool(self.logic(*logic, a, b, scope)?),
            Op::Conditional(test, then, otherwise) => {
                let branch = if self.plan(test, scope)?.bool()? { then } else { otherwise };
                self.plan(branch, scope)?
            }
            Op::Call { function, args, .. } => {
                let args = args.iter().map(|arg| self.plan(arg, scope)).collect::<Outcome<Vec<_>>>()?;
                self.call(function, &args)?
            }
            Op::Items { function, lists, args, .. } => {
                let lists = lists.iter().map(|list| self.plan(list, scope)?.list());
                let lists = lists.collect::<Outcome<Vec<_>>>()?;
                let args = args.iter().map(|arg| self.plan(arg, scope)).collect::<Outcome<Vec<_>>>()?;
                self.items(function, lists, &args)?
            }
            Op::Matches { text, pattern } => {
                let text = self.plan(text, scope)?;
                Val::Bool(self.matches(text.str()?, pattern)?)
            }
            Op::Zone(zone) => self.plan(zone, scope)?,
            Op::IsEmpty(text) => Val::Bool(self.plan(text, scope)?.str()?.is_empty()),
            Op::CharCount(text) => count(self.plan(text, scope)?.str()?.chars().count()),
            Op::ByteCount(bytes) => match self.plan(bytes, scope)? {
                Val::Bytes(bytes) => count(bytes.len()),
                _ => return Err(Stop::Unknown),
            },
            Op::CharBound { text, bound, than } => {
                let (text, than) = (self.plan(text, scope)?, self.plan(than, scope)?.int()?);
                Val::Bool(match bound {
                    CharBound::Shorter => formats::is_shorter(text.str()?, than),
                    CharBound::Longer => formats::is_longer(text.str()?, than),
                })
            }
            Op::List(items) => {
                Val::List(items.iter().map(|item| self.plan(item, scope)).collect::<Outcome<_>>()?)
            }
            Op::Map(pairs) => {
                let mut out = Vec::new();
                for (key, value) in pairs {
                    out.push((self.plan(key, scope)?, self.plan(value, scope)?));
                }
                Val::Map(out)
            }
            Op::Length(list) => count(self.plan(list, scope)?.list()?.len()),
            Op::MapLength(map) => count(self.plan(map, scope)?.map()?.len()),
            Op::Index(list, at) => {
                let list = self.plan(list, scope)?.list()?;
                let at = usize::try_from(self.plan(at, scope)?.int()?).map_err(|_| Stop::Fails)?;
                list.into_iter().nth(at).ok_or(Stop::Fails)?
            }
            Op::Quantifier { kind, range, var, second, body } => {
                Val::Bool(self.quantifier(*kind, range, (*var, *second), body, scope)?)
            }
            Op::Collect { range, var, filter, body } => {
                let mut out = Vec::new();
                for (item, _) in self.range(range, scope)? {
                    let kept = match filter {
                        Some(filter) => self.with(scope, *var, item.clone(), filter)?.bool()?,
                        None => true,
                    };
                    if kept {
                        out.push(self.with(scope, *var, item, body)?);
                    }
                }
                Val::List(out)
            }
            Op::Filter { range, var, body } => {
                let mut out = Vec::new();
                for (item, _) in self.range(range, scope)? {
                    if self.with(scope, *var, item.clone(), body)?.bool()? {
                        out.push(item);
                    }
                }
                Val::List(out)
            }
            Op::MapGet { map, key } => {
                let (map, key) = (self.plan(map, scope)?.map()?, self.plan(key, scope)?);
                find(schema, &map, &key)?.ok_or(Stop::Fails)?.clone()
            }
            Op::MapHas { map, key } => {
                let (map, key) = (self.plan(map, scope)?.map()?, self.plan(key, scope)?);
                Val::Bool(find(schema, &map, &key)?.is_some())
            }
            Op::ListEqual { left, right, vars, body } => {
                let (left, right) = (self.plan(left, scope)?.list()?, self.plan(right, scope)?.list()?);
                let mut same = left.len() == right.len();
                for (a, b) in left.into_iter().zip(right) {
                    scope.locals.push((vars[0], a));
                    let held = self.with(scope, vars[1], b, body);
                    scope.locals.pop();
                    same &= held?.bool()?;
                }
                Val::Bool(same)
            }
            Op::MessageEqual { left, right } => {
                Val::Bool(equal(schema, &self.plan(left, scope)?, &self.plan(right, scope)?)?)
            }
            Op::ToOwned(inner) | Op::Borrow(inner) | Op::Wrap(inner) | Op::ToDyn(inner) => {
                self.plan(inner, scope)?
            }
            Op::Unwrap(inner) => match self.plan(inner, scope)? {
                Val::Null => return Err(Stop::Fails),
                value => value,
            },
            Op::FromDyn(inner) => {
                let value = self.plan(inner, scope)?;
                if !has_form(&value, &plan.repr)? {
                    return Err(Stop::Fails);
                }
                value
            }
            Op::IsNull(inner) => Val::Bool(matches!(self.plan(inner, scope)?, Val::Null)),
            Op::Then(first, second) => {
                self.plan(first, scope)?;
                self.plan(second, scope)?
            }
            Op::Absurd(inner) => {
                self.plan(inner, scope)?;
                return Err(Stop::Fails);
            }
            Op::Fail(_) => return Err(Stop::Fails),
        })
    }

    fn with<'v>(&mut self, scope: &mut Scope<'v>, id: u32, value: Val<'v>, body: &Plan) -> Outcome<Val<'v>> {
        scope.locals.push((id, value));
        let out = self.plan(body, scope);
        scope.locals.pop();
        out
    }

    /// A field of a message, if it is set.
    fn field<'v>(&self, base: &Val<'v>, id: FieldId) -> Outcome<Option<Val<'v>>> {
        let field = &self.schema.fields[id];
        match base {
            Val::Message(_, fields) => {
                let place = super::tables::place(self.schema, id);
                let held = fields.iter().find(|(at, _)| *at == place);
                held.map(|(_, value)| stored(value, &store(self.schema, &field.kind))).transpose()
            }
            // The one field of a mask.
            Val::List(_) if field.name == "paths" => Ok(Some(base.clone())),
            Val::Opaque(text) if field.name == "type_url" => {
                let json = Json::parse(text).map_err(|_| Stop::Unknown)?;
                let url = json.get("@type").and_then(Json::as_str).ok_or(Stop::Unknown)?;
                Ok(Some(Val::Str(url.to_owned())))
            }
            Val::Null => Ok(None),
            _ => Err(Stop::Unknown),
        }
    }

    fn infix<'v>(
        &mut self,
        operator: Operator,
        a: &Plan,
        b: &Plan,
        scope: &mut Scope<'v>,
    ) -> Outcome<Val<'v>> {
        if matches!(operator, Operator::And | Operator::Or) {
            let first = self.plan(a, scope)?.bool()?;
            let decides = operator == Operator::Or;
            return if first == decides { Ok(Val::Bool(first)) } else { self.plan(b, scope) };
        }
        let (a, b) = (self.plan(a, scope)?, self.plan(b, scope)?);
        let order = || order(&a, &b);
        Ok(match (operator, &a, &b) {
            (Operator::Equal, ..) => Val::Bool(equal(self.schema, &a, &b)?),
            (Operator::NotEqual, ..) => Val::Bool(!equal(self.schema, &a, &b)?),
            (Operator::Add, Val::Double(a), Val::Double(b)) => Val::Double(a + b),
            (Operator::Subtract, Val::Double(a), Val::Double(b)) => Val::Double(a - b),
            (Operator::Multiply, Val::Double(a), Val::Double(b)) => Val::Double(a * b),
            (Operator::Divide, Val::Double(a), Val::Double(b)) => Val::Double(a / b),
            (Operator::Less, ..) => Val::Bool(order()?.is_some_and(Ordering::is_lt)),
            (Operator::LessOrEqual, ..) => Val::Bool(order()?.is_some_and(Ordering::is_le)),
            (Operator::Greater, ..) => Val::Bool(order()?.is_some_and(Ordering::is_gt)),
            (Operator::GreaterOrEqual, ..) => Val::Bool(order()?.is_some_and(Ordering::is_ge)),
            _ => return Err(Stop::Unknown),
        })
    }

    /// An error does not count beside a verdict that decides.
    fn logic(&mut self, logic: Logic, a: &Plan, b: &Plan, scope: &mut Scope<'_>) -> Outcome<bool> {
        let decides = logic == Logic::Or;
        let first = self.plan(a, scope).and_then(|value| value.bool());
        if first == Ok(decides) || first == Err(Stop::Unknown) {
            return first;
        }
        let second = self.plan(b, scope).and_then(|value| value.bool());
        match (first, second) {
            (_, Ok(second)) if second == decides => Ok(decides),
            (_, Err(Stop::Unknown)) => Err(Stop::Unknown),
            (Err(stop), _) | (_, Err(stop)) => Err(stop),
            _ => Ok(!decides),
        }
    }

    fn quantifier(
        &mut self,
        kind: Quantifier,
        range: &Range,
        (var, second): (u32, Option<u32>),
        body: &Plan,
        scope: &mut Scope<'_>,
    ) -> Outcome<bool> {
        let (mut found, mut failed) = (0, None);
        for (item, other) in self.range(range, scope)? {
            let outer = scope.locals.len();
            scope.locals.push((var, item));
            if let (Some(second), Some(other)) = (second, other) {
                scope.locals.push((second, other));
            }
            let held = self.plan(body, scope).and_then(|value| value.bool());
            scope.locals.truncate(outer);
            match (kind, held) {
                (_, Err(Stop::Unknown)) => return Err(Stop::Unknown),
                (Quantifier::ExistsOne, Err(stop)) => return Err(stop),
                (Quantifier::All, Ok(false)) => return Ok(false),
                (Quantifier::Exists, Ok(true)) => return Ok(true),
                (_, Ok(true)) => found += 1,
                (_, Ok(false)) => {}
                (_, Err(stop)) => failed = Some(stop),
            }
        }
        match (kind, failed) {
            (Quantifier::ExistsOne, _) => Ok(found == 1),
            (_, Some(stop)) => Err(stop),
            (kind, None) => Ok(kind == Quantifier::All),
        }
    }

    /// What a loop gives in each turn.
    fn range<'v>(
        &mut self,
        range: &Range,
        scope: &mut Scope<'v>,
    ) -> Outcome<Vec<(Val<'v>, Option<Val<'v>>)>> {
        let source = self.plan(range.source(), scope)?;
        Ok(match range {
            Range::Items(..) => source.list()?.into_iter().map(|item| (item, None)).collect(),
            Range::Enumerated(..) => {
                source.list()?.into_iter().enumerate().map(|(n, item)| (count(n), Some(item))).collect()
            }
            Range::Keys(..) => source.list()?.into_iter().map(|key| (key, None)).collect(),
            Range::Entries(..) => source.map()?.into_iter().map(|(key, value)| (key, Some(value))).collect(),
        })
    }

    fn matches(&mut self, text: &str, pattern: &str) -> Outcome<bool> {
        if !self.patterns.contains_key(pattern) {
            self.patterns.insert(pattern.to_owned(), regex::Regex::new(pattern).ok());
        }
        let regex = self.patterns.get(pattern).and_then(Option::as_ref);
        regex.map(|regex| regex.is_match(text)).ok_or(Stop::Fails)
    }
}

fn count<'v>(n: usize) -> Val<'v> {
    Val::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// How a field is stored, as the lowering sees it.
fn store(schema: &Schema, kind: &FieldKind) -> Store {
    crate::cel::stored::store_of_field(schema, kind)
}

/// Whether a value that is known at run time only has a form.
fn has_form(value: &Val<'_>, repr: &Repr) -> Outcome<bool> {
    Ok(match (value, repr) {
        (Val::Bool(_), Repr::Bool)
        | (Val::Int(_), Repr::Int)
        | (Val::Uint(_), Repr::Uint)
        | (Val::Double(_), Repr::Double)
        | (Val::Str(_), Repr::Str(_))
        | (Val::Bytes(_), Repr::Bytes(_))
        | (Val::Timestamp(..), Repr::Timestamp)
        | (Val::Duration(..), Repr::Duration)
        | (Val::Null, Repr::Null) => true,
        (Val::Opaque(_) | Val::Message(..), _) | (_, Repr::Message { .. } | Repr::Type) => {
            return Err(Stop::Unknown);
        }
        _ => false,
    })
}

/// Whether a field is set: it is there, and differs from the zero value if it has no presence.
pub(super) fn is_set(schema: &Schema, fields: &[(usize, Value)], id: FieldId) -> bool {
    let place = super::tables::place(schema, id);
    let Some((_, value)) = fields.iter().find(|(at, _)| *at == place) else { return false };
    match (&schema.fields[id].kind, value) {
        (FieldKind::Singular(ty, Presence::Implicit), value) => !is_zero(schema, ty, value),
        (FieldKind::Repeated(_), Value::List(items)) => !items.is_empty(),
        (FieldKind::Map(..), Value::Map(pairs)) => !pairs.is_empty(),
        _ => true,
    }
}

/// Whether a value is the one that unset stands for.
pub(super) fn is_zero(schema: &Schema, ty: &ValueType, value: &Value) -> bool {
    match (ty, value) {
        (ValueType::Enum(id), Value::Int(n)) => {
            schema.enums[*id].values.first().is_some_and(|first| i128::from(first.number) == *n)
        }
        (_, Value::Bool(b)) => !b,
        (_, Value::Int(n)) => *n == 0,
        // The negative zero differs.
        (_, Value::Double(d)) => d.to_bits() == 0,
        (_, Value::Text(text)) => text.is_empty(),
        (_, Value::Bytes(bytes)) => bytes.is_empty(),
        (_, Value::Message(fields)) => fields.is_empty(),
        (_, Value::Time(seconds, nanos)) => *seconds == 0 && *nanos == 0,
        _ => false,
    }
}
