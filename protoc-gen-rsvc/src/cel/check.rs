//! The type checker: a syntax tree to a typed one. Knows the types of CEL and nothing of Rust.

use super::ast::{Expr, ExprKind, Literal, Macro, MacroKind, Name, Span, op};
use super::decls::{self, Overload};
use super::error::CelError;
use super::types::{Type, TypeProvider};

/// An expression with its type, every name resolved.
#[derive(Clone, Debug)]
pub struct Typed {
    pub span: Span,
    pub ty: Type,
    pub kind: TypedKind,
}

#[derive(Clone, Debug)]
pub enum TypedKind {
    Literal(Literal),
    /// A variable that the caller declared: its place in the list.
    Var(usize),
    /// A variable of a comprehension, numbered from the start of the expression.
    Local(u32),
    /// A type as a value, by its name.
    TypeValue(String),
    Select {
        operand: Box<Typed>,
        member: Member,
    },
    Has {
        operand: Box<Typed>,
        member: Member,
    },
    /// The overloads that fit as far as the types are known; more than one only with `dyn`.
    Call {
        function: &'static str,
        candidates: Vec<&'static Overload>,
        args: Vec<Typed>,
    },
    /// `<`, `<=`, `>` or `>=`
    Compare {
        op: &'static str,
        left: Box<Typed>,
        right: Box<Typed>,
    },
    And(Vec<Typed>),
    Or(Vec<Typed>),
    Conditional {
        cond: Box<Typed>,
        then: Box<Typed>,
        otherwise: Box<Typed>,
    },
    List(Vec<Typed>),
    Map(Vec<(Typed, Typed)>),
    Message {
        name: String,
        fields: Vec<(u32, Typed)>,
    },
    Macro(Box<TypedMacro>),
}

/// What stands after the dot.
#[derive(Clone, Debug)]
pub enum Member {
    /// A field of a message of a known type.
    Field { message: String, name: String, number: u32 },
    /// A key of a map with string keys, or a field of something that is known at run time.
    Key(String),
}

#[derive(Clone, Debug)]
pub struct TypedMacro {
    pub kind: MacroKind,
    pub range: Typed,
    pub var: u32,
    pub second: Option<u32>,
    pub filter: Option<Typed>,
    pub body: Typed,
}

/// A variable in scope of the whole expression.
#[derive(Clone, Debug)]
pub struct Var {
    pub name: &'static str,
    pub ty: Type,
}

/// Checks an expression against the variables in scope.
pub fn check(expr: &Expr, vars: &[Var], types: &dyn TypeProvider) -> Result<Typed, CelError> {
    Checker { vars, types, locals: Vec::new(), next: 0 }.expr(expr)
}

/// Checks a rule: its result must be bool or string.
pub fn check_rule(expr: &Expr, vars: &[Var], types: &dyn TypeProvider) -> Result<Typed, CelError> {
    let rule = check(expr, vars, types)?;
    match rule.ty {
        Type::Bool | Type::String | Type::Dyn => Ok(rule),
        _ => Err(CelError::result(rule.span, &rule.ty)),
    }
}

/// Checks a condition: its result must be bool.
pub fn check_condition(expr: &Expr, vars: &[Var], types: &dyn TypeProvider) -> Result<Typed, CelError> {
    let condition = check(expr, vars, types)?;
    match condition.ty {
        Type::Bool | Type::Dyn => Ok(condition),
        _ => Err(CelError::mismatch(condition.span, "a condition", &Type::Bool, &condition.ty)),
    }
}

struct Checker<'a> {
    vars: &'a [Var],
    types: &'a dyn TypeProvider,
    locals: Vec<(String, u32, Type)>,
    next: u32,
}

