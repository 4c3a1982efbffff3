//! HTTP/1.1: connections are made as calls need them, and kept for the next.

use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::Connector;
use crate::call::Body;
use crate::protocol::client::{Sent, Transport};

pub(super) struct Http1<C>(Client<C, Body>);

impl<C: Connector> Http1<C> {
    pub(super) fn new(connector: C) -> Self {
        Self(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
    }
}

impl<C: Connector> Transport for Http1<C> {
    fn send(&self, request: Request<Body>) -> Sent {
        let response = self.0.request(request);
        Box::pin(async move {
            match response.await {
                Ok(response) => Ok(response.map(Body::incoming)),
                Err(error) => Err(error.into()),
            }
        })
    }
}
