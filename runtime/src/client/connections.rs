//! The connections to an endpoint: to where, over what, and for how long.

use std::borrow::Cow;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use super::balance::{Balancing, Dns, Source};
#[cfg(unix)]
use super::dialer::{Address, unix_path};
use super::dialer::{Dialer, Ways};
use super::error::{ConnectError, Problem};
use super::settings::ConnectionSettings;
use crate::protocol::wire::HttpVersion;

/// How the connections to an endpoint are made.
#[derive(Clone)]
pub(super) struct Connections {
    endpoint: String,
    pub(super) settings: ConnectionSettings,
    pub(super) ways: Ways,
    /// A setting that makes no sense.
    pub(super) wrong: Option<&'static str>,
    pub(super) http_version: HttpVersion,
    pub(super) balancing: Balancing,
    #[cfg(feature = "_tls")]
    pub(super) tls: crate::tls::ClientTls,
}

impl Connections {
    /// With the defaults.
    pub(super) fn new(endpoint: String, http_version: HttpVersion) -> Self {
        let mut balancing = Balancing::default();
        if dns_name(&endpoint).is_some() {
            balancing.source = Some(Source::Dns(Dns::new()));
        }
        Self {
            endpoint,
            settings: ConnectionSettings::default(),
            ways: Ways::default(),
            wrong: None,
            http_version,
            balancing,
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
        if let Some(wrong) = self.wrong {
            return Err(self.fail(Problem::Settings(wrong)));
        }
        #[cfg(unix)]
        if unix_path(&self.endpoint).is_some() {
            // What gRPC's libraries say of a Unix socket.
            return Ok((Scheme::HTTP, Authority::from_static("localhost"), None));
        }
        let uri = match dns_name(&self.endpoint) {
            Some(name) => format!("http://{name}").parse::<Uri>(),
            None => self.endpoint.parse::<Uri>(),
        };
        let uri = uri.map_err(|error| self.fail(Problem::Uri(error)))?;
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

    /// Whether others may read what is sent.
    pub(super) fn is_plain_text(&self, scheme: &Scheme) -> bool {
        // Where a connector of the user's leads, nobody knows.
        #[cfg(unix)]
        if self.ways.own.is_none() && self.balancing.source.is_none() && unix_path(&self.endpoint).is_some() {
            return false;
        }
        *scheme == Scheme::HTTP
    }

    /// What makes the connections to a server.
    pub(super) fn dialer(&self, scheme: &Scheme, authority: &Authority) -> Result<Dialer, ConnectError> {
        let settings = self.settings.clone();
        #[cfg(unix)]
        let address = unix_path(&self.endpoint).map(|path| Address::Unix(path.into()));
        #[cfg(not(unix))]
        let address = None;
        let (ways, version) = (self.ways.clone(), self.http_version);
        let dialer = Dialer::new(scheme, authority, address, ways, settings, version)
            .map_err(|what| self.fail(Problem::Settings(what)))?;
        if !dialer.is_secure() {
            return Ok(dialer);
        }
        #[cfg(not(feature = "_tls"))]
        return Err(self.fail(Problem::NoTls));
        #[cfg(feature = "_tls")]
        match self.tls.prepare(self.http_version == HttpVersion::Http2) {
            Ok(tls) => Ok(dialer.with_tls(tls)),
            Err(error) => Err(self.fail(Problem::Tls(error))),
        }
    }
}

/// A name all of whose addresses are used, as gRPC writes it: `dns:name:port` or `dns:///name:port`.
fn dns_name(endpoint: &str) -> Option<&str> {
    let name = endpoint.strip_prefix("dns:")?;
    // Behind two slashes another resolver is named, which we do not ask.
    Some(name.strip_prefix("///").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn unix_sockets_are_named_as_grpc_does() {
        for (endpoint, path) in [
            ("unix:/run/shop.sock", Some("/run/shop.sock")),
            ("unix:///run/shop.sock", Some("/run/shop.sock")),
            ("unix:shop.sock", Some("shop.sock")),
            ("unix://host/run/shop.sock", None),
            ("unix:", None),
            ("unix://", None),
            ("http://unix:80", None),
        ] {
            let connections = Connections::new(endpoint.into(), HttpVersion::Http2);
            assert_eq!(unix_path(endpoint), path.map(std::path::Path::new), "{endpoint}");
            assert_eq!(
                connections.parse().is_ok(),
                path.is_some() || endpoint.starts_with("http"),
                "{endpoint}"
            );
        }
    }

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
