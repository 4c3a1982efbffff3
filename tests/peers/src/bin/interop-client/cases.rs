//! The cases, by their published names.

use std::fmt;
use std::pin::Pin;

use anyhow::{Context as _, bail};
use rsvc::{Code, Status};

use crate::peer::Peer;
use crate::{compression, failures, streams, unary};

/// A case of the interop descriptions.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: fn(Peer) -> Outcome,
}

pub(crate) type Outcome = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

const LOAD_REPORTS: &str =
    "load reports (ORCA) are read by a load-balancing policy, and a channel of rsvc has none";
const MIXED: &str = "a channel of rsvc compresses all requests of a call or none";
const CLOUD: &str = "it needs credentials of Google's cloud";

/// In the order of the descriptions, those that need a cloud included.
pub(crate) const CASES: &[Case] = &[
    Case { name: "empty_unary", run: |peer| Box::pin(unary::empty(peer)) },
    Case { name: "cacheable_unary", run: |peer| Box::pin(unary::cacheable(peer)) },
    Case { name: "large_unary", run: |peer| Box::pin(unary::large(peer)) },
    Case { name: "client_compressed_unary", run: |peer| Box::pin(compression::client_unary(peer)) },
    Case { name: "server_compressed_unary", run: |peer| Box::pin(compression::server_unary(peer)) },
    Case { name: "client_streaming", run: |peer| Box::pin(streams::client_streaming(peer)) },
    Case { name: "client_compressed_streaming", run: |_| not_applicable(MIXED) },
    Case { name: "server_streaming", run: |peer| Box::pin(streams::server_streaming(peer)) },
    Case { name: "server_compressed_streaming", run: |peer| Box::pin(compression::server_streaming(peer)) },
    Case { name: "ping_pong", run: |peer| Box::pin(streams::ping_pong(peer)) },
    Case { name: "empty_stream", run: |peer| Box::pin(streams::empty(peer)) },
    Case { name: "compute_engine_creds", run: |_| not_applicable(CLOUD) },
    Case { name: "jwt_token_creds", run: |_| not_applicable(CLOUD) },
    Case { name: "oauth2_auth_token", run: |_| not_applicable(CLOUD) },
    Case { name: "per_rpc_creds", run: |_| not_applicable(CLOUD) },
    Case { name: "google_default_credentials", run: |_| not_applicable(CLOUD) },
    Case { name: "compute_engine_channel_credentials", run: |_| not_applicable(CLOUD) },
    Case { name: "custom_metadata", run: |peer| Box::pin(unary::custom_metadata(peer)) },
    Case { name: "status_code_and_message", run: |peer| Box::pin(failures::status_code_and_message(peer)) },
    Case { name: "special_status_message", run: |peer| Box::pin(failures::special_status_message(peer)) },
    Case { name: "unimplemented_method", run: |peer| Box::pin(failures::unimplemented_method(peer)) },
    Case { name: "unimplemented_service", run: |peer| Box::pin(failures::unimplemented_service(peer)) },
    Case { name: "cancel_after_begin", run: |peer| Box::pin(failures::cancel_after_begin(peer)) },
    Case { name: "cancel_after_first_response", run: |peer| Box::pin(failures::cancel_after_response(peer)) },
    Case { name: "timeout_on_sleeping_server", run: |peer| Box::pin(failures::timeout(peer)) },
    Case { name: "rpc_soak", run: |peer| Box::pin(unary::rpc_soak(peer)) },
    Case { name: "channel_soak", run: |peer| Box::pin(unary::channel_soak(peer)) },
    Case { name: "orca_per_rpc", run: |_| not_applicable(LOAD_REPORTS) },
    Case { name: "orca_oob", run: |_| not_applicable(LOAD_REPORTS) },
    Case {
        name: "max_concurrent_streams_connection_scaling",
        run: |_| not_applicable("a channel of rsvc has one connection"),
    },
];

/// A case that a program or its peer has no way to do.
#[derive(Debug)]
pub(crate) struct NotApplicable(String);

impl NotApplicable {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for NotApplicable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotApplicable {}

fn not_applicable(reason: &'static str) -> Outcome {
    Box::pin(std::future::ready(Err(NotApplicable::new(reason).into())))
}

/// A call that had to fail, with this code. Returns how it has failed.
pub(crate) fn fails<T: fmt::Debug>(answer: Result<T, Status>, code: Code) -> anyhow::Result<Status> {
    match answer {
        Ok(answer) => bail!("{code:?} expected, answered {}", cut(&answer)),
        Err(status) if status.code() == code => Ok(status),
        Err(status) => Err(status).with_context(|| format!("{code:?} expected")),
    }
}

/// Compares, and says what was compared.
pub(crate) fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, expected: &T) -> anyhow::Result<()> {
    if found == expected {
        return Ok(());
    }
    bail!("{what}: {} expected, found {}", cut(expected), cut(found))
}

/// Payloads are long.
fn cut(value: &impl fmt::Debug) -> String {
    format!("{value:?}").chars().take(200).collect()
}
