//! When clients make a call again, as an expression.

use std::time::Duration;

use crate::model::{Retry, RetryKind};

/// The `rsvc::RetryPolicy` of a method.
pub(super) fn policy(retry: &Retry) -> String {
    let mut calls = Vec::new();
    match &retry.kind {
        RetryKind::Off => return "::rsvc::RetryPolicy::OFF".to_owned(),
        RetryKind::Hedge { delay } => calls.push(format!("hedge({})", duration(*delay))),
        RetryKind::Backoff { initial, max, multiplier } => {
            calls.push("retry()".to_owned());
            calls.extend(initial.map(|pause| format!("initial_backoff({})", duration(pause))));
            calls.extend(max.map(|pause| format!("max_backoff({})", duration(pause))));
            calls.extend(multiplier.map(|factor| format!("multiplier({factor:?})")));
        }
    }
    calls.extend(retry.max_attempts.map(|count| format!("max_attempts({count})")));
    if !retry.codes.is_empty() {
        let codes: Vec<_> = retry.codes.iter().map(|code| format!("::rsvc::Code::{code}")).collect();
        calls.push(format!("codes(&[{}])", codes.join(", ")));
    }
    format!("::rsvc::RetryPolicy::{}", calls.join("."))
}

/// A `Duration`.
pub(super) fn duration(duration: Duration) -> String {
    format!("::core::time::Duration::new({}, {})", duration.as_secs(), duration.subsec_nanos())
}
