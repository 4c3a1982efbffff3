//! Channels to a server in the same process.

use std::sync::Arc;

use http::Request;
use tower::Layer;

use crate::call::Body;
use crate::client::{Channel, Protocol};
use crate::protocol::client::{ClientSettings, Local, LocalServer, Route};
use crate::protocol::rpc;
use crate::protocol::service::{Answering, AnyService, Service};
use crate::protocol::settings::ServerSettings;
use crate::server::{HttpService, Router, ServeError, Server};

/// A service that stands alone, with the defaults of a server.
struct Alone {
    service: Arc<dyn AnyService>,
    settings: Arc<ServerSettings>,
}

impl LocalServer for Alone {
    fn route(&self, path: &str) -> Option<Route<'_>> {
        let method = rpc::method_at(&*self.service, path)?;
        Some(Route { service: &*self.service, method, settings: &self.settings })
    }

    fn answer(&self, request: Request<Body>) -> Answering {
        rpc::answer(Arc::clone(&self.service), Arc::clone(&self.settings), request)
    }
}

fn channel(server: impl LocalServer) -> Channel {
    let mut settings = ClientSettings::default();
    // Calls without a request take the way around, so that the others pay nothing.
    settings.around_mut();
    Channel::over(Box::new(Local(server)), Protocol::Grpc, settings)
}

impl Channel {
    /// A channel to a service in the same process; generated clients have it as `in_process`.
    ///
    /// Messages are handed over as they are, and handlers run in the task of their caller. Otherwise a call is what it is
    /// over a network: deadlines, rules, typed errors and metadata hold, a panic is `INTERNAL`, and a caller that leaves ends
    /// the handler. A method that needs a caller has the principal of the [`Context`](crate::Context), and refuses calls
    /// without one. Extensions of the context stay behind.
    ///
    /// [`Server::into_channel`] does the same for a server with an authenticator, limits and interceptors.
    #[must_use]
    pub fn in_process(service: impl Service) -> Self {
        channel(Alone { service: Arc::new(service), settings: Arc::default() })
    }
}

impl<L: Layer<Router, Service: HttpService + Sync>> Server<L> {
    /// Makes a channel to the server in this process, without an address: calls have its authenticator, limits of calls and
    /// interceptors. What concerns connections is ignored.
    ///
    /// Messages are handed over as [`Channel::in_process`] has it, a principal of the context included, which the
    /// authenticator is not asked for. With tower layers, which have to see requests, and for services made with tonic,
    /// calls are HTTP instead, and no principal is handed over.
    ///
    /// # Errors
    ///
    /// Whatever would stop this server from starting.
    ///
    /// ```
    /// # use rsvc::codegen::Service;
    /// # fn example<S: Service>(users: S) -> Result<(), rsvc::server::ServeError> {
    /// let channel = rsvc::Server::new().add(users).max_calls(10).into_channel()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_channel(self) -> Result<Channel, ServeError> {
        Ok(channel(self.into_service()?))
    }
}
