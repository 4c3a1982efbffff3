//! Requests with the token of their channel.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};

use super::Credentials;
use super::tokens::{Shown, Tokens};
use crate::call::Body;
use crate::protocol::client::{Sent, Transport};
use crate::protocol::grpc::status::STATUS;

/// A transport whose requests have a token.
pub(in crate::client) struct Authorized {
    inner: Arc<dyn Transport>,
    tokens: Arc<Tokens>,
}

impl Authorized {
    pub(in crate::client) fn new(inner: Box<dyn Transport>, credentials: &Credentials) -> Self {
        Self { inner: inner.into(), tokens: Arc::clone(&credentials.tokens) }
    }
}

impl Transport for Authorized {
    fn send(&self, request: Request<Body>) -> Sent {
        if request.headers().contains_key(AUTHORIZATION) {
            return self.inner.send(request);
        }
        let (inner, tokens) = (Arc::clone(&self.inner), Arc::clone(&self.tokens));
        Box::pin(async move {
            let token = match tokens.at_hand() {
                Some(token) => token,
                None => tokens.get().await?,
            };
            let (request, again) = if tokens.can_change() { twice(request) } else { (request, None) };
            let response = inner.send(with(request, &token)).await?;
            if !is_refusal(&response) || !tokens.refuse(&token) {
                return Ok(response);
            }
            let Some(again) = again else { return Ok(response) };
            // Without a new token the answer of the server says more than the error of its source.
            match tokens.get().await {
                Ok(token) => inner.send(with(again, &token)).await,
                Err(_) => Ok(response),
            }
        })
    }
}

fn with(mut request: Request<Body>, token: &Shown) -> Request<Body> {
    request.headers_mut().insert(AUTHORIZATION, token.value.clone());
    request
}

/// The request, and the same once more if its body is there.
fn twice(request: Request<Body>) -> (Request<Body>, Option<Request<Body>>) {
    let (head, body) = request.into_parts();
    match body.into_whole() {
        Ok(bytes) => {
            let again = Request::from_parts(head.clone(), bytes.clone().into());
            (Request::from_parts(head, bytes.into()), Some(again))
        }
        Err(body) => (Request::from_parts(head, body), None),
    }
}

/// Whether the server says that it does not know the caller, with nothing else in its answer.
fn is_refusal(response: &Response<Body>) -> bool {
    response.status() == StatusCode::UNAUTHORIZED
        || response.headers().get(STATUS).is_some_and(|status| status == "16")
}
