//! Fetches a set of keys over HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::error::JwtError;
use crate::peer::is_this_machine;
use crate::tls::ClientTls;

/// How long all of a response may take, and how large it may be.
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_SIZE: usize = 256 * 1024;

/// Where keys are fetched from.
#[derive(Clone)]
pub(super) struct KeyUrl {
    pub(super) text: String,
    pub(super) tls: ClientTls,
    pub(super) allow_http: bool,
}

impl KeyUrl {
    pub(super) fn new(text: String) -> Self {
        Self { text, tls: ClientTls::new(), allow_http: false }
    }

    pub(super) fn check(&self) -> Result<(), JwtError> {
        let uri = self.uri()?;
        if uri.scheme_str() == Some("https") {
            return self.tls.prepare(false).map(drop).map_err(|error| JwtError::new(error.to_string()));
        }
        Ok(())
    }

    fn uri(&self) -> Result<Uri, JwtError> {
        let wrong = |what| JwtError::new(format!("the URL {:?} {what}", self.text));
        let uri: Uri = self.text.parse().map_err(|_| wrong("is not one"))?;
        let host = uri.host().ok_or_else(|| wrong("names no host"))?;
        match uri.scheme_str() {
            Some("https") => Ok(uri),
            Some("http") if self.allow_http || is_this_machine(host) => Ok(uri),
            Some("http") => Err(wrong("is not `https`, and not of this machine")),
            _ => Err(wrong("is neither `https` nor `http`")),
        }
    }

    /// The body of the response, if it comes in time and is not too large. Redirections are not followed.
    pub(super) async fn fetch(&self) -> Result<Vec<u8>, JwtError> {
        match tokio::time::timeout(TIMEOUT, self.get()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(JwtError::new(format!("{} took longer than {TIMEOUT:?}", self.text))),
        }
    }

    async fn get(&self) -> Result<Vec<u8>, JwtError> {
        let uri = self.uri()?;
        let wrong = |error: &dyn std::fmt::Display| JwtError::new(format!("{}: {error}", self.text));
        let is_https = uri.scheme_str() == Some("https");
        let request = Request::get(uri).header(header::ACCEPT, "application/jwk-set+json, application/json");
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| wrong(&error))?;
        // A new connection each time: the next one is minutes away, and another address may have taken over by then.
        let client = || Client::builder(TokioExecutor::new());
        let response: Result<Response<Incoming>, _> = if is_https {
            let tls = self.tls.prepare(false).map_err(|error| wrong(&error))?;
            let mut tcp = HttpConnector::new();
            tcp.enforce_http(false);
            client().build(tls.over(tcp)).request(request).await
        } else {
            client().build(HttpConnector::new()).request(request).await
        };
        let response = response.map_err(|error| wrong(&error))?;
        if response.status() != StatusCode::OK {
            return Err(wrong(&format!("HTTP status {}", response.status().as_u16())));
        }
        let body = Limited::new(response.into_body(), MAX_SIZE).collect().await;
        Ok(body.map_err(|error| wrong(&error))?.to_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_asked_without_tls() {
        for (url, allow_http, expected) in [
            ("https://issuer.example/jwks", false, true),
            ("http://issuer.example/jwks", false, false),
            ("http://issuer.example/jwks", true, true),
            ("http://localhost:1/jwks", false, true),
            ("http://127.0.0.1/jwks", false, true),
            ("http://[::1]:7/jwks", false, true),
            ("http://localhost.example/jwks", false, false),
            ("http://127.0.0.1.example/jwks", false, false),
            ("http://10.0.0.1/jwks", false, false),
            ("ftp://localhost/jwks", true, false),
            ("/jwks", true, false),
            ("not a url", true, false),
        ] {
            let url = KeyUrl { allow_http, ..KeyUrl::new(url.to_owned()) };
            assert_eq!(url.check().is_ok(), expected, "{}", url.text);
        }
    }
}
