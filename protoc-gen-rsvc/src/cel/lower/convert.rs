//! From one form to another.

use super::{Lowered, borrowed, call, fail, local, then};
use crate::cel::ast::Span;
use crate::cel::error::CelError;
use crate::cel::stored::{item_form, load, repr_of_store};
use crate::model::plan::{Const, Held, Item, ListForm, MapForm, Op, Own, Plan, Range, Repr, Variable};

/// A wrapper's value, where null has no meaning.
pub(super) fn unwrap(value: Plan) -> Plan {
    match &value.repr {
        Repr::Nullable(inner) => {
            let inner = (**inner).clone();
            expect(value, &inner)
        }
        _ => value,
    }
}

/// The borrowed form of an owned value.
pub(super) fn borrow(value: Plan) -> Plan {
    if !value.repr.is_owned() {
        return value;
    }
    let (repr, fallible) = (borrowed(&value.repr), value.fallible);
    Plan { repr, fallible, op: Op::Borrow(Box::new(value)) }
}

/// The value in a form that refers to nothing.
pub(super) fn own(span: Span, value: Plan) -> Lowered {
    let repr = owned(&value.repr);
    Ok(match &value.repr {
        have if !have.can_borrow() => value,
        Repr::List(item, _) => {
            let body = own(span, item_local(VAR, item))?;
            collected(value, body)
        }
        Repr::Map(_) => owned_by(to_dyn(span, value)?, Repr::Dyn),
        _ => owned_by(value, repr),
    })
}

fn owned_by(value: Plan, repr: Repr) -> Plan {
    let fallible = value.fallible;
    Plan { repr, fallible, op: Op::ToOwned(Box::new(value)) }
}

/// The same form, referring to nothing.
fn owned(repr: &Repr) -> Repr {
    match repr {
        Repr::Str(_) => Repr::Str(Own::Owned),
        Repr::Bytes(_) => Repr::Bytes(Own::Owned),
        Repr::Nullable(inner) => Repr::Nullable(Box::new(owned(inner))),
        Repr::Message { id, .. } => Repr::Message { id: *id, held: Held::Owned },
        Repr::List(item, _) => Repr::List(Item::Value(Box::new(owned(&item_form(item)))), ListForm::Owned),
        Repr::Map(form) => match &**form {
            MapForm::Built(key, value) if !key.can_borrow() && !value.can_borrow() => repr.clone(),
            _ => Repr::Dyn,
        },
        other => other.clone(),
    }
}

/// The value in a form that outlives the statement and the turn of a loop that it is made in.
pub(super) fn keep(span: Span, value: Plan) -> Lowered {
    if value.borrows_temporary() { own(span, value) } else { Ok(value) }
}

/// The form that can be named and held: a list with its items.
pub(super) fn settled(repr: &Repr) -> Repr {
    match repr {
        Repr::List(item, _) => Repr::List(Item::Value(Box::new(settled(&item_form(item)))), ListForm::Owned),
        other => other.clone(),
    }
}

/// The value as one that a variable can hold, or that a loop can give.
pub(super) fn hold(span: Span, value: Plan) -> Lowered {
    let value = keep(span, value)?;
    match &value.repr {
        Repr::List(_, ListForm::Slice) => Ok(value),
        other => {
            let form = settled(other);
            shape(span, value, &form)
        }
    }
}

/// What is never, in a form.
fn absurd(value: Plan, want: &Repr) -> Plan {
    match value.op {
        Op::Fail(text) => fail(text, want),
        _ => Plan { repr: super::named(want), fallible: value.fallible, op: Op::Absurd(Box::new(value)) },
    }
}

/// The value in the form that a function wants; what can never fit fails at run time, as CEL says.
pub(super) fn expect(value: Plan, want: &Repr) -> Plan {
    match (&value.repr, want) {
        (Repr::Str(_), Repr::Str(Own::Borrowed)) | (Repr::Bytes(_), Repr::Bytes(Own::Borrowed)) => {
            borrow(value)
        }
        (Repr::Str(_), Repr::Str(Own::Owned)) | (Repr::Bytes(_), Repr::Bytes(Own::Owned)) => {
            if value.repr == *want { value } else { owned_by(value, want.clone()) }
        }
        (have, want) if have == want => value,
        (Repr::Never, want) => absurd(value, want),
        (Repr::Nullable(inner), want) if borrowed(inner) == borrowed(want) => {
            let inner = (**inner).clone();
            expect(Plan { repr: inner, fallible: true, op: Op::Unwrap(Box::new(value)) }, want)
        }
        (Repr::Dyn, want) => from_dyn(value, want),
        // What the other side is does not matter: it never comes to that.
        _ => fail("no such overload", want),
    }
}

