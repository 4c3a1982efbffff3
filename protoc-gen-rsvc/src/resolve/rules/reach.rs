//! What follows from rules elsewhere: messages below, and whether there is anything to do at all.

use crate::model::rules::{Rules, ValueRules};
use crate::model::{MessageId, Schema};

/// A field whose message has rules that cannot be compiled cannot be compiled either.
pub(super) fn embed(schema: &Schema, rules: &mut Rules) {
    let broken: Vec<bool> = rules.messages.iter().map(|m| m.broken.is_some()).collect();
    for message in &mut rules.messages {
        for field in &mut message.fields {
            let below = embedded(&field.value).into_iter().find(|id| broken[id.index()]);
            if let (Some(id), None) = (below, &field.broken) {
                let text = format!("the rules of `{}` cannot be compiled", schema.messages[id].full_name);
                field.broken = Some(text);
            }
        }
    }
}

fn embedded(value: &ValueRules) -> Vec<MessageId> {
    let parts = [&value.items, &value.keys, &value.values];
    let below = parts.into_iter().flatten().flat_map(|v| embedded(v));
    value.message.into_iter().chain(below).collect()
}

/// Finds the messages with anything to test, and forgets the way to all others.
pub(super) fn prune(schema: &Schema, rules: &mut Rules) {
    loop {
        let mut changed = false;
        for at in 0..rules.messages.len() {
            let message = &rules.messages[at];
            let any = message.any
                || message.broken.is_some()
                || !message.checks.is_empty()
                || !message.groups.is_empty()
                || !message.required_oneofs.is_empty()
                || message
                    .fields
                    .iter()
                    .any(|f| f.broken.is_some() || f.required || tests(schema, rules, &f.value));
            if any && !rules.messages[at].any {
                rules.messages[at].any = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let any: Vec<bool> = schema.messages.ids().map(|id| reaches(schema, rules, id)).collect();
    for message in &mut rules.messages {
        for field in &mut message.fields {
            forget(&mut field.value, &any);
        }
        message.fields.retain(|f| f.broken.is_some() || f.required || !f.value.is_empty());
    }
}

/// Whether a message has rules; those from elsewhere may have.
fn reaches(schema: &Schema, rules: &Rules, id: MessageId) -> bool {
    let message = &schema.messages[id];
    let is_elsewhere = !message.is_generated() && message.well_known.is_none();
    rules.of(id).is_some_and(|r| r.any) || (is_elsewhere && message.stand_in.is_none())
}

fn tests(schema: &Schema, rules: &Rules, value: &ValueRules) -> bool {
    !value.sizes.is_empty()
        || !value.checks.is_empty()
        || value.message.is_some_and(|id| reaches(schema, rules, id))
        || [&value.items, &value.keys, &value.values].into_iter().flatten().any(|v| tests(schema, rules, v))
}

fn forget(value: &mut ValueRules, any: &[bool]) {
    if value.message.is_some_and(|id| !any[id.index()]) {
        value.message = None;
    }
    for part in [&mut value.items, &mut value.keys, &mut value.values] {
        if let Some(inner) = part {
            forget(inner, any);
        }
        if part.as_ref().is_some_and(|v| v.is_empty()) {
            *part = None;
        }
    }
}
