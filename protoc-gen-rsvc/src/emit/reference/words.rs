//! Words for what is the same everywhere: lengths of time, access, caches, retries.

use std::time::Duration;

use crate::model::{Cache, ETag, Method, MethodKind, Retry, RetryKind};

/// A length of time: `10 seconds`.
pub(super) fn duration(time: Duration) -> String {
    let count = |number: u64, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
    match (seconds, nanos) {
        (s, 0) if s >= 3600 && s % 3600 == 0 => count(s / 3600, "hour"),
        (s, 0) if s >= 120 && s % 60 == 0 => count(s / 60, "minute"),
        (s, 0) => count(s, "second"),
        (0, n) if n % 1_000_000 == 0 => count(u64::from(n / 1_000_000), "millisecond"),
        _ => format!("{} seconds", time.as_secs_f64()),
    }
}

/// What a method is called by: `Server stream`.
pub(super) fn kind(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Unary => "Unary",
        MethodKind::ClientStreaming => "Client stream",
        MethodKind::ServerStreaming => "Server stream",
        MethodKind::BidiStreaming => "Bidirectional stream",
    }
}

/// What HTTP caches may do.
pub(super) fn cache(cache: &Cache, name: impl Fn(&ETag) -> String) -> String {
    let mut parts = Vec::new();
    parts.push(match (cache.max_age, cache.private) {
        (Some(seconds), true) => {
            format!(
                "the caller's cache may keep a response for {}",
                duration(Duration::from_secs(seconds.into()))
            )
        }
        (Some(seconds), false) => {
            format!("caches may keep a response for {}", duration(Duration::from_secs(seconds.into())))
        }
        (None, true) => {
            "the caller's cache may keep a response and asks each time whether it has changed".into()
        }
        (None, false) => "caches may keep a response and ask each time whether it has changed".into(),
    });
    if let Some(tag) = &cache.etag {
        parts.push(name(tag));
    }
    if !cache.vary.is_empty() {
        parts.push(format!("it depends on the headers {}", cache.vary.join(", ")));
    }
    sentence(&parts.join("; "))
}

/// When clients make a call again.
pub(super) fn retry(retry: &Retry) -> String {
    let attempts = retry.max_attempts.map(|count| format!("up to {count} attempts"));
    let codes = (!retry.codes.is_empty()).then(|| format!("after {}", retry.codes.join(", ")));
    let how = match &retry.kind {
        RetryKind::Off => return "Clients do not make the call again.".into(),
        RetryKind::Backoff { initial, max, .. } => {
            let initial = initial.map(|time| format!("the first pause is up to {}", duration(time)));
            let max = max.map(|time| format!("none is longer than {}", duration(time)));
            [initial, max].into_iter().flatten().collect::<Vec<_>>()
        }
        RetryKind::Hedge { delay } => {
            vec![format!("another attempt is made after {} without an answer", duration(*delay))]
        }
    };
    let all: Vec<_> = attempts.into_iter().chain(codes).chain(how).collect();
    if all.is_empty() {
        return "Clients make the call again when it fails.".into();
    }
    sentence(&format!("clients make the call again: {}", all.join(", ")))
}

/// Whether a call may be made twice.
pub(super) fn idempotency(method: &Method) -> Option<&'static str> {
    match method.idempotency {
        crate::model::Idempotency::Unknown => None,
        crate::model::Idempotency::NoSideEffects => Some("Reads only: it has no side effects."),
        crate::model::Idempotency::Idempotent => Some("Idempotent: a second call changes nothing more."),
    }
}

/// With a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map_or_else(String::new, |c| c.to_uppercase().to_string());
    format!("{first}{}.", chars.as_str())
}

/// Names in a sentence: `a, b and c`.
pub(super) fn list(names: &[String], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., end] => format!("{} {last} {end}", all.join(", ")),
    }
}
