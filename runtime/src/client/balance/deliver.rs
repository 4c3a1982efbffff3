//! Brings a request to an endpoint that takes it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, Uri};
use tokio::time::{Instant, timeout_at};

use super::balancer::{Inner, State};
use super::endpoint::EndpointStatus;
use super::flight::Flight;
use super::member::{Entry, Member, Phase};
use super::policy::Balance;
use super::ready::reason;
use super::source::Source;
use super::target::Targets;
use crate::call::{Body, BoxError};
use crate::client::error::Problem;
use crate::protocol::client::{Sent, Transport, Unprocessed, find, waits_for_ready};

/// Longer than any call.
const AGES: Duration = Duration::from_hours(24 * 365 * 30);

/// Sends each request to one of several endpoints. Clones share them.
#[derive(Clone)]
pub(in crate::client) struct Balancer(Arc<Inner>);

impl Balancer {
    pub(in crate::client) fn new(
        balance: Balance,
        source: &Source,
        targets: Targets,
    ) -> Result<Self, Problem> {
        if let Source::Given(endpoints) = source {
            if endpoints.is_empty() {
                return Err(Problem::Settings("it has no endpoints"));
            }
            targets.check(endpoints).map_err(Problem::Endpoints)?;
        }
        let followed = source.take(&targets.scheme, &targets.authority);
        let followed = followed.map_err(Problem::Settings)?;
        Ok(Self(Inner::new(balance, targets, followed)))
    }

    /// Waits until a call could be sent.
    pub(in crate::client) async fn connect(&self) -> Result<(), BoxError> {
        self.0.start();
        self.0.wait(&[], false).await?;
        Ok(())
    }

    pub(in crate::client) fn status(&self) -> Vec<EndpointStatus> {
        self.0.status()
    }
}

impl Transport for Balancer {
    fn send(&self, request: Request<Body>) -> Sent {
        self.0.start();
        let picked = self.0.lock().ready.pick().map(Arc::clone);
        let balancer = Arc::clone(&self.0);
        let Some(member) = picked else {
            return Box::pin(async move { balancer.send_after(request, Vec::new(), None).await });
        };
        let (flight, sent) = balancer.begin(member, request);
        Box::pin(async move {
            match sent.await {
                Ok(response) => Ok(flight.answered(response)),
                Err(error) => balancer.send_again(flight, error).await,
            }
        })
    }
}

impl Inner {
    /// Sends a request to an endpoint.
    #[inline]
    fn begin(&self, member: Arc<Member>, mut request: Request<Body>) -> (Flight, Sent) {
        if let Some(authority) = &member.authority {
            name_server(&mut request, authority);
        }
        let deadline = request.body().deadline();
        let sent = member.host.send(request);
        (Flight::new(member, self.balance.outliers.is_some(), deadline), sent)
    }

    /// A call that an endpoint has not answered goes to another if this one has not begun with it.
    #[cold]
    fn send_again(self: Arc<Self>, flight: Flight, error: BoxError) -> Sent {
        match Unprocessed::take_request(error) {
            Ok((request, reason)) => {
                let tried = vec![flight.untouched()];
                Box::pin(async move { self.send_after(request, tried, Some(reason)).await })
            }
            Err(error) => {
                flight.failed(&error);
                Box::pin(std::future::ready(Err(error)))
            }
        }
    }

    /// Sends a request once there is an endpoint that can take it, to each at most once.
    async fn send_after(
        self: Arc<Self>,
        mut request: Request<Body>,
        mut tried: Vec<Arc<Member>>,
        mut refusal: Option<BoxError>,
    ) -> Result<Response<Body>, BoxError> {
        loop {
            let is_patient = self.targets.wait_for_ready || waits_for_ready(&request);
            let member = match self.wait(&tried, is_patient).await {
                Ok(member) => member,
                Err(error) => {
                    return Err(Unprocessed::new(Some(request), error.after(refusal)).into());
                }
            };
            if tried.iter().any(|tried| tried.authority.is_some()) {
                name_server(&mut request, &self.targets.authority);
            }
            let (flight, sent) = self.begin(member, request);
            let error = match sent.await {
                Ok(response) => return Ok(flight.answered(response)),
                Err(error) => error,
            };
            match Unprocessed::take_request(error) {
                Ok((again, reason)) => {
                    (request, refusal) = (again, Some(reason));
                    tried.push(flight.untouched());
                }
                Err(error) => {
                    flight.failed(&error);
                    return Err(error);
                }
            }
        }
    }

