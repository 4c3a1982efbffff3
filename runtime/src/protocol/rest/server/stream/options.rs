//! What can be chosen about streams.

use std::time::Duration;

use crate::protocol::rest::server::options::Options;
#[cfg(feature = "websocket")]
use crate::protocol::rest::server::websocket::Origins;

impl Options {
    /// How long a stream of server-sent events, of protobuf or over WebSocket may say nothing before something is said
    /// that means nothing, so that nobody on the way takes the connection for dead. Default: 15 seconds.
    pub fn keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = interval.max(Duration::from_millis(1));
        self
    }

    /// Lets pages of another origin, as `https://app.example`, open a WebSocket. By default only those of the server's
    /// own host may, and whoever is no page: a page of any other would act with the cookies of whoever looks at it.
    #[cfg(feature = "websocket")]
    pub fn websocket_origin(mut self, origin: impl Into<String>) -> Self {
        if let Origins::Own(others) = &mut self.websocket_origins {
            others.push(origin.into());
        }
        self
    }

    /// Lets pages of all origins open a WebSocket: for servers that know callers by nothing that a browser sends by
    /// itself.
    #[cfg(feature = "websocket")]
    pub fn any_websocket_origin(mut self) -> Self {
        self.websocket_origins = Origins::Any;
        self
    }
}
