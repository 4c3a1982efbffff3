//! Services with interceptors around them.

use std::fmt;
use std::sync::Arc;

use super::service::{AnyService, Service};
use crate::call::exchange::{Call, Handling};
use crate::call::intercept::{Chain, InterceptedExchange, Interceptor, answer};
use crate::method::ServiceInfo;
#[cfg(feature = "rest")]
use crate::transcode::binding::Binding;

/// A service with interceptors of its own, to be added to a server or to [`Rest`](crate::rest::Rest) in its place.
///
/// Those of [the server](crate::Server::intercept) stand around them.
///
/// ```
/// # use rsvc::codegen::Service;
/// # use rsvc::interceptor::{Call, Intercepted, Interceptor, Next, Reply};
/// # struct Timing;
/// # impl Interceptor for Timing {
/// #     async fn intercept(&self, call: Call, next: Next<'_>) -> Result<Reply, rsvc::Status> { next.run(call).await }
/// # }
/// # fn example<S: Service>(users: S) {
/// let server = rsvc::Server::new().add(Intercepted::new(users, Timing));
/// # }
/// ```
#[derive(Clone)]
pub struct Intercepted<S> {
    service: S,
    chain: Chain,
}

impl<S: Service> Intercepted<S> {
    /// A service with an interceptor.
    pub fn new(service: S, interceptor: impl Interceptor) -> Self {
        Self { service, chain: Chain::default() }.and(interceptor)
    }

    /// Adds an interceptor, which stands inside those that are there.
    #[must_use]
    pub fn and(mut self, interceptor: impl Interceptor) -> Self {
        self.chain.add(interceptor);
        self
    }
}

impl<S: Service> Service for Intercepted<S> {
    const INFO: &'static ServiceInfo = S::INFO;

    #[cfg(feature = "rest")]
    const BINDINGS: &'static [Binding] = S::BINDINGS;

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a> {
        intercept(&self.service, &self.chain, method, InterceptedExchange::new(call.exchange()))
    }
}

impl<S: fmt::Debug> fmt::Debug for Intercepted<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intercepted").field("service", &self.service).field("chain", &self.chain).finish()
    }
}

/// A service with the interceptors of its server around it, which counts messages as well.
pub(crate) struct InterceptedService {
    service: Arc<dyn AnyService>,
    chain: Arc<Chain>,
}

impl InterceptedService {
    pub(crate) fn new(service: Arc<dyn AnyService>, chain: Arc<Chain>) -> Self {
        Self { service, chain }
    }
}

impl AnyService for InterceptedService {
    fn info(&self) -> &'static ServiceInfo {
        self.service.info()
    }

    #[cfg(feature = "rest")]
    fn bindings(&self) -> &'static [Binding] {
        self.service.bindings()
    }

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a> {
        intercept(&*self.service, &self.chain, method, InterceptedExchange::counting(call.exchange()))
    }
}

/// Hands a call to a service through interceptors.
fn intercept<'a>(
    service: &'a (impl AnyService + ?Sized),
    chain: &'a Chain,
    method: usize,
    mut exchange: InterceptedExchange<'a>,
) -> Handling<'a> {
    let info = &service.info().methods[method];
    Box::pin(async move {
        answer(chain, info, &mut exchange, |exchange| service.call(method, Call::new(exchange))).await
    })
}
