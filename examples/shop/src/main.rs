//! `shop`: runs the services and tells how to call them.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use futures_util::future::try_join;
use shop::{Certificates, Connections, Issuer, Limits, Operation, Options, Ready, Sight, Telemetry};
use tracing_subscriber::{EnvFilter, reload};

/// Runs the services of a shop.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where to keep the database and the files [default: a directory that is removed at the end]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A database of PostgreSQL, which several shops may share, as <postgres://USER:PASSWORD@HOST/DATABASE> [default:
    /// SQLite, in the directory]
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database: Option<String>,
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// What the staff shows as its bearer token [default: made up and printed]
    #[arg(long, env = "SHOP_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The keys of an issuer of tokens (JWK set), which callers may show as bearer tokens, too
    #[arg(long, value_name = "URL", requires = "issuer", requires = "audience")]
    jwks: Option<String>,
    /// The issuer that tokens name (`iss`)
    #[arg(long, value_name = "NAME", requires = "jwks")]
    issuer: Option<String>,
    /// The audience that tokens name (`aud`)
    #[arg(long, value_name = "NAME", requires = "jwks")]
    audience: Option<String>,
    /// How often the keys are fetched [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "jwks")]
    jwks_refresh: Option<Duration>,
    /// Where orders ask for users, as in <http://127.0.0.1:8081> [default: in this process]
    #[arg(long, value_name = "URL")]
    users: Option<String>,
    /// Bytes that an uploaded file may have
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().upload_bytes)]
    max_upload: u64,
    /// Rooms of the chat that may be open at the same time
    #[arg(long, value_name = "ROOMS", default_value_t = Limits::default().rooms)]
    max_rooms: usize,
    /// Messages that wait for a stream that does not keep up
    #[arg(long, value_name = "MESSAGES", default_value_t = Limits::default().backlog)]
    backlog: usize,
    /// Connections that may be open [default: 10000]
    #[arg(long, value_name = "CONNECTIONS")]
    max_connections: Option<usize>,
    /// How long a connection may take for the head of a request [default: 20]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    header_timeout: Option<Duration>,
    /// How long a response may wait for its reader [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    send_timeout: Option<Duration>,
    /// How long a request may pause within a message [default: 30], or a stream between two [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    idle_timeout: Option<Duration>,
    /// Bytes of a request that must come each second [default: 240]
    #[arg(long, value_name = "BYTES")]
    min_body_rate: Option<u32>,
    /// Where to send spans, over OTLP and gRPC, as in <http://127.0.0.1:4317>
    #[arg(long, value_name = "ENDPOINT")]
    otlp: Option<String>,
    /// Logs a line for each call
    #[arg(long)]
    access_log: bool,
    /// The certificate chain of the shop, as PEM; it is read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Only takes clients with a certificate of this authority
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    /// Listens to a Unix socket as well, without TLS
    #[arg(long, value_name = "PATH")]
    unix: Option<PathBuf>,
    /// Where health, readiness, routes and the like are told, and what is logged can be changed
    #[arg(long, value_name = "ADDR")]
    admin: Option<SocketAddr>,
    /// Lets other machines reach the address of --admin, as probes of Kubernetes do
    #[arg(long, requires = "admin")]
    admin_remote: bool,
    /// A folder of files for browsers, served below /web/: examples/web/dist, once it is built
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    /// Serves Swagger UI at /swagger/
    #[arg(long)]
    swagger_ui: bool,
    /// Names this shop among several: each response has it in its header x-instance
    #[arg(long, value_name = "NAME", env = "SHOP_INSTANCE")]
    instance: Option<String>,
    /// How long to go on as before once the shop is told to stop, for load balancers to notice [default: 0]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    drain_delay: Option<Duration>,
    /// How long calls that are under way may take once the shop stops [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    drain_timeout: Option<Duration>,
    /// Bytes from which response messages are compressed for callers that accept it [default: only over Connect, 1024]
    #[arg(long, value_name = "BYTES")]
    compress_from: Option<usize>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let Args { max_upload: upload_bytes, max_rooms: rooms, backlog, .. } = args;
    let limits = Limits { upload_bytes, rooms, backlog, ..Limits::default() };
    let Args { max_connections: max, header_timeout, send_timeout, idle_timeout, min_body_rate, .. } = args;
    let connections = Connections { max, header_timeout, send_timeout, idle_timeout, min_body_rate };
    let Args { jwks, issuer, audience, jwks_refresh: refresh, .. } = args;
    let issuer = match (jwks, issuer, audience) {
        (Some(jwks), Some(name), Some(audience)) => Some(Issuer { jwks, name, audience, refresh }),
        _ => None,
    };
    let Args { tls_cert, tls_key, client_ca, unix, admin, admin_remote, compress_from, .. } = args;
    let Args { web, swagger_ui, instance, drain_delay, drain_timeout, .. } = args;
    let certificates = tls_cert.zip(tls_key).map(|(chain, key)| Certificates { chain, key, client_ca });
    // Not parsed as an argument: a message about a wrong one would show it, with its password.
    let database = args.database.map(|url| url.parse()).transpose()?;
    let Args { data, listen, token, users, otlp, access_log, .. } = args;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let (filter, log) = reload::Layer::new(filter);
    let telemetry = Telemetry::install(filter, otlp.as_deref())?;
    let metrics = Some(telemetry.metrics());
    let operation = Operation {
        certificates,
        unix,
        admin,
        admin_remote,
        compress_from,
        log: Some(log),
        metrics,
        web,
        swagger_ui,
        instance,
        drain_delay,
        drain_timeout,
    };
    let sight = Sight { spans: otlp.is_some(), access_log };
    let options =
        Options { data, database, listen, token, issuer, users, limits, connections, operation, sight };
    let ready = shop::open(options).await?;
    let introduction = introduction(&ready);
    // In this order, so that whoever reads the first line can send a signal.
    try_join(ready.serve(), async { Ok(io::stdout().write_all(introduction.as_bytes())?) }).await?;
    telemetry.end().await
}

