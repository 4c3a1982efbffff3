//! How values of the schema's types lie in prost's structs, and the form in which a plan uses them.

use crate::model::plan::{Held, Item, ListForm, MapForm, Op, Own, Plan, Repr, Store, Variable};
use crate::model::{FieldKind, MessageId, Scalar, Schema, ValueType, WellKnown};

/// A type with wrappers taken as what they wrap, which is how both are stored.
pub fn unwrapped(schema: &Schema, value: &ValueType) -> ValueType {
    match value {
        ValueType::Message(id) => {
            let wrapped = schema.messages[*id].well_known.and_then(WellKnown::wrapped);
            wrapped.map_or_else(|| value.clone(), ValueType::Scalar)
        }
        _ => value.clone(),
    }
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
fn store_of_message(schema: &Schema, id: MessageId) -> Store {
    match schema.messages[id].well_known {
        Some(WellKnown::Timestamp) => Store::Timestamp,
        Some(WellKnown::Duration) => Store::Duration,
        Some(WellKnown::Struct | WellKnown::Value | WellKnown::ListValue) => Store::Json,
        Some(other) => other.wrapped().map_or(Store::Message(id), Store::Scalar),
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
pub fn repr_of_store(store: &Store) -> Repr {
    match store {
        Store::Scalar(scalar) => repr_of_scalar(*scalar),
        Store::Enum => Repr::Int,
        Store::Message(id) => Repr::Message { id: *id, held: Held::Present },
        Store::Timestamp => Repr::Timestamp,
        Store::Duration => Repr::Duration,
        Store::Json => Repr::Dyn,
        Store::List(store) => Repr::List(Item::Stored(store.clone()), ListForm::Slice),
        Store::Map(key, value) => Repr::Map(Box::new(MapForm::Stored(*key, (**value).clone()))),
    }
}

pub fn repr_of_scalar(scalar: Scalar) -> Repr {
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

/// The form of one item of a list, when it is used.
pub fn item_form(item: &Item) -> Repr {
    match item {
        Item::Stored(store) => repr_of_store(store),
        Item::Value(repr) => (**repr).clone(),
    }
}

/// The value behind a reference to prost's storage.
pub fn load(variable: Variable, store: Store) -> Plan {
    Plan { repr: repr_of_store(&store), fallible: false, op: Op::Load(variable, store) }
}

/// The value that a rule stands on.
pub fn this(store: &Store) -> Plan {
    load(Variable::This, store.clone())
}
