//! What messages may be, for the solver.

use rsvc_common::sample::{
    Enum, Field, Group, Kind, Known, Message, Oneof, Relation, Rules, Scalar, Tables, Type, Value,
};

use super::{literals, rules};
use crate::model::rules::{FieldRules, MessageRules, Part};
use crate::model::{FieldId, FieldKind, MessageId, Presence, Schema, ValueType, WellKnown};
use crate::sorted;

/// The tables of all messages and enums, by their places in the arenas.
pub(super) fn tables(schema: &Schema) -> Tables {
    let enums = schema.enums.iter().map(|(_, node)| Enum {
        values: node.values.iter().filter(|v| !v.alias).map(|v| (v.name.clone(), v.number)).collect(),
        closed: node.closed,
    });
    let messages = schema.messages.ids().map(|id| message(schema, id));
    Tables { enums: enums.collect(), messages: messages.collect() }
}

/// The place of a field among those of its message.
pub(super) fn place(schema: &Schema, field: FieldId) -> usize {
    let fields = &schema.messages[schema.fields[field].message].fields;
    fields.iter().position(|known| *known == field).expect("a field is one of its message")
}

fn message(schema: &Schema, id: MessageId) -> Message {
    const NONE: &MessageRules = &MessageRules {
        broken: None,
        checks: Vec::new(),
        groups: Vec::new(),
        required_oneofs: Vec::new(),
        fields: Vec::new(),
        any: false,
    };
    let node = &schema.messages[id];
    let rules = schema.rules.of(id).unwrap_or(NONE);
    let oneofs = node.oneofs.iter().map(|oneof| Oneof {
        fields: schema.oneofs[*oneof].fields.iter().map(|field| place(schema, *field)).collect(),
        required: rules.required_oneofs.contains(oneof),
    });
    let groups = rules.groups.iter().map(|group| Group {
        fields: group.fields.iter().map(|field| place(schema, *field)).collect(),
        required: group.required,
    });
    let relations = rules.checks.iter().map(|check| Relation {
        rule: check.id.clone(),
        reads: reads(schema, id, check.reads.as_deref()),
        literals: literals::of(check.test.plan()),
    });
    let relations: Vec<Relation> = relations.collect();
    let mut fields: Vec<Field> = node
        .fields
        .iter()
        .map(|field| self::field(schema, *field, rules.fields.iter().find(|rules| rules.field == *field)))
        .collect();
    // What a rule of the message mentions may be a value of what it reads.
    for relation in &relations {
        for at in &relation.reads {
            fields[*at].rules.literals.extend(relation.literals.iter().cloned());
        }
    }
    Message {
        name: node.full_name.clone(),
        oneofs: oneofs.collect(),
        groups: groups.collect(),
        relations,
        fields,
        samples: node.is_http_body().then(|| content(schema, id)).into_iter().collect(),
    }
}

/// A text with its media type: what a `google.api.HttpBody` may be, which has no rules to say it.
fn content(schema: &Schema, id: MessageId) -> Value {
    let fields = &schema.messages[id].fields;
    let field = |name: &str, value: Value| {
        let place = fields.iter().position(|field| schema.fields[*field].name == name);
        Some((place?, value))
    };
    let values = [
        field("content_type", Value::Text("text/plain".to_owned())),
        field("data", Value::Bytes(b"Hello".to_vec())),
    ];
    Value::Message(values.into_iter().flatten().collect())
}

/// The fields that a rule reads; all of them, where that is not known.
fn reads(schema: &Schema, id: MessageId, paths: Option<&[Vec<u32>]>) -> Vec<usize> {
    let fields = &schema.messages[id].fields;
    let Some(paths) = paths else { return (0..fields.len()).collect() };
    let first = |path: &Vec<u32>| {
        let number = path.first()?;
        fields.iter().position(|field| schema.fields[*field].number == *number)
    };
    let mut out: Vec<usize> = paths.iter().filter_map(first).collect();
    sorted::sort(&mut out);
    out.dedup();
    out
}