fn from_dyn(value: Plan, want: &Repr) -> Plan {
    let owned = match want {
        Repr::Str(_) | Repr::Bytes(_) | Repr::Message { .. } => owned(want),
        Repr::Bool
        | Repr::Int
        | Repr::Uint
        | Repr::Double
        | Repr::Timestamp
        | Repr::Duration
        | Repr::Null
        | Repr::Type => want.clone(),
        _ => return fail("no such overload", want),
    };
    let taken = Plan { repr: owned, fallible: true, op: Op::FromDyn(Box::new(value)) };
    if want.is_owned() { taken } else { borrow(taken) }
}

/// The value as one that is known at run time only.
pub(super) fn to_dyn(span: Span, value: Plan) -> Lowered {
    if !has_dyn(&value.repr) {
        return Err(CelError::unsupported(span, "rules as a whole are not a value: use their fields"));
    }
    Ok(match value.op {
        _ if value.repr == Repr::Dyn => value,
        // The owned value serves as well.
        Op::Borrow(inner) => to_dyn(span, *inner)?,
        op => {
            let (repr, fallible) = (value.repr, value.fallible);
            Plan { repr: Repr::Dyn, fallible, op: Op::ToDyn(Box::new(Plan { repr, fallible, op })) }
        }
    })
}

fn has_dyn(repr: &Repr) -> bool {
    match repr {
        Repr::Rules => false,
        Repr::Nullable(inner) => has_dyn(inner),
        Repr::List(i, _) => has_dyn(&item_form(i)),
        Repr::Map(form) => match &**form {
            MapForm::Stored(_, store) => has_dyn(&repr_of_store(store)),
            MapForm::Built(key, value) => has_dyn(key) && has_dyn(value),
        },
        _ => true,
    }
}

/// Two values in one form, for branches.
pub(super) fn unify(span: Span, a: Plan, b: Plan) -> Result<(Plan, Plan), CelError> {
    let (a, b) = (keep(span, a)?, keep(span, b)?);
    let repr = common(&a.repr, &b.repr);
    Ok((shape(span, a, &repr)?, shape(span, b, &repr)?))
}

/// The form that can hold both.
pub(super) fn common(a: &Repr, b: &Repr) -> Repr {
    match (a, b) {
        (Repr::List(_, ListForm::Slice), b) if a == b => a.clone(),
        (Repr::List(a, _), Repr::List(b, _)) => {
            Repr::List(Item::Value(Box::new(common(&item_form(a), &item_form(b)))), ListForm::Owned)
        }
        // Two maps in prost's storage may be of different types, as may be one and what fails in its place.
        (Repr::Map(map), other) | (other, Repr::Map(map))
            if matches!(**map, MapForm::Stored(..)) && matches!(other, Repr::Map(_) | Repr::Never) =>
        {
            Repr::Dyn
        }
        (a, b) if a == b => a.clone(),
        (Repr::Never, other) | (other, Repr::Never) => settled(other),
        (Repr::Str(_), Repr::Str(_)) => Repr::Str(Own::Owned),
        (Repr::Bytes(_), Repr::Bytes(_)) => Repr::Bytes(Own::Owned),
        (Repr::Nullable(a), Repr::Nullable(b)) if borrowed(a) == borrowed(b) => {
            Repr::Nullable(Box::new(owned(a)))
        }
        (Repr::Null, Repr::Nullable(t)) | (Repr::Nullable(t), Repr::Null) => Repr::Nullable(t.clone()),
        (Repr::Null, t) | (t, Repr::Null) if may_be_null(t) => Repr::Nullable(Box::new(t.clone())),
        (Repr::Nullable(t), other) | (other, Repr::Nullable(t)) if borrowed(t) == borrowed(other) => {
            Repr::Nullable(Box::new(common(t, other)))
        }
        (Repr::Message { id, held }, Repr::Message { id: other_id, held: other }) if id == other_id => {
            let owned = *held == Held::Owned || *other == Held::Owned;
            Repr::Message { id: *id, held: if owned { Held::Owned } else { Held::Optional } }
        }
        _ => Repr::Dyn,
    }
}

fn may_be_null(repr: &Repr) -> bool {
    matches!(repr, Repr::Bool | Repr::Int | Repr::Uint | Repr::Double | Repr::Str(_) | Repr::Bytes(_))
}

