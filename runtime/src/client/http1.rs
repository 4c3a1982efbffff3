//! HTTP/1.1: connections are made as calls need them, and kept for the next.

use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::{Connector, Timed};
use super::settings::ConnectionSettings;
use crate::call::Body;
use crate::protocol::client::{Sent, Transport, check_headers};

/// What a connection reads ahead at least, in bytes: bodies are read by it as well.
const BUFFER: usize = 64 << 10;

pub(super) struct Http1<C> {
    client: Client<Timed<C>, Body>,
    max_header_list_size: usize,
}

impl<C: Connector> Http1<C> {
    pub(super) fn new(connector: C, settings: &ConnectionSettings) -> Self {
        let max_header_list_size = settings.limits.header_list_size();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .http1_max_buf_size(max_header_list_size.max(BUFFER))
            .build(Timed::new(connector, settings.clone()));
        Self { client, max_header_list_size }
    }
}

impl<C: Connector> Transport for Http1<C> {
    fn send(&self, request: Request<Body>) -> Sent {
        let response = self.client.request(request);
        let limit = self.max_header_list_size;
        Box::pin(async move {
            let response = response.await?;
            check_headers(response.headers(), limit)?;
            Ok(response.map(Body::incoming))
        })
    }
}
