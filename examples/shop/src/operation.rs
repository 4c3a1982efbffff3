//! What those who run the shop decide: where else it listens, with which certificates, and what they may ask it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use rsvc::Server;
use rsvc::server::{Admin, BoundServer, Listener, ServeError};
use rsvc::tls::{Identity, Pem, ServerTls, TlsReload};
use tracing_subscriber::{EnvFilter, Registry, reload};

use crate::db::Db;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// What those who run the shop decide.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// Serves TLS with these; they are read again when they change, and at SIGHUP.
    pub certificates: Option<Certificates>,
    /// A Unix socket to listen to as well, for this user alone and without TLS.
    pub unix: Option<PathBuf>,
    /// Where questions about the shop are answered.
    pub admin: Option<SocketAddr>,
    /// Whether other machines may ask.
    pub admin_remote: bool,
    /// Bytes from which response messages over gRPC are compressed for callers that accept it.
    pub compress_from: Option<usize>,
    /// Changes what is logged.
    pub log: Option<reload::Handle<EnvFilter, Registry>>,
    /// Tells what is measured.
    pub metrics: Option<PrometheusHandle>,
    /// A folder of files for browsers, to be served below `/web/`.
    pub web: Option<PathBuf>,
    /// Whether Swagger UI is served at `/swagger/`.
    pub swagger_ui: bool,
    /// Names this shop among several.
    pub instance: Option<String>,
    /// How long to go on as before once the shop is told to stop.
    pub drain_delay: Option<Duration>,
    /// How long calls that are under way may take then; otherwise as long as the server lets them.
    pub drain_timeout: Option<Duration>,
}

/// Files of the identity, and of whom clients must be known to.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The certificate chain.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authority of clients, if they have to show who they are.
    pub client_ca: Option<PathBuf>,
}

impl Operation {
    /// The settings of the server, without those of addresses.
    pub(crate) fn apply(&self, mut server: Server) -> anyhow::Result<Server> {
        if let Some(bytes) = self.compress_from {
            server = server.compress_from(Some(bytes));
        }
        if let Some(delay) = self.drain_delay {
            server = server.drain_delay(delay);
        }
        if let Some(timeout) = self.drain_timeout {
            server = server.drain_timeout(timeout);
        }
        if self.swagger_ui {
            server = server.swagger_ui("/swagger", crate::DOCUMENT);
        }
        let Some(Certificates { chain, key, client_ca }) = &self.certificates else { return Ok(server) };
        let reload = TlsReload::new();
        #[cfg(unix)]
        reload.on_hangup()?;
        let mut tls = ServerTls::new(Identity::from_files(chain, key)).reload_by(&reload);
        if let Some(ca) = client_ca {
            tls = tls.client_ca(Pem::file(ca));
        }
        Ok(server.tls(tls))
    }

    /// Answers questions where somebody wants to ask; where that is.
    pub(crate) async fn answer(
        &self,
        server: Server,
        db: Db,
    ) -> Result<(Server, Option<String>), ServeError> {
        let Some(addr) = self.admin else { return Ok((server, None)) };
        let mut admin = Admin::new()
            .version(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            // What it says of storing is in the health of the services; this is about reading.
            .check("database", PATIENCE, move || {
                let db = db.clone();
                async move { db.ping().await }
            });
        if self.admin_remote {
            admin = admin.allow_remote();
        }
        if let Some(log) = &self.log {
            let (current, changed) = (log.clone(), log.clone());
            let get =
                move || current.with_current(ToString::to_string).unwrap_or_else(|gone| gone.to_string());
            let set = move |text: &str| {
                let filter = EnvFilter::try_new(text).map_err(|error| error.to_string())?;
                changed.reload(filter).map_err(|gone| gone.to_string())
            };
            admin = admin.log_filter(get, set);
        }
        if let Some(metrics) = self.metrics.clone() {
            admin = admin.metrics(move || metrics.render());
        }
        let listener = Listener::tcp(addr).await?;
        let addr = listener.addr().to_string();
        Ok((server.admin(admin, listener), Some(addr)))
    }

    /// Listens elsewhere as well.
    #[cfg(unix)]
    pub(crate) fn also(&self, server: BoundServer) -> Result<BoundServer, ServeError> {
        match &self.unix {
            None => Ok(server),
            Some(path) => Ok(server.also(Listener::unix_with_mode(path, 0o600)?.without_tls())),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn also(&self, server: BoundServer) -> Result<BoundServer, ServeError> {
        Ok(server)
    }
}
