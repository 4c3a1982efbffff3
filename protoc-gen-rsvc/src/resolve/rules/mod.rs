//! `buf.validate` options -> [`Rules`].

#[cfg(test)]
mod corpus;
mod custom;
mod locate;
mod reach;
pub(super) mod report;
mod standard;
#[cfg(test)]
mod typed;
pub(super) mod types;
mod value;
mod versions;

use prost_reflect::{DynamicMessage, Value};

use super::annotations;
use crate::cel::reads::PRESENCE;
use crate::cel::types::Type;
use crate::diag::{Code, Diagnostic, Sink};
use crate::input::{Loaded, Locations};
use crate::model::plan::Store;
use crate::model::rules::{
    Declared, Expression, FieldRules, Group, MessageRules, Part, RulePlace, Rules, ValueRules,
};
use crate::model::{FieldId, FieldKind, MessageId, Presence, Schema, ValueType};
use crate::options::Options;
use crate::sorted::{SortedMap, SortedSet};
use custom::{CelRule, Scope};
use report::RuleReporter;
use versions::ignore;

/// `buf.validate.Ignore`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ignore {
    Unspecified,
    IfZero,
    /// Of versions before 0.14: also where a field with presence is set to its default.
    IfDefault,
    Always,
}

/// Resolves the rules of every message that is generated.
pub(super) fn resolve(loaded: &Loaded, schema: &Schema, options: &Options, sink: &mut Sink) -> Rules {
    let report = RuleReporter { sources: &loaded.sources, defer: options.defer_rule_errors, sink };
    let mut resolver = RuleResolver {
        schema,
        options,
        report,
        locations: &loaded.locations,
        pgv: SortedSet::new(),
        declared: SortedMap::new(),
        expressions: SortedMap::new(),
        message_expressions: SortedMap::new(),
    };
    let messages = schema.messages.iter().map(|(id, message)| {
        if message.is_generated() { resolver.message(id) } else { MessageRules::default() }
    });
    let messages = messages.collect();
    let RuleResolver { declared, expressions, message_expressions, .. } = resolver;
    let mut rules = Rules { messages, declared, expressions, message_expressions };
    reach::embed(schema, &mut rules);
    reach::prune(schema, &mut rules);
    rules
}

struct RuleResolver<'a> {
    schema: &'a Schema,
    options: &'a Options,
    report: RuleReporter<'a>,
    locations: &'a Locations,
    /// Files whose rules of protoc-gen-validate are told.
    pgv: SortedSet<String>,
    /// The standard rules as they are written.
    declared: SortedMap<FieldId, Vec<Declared>>,
    expressions: SortedMap<FieldId, Vec<Expression>>,
    message_expressions: SortedMap<MessageId, Vec<Expression>>,
}

