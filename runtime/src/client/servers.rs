//! The servers of a channel.

use http::uri::{Authority, Scheme};

use super::balance::{Balancer, EndpointStatus, Targets};
use super::connections::Connections;
use super::dialects::dialect;
use super::error::ConnectError;
use super::host::Host;
use crate::call::BoxError;
use crate::protocol::client::Transport;
use crate::protocol::wire::Protocol;

/// The one server of a channel, or several.
#[derive(Clone)]
pub(super) enum Servers {
    One(Host),
    Several(Balancer),
}

impl Servers {
    /// `protocol` is that of health checks.
    pub(super) fn new(
        connections: &Connections,
        scheme: &Scheme,
        authority: &Authority,
        protocol: Protocol,
    ) -> Result<Self, ConnectError> {
        let dialer = connections.dialer(scheme, authority)?;
        let Some(source) = &connections.balancing.source else { return Ok(Self::One(Host::new(dialer))) };
        let targets = Targets::new(dialer, scheme, authority, dialect(protocol));
        let balance = connections.balancing.balance();
        let balancer =
            Balancer::new(balance, source, targets).map_err(|problem| connections.fail(problem))?;
        Ok(Self::Several(balancer))
    }

    pub(super) fn transport(&self) -> Box<dyn Transport> {
        match self {
            Self::One(host) => Box::new(host.clone()),
            Self::Several(balancer) => Box::new(balancer.clone()),
        }
    }

    /// Makes a connection if there is none.
    pub(super) async fn connect(&self) -> Result<(), BoxError> {
        match self {
            Self::One(host) => Ok(host.connect().await?),
            Self::Several(balancer) => balancer.connect().await,
        }
    }

    /// What is known of several.
    pub(super) fn balancer(self) -> Option<Balancer> {
        match self {
            Self::One(_) => None,
            Self::Several(balancer) => Some(balancer),
        }
    }
}

/// What is known of the endpoints of a channel.
pub(super) fn status(balancer: Option<&Balancer>) -> Vec<EndpointStatus> {
    balancer.map_or_else(Vec::new, Balancer::status)
}