fn field(schema: &Schema, id: FieldId, tested: Option<&FieldRules>) -> Field {
    let node = &schema.fields[id];
    let kind = match &node.kind {
        FieldKind::Singular(ty, _) => Kind::One(value_type(schema, ty)),
        FieldKind::Repeated(ty) => Kind::List(value_type(schema, ty)),
        FieldKind::Map(key, ty) => Kind::Map(scalar(*key), value_type(schema, ty)),
    };
    let part = |part: Part| {
        let each = tested.map(|tested| &tested.value);
        let tested = each.and_then(|whole| match part {
            Part::Whole => Some(whole),
            Part::Item => whole.items.as_deref(),
            Part::Key => whole.keys.as_deref(),
            Part::Value => whole.values.as_deref(),
        });
        rules::of(schema, id, part, tested)
    };
    let mut whole = part(Part::Whole);
    match kind {
        Kind::One(_) => {}
        Kind::List(_) => whole.each = boxed(part(Part::Item)),
        Kind::Map(..) => {
            whole.each = boxed(part(Part::Value));
            whole.keys = boxed(part(Part::Key));
        }
    }
    let presence = match &node.kind {
        FieldKind::Singular(_, presence) => *presence,
        _ => Presence::Implicit,
    };
    Field {
        name: node.name.clone(),
        json: node.json_name.clone(),
        number: node.number,
        kind,
        presence: presence != Presence::Implicit,
        required: presence == Presence::Required || tested.is_some_and(|tested| tested.required),
        skip_unset: tested.is_some_and(|tested| tested.skip_unset),
        unknown: crate::model::is_newer(&node.full_name),
        oneof: node
            .oneof
            .and_then(|oneof| schema.messages[node.message].oneofs.iter().position(|known| *known == oneof)),
        rules: whole,
        samples: Vec::new(),
    }
}

fn boxed(rules: Rules) -> Option<Box<Rules>> {
    (rules != Rules::default()).then(|| Box::new(rules))
}

/// The type of a value, as the solver knows types.
pub(super) fn value_type(schema: &Schema, ty: &ValueType) -> Type {
    match ty {
        ValueType::Scalar(of) => Type::Scalar(scalar(*of)),
        ValueType::Enum(id) => Type::Enum(id.index()),
        ValueType::Message(id) | ValueType::Group(id) => message_type(schema, *id),
    }
}

/// The type that a message is.
pub(super) fn message_type(schema: &Schema, id: MessageId) -> Type {
    Type::Known(match schema.messages[id].well_known {
        None => return Type::Message(id.index()),
        Some(WellKnown::Any) => Known::Any,
        Some(WellKnown::Duration) => Known::Duration,
        Some(WellKnown::Empty) => Known::Empty,
        Some(WellKnown::FieldMask) => Known::FieldMask,
        Some(WellKnown::ListValue) => Known::ListValue,
        Some(WellKnown::Struct) => Known::Struct,
        Some(WellKnown::Timestamp) => Known::Timestamp,
        Some(WellKnown::Value) => Known::Value,
        Some(wrapper) => Known::Wrapper(scalar(
            wrapper.wrapped().expect("all others of the well-known types are wrappers"),
        )),
    })
}

fn scalar(of: crate::model::Scalar) -> Scalar {
    use crate::model::Scalar as From;
    match of {
        From::Double => Scalar::Double,
        From::Float => Scalar::Float,
        From::Int32 | From::Sint32 | From::Sfixed32 => Scalar::Int32,
        From::Int64 | From::Sint64 | From::Sfixed64 => Scalar::Int64,
        From::Uint32 | From::Fixed32 => Scalar::Uint32,
        From::Uint64 | From::Fixed64 => Scalar::Uint64,
        From::Bool => Scalar::Bool,
        From::String => Scalar::String,
        From::Bytes => Scalar::Bytes,
    }
}
