//! What an endpoint's address says, and the connections to it.

use std::net::SocketAddr;
use std::sync::Weak;
use std::time::Duration;

use http::uri::{Authority, Scheme};

use super::endpoint::Endpoint;
use super::health::HealthCheck;
use super::member::{Member, Observer};
use crate::call::BoxError;
#[cfg(unix)]
use crate::client::dialer::unix_path;
use crate::client::dialer::{Address, Dialer};
use crate::client::host::Host;
use crate::protocol::client::{ClientSettings, Dialect, Endpoint as Server};

/// How the connections to endpoints are made.
pub(in crate::client) struct Targets {
    dialer: Dialer,
    pub(super) scheme: Scheme,
    /// What requests name as their server unless an endpoint says otherwise.
    pub(super) authority: Authority,
    /// How an endpoint is asked for its health.
    dialect: &'static dyn Dialect,
    /// Whether calls wait for an endpoint as long as they may.
    pub(super) wait_for_ready: bool,
}

impl Targets {
    pub(in crate::client) fn new(
        mut dialer: Dialer,
        scheme: &Scheme,
        authority: &Authority,
        dialect: &'static dyn Dialect,
    ) -> Self {
        // A call must not wait for one endpoint while there are others.
        let wait_for_ready = std::mem::take(&mut dialer.settings.wait_for_ready);
        Self { dialer, scheme: scheme.clone(), authority: authority.clone(), dialect, wait_for_ready }
    }

    /// Tests that all of them can be connected to, as far as their addresses go.
    pub(super) fn check(&self, endpoints: &[Endpoint]) -> Result<(), BoxError> {
        endpoints.iter().try_for_each(|endpoint| self.parse(endpoint).map(drop))
    }

    pub(super) fn member(
        &self,
        endpoint: &Endpoint,
        observer: Weak<dyn Observer>,
    ) -> Result<Member, BoxError> {
        let (dialer, authority) = self.parse(endpoint)?;
        Ok(Member::new(Host::new(dialer), authority, observer))
    }

    fn parse(&self, endpoint: &Endpoint) -> Result<(Dialer, Option<Authority>), BoxError> {
        let (address, authority) = parse(endpoint)?;
        Ok((self.dialer.to(authority.as_ref(), address)?, authority))
    }

    /// How long connecting may take.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.dialer.settings.connect_timeout
    }

    /// What asks one endpoint for the health of a service.
    pub(super) fn health_check(&self, member: &Member, service: &str) -> HealthCheck {
        let server = Server {
            scheme: self.scheme.clone(),
            authority: member.authority.clone().unwrap_or_else(|| self.authority.clone()),
            transport: Box::new(member.host.clone()),
            settings: ClientSettings::default(),
        };
        HealthCheck::new(server, self.dialect, service)
    }
}

fn parse(endpoint: &Endpoint) -> Result<(Address, Option<Authority>), BoxError> {
    let authority = endpoint.authority.as_deref().map(name).transpose()?;
    #[cfg(unix)]
    if let Some(path) = unix_path(&endpoint.address) {
        return Ok((Address::Unix(path.into()), authority));
    }
    if let Ok(address) = endpoint.address.parse::<SocketAddr>() {
        return Ok((Address::Tcp(address), authority));
    }
    let address = name(&endpoint.address)?;
    if address.port_u16().is_none() {
        return Err("an endpoint's address has no port".into());
    }
    Ok((Address::Name(address), authority))
}

/// The name of a server. What it is not is not shown: it may be a password.
fn name(text: &str) -> Result<Authority, BoxError> {
    match text.parse::<Authority>() {
        Ok(authority) if !text.contains('@') && !authority.host().is_empty() => Ok(authority),
        _ => Err("an endpoint's address is not `host:port`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_name_or_numbers_with_a_port() {
        for address in ["10.0.0.1:80", "[::1]:80", "shop-1.internal:8080"] {
            assert!(parse(&Endpoint::new(address)).is_ok(), "{address}");
        }
        for address in
            ["", ":80", "shop", "10.0.0.1", "http://shop:80", "a:b@shop:80", "shop:80/path", "a b:1"]
        {
            assert!(parse(&Endpoint::new(address)).is_err(), "{address}");
        }
        #[cfg(unix)]
        assert!(matches!(parse(&Endpoint::new("unix:/run/a.sock")), Ok((Address::Unix(_), None))));
        let named = Endpoint::new("10.0.0.1:80").authority("shop.example");
        assert_eq!(parse(&named).unwrap().1.unwrap(), "shop.example");
        assert!(parse(&named.authority("not a name")).is_err());
    }
}
