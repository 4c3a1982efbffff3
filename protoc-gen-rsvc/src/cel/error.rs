//! What can be wrong with an expression. One constructor for each mistake, so that a text exists once.

use std::fmt;

use super::ast::{Span, op};
use super::types::Type;

/// Which step found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Syntax,
    Check,
    Lower,
    /// Whatever step: it is too much.
    Limit,
    /// It compiles here, and elsewhere it would not.
    Portability,
}

/// A mistake in an expression, with the bytes that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CelError {
    pub stage: Stage,
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
}

impl fmt::Display for CelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CelError {}

fn types(list: &[Type]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl CelError {
    fn new(stage: Stage, span: Span, message: impl Into<String>) -> Self {
        Self { stage, span, message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn syntax(span: Span, message: impl Into<String>) -> Self {
        Self::new(Stage::Syntax, span, message)
    }

    pub(super) fn expected(span: Span, what: &str, found: &str) -> Self {
        Self::syntax(span, format!("expected {what}, found {found}"))
    }

    pub(super) fn unportable(span: Span, what: &str) -> Self {
        Self::new(Stage::Portability, span, format!("{what} is not in the CEL of protovalidate"))
            .help("the rule works here; other implementations of protovalidate refuse it")
    }

    pub(super) fn too_deep(span: Span, limit: usize) -> Self {
        Self::new(Stage::Limit, span, format!("the expression is nested more than {limit} levels deep"))
            .help("write it as several rules")
    }

    pub(super) fn too_many_collections(span: Span, limit: usize) -> Self {
        let text = format!("more than {limit} lists, maps and loops (as `all`) inside or behind each other");
        Self::new(Stage::Limit, span, text).help("write it as several rules")
    }

    pub(super) fn too_large(span: Span, limit: usize) -> Self {
        Self::new(Stage::Limit, span, format!("the expression has more than {limit} parts"))
            .help("write it as several rules")
    }

    pub(super) fn undeclared(span: Span, name: &str, known: &[&str]) -> Self {
        let error = Self::new(Stage::Check, span, format!("unknown name `{name}`"));
        if known.is_empty() {
            return error;
        }
        let list = known.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        error.help(format!("names in scope: {list}"))
    }

    pub(super) fn unknown_function(span: Span, name: &str) -> Self {
        Self::new(Stage::Check, span, format!("unknown function `{name}`"))
    }

    pub(super) fn no_overload(
        span: Span,
        name: &str,
        member: bool,
        args: &[Type],
        candidates: &[String],
    ) -> Self {
        let shown = op::display(name);
        let message = match (args, member) {
            ([one], _) if name != shown => format!("`{shown}` is not defined on {one}"),
            ([left, right], _) if name != shown => format!("`{shown}` is not defined on {left} and {right}"),
            ([target, rest @ ..], true) => {
                format!("no `{name}({})` is defined on {target}", types(rest))
            }
            _ => format!("no `{name}({})` is defined", types(args)),
        };
        let error = Self::new(Stage::Check, span, message);
        if candidates.is_empty() { error } else { error.help(format!("defined: {}", candidates.join("; "))) }
    }

    pub(super) fn unknown_field(span: Span, message: &str, field: &str, known: &[String]) -> Self {
        let error = Self::new(Stage::Check, span, format!("message `{message}` has no field `{field}`"));
        if known.is_empty() {
            return error;
        }
        let list = known.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        error.help(format!("its fields: {list}"))
    }

    pub(super) fn not_selectable(span: Span, ty: &Type) -> Self {
        Self::new(Stage::Check, span, format!("a value of type {ty} has no fields"))
    }

    pub(super) fn unknown_type(span: Span, name: &str) -> Self {
        Self::new(Stage::Check, span, format!("unknown message type `{name}`"))
    }

    pub(super) fn not_iterable(span: Span, ty: &Type) -> Self {
        Self::new(Stage::Check, span, format!("cannot iterate over {ty}")).help("it must be a list or a map")
    }

    pub(super) fn mismatch(span: Span, what: &str, wanted: &Type, found: &Type) -> Self {
        Self::new(Stage::Check, span, format!("{what} must be {wanted}, but is {found}"))
    }

    pub(super) fn branches(span: Span, then: &Type, otherwise: &Type) -> Self {
        Self::new(
            Stage::Check,
            span,
            format!("the branches of `?:` have different types, {then} and {otherwise}"),
        )
    }

    pub(super) fn result(span: Span, found: &Type) -> Self {
        Self::new(Stage::Check, span, format!("a rule must give bool or string, but this gives {found}"))
            .help("give true when valid, or the text of the violation, empty when valid")
    }

    pub(super) fn bad_regex(span: Span, why: &str) -> Self {
        Self::new(Stage::Lower, span, format!("invalid regular expression: {why}"))
            .help("regular expressions are in RE2 syntax")
    }

    pub(super) fn bad_literal(span: Span, what: &str) -> Self {
        Self::new(Stage::Lower, span, what)
    }

    pub(super) fn unsupported(span: Span, what: impl Into<String>) -> Self {
        Self::new(Stage::Lower, span, what)
    }
}
