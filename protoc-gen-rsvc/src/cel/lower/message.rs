//! New messages, and those of `google.protobuf` that are values.

use super::field::{extension, find};
use super::{Lowered, Lowerer, borrowed, call, convert};
use crate::cel::ast::Span;
use crate::cel::check::Typed;
use crate::cel::error::CelError;
use crate::cel::stored::{item_form, repr_of_scalar, repr_of_store, store_of, unwrapped};
use crate::model::plan::{Const, Held, Item, ListForm, MapForm, Op, Own, Plan, Repr, Store};
use crate::model::{FieldId, FieldKind, Scalar as S, Schema, ValueType, WellKnown};

/// What a field of a literal is set to: number, place, value.
type Set = (u32, Span, Plan);

impl Lowerer<'_> {
    pub(super) fn new_message(&mut self, span: Span, name: &str, fields: &[(u32, Typed)]) -> Lowered {
        let mut sets: Vec<Set> = Vec::with_capacity(fields.len());
        for (number, value) in fields {
            if sets.iter().any(|(other, ..)| other == number) {
                return Err(CelError::bad_literal(value.span, "the field is set already"));
            }
            sets.push((*number, value.span, self.expr(value)?));
        }
        if let Some(plan) = well_known(span, name, &sets)? {
            return Ok(plan);
        }
        let found = self.schema.messages.iter().find(|(_, m)| m.full_name == name).map(|(id, _)| id);
        let Some(id) = found else {
            return Err(CelError::unsupported(
                span,
                format!("`{name}` is not among the types that are compiled"),
            ));
        };
        let mut out = Vec::with_capacity(sets.len());
        for (number, span, plan) in sets {
            let field = find(self.schema, id, number).ok_or_else(|| extension(span))?;
            if plan.as_const() == Some(&Const::Null) && null_is_unset(self.schema, field) {
                continue;
            }
            out.push((field, store(span, self.schema, field, plan)?));
        }
        let fallible = out.iter().any(|(_, p)| p.fallible);
        let repr = Repr::Message { id, held: Held::Owned };
        Ok(Plan { repr, fallible, op: Op::NewMessage { id, fields: out } })
    }
}

/// Whether null leaves a field as it is.
fn null_is_unset(schema: &Schema, field: FieldId) -> bool {
    match &schema.fields[field].kind {
        FieldKind::Singular(kind, _) => null_is_none(schema, kind),
        _ => false,
    }
}

/// Whether null is not a value of a message; to a `Value` and an `Any` it is one.
fn null_is_none(schema: &Schema, kind: &ValueType) -> bool {
    match kind {
        ValueType::Message(id) | ValueType::Group(id) => {
            !matches!(schema.messages[*id].well_known, Some(WellKnown::Value | WellKnown::Any))
        }
        _ => false,
    }
}

/// A value as a field of a new message wants it.
fn store(span: Span, schema: &Schema, field: FieldId, value: Plan) -> Lowered {
    let plan = match &schema.fields[field].kind {
        FieldKind::Singular(kind, _) => single(span, schema, kind, value)?,
        FieldKind::Repeated(kind) => {
            let element = element(schema, kind);
            let value = match value.repr {
                Repr::Dyn => {
                    let items = Repr::List(Item::Value(Box::new(Repr::Dyn)), ListForm::Owned);
                    call("dyn_list", vec![value], items, true)
                }
                Repr::List(..) => value,
                _ => {
                    let items = Repr::List(Item::Value(Box::new(element.clone())), ListForm::Owned);
                    convert::expect(value, &items)
                }
            };
            let may_hold_null = value.as_list().0.clone();
            let may_hold_null =
                matches!(item_form(&may_hold_null), Repr::Dyn | Repr::Nullable(_) | Repr::Null);
            if may_hold_null && null_is_none(schema, kind) {
                let items = convert::collect(span, value, &Repr::Dyn)?;
                let repr = items.repr.clone();
                Plan { fallible: true, ..call("without_nulls", vec![items], repr, false) }
            } else {
                convert::collect(span, value, &element)?
            }
        }
        FieldKind::Map(key, kind) => {
            let stored = MapForm::Stored(*key, store_of(schema, kind));
            let (k, v) = (repr_of_scalar(*key), element(schema, kind));
            let fits = match &value.repr {
                Repr::Map(form) => match &**form {
                    MapForm::Built(have, held) => borrowed(have) == k && borrowed(held) == borrowed(&v),
                    form @ MapForm::Stored(..) => *form == stored,
                },
                _ => false,
            };
            if fits {
                value
            } else {
                let entries = Repr::Map(Box::new(MapForm::Built(Repr::Dyn, Repr::Dyn)));
                let function = if null_is_none(schema, kind) { "entries_without_nulls" } else { "dyn_map" };
                call(function, vec![convert::to_dyn(span, value)?], entries, true)
            }
        }
    };
    let fallible = plan.fallible || is_narrowed(schema, &schema.fields[field].kind, &plan);
    Ok(Plan { fallible, ..plan })
}

/// The form of an item of a repeated field of a new message.
fn element(schema: &Schema, kind: &ValueType) -> Repr {
    match repr_of_store(&store_of(schema, &unwrapped(schema, kind))) {
        Repr::Str(_) => Repr::Str(Own::Owned),
        Repr::Bytes(_) => Repr::Bytes(Own::Owned),
        Repr::Message { id, .. } if schema.messages[id].well_known == Some(WellKnown::Any) => Repr::Dyn,
        Repr::Message { id, .. } => Repr::Message { id, held: Held::Owned },
        other => other,
    }
}