impl Checker<'_> {
    fn expr(&mut self, expr: &Expr) -> Result<Typed, CelError> {
        let (ty, kind) = match &expr.kind {
            ExprKind::Literal(literal) => (literal_type(literal), TypedKind::Literal(literal.clone())),
            ExprKind::Ident { name, root } => self.ident(expr.span, name, *root)?,
            ExprKind::Select { operand, field } => match self.constant(expr) {
                Some(found) => found,
                None => self.select(operand, field)?,
            },
            ExprKind::Has { operand, field } => {
                let operand = self.expr(operand)?;
                let (_, member) = self.member(&operand, field)?;
                (Type::Bool, TypedKind::Has { operand: Box::new(operand), member })
            }
            ExprKind::Call { target, function, args } => {
                self.call(expr.span, target.as_deref(), function, args)?
            }
            ExprKind::And(parts) => (Type::Bool, TypedKind::And(self.bools(parts, "&&")?)),
            ExprKind::Or(parts) => (Type::Bool, TypedKind::Or(self.bools(parts, "||")?)),
            ExprKind::Conditional { cond, then, otherwise } => {
                let cond = self.expr(cond)?;
                if !Type::Bool.accepts(&cond.ty) {
                    return Err(CelError::mismatch(cond.span, "the condition", &Type::Bool, &cond.ty));
                }
                let then = self.expr(then)?;
                let otherwise = self.expr(otherwise)?;
                let ty = then
                    .ty
                    .join(&otherwise.ty)
                    .ok_or_else(|| CelError::branches(expr.span, &then.ty, &otherwise.ty))?;
                let kind = TypedKind::Conditional {
                    cond: Box::new(cond),
                    then: Box::new(then),
                    otherwise: Box::new(otherwise),
                };
                (ty, kind)
            }
            ExprKind::List(items) => {
                let items = items.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>, _>>()?;
                (Type::list(common(items.iter().map(|e| &e.ty))), TypedKind::List(items))
            }
            ExprKind::Map(entries) => self.map(entries)?,
            ExprKind::Message { name, fields } => self.message(name, fields)?,
            ExprKind::Macro(it) => self.comprehension(it)?,
        };
        Ok(Typed { span: expr.span, ty, kind })
    }

    fn ident(&mut self, span: Span, name: &str, root: bool) -> Result<(Type, TypedKind), CelError> {
        if !root {
            if let Some((_, id, ty)) = self.locals.iter().rev().find(|(n, ..)| n == name) {
                return Ok((ty.clone(), TypedKind::Local(*id)));
            }
            if let Some(at) = self.vars.iter().position(|v| v.name == name) {
                return Ok((self.vars[at].ty.clone(), TypedKind::Var(at)));
            }
        }
        if let Some(found) = self.named(name) {
            return Ok(found);
        }
        let known: Vec<&str> =
            self.vars.iter().map(|v| v.name).chain(self.locals.iter().map(|l| l.0.as_str())).collect();
        Err(CelError::undeclared(span, name, &known))
    }

    /// A type or an enum value by its full name.
    fn named(&self, name: &str) -> Option<(Type, TypedKind)> {
        if let Some(name) = decls::type_name(name) {
            return Some((Type::Type, TypedKind::TypeValue(name.to_owned())));
        }
        if let Some(number) = self.types.enum_value(name) {
            return Some((Type::Int, TypedKind::Literal(Literal::Int(number.into()))));
        }
        self.types.fields(name).map(|_| (Type::Type, TypedKind::TypeValue(name.to_owned())))
    }

    /// `a.b.C`, when it is not a chain of fields but one name.
    fn constant(&self, expr: &Expr) -> Option<(Type, TypedKind)> {
        let name = expr.dotted_name()?.text;
        let first = name.split_once('.').map_or(name.as_str(), |(first, _)| first);
        let in_scope = self.locals.iter().any(|l| l.0 == first) || self.vars.iter().any(|v| v.name == first);
        if in_scope { None } else { self.named(name.trim_start_matches('.')) }
    }

    fn select(&mut self, operand: &Expr, field: &Name) -> Result<(Type, TypedKind), CelError> {
        if let Some(root) = operand.dotted_name()
            && !root.text.contains('.')
            && self.expr(operand).is_err()
        {
            // The root is unknown: say so about the whole dotted name, which may be a type or an enum value.
            let name = Name { text: format!("{}.{}", root.text, field.text), span: root.span.to(field.span) };
            let known: Vec<&str> = self.vars.iter().map(|v| v.name).collect();
            return Err(CelError::undeclared(name.span, &name.text, &known));
        }
        let operand = self.expr(operand)?;
        let (ty, member) = self.member(&operand, field)?;
        Ok((ty, TypedKind::Select { operand: Box::new(operand), member }))
    }

    fn member(&self, operand: &Typed, field: &Name) -> Result<(Type, Member), CelError> {
        match &operand.ty {
            Type::Message(message) => {
                let Some(found) = self.types.field(message, &field.text) else {
                    let known = self.types.fields(message).expect("the type of a value is known");
                    return Err(CelError::unknown_field(field.span, message, &field.text, &known));
                };
                let member = Member::Field {
                    message: message.clone(),
                    name: field.text.clone(),
                    number: found.number,
                };
                Ok((found.ty, member))
            }
            Type::Map(key, value) if key.accepts(&Type::String) => {
                Ok(((**value).clone(), Member::Key(field.text.clone())))
            }
            Type::Dyn => Ok((Type::Dyn, Member::Key(field.text.clone()))),
            other => Err(CelError::not_selectable(field.span, other)),
        }
    }

    fn bools(&mut self, parts: &[Expr], sign: &str) -> Result<Vec<Typed>, CelError> {
        let mut out = Vec::with_capacity(parts.len());
        for part in parts {
            let part = self.expr(part)?;
            if !Type::Bool.accepts(&part.ty) {
                return Err(CelError::mismatch(
                    part.span,
                    &format!("an operand of `{sign}`"),
                    &Type::Bool,
                    &part.ty,
                ));
            }
            out.push(part);
        }
        Ok(out)
    }

    fn call(
        &mut self,
        span: Span,
        target: Option<&Expr>,
        function: &Name,
        args: &[Expr],
    ) -> Result<(Type, TypedKind), CelError> {
        let name = function.text.as_str();
        let args = target.into_iter().chain(args).map(|e| self.expr(e)).collect::<Result<Vec<_>, _>>()?;
        if let Some(op) = [op::LT, op::LE, op::GT, op::GE].into_iter().find(|o| *o == name) {
            return compare(span, op, args);
        }
        if let Some(op) = ["math.greatest", "math.least"].into_iter().find(|o| *o == name) {
            return extreme(span, op, args);
        }
        let member = target.is_some();
        let mut declared = decls::overloads(name, member).peekable();
        if declared.peek().is_none() {
            return Err(CelError::unknown_function(function.span, name));
        }
        let mut candidates = Vec::new();
        let mut result: Option<Type> = None;
        let mut shown = Vec::new();
        let mut id = "";
        for overload in declared {
            id = overload.function;
            shown.push(signature(overload));
            let mut params = [None, None];
            let fits = overload.args.len() == args.len()
                && overload.args.iter().zip(&args).all(|(want, arg)| want.fits(&arg.ty, &mut params));
            if !fits {
                continue;
            }
            let ty = overload.result.instance(&params);
            result = Some(match result {
                Some(other) if other != ty => Type::Dyn,
                _ => ty,
            });
            candidates.push(overload);
        }
        let Some(result) = result else {
            let found: Vec<Type> = args.into_iter().map(|a| a.ty).collect();
            return Err(CelError::no_overload(span, name, member, &found, &shown));
        };
        Ok((result, TypedKind::Call { function: id, candidates, args }))
    }

    fn map(&mut self, entries: &[(Expr, Expr)]) -> Result<(Type, TypedKind), CelError> {
        let mut out = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.expr(key)?;
            if !matches!(key.ty, Type::Bool | Type::Int | Type::Uint | Type::String | Type::Dyn) {
                return Err(CelError::mismatch(key.span, "a key", &Type::String, &key.ty));
            }
            out.push((key, self.expr(value)?));
        }
        let key = common(out.iter().map(|(k, _)| &k.ty));
        let value = common(out.iter().map(|(_, v)| &v.ty));
        Ok((Type::map(key, value), TypedKind::Map(out)))
    }

    fn message(&mut self, name: &Name, fields: &[(Name, Expr)]) -> Result<(Type, TypedKind), CelError> {
        let full = name.text.trim_start_matches('.').to_owned();
        let Some(known) = self.types.fields(&full) else {
            return Err(CelError::unknown_type(name.span, &full));
        };
        let mut out = Vec::with_capacity(fields.len());
        for (field, value) in fields {
            let Some(found) = self.types.field(&full, &field.text) else {
                return Err(CelError::unknown_field(field.span, &full, &field.text, &known));
            };
            let value = self.expr(value)?;
            if !found.ty.accepts(&value.ty) {
                let what = format!("field `{}`", field.text);
                return Err(CelError::mismatch(value.span, &what, &found.ty, &value.ty));
            }
            out.push((found.number, value));
        }
        Ok((Type::of_message(&full), TypedKind::Message { name: full, fields: out }))
    }

    fn comprehension(&mut self, it: &Macro) -> Result<(Type, TypedKind), CelError> {
        let range = self.expr(&it.range)?;
        let (first, second) = match &range.ty {
            Type::List(element) => match it.second {
                Some(_) => (Type::Int, (**element).clone()),
                None => ((**element).clone(), Type::Dyn),
            },
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn => (Type::Dyn, Type::Dyn),
            other => return Err(CelError::not_iterable(range.span, other)),
        };
        let scope = self.locals.len();
        let var = self.declare(&it.var, first);
        let second = it.second.as_ref().map(|name| self.declare(name, second));
        let filter = it.filter.as_ref().map(|f| self.expr(f)).transpose();
        let body = filter.and_then(|filter| Ok((filter, self.expr(&it.body)?)));
        self.locals.truncate(scope);
        let (filter, body) = body?;
        for condition in filter.iter().chain((it.kind != MacroKind::Map).then_some(&body)) {
            if !Type::Bool.accepts(&condition.ty) {
                return Err(CelError::mismatch(condition.span, "the condition", &Type::Bool, &condition.ty));
            }
        }
        let ty = match (it.kind, &range.ty) {
            (MacroKind::Map, _) => Type::list(body.ty.clone()),
            (MacroKind::Filter, Type::List(element)) => Type::List(element.clone()),
            (MacroKind::Filter, Type::Map(key, _)) => Type::List(key.clone()),
            (MacroKind::Filter, _) => Type::list(Type::Dyn),
            _ => Type::Bool,
        };
        let it = TypedMacro { kind: it.kind, range, var, second, filter, body };
        Ok((ty, TypedKind::Macro(Box::new(it))))
    }

    fn declare(&mut self, name: &Name, ty: Type) -> u32 {
        let id = self.next;
        self.next += 1;
        self.locals.push((name.text.clone(), id, ty));
        id
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}

