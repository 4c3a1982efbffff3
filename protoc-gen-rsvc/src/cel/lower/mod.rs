//! Typed expression to plan. The only place that decides what is borrowed, what can fail, what is known at build time.
//!
//! Forms are more exact than types: `dyn(this.age)` has the type `dyn` and the form `i64`. Overloads are therefore
//! chosen again by form, and only what is unknown even to the form is left to run time.

mod call;
mod convert;
mod field;
mod list;
mod message;
mod ops;
mod strings;

pub use field::read_field;
pub use list::{is_matchable, one_of};

pub(crate) use strings::pattern_error;

use super::ast::{Literal, Span};
use super::check::{Typed, TypedKind};
use super::error::CelError;
use super::stored::{load, repr_of_scalar, repr_of_store};
use crate::model::Schema;
use crate::model::plan::{
    Const, Held, Input, Item, ListForm, MapForm, Op, Operator, Own, Plan, Repr, Store, Variable,
};

/// What a variable of the expression stands for.
#[derive(Clone, Debug)]
pub enum VarBinding {
    /// A reference to a value in prost's storage, called `this` in the generated code.
    This(Store),
    Const(Const),
    /// The time of the validation.
    Now,
    /// A reference to a value in prost's storage that a condition reads.
    Input(Input, Store),
    /// Values under names, of which each is used alone.
    Record(&'static str, Vec<(&'static str, VarBinding)>),
}

type Lowered = Result<Plan, CelError>;

/// A lowered expression.
#[derive(Debug)]
pub struct Compiled {
    pub plan: Plan,
    /// Whether it asks for the time.
    pub now: bool,
}

/// Lowers an expression.
pub fn lower(typed: &Typed, bindings: &[VarBinding], schema: &Schema) -> Result<Compiled, CelError> {
    let mut lowerer = Lowerer { schema, bindings, locals: Vec::new(), next: FIRST_FRESH, now: false };
    let plan = lowerer.expr(typed)?;
    Ok(Compiled { plan, now: lowerer.now })
}

/// Lowers a rule, whose result is bool or an owned or borrowed string.
pub fn lower_rule(typed: &Typed, bindings: &[VarBinding], schema: &Schema) -> Result<Compiled, CelError> {
    let Compiled { plan, now } = lower(typed, bindings, schema)?;
    // What is tested outlives the test.
    let plan = match convert::unwrap(plan) {
        plan if matches!(plan.repr, Repr::Bool | Repr::Str(_)) => convert::keep(typed.span, plan)?,
        plan if plan.repr == Repr::Dyn => convert::outcome(plan),
        plan if plan.repr == Repr::Never => convert::expect(plan, &Repr::Bool),
        _ => fail("no such overload", &Repr::Bool),
    };
    Ok(Compiled { plan, now })
}

/// Lowers a condition, whose result is bool.
pub fn lower_condition(typed: &Typed, bindings: &[VarBinding], schema: &Schema) -> Result<Plan, CelError> {
    let Compiled { plan, .. } = lower(typed, bindings, schema)?;
    Ok(convert::expect(plan, &Repr::Bool))
}

/// Locals made here are numbered from this, above those of the checker.
const FIRST_FRESH: u32 = 1 << 16;

struct Lowerer<'a> {
    schema: &'a Schema,
    bindings: &'a [VarBinding],
    locals: Vec<(u32, Item)>,
    next: u32,
    now: bool,
}

fn fail(text: &'static str, repr: &Repr) -> Plan {
    Plan { repr: named(repr), fallible: true, op: Op::Fail(text) }
}

/// The form, or one in its place whose Rust type has a name.
fn named(repr: &Repr) -> Repr {
    match repr {
        Repr::List(..) => convert::settled(repr),
        Repr::Map(form) => match &**form {
            MapForm::Stored(key, value) => {
                let form = MapForm::Built(repr_of_scalar(*key), repr_of_store(value));
                Repr::Map(Box::new(form))
            }
            MapForm::Built(..) => repr.clone(),
        },
        other => other.clone(),
    }
}

/// One plan, then another whose value counts.
fn then(first: Plan, second: Plan) -> Plan {
    let (repr, fallible) = (second.repr.clone(), first.fallible || second.fallible);
    Plan { repr, fallible, op: Op::Then(Box::new(first), Box::new(second)) }
}

/// A function of the runtime.
fn call(function: &'static str, args: Vec<Plan>, repr: Repr, fails: bool) -> Plan {
    let fallible = fails || args.iter().any(|a| a.fallible);
    Plan { repr, fallible, op: Op::Call { function, args, fails } }
}

fn infix(operator: Operator, left: Plan, right: Plan, repr: Repr) -> Plan {
    let fallible = left.fallible || right.fallible;
    Plan { repr, fallible, op: Op::Infix(operator, Box::new(left), Box::new(right)) }
}

