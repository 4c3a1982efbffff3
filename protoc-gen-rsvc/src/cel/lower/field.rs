//! Fields: how they are reached, what unset means, and `has`.

use prost_reflect::ReflectMessage as _;

use super::{Lowered, Lowerer, VarBinding, call, convert, fail};
use crate::cel::ast::Span;
use crate::cel::check::{Member, Typed, TypedKind};
use crate::cel::constant::{const_field, const_value, field_or_extension};
use crate::cel::error::CelError;
use crate::cel::stored::{repr_of_store, store_of, store_of_field};
use crate::model::plan::{Const, Held, Op, Plan, Repr, Store};
use crate::model::{FieldId, FieldKind, MessageId, Presence, Schema, ValueType, WellKnown};
use crate::storage::access;

impl<'a> Lowerer<'a> {
    pub(super) fn select(&mut self, operand: &Typed, member: &Member) -> Lowered {
        if let Some((_, fields)) = self.record(operand) {
            let (Member::Field { name, .. } | Member::Key(name)) = member;
            let (_, binding) =
                fields.iter().find(|(field, _)| field == name).expect("the checker knows the fields");
            return self.variable(operand.span, binding);
        }
        let base = self.expr(operand)?;
        match member {
            Member::Field { number, name, .. } => self.field(base, operand.span, *number, name),
            Member::Key(name) => self.key(base, operand.span, name),
        }
    }

