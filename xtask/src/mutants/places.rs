//! Where in a file its changes are made: the expression around an operator, the body of a function, the arm of a `match`.

use std::ops::Range;

use anyhow::{Context as _, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::list::{Change, Kind};

/// A part of a file with its changes. Parts lie inside of each other, or apart.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) form: Form,
    pub(super) choices: Vec<Choice>,
}

/// How the choice between the changes of a part and what is there is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `(if on { changed } else { original })`
    Expression,
    /// `if on { return changed; } original`
    Body,
    /// `original if !on`, after the pattern of an arm.
    Pattern,
}

/// One change, and the part as it is then.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) number: usize,
    pub(super) text: String,
}

/// The parts of a file that these changes are about, whatever is around first; and the numbers of the changes that have
/// none, as they cannot be chosen while the program runs.
pub(super) fn of(source: &str, changes: &[(usize, &Change)]) -> Result<(Vec<Part>, Vec<usize>)> {
    let mut found = Found::default();
    found.visit_file(&syn::parse_file(source).context("this is not Rust")?);
    let mut parts: Vec<Part> = Vec::new();
    let mut left_out = Vec::new();
    for &(number, change) in changes {
        let place = change.range(source).and_then(|at| Some((found.part(change.kind, &at)?, at)));
        let Some(((range, form), at)) = place else {
            left_out.push(number);
            continue;
        };
        let text = match form {
            Form::Expression => {
                format!("{}{}{}", &source[range.start..at.start], change.text, &source[at.end..range.end])
            }
            Form::Body | Form::Pattern => change.text.clone(),
        };
        let choice = Choice { number, text };
        match parts.iter_mut().find(|part| part.range == range && part.form == form) {
            Some(part) => part.choices.push(choice),
            None => parts.push(Part { range, form, choices: vec![choice] }),
        }
    }
    // A body that is one expression has the same range as this.
    parts.sort_by_key(|part| (part.range.start, usize::MAX - part.range.end, part.form != Form::Body));
    Ok((parts, left_out))
}

/// What a file has that can be changed, but for bodies, whose place is their own.
#[derive(Default)]
struct Found {
    /// Operators and fields, and the expressions that they are of.
    inner: Vec<(Range<usize>, Range<usize>)>,
    /// Arms without a condition, and their patterns.
    arms: Vec<(Range<usize>, Range<usize>)>,
    conditions: Vec<Range<usize>>,
}

impl Found {
    fn part(&self, kind: Kind, at: &Range<usize>) -> Option<(Range<usize>, Form)> {
        let around = |list: &[(Range<usize>, Range<usize>)]| {
            list.iter().find(|(inner, _)| inner.start == at.start).map(|(_, whole)| whole.clone())
        };
        match kind {
            Kind::Binary | Kind::Unary | Kind::Field => Some((around(&self.inner)?, Form::Expression)),
            Kind::Body => Some((at.clone(), Form::Body)),
            Kind::Arm => Some((around(&self.arms)?, Form::Pattern)),
            Kind::Guard => self.conditions.contains(at).then(|| (at.clone(), Form::Expression)),
        }
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        // `a && let b = c` is a condition alone, and no expression.
        if !has_let(&binary.left) && !has_let(&binary.right) {
            self.inner.push((range(&binary.op), range(binary)));
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        self.inner.push((range(&unary.op), range(unary)));
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_struct(&mut self, all: &'ast syn::ExprStruct) {
        self.inner.extend(all.fields.iter().map(|field| (range(field), range(all))));
        visit::visit_expr_struct(self, all);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        match &arm.pat {
            syn::Pat::Guard(guarded) if !has_let(&guarded.guard) => {
                self.conditions.push(range(&guarded.guard));
            }
            syn::Pat::Guard(_) => {}
            pattern => self.arms.push((range(arm), range(pattern))),
        }
        visit::visit_arm(self, arm);
    }
}

fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

fn range(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}
