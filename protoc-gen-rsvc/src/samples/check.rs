//! Whether a message fulfils its rules, as the generated validation would say.

use rsvc_common::sample::{Broken, Step, Value, Verdict};

use super::eval::{Evaluator, Stop, is_set, is_zero};
use crate::model::rules::{Check, FieldRules, Test, ValueRules};
use crate::model::{FieldId, FieldKind, MessageId, Schema, ValueType};

/// Two times, in seconds since 1970, at which a sample has to be valid: before it is read by anybody, and long after.
const TIMES: [i64; 2] = [1_780_000_000, 4_102_444_800];

/// Checks messages against their compiled rules.
pub(super) struct Checker<'a> {
    schema: &'a Schema,
    evaluator: Evaluator<'a>,
}

/// What is found in a message.
#[derive(Default)]
struct Found {
    broken: Vec<Broken>,
    unknown: bool,
}

impl Found {
    fn add(&mut self, path: &[Step], rule: &str) {
        self.broken.push(Broken { path: path.to_vec(), rule: rule.to_owned() });
    }
}

impl<'a> Checker<'a> {
    pub(super) fn new(schema: &'a Schema) -> Self {
        Self { schema, evaluator: Evaluator::new(schema) }
    }

    /// What is to be said of a message.
    pub(super) fn message(&mut self, id: MessageId, value: &Value) -> Verdict {
        let mut found = Found::default();
        self.rules_of(id, value, &mut Vec::new(), &mut found);
        verdict(found)
    }

    /// What is to be said of the value of a field by itself.
    pub(super) fn field(&mut self, id: FieldId, value: &Value) -> Verdict {
        let mut found = Found::default();
        let message = self.schema.fields[id].message;
        let schema = self.schema;
        let rules = schema.rules.of(message).map_or(&[][..], |rules| &rules.fields);
        if let Some(rules) = rules.iter().find(|rules| rules.field == id) {
            let place = super::tables::place(schema, id);
            self.field_rules(rules, &[(place, value.clone())], &mut Vec::new(), &mut found);
        }
        verdict(found)
    }

    fn rules_of(&mut self, id: MessageId, value: &Value, path: &mut Vec<Step>, found: &mut Found) {
        let schema = self.schema;
        let Value::Message(fields) = value else {
            found.unknown |= schema.messages[id].well_known.is_none();
            return;
        };
        self.required(id, fields, path, found);
        let Some(rules) = schema.rules.of(id) else { return };
        if rules.broken.is_some() {
            found.unknown = true;
            return;
        }
        for check in &rules.checks {
            self.check(check, value, path, found);
        }
        for group in &rules.groups {
            let set = group.fields.iter().filter(|field| is_set(schema, fields, **field)).count();
            if set > 1 || (set == 0 && group.required) {
                found.add(path, "message.oneof");
            }
        }
        for oneof in &rules.required_oneofs {
            if !schema.oneofs[*oneof].fields.iter().any(|field| is_set(schema, fields, *field)) {
                found.add(path, "required");
            }
        }
        for rules in &rules.fields {
            self.field_rules(rules, fields, path, found);
        }
        self.below(id, fields, path, found);
    }

    /// Fields that have to be there in the encoding.
    fn required(&self, id: MessageId, fields: &[(usize, Value)], path: &mut Vec<Step>, found: &mut Found) {
        for field in &self.schema.messages[id].fields {
            let node = &self.schema.fields[*field];
            let required = matches!(node.kind, FieldKind::Singular(_, crate::model::Presence::Required));
            if required && !is_set(self.schema, fields, *field) {
                path.push(Step::Field(node.number));
                found.add(path, "required");
                path.pop();
            }
        }
    }

    /// Messages with required fields below fields without rules: the encoding tests them.
    fn below(&self, id: MessageId, fields: &[(usize, Value)], path: &mut Vec<Step>, found: &mut Found) {
        for (place, value) in fields {
            let field = self.schema.messages[id].fields[*place];
            let node = &self.schema.fields[field];
            let (ValueType::Message(inner) | ValueType::Group(inner)) = node.kind.value() else { continue };
            let inside: Vec<&Value> = match value {
                Value::List(items) => items.iter().collect(),
                Value::Map(pairs) => pairs.iter().map(|(_, value)| value).collect(),
                one => vec![one],
            };
            path.push(Step::Field(node.number));
            for value in inside {
                if let Value::Message(fields) = value {
                    self.required(*inner, fields, path, found);
                    self.below(*inner, fields, path, found);
                }
            }
            path.pop();
        }
    }

