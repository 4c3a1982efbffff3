//! Parentheses that nobody needs. An emitter puts a part in them wherever its surroundings are not known; the formatter
//! puts them where precedence asks for them.

use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{Expr, Item, Lit};

/// Takes them out of all expressions.
pub(super) fn strip(items: &mut [Item]) {
    for item in items {
        Strip.visit_item_mut(item);
    }
}

struct Strip;

impl VisitMut for Strip {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        while let Expr::Paren(paren) = expr
            && !is_negative(&paren.expr)
        {
            let inner = std::mem::replace(&mut *paren.expr, Expr::PLACEHOLDER);
            *expr = inner;
        }
        visit_expr_mut(self, expr);
    }
}

/// A literal with a sign of its own, which the formatter takes for one without.
fn is_negative(expr: &Expr) -> bool {
    let Expr::Lit(literal) = expr else { return false };
    match &literal.lit {
        Lit::Int(int) => int.to_string().starts_with('-'),
        Lit::Float(float) => float.to_string().starts_with('-'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_precedence_asks_for_stays() {
        for (written, expected) in [
            ("!((a))", "!a"),
            ("!((a >= 0) && (b <= 2))", "!(a >= 0 && b <= 2)"),
            ("((a + b)) * (c)", "(a + b) * c"),
            ("(a * b) + c", "a * b + c"),
            ("(-1i64).abs()", "(-1i64).abs()"),
            ("(a as i64) < (b)", "(a as i64) < b"),
            ("(a..b).contains(&(c))", "(a..b).contains(&c)"),
            ("(*a).b()", "(*a).b()"),
            ("(&a).b()", "(&a).b()"),
            ("f((a), ((b)))", "f(a, b)"),
            ("(|x| x)(1)", "(|x| x)(1)"),
            ("a == (b == c)", "a == (b == c)"),
            ("(a, (b))", "(a, b)"),
            ("(a?).b", "a?.b"),
        ] {
            let mut items = vec![syn::parse_str(&format!("const C: T = {written};")).expect(written)];
            strip(&mut items);
            let file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
            let text = prettyplease::unparse(&file);
            assert_eq!(
                text.split_whitespace().collect::<Vec<_>>().join(" "),
                format!("const C: T = {expected};")
            );
        }
        for body in [
            "if (a == (S { x: 1 })) {}",
            "(if a { b } else { c }) == d;",
            "return (if a { b } else { c }) == d;",
        ] {
            let mut items: Vec<Item> = vec![syn::parse_str(&format!("fn f() {{ {body} }}")).expect(body)];
            strip(&mut items);
            let file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
            // What is read again has the same meaning.
            let mut again = syn::parse_file(&prettyplease::unparse(&file)).expect(body).items;
            strip(&mut again);
            assert_eq!(again, file.items, "{body}");
        }
    }

    #[test]
    fn a_literal_with_a_sign_keeps_its_own() {
        let literal = proc_macro2::Literal::i64_suffixed(-1);
        let mut items: Vec<Item> = vec![syn::parse_quote! { const C: i64 = (#literal).abs(); }];
        strip(&mut items);
        let file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
        assert_eq!(prettyplease::unparse(&file), "const C: i64 = (-1i64).abs();\n");
    }
}
