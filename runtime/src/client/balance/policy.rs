//! How calls are spread over endpoints.

use super::outlier::OutlierEjection;
use super::pick::Choice;

/// How calls are spread over the endpoints of a channel ([`Builder::balance`](crate::client::Builder::balance)).
///
/// ```
/// use rsvc::client::{Balance, OutlierEjection};
///
/// let careful = Balance::least_request().health_check("shop.v1.Users").outlier_ejection(OutlierEjection::new());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Balance {
    pub(super) choice: Choice,
    pub(super) shuffle: bool,
    pub(super) subset: Option<Subset>,
    pub(super) health_check: Option<String>,
    pub(super) outliers: Option<OutlierEjection>,
    pub(super) panic_percent: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Subset {
    pub(super) size: usize,
    pub(super) client: String,
}

impl Balance {
    const fn by(choice: Choice) -> Self {
        Self { choice, shuffle: false, subset: None, health_check: None, outliers: None, panic_percent: 0 }
    }

    /// Each endpoint in turn, in proportion to the weights. It is the default: whoever names several servers means that
    /// they share the work, and each call goes on if one of them is lost.
    pub const fn round_robin() -> Self {
        Self::by(Choice::RoundRobin)
    }

    /// Of two endpoints that are taken by chance, the one with fewer calls under way, in proportion to the weights. It is
    /// better than turns where calls or servers differ in how long they take.
    pub const fn least_request() -> Self {
        Self::by(Choice::LeastRequest)
    }

    /// All calls go to the first endpoint that can be connected to. They are tried in their order, with addresses of
    /// IPv6 and IPv4 by turns: the next after 250 milliseconds, or at once when one fails.
    pub const fn pick_first() -> Self {
        Self::by(Choice::First)
    }

    /// Tries the endpoints in any order, so that the clients of `pick_first` spread over them.
    pub const fn shuffled(mut self) -> Self {
        self.shuffle = true;
        self
    }

    /// Uses only `size` of the endpoints, so that many clients of many servers do not make connections from each to each.
    /// Which they are, `client` says, a name that each client has for itself, such as that of its pod: the clients
    /// spread over the endpoints, and a client has the same again when it is started again. Of each priority it is so many.
    pub fn subset(mut self, size: usize, client: impl Into<String>) -> Self {
        self.subset = Some(Subset { size: size.max(1), client: client.into() });
        self
    }

    /// Asks each endpoint for the health of a service, by `grpc.health.v1.Health/Watch`; the empty name is the server as
    /// a whole. While it is not serving, it gets no new calls. An endpoint that does not know health checks is healthy.
    pub fn health_check(mut self, service: impl Into<String>) -> Self {
        self.health_check = Some(service.into());
        self
    }

    /// Takes endpoints out for some time whose calls fail. Default: no.
    pub fn outlier_ejection(mut self, ejection: OutlierEjection) -> Self {
        self.outliers = Some(ejection);
        self
    }

    /// When less than `percent` of the endpoints with a connection are healthy and not ejected, all of them are used: so
    /// many bad ones are rather a wrong health check, and the good ones would be overrun. Default: 0, which trusts the health
    /// checks in any case. That an endpoint is ejected never leaves a channel without any.
    pub const fn panic_threshold(mut self, percent: u32) -> Self {
        self.panic_percent = percent;
        self
    }
}

impl Default for Balance {
    fn default() -> Self {
        Self::round_robin()
    }
}
