//! [`Admin`]: what those who run a server ask it, on an address of its own.

mod answer;
mod checks;
mod guard;
mod page;
mod routes;

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use tokio::sync::oneshot;

use self::answer::{AdminService, Log, Render, Shared};
use self::checks::Check;
use self::guard::Guard;
pub(super) use self::routes::Routes;
use super::connection::Serving;
use super::error::{Problem, ServeError};
use super::http_service::Layered;
use super::listener::{self, ListenAddr, Listener};
use super::{Health, Router, Server};
use crate::cancellation::CancellationToken;

/// How many questions are answered at once; no more come from those who run a server.
const MAX_CALLS: usize = 64;
const MAX_CONNECTIONS: usize = 64;
/// How long an answer that is under way may take once the server has stopped.
const DRAIN: Duration = Duration::from_secs(1);

/// Answers the questions of those who run a server, over HTTP and on a listener of its own
/// ([`Server::admin`](crate::Server::admin)).
///
/// | path | |
/// |---|---|
/// | `/healthz` | 200 as long as the process answers |
/// | `/readyz` | 200 if every service is serving by [`Health`] and every check passes, otherwise 503; 503 from when the server is told to stop; it says which failed |
/// | `/metrics` | what [`metrics`](Self::metrics) gives |
/// | `/routes` | all methods: path, kind, access, bindings of REST |
/// | `/version` | what [`version`](Self::version) and [`info`](Self::info) say, and the version of rsvc |
/// | `/log` | `GET` tells what is logged, `PUT` changes it, see [`log_filter`](Self::log_filter) |
///
/// Answers are text, or JSON for those who prefer it (`Accept: application/json`). They are not for the public: the listener
/// must be a Unix socket or have a loopback address, unless [`allow_remote`](Self::allow_remote) says otherwise. On a loopback
/// address a request must name this machine in `Host`, so that no page in a browser gets in by a name that leads here, and
/// requests of pages of other origins are refused anywhere.
///
/// ```no_run
/// # use rsvc::codegen::Service;
/// # async fn example<S: Service>(users: S) -> Result<(), rsvc::server::ServeError> {
/// # async fn ping() -> Result<(), std::io::Error> { Ok(()) }
/// use std::time::Duration;
/// use rsvc::server::{Admin, Listener};
///
/// let admin = Admin::new()
///     .version(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
///     .check("database", Duration::from_secs(2), || ping());
/// let server = rsvc::Server::new().add(users).admin(admin, Listener::tcp("127.0.0.1:9090").await?);
/// server.serve("0.0.0.0:8080").await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it answers nothing unless a server has it"]
#[derive(Default)]
pub struct Admin {
    checks: Vec<Check>,
    metrics: Option<Render>,
    info: Vec<(String, String)>,
    log: Option<Log>,
    remote: bool,
}

impl Admin {
    /// One that knows the server alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds something that the server needs to be ready, with the time that finding out may take. All checks run at the
    /// same time, whenever somebody asks. The text of the error is part of the answer.
    pub fn check<F, E>(
        mut self,
        name: impl Into<String>,
        limit: Duration,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + 'static,
    {
        self.checks.push(Check::new(name.into(), limit, check));
        self
    }

    /// Answers `/metrics` with this text, in the format of Prometheus: for one, `PrometheusHandle::render` of the crate
    /// `metrics-exporter-prometheus`. It is called for each request.
    pub fn metrics(mut self, render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.metrics = Some(Box::new(render));
        self
    }

    /// Says in `/version` what runs.
    pub fn version(self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.info("name", name).info("version", version)
    }

    /// Adds to `/version`, as the commit that the program was built from.
    pub fn info(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.info.push((key.into(), value.into()));
        self
    }

    /// Lets `/log` tell and change what is logged. With `tracing_subscriber::reload::Handle`:
    ///
    /// ```ignore
    /// let (filter, handle) = tracing_subscriber::reload::Layer::new(EnvFilter::new("info"));
    /// let changed = handle.clone();
    /// let admin = Admin::new().log_filter(
    ///     move || handle.with_current(ToString::to_string).unwrap_or_default(),
    ///     move |text| changed.reload(text.parse::<EnvFilter>()?).map_err(Box::<dyn Error>::from),
    /// );
    /// ```
    ///
    /// An error of `set` is the answer to who wanted the change, with status 400.
    pub fn log_filter<E: fmt::Display>(
        mut self,
        get: impl Fn() -> String + Send + Sync + 'static,
        set: impl Fn(&str) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let set = move |text: &str| set(text).map_err(|error| error.to_string());
        self.log = Some(Log { get: Box::new(get), set: Box::new(set) });
        self
    }

    /// Lets the listener have an address that other machines reach, as a probe of Kubernetes needs it. Whoever reaches it
    /// may ask everything: the network has to see to that.
    pub fn allow_remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// The server that answers on a listener.
    pub(super) fn server(
        self,
        listener: &Listener,
        routes: Routes,
        health: Option<Health>,
        stopping: Arc<CancellationToken>,
    ) -> Result<Server, ServeError> {
        let guard = match listener.addr() {
            ListenAddr::Tcp(addr) if addr.ip().is_loopback() => Guard::Loopback,
            ListenAddr::Tcp(addr) if !self.remote => return Err(Problem::OpenAdmin(*addr).into()),
            _ => Guard::Origin,
        };
        let Self { checks, metrics, info, log, remote: _ } = self;
        let service =
            AdminService::new(Shared { guard, checks, metrics, info, log, routes, health, stopping });
        // The limits of connections and bodies are those of any server.
        Ok(Server::new()
            .without_health()
            .without_reflection()
            .max_calls(MAX_CALLS)
            .max_connections(MAX_CONNECTIONS)
            .max_connections_per_address(MAX_CONNECTIONS)
            .drain_timeout(DRAIN)
            .fallback(service))
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("checks", &self.checks)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// What answers beside a server.
pub(super) struct AdminServer {
    pub(super) listener: Listener,
    pub(super) router: Router,
    pub(super) serving: Serving,
}

impl AdminServer {
    /// Answers until the server has stopped.
    pub(super) async fn run_beside(self, serving: impl Future<Output = ()>) {
        let (over, stop) = oneshot::channel::<()>();
        let serving = async {
            serving.await;
            drop(over);
        };
        let stop = async {
            // That the other end was dropped is the word.
            let _ = stop.await;
        };
        tracing::info!(addr = %self.listener.addr(), "answering questions about the server");
        let incoming = listener::accept(vec![self.listener]);
        let service = Layered::new(self.router.clone(), self.router);
        join(serving, self.serving.run(service, incoming, stop, pending())).await;
    }
}
