//! The services of a shop: users, orders, uploads and chat, on rsvc and SQLite.
//!
//! `main.rs` runs them; [`start`] runs them inside of another program, such as
//! a test.

mod db;
mod error;
mod files;
mod live;
mod metrics;
mod place;
mod rooms;
mod services;
mod shop;
mod staff;
mod time;

/// What `build.rs` has made of `proto/`.
pub mod proto {
    rsvc::include_protos!();
}

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rsvc::server::{BoundServer, ServeError};
use rsvc::{Server, ServiceInfo};
use tokio::sync::{Mutex, broadcast, oneshot};
use tokio::task::JoinHandle;

use crate::api::{
    CHAT_SERVICE, ChatServiceServer, ORDER_SERVICE, OrderServiceServer, UPLOAD_SERVICE, USER_SERVICE,
    UploadServiceServer, UserServiceServer,
};
use crate::db::Db;
use crate::files::Files;
use crate::metrics::Metrics;
use crate::place::Place;
pub use crate::proto::shop::v1 as api;
use crate::rooms::Rooms;
use crate::services::{Chats, Orders, Uploads, Users};
use crate::shop::Shop;
use crate::staff::Staff;

const SERVICES: [&ServiceInfo; 4] = [&USER_SERVICE, &ORDER_SERVICE, &UPLOAD_SERVICE, &CHAT_SERVICE];

/// How to run a shop.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the database and the files are; without it in a directory that is
    /// removed at the end.
    pub data: Option<PathBuf>,
    /// Where to listen. Port 0 takes any that is free.
    pub listen: SocketAddr,
    /// What the staff shows in `authorization: Bearer TOKEN`; without it one
    /// is made up.
    pub token: Option<String>,
    /// How much of everything there may be.
    pub limits: Limits,
}

impl Default for Options {
    /// Any free port of this machine alone.
    fn default() -> Self {
        Self {
            data: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: None,
            limits: Limits::default(),
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
    /// How long a caller may send nothing of what it has begun.
    pub idle: Duration,
    /// How long a caller may not read what is to be sent.
    pub send: Duration,
    /// Bytes a second that a caller must send.
    pub rate: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            upload_bytes: 256 * 1024 * 1024,
            batch_requests: 1000,
            rooms: 1000,
            history: 100,
            backlog: 256,
            idle: Duration::from_secs(30),
            send: Duration::from_secs(30),
            rate: 240,
        }
    }
}

/// A shop that has everything it needs, and its address.
#[derive(Debug)]
pub struct Ready {
    server: BoundServer,
    db: Db,
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

/// Prepares a shop: storage, with tables and seeds at the first start, and address.
pub async fn open(options: Options) -> anyhow::Result<Ready> {
    let place = Place::open(options.data.as_deref())?;
    let db = Db::open(&place.path().join("shop.sqlite3")).await?;
    let limits = options.limits;
    let shop = Arc::new(Shop {
        files: Files::open(place.path())?,
        metrics: Metrics::new(&SERVICES),
        rooms: Arc::new(Rooms::new(db.clone(), limits)),
        order_turn: Mutex::default(),
        updates: broadcast::Sender::new(limits.backlog),
        db: db.clone(),
        limits,
    });
    let token = options.token.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let orders = Orders { shop: Arc::clone(&shop) };
    let server = Server::new()
        .add(UserServiceServer::new(Users { shop: Arc::clone(&shop) }))
        .add(OrderServiceServer::new(orders.clone()))
        .add(UploadServiceServer::new(Uploads { shop: Arc::clone(&shop), orders }))
        .add(ChatServiceServer::new(Chats { shop }))
        .authenticator(Staff::new(&token))
        .require_access()
        .rest(
            rsvc::rest::Options::new()
                .accept_compressed(true)
                .idle_timeout(limits.idle)
                .send_timeout(limits.send)
                .min_rate(limits.rate),
        )
        .bind(options.listen)
        .await?;
    Ok(Ready { server, db, token, place })
}

/// Runs a shop inside of this program.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    let Ready { server, db, token, place } = open(options).await?;
    let addr = server.local_addr();
    let (stop, stopped) = oneshot::channel();
    let stopped = async {
        // An error means that the other end was dropped, and that is an end, too.
        let _ = stopped.await;
    };
    let serving = async move { finish(server.serve_with_shutdown(stopped).await, &db, place).await };
    Ok(Running { addr, token, stop, serving: tokio::spawn(serving) })
}

async fn finish(served: Result<(), ServeError>, db: &Db, place: Place) -> anyhow::Result<()> {
    db.close().await;
    place.leave()?;
    Ok(served?)
}

impl Ready {
    /// Where it will listen.
    pub fn addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// What the staff shows.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Where the database and the files are.
    pub fn data(&self) -> &Path {
        self.place.path()
    }

    /// Serves until ctrl-c or SIGTERM, and to the end of the calls that are under way then.
    pub async fn serve(self) -> anyhow::Result<()> {
        finish(self.server.serve().await, &self.db, self.place).await
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
