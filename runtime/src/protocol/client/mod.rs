//! A call from the client's side, as far as protocols share it: settings, deadline, sending, and messages in envelopes.
//!
//! A protocol is a [`Dialect`]; Connect's unary calls, which have no envelopes, go by the parts of this module. Messages
//! are without their types throughout.

mod call;
mod collect;
mod dialect;
mod direct;
mod enveloped;
mod error;
mod head;
mod limits;
mod link;
#[cfg(feature = "server")]
mod local;
mod methods;
mod requests;
mod responses;
mod unprocessed;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response};

use super::compression::Compression;
use super::limits::MessageLimits;
use super::wire::Codec;
use crate::call::intercept::Chain;
use crate::call::{Body, BoxError};
use crate::method::MethodInfo;
use crate::sight::Sight;

#[cfg(feature = "rest-client")]
pub(crate) use call::check;
pub(crate) use call::{ClientCall, user_agent};
#[cfg(feature = "rest-client")]
pub(crate) use collect::beginning;
pub(crate) use collect::collect;
#[cfg(feature = "rest-client")]
pub(crate) use dialect::compression_of;
pub(crate) use dialect::{Dialect, Head, write_form};
pub(crate) use direct::{CallRequests, Direct};
pub(crate) use enveloped::EnvelopedCall;
#[cfg(feature = "rest-client")]
pub(crate) use error::body_error;
pub(crate) use error::{
    Pushback, code_of_http, find, http_error, innermost, is_refused, pushback, too_many_headers, unexpected,
    unreadable,
};
pub(crate) use head::{check_headers, list_size};
pub(crate) use limits::Limits;
pub(crate) use link::CallerLink;
#[cfg(test)]
pub(crate) use link::link;
#[cfg(feature = "server")]
pub(crate) use local::{Local, LocalServer, Route};
pub(crate) use methods::{MethodSettings, Overrides};
#[cfg(feature = "rest-client")]
pub(crate) use requests::{Requests, WriteRequest};
pub(crate) use requests::{bare, many, one};
#[cfg(feature = "rest-client")]
pub(crate) use responses::{Event, ResponseSource, stream};
pub(crate) use unprocessed::Unprocessed;
pub(crate) use wait::waits_for_ready;

/// What is read of the error in place of a response, and of the end of one that stands in its body, in bytes. Both are read
/// into more memory than they are.
pub(crate) const MAX_ERROR_SIZE: usize = 256 << 10;

/// What carries requests to a server.
pub(crate) trait Transport: Send + Sync {
    /// Sends a request.
    fn send(&self, request: Request<Body>) -> Sent;

    /// What calls the method at this path without a request, where that can be done.
    fn direct(&self, path: &str) -> Option<&dyn Direct> {
        let _ = path;
        None
    }
}

/// A request that was sent; the response is there with its head. Dropping it, or the body of the response, gives the
/// request up.
pub(crate) type Sent = BoxFuture<'static, Result<Response<Body>, BoxError>>;

/// A server, and how it is called.
pub(crate) struct Endpoint {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) settings: ClientSettings,
}

impl Endpoint {
    /// What holds for the calls of a method.
    #[inline]
    pub(crate) fn settings_of(&self, info: &MethodInfo) -> &ClientSettings {
        match &self.settings.methods {
            None => &self.settings,
            Some(methods) => methods.of(info).unwrap_or(&self.settings),
        }
    }
}

/// What holds for every call through a channel.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientSettings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) validate_requests: bool,
    pub(crate) messages: MessageLimits,
    pub(crate) codec: Codec,
    /// How requests are compressed.
    pub(crate) compression: Option<Compression>,
    /// How responses may be compressed: the list for servers.
    pub(crate) accept: Option<HeaderValue>,
    /// Whether Connect calls methods without side effects with `GET`.
    pub(crate) use_get: bool,
    /// Whether calls wait for a connection, however often one cannot be made.
    pub(crate) wait_for_ready: bool,
    /// Who calls, if it is not this library alone.
    pub(crate) user_agent: Option<HeaderValue>,
    /// What goes around calls; `None` where nothing does.
    pub(crate) around: Option<Arc<Around>>,
    /// What is different for single methods; `None` where nothing is.
    pub(crate) methods: Option<Arc<MethodSettings>>,
}

/// What goes around the calls of a channel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    pub(crate) interceptors: Chain,
    pub(crate) sight: Sight,
}

impl Around {
    /// Calls may have to take the way around though nothing goes around them.
    pub(crate) fn is_nothing(&self) -> bool {
        self.interceptors.is_empty() && !self.sight.is_on()
    }
}

impl ClientSettings {
    /// What goes around calls, to be changed.
    pub(crate) fn around_mut(&mut self) -> &mut Around {
        Arc::make_mut(self.around.get_or_insert_default())
    }
}
