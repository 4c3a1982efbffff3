//! A channel made with tonic, as a transport.

use http::Request;

use crate::bridge::{self, TonicChannel};
use crate::call::Body;
use crate::deadline;
use crate::protocol::client::{Sent, Transport};

pub(super) struct Tonic(pub(super) TonicChannel);

impl Transport for Tonic {
    fn send(&self, request: Request<Body>) -> Sent {
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
