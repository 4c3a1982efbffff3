//! What an expression uses that protovalidate's own environment does not have: it works here, and nowhere else.

use super::ast::{Expr, ExprKind};
use super::error::CelError;
use crate::sorted;

/// Its parts that other implementations of protovalidate refuse.
pub fn unportable(expr: &Expr) -> Vec<CelError> {
    let (mut open, mut found) = (vec![expr], Vec::new());
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::Call { target: None, function, .. } if function.text.starts_with("math.") => {
                found.push(CelError::unportable(function.span, &format!("`{}`", function.text)));
            }
            ExprKind::Macro(it) => {
                if let Some(second) = &it.second {
                    found.push(CelError::unportable(second.span, "a macro with two variables"));
                }
            }
            _ => {}
        }
        open.extend(expr.parts());
    }
    sorted::sort_by_key(&mut found, |error| error.span);
    found
}
