//! The trace that a call belongs to, as W3C's `traceparent` and `tracestate` tell it.

use std::str::FromStr as _;

use http::{HeaderMap, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";

/// What of `tracestate` is taken: as much as everybody has to hand on.
const MAX_STATE: usize = 512;
const MAX_MEMBERS: usize = 32;

/// Makes a span part of the trace that the headers tell. Without one, or with one that is malformed, it begins its own.
pub(super) fn continue_in(span: &Span, headers: &HeaderMap) {
    if let Some(remote) = read(headers) {
        // It fails where no layer of OpenTelemetry wants to know.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(remote));
    }
}

/// The headers that make the span the parent of what the server does. Where no layer of OpenTelemetry knows the span there
/// are none, and the call brings what its `headers` are.
pub(super) fn hand_on(span: &Span, headers: &HeaderMap) -> Vec<(&'static str, String)> {
    if Span::current().is_none()
        && let Some(remote) = read(headers)
    {
        // A handler has given the call to another task.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(remote));
    }
    let own = span.context().span().span_context().clone();
    if !own.is_valid() {
        return Vec::new();
    }
    let (trace, id, flags) = (own.trace_id(), own.span_id(), own.trace_flags() & TraceFlags::SAMPLED);
    let mut pairs = vec![(PARENT, format!("00-{trace}-{id}-{flags:02x}"))];
    // A sampler of the program's may have put anything into it.
    let is_text = |state: &String| state.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let state = Some(own.trace_state().header()).filter(is_text).unwrap_or_default();
    // One of another trace does not go with it.
    if !state.is_empty() || headers.contains_key(STATE) {
        pairs.push((STATE, state));
    }
    pairs
}

/// The span that made the call.
fn read(headers: &HeaderMap) -> Option<SpanContext> {
    let mut parents = headers.get_all(PARENT).iter();
    let (trace, id, flags) = parse(parents.next()?.as_bytes())?;
    if parents.next().is_some() {
        return None;
    }
    let state = state(headers.get_all(STATE).iter()).unwrap_or_default();
    Some(SpanContext::new(trace, id, flags, true, state))
}

/// Reads `traceparent`. Versions to come may have more behind what this one has.
fn parse(text: &[u8]) -> Option<(TraceId, SpanId, TraceFlags)> {
    let (known, rest) = text.split_at_checked(55)?;
    let text = std::str::from_utf8(known).ok()?;
    let is_hex =
        |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let mut parts = text.split('-');
    let mut next = |length: usize| parts.next().filter(|part| part.len() == length).filter(is_hex);
    let (version, trace, id, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
    let ends_well = if version == "00" { rest.is_empty() } else { matches!(rest, [] | [b'-', ..]) };
    if version == "ff" || !ends_well {
        return None;
    }
    let (trace, id) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(id).ok()?);
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    (trace != TraceId::INVALID && id != SpanId::INVALID).then_some((trace, id, flags & TraceFlags::SAMPLED))
}

/// Reads `tracestate`, which may stand in several headers. One that is malformed or too long is none.
fn state<'a>(values: impl Iterator<Item = &'a HeaderValue>) -> Option<TraceState> {
    let mut all = String::new();
    for value in values {
        let text = value.to_str().ok()?.trim();
        if !all.is_empty() && !text.is_empty() {
            all.push(',');
        }
        all.push_str(text);
        if all.len() > MAX_STATE {
            return None;
        }
    }
    let members: Vec<_> = all.split(',').map(str::trim).filter(|member| !member.is_empty()).collect();
    if members.len() > MAX_MEMBERS {
        return None;
    }
    TraceState::from_str(&members.join(",")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT_OF_W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn parents_are_read_strictly() {
        let (trace, id, flags) = parse(PARENT_OF_W3C.as_bytes()).unwrap();
        assert_eq!(trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!((id.to_string().as_str(), flags), ("b7ad6b7169203331", TraceFlags::SAMPLED));
        let with = |from: &str, to: &str| PARENT_OF_W3C.replacen(from, to, 1);
        for fine in
            [with("-01", "-00"), with("-01", "-ff"), with("00-", "01-"), with("00-", "cc-") + "-what comes"]
        {
            assert!(parse(fine.as_bytes()).is_some(), "{fine}");
        }
        for wrong in [
            String::new(),
            with("00-", "ff-"),
            with("00-", "0-"),
            with("00-", "0g-"),
            with("0af7", "0AF7"),
            with("0af7", "0äf"),
            with("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            with("b7ad6b7169203331", &"0".repeat(16)),
            with("-01", "-1"),
            with("-01", "-0x"),
            with("-01", "_01"),
            PARENT_OF_W3C.to_owned() + "-more",
            PARENT_OF_W3C.to_owned() + " ",
            with("00-", "01-") + "more",
            PARENT_OF_W3C.replace('-', ""),
        ] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn states_have_limits() {
        let of = |values: &[&str]| {
            let values: Vec<_> = values.iter().map(|value| HeaderValue::from_str(value).unwrap()).collect();
            state(values.iter()).map(|state| state.header())
        };
        assert_eq!(of(&[]).as_deref(), Some(""));
        assert_eq!(of(&["a=1, b=2 ,", "c=3"]).as_deref(), Some("a=1,b=2,c=3"));
        let members = |count: usize| (0..count).map(|n| format!("k{n}=1")).collect::<Vec<_>>().join(",");
        assert!(of(&[&members(MAX_MEMBERS)]).is_some());
        assert_eq!(of(&[&members(MAX_MEMBERS + 1)]), None);
        let long = |last: usize| format!("a={},b={}", "x".repeat(256), "y".repeat(last));
        assert_eq!(of(&[&long(MAX_STATE - 261)]), Some(long(MAX_STATE - 261)), "as long as may be");
        assert_eq!(of(&[&long(MAX_STATE - 260)]), None);
        assert_eq!(of(&["no member"]), None);
    }

    #[test]
    fn what_is_not_told_once_is_not_told() {
        let mut headers = HeaderMap::new();
        assert!(read(&headers).is_none());
        headers.append(PARENT, HeaderValue::from_static(PARENT_OF_W3C));
        headers.append(STATE, HeaderValue::from_static("no member"));
        let context = read(&headers).unwrap();
        assert!(context.is_remote() && context.is_sampled());
        assert_eq!(context.trace_state().header(), "");
        headers.append(PARENT, HeaderValue::from_static(PARENT_OF_W3C));
        assert!(read(&headers).is_none());
    }
}