    /// The fields of what is not a value as a whole.
    fn record(&self, operand: &Typed) -> Option<(&'static str, &'a [(&'static str, VarBinding)])> {
        let TypedKind::Var(at) = operand.kind else { return None };
        match &self.bindings[at] {
            VarBinding::Record(name, fields) => Some((name, fields)),
            _ => None,
        }
    }

    fn field(&mut self, base: Plan, span: Span, number: u32, name: &str) -> Lowered {
        if let Some(Const::Message(message)) = base.as_const() {
            return Ok(Plan::constant(const_field(message, number)));
        }
        match base.repr {
            Repr::Message { id, .. } => match find(self.schema, id, number) {
                Some(field) => self.read(span, base, field),
                None => Err(extension(span)),
            },
            _ => self.key(base, span, name),
        }
    }

    /// `.name` on something that the types do not know.
    fn key(&mut self, base: Plan, span: Span, name: &str) -> Lowered {
        match &base.repr {
            Repr::Message { id, .. } => {
                let found =
                    self.schema.messages[*id].fields.iter().find(|f| self.schema.fields[**f].name == name);
                match found {
                    Some(field) => self.read(span, base, *field),
                    None => Ok(fail("no such field", &Repr::Never)),
                }
            }
            Repr::Rules => {
                let number = match base.as_const() {
                    Some(Const::Message(m)) => m.descriptor().get_field_by_name(name).map(|f| f.number()),
                    _ => None,
                };
                match number {
                    Some(number) => self.field(base, span, number, name),
                    None => Ok(fail("no such field", &Repr::Never)),
                }
            }
            Repr::Dyn => Ok(call("dyn_select", vec![base, text(name)], Repr::Dyn, true)),
            _ => self.map_get(span, base, text(name)),
        }
    }

    pub(super) fn get_field(&mut self, base: Plan, span: Span, name: &Plan) -> Lowered {
        match name.as_const() {
            Some(Const::Str(name)) => {
                let name = name.clone();
                self.key(base, span, &name)
            }
            _ => Err(CelError::unsupported(span, "getField needs the name of the field as a literal")),
        }
    }

    fn read(&self, span: Span, base: Plan, field: FieldId) -> Lowered {
        self.opened(span, read_field(self.schema, convert::borrow(base), field))
    }

    /// What an `Any` holds, in its place.
    pub(super) fn opened(&self, span: Span, plan: Plan) -> Lowered {
        match &plan.repr {
            Repr::Message { id, .. } if self.schema.messages[*id].well_known == Some(WellKnown::Any) => {
                convert::to_dyn(span, plan)
            }
            _ => Ok(plan),
        }
    }

    pub(super) fn has(&mut self, operand: &Typed, member: &Member) -> Lowered {
        if let Some((name, _)) = self.record(operand) {
            let text = format!("`{name}` always has all its fields: `has` tells nothing");
            return Err(CelError::unsupported(operand.span, text));
        }
        let base = self.expr(operand)?;
        let name = match member {
            Member::Field { name, .. } | Member::Key(name) => name,
        };
        match (&base.repr, member) {
            (Repr::Rules, Member::Field { number, .. }) => {
                let Some(Const::Message(message)) = base.as_const() else {
                    return Ok(fail("no such field", &Repr::Bool));
                };
                let set = field_or_extension(message, *number).is_some_and(|(_, set)| set);
                Ok(Plan::constant(Const::Bool(set)))
            }
            (Repr::Message { id, .. }, _) => {
                let found =
                    self.schema.messages[*id].fields.iter().find(|f| self.schema.fields[**f].name == *name);
                let Some(field) = found else {
                    return match member {
                        Member::Field { .. } => Err(extension(operand.span)),
                        Member::Key(_) => Ok(fail("no such field", &Repr::Bool)),
                    };
                };
                let fallible = base.fallible;
                let op = Op::HasField { base: Box::new(convert::borrow(base)), field: *field };
                Ok(Plan { repr: Repr::Bool, fallible, op })
            }
            (Repr::Dyn, _) => Ok(call("dyn_has", vec![base, text(name)], Repr::Bool, true)),
            _ => self.map_has(operand.span, base, text(name)),
        }
    }
}

/// The checker knows the extensions of a message, the struct has none of them.
pub(super) fn extension(span: Span) -> CelError {
    CelError::unsupported(span, "prost does not store extensions: their fields cannot be used")
}

fn text(name: &str) -> Plan {
    Plan::constant(Const::Str(name.to_owned()))
}

/// A field of a message.
pub fn read_field(schema: &Schema, base: Plan, field: FieldId) -> Plan {
    let node = &schema.fields[field];
    let present = matches!(base.repr, Repr::Message { held: Held::Present, .. });
    let repr = match &node.kind {
        FieldKind::Singular(value, _) => {
            let store = store_of(schema, value);
            match (&store, value) {
                (Store::Message(id), _) => {
                    let required = present && access::is_always_there(schema, field);
                    Repr::Message { id: *id, held: if required { Held::Present } else { Held::Optional } }
                }
                (_, ValueType::Message(id))
                    if schema.messages[*id].well_known.is_some_and(WellKnown::is_wrapper) =>
                {
                    Repr::Nullable(Box::new(repr_of_store(&store)))
                }
                _ => repr_of_store(&store),
            }
        }
        kind => repr_of_store(&store_of_field(schema, kind)),
    };
    let fallible = base.fallible;
    let default = default_of(schema, field);
    Plan { repr, fallible, op: Op::Field { base: Box::new(base), field, default } }
}

pub(super) fn find(schema: &Schema, message: MessageId, number: u32) -> Option<FieldId> {
    schema.messages[message].fields.iter().copied().find(|f| schema.fields[*f].number == number)
}

/// What an unset field reads as.
fn default_of(schema: &Schema, field: FieldId) -> Const {
    let node = &schema.fields[field];
    match &node.kind {
        FieldKind::Singular(ValueType::Scalar(_) | ValueType::Enum(_), presence) => {
            debug_assert!(*presence != Presence::Implicit || node.default.is_none());
            const_value(&node.descriptor.default_value())
        }
        FieldKind::Singular(value @ ValueType::Message(id), _) => match store_of(schema, value) {
            Store::Timestamp => Const::Timestamp(0, 0),
            Store::Duration => Const::Duration(0, 0),
            // An unset `Struct` is empty; nothing is in an unset `Value`.
            Store::Json => match schema.messages[*id].well_known {
                Some(WellKnown::Struct) => Const::Map(Vec::new()),
                Some(WellKnown::ListValue) => Const::List(Vec::new()),
                _ => Const::Null,
            },
            _ => Const::Null,
        },
        _ => Const::Null,
    }
}
