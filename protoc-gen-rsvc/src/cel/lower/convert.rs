//! From one form to another.

use super::{Lowered, borrowed, call, fail, local};
use crate::cel::ast::Span;
use crate::cel::error::CelError;
use crate::cel::stored::{item_form, load, repr_of_scalar, repr_of_store, store_of, unwrapped};
use crate::model::plan::{Const, Item, ListForm, MapForm, Op, Own, Plan, Range, Repr, Variable};
use crate::model::{FieldId, FieldKind, Scalar as S, Schema, ValueType};

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

/// The owned form of a string, bytes or a list.
pub(super) fn own(value: Plan) -> Plan {
    let repr = match &value.repr {
        Repr::Str(Own::Borrowed) => Repr::Str(Own::Owned),
        Repr::Bytes(Own::Borrowed) => Repr::Bytes(Own::Owned),
        _ => return value,
    };
    let fallible = value.fallible;
    Plan { repr, fallible, op: Op::ToOwned(Box::new(value)) }
}

/// The value in the form that a function wants; what can never fit fails at run time, as CEL says.
pub(super) fn expect(value: Plan, want: &Repr) -> Plan {
    match (&value.repr, want) {
        (Repr::Str(_), Repr::Str(Own::Borrowed)) | (Repr::Bytes(_), Repr::Bytes(Own::Borrowed)) => {
            borrow(value)
        }
        (Repr::Str(_), Repr::Str(Own::Owned)) | (Repr::Bytes(_), Repr::Bytes(Own::Owned)) => own(value),
        (have, want) if have == want => value,
        (Repr::Nullable(inner), want) if **inner == borrowed(want) => {
            let inner = (**inner).clone();
            expect(Plan { repr: inner, fallible: true, op: Op::Unwrap(Box::new(value)) }, want)
        }
        (Repr::Dyn, want) => from_dyn(value, want),
        (_, Repr::Dyn) => to_dyn(value),
        // An error comes before the mismatch.
        (Repr::Never, want) if value.fallible => Plan { repr: want.clone(), ..value },
        _ => fail("no such overload", want.clone()),
    }
}

fn from_dyn(value: Plan, want: &Repr) -> Plan {
    let owned = match want {
        Repr::Str(_) => Repr::Str(Own::Owned),
        Repr::Bytes(_) => Repr::Bytes(Own::Owned),
        Repr::Bool | Repr::Int | Repr::Uint | Repr::Double | Repr::Timestamp | Repr::Duration => want.clone(),
        _ => return fail("no such overload", want.clone()),
    };
    let taken = Plan { repr: owned, fallible: true, op: Op::FromDyn(Box::new(value)) };
    if want.is_owned() { taken } else { borrow(taken) }
}

/// The value as one that is known at run time only.
pub(super) fn to_dyn(value: Plan) -> Plan {
    match &value.repr {
        Repr::Dyn => value,
        Repr::Never if value.fallible => Plan { repr: Repr::Dyn, ..value },
        _ => {
            let fallible = value.fallible;
            Plan { repr: Repr::Dyn, fallible, op: Op::ToDyn(Box::new(value)) }
        }
    }
}

/// Two values in one form, for branches and elements.
pub(super) fn unify(span: Span, a: Plan, b: Plan) -> Result<(Plan, Plan), CelError> {
    let repr = common(&a.repr, &b.repr);
    Ok((shape(span, a, &repr)?, shape(span, b, &repr)?))
}