/// What to call.
fn introduction(ready: &Ready) -> String {
    let (addr, data, token) = (ready.addr(), ready.data().display(), ready.token());
    let admin = ready.admin().map(|admin| format!("admin on http://{admin}\n")).unwrap_or_default();
    let database = ready.database().map(|url| format!("database {url}\n")).unwrap_or_default();
    if ready.is_secure() {
        return format!(
            r"listening on https://{addr}
data in {data}
staff token {token}
{database}{admin}
Call it, for example:
  curl --cacert CA https://{addr}/v1/users/{ADA}
"
        );
    }
    format!(
        r#"listening on http://{addr}
data in {data}
staff token {token}
{database}{admin}
Read about it, and try it: http://{addr}/docs/
Call it, for example:
  curl http://{addr}/v1/users/{ADA}
  curl -H 'Accept: application/x-ndjson' 'http://{addr}/v1/users/{ADA}/orders?limit=1'
  curl -N -H 'Accept: text/event-stream' http://{addr}/v1/orders:watch
  curl http://{addr}/v1/users/{ADA}/orders -d '{{"lines": [{{"productId": "monitor", "quantity": 1}}], "shippingAddress": {{"lines": ["12 St James Square"], "city": "London", "countryCode": "GB"}}, "payment": {{"points": true}}}}'
  curl -X PATCH http://{addr}/api/v1/users/{ADA} -d '{{"age": 37}}'
  cargo run -p shop --bin shop-client -- --target http://{addr} get-user {ADA}
  cargo run -p shop --bin shop-client -- --target http://{addr} watch
  grpcurl -plaintext -d '{{"user_id": "{ADA}"}}' {addr} shop.v1.UserService/GetUser
  grpcurl -plaintext {addr} list
  buf curl --protocol grpc --http2-prior-knowledge -d '{{"user_id": "{ADA}"}}' http://{addr}/shop.v1.OrderService/GetOrders
From Python: examples/shop/README.md, where the modules are made first
"#
    )
}

/// A user of the seed.
const ADA: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
