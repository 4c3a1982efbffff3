//! `(rsvc.v1.method).retry` and `(rsvc.v1.service).retry` -> [`Retry`].

use prost_reflect::{DynamicMessage, ServiceDescriptor, Value};
use rsvc_common::{codes, retries};

use super::finding::Finding;
use super::types::Types;
use super::{EXTENSION, annotations as options};
use crate::diag::{Code, Diagnostic, Sink};
use crate::model::{FileId, Idempotency, Method, MethodKind, Retry, RetryKind, ServiceId};

/// `google.protobuf.ServiceDescriptorProto.options` and `rsvc.v1.ServiceOptions.retry`
const OF_SERVICE: [i32; 3] = [3, EXTENSION, 5];
/// `google.protobuf.MethodDescriptorProto.options` and `rsvc.v1.MethodOptions.retry`
const OF_METHOD: [i32; 3] = [4, EXTENSION, 8];

/// The numbers of the fields of `rsvc.v1.Retry`, and of those of its kinds.
mod tag {
    pub(super) const MAX_ATTEMPTS: i32 = 1;
    pub(super) const CODES: i32 = 2;
    pub(super) const BACKOFF: i32 = 3;
    pub(super) const HEDGE: i32 = 4;
    pub(super) const OFF: i32 = 5;
    pub(super) const DESPITE_SIDE_EFFECTS: i32 = 6;

    pub(super) const INITIAL: i32 = 1;
    pub(super) const MAX: i32 = 2;
    pub(super) const MULTIPLIER: i32 = 3;
    pub(super) const DELAY: i32 = 1;
}

/// Adds to all methods when clients make their calls again.
pub(super) fn resolve(types: &mut Types<'_>, sink: &mut Sink) {
    let pool = types.schema.pool.clone();
    for service in types.schema.services.ids() {
        let descriptor = pool
            .get_service_by_name(&types.schema.services[service].full_name)
            .expect("the services are those of the pool");
        of_service(types, sink, service, &descriptor);
    }
}

fn of_service(types: &mut Types<'_>, sink: &mut Sink, service: ServiceId, descriptor: &ServiceDescriptor) {
    let pool = descriptor.parent_pool();
    let file = types.schema.services[service].file;
    let annotated = options::extension(pool, &descriptor.options(), "rsvc.v1.service");
    let of_all = annotated.as_ref().and_then(|a| options::message(a, "retry")).and_then(|retry| {
        let mut reader = RetryReader { types, sink, file, element: descriptor.path(), option: OF_SERVICE };
        if options::field(&retry, "despite_side_effects").is_some() {
            reader
                .wrong(
                    Code::RETRY_METHOD,
                    &[tag::DESPITE_SIDE_EFFECTS],
                    "a service cannot say of all its methods what they have done when they fail",
                )
                .help(
                    "say it of the method: `option (rsvc.v1.method).retry = { despite_side_effects: true };`",
                );
        }
        reader.read(&retry)
    });
    let methods = types.schema.services[service].methods.clone();
    if let Some(retry) = &of_all
        && !methods.is_empty()
        && !methods.iter().any(|method| fits(&types.schema.methods[*method], &retry.kind))
    {
        let mut reader = RetryReader { types, sink, file, element: descriptor.path(), option: OF_SERVICE };
        let (why, help) = match retry.kind {
            RetryKind::Hedge { .. } => (
                "none of the methods can be hedged",
                "say of those with one request and one response that they have no side effects: `option idempotency_level = NO_SIDE_EFFECTS;`",
            ),
            _ => (
                "all of the methods may have side effects, so that no call is made again",
                "say of those that may be called twice `option idempotency_level = IDEMPOTENT;`",
            ),
        };
        reader
            .wrong(Code::RETRY_METHOD, &[], &format!("`retry` of the service has no effect: {why}"))
            .help(help);
    }
    for method in methods {
        let node = &types.schema.methods[method];
        let rpc = descriptor.methods().find(|rpc| rpc.name() == node.name);
        let rpc = rpc.expect("the methods are those of the pool");
        let annotated = options::extension(pool, &rpc.options(), "rsvc.v1.method");
        let retry = match annotated.as_ref().and_then(|a| options::message(a, "retry")) {
            Some(retry) => {
                let mut reader = RetryReader { types, sink, file, element: rpc.path(), option: OF_METHOD };
                let read = reader.read(&retry);
                reader.check(node, &retry);
                read
            }
            None => of_all.clone().filter(|retry| fits(node, &retry.kind)),
        };
        types.schema.methods[method].retry = retry;
    }
}

