//! A channel made with tonic, as a transport.

use futures_util::future::BoxFuture;
use http::{Request, Response};

use crate::bridge::{self, TonicChannel};
use crate::call::{Body, BoxError};
use crate::deadline;
use crate::protocol::client::Transport;

pub(super) struct Tonic(pub(super) TonicChannel);

impl Transport for Tonic {
    fn send(&self, request: Request<Body>) -> BoxFuture<'static, Result<Response<Body>, BoxError>> {
        let response = bridge::send(self.0.clone(), request);
        Box::pin(async move {
            match response.await {
                Ok(response) => Ok(response.map(Body::new)),
                Err(error) if bridge::is_timeout(&*error) => Err(deadline::exceeded().into()),
                Err(error) => Err(error),
            }
        })
    }
}
