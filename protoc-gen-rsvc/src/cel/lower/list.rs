//! Lists, maps and comprehensions.

use super::{Lowered, Lowerer, call, convert, fail, local, ops};
use crate::cel::ast::{MacroKind, Span};
use crate::cel::check::{Typed, TypedMacro};
use crate::cel::error::CelError;
use crate::cel::stored::item_form;
use crate::model::plan::{Const, Item, ListForm, MapForm, Op, Own, Plan, Quantifier, Range, Repr, Store};

impl Lowerer<'_> {
    pub(super) fn list_literal(&mut self, span: Span, items: &[Typed]) -> Lowered {
        let items = items.iter().map(|i| self.expr(i)).collect::<Result<Vec<_>, _>>()?;
        let consts: Option<Vec<Const>> = items.iter().map(|i| i.as_const().cloned()).collect();
        let repr = together(&items);
        if let Some(consts) = consts
            && !matches!(repr, Repr::Dyn | Repr::List(..) | Repr::Map(_) | Repr::Nullable(_))
        {
            return Ok(Plan::constant(Const::List(consts)));
        }
        let items = shaped(span, items, &repr)?;
        let fallible = items.iter().any(|i| i.fallible);
        let repr = Repr::List(Item::Value(Box::new(repr)), ListForm::Owned);
        Ok(Plan { repr, fallible, op: Op::List(items) })
    }

    pub(super) fn map_literal(&mut self, span: Span, entries: &[(Typed, Typed)]) -> Lowered {
        let (mut keys, mut values) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        for (key, value) in entries {
            let plan = convert::unwrap(self.expr(key)?);
            if let Some(known) = plan.as_const() {
                let before = keys.iter().filter_map(Plan::as_const);
                if before.into_iter().any(|other| ops::same_key(other, known)) {
                    return Err(CelError::bad_literal(key.span, "the map has this key already"));
                }
            }
            keys.push(plan);
            values.push(self.expr(value)?);
        }
        let (key, value) = (together(&keys), together(&values));
        // Keys that are not all known may be equal, which is an error, and of forms that keys do not have.
        let checked = keys.iter().any(|key| key.as_const().is_none()) && keys.len() > 1 || !is_key(&key);
        let (key, value) = if checked { (Repr::Dyn, Repr::Dyn) } else { (key, value) };
        let (keys, values) = (shaped(span, keys, &key)?, shaped(span, values, &value)?);
        let entries: Vec<(Plan, Plan)> = keys.into_iter().zip(values).collect();
        let fallible = entries.iter().any(|(k, v)| k.fallible || v.fallible);
        let repr = Repr::Map(Box::new(MapForm::Built(key, value)));
        let map = Plan { repr, fallible, op: Op::Map(entries) };
        Ok(if checked { call("distinct_keys", vec![map], Repr::Dyn, true) } else { map })
    }

    pub(super) fn concat(&mut self, span: Span, left: Plan, right: Plan) -> Lowered {
        let (Repr::List(a, _), Repr::List(b, _)) = (&left.repr, &right.repr) else {
            return Ok(fail("no such overload", &Repr::Never));
        };
        let element = convert::common(&item_form(a), &item_form(b));
        let fallible = left.fallible || right.fallible;
        let lists = vec![convert::collect(span, left, &element)?, convert::collect(span, right, &element)?];
        let repr = Repr::List(Item::Value(Box::new(element)), ListForm::Owned);
        Ok(Plan {
            repr,
            fallible,
            op: Op::Items { function: "concat_lists", lists, args: Vec::new(), fails: false },
        })
    }

    pub(super) fn list_equal(&mut self, span: Span, left: Plan, right: Plan) -> Lowered {
        let (Repr::List(a, _), Repr::List(b, _)) = (&left.repr, &right.repr) else {
            return Ok(fail("no such overload", &Repr::Bool));
        };
        let (a, b) = (a.clone(), b.clone());
        // Nothing but the empty list is equal to the empty one.
        let none = |item: &Item| item_form(item) == Repr::Never;
        if none(&a) || none(&b) {
            let other = if none(&a) { right } else { left };
            let length =
                if none(&a) && none(&b) { Plan::constant(Const::Int(0)) } else { Self::size(self, other) };
            return self.equal(span, length, Plan::constant(Const::Int(0)));
        }
        let vars = [self.fresh(), self.fresh()];
        let body = self.equal(span, convert::item_local(vars[0], &a), convert::item_local(vars[1], &b))?;
        let fallible = left.fallible || right.fallible || body.fallible;
        let op = Op::ListEqual { left: Box::new(left), right: Box::new(right), vars, body: Box::new(body) };
        Ok(Plan { repr: Repr::Bool, fallible, op })
    }

    pub(super) fn list_contains(&mut self, span: Span, value: Plan, list: Plan) -> Lowered {
        let Repr::List(item, _) = &list.repr else {
            return Ok(fail("no such overload", &Repr::Bool));
        };
        if let Some(Const::List(constants)) = list.as_const()
            && is_matchable(&value.repr, constants)
        {
            let constants = constants.clone();
            return Ok(one_of(value, constants));
        }
        let item = item.clone();
        let var = self.fresh();
        // The value is evaluated once, before the loop.
        let held = self.fresh();
        let value = convert::hold(span, value)?;
        let body = self.equal(span, convert::item_local(var, &item), local(held, &value.repr))?;
        let fallible = list.fallible || value.fallible || body.fallible;
        let body_fails = body.fallible;
        let search = Plan {
            repr: Repr::Bool,
            fallible: body_fails,
            op: Op::Quantifier {
                kind: Quantifier::Exists,
                range: Range::Items(Box::new(list), item),
                var,
                second: None,
                body: Box::new(body),
            },
        };
        Ok(Plan { repr: Repr::Bool, fallible, op: Op::Let(held, Box::new(value), Box::new(search)) })
    }

    pub(super) fn comprehension(&mut self, it: &TypedMacro) -> Lowered {
        let range = self.expr(&it.range)?;
        let pair = it.second.is_some();
        let range = match range.repr {
            Repr::Dyn if pair => {
                let repr = Repr::Map(Box::new(MapForm::Built(Repr::Dyn, Repr::Dyn)));
                call("dyn_entries", vec![range], repr, true)
            }
            Repr::Dyn => {
                let repr = Repr::List(Item::Value(Box::new(Repr::Dyn)), ListForm::Owned);
                call("dyn_items", vec![range], repr, true)
            }
            _ => range,
        };
        let (range, first, second) = match range.repr.clone() {
            Repr::List(item, _) if pair => (
                Range::Enumerated(Box::new(range), item.clone()),
                Item::Value(Box::new(Repr::Int)),
                Some(item),
            ),
            Repr::List(item, _) => (Range::Items(Box::new(range), item.clone()), item, None),
            Repr::Map(form) => {
                let (key, value) = match *form {
                    MapForm::Stored(key, value) => {
                        (Item::Stored(Box::new(Store::Scalar(key))), Item::Stored(Box::new(value)))
                    }
                    MapForm::Built(key, value) => (Item::Value(Box::new(key)), Item::Value(Box::new(value))),
                };
                if pair {
                    (Range::Entries(Box::new(range), key.clone(), value.clone()), key, Some(value))
                } else {
                    (Range::Keys(Box::new(range), key.clone()), key, None)
                }
            }
            _ => return Ok(fail("no such overload", &Repr::Never)),
        };
        let scope = self.locals.len();
        self.locals.push((it.var, first.clone()));
        if let (Some(var), Some(item)) = (it.second, second) {
            self.locals.push((var, item));
        }
        let filter = it.filter.as_ref().map(|f| self.expr(f)).transpose();
        let body = self.expr(&it.body);
        self.locals.truncate(scope);
        let filter = filter?.map(|f| convert::expect(f, &Repr::Bool));
        let body = body?;
        Ok(match it.kind {
            MacroKind::All => quantifier(Quantifier::All, range, it, body),
            MacroKind::Exists => quantifier(Quantifier::Exists, range, it, body),
            MacroKind::ExistsOne => quantifier(Quantifier::ExistsOne, range, it, body),
            MacroKind::Map => {
                // What is borrowed from an item that dies with its turn must be kept.
                let body = convert::hold(it.body.span, body)?;
                let lazy = !body.fallible && filter.as_ref().is_none_or(|f| !f.fallible);
                let fallible = range.source().fallible || !lazy;
                let form = if lazy { ListForm::Lazy } else { ListForm::Owned };
                let repr = Repr::List(Item::Value(Box::new(body.repr.clone())), form);
                let filter = filter.map(Box::new);
                Plan { repr, fallible, op: Op::Collect { range, var: it.var, filter, body: Box::new(body) } }
            }
            MacroKind::Filter => {
                let body = convert::expect(body, &Repr::Bool);
                let fallible = range.source().fallible || body.fallible;
                let form = if body.fallible { ListForm::Owned } else { ListForm::Lazy };
                // A fallible filter keeps values, since its list outlives the loop.
                let item = if body.fallible { Item::Value(Box::new(item_form(&first))) } else { first };
                let repr = Repr::List(item, form);
                Plan { repr, fallible, op: Op::Filter { range, var: it.var, body: Box::new(body) } }
            }
        })
    }

    /// `size` of anything.
    pub(super) fn size(&mut self, value: Plan) -> Plan {
        let value = convert::borrow(convert::unwrap(value));
        match (&value.repr, value.as_const()) {
            (_, Some(Const::Str(s))) => {
                let count = i64::try_from(s.chars().count()).unwrap_or(i64::MAX);
                Plan::constant(Const::Int(count))
            }
            (_, Some(Const::List(items))) => {
                Plan::constant(Const::Int(i64::try_from(items.len()).unwrap_or(i64::MAX)))
            }
            (Repr::Str(_) | Repr::Bytes(_) | Repr::List(..) | Repr::Map(_), _) => Plan::size(value),
            (Repr::Dyn, _) => call("dyn_size", vec![value], Repr::Int, true),
            _ => fail("no such overload", &Repr::Int),
        }
    }
}

