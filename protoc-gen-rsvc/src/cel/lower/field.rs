//! Fields: how they are reached, what unset means, and `has`.

use prost_reflect::{DynamicMessage, ReflectMessage, Value};

use super::{Lowered, Lowerer, convert, fail, ops};
use crate::cel::ast::Span;
use crate::cel::check::{Member, Typed};
use crate::cel::error::CelError;
use crate::cel::plan::{Const, Item, ListForm, MapForm, Op, Own, Plan, Repr, Store};
use crate::model::{FieldId, FieldKind, MessageId, Presence, Scalar, Schema, ValueType, WellKnown};
use crate::storage::reach;

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
            return Ok(Plan::constant(const_field(message, number, name)));
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
            let Some(field) = find(self.schema, id, number) else { continue };
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
                    let required = present && reach::is_always_there(schema, field);
                    Repr::Message { id: *id, present: required }
                }
                (_, ValueType::Message(id)) if is_wrapper(schema, *id) => {
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

pub(super) fn is_wrapper(schema: &Schema, message: MessageId) -> bool {
    schema.messages[message].well_known.and_then(wrapped).is_some()
}

/// A type with wrappers taken as what they wrap, which is how both are stored.
pub fn unwrapped(schema: &Schema, value: &ValueType) -> ValueType {
    match value {
        ValueType::Message(id) => {
            schema.messages[*id].well_known.and_then(wrapped).map_or_else(|| value.clone(), ValueType::Scalar)
        }
        _ => value.clone(),
    }
}

/// The scalar inside a wrapper.
pub fn wrapped(well_known: WellKnown) -> Option<Scalar> {
    Some(match well_known {
        WellKnown::BoolValue => Scalar::Bool,
        WellKnown::BytesValue => Scalar::Bytes,
        WellKnown::DoubleValue => Scalar::Double,
        WellKnown::FloatValue => Scalar::Float,
        WellKnown::Int32Value => Scalar::Int32,
        WellKnown::Int64Value => Scalar::Int64,
        WellKnown::StringValue => Scalar::String,
        WellKnown::UInt32Value => Scalar::Uint32,
        WellKnown::UInt64Value => Scalar::Uint64,
        _ => return None,
    })
}

/// How one value of this type is stored.
pub fn store_of(schema: &Schema, value: &ValueType) -> Store {
    match value {
        ValueType::Scalar(scalar) => Store::Scalar(*scalar),
        ValueType::Enum(_) => Store::Enum,
        ValueType::Message(id) | ValueType::Group(id) => store_of_message(schema, *id),
    }
}

/// How a message is stored.
pub fn store_of_message(schema: &Schema, id: MessageId) -> Store {
    match schema.messages[id].well_known {
        Some(WellKnown::Timestamp) => Store::Timestamp,
        Some(WellKnown::Duration) => Store::Duration,
        Some(WellKnown::Struct | WellKnown::Value | WellKnown::ListValue) => Store::Json,
        Some(other) => wrapped(other).map_or(Store::Message(id), Store::Scalar),
        None => Store::Message(id),
    }
}

/// How a field is stored as a whole.
pub fn store_of_field(schema: &Schema, kind: &FieldKind) -> Store {
    match kind {
        FieldKind::Singular(value, _) => store_of(schema, value),
        FieldKind::Repeated(value) => Store::List(Box::new(store_of(schema, value))),
        FieldKind::Map(key, value) => Store::Map(*key, Box::new(store_of(schema, value))),
    }
}

/// The form in which a stored value is used.
pub(super) fn repr_of_store(store: &Store) -> Repr {
    match store {
        Store::Scalar(scalar) => repr_of_scalar(*scalar),
        Store::Enum => Repr::Int,
        Store::Message(id) => Repr::Message { id: *id, present: true },
        Store::Timestamp => Repr::Timestamp,
        Store::Duration => Repr::Duration,
        Store::Json => Repr::Dyn,
        Store::List(store) => Repr::List(Item::Stored(store.clone()), ListForm::Slice),
        Store::Map(key, value) => Repr::Map(Box::new(MapForm::Stored(*key, (**value).clone()))),
    }
}

pub(super) fn repr_of_scalar(scalar: Scalar) -> Repr {
    match scalar {
        Scalar::Double | Scalar::Float => Repr::Double,
        Scalar::Int32
        | Scalar::Int64
        | Scalar::Sint32
        | Scalar::Sint64
        | Scalar::Sfixed32
        | Scalar::Sfixed64 => Repr::Int,
        Scalar::Uint32 | Scalar::Uint64 | Scalar::Fixed32 | Scalar::Fixed64 => Repr::Uint,
        Scalar::Bool => Repr::Bool,
        Scalar::String => Repr::Str(Own::Borrowed),
        Scalar::Bytes => Repr::Bytes(Own::Borrowed),
    }
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

/// A value of the descriptors as a constant.
pub fn const_value(value: &Value) -> Const {
    match value {
        Value::Bool(b) => Const::Bool(*b),
        Value::I32(n) | Value::EnumNumber(n) => Const::Int((*n).into()),
        Value::I64(n) => Const::Int(*n),
        Value::U32(n) => Const::Uint((*n).into()),
        Value::U64(n) => Const::Uint(*n),
        Value::F32(n) => Const::Double((*n).into()),
        Value::F64(n) => Const::Double(*n),
        Value::String(s) => Const::Str(s.clone()),
        Value::Bytes(b) => Const::Bytes(b.to_vec()),
        Value::Message(m) => const_message(m),
        Value::List(items) => Const::List(items.iter().map(const_value).collect()),
        Value::Map(entries) => {
            let mut out: Vec<_> = entries.iter().collect();
            out.sort_by(|a, b| format!("{:?}", a.0).cmp(&format!("{:?}", b.0)));
            let entry =
                |(k, v): (&prost_reflect::MapKey, &Value)| (const_value(&k.clone().into()), const_value(v));
            Const::Map(out.into_iter().map(entry).collect())
        }
    }
}

fn const_message(message: &DynamicMessage) -> Const {
    let number = |n: u32| message.get_field_by_number(n).map(std::borrow::Cow::into_owned);
    let parts = || {
        let seconds = number(1).and_then(|v| v.as_i64()).unwrap_or_default();
        (seconds, number(2).and_then(|v| v.as_i32()).unwrap_or_default())
    };
    let descriptor = message.descriptor();
    match descriptor.full_name() {
        "google.protobuf.Timestamp" => {
            let (seconds, nanos) = parts();
            Const::Timestamp(seconds, nanos)
        }
        "google.protobuf.Duration" => {
            let (seconds, nanos) = parts();
            Const::Duration(seconds, nanos)
        }
        name if is_wrapper_name(name) => number(1).map_or(Const::Null, |v| const_value(&v)),
        _ => Const::Message(message.clone()),
    }
}

fn is_wrapper_name(name: &str) -> bool {
    name.strip_prefix("google.protobuf.").is_some_and(|n| {
        matches!(
            n,
            "BoolValue"
                | "BytesValue"
                | "DoubleValue"
                | "FloatValue"
                | "Int32Value"
                | "Int64Value"
                | "StringValue"
                | "UInt32Value"
                | "UInt64Value"
        )
    })
}

/// A field or an extension by its number, and whether it is set.
fn field_or_extension(message: &DynamicMessage, number: u32) -> Option<(Value, bool)> {
    let descriptor = message.descriptor();
    if let Some(field) = descriptor.get_field(number) {
        return Some((message.get_field(&field).into_owned(), message.has_field(&field)));
    }
    let extension = descriptor.get_extension(number)?;
    Some((message.get_extension(&extension).into_owned(), message.has_extension(&extension)))
}

fn const_field(message: &DynamicMessage, number: u32, _name: &str) -> Const {
    field_or_extension(message, number).map_or(Const::Null, |(value, _)| const_value(&value))
}
