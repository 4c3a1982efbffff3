//! The services of a shop: users, orders, uploads and chat, on rsvc and SQLite or PostgreSQL.
//!
//! `main.rs` runs them; [`start`] runs them inside of another program, such as
//! a test.

mod db;
mod error;
mod feed;
mod files;
mod greet;
mod live;
mod metrics;
mod operation;
mod place;
mod readiness;
mod rooms;
mod services;
mod shop;
mod staff;
mod telemetry;
mod time;
mod web;

/// What `build.rs` has made of `proto/`.
pub mod proto {
    rsvc::include_protos!();
}

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rsvc::server::{BoundServer, Health, ServeError, ServerService, Site};
use rsvc::{Channel, Server, ServiceInfo, rest};
use tokio::sync::{Mutex, Notify, broadcast, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::api::{
    CHAT_SERVICE, ChatServiceServer, ORDER_SERVICE, OrderServiceServer, UPLOAD_SERVICE, USER_SERVICE,
    UploadServiceServer, UserServiceClient, UserServiceServer,
};
pub use crate::db::DatabaseUrl;
use crate::db::Db;
use crate::feed::Feed;
use crate::files::Files;
use crate::greet::Greet;
use crate::metrics::Metrics;
pub use crate::operation::{Certificates, Operation};
use crate::place::Place;
pub use crate::proto::shop::v1 as api;
use crate::readiness::Readiness;
use crate::rooms::Rooms;
use crate::services::{Chats, Orders, Uploads, Users};
use crate::shop::Shop;
pub use crate::staff::Issuer;
pub use crate::telemetry::{Sight, Telemetry};

const SERVICES: [&ServiceInfo; 4] = [&USER_SERVICE, &ORDER_SERVICE, &UPLOAD_SERVICE, &CHAT_SERVICE];

/// Where the document of the services is.
const DOCUMENT: &str = "/openapi.json";

/// How to run a shop.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the database and the files are; without it in a directory that is
    /// removed at the end.
    pub data: Option<PathBuf>,
    /// A database of PostgreSQL, which any number of shops may share. Without it the shop has one of its own, in SQLite.
    pub database: Option<DatabaseUrl>,
    /// Where to listen. Port 0 takes any that is free.
    pub listen: SocketAddr,
    /// What the staff shows in `authorization: Bearer TOKEN`; without it one
    /// is made up.
    pub token: Option<String>,
    /// Who else says who calls.
    pub issuer: Option<Issuer>,
    /// Where orders ask for users, as in `http://127.0.0.1:8081`; without it in this process.
    pub users: Option<String>,
    /// How much of everything there may be.
    pub limits: Limits,
    /// What a connection may do.
    pub connections: Connections,
    /// What is told of calls.
    pub sight: Sight,
    /// What those who run it decide.
    pub operation: Operation,
}

impl Default for Options {
    /// Any free port of this machine alone.
    fn default() -> Self {
        Self {
            data: None,
            database: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: None,
            issuer: None,
            users: None,
            limits: Limits::default(),
            connections: Connections::default(),
            sight: Sight::default(),
            operation: Operation::default(),
        }
    }
}

/// How much of everything there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of an uploaded file.
    pub upload_bytes: u64,
    /// Requests of a batch.
    pub batch_requests: usize,
    /// Rooms of the chat that are open at the same time.
    pub rooms: usize,
    /// Messages that a room keeps.
    pub history: u32,
    /// Messages that wait in memory for a stream that does not keep up.
    pub backlog: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            upload_bytes: 256 * 1024 * 1024,
            batch_requests: 1000,
            rooms: 1000,
            history: 100,
            backlog: 256,
        }
    }
}

/// What a connection may do. What is `None` is left to the server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connections {
    /// How many there may be.
    pub max: Option<usize>,
    /// How long one may take for the head of a request.
    pub header_timeout: Option<Duration>,
    /// How long a response may wait for its reader.
    pub send_timeout: Option<Duration>,
    /// How long a request may pause within a message, or a stream between two.
    pub idle_timeout: Option<Duration>,
    /// Bytes of a request that must come each second.
    pub min_body_rate: Option<u32>,
}

impl Connections {
    fn apply(self, mut server: Server) -> Server {
        if let Some(max) = self.max {
            server = server.max_connections(max);
        }
        if let Some(timeout) = self.header_timeout {
            server = server.handshake_timeout(timeout);
        }
        if self.send_timeout.is_some() {
            server = server.send_timeout(self.send_timeout);
        }
        let mut rest = rest::Options::new().accept_compressed(true);
        if let Some(timeout) = self.idle_timeout {
            rest = rest.idle_timeout(timeout);
            let timeout = Some(timeout);
            server = server.idle_timeout(timeout).stream_idle_timeout(timeout).max_connection_idle(timeout);
        }
        if let Some(rate) = self.min_body_rate {
            server = server.min_body_rate(rate);
            rest = rest.min_rate(rate);
        }
        if let Some(timeout) = self.send_timeout {
            rest = rest.send_timeout(timeout);
        }
        server.rest(rest)
    }
}

/// A shop that has everything it needs, and its address.
#[derive(Debug)]
pub struct Ready {
    server: BoundServer,
    /// Where questions are answered.
    admin: Option<String>,
    is_secure: bool,
    database: Option<DatabaseUrl>,
    readiness: Readiness,
    token: String,
    place: Place,
}

/// A shop that runs inside of this program.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    token: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<anyhow::Result<()>>,
}

/// A shop as a service, for the server of another program.
#[derive(Debug)]
pub struct Mounted {
    /// All of its protocols.
    pub service: ServerService,
    /// Where its data is, for as long as it is needed.
    pub place: Place,
}

