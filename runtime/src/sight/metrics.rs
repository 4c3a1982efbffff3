//! Metrics, through the `metrics` facade.
//!
//! The durations have the names and labels of OpenTelemetry's conventions for RPC. The rest, for which these have no names,
//! has such as go with them. The values of all labels are known when the program is built, or when a channel is made.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock};

use metrics::{Key, Label, Level, Metadata, SharedString, Unit};

use super::{AttemptType, Outcome, Seen, Side, System};

/// The metrics of a side.
struct Names {
    duration: &'static str,
    active: &'static str,
    requests: &'static str,
    responses: &'static str,
    request_bytes: &'static str,
    response_bytes: &'static str,
}

const SERVER: Names = Names {
    duration: "rpc.server.call.duration",
    active: "rpc.server.active_calls",
    requests: "rpc.server.requests",
    responses: "rpc.server.responses",
    request_bytes: "rpc.server.request.bytes",
    response_bytes: "rpc.server.response.bytes",
};

const CLIENT: Names = Names {
    duration: "rpc.client.call.duration",
    active: "rpc.client.active_calls",
    requests: "rpc.client.requests",
    responses: "rpc.client.responses",
    request_bytes: "rpc.client.request.bytes",
    response_bytes: "rpc.client.response.bytes",
};

/// Attempts of a client that are not the first of their call.
const RETRIES: &str = "rpc.client.retries";

const fn names(side: Side) -> &'static Names {
    match side {
        Side::Server => &SERVER,
        Side::Client => &CLIENT,
    }
}

/// Says what the metrics of both sides are. Recorders ask for it once.
pub(crate) fn describe() {
    for Names { duration, active, requests, responses, request_bytes, response_bytes } in [SERVER, CLIENT] {
        metrics::describe_histogram!(duration, Unit::Seconds, "How long calls took.");
        metrics::describe_gauge!(active, Unit::Count, "Calls under way.");
        metrics::describe_counter!(requests, Unit::Count, "Request messages.");
        metrics::describe_counter!(responses, Unit::Count, "Response messages.");
        metrics::describe_counter!(request_bytes, Unit::Bytes, "The request messages, as protobuf.");
        metrics::describe_counter!(response_bytes, Unit::Bytes, "The response messages, as protobuf.");
    }
    metrics::describe_counter!(RETRIES, Unit::Count, "Attempts that are not the first of their call.");
}

/// The metrics of the calls of a method: their labels are put together and hashed once. A recorder still finds the metric
/// of a key for each call, so that it may be another one, or forget metrics that have been idle.
pub(super) struct Keys {
    names: &'static Names,
    labels: Vec<Label>,
    active: Key,
    /// By the number of the code.
    ended: [OnceLock<Box<EndKeys>>; CODES],
}

/// Codes are numbered from zero.
const CODES: usize = 17;

/// The metrics of calls that end with a code.
struct EndKeys {
    duration: Key,
    requests: Key,
    responses: Key,
    request_bytes: Key,
    response_bytes: Key,
}

impl Keys {
    fn new(seen: &Seen) -> Self {
        let names = names(seen.side);
        let mut labels = vec![
            Label::from_static_parts("rpc.system.name", seen.system.name()),
            Label::from_static_parts("rpc.method", seen.method_name()),
        ];
        if let Some(address) = address(seen) {
            labels.push(Label::new("server.address", SharedString::from(address.to_owned())));
        }
        let active = Key::from_parts(names.active, labels.clone());
        Self { names, labels, active, ended: [const { OnceLock::new() }; CODES] }
    }

    fn ended(&self, side: Side, outcome: &Outcome) -> &EndKeys {
        self.ended[outcome.code as usize].get_or_init(|| {
            let mut labels = self.labels.clone();
            labels.push(Label::from_static_parts("rpc.response.status_code", outcome.code_name()));
            let key = |name| Key::from_parts(name, labels.clone());
            let Names { requests, responses, request_bytes, response_bytes, duration, .. } = *self.names;
            Box::new(EndKeys {
                requests: key(requests),
                responses: key(responses),
                request_bytes: key(request_bytes),
                response_bytes: key(response_bytes),
                duration: {
                    let error = outcome.error_type(side);
                    labels.extend(error.map(|error| Label::from_static_parts("error.type", error)));
                    Key::from_parts(duration, labels)
                },
            })
        })
    }
}

/// The server that a client calls. On a server it is the caller who chooses it, so that it is not told.
fn address(seen: &Seen) -> Option<&str> {
    seen.server.address.as_deref().filter(|_| seen.side == Side::Client)
}

/// The keys of all methods that were called, by what they speak: as many as recorders have.
type ByMethod = HashMap<(System, &'static str), Arc<Keys>>;

#[derive(Default)]
struct Table {
    server: ByMethod,
    /// By the address of the server; that of calls without one is empty.
    client: HashMap<Box<str>, ByMethod>,
}

static TABLE: LazyLock<RwLock<Table>> = LazyLock::new(RwLock::default);

fn keys(seen: &Seen) -> Arc<Keys> {
    let (method, address) = ((seen.system, seen.method_name()), address(seen).unwrap_or(""));
    {
        let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
        let of_side = match seen.side {
            Side::Server => Some(&table.server),
            Side::Client => table.client.get(address),
        };
        if let Some(keys) = of_side.and_then(|methods| methods.get(&method)) {
            return Arc::clone(keys);
        }
    }
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    let of_side = match seen.side {
        Side::Server => &mut table.server,
        Side::Client => table.client.entry(address.into()).or_default(),
    };
    Arc::clone(of_side.entry(method).or_insert_with(|| Arc::new(Keys::new(seen))))
}

static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// A call begins.
pub(super) fn begin(seen: &Seen) -> Arc<Keys> {
    let keys = keys(seen);
    metrics::with_recorder(|recorder| recorder.register_gauge(&keys.active, &METADATA).increment(1.0));
    keys
}

/// There is another attempt at a call.
pub(super) fn again(keys: &Keys, why: AttemptType) {
    let mut labels = keys.labels.clone();
    labels.push(Label::from_static_parts("rpc.attempt_type", why.name()));
    let key = Key::from_parts(RETRIES, labels);
    metrics::with_recorder(|recorder| recorder.register_counter(&key, &METADATA).increment(1));
}

pub(super) fn finish(keys: &Keys, seen: &Seen, outcome: &Outcome) {
    let EndKeys { duration, requests, responses, request_bytes, response_bytes } =
        keys.ended(seen.side, outcome);
    metrics::with_recorder(|recorder| {
        recorder.register_gauge(&keys.active, &METADATA).decrement(1.0);
        for (counter, count) in [
            (requests, seen.requests.count()),
            (responses, seen.responses.count()),
            (request_bytes, seen.requests.bytes()),
            (response_bytes, seen.responses.bytes()),
        ] {
            if count > 0 {
                recorder.register_counter(counter, &METADATA).increment(count);
            }
        }
        recorder.register_histogram(duration, &METADATA).record(outcome.duration.as_secs_f64());
    });
}