/// The form that can hold both.
pub(super) fn common(a: &Repr, b: &Repr) -> Repr {
    match (a, b) {
        (a, b) if a == b => a.clone(),
        (Repr::Never, other) | (other, Repr::Never) => other.clone(),
        (Repr::Str(_), Repr::Str(_)) => Repr::Str(Own::Owned),
        (Repr::Bytes(_), Repr::Bytes(_)) => Repr::Bytes(Own::Owned),
        (Repr::Null, Repr::Nullable(t)) | (Repr::Nullable(t), Repr::Null) => Repr::Nullable(t.clone()),
        (Repr::Null, t @ (Repr::Bool | Repr::Int | Repr::Uint | Repr::Double | Repr::Str(Own::Borrowed)))
        | (t @ (Repr::Bool | Repr::Int | Repr::Uint | Repr::Double | Repr::Str(Own::Borrowed)), Repr::Null) => {
            Repr::Nullable(Box::new(t.clone()))
        }
        (Repr::Nullable(t), other) | (other, Repr::Nullable(t)) if **t == *other => Repr::Nullable(t.clone()),
        (Repr::Message { id, .. }, Repr::Message { id: other, .. }) if id == other => {
            Repr::Message { id: *id, present: false }
        }
        (Repr::List(a, _), Repr::List(b, _)) => {
            Repr::List(Item::Value(Box::new(common(&item_form(a), &item_form(b)))), ListForm::Owned)
        }
        _ => Repr::Dyn,
    }
}