impl RuleResolver<'_> {
    fn message(&mut self, id: MessageId) -> MessageRules {
        let message = &self.schema.messages[id];
        let options = message.descriptor.options();
        let rules = annotations::extension(&self.schema.pool, &options, "buf.validate.message");
        let mut out = MessageRules::default();
        self.warn_of_pgv(id);
        if let Some(rules) = &rules {
            if flag(rules, "disabled") {
                return out;
            }
            out.broken = self.check_message(id, rules);
            self.message_rules(id, rules, &mut out);
        }
        for oneof in &message.oneofs {
            let node = &self.schema.oneofs[*oneof];
            let descriptor = message.descriptor.oneofs().find(|o| o.name() == node.name);
            let descriptor = descriptor.expect("the oneofs are those of the pool");
            let rules =
                annotations::extension(&self.schema.pool, &descriptor.options(), "buf.validate.oneof");
            let Some(rules) = rules else { continue };
            if let Some(text) = self.check_oneof(id, descriptor.path(), &rules) {
                out.broken = Some(text);
            }
            if flag(&rules, "required") {
                out.required_oneofs.push(*oneof);
            }
        }
        let grouped: Vec<FieldId> = out.groups.iter().flat_map(|g| g.fields.iter().copied()).collect();
        for field in &message.fields {
            if let Some(rules) = self.field(*field, grouped.contains(field)) {
                out.fields.push(rules);
            }
        }
        wait_for_sizes(&mut out);
        out
    }

    fn message_rules(&mut self, id: MessageId, rules: &DynamicMessage, out: &mut MessageRules) {
        let message = &self.schema.messages[id];
        let expressions = annotations::strings(rules, "cel_expression");
        let sources =
            expressions.iter().map(|e| CelRule::from_expression(e)).chain(custom::sources(rules, "cel"));
        let scope = Scope {
            schema: self.schema,
            pool: &self.schema.pool,
            this: (Type::of_message(&message.full_name), Store::Message(id)),
            rule: None,
        };
        for source in sources {
            let rule = custom::compile(&source, &scope, RulePlace::Message);
            self.message_expressions.or_default(id).push(source.declared(Part::Whole, None));
            match self.report.compiled(&message.origin.place, &source, rule) {
                Ok(check) => out.checks.push(check),
                Err(text) => out.broken = Some(text),
            }
        }
        let groups = annotations::field(rules, "oneof");
        for group in
            groups.as_ref().and_then(Value::as_list).unwrap_or(&[]).iter().filter_map(Value::as_message)
        {
            match self.group(id, group) {
                Ok(group) => out.groups.push(group),
                Err(text) => {
                    let diagnostic =
                        Diagnostic::error(Code::RULE_VALUE, text).at(message.origin.place.clone());
                    out.broken = Some(self.report.add(diagnostic));
                }
            }
        }
    }

    fn group(&self, id: MessageId, rule: &DynamicMessage) -> Result<Group, String> {
        let message = &self.schema.messages[id];
        let names = annotations::strings(rule, "fields");
        if names.is_empty() {
            return Err(format!("a oneof rule of `{}` names no field", message.full_name));
        }
        let mut fields = Vec::new();
        for name in &names {
            let found = message.fields.iter().find(|f| self.schema.fields[**f].name == *name);
            let Some(found) = found else {
                return Err(format!(
                    "a oneof rule names `{name}`, but `{}` has no such field",
                    message.full_name
                ));
            };
            if fields.contains(found) {
                return Err(format!("a oneof rule of `{}` names `{name}` twice", message.full_name));
            }
            fields.push(*found);
        }
        let reads = fields.iter().map(|field| vec![self.schema.fields[*field].number, PRESENCE]).collect();
        Ok(Group { fields, required: flag(rule, "required"), reads })
    }

    /// The rules of a field; none when nothing can come of them.
    fn field(&mut self, id: FieldId, grouped: bool) -> Option<FieldRules> {
        let field = &self.schema.fields[id];
        let rules =
            annotations::extension(&self.schema.pool, &field.descriptor.options(), "buf.validate.field");
        let ignore = match rules.as_ref().map(|r| (ignore(r), annotations::field(r, "ignore").is_some())) {
            Some((Ignore::Always, _)) => return None,
            Some((_, false)) if grouped => Ignore::IfZero,
            Some((ignore, _)) => ignore,
            None => Ignore::Unspecified,
        };
        let (mut value, mut broken) = match self.field_value(id, rules.as_ref()) {
            Ok(value) => (value, None),
            Err(text) => (ValueRules::default(), Some(text)),
        };
        if let Some(text) = rules.as_ref().and_then(|rules| self.check_field(id, rules)) {
            broken = Some(text);
        }
        let field = &self.schema.fields[id];
        let presence = !matches!(
            field.kind,
            FieldKind::Singular(_, Presence::Implicit) | FieldKind::Repeated(_) | FieldKind::Map(..)
        );
        let required = rules.as_ref().is_some_and(|r| flag(r, "required"));
        let skip_unset = presence || matches!(ignore, Ignore::IfZero | Ignore::IfDefault);
        if presence && ignore == Ignore::IfDefault {
            if matches!(field.kind.value(), ValueType::Message(_) | ValueType::Group(_))
                || field.default.is_some()
            {
                let text =
                    "this `ignore` cannot be said of messages, nor of fields with a default of their own";
                let found = Diagnostic::error(Code::UNKNOWN_RULE, text).at(field.origin.place.clone());
                broken = Some(self.report.add(found.help("write the exception in CEL")));
            }
            value.skip_zero = true;
        }
        let out = FieldRules { field: id, broken, required, skip_unset, value };
        (required || out.broken.is_some() || !out.value.is_empty()).then_some(out)
    }
}

/// An expression over a list may take long, which is what the limits of sizes are for.
fn wait_for_sizes(rules: &mut MessageRules) {
    let limited: Vec<FieldId> =
        rules.fields.iter().filter(|f| f.value.max_size().is_some()).map(|f| f.field).collect();
    for check in &mut rules.checks {
        let plan = check.test.plan();
        if plan.any(|part| part.op.is_loop()) {
            let read = |field: &FieldId| plan.any(|part| part.op.reads_from_this(*field));
            check.limited = limited.iter().copied().filter(read).collect();
        }
    }
}

fn flag(from: &DynamicMessage, name: &str) -> bool {
    matches!(annotations::field(from, name), Some(Value::Bool(true)))
}