    /// An endpoint that can take a call, once there is one.
    async fn wait(&self, tried: &[Arc<Member>], is_patient: bool) -> Result<Arc<Member>, NoEndpoint> {
        // Others are over before that.
        let timeout = if is_patient { AGES } else { self.targets.connect_timeout() };
        let until = Instant::now() + timeout.min(AGES);
        let mut changes = self.changes.subscribe();
        loop {
            {
                let mut state = self.lock();
                if let Some(member) = state.ready.pick_other(tried) {
                    return Ok(Arc::clone(member));
                }
                if !is_patient {
                    state.hope(tried)?;
                }
            }
            if timeout_at(until, changes.changed()).await.is_err() {
                return Err(self.lock().no_endpoint("none can take a call in time"));
            }
        }
    }
}

impl State {
    /// Tests that waiting makes sense.
    fn hope(&self, tried: &[Arc<Member>]) -> Result<(), NoEndpoint> {
        if !self.is_known {
            return match &self.unknown {
                None => Ok(()),
                Some(reason) => Err(NoEndpoint { endpoints: 0, reason: Arc::clone(reason), refusal: None }),
            };
        }
        let is_tried = |entry: &Entry| tried.iter().any(|tried| Arc::ptr_eq(tried, &entry.member));
        if self.entries.iter().all(|entry| entry.is_hopeless() || is_tried(entry)) {
            return Err(self.no_endpoint("none has taken the call"));
        }
        Ok(())
    }

    /// Why no endpoint takes a call, with the reason of the last one.
    #[cold]
    fn no_endpoint(&self, otherwise: &str) -> NoEndpoint {
        let reason = self.entries.iter().rev().find_map(|entry| match &entry.phase {
            Phase::Failed(reason) => Some(Arc::clone(reason)),
            Phase::Ready if entry.healthy == Some(false) => {
                Some("its health check says that it does not serve".into())
            }
            _ => None,
        });
        let reason = reason.unwrap_or_else(|| otherwise.into());
        NoEndpoint { endpoints: self.entries.len(), reason, refusal: None }
    }
}

/// There is no endpoint that could take a call.
#[derive(Debug)]
pub(super) struct NoEndpoint {
    endpoints: usize,
    reason: Arc<str>,
    /// What the last server has said that was reached and has not taken the call.
    refusal: Option<BoxError>,
}

impl NoEndpoint {
    /// The same after an endpoint has not taken the call.
    fn after(self, refusal: Option<BoxError>) -> Self {
        match refusal {
            None => self,
            Some(refusal) if find::<h2::Error>(&*refusal).is_some() => {
                Self { refusal: Some(refusal), ..self }
            }
            Some(refusal) => Self { reason: reason(&*refusal), ..self },
        }
    }
}

impl fmt::Display for NoEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = &self.reason;
        match self.endpoints {
            0 => write!(f, "the endpoints are not known: {reason}"),
            1 => write!(f, "the one endpoint cannot be used: {reason}"),
            endpoints => write!(f, "none of {endpoints} endpoints can be used; the last: {reason}"),
        }
    }
}

impl Error for NoEndpoint {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&**self.refusal.as_ref()?)
    }
}

/// Has a request name its server.
#[cold]
fn name_server(request: &mut Request<Body>, authority: &http::uri::Authority) {
    let mut uri = std::mem::take(request.uri_mut()).into_parts();
    uri.authority = Some(authority.clone());
    *request.uri_mut() = Uri::from_parts(uri).expect("it had an authority before");
}
