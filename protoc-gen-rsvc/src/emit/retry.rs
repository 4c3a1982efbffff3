//! When clients make a call again, as an expression.

use std::time::Duration;

use crate::model::{Retry, RetryKind};

/// The `rsvc::RetryPolicy` of a method.
pub(super) fn policy(retry: &Retry) -> String {
    let mut text = "::rsvc::RetryPolicy::".to_owned();
    match &retry.kind {
        RetryKind::Off => return text + "OFF",
        RetryKind::Hedge { delay } => text += &format!("hedge({})", duration(*delay)),
        RetryKind::Backoff { initial, max, multiplier } => {
            text += "retry()";
            for (pause, name) in [(initial, "initial_backoff"), (max, "max_backoff")] {
                text +=
                    &pause.map(|pause| format!(".{name}({})", duration(pause))).unwrap_or_else(String::new);
            }
            text += &multiplier.map(|factor| format!(".multiplier({factor:?})")).unwrap_or_else(String::new);
        }
    }
    text += &retry.max_attempts.map(|count| format!(".max_attempts({count})")).unwrap_or_else(String::new);
    if !retry.codes.is_empty() {
        let codes: Vec<_> = retry.codes.iter().map(|code| format!("::rsvc::Code::{code}")).collect();
        text += &format!(".codes(&[{}])", codes.join(", "));
    }
    text
}

fn duration(duration: Duration) -> String {
    format!("::core::time::Duration::new({}, {})", duration.as_secs(), duration.subsec_nanos())
}