impl Lowerer<'_> {
    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn expr(&mut self, e: &Typed) -> Lowered {
        Ok(match &e.kind {
            TypedKind::Literal(literal) => Plan::constant(constant(literal)),
            TypedKind::Var(at) => {
                let bindings = self.bindings;
                self.variable(e.span, &bindings[*at])?
            }
            TypedKind::Local(id) => self.opened(e.span, self.local(*id))?,
            TypedKind::TypeValue(name) => Plan::constant(Const::Type(name.clone())),
            TypedKind::Select { operand, member } => self.select(operand, member)?,
            TypedKind::Has { operand, member } => self.has(operand, member)?,
            TypedKind::Call { function, candidates, args } => {
                self.call(e.span, function, candidates, args)?
            }
            TypedKind::Compare { op, left, right } => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                ops::compare(e.span, op, left, right)?
            }
            TypedKind::And(parts) => self.logic(parts, true)?,
            TypedKind::Or(parts) => self.logic(parts, false)?,
            TypedKind::Conditional { cond, then, otherwise } => {
                self.conditional(e.span, cond, then, otherwise)?
            }
            TypedKind::List(items) => self.list_literal(e.span, items)?,
            TypedKind::Map(entries) => self.map_literal(e.span, entries)?,
            TypedKind::Message { name, fields } => self.new_message(e.span, name, fields)?,
            TypedKind::Macro(it) => self.comprehension(it)?,
        })
    }

    fn variable(&mut self, span: Span, binding: &VarBinding) -> Lowered {
        Ok(match binding {
            VarBinding::This(store) => self.opened(span, load(Variable::This, store.clone()))?,
            VarBinding::Input(input, store) => {
                self.opened(span, load(Variable::Input(*input), store.clone()))?
            }
            VarBinding::Const(value) => Plan::constant(value.clone()),
            VarBinding::Now => {
                self.now = true;
                Plan { repr: Repr::Timestamp, fallible: false, op: Op::Now }
            }
            VarBinding::Record(name, _) => {
                return Err(CelError::unsupported(
                    span,
                    format!("`{name}` cannot be used as a whole: use its fields"),
                ));
            }
        })
    }

    fn local(&self, id: u32) -> Plan {
        let (_, item) =
            self.locals.iter().rev().find(|l| l.0 == id).expect("the checker resolved every local");
        match item {
            Item::Stored(store) => load(Variable::Local(id), (**store).clone()),
            Item::Value(repr) => local(id, repr),
        }
    }

    /// Operands are joined from the left; constants decide at once, as far as no error is before them. Many are halved
    /// first, which changes nothing but how deep the plan is.
    fn logic(&mut self, parts: &[Typed], and: bool) -> Lowered {
        const FEW: usize = 16;
        if parts.len() > FEW {
            let (left, right) = parts.split_at(parts.len() / 2);
            return Ok(ops::logic(self.logic(left, and)?, self.logic(right, and)?, and));
        }
        let mut all: Option<Plan> = None;
        for part in parts {
            let part = self.expr(part)?;
            let part = convert::expect(part, &Repr::Bool);
            all = Some(match all {
                None => part,
                Some(left) => ops::logic(left, part, and),
            });
        }
        Ok(all.expect("`&&` and `||` have operands"))
    }

    fn conditional(&mut self, span: Span, cond: &Typed, then: &Typed, otherwise: &Typed) -> Lowered {
        let cond = convert::expect(self.expr(cond)?, &Repr::Bool);
        if let Some(known) = cond.as_bool() {
            return self.expr(if known { then } else { otherwise });
        }
        let (then, otherwise) = convert::unify(span, self.expr(then)?, self.expr(otherwise)?)?;
        let repr = then.repr.clone();
        let fallible = cond.fallible || then.fallible || otherwise.fallible;
        let op = Op::Conditional(Box::new(cond), Box::new(then), Box::new(otherwise));
        Ok(Plan { repr, fallible, op })
    }
}

fn constant(literal: &Literal) -> Const {
    match literal {
        Literal::Null => Const::Null,
        Literal::Bool(b) => Const::Bool(*b),
        Literal::Int(n) => Const::Int(*n),
        Literal::Uint(n) => Const::Uint(*n),
        Literal::Double(d) => Const::Double(*d),
        Literal::String(s) => Const::Str(s.clone()),
        Literal::Bytes(b) => Const::Bytes(b.clone()),
    }
}

/// A local that holds a value, as a borrowed one.
fn local(id: u32, repr: &Repr) -> Plan {
    let held = Plan { repr: repr.clone(), fallible: false, op: Op::Local(id) };
    if repr.is_owned() { convert::borrow(held) } else { held }
}

/// The same form, borrowed.
fn borrowed(repr: &Repr) -> Repr {
    match repr {
        Repr::Str(_) => Repr::Str(Own::Borrowed),
        Repr::Bytes(_) => Repr::Bytes(Own::Borrowed),
        Repr::List(item, ListForm::Owned) => Repr::List(item.clone(), ListForm::Slice),
        Repr::Message { id, held: Held::Owned } => Repr::Message { id: *id, held: Held::Present },
        Repr::Nullable(inner) => Repr::Nullable(Box::new(borrowed(inner))),
        other => other.clone(),
    }
}
