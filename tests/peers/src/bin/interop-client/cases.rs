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
    run: Run,
}

enum Run {
    Can(fn(Peer) -> Outcome),
    /// A channel of rsvc has no way to do it.
    Cannot(&'static str),
    /// Nobody can do it on a machine of their own.
    NeedsCloud,
}

type Outcome = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

const LOAD_REPORTS: &str =
    "load reports (ORCA) are read by a load-balancing policy, and a channel of rsvc has none";
const MIXED: &str = "a channel of rsvc compresses all requests of a call or none";

/// In the order of the descriptions, those that need a cloud included.
pub(crate) const CASES: &[Case] = &[
    can("empty_unary", |peer| Box::pin(unary::empty(peer))),
    can("cacheable_unary", |peer| Box::pin(unary::cacheable(peer))),
    can("large_unary", |peer| Box::pin(unary::large(peer))),
    can("client_compressed_unary", |peer| Box::pin(compression::client_unary(peer))),
    can("server_compressed_unary", |peer| Box::pin(compression::server_unary(peer))),
    can("client_streaming", |peer| Box::pin(streams::client_streaming(peer))),
    cannot("client_compressed_streaming", MIXED),
    can("server_streaming", |peer| Box::pin(streams::server_streaming(peer))),
    can("server_compressed_streaming", |peer| Box::pin(compression::server_streaming(peer))),
    can("ping_pong", |peer| Box::pin(streams::ping_pong(peer))),
    can("empty_stream", |peer| Box::pin(streams::empty(peer))),
    needs_cloud("compute_engine_creds"),
    needs_cloud("jwt_token_creds"),
    needs_cloud("oauth2_auth_token"),
    needs_cloud("per_rpc_creds"),
    needs_cloud("google_default_credentials"),
    needs_cloud("compute_engine_channel_credentials"),
    can("custom_metadata", |peer| Box::pin(unary::custom_metadata(peer))),
    can("status_code_and_message", |peer| Box::pin(failures::status_code_and_message(peer))),
    can("special_status_message", |peer| Box::pin(failures::special_status_message(peer))),
    can("unimplemented_method", |peer| Box::pin(failures::unimplemented_method(peer))),
    can("unimplemented_service", |peer| Box::pin(failures::unimplemented_service(peer))),
    can("cancel_after_begin", |peer| Box::pin(failures::cancel_after_begin(peer))),
    can("cancel_after_first_response", |peer| Box::pin(failures::cancel_after_response(peer))),
    can("timeout_on_sleeping_server", |peer| Box::pin(failures::timeout(peer))),
    can("rpc_soak", |peer| Box::pin(unary::rpc_soak(peer))),
    can("channel_soak", |peer| Box::pin(unary::channel_soak(peer))),
    cannot("orca_per_rpc", LOAD_REPORTS),
    cannot("orca_oob", LOAD_REPORTS),
    cannot(
        "max_concurrent_streams_connection_scaling",
        "it needs a server that takes few calls of a connection, which is not started here",
    ),
];

const fn can(name: &'static str, run: fn(Peer) -> Outcome) -> Case {
    Case { name, run: Run::Can(run) }
}

const fn cannot(name: &'static str, reason: &'static str) -> Case {
    Case { name, run: Run::Cannot(reason) }
}

const fn needs_cloud(name: &'static str) -> Case {
    Case { name, run: Run::NeedsCloud }
}

impl Case {
    /// Whether anybody can run it here.
    pub(crate) fn needs_cloud(&self) -> bool {
        matches!(self.run, Run::NeedsCloud)
    }

    pub(crate) async fn run(&self, peer: Peer) -> anyhow::Result<()> {
        match self.run {
            Run::Can(run) => run(peer).await,
            Run::Cannot(reason) => Err(NotApplicable::new(reason).into()),
            Run::NeedsCloud => Err(NotApplicable::new("it needs credentials of a cloud").into()),
        }
    }
}

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
