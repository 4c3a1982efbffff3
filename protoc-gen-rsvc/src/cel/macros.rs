//! Calls that are macros: `has`, and the comprehensions.

use super::ast::{Expr, ExprKind, Macro, MacroKind, Name, Span};
use super::error::CelError;

/// `f(args)`: `has` or a function.
pub(super) fn global(function: Name, mut args: Vec<Expr>, span: Span) -> Result<Expr, CelError> {
    if function.text != "has" || args.len() != 1 {
        return Ok(Expr { span, kind: ExprKind::Call { target: None, function, args } });
    }
    let arg = args.remove(0);
    match arg.kind {
        ExprKind::Select { operand, field } => Ok(Expr { span, kind: ExprKind::Has { operand, field } }),
        _ => Err(CelError::syntax(arg.span, "has() needs a field, as in has(this.name)")),
    }
}

fn kind(name: &str) -> Option<MacroKind> {
    Some(match name {
        "all" => MacroKind::All,
        "exists" => MacroKind::Exists,
        "exists_one" | "existsOne" => MacroKind::ExistsOne,
        "map" => MacroKind::Map,
        "filter" => MacroKind::Filter,
        _ => return None,
    })
}

/// `target.f(args)`: a comprehension or a method.
pub(super) fn member(
    target: Expr,
    function: Name,
    mut args: Vec<Expr>,
    span: Span,
) -> Result<Expr, CelError> {
    let shape = kind(&function.text).map(|kind| (kind, args.len()));
    let (kind, count) = match shape {
        Some((kind, 2)) => (kind, 2),
        Some((MacroKind::Map, 3)) => (MacroKind::Map, 3),
        Some((kind @ (MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne), 3)) => (kind, 3),
        _ => return Ok(Expr { span, kind: call(target, function, args) }),
    };
    let var = variable(&args[0])?;
    let body = args.remove(count - 1);
    let (second, filter) = match (count, kind) {
        (3, MacroKind::Map) => (None, Some(args.remove(1))),
        (3, _) => {
            let second = variable(&args[1])?;
            if second.text == var.text {
                return Err(CelError::syntax(second.span, "the two variables must have different names"));
            }
            (Some(second), None)
        }
        _ => (None, None),
    };
    let it = Macro { kind, range: target, var, second, filter, body };
    Ok(Expr { span, kind: ExprKind::Macro(Box::new(it)) })
}

fn variable(expr: &Expr) -> Result<Name, CelError> {
    match &expr.kind {
        ExprKind::Ident { name, root: false } => Ok(Name { text: name.clone(), span: expr.span }),
        _ => Err(CelError::syntax(expr.span, "the first argument must be the name of a variable")),
    }
}

/// Functions of a namespace, as in `math.greatest(a, b)`, are one dotted name without a target.
fn call(target: Expr, function: Name, args: Vec<Expr>) -> ExprKind {
    if let Some(name) = target.dotted_name()
        && matches!(name.text.as_str(), "math" | "strings")
    {
        let text = format!("{}.{}", name.text, function.text);
        return ExprKind::Call {
            target: None,
            function: Name { text, span: name.span.to(function.span) },
            args,
        };
    }
    ExprKind::Call { target: Some(Box::new(target)), function, args }
}
