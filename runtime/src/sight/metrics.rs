//! Metrics, through the `metrics` facade.
//!
//! The durations have the names and labels of OpenTelemetry's conventions for RPC. The rest, for which these have no names,
//! has such as go with them. The values of all labels are known when the program is built, or when a channel is made.

use metrics::{Label, SharedString, Unit};

use super::{Outcome, Seen, Side};

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
}

/// What a call is known by from its beginning.
fn labels(seen: &Seen) -> Vec<Label> {
    let mut labels = vec![
        Label::from_static_parts("rpc.system.name", seen.system.name()),
        Label::from_static_parts("rpc.method", seen.method_name()),
    ];
    // On a server the caller chooses it.
    if seen.side == Side::Client
        && let Some(address) = &seen.server.address
    {
        labels.push(Label::new("server.address", SharedString::from(String::from(&**address))));
    }
    labels
}

pub(super) fn begin(seen: &Seen) {
    metrics::gauge!(names(seen.side).active, labels(seen)).increment(1.0);
}

pub(super) fn finish(seen: &Seen, outcome: &Outcome) {
    let Names { duration, active, requests, responses, request_bytes, response_bytes } = *names(seen.side);
    let mut labels = labels(seen);
    metrics::gauge!(active, labels.clone()).decrement(1.0);
    labels.push(Label::from_static_parts("rpc.response.status_code", outcome.code_name()));
    for (counter, count) in [
        (requests, seen.requests.count()),
        (responses, seen.responses.count()),
        (request_bytes, seen.requests.bytes()),
        (response_bytes, seen.responses.bytes()),
    ] {
        if count > 0 {
            metrics::counter!(counter, labels.clone()).increment(count);
        }
    }
    if let Some(error) = outcome.error_type(seen.side) {
        labels.push(Label::from_static_parts("error.type", error));
    }
    metrics::histogram!(duration, labels).record(outcome.duration.as_secs_f64());
}
