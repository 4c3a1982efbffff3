//! The standard health service, `grpc.health.v1.Health`.

use std::collections::BTreeMap;
use std::fmt;

use crate::bridge::Status;
use tokio::sync::watch;

use super::generated::grpc::health::v1::{
    self, HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
    health_check_response::ServingStatus,
};
use super::router::Entry;
use crate::{Context, ResponseStream};

/// How many services a list may have; the published interface says so.
const LIST_LIMIT: usize = 100;

/// What the health service of a [`Server`](crate::Server) says; every clone changes the same state.
///
/// All services of the server, and the server as a whole under the empty name, are serving from the start. Once the
/// server stops, none is.
///
/// ```
/// use rsvc::server::Health;
///
/// let health = Health::new();
/// let server = rsvc::Server::new().health(health.clone());
///
/// health.set("shop.v1.UserService", false);       // its database is away
/// assert!(!health.is_serving("shop.v1.UserService"));
/// ```
#[derive(Clone)]
pub struct Health {
    state: watch::Sender<State>,
}

#[derive(Clone, Debug)]
struct State {
    serving: BTreeMap<String, bool>,
    stopped: bool,
}

impl Health {
    /// The server as a whole is serving; its services join when it binds.
    #[must_use]
    pub fn new() -> Self {
        let mut serving = BTreeMap::new();
        serving.insert(String::new(), true);
        Self { state: watch::Sender::new(State { serving, stopped: false }) }
    }

    /// Says whether a service is serving; the empty name is the server as a whole.
    pub fn set(&self, service: impl Into<String>, serving: bool) {
        self.state.send_modify(|state| {
            state.serving.insert(service.into(), serving);
        });
    }

    /// Whether a service is serving.
    pub fn is_serving(&self, service: &str) -> bool {
        self.state.borrow().status(service) == ServingStatus::Serving
    }

    /// The service. What the server says about calls is not for it: limits are for what is watched, not for who
    /// watches.
    pub(super) fn entry(&self) -> Entry {
        Entry::own(v1::HealthServer::new(self.clone()), std::sync::Arc::default())
    }

    /// Adds services of which nothing was said yet.
    pub(super) fn know(&self, services: impl Iterator<Item = &'static str>) {
        self.state.send_modify(|state| {
            for service in services {
                state.serving.entry(service.to_owned()).or_insert(true);
            }
        });
    }

    /// All services, and whether each is serving.
    #[cfg(feature = "admin")]
    pub(super) fn services(&self) -> Vec<(String, bool)> {
        let state = self.state.borrow();
        let services = state.serving.keys();
        services.map(|name| (name.clone(), state.status(name) == ServingStatus::Serving)).collect()
    }

    /// Nothing is serving any more; whoever watches is told so, and that is the end of it.
    pub(super) fn stop(&self) {
        self.state.send_modify(|state| state.stopped = true);
    }
}

impl State {
    fn status(&self, service: &str) -> ServingStatus {
        match self.serving.get(service) {
            None => ServingStatus::ServiceUnknown,
            Some(true) if !self.stopped => ServingStatus::Serving,
            Some(_) => ServingStatus::NotServing,
        }
    }
}

impl v1::Health for Health {
    async fn check(&self, _: Context, request: HealthCheckRequest) -> Result<HealthCheckResponse, Status> {
        match self.state.borrow().status(&request.service) {
            ServingStatus::ServiceUnknown => {
                Err(Status::not_found(format!("there is no service `{}`", request.service)))
            }
            status => Ok(response(status)),
        }
    }

    async fn list(&self, _: Context, _: HealthListRequest) -> Result<HealthListResponse, Status> {
        let state = self.state.borrow();
        if state.serving.len() > LIST_LIMIT {
            return Err(Status::resource_exhausted(format!("there are more than {LIST_LIMIT} services")));
        }
        let mut listed = HealthListResponse::default();
        for service in state.serving.keys() {
            listed.statuses.insert(service.clone(), response(state.status(service)));
        }
        Ok(listed)
    }

    async fn watch(
        &self,
        _: Context,
        request: HealthCheckRequest,
    ) -> Result<ResponseStream<HealthCheckResponse>, Status> {
        let watched = Some((self.state.subscribe(), None));
        let watched = (watched, request.service);
        Ok(ResponseStream::new(futures_util::stream::unfold(watched, |(watched, service)| async {
            let (mut changes, told) = watched?;
            loop {
                let (status, stopped) = {
                    let state = changes.borrow_and_update();
                    (state.status(&service), state.stopped)
                };
                if told != Some(status) {
                    let watched = (!stopped).then_some((changes, Some(status)));
                    return Some((Ok(response(status)), (watched, service)));
                }
                if stopped || changes.changed().await.is_err() {
                    return None;
                }
            }
        })))
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Health").field(&*self.state.borrow()).finish()
    }
}
