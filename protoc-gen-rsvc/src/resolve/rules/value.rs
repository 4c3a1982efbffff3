//! The rules of a value: of a field as a whole, of an item, of a key or a value of a map.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};

use super::custom::{self, CelRule, Scope};
use super::standard::{self, Problem, Subject};
use super::types::{of_extension, of_field, of_item};
use super::versions::ignore;
use super::{Ignore, RuleResolver, annotations};
use crate::cel::constant::const_value;
use crate::cel::stored::{store_of, store_of_field};
use crate::cel::types::Type;
use crate::diag::{Code, Diagnostic};
use crate::model::plan::{Const, Store};
use crate::model::rules::{Check, Declared, Part, PathElement, RulePlace, Test, Text, ValueRules};
use crate::model::{FieldId, FieldKind, ValueType, WellKnown};
use crate::sorted;

/// What the rules stand on.
struct Target {
    field: FieldId,
    this: (Type, Store),
    /// The type of one value; none for a list or map as a whole.
    value: Option<ValueType>,
    part: Part,
}

/// A rule of a kind, by its path.
fn at(family: &FieldDescriptor, rule: PathElement) -> RulePlace {
    RulePlace::Path(vec![element_of(family), rule])
}

fn element_of(field: &FieldDescriptor) -> PathElement {
    PathElement {
        name: field.name().to_owned(),
        number: field.number(),
        ty: field.field_descriptor_proto().r#type().into(),
    }
}