fn single(span: Span, schema: &Schema, kind: &ValueType, value: Plan) -> Lowered {
    let want = element(schema, kind);
    let is_wrapper =
        matches!(kind, ValueType::Message(_)) && matches!(store_of(schema, kind), Store::Scalar(_));
    Ok(match (&want, &value.repr) {
        (Repr::Dyn, _) => convert::to_dyn(span, value)?,
        // Null leaves it unset.
        (_, Repr::Nullable(_)) if is_wrapper => value,
        (_, Repr::Dyn) if is_wrapper => {
            let repr = Repr::Nullable(Box::new(want));
            Plan { repr, fallible: true, op: Op::FromDyn(Box::new(value)) }
        }
        (Repr::Message { id, .. }, Repr::Message { id: other, .. }) if id == other => {
            convert::own(span, value)?
        }
        _ => convert::expect(value, &want),
    })
}

/// Whether a value may not fit in what it is stored in.
fn is_narrowed(schema: &Schema, kind: &FieldKind, plan: &Plan) -> bool {
    let narrow = |kind: &ValueType| {
        let kind = unwrapped(schema, kind);
        let small = matches!(
            kind,
            ValueType::Enum(_)
                | ValueType::Scalar(S::Int32 | S::Sint32 | S::Sfixed32 | S::Uint32 | S::Fixed32)
        );
        // Not every value has a JSON form, and not every one can be packed.
        small || element(schema, &kind) == Repr::Dyn
    };
    match kind {
        FieldKind::Singular(kind, _) | FieldKind::Repeated(kind) => narrow(kind),
        FieldKind::Map(key, kind) => match &plan.repr {
            Repr::Map(form) if matches!(**form, MapForm::Stored(..)) => false,
            _ => narrow(kind) || narrow(&ValueType::Scalar(*key)),
        },
    }
}

/// `google.protobuf.Int64Value{value: 1}` and its kin are values, not messages.
fn well_known(span: Span, name: &str, sets: &[Set]) -> Result<Option<Plan>, CelError> {
    let first = |number: u32| sets.iter().find(|(n, ..)| *n == number).map(|(.., plan)| plan.clone());
    let value = |repr: Repr, zero: Const| {
        let value = first(1).unwrap_or_else(|| Plan::constant(zero));
        convert::expect(value, &repr)
    };
    let part = |number| {
        let part = first(number).unwrap_or_else(|| Plan::constant(Const::Int(0)));
        convert::expect(part, &Repr::Int)
    };
    let narrow = |function, plan: Plan, repr| call(function, vec![plan], repr, true);
    let dynamic = |plan: Plan| convert::to_dyn(span, plan);
    let nothing = |constant| Plan::constant(constant);
    Ok(Some(match WellKnown::of(name) {
        Some(WellKnown::BoolValue) => value(Repr::Bool, Const::Bool(false)),
        Some(WellKnown::BytesValue) => value(Repr::Bytes(Own::Borrowed), Const::Bytes(Vec::new())),
        Some(WellKnown::DoubleValue) => value(Repr::Double, Const::Double(0.0)),
        Some(WellKnown::FloatValue) => {
            call("to_float", vec![value(Repr::Double, Const::Double(0.0))], Repr::Double, false)
        }
        Some(WellKnown::Int32Value) => narrow("to_int32", value(Repr::Int, Const::Int(0)), Repr::Int),
        Some(WellKnown::Int64Value) => value(Repr::Int, Const::Int(0)),
        Some(WellKnown::UInt32Value) => narrow("to_uint32", value(Repr::Uint, Const::Uint(0)), Repr::Uint),
        Some(WellKnown::UInt64Value) => value(Repr::Uint, Const::Uint(0)),
        Some(WellKnown::StringValue) => value(Repr::Str(Own::Borrowed), Const::Str(String::new())),
        Some(WellKnown::Timestamp) => call("make_timestamp", vec![part(1), part(2)], Repr::Timestamp, true),
        Some(WellKnown::Duration) => call("make_duration", vec![part(1), part(2)], Repr::Duration, true),
        Some(WellKnown::Struct) => {
            let fields = first(1).unwrap_or_else(|| nothing(Const::Map(Vec::new())));
            call("struct_of", vec![dynamic(fields)?], Repr::Dyn, true)
        }
        Some(WellKnown::ListValue) => {
            let values = first(1).unwrap_or_else(|| nothing(Const::List(Vec::new())));
            call("list_value_of", vec![dynamic(values)?], Repr::Dyn, true)
        }
        Some(WellKnown::Value) => match sets {
            [] => dynamic(nothing(Const::Null))?,
            // `null_value`, whose number says nothing.
            [(1, _, plan)] => super::then(plan.clone(), dynamic(nothing(Const::Null))?),
            [(.., plan)] => call("value_of", vec![dynamic(plan.clone())?], Repr::Dyn, true),
            [_, (_, span, _), ..] => {
                return Err(CelError::bad_literal(*span, "one field of a `Value` can be set"));
            }
        },
        Some(WellKnown::Any) => {
            let text = |number, repr: Repr, none| {
                convert::expect(first(number).unwrap_or_else(|| nothing(none)), &repr)
            };
            let url = text(1, Repr::Str(Own::Borrowed), Const::Str(String::new()));
            let bytes = text(2, Repr::Bytes(Own::Borrowed), Const::Bytes(Vec::new()));
            call("any_of", vec![url, bytes], Repr::Dyn, true)
        }
        _ => return Ok(None),
    }))
}
