//! What is called, and where.

use std::sync::Arc;

use http::{Method, StatusCode};
use tokio::time::Instant;

use crate::Context;
use crate::method::MethodInfo;
use crate::protocol::client::{ClientCall, Endpoint};
use crate::sight::Seen;
use crate::transcode::binding::Binding;

/// A server that is called over REST.
pub(crate) struct RestEndpoint {
    pub(crate) endpoint: Endpoint,
    /// What stands before every path, without a slash at its end.
    pub(crate) prefix: String,
}

/// A method as it is reached over REST: its bindings are those of `bindings` with its index.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is.
    pub info: &'static MethodInfo,
    /// Its index in the service.
    pub method: usize,
    /// The bindings of the whole service.
    pub bindings: &'static [Binding],
}

impl Target {
    /// Those of the method.
    pub(super) fn bindings(self) -> impl Iterator<Item = &'static Binding> {
        self.bindings.iter().filter(move |binding| usize::from(binding.method) == self.method)
    }
}

/// A call that is going out.
pub(crate) struct RestCall<'a> {
    pub(super) call: ClientCall<'a>,
    pub(super) prefix: &'a str,
    pub(super) target: Target,
    seen: Option<&'a Arc<Seen>>,
}

impl<'a> RestCall<'a> {
    pub(crate) fn new(endpoint: &'a RestEndpoint, target: Target, ctx: Context) -> Self {
        let call = ClientCall::new(&endpoint.endpoint, target.info, ctx);
        Self { call, prefix: &endpoint.prefix, target, seen: None }
    }

    /// The same, told of what goes over HTTP.
    #[must_use]
    pub(crate) fn seen_by(self, seen: Option<&'a Arc<Seen>>) -> Self {
        Self { seen, ..self }
    }

    /// Tells of the binding that the call goes by.
    pub(super) fn tell_binding(&self, verb: &Method, binding: &Binding) {
        if let Some(seen) = self.seen {
            seen.bound(verb, binding.template);
        }
    }

    /// Tells of the status of the response.
    pub(super) fn tell_status(&self, status: StatusCode) {
        if let Some(seen) = self.seen {
            seen.http_status(status);
        }
    }

    /// The same call as another attempt, after `previous` that have failed.
    #[must_use]
    pub(crate) fn after(self, previous: u32) -> Self {
        Self { call: self.call.after(previous), ..self }
    }

    pub(crate) fn ctx(&self) -> &Context {
        &self.call.ctx
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.call.deadline
    }
}