impl RuleResolver<'_> {
    /// The rules of a field, or why they cannot be compiled.
    pub(super) fn field_value(
        &mut self,
        id: FieldId,
        rules: Option<&DynamicMessage>,
    ) -> Result<ValueRules, String> {
        let field = &self.schema.fields[id];
        let descriptor = field.descriptor.clone();
        let value = match &field.kind {
            FieldKind::Singular(value, _) => Some(value.clone()),
            _ => None,
        };
        let this = (of_field(&descriptor), store_of_field(self.schema, &field.kind));
        let target = Target { field: id, this, value, part: Part::Whole };
        let mut out = self.value(&target, rules)?;
        let below = |family: &str, name: &str| {
            annotations::message(rules?, family).and_then(|rules| annotations::message(&rules, name))
        };
        match &field.kind {
            FieldKind::Singular(..) => {}
            FieldKind::Repeated(item) => {
                let this = (of_item(&descriptor), store_of(self.schema, item));
                let value = Some(item.clone());
                let target = Target { field: id, this, value, part: Part::Item };
                out.items = self.part(&target, below("repeated", "items").as_ref())?;
            }
            FieldKind::Map(key, item) => {
                let Kind::Message(entry) = descriptor.kind() else {
                    unreachable!("a map is a list of entries")
                };
                let (key_field, value_field) = (entry.map_entry_key_field(), entry.map_entry_value_field());
                let target = Target {
                    field: id,
                    this: (of_item(&key_field), Store::Scalar(*key)),
                    value: Some(ValueType::Scalar(*key)),
                    part: Part::Key,
                };
                out.keys = self.part(&target, below("map", "keys").as_ref())?;
                let target = Target {
                    field: id,
                    this: (of_item(&value_field), store_of(self.schema, item)),
                    value: Some(item.clone()),
                    part: Part::Value,
                };
                out.values = self.part(&target, below("map", "values").as_ref())?;
            }
        }
        Ok(out)
    }

    fn part(
        &mut self,
        target: &Target,
        rules: Option<&DynamicMessage>,
    ) -> Result<Option<Box<ValueRules>>, String> {
        let ignore = rules.map_or(Ignore::Unspecified, ignore);
        if ignore == Ignore::Always {
            return Ok(None);
        }
        let mut value = self.value(target, rules)?;
        value.skip_zero = matches!(ignore, Ignore::IfZero | Ignore::IfDefault);
        Ok((!value.is_empty()).then(|| Box::new(value)))
    }

    fn value(&mut self, target: &Target, rules: Option<&DynamicMessage>) -> Result<ValueRules, String> {
        let mut out = ValueRules::default();
        if let (Some(ValueType::Message(id) | ValueType::Group(id)), Store::Message(_)) =
            (&target.value, &target.this.1)
            && self.schema.messages[*id].well_known.is_none()
        {
            out.message = Some(*id);
        }
        let Some(rules) = rules else { return Ok(out) };
        let mut broken = None;
        self.cel_rules(target, rules, &mut out.checks, &mut broken);
        self.family(target, rules, &mut out, &mut broken);
        broken.map_or(Ok(out), Err)
    }

    fn cel_rules(
        &mut self,
        target: &Target,
        rules: &DynamicMessage,
        out: &mut Vec<Check>,
        broken: &mut Option<String>,
    ) {
        let scope =
            Scope { schema: self.schema, pool: &self.schema.pool, this: target.this.clone(), rule: None };
        let expressions = annotations::strings(rules, "cel_expression");
        let expressions: Vec<CelRule> = expressions.iter().map(|e| CelRule::from_expression(e)).collect();
        let expressions = (0..).map(RulePlace::Expression).zip(expressions);
        let expressions = expressions.chain((0..).map(RulePlace::Cel).zip(custom::sources(rules, "cel")));
        for (place, source) in expressions {
            let rule = custom::compile(&source, &scope, place);
            let place = &self.schema.fields[target.field].origin.place;
            let declared = source.declared(target.part, None);
            self.expressions.or_default(target.field).push(declared);
            match self.report.compiled(place, &source, rule) {
                Ok(check) => out.push(check),
                Err(text) => *broken = Some(text),
            }
        }
    }

    /// The rules of one kind: `string`, `int32`, …, `repeated`.
    fn family(
        &mut self,
        target: &Target,
        rules: &DynamicMessage,
        out: &mut ValueRules,
        broken: &mut Option<String>,
    ) {
        let Some(oneof) = rules.descriptor().oneofs().find(|o| o.name() == "type") else { return };
        let Some(family) = oneof.fields().find(|f| rules.has_field(f)) else { return };
        let Some((expected, this)) = self.expected(target) else {
            *broken = Some(self.misfit(target, family.name(), None));
            return;
        };
        if expected != family.name() {
            *broken = Some(self.misfit(target, family.name(), Some(expected)));
            return;
        }
        let set = rules.get_field(&family);
        let Some(set) = set.as_message() else { return };
        for (field, value) in set.fields() {
            if matches!((expected, field.name()), ("repeated", "items") | ("map", "keys" | "values")) {
                continue;
            }
            let declared = self.declared.or_default(target.field);
            declared.push(Declared {
                part: target.part,
                family: expected,
                name: field.name().to_owned(),
                value: const_value(value),
            });
            let out = if is_size(expected, field.name()) { &mut out.sizes } else { &mut out.checks };
            let place = || at(&family, element_of(&field));
            let sources = predefined(self.schema, &field.options());
            if self.options.rules_from_cel && !sources.is_empty() {
                let rule = (of_field(&field), const_value(value), set.clone());
                self.predefined(target, &this, &sources, rule, &place(), out, broken);
                continue;
            }
            if (expected, field.name()) == ("enum", "defined_only") {
                out.extend(self.defined_only(target, value, &this.1));
                continue;
            }
            let subject = Subject { schema: self.schema, family: expected, rules: set, store: &this.1 };
            let known = standard::known(&subject, field.name(), &const_value(value));
            let known = known.filter(|_| target.part == Part::Whole);
            match standard::rules(&subject, &field, value) {
                Ok(rules) => out.extend(rules.into_iter().map(|rule| Check {
                    id: format!("{expected}.{}", rule.id),
                    text: rule.text,
                    place: RulePlace::Standard,
                    test: Test::Fails(rule.fails),
                    known,
                    now: rule.now,
                    limited: Vec::new(),
                    reads: None,
                })),
                // A rule that is newer than this table: it is its expressions.
                Err(Problem::Unknown) if !sources.is_empty() => {
                    self.declared.or_default(target.field).pop();
                    self.written(target, &sources, &const_value(value));
                    let rule = (of_field(&field), const_value(value), set.clone());
                    self.predefined(target, &this, &sources, rule, &place(), out, broken);
                }
                Err(problem) => *broken = Some(self.problem(target, &field, problem)),
            }
        }
        for (extension, value) in set.extensions() {
            let name = format!("[{}]", extension.full_name());
            let ty = extension.field_descriptor_proto().r#type().into();
            let place = || at(&family, PathElement { name: name.clone(), number: extension.number(), ty });
            let sources = predefined(self.schema, &extension.options());
            if sources.is_empty() {
                self.without_expression(target, extension.full_name());
                continue;
            }
            self.written(target, &sources, &const_value(value));
            let rule = (of_extension(&extension), const_value(value), set.clone());
            self.predefined(target, &this, &sources, rule, &place(), &mut out.checks, broken);
        }
    }

    /// Keeps predefined rules as they are written.
    fn written(&mut self, target: &Target, sources: &[CelRule], value: &Const) {
        let rules = sources.iter().map(|source| source.declared(target.part, Some(value.clone())));
        self.expressions.or_default(target.field).extend(rules);
    }

    #[allow(clippy::too_many_arguments)] // one rule in all its parts, and the two places for the outcome
    fn predefined(
        &mut self,
        target: &Target,
        this: &(Type, Store),
        sources: &[CelRule],
        rule: (Type, Const, DynamicMessage),
        place: &RulePlace,
        out: &mut Vec<Check>,
        broken: &mut Option<String>,
    ) {
        let scope =
            Scope { schema: self.schema, pool: &self.schema.pool, this: this.clone(), rule: Some(rule) };
        for source in sources {
            let rule = custom::compile(source, &scope, place.clone());
            let at = &self.schema.fields[target.field].origin.place;
            match self.report.compiled(at, source, rule) {
                Ok(check) if always_holds(&check) => {}
                Ok(check) => out.push(check),
                Err(text) => *broken = Some(text),
            }
        }
    }

    /// The kind of rules that a value takes, and the value as those rules see it.
    fn expected(&self, target: &Target) -> Option<(&'static str, (Type, Store))> {
        let this = target.this.clone();
        let name = match &target.value {
            None if matches!(this.1, Store::Map(..)) => "map",
            None => "repeated",
            Some(ValueType::Scalar(scalar)) => scalar.name(),
            Some(ValueType::Enum(_)) => "enum",
            Some(ValueType::Message(id) | ValueType::Group(id)) => {
                match self.schema.messages[*id].well_known? {
                    WellKnown::Any => "any",
                    WellKnown::Duration => "duration",
                    WellKnown::FieldMask => "field_mask",
                    WellKnown::Timestamp => "timestamp",
                    other => {
                        let scalar = other.wrapped()?;
                        let ty = match this.0 {
                            Type::Wrapper(inner) => *inner,
                            ty => ty,
                        };
                        return Some((scalar.name(), (ty, this.1)));
                    }
                }
            }
        };
        Some((name, this))
    }

    fn misfit(&mut self, target: &Target, found: &str, expected: Option<&str>) -> String {
        let field = &self.schema.fields[target.field];
        let what = if target.part == Part::Whole { "the field" } else { "part of the field" };
        let message = format!("`{found}` rules do not fit {what} `{}`", field.name);
        let help = match expected {
            Some(expected) => format!("its rules are those of `{expected}`"),
            None => "a message of this type takes only `required` and `cel`".to_owned(),
        };
        self.report.add(Diagnostic::error(Code::RULE_TYPE, message).at(field.origin.place.clone()).help(help))
    }

    fn problem(&mut self, target: &Target, rule: &FieldDescriptor, problem: Problem) -> String {
        let place = self.schema.fields[target.field].origin.place.clone();
        let diagnostic = match problem {
            Problem::Value(text) => Diagnostic::error(Code::RULE_VALUE, text),
            Problem::Unknown => return self.unknown(target, rule.full_name()),
        };
        self.report.add(diagnostic.at(place))
    }

    /// An extension that is not a rule: it may be for another tool, or a rule that was forgotten.
    fn without_expression(&mut self, target: &Target, extension: &str) {
        let place = self.schema.fields[target.field].origin.place.clone();
        let message = format!("`{extension}` tests nothing: it defines no expression");
        let help = "a rule of your own needs `(buf.validate.predefined).cel`";
        self.report.add(Diagnostic::warning(Code::UNKNOWN_RULE, message).at(place).help(help));
    }

    fn unknown(&mut self, target: &Target, rule: &str) -> String {
        let place = self.schema.fields[target.field].origin.place.clone();
        let message = format!("the rule `{rule}` is not known, and defines no expression");
        let help = "a rule that is newer than the generator needs a newer one";
        self.report.add(Diagnostic::error(Code::UNKNOWN_RULE, message).at(place).help(help))
    }

    /// `enum.defined_only`, which CEL cannot say.
    fn defined_only(&self, target: &Target, value: &Value, store: &Store) -> Option<Check> {
        let Some(ValueType::Enum(id)) = target.value else { unreachable!("`enum` rules on another value") };
        if value.as_bool() != Some(true) {
            return None;
        }
        let mut numbers: Vec<i64> = self.schema.enums[id].values.iter().map(|v| v.number.into()).collect();
        sorted::sort(&mut numbers);
        numbers.dedup();
        Some(Check {
            id: "enum.defined_only".into(),
            known: None,
            text: Text::Fixed("value must be one of the defined enum values".into()),
            place: RulePlace::Standard,
            test: Test::Fails(standard::not_among(store, &numbers)),
            now: false,
            limited: Vec::new(),
            reads: None,
        })
    }
}

/// Whether a rule is about the number of items or pairs.
fn is_size(family: &str, rule: &str) -> bool {
    matches!((family, rule), ("repeated", "min_items" | "max_items") | ("map", "min_pairs" | "max_pairs"))
}

/// Rules that nothing can break, as those of examples.
fn always_holds(check: &Check) -> bool {
    matches!(
        (&check.test, check.test.plan().as_const()),
        (Test::Holds(_), Some(Const::Bool(true))) | (Test::Fails(_), Some(Const::Bool(false)))
    ) || matches!((&check.test, check.test.plan().as_const()), (Test::Text(_), Some(Const::Str(s))) if s.is_empty())
}

/// The expressions of a predefined rule.
fn predefined(schema: &crate::model::Schema, options: &DynamicMessage) -> Vec<CelRule> {
    let rules = annotations::extension(&schema.pool, options, "buf.validate.predefined");
    rules.map(|rules| custom::sources(&rules, "cel")).unwrap_or_default()
}
