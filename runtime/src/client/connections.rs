//! The connections to an endpoint: to where, over what, and for how long.

use std::borrow::Cow;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use super::connector::{Connector, tcp};
use super::error::{ConnectError, Problem};
use super::http1::Http1;
use super::http2::Http2;
use super::settings::ConnectionSettings;
use crate::protocol::client::Transport;
use crate::protocol::wire::HttpVersion;

/// How the connections to an endpoint are made.
#[derive(Clone)]
pub(super) struct Connections {
    endpoint: String,
    pub(super) settings: ConnectionSettings,
    pub(super) http_version: HttpVersion,
    #[cfg(feature = "_tls")]
    pub(super) tls: crate::tls::ClientTls,
}

impl Connections {
    /// With the defaults.
    pub(super) fn new(endpoint: String, http_version: HttpVersion) -> Self {
        Self {
            endpoint,
            settings: ConnectionSettings::default(),
            http_version,
            #[cfg(feature = "_tls")]
            tls: crate::tls::ClientTls::new(),
        }
    }

    pub(super) fn fail(&self, problem: Problem) -> ConnectError {
        ConnectError::new(self.shown().into_owned(), problem)
    }

    /// The endpoint as it may be shown: without what stands before an `@`, which may be a password, and without a query.
    pub(super) fn shown(&self) -> Cow<'_, str> {
        let whole = self.endpoint.split(['?', '#']).next().unwrap_or(&self.endpoint);
        match whole.rsplit_once('@') {
            None => Cow::Borrowed(whole),
            Some((before, host)) => {
                let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
                Cow::Owned(format!("{scheme}://…@{host}"))
            }
        }
    }

    /// The scheme, the server, and the path behind them, of which not all endpoints may have one.
    pub(super) fn parse(&self) -> Result<(Scheme, Authority, Option<PathAndQuery>), ConnectError> {
        let uri: Uri = self.endpoint.parse().map_err(|error| self.fail(Problem::Uri(error)))?;
        let http::uri::Parts { scheme, authority, path_and_query, .. } = uri.into_parts();
        let is_known = |scheme: &Scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
        match (scheme.filter(is_known), authority) {
            // It would be sent in each request, where proxies and logs read it.
            (Some(_), Some(authority)) if authority.as_str().contains('@') => {
                Err(self.fail(Problem::Password))
            }
            (Some(scheme), Some(authority)) => Ok((scheme, authority, path_and_query)),
            _ => Err(self.fail(Problem::Form)),
        }
    }

    /// What sends requests to a server, and the connection of it that may be made beforehand.
    pub(super) fn transport(
        &self,
        scheme: &Scheme,
        authority: &Authority,
    ) -> Result<(Box<dyn Transport>, Option<Http2>), ConnectError> {
        let mut uri = http::uri::Parts::default();
        uri.scheme = Some(scheme.clone());
        uri.authority = Some(authority.clone());
        uri.path_and_query = Some(PathAndQuery::from_static("/"));
        let uri = Uri::from_parts(uri).expect("a scheme, an authority and a path are a URI");
        let tcp = tcp(self.settings.connect_timeout, self.settings.limits.keepalive);
        if *scheme == Scheme::HTTP {
            return Ok(self.over(tcp, uri));
        }
        #[cfg(not(feature = "_tls"))]
        return Err(self.fail(Problem::NoTls));
        #[cfg(feature = "_tls")]
        match self.tls.connector(tcp, self.http_version == HttpVersion::Http2) {
            Ok(tls) => Ok(self.over(tls, uri)),
            Err(error) => Err(self.fail(Problem::Tls(error))),
        }
    }

    fn over(&self, connector: impl Connector, uri: Uri) -> (Box<dyn Transport>, Option<Http2>) {
        match self.http_version {
            HttpVersion::Http1 => (Box::new(Http1::new(connector, &self.settings)), None),
            HttpVersion::Http2 => {
                let http2 = Http2::new(connector, uri, self.settings.clone());
                (Box::new(http2.clone()), Some(http2))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_in_an_endpoint_is_not_shown() {
        for (endpoint, shown) in [
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
            ("http://host/path", "http://host/path"),
            ("http://host/path?token=secret", "http://host/path"),
            ("http://host/#secret", "http://host/"),
            ("http://user:secret@host:80/", "http://…@host:80/"),
            ("http://user:sec@ret@host", "http://…@host"),
            ("user:secret@host", "://…@host"),
            ("not a URL", "not a URL"),
        ] {
            let connections = Connections::new(endpoint.into(), HttpVersion::Http1);
            assert_eq!(connections.shown(), shown);
        }
    }
}
