//! Rules written in CEL: on messages, on fields, and predefined ones.

use prost_reflect::{DescriptorPool, DynamicMessage, Value};

use super::super::annotations;
use super::types::PoolTypes;
use crate::cel::check::{Typed, Var, check_rule};
use crate::cel::error::CelError;
use crate::cel::lower::{VarBinding, lower_rule};
use crate::cel::portable::unportable;
use crate::cel::reads::reads;
use crate::cel::types::Type;
use crate::model::Schema;
use crate::model::plan::{Const, Repr, Store};
use crate::model::rules::{Check, Expression, Part, RulePlace, Test, Text};

/// A rule as it is written.
#[derive(Clone, Debug)]
pub(super) struct CelRule {
    pub(super) id: String,
    pub(super) message: String,
    pub(super) expression: String,
}

impl CelRule {
    /// From a `buf.validate.Rule`.
    pub(super) fn from_rule(rule: &DynamicMessage) -> Self {
        let text = |name| match annotations::field(rule, name) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        Self { id: text("id"), message: text("message"), expression: text("expression") }
    }

    /// From an expression that is its own id.
    pub(super) fn from_expression(expression: &str) -> Self {
        Self { id: expression.to_owned(), message: String::new(), expression: expression.to_owned() }
    }

    /// The rule as it is written, with the value of a predefined one.
    pub(super) fn declared(&self, part: Part, rule: Option<Const>) -> Expression {
        let Self { id, message, expression } = self.clone();
        Expression { part, id, message, expression, rule }
    }
}

/// The rules of a repeated field of type `buf.validate.Rule`.
pub(super) fn sources(from: &DynamicMessage, name: &str) -> Vec<CelRule> {
    let list = annotations::field(from, name);
    let list = list.as_ref().and_then(Value::as_list).unwrap_or(&[]);
    list.iter().filter_map(Value::as_message).map(CelRule::from_rule).collect()
}

/// The place of `this` among the variables.
const THIS: usize = 0;

/// What is in scope of an expression.
pub(super) struct Scope<'a> {
    pub(super) schema: &'a Schema,
    pub(super) pool: &'a DescriptorPool,
    pub(super) this: (Type, Store),
    /// The value of a predefined rule with its type, and the rule message.
    pub(super) rule: Option<(Type, Const, DynamicMessage)>,
}

/// A compiled rule, and what of it other implementations refuse.
pub(super) struct Compiled {
    pub(super) check: Check,
    pub(super) unportable: Vec<CelError>,
}

/// Compiles one rule.
pub(super) fn compile(source: &CelRule, scope: &Scope<'_>, place: RulePlace) -> Result<Compiled, CelError> {
    let mut vars =
        vec![Var { name: "this", ty: scope.this.0.clone() }, Var { name: "now", ty: Type::Timestamp }];
    let mut bindings = vec![VarBinding::This(scope.this.1.clone()), VarBinding::Now];
    if let Some((ty, value, rules)) = &scope.rule {
        use prost_reflect::ReflectMessage as _;
        vars.push(Var { name: "rule", ty: ty.clone() });
        bindings.push(VarBinding::Const(value.clone()));
        vars.push(Var { name: "rules", ty: Type::Message(rules.descriptor().full_name().to_owned()) });
        bindings.push(VarBinding::Const(Const::Message(rules.clone())));
    }
    let expr = crate::cel::parse(&source.expression)?;
    let typed = check_rule(&expr, &vars, &PoolTypes(scope.pool))?;
    let reads = fields_read(&typed, scope, &place);
    let compiled = lower_rule(&typed, &bindings, scope.schema)?;
    let message = if source.message.is_empty() {
        format!("{:?} returned false", source.expression)
    } else {
        source.message.clone()
    };
    let test = match compiled.plan.repr {
        Repr::Str(_) => Test::Text(compiled.plan),
        _ => Test::Holds(compiled.plan),
    };
    let check = Check {
        id: source.id.clone(),
        known: None,
        text: Text::Fixed(message),
        place,
        test,
        now: compiled.now,
        limited: Vec::new(),
        reads,
    };
    Ok(Compiled { check, unportable: unportable(&expr) })
}

/// The fields of `this` that a rule reads, if it stands on a message and does not read all of it. A rule of a field that
/// reads nothing of its value is still one of that field.
fn fields_read(rule: &Typed, scope: &Scope<'_>, place: &RulePlace) -> Option<Vec<Vec<u32>>> {
    let Store::Message(this) = scope.this.1 else { return None };
    if scope.schema.messages[this].well_known.is_some() {
        return None;
    }
    let reads = reads(rule, THIS);
    let is_known =
        reads.iter().all(|path| !path.is_empty()) && (*place == RulePlace::Message || !reads.is_empty());
    is_known.then_some(reads)
}
