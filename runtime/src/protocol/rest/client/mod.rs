//! Calling over REST, as `google.api.http` says.
//!
//! A call goes by the first binding of its method that can say the request: `url` makes the path and the query of it,
//! `request` the rest of an HTTP request. `response` reads what comes back, `responses` a stream of it.

mod call;
mod events;
mod request;
mod response;
mod responses;
mod url;

use crate::method::MethodInfo;
use crate::protocol::client::Endpoint;
use crate::transcode::binding::Binding;

pub(crate) use call::RestCall;

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
    fn bindings(self) -> impl Iterator<Item = &'static Binding> {
        self.bindings.iter().filter(move |binding| usize::from(binding.method) == self.method)
    }
}