/// The type of the elements of a literal: what they have in common, else `dyn`.
fn common<'t>(mut types: impl Iterator<Item = &'t Type>) -> Type {
    let Some(first) = types.next() else { return Type::Dyn };
    types.try_fold(first.clone(), |a, b| a.join(b)).unwrap_or(Type::Dyn)
}

fn compare(span: Span, op: &'static str, mut args: Vec<Typed>) -> Result<(Type, TypedKind), CelError> {
    let (Some(right), Some(left)) = (args.pop(), args.pop()) else {
        return Err(CelError::no_overload(span, op, false, &[], &[]));
    };
    if !decls::ordered(&left.ty, &right.ty) {
        return Err(CelError::no_overload(span, op, false, &[left.ty, right.ty], &[]));
    }
    Ok((Type::Bool, TypedKind::Compare { op, left: Box::new(left), right: Box::new(right) }))
}

/// `math.greatest` and `math.least` take any count of numbers, or one list of them.
fn extreme(span: Span, op: &'static str, args: Vec<Typed>) -> Result<(Type, TypedKind), CelError> {
    let number = |t: &Type| matches!(t, Type::Int | Type::Uint | Type::Double | Type::Dyn);
    let ty = match args.as_slice() {
        [Typed { ty: Type::List(element), .. }] => (**element).clone(),
        _ => common(args.iter().map(|a| &a.ty)),
    };
    let listed = matches!(args.as_slice(), [Typed { ty: Type::List(_), .. }]);
    if args.is_empty() || !(number(&ty) && (listed || args.iter().all(|a| number(&a.ty)))) {
        let found: Vec<Type> = args.into_iter().map(|a| a.ty).collect();
        let help = format!("{op}(number, …); {op}(list of numbers)");
        return Err(CelError::no_overload(span, op, false, &found, &[help]));
    }
    Ok((ty, TypedKind::Call { function: op, candidates: Vec::new(), args }))
}

fn signature(overload: &Overload) -> String {
    let any = |t: &super::decls::Ty| t.instance(&[Some(Type::Dyn), Some(Type::Dyn)]).to_string();
    let args: Vec<String> = overload.args.iter().map(any).collect();
    let shown = op::display(overload.function);
    match (args.as_slice(), overload.member) {
        ([one], false) if shown != overload.function => format!("{shown}{one}"),
        ([a, b], false) if shown != overload.function => format!("{a} {shown} {b}"),
        ([target, rest @ ..], true) => format!("{target}.{shown}({})", rest.join(", ")),
        _ => format!("{shown}({})", args.join(", ")),
    }
}
