//! The connections to an endpoint: to where, over what, and for how long.

use std::time::Duration;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use super::connector::{Connector, tcp};
use super::error::{ConnectError, Problem};
use super::http1::Http1;
use super::http2::{Http2, Http2Settings};
use crate::protocol::client::Transport;
use crate::protocol::wire::HttpVersion;

/// How the connections to an endpoint are made.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) endpoint: String,
    /// The time for all of connecting.
    pub(super) connect_timeout: Duration,
    /// How often to ask over HTTP/2 whether the server is there, and how long it may take to answer.
    pub(super) keepalive: Option<(Duration, Duration)>,
    pub(super) http_version: HttpVersion,
    #[cfg(feature = "tls")]
    pub(super) tls: crate::tls::ClientTls,
}

impl Connections {
    /// With the defaults.
    pub(super) fn new(endpoint: String, http_version: HttpVersion) -> Self {
        Self {
            endpoint,
            connect_timeout: Duration::from_secs(10),
            keepalive: Some((Duration::from_mins(2), Duration::from_secs(20))),
            http_version,
            #[cfg(feature = "tls")]
            tls: crate::tls::ClientTls::new(),
        }
    }

    pub(super) fn fail(&self, problem: Problem) -> ConnectError {
        ConnectError::new(self.endpoint.clone(), problem)
    }

    /// The scheme, the server, and the path behind them, of which not all endpoints may have one.
    pub(super) fn parse(&self) -> Result<(Scheme, Authority, Option<PathAndQuery>), ConnectError> {
        let uri: Uri = self.endpoint.parse().map_err(|error| self.fail(Problem::Uri(error)))?;
        let http::uri::Parts { scheme, authority, path_and_query, .. } = uri.into_parts();
        let is_known = |scheme: &Scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
        match (scheme.filter(is_known), authority) {
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
        let tcp = tcp(self.connect_timeout);
        if *scheme == Scheme::HTTP {
            return Ok(self.over(tcp, uri));
        }
        #[cfg(not(feature = "tls"))]
        return Err(self.fail(Problem::NoTls));
        #[cfg(feature = "tls")]
        match self.tls.connector(tcp, self.http_version == HttpVersion::Http2) {
            Ok(tls) => Ok(self.over(tls, uri)),
            Err(error) => Err(self.fail(Problem::Tls(error))),
        }
    }

    fn over(&self, connector: impl Connector, uri: Uri) -> (Box<dyn Transport>, Option<Http2>) {
        match self.http_version {
            HttpVersion::Http1 => (Box::new(Http1::new(connector)), None),
            HttpVersion::Http2 => {
                let settings =
                    Http2Settings { connect_timeout: self.connect_timeout, keepalive: self.keepalive };
                let http2 = Http2::new(connector, uri, settings);
                (Box::new(http2.clone()), Some(http2))
            }
        }
    }
}
