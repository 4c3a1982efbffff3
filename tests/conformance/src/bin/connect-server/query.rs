//! The query of a GET, which a handler does not see by itself: a layer of the server puts it on the request.

use std::task::{Context, Poll};

use conformance::connect::Header;
use conformance::connect::conformance_payload::ConnectGetInfo;
use http::{Method, Request};
use tower::Service;

/// The query of a GET, percent-encoded.
#[derive(Clone)]
pub(crate) struct Query(String);

impl Query {
    /// Its parameters, as the service tells of them.
    pub(crate) fn info(&self) -> ConnectGetInfo {
        let mut query_params: Vec<Header> = Vec::new();
        for (name, value) in form_urlencoded::parse(self.0.as_bytes()) {
            let value = value.into_owned();
            match query_params.iter_mut().find(|param| param.name == name) {
                Some(param) => param.value.push(value),
                None => query_params.push(Header { name: name.into_owned(), value: vec![value] }),
            }
        }
        ConnectGetInfo { query_params }
    }
}

/// Puts a [`Query`] among the extensions of each GET.
#[derive(Clone, Copy)]
pub(crate) struct Layer;

impl<S> tower::Layer<S> for Layer {
    type Service = Noting<S>;

    fn layer(&self, inner: S) -> Noting<S> {
        Noting { inner }
    }
}

#[derive(Clone)]
pub(crate) struct Noting<S> {
    inner: S,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Noting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if request.method() == Method::GET {
            let query = Query(request.uri().query().unwrap_or_default().to_owned());
            request.extensions_mut().insert(query);
        }
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_grouped() {
        let query = Query("connect=v1&message=%7B%22a%22%3A+1%7D&x=1&x=2".into());
        let params = query.info().query_params;
        let pairs: Vec<_> = params.iter().map(|param| (&*param.name, param.value.join("|"))).collect();
        assert_eq!(pairs, [("connect", "v1".into()), ("message", "{\"a\": 1}".into()), ("x", "1|2".into())]);
    }
}