/// The value in a form from [`common`].
pub(super) fn shape(span: Span, value: Plan, want: &Repr) -> Lowered {
    Ok(match (&value.repr, want) {
        (have, want) if have == want => value,
        (Repr::Never, _) => Plan { repr: want.clone(), ..value },
        (_, Repr::Str(_) | Repr::Bytes(_)) => expect(value, want),
        (Repr::Null, Repr::Nullable(_)) => {
            Plan { repr: want.clone(), fallible: value.fallible, op: value.op }
        }
        (_, Repr::Nullable(_)) => plan_wrap(value, want),
        (Repr::Message { .. }, Repr::Message { present: false, .. }) => plan_wrap(value, want),
        (Repr::List(..), Repr::List(Item::Value(element), ListForm::Owned)) => collect(span, value, element)?,
        (_, Repr::Dyn) => dynamic(span, value)?,
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
    let Repr::List(item, form) = &list.repr else { return Ok(fail("no such overload", Repr::Never)) };
    if *form == ListForm::Owned && *item == Item::Value(Box::new(element.clone())) {
        return Ok(list);
    }
    let item = item.clone();
    if item_form(&item) == Repr::Never {
        let repr = Repr::List(Item::Value(Box::new(element.clone())), ListForm::Owned);
        return Ok(Plan { repr, fallible: list.fallible, op: Op::List(Vec::new()) });
    }
    let mut body = shape(span, item_local(VAR, &item), element)?;
    if item_form(&item).is_owned() {
        body = own(body);
    }
    let fallible = list.fallible || body.fallible;
    let repr = Repr::List(Item::Value(Box::new(body.repr.clone())), ListForm::Owned);
    let op = Op::Collect {
        range: Range::Items(Box::new(list), item),
        var: VAR,
        filter: None,
        body: Box::new(body),
    };
    Ok(Plan { repr, fallible, op })
}

fn plan_wrap(value: Plan, want: &Repr) -> Plan {
    let fallible = value.fallible;
    Plan { repr: want.clone(), fallible, op: Op::Wrap(Box::new(value)) }
}

/// As [`to_dyn`], for what has a place there.
pub(super) fn dynamic(span: Span, value: Plan) -> Lowered {
    if has_dyn(&value.repr) {
        return Ok(to_dyn(value));
    }
    Err(CelError::unsupported(span, "a message cannot be used where its type is not known"))
}

fn has_dyn(repr: &Repr) -> bool {
    match repr {
        Repr::Message { .. } | Repr::Rules => false,
        Repr::Nullable(inner) => has_dyn(inner),
        Repr::List(i, _) => has_dyn(&item_form(i)),
        Repr::Map(form) => match &**form {
            MapForm::Stored(_, store) => has_dyn(&repr_of_store(store)),
            MapForm::Built(key, value) => has_dyn(key) && has_dyn(value),
        },
        _ => true,
    }
}

/// A rule whose result is known at run time: bool, or a text that is empty when all is well.
pub(super) fn outcome(value: Plan) -> Plan {
    call("outcome", vec![value], Repr::Str(Own::Owned), true)
}

/// A value as a field of a new message wants it.
pub(super) fn store(span: Span, schema: &Schema, field: FieldId, value: Plan) -> Lowered {
    let unfit = || CelError::unsupported(span, "a value of this form cannot be put into a new message");
    match &schema.fields[field].kind {
        FieldKind::Singular(kind, _) => single(schema, &unwrapped(schema, kind), value).ok_or_else(unfit),
        FieldKind::Repeated(kind) => {
            let kind = &unwrapped(schema, kind);
            let element = owned(&repr_of_store(&store_of(schema, kind))).ok_or_else(unfit)?;
            let list = collect(span, value, &element)?;
            Ok(Plan { fallible: list.fallible || is_narrow(kind), ..list })
        }
        FieldKind::Map(key, kind) => {
            let kind = &unwrapped(schema, kind);
            let stored = MapForm::Stored(*key, store_of(schema, kind));
            let fits = match &value.repr {
                Repr::Map(form) if **form == stored => true,
                Repr::Map(form) => match &**form {
                    MapForm::Built(k, v) => {
                        let message = |repr: &Repr| matches!(repr, Repr::Message { .. });
                        let same = |have: &Repr, want: &Repr| {
                            (borrowed(have) == *want && !message(want)) || *have == Repr::Never
                        };
                        same(k, &repr_of_scalar(*key)) && same(v, &repr_of_store(&store_of(schema, kind)))
                    }
                    MapForm::Stored(..) => false,
                },
                _ => false,
            };
            let narrow = is_narrow(kind) || is_narrow(&ValueType::Scalar(*key));
            if fits { Ok(Plan { fallible: value.fallible || narrow, ..value }) } else { Err(unfit()) }
        }
    }
}

/// Whether the stored number may be too small for the value.
fn is_narrow(kind: &ValueType) -> bool {
    matches!(
        kind,
        ValueType::Enum(_) | ValueType::Scalar(S::Int32 | S::Sint32 | S::Sfixed32 | S::Uint32 | S::Fixed32)
    )
}

/// The form of an item of a list that is stored.
fn owned(repr: &Repr) -> Option<Repr> {
    match repr {
        Repr::Str(_) => Some(Repr::Str(Own::Owned)),
        Repr::Bytes(_) => Some(Repr::Bytes(Own::Owned)),
        Repr::Message { id, .. } => Some(Repr::Message { id: *id, present: false }),
        Repr::Dyn => None,
        other => Some(other.clone()),
    }
}

fn single(schema: &Schema, kind: &ValueType, value: Plan) -> Option<Plan> {
    let want = repr_of_store(&store_of(schema, kind));
    Some(match (&want, &value.repr) {
        (Repr::Message { id, .. }, Repr::Message { id: other, .. }) if id == other => value,
        (Repr::Message { .. } | Repr::Dyn, _) => return None,
        (Repr::Int | Repr::Uint, _) if is_narrow(kind) => Plan { fallible: true, ..expect(value, &want) },
        _ => expect(value, &owned(&want)?),
    })
}

/// Whether the value is null.
pub(super) fn is_null(value: Plan) -> Plan {
    match &value.repr {
        Repr::Null => Plan::constant(Const::Bool(true)),
        Repr::Nullable(_) | Repr::Dyn => {
            let fallible = value.fallible;
            Plan { repr: Repr::Bool, fallible, op: Op::IsNull(Box::new(value)) }
        }
        _ if value.fallible => {
            Plan { repr: Repr::Bool, fallible: true, op: Op::IsNull(Box::new(to_dyn(value))) }
        }
        _ => Plan::constant(Const::Bool(false)),
    }
}