    fn field_rules(
        &mut self,
        rules: &FieldRules,
        fields: &[(usize, Value)],
        path: &mut Vec<Step>,
        found: &mut Found,
    ) {
        let schema = self.schema;
        if rules.broken.is_some() {
            found.unknown = true;
            return;
        }
        let node = &schema.fields[rules.field];
        let set = is_set(schema, fields, rules.field);
        path.push(Step::Field(node.number));
        if rules.required && !set {
            found.add(path, "required");
        } else if set || !rules.skip_unset {
            let place = super::tables::place(schema, rules.field);
            let held = fields.iter().find(|(at, _)| *at == place).map(|(_, value)| value.clone());
            let held = held.or_else(|| zero(schema, &node.kind));
            // What is unset and has no value, as a message, has nothing to test.
            if let Some(value) = held {
                self.value(&rules.value, &node.kind, None, &value, path, found);
            }
        }
        path.pop();
    }

    /// The rules of a value; `part` is the type of one in a list or map.
    fn value(
        &mut self,
        rules: &ValueRules,
        kind: &FieldKind,
        part: Option<&ValueType>,
        value: &Value,
        path: &mut Vec<Step>,
        found: &mut Found,
    ) {
        let ty = part.unwrap_or(kind.value());
        let is_one = part.is_some() || matches!(kind, FieldKind::Singular(..));
        if rules.skip_zero && is_one && is_zero(self.schema, ty, value) {
            return;
        }
        let before = found.broken.len();
        for size in &rules.sizes {
            self.check(size, value, path, found);
        }
        if found.broken.len() > before {
            return;
        }
        for check in &rules.checks {
            self.check(check, value, path, found);
        }
        if let Some(id) = rules.message {
            self.rules_of(id, value, path, found);
        }
        if let (Some(items), Value::List(list)) = (&rules.items, value) {
            for (n, item) in list.iter().enumerate() {
                path.push(Step::Index(n));
                self.value(items, kind, Some(kind.value()), item, path, found);
                path.pop();
            }
        }
        if let (FieldKind::Map(key_type, _), Value::Map(pairs)) = (kind, value) {
            let key_type = ValueType::Scalar(*key_type);
            for (key, value) in pairs {
                let text = match key {
                    Value::Text(text) => text.clone(),
                    Value::Int(n) => n.to_string(),
                    Value::Bool(b) => b.to_string(),
                    _ => String::new(),
                };
                if let Some(keys) = &rules.keys {
                    path.push(Step::OfKey(text.clone()));
                    self.value(keys, kind, Some(&key_type), key, path, found);
                    path.pop();
                }
                if let Some(values) = &rules.values {
                    path.push(Step::Key(text));
                    self.value(values, kind, Some(kind.value()), value, path, found);
                    path.pop();
                }
            }
        }
    }

    fn check(&mut self, check: &Check, value: &Value, path: &[Step], found: &mut Found) {
        let times = if check.now { &TIMES[..] } else { &TIMES[..1] };
        for now in times {
            let holds = match &check.test {
                Test::Fails(plan) => self.evaluator.is_true(plan, value, *now).map(|fails| !fails),
                Test::Holds(plan) => self.evaluator.is_true(plan, value, *now),
                Test::Text(plan) => self.evaluator.is_empty(plan, value, *now),
            };
            match holds {
                Ok(true) => {}
                Ok(false) | Err(Stop::Fails) => return found.add(path, &check.id),
                Err(Stop::Unknown) => found.unknown = true,
            }
        }
    }
}

fn verdict(found: Found) -> Verdict {
    match found {
        Found { broken, .. } if !broken.is_empty() => Verdict::Broken(broken),
        Found { unknown: true, .. } => Verdict::Unknown,
        _ => Verdict::Valid,
    }
}

/// What unset stands for, of a field without presence.
fn zero(schema: &Schema, kind: &FieldKind) -> Option<Value> {
    Some(match kind {
        FieldKind::Repeated(_) => Value::List(Vec::new()),
        FieldKind::Map(..) => Value::Map(Vec::new()),
        FieldKind::Singular(ValueType::Enum(id), _) => {
            Value::Int(schema.enums[*id].values.first()?.number.into())
        }
        FieldKind::Singular(ValueType::Scalar(_), _) => match super::tables::value_type(schema, kind.value())
        {
            rsvc_common::sample::Type::Scalar(scalar) => scalar.zero(),
            _ => return None,
        },
        FieldKind::Singular(..) => return None,
    })
}