/// The form of all items of a literal.
fn together(items: &[Plan]) -> Repr {
    let form = items.iter().map(|item| item.repr.clone()).reduce(|a, b| convert::common(&a, &b));
    // A list inside of another has a length of its own, so it cannot stay an array.
    convert::settled(&form.unwrap_or(Repr::Never))
}

fn shaped(span: Span, items: Vec<Plan>, repr: &Repr) -> Result<Vec<Plan>, CelError> {
    items.into_iter().map(|item| convert::shape(span, convert::keep(span, item)?, repr)).collect()
}

/// Whether keys of this form are equal if they are equal in Rust.
fn is_key(repr: &Repr) -> bool {
    matches!(repr, Repr::Bool | Repr::Int | Repr::Uint | Repr::Str(_) | Repr::Never)
}

fn quantifier(kind: Quantifier, range: Range, it: &TypedMacro, body: Plan) -> Plan {
    let body = convert::expect(body, &Repr::Bool);
    let fallible = range.source().fallible || body.fallible;
    let op = Op::Quantifier { kind, range, var: it.var, second: it.second, body: Box::new(body) };
    Plan { repr: Repr::Bool, fallible, op }
}

/// Whether the constants can be patterns that a value of this form is matched with.
pub fn is_matchable(repr: &Repr, constants: &[Const]) -> bool {
    constants.iter().all(|c| {
        matches!(
            (repr, c),
            (Repr::Int, Const::Int(_))
                | (Repr::Uint, Const::Uint(_))
                | (Repr::Str(Own::Borrowed), Const::Str(_))
                | (Repr::Bytes(Own::Borrowed), Const::Bytes(_))
        )
    })
}

/// Whether the value is one of constants that are matchable.
pub fn one_of(value: Plan, constants: Vec<Const>) -> Plan {
    let mut distinct: Vec<Const> = Vec::with_capacity(constants.len());
    for constant in constants {
        if !distinct.contains(&constant) {
            distinct.push(constant);
        }
    }
    if distinct.is_empty() && !value.fallible {
        return Plan::constant(Const::Bool(false));
    }
    let fallible = value.fallible;
    Plan { repr: Repr::Bool, fallible, op: Op::OneOf(Box::new(value), distinct) }
}