/// The value in a form from [`common`].
pub(super) fn shape(span: Span, value: Plan, want: &Repr) -> Lowered {
    Ok(match (&value.repr, want) {
        (have, want) if have == want => value,
        (Repr::Never, _) => absurd(value, want),
        (_, Repr::Dyn) => to_dyn(span, value)?,
        (Repr::Null, Repr::Nullable(_)) => match value.op {
            Op::Const(_) => Plan { repr: want.clone(), fallible: value.fallible, op: value.op },
            // It fails, or is null.
            _ => then(value, Plan { repr: want.clone(), fallible: false, op: Op::Const(Const::Null) }),
        },
        (Repr::Nullable(_), Repr::Nullable(_)) => owned_by(value, want.clone()),
        (_, Repr::Nullable(inner)) => wrapped(expect(value, inner), want),
        (Repr::Message { .. }, Repr::Message { held: Held::Owned, .. }) => own(span, value)?,
        (Repr::Message { .. }, Repr::Message { held: Held::Optional, .. }) => wrapped(value, want),
        (Repr::List(..), Repr::List(Item::Value(element), ListForm::Owned)) => collect(span, value, element)?,
        _ => expect(value, want),
    })
}

/// A local that stands for an item.
pub(super) fn item_local(id: u32, item: &Item) -> Plan {
    match item {
        Item::Stored(store) => load(Variable::Local(id), (**store).clone()),
        Item::Value(repr) => local(id, repr),
    }
}

/// Distinct from every other local: lists nest, but a collecting loop holds nothing but its own variable.
const VAR: u32 = u32::MAX;

/// The list as a `Vec` of values in a form.
pub(super) fn collect(span: Span, list: Plan, element: &Repr) -> Lowered {
    let repr = Repr::List(Item::Value(Box::new(element.clone())), ListForm::Owned);
    let Repr::List(item, _) = &list.repr else { return Ok(fail("no such overload", &repr)) };
    if list.repr == repr {
        return Ok(list);
    }
    let item = item.clone();
    if item_form(&item) == Repr::Never && !list.fallible {
        return Ok(Plan { repr, fallible: false, op: Op::List(Vec::new()) });
    }
    // The item itself: a borrowed one would end with its turn.
    let local = match &item {
        Item::Stored(_) => item_local(VAR, &item),
        Item::Value(repr) => Plan { repr: (**repr).clone(), fallible: false, op: Op::Local(VAR) },
    };
    let body = shape(span, local, element)?;
    Ok(collected(list, body))
}

/// The list with each item, which is the local [`VAR`], made into another.
fn collected(list: Plan, body: Plan) -> Plan {
    let item = list.as_list().0.clone();
    let fallible = list.fallible || body.fallible;
    let repr = Repr::List(Item::Value(Box::new(body.repr.clone())), ListForm::Owned);
    let range = Range::Items(Box::new(list), item);
    Plan { repr, fallible, op: Op::Collect { range, var: VAR, filter: None, body: Box::new(body) } }
}

/// The list in a form that can be indexed.
pub(super) fn indexable(span: Span, list: Plan) -> Lowered {
    match &list.repr {
        Repr::List(item, ListForm::Lazy) => {
            let element = item_form(item);
            collect(span, list, &element)
        }
        _ => Ok(list),
    }
}

fn wrapped(value: Plan, want: &Repr) -> Plan {
    let fallible = value.fallible;
    Plan { repr: want.clone(), fallible, op: Op::Wrap(Box::new(value)) }
}

/// A rule whose result is known at run time: bool, or a text that is empty when all is well.
pub(super) fn outcome(value: Plan) -> Plan {
    call("outcome", vec![value], Repr::Str(Own::Owned), true)
}

/// Whether the value is null.
pub(super) fn is_null(span: Span, value: Plan) -> Lowered {
    Ok(match &value.repr {
        Repr::Null if !value.fallible => Plan::constant(Const::Bool(true)),
        Repr::Nullable(_) | Repr::Dyn => {
            let fallible = value.fallible;
            Plan { repr: Repr::Bool, fallible, op: Op::IsNull(Box::new(value)) }
        }
        _ if value.fallible => {
            let value = to_dyn(span, value)?;
            Plan { repr: Repr::Bool, fallible: true, op: Op::IsNull(Box::new(value)) }
        }
        _ => Plan::constant(Const::Bool(false)),
    })
}