/// Prepares a shop that another server serves.
pub async fn mount(options: Options) -> anyhow::Result<Mounted> {
    let Assembled { server, place, .. } = assemble(options).await?;
    Ok(Mounted { service: server.into_service()?, place })
}

/// Prepares a shop: storage, with tables and seeds at the first start, and address.
pub async fn open(options: Options) -> anyhow::Result<Ready> {
    let (listen, database) = (options.listen, options.database.clone());
    let Assembled { server, operation, admin, readiness, token, place } = assemble(options).await?;
    let server = operation.also(server.bind(listen).await?)?;
    let is_secure = operation.certificates.is_some();
    Ok(Ready { server, admin, is_secure, database, readiness, token, place })
}

/// A shop without an address.
struct Assembled {
    server: Server,
    operation: Operation,
    admin: Option<String>,
    readiness: Readiness,
    token: String,
    place: Place,
}

async fn assemble(options: Options) -> anyhow::Result<Assembled> {
    let place = Place::open(options.data.as_deref())?;
    let doubt = Arc::new(Notify::new());
    let db = match &options.database {
        Some(url) => Db::connect(url, Arc::clone(&doubt)).await?,
        None => Db::open(&place.path().join("shop.sqlite3"), Arc::clone(&doubt)).await?,
    };
    let limits = options.limits;
    let files = Files::open(place.path())?;
    let health = Health::new();
    let readiness = Readiness {
        db: db.clone(),
        files: files.partial().to_owned(),
        doubt: Arc::clone(&doubt),
        health: health.clone(),
    };
    let metrics = Arc::new(Metrics::new(&SERVICES));
    let rooms = Arc::new(Rooms::new(db.clone(), limits));
    let updates = broadcast::Sender::new(limits.backlog);
    let mut beside = JoinSet::new();
    let feed = Feed::open(&db, &updates, &rooms).await;
    if let Some(feed) = feed.map_err(|error| anyhow::anyhow!("no news of other shops: {error:?}"))? {
        beside.spawn(feed);
    }
    let shop = Arc::new(Shop {
        files,
        metrics: Arc::clone(&metrics),
        rooms,
        order_turn: Mutex::default(),
        updates,
        db,
        limits,
        doubt,
        _beside: beside,
    });
    let token = options.token.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let users = match options.users {
        None => UserServiceClient::in_process(Users { shop: Arc::clone(&shop) }),
        Some(elsewhere) => UserServiceClient::new(Channel::connect_lazy(elsewhere)?),
    };
    let orders = Orders { shop: Arc::clone(&shop), users };
    let operation = options.operation;
    let server = options.sight.apply(options.connections.apply(Server::new()));
    let server = operation.apply(server)?;
    let server = match &operation.web {
        None => server,
        Some(folder) => server.fallback(web::pages(folder)?),
    };
    let (server, admin) = operation.answer(server, readiness.db.clone()).await?;
    let server = server
        // One client alone cannot have all others wait for the database.
        .max_running_calls_per_connection(db::CONNECTIONS as usize)
        .add(UserServiceServer::new(Users { shop: Arc::clone(&shop) }))
        .add(OrderServiceServer::new(orders.clone()))
        .add(UploadServiceServer::new(Uploads { shop: Arc::clone(&shop), orders }))
        .add(ChatServiceServer::new(Chats { shop }))
        .intercept(Greet { metrics, instance: operation.instance.clone() })
        .authenticator(staff::authenticator(&token, options.issuer.as_ref())?)
        .require_access()
        // The page of commands that the shop prints asks it, and its `.proto` files are public.
        .public_reflection()
        // So is what is made of them.
        .openapi(DOCUMENT, proto::OPENAPI)
        .docs("/docs", Site::new(proto::DOCS).explorer(true))
        .health(health);
    Ok(Assembled { server, operation, admin, readiness, token, place })
}

/// Runs a shop inside of this program.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    let Ready { server, readiness, token, place, .. } = open(options).await?;
    let addr = server.local_addr();
    let (stop, stopped) = oneshot::channel();
    let stopped = async {
        // An error means that the other end was dropped, and that is an end, too.
        let _ = stopped.await;
    };
    let serving = async move { run(server.serve_with_shutdown(stopped), readiness, place).await };
    Ok(Running { addr, token, stop, serving: tokio::spawn(serving) })
}

async fn run(
    serving: impl Future<Output = Result<(), ServeError>>,
    readiness: Readiness,
    place: Place,
) -> anyhow::Result<()> {
    let served = tokio::select! {
        served = serving => served,
        never = readiness.run() => match never {},
    };
    readiness.db.close().await;
    place.leave()?;
    Ok(served?)
}

impl Ready {
    /// Where it will listen.
    pub fn addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Where questions about it will be answered.
    pub fn admin(&self) -> Option<&str> {
        self.admin.as_deref()
    }

    /// Whether it will speak TLS.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// What the staff shows.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Where the database and the files are.
    pub fn data(&self) -> &Path {
        self.place.path()
    }

    /// The database that it may share with other shops.
    pub fn database(&self) -> Option<&DatabaseUrl> {
        self.database.as_ref()
    }

    /// Serves until ctrl-c or SIGTERM, and to the end of the calls that are under way then.
    pub async fn serve(self) -> anyhow::Result<()> {
        run(self.server.serve(), self.readiness, self.place).await
    }
}

impl Running {
    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What the staff shows.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Stops, once the calls that are under way have ended.
    pub async fn stop(self) -> anyhow::Result<()> {
        // Fails if it has stopped by itself, and then the task tells why.
        let _ = self.stop.send(());
        self.serving.await?
    }
}
