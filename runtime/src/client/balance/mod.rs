//! Several endpoints for one channel: where they come from, which of them can take calls, and which gets the next one.
//!
//! A [`Balancer`](deliver::Balancer) stands in front of the hosts. What is known of each endpoint, `balancer` holds in one place; the
//! tasks that `tend` and `source` describe change it, after which it is found out anew what is `ready`. A call takes one of
//! those by a `pick`er, and where a server has not begun with it, the next.

mod balancer;
mod deliver;
mod dns;
mod endpoint;
mod first;
mod flight;
mod health;
mod member;
mod observe;
mod order;
mod outlier;
mod pick;
mod policy;
mod ready;
mod source;
mod target;
mod tend;

pub(super) use deliver::Balancer;
pub use dns::{Dns, Resolve};
pub use endpoint::{Endpoint, EndpointState, EndpointStatus};
pub use outlier::OutlierEjection;
pub use policy::Balance;
pub(super) use source::Source;
pub(super) use target::Targets;

/// What is said of the endpoints of a channel.
#[derive(Clone, Default)]
pub(super) struct Balancing {
    /// `None` for the one that the channel is named after.
    pub(super) source: Option<Source>,
    /// What the builder says.
    pub(super) balance: Option<Balance>,
    /// What the service config says.
    pub(super) of_config: Option<Balance>,
}

impl Balancing {
    /// How calls are spread over the endpoints.
    pub(super) fn balance(&self) -> Balance {
        self.balance.clone().or_else(|| self.of_config.clone()).unwrap_or_else(Balance::round_robin)
    }
}