/// Whether what a service says of retries holds for one of its methods.
fn fits(method: &Method, kind: &RetryKind) -> bool {
    match kind {
        RetryKind::Off => true,
        RetryKind::Backoff { .. } => method.idempotency != Idempotency::Unknown,
        RetryKind::Hedge { .. } => {
            method.idempotency == Idempotency::NoSideEffects && method.kind == MethodKind::Unary
        }
    }
}

/// Reads one option.
struct RetryReader<'a> {
    types: &'a Types<'a>,
    sink: &'a mut Sink,
    file: FileId,
    /// The path of what the option stands on.
    element: &'a [i32],
    /// The path of the option below it.
    option: [i32; 3],
}

impl RetryReader<'_> {
    /// `None` when nothing can be made of it; its mistakes are reported.
    fn read(&mut self, retry: &DynamicMessage) -> Option<Retry> {
        if retry.fields().next().is_none() {
            self.wrong(Code::RETRY_VALUE, &[], "`retry` says nothing")
                .help("say how often, `max_attempts: 4`, after which codes, `codes: [UNAVAILABLE, ABORTED]`, or `off: {}`");
            return None;
        }
        let max_attempts = self.max_attempts(retry);
        let codes = self.codes(retry);
        let kind = if options::field(retry, "off").is_some() {
            if retry.fields().count() > 1 {
                self.wrong(Code::RETRY_VALUE, &[tag::OFF], "`off` leaves nothing more to say")
                    .help("leave the other fields out, or `off`");
            }
            RetryKind::Off
        } else if let Some(hedge) = options::message(retry, "hedge") {
            RetryKind::Hedge { delay: self.delay(&hedge)? }
        } else {
            options::message(retry, "backoff").map_or_else(
                || RetryKind::Backoff { initial: None, max: None, multiplier: None },
                |backoff| self.backoff(&backoff),
            )
        };
        Some(Retry { kind, max_attempts, codes })
    }

    fn max_attempts(&mut self, retry: &DynamicMessage) -> Option<u32> {
        let attempts = options::field(retry, "max_attempts")?.as_u32()?;
        let most = retries::MAX_ATTEMPTS;
        if !(2..=most).contains(&attempts) {
            let text = format!(
                "`max_attempts` cannot be {attempts}: the first attempt counts, and there are at most {most}"
            );
            self.wrong(Code::RETRY_VALUE, &[tag::MAX_ATTEMPTS], &text).help(format!(
                "give a number from 2 to {most}; `off: {{}}` is for calls that are not made again"
            ));
        }
        Some(attempts)
    }

    fn codes(&mut self, retry: &DynamicMessage) -> Vec<&'static str> {
        let list = options::field(retry, "codes");
        let list = list.as_ref().and_then(Value::as_list).unwrap_or(&[]);
        let mut names = Vec::new();
        for (index, code) in (0..).zip(list) {
            let number = code.as_enum_number().unwrap_or(0);
            let row = codes::by_number(number).filter(|row| row.number != 0);
            if let Some(row) = row {
                names.push(row.rust);
                continue;
            }
            let text = format!("`codes` cannot name {number}: it is not the code of an error");
            self.wrong(Code::RETRY_VALUE, &[tag::CODES, index], &text)
                .help("name the codes after which a call is made again, as `[UNAVAILABLE, ABORTED]`");
        }
        names
    }

    fn backoff(&mut self, backoff: &DynamicMessage) -> RetryKind {
        let initial = self.pause(backoff, "initial", &[tag::BACKOFF, tag::INITIAL]);
        let told = self.pause(backoff, "max", &[tag::BACKOFF, tag::MAX]);
        // As the default of the one is to that of the other.
        let max = told.or_else(|| initial?.checked_mul(retries::MAX_BACKOFF_FACTOR));
        let first = initial.unwrap_or(retries::INITIAL_BACKOFF);
        if told.is_some_and(|max| max < first) {
            self.wrong(
                Code::RETRY_VALUE,
                &[tag::BACKOFF, tag::MAX],
                &format!("the longest pause is shorter than the first one, {first:?}"),
            )
            .help("give a longer `max`, or a shorter `initial`");
        }
        let multiplier = options::field(backoff, "multiplier").and_then(|value| value.as_f64());
        if let Some(multiplier) = multiplier
            && !retries::MULTIPLIERS.contains(&multiplier)
        {
            let text = format!(
                "`multiplier` cannot be {multiplier}: pauses do not get shorter, nor much longer at once"
            );
            self.wrong(Code::RETRY_VALUE, &[tag::BACKOFF, tag::MULTIPLIER], &text).help(format!(
                "give a number from {} to {}",
                retries::MULTIPLIERS.start(),
                retries::MULTIPLIERS.end()
            ));
        }
        RetryKind::Backoff { initial, max, multiplier }
    }

    fn pause(&mut self, of: &DynamicMessage, name: &str, at: &[i32]) -> Option<std::time::Duration> {
        let pause = options::duration(of, name)?;
        pause
            .map_err(|why| {
                self.wrong(Code::RETRY_VALUE, at, &format!("`{name}` is of no use: {why}"))
                    .help("give a positive duration, as `{ nanos: 200000000 }`");
            })
            .ok()
    }

    fn delay(&mut self, hedge: &DynamicMessage) -> Option<std::time::Duration> {
        let at = [tag::HEDGE, tag::DELAY];
        if options::field(hedge, "delay").is_none() {
            self.wrong(Code::RETRY_VALUE, &[tag::HEDGE], "`hedge` does not say how long an attempt is alone")
                .help("give what most calls take, as `hedge: { delay: { nanos: 50000000 } }`");
            return None;
        }
        self.pause(hedge, "delay", &at)
    }

    /// Tests that it can stand on the method.
    fn check(&mut self, method: &Method, retry: &DynamicMessage) {
        let is_told = |name| options::field(retry, name).is_some();
        if is_told("off") {
            return;
        }
        if is_told("hedge") {
            if method.kind != MethodKind::Unary {
                self.wrong(Code::RETRY_METHOD, &[tag::HEDGE], "a method that streams cannot be hedged")
                    .help("leave `hedge` out: calls are then made again one after the other");
            } else if method.idempotency != Idempotency::NoSideEffects {
                self.wrong(
                    Code::RETRY_METHOD,
                    &[tag::HEDGE],
                    "a method that may have side effects cannot be hedged: all attempts are carried out",
                )
                .help("say that it has none: `option idempotency_level = NO_SIDE_EFFECTS;`");
            }
            return;
        }
        let despite = is_told("despite_side_effects");
        match method.idempotency {
            Idempotency::Unknown if !despite => {
                self.wrong(Code::RETRY_METHOD, &[], "the method may have side effects, so that its calls cannot be made again")
                    .help("say that it may be called twice, `option idempotency_level = IDEMPOTENT;`, or that a call with one of the codes has done nothing, `despite_side_effects: true`");
            }
            Idempotency::Unknown => {}
            _ if despite => {
                self.wrong(
                    Code::RETRY_METHOD,
                    &[tag::DESPITE_SIDE_EFFECTS],
                    "the method may be called twice, as it says",
                )
                .help("leave `despite_side_effects` out");
            }
            _ => {}
        }
    }

    /// A mistake in a part of the option.
    fn wrong(&mut self, code: Code, at: &[i32], text: &str) -> Finding<'_> {
        let place = self.types.option_place(self.file, self.element, &[&self.option, at].concat());
        Finding::new(self.sink, Diagnostic::error(code, text).at(place))
    }
}
