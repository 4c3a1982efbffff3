//! A rule that cannot be compiled: a finding of the build, or a text for run time.

use std::borrow::Cow;

use super::custom::{CelRule, Compiled};
use super::locate;
use crate::cel::error::{CelError, Stage};
use crate::diag::{Code, Diagnostic, Place, Severity, Sink, SourceText as _};
use crate::input::Sources;
use crate::model::rules::Check;

pub(super) struct RuleReporter<'a> {
    pub(super) sources: &'a Sources,
    /// Whether findings are kept for run time.
    pub(super) defer: bool,
    pub(super) sink: &'a mut Sink,
}

impl RuleReporter<'_> {
    /// Adds a finding, and gives its text.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) -> String {
        let text = diagnostic.message.clone();
        if !self.defer {
            self.sink.push(diagnostic);
        }
        text
    }

    /// Adds a warning.
    pub(super) fn warn(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    /// A compiled rule, after what is to be said of it; the text of what is wrong where it is none.
    pub(super) fn compiled(
        &mut self,
        at: &Place,
        source: &CelRule,
        rule: Result<Compiled, CelError>,
    ) -> Result<Check, String> {
        let rule = rule.map_err(|error| self.cel(at, source, &error))?;
        for error in &rule.unportable {
            self.cel(at, source, error);
        }
        Ok(rule.check)
    }

    /// A mistake in the expression of a rule.
    fn cel(&mut self, at: &Place, source: &CelRule, error: &CelError) -> String {
        let mut diagnostic = expression(self.sources, at, &source.expression, error);
        if source.id != source.expression && !source.id.is_empty() {
            diagnostic = diagnostic.note(None, format!("the rule is `{}`", shortened(&source.id)));
        }
        if let Some(help) = &error.help {
            diagnostic = diagnostic.help(help.clone());
        }
        self.add(diagnostic)
    }
}

/// A mistake in an expression, at its place inside the `.proto` when that can be told.
pub(in crate::resolve) fn expression(
    sources: &Sources,
    at: &Place,
    expression: &str,
    error: &CelError,
) -> Diagnostic {
    let code = match error.stage {
        Stage::Syntax => Code::CEL_SYNTAX,
        Stage::Check => Code::CEL_TYPE,
        Stage::Lower => Code::CEL_UNSUPPORTED,
        Stage::Limit => Code::CEL_LIMIT,
        Stage::Portability => Code::CEL_PORTABILITY,
    };
    let severity = match error.stage {
        Stage::Portability => Severity::Warning,
        _ => Severity::Error,
    };
    let found = sources.text(&at.file).and_then(|text| locate::place(text, at, expression, error.span));
    let diagnostic = Diagnostic { severity, ..Diagnostic::error(code, error.message.clone()) };
    if let Some(place) = found {
        return diagnostic.at(place);
    }
    let range = error.span.start as usize..error.span.end as usize;
    let part = expression.get(range).filter(|p| !p.is_empty());
    let note = match part {
        Some(part) => format!("in `{}` of the expression `{}`", shortened(part), shortened(expression)),
        None => format!("in the expression `{}`", shortened(expression)),
    };
    diagnostic.at(at.clone()).note(None, note)
}

/// As much of a text as somebody reads.
fn shortened(text: &str) -> Cow<'_, str> {
    const MANY: usize = 1000;
    if text.len() <= MANY {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(MANY)]))
}
