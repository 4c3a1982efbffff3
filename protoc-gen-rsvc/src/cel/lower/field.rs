//! Fields: how they are reached, what unset means, and `has`.

use prost_reflect::ReflectMessage as _;

use super::{Lowered, Lowerer, convert, fail, ops};
use crate::cel::ast::Span;
use crate::cel::check::{Member, Typed};
use crate::cel::constant::{const_field, const_value, field_or_extension};
use crate::cel::error::CelError;
use crate::cel::stored::{repr_of_store, store_of, store_of_field};
use crate::model::plan::{Const, Op, Plan, Repr, Store};
use crate::model::{FieldId, FieldKind, MessageId, Presence, Schema, ValueType, WellKnown};
use crate::storage::access;

impl Lowerer<'_> {
    pub(super) fn select(&mut self, operand: &Typed, member: &Member) -> Lowered {
        let base = self.expr(operand)?;
        match member {
            Member::Field { number, name, .. } => self.field(base, operand.span, *number, name),
            Member::Key(name) => self.key(base, operand.span, name),
        }
    }

    fn field(&mut self, base: Plan, span: Span, number: u32, name: &str) -> Lowered {
        if let Some(Const::Message(message)) = base.as_const() {
            return Ok(Plan::constant(const_field(message, number)));
        }
        match base.repr {
            Repr::Message { id, .. } => match find(self.schema, id, number) {
                Some(field) => Ok(self.read(base, field)),
                None => Ok(fail("no such field", Repr::Never)),
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
                Ok(match found {
                    Some(field) => self.read(base, *field),
                    None => fail("no such field", Repr::Never),
                })
            }
            Repr::Rules => {
                let number = match base.as_const() {
                    Some(Const::Message(m)) => m.descriptor().get_field_by_name(name).map(|f| f.number()),
                    _ => None,
                };
                match number {
                    Some(number) => self.field(base, span, number, name),
                    None => Ok(fail("no such field", Repr::Never)),
                }
            }
            _ => self.map_get(span, base, Plan::constant(Const::Str(name.to_owned()))),
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

    fn read(&self, base: Plan, field: FieldId) -> Plan {
        read_field(self.schema, base, field)
    }

    pub(super) fn has(&mut self, operand: &Typed, member: &Member) -> Lowered {
        let base = self.expr(operand)?;
        let name = match member {
            Member::Field { name, .. } | Member::Key(name) => name,
        };
        match (&base.repr, member) {
            (Repr::Rules, Member::Field { number, .. }) => {
                let Some(Const::Message(message)) = base.as_const() else {
                    return Ok(fail("no such field", Repr::Bool));
                };
                let set = field_or_extension(message, *number).is_some_and(|(_, set)| set);
                Ok(Plan::constant(Const::Bool(set)))
            }
            (Repr::Message { id, .. }, _) => {
                let found =
                    self.schema.messages[*id].fields.iter().find(|f| self.schema.fields[**f].name == *name);
                let Some(field) = found else { return Ok(fail("no such field", Repr::Bool)) };
                let fallible = base.fallible;
                let op = Op::HasField { base: Box::new(base), field: *field };
                Ok(Plan { repr: Repr::Bool, fallible, op })
            }
            _ => self.map_has(operand.span, base, Plan::constant(Const::Str(name.clone()))),
        }
    }

    pub(super) fn new_message(&mut self, span: Span, name: &str, fields: &[(u32, Typed)]) -> Lowered {
        let found =
            self.schema.messages.iter().find(|(_, m)| m.full_name == name).map(|(id, m)| (id, m.well_known));
        let mut values = Vec::with_capacity(fields.len());
        for (number, value) in fields {
            values.push((*number, self.expr(value)?));
        }
        if let Some(plan) = ops::well_known(name, &values) {
            return Ok(plan);
        }
        let Some((id, _)) = found else {
            return Err(CelError::unsupported(
                span,
                format!("`{name}` is not among the types that are compiled"),
            ));
        };
        let mut out = Vec::with_capacity(values.len());
        for ((number, plan), (_, typed)) in values.into_iter().zip(fields) {
            let field = find(self.schema, id, number).ok_or_else(|| {
                CelError::unsupported(typed.span, "prost does not store extensions: none can be set")
            })?;
            out.push((field, convert::store(typed.span, self.schema, field, plan)?));
        }
        let fallible = out.iter().any(|(_, p)| p.fallible);
        Ok(Plan {
            repr: Repr::Message { id, present: true },
            fallible,
            op: Op::NewMessage { id, fields: out },
        })
    }
}

/// A field of a message.
pub fn read_field(schema: &Schema, base: Plan, field: FieldId) -> Plan {
    let node = &schema.fields[field];
    let present = matches!(base.repr, Repr::Message { present: true, .. });
    let repr = match &node.kind {
        FieldKind::Singular(value, _) => {
            let store = store_of(schema, value);
            match (&store, value) {
                (Store::Message(id), _) => {
                    let required = present && access::is_always_there(schema, field);
                    Repr::Message { id: *id, present: required }
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
        FieldKind::Singular(value, _) => match store_of(schema, value) {
            Store::Timestamp => Const::Timestamp(0, 0),
            Store::Duration => Const::Duration(0, 0),
            _ => Const::Null,
        },
        _ => Const::Null,
    }
}
