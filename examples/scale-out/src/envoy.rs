//! A real Envoy in front of the shops.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::routes;

const PATIENCE: Duration = Duration::from_mins(1);
const CLUSTER: &str = "shops";
const CONFIG: &str = "envoy.json";
/// The file that says where the shops are, which Envoy watches.
const SHOPS: &str = "shops.json";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// A process, with its configuration in a folder of its own.
pub(crate) struct Envoy {
    folder: TempDir,
    _child: Child,
    _following: JoinSet<()>,
    admin: SocketAddr,
    addr: SocketAddr,
}

impl Envoy {
    /// Starts one that follows the shops wherever they go. `described` is what a shop says of its routes.
    pub(crate) async fn start(
        program: &Path,
        described: &Value,
        mut shops: watch::Receiver<Vec<SocketAddr>>,
    ) -> Result<Self> {
        let folder = TempDir::with_prefix("envoy-")?;
        let root = folder.path().to_owned();
        let names = ["localhost", "127.0.0.1"].map(str::to_owned).to_vec();
        let identity = rcgen::generate_simple_self_signed(names).context("no certificate")?;
        fs::write(root.join(CERTIFICATE), identity.cert.pem())?;
        fs::write(root.join(KEY), identity.signing_key.serialize_pem())?;
        let routes = routes::routes(described, CLUSTER)?;
        fs::write(root.join(CONFIG), serde_json::to_vec_pretty(&config(&root, &routes))?)?;
        write_shops(&root, &shops.borrow_and_update())?;
        let log = File::create(root.join("log"))?;
        let admin_file = root.join("admin");
        let child = Command::new(program)
            .arg("--config-path")
            .arg(root.join(CONFIG))
            .arg("--admin-address-path")
            .arg(&admin_file)
            .args(["--concurrency", "2", "--use-dynamic-base-id", "--log-level", "warning"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let started = timeout(PATIENCE, listening(&admin_file)).await;
        let Ok((admin, addr)) = started else {
            bail!("Envoy does not start: {}", fs::read_to_string(root.join("log"))?);
        };
        let mut following = JoinSet::new();
        following.spawn(follow(root, shops));
        Ok(Self { folder, _child: child, _following: following, admin, addr })
    }

    /// Where it answers, over TLS.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.addr.port())
    }

    /// Whom to trust.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join(CERTIFICATE)
    }

    /// How many of the shops it takes for healthy.
    pub(crate) async fn healthy(&self) -> Result<u64> {
        self.stat("membership_healthy").await
    }

    /// A number that it keeps of the shops.
    pub(crate) async fn stat(&self, name: &str) -> Result<u64> {
        let full = format!("cluster.{CLUSTER}.{name}");
        let stats =
            get(self.admin, &format!("/stats?filter=^{}$&format=json", full.replace('.', "\\."))).await?;
        let stats = stats["stats"].as_array().cloned().unwrap_or_default();
        let found = stats.iter().find(|stat| stat["name"] == *full).and_then(|stat| stat["value"].as_u64());
        found.with_context(|| format!("Envoy keeps no {full}"))
    }
}

/// Keeps the file up to date.
async fn follow(root: PathBuf, mut shops: watch::Receiver<Vec<SocketAddr>>) {
    while shops.changed().await.is_ok() {
        let addresses = shops.borrow_and_update().clone();
        write_shops(&root, &addresses).expect("the folder is there as long as Envoy is");
    }
}

/// Where it listens: for questions and for calls.
async fn listening(admin_file: &Path) -> (SocketAddr, SocketAddr) {
    loop {
        let admin = fs::read_to_string(admin_file).ok().and_then(|text| text.trim().parse().ok());
        if let Some(admin) = admin
            && let Ok(listeners) = get(admin, "/listeners?format=json").await
        {
            let socket = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
            let port = socket["port_value"].as_u64().and_then(|port| u16::try_from(port).ok());
            if let Some(port) = port {
                return (admin, SocketAddr::from(([127, 0, 0, 1], port)));
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// What an admin port says, as JSON.
pub(crate) async fn get(addr: SocketAddr, path: &str) -> Result<Value> {
    let ask = async {
        let mut stream = TcpStream::connect(addr).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {addr}\r\naccept: application/json\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let text = String::from_utf8(answer)?;
        // It may come in chunks, whose sizes stand between; the JSON of an answer begins and ends with a brace.
        let (_, body) = text.split_once("\r\n\r\n").context("no body")?;
        let is_chunked = text.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if is_chunked { unchunked(body)? } else { body.to_owned() };
        anyhow::Ok(serde_json::from_str(&body)?)
    };
    timeout(PATIENCE, ask).await.with_context(|| format!("{addr} does not answer"))?
}

fn unchunked(mut rest: &str) -> Result<String> {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16)?;
        body.push_str(after.get(..size).context("a chunk is cut off")?);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    Ok(body)
}

/// Tells Envoy where the shops are. It looks when a file of the folder is replaced, so the file is moved there.
fn write_shops(root: &Path, shops: &[SocketAddr]) -> Result<()> {
    let endpoints: Vec<_> =
        shops.iter().map(|shop| json!({"endpoint": {"address": address(*shop)}})).collect();
    let assignment = json!({"resources": [{
        "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": CLUSTER,
        "endpoints": [{"lb_endpoints": endpoints}],
    }]});
    let next = root.join("next.json");
    fs::write(&next, serde_json::to_vec(&assignment)?)?;
    Ok(fs::rename(next, root.join(SHOPS))?)
}

fn address(addr: SocketAddr) -> Value {
    json!({"socket_address": {"address": addr.ip().to_string(), "port_value": addr.port()}})
}

/// The whole configuration.
fn config(root: &Path, routes: &[Value]) -> Value {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    json!({
        "node": {"id": "scale-out", "cluster": "scale-out"},
        "admin": {"address": address(any)},
        "static_resources": {
            "listeners": [{"name": "shop", "address": address(any), "filter_chains": [chain(root, routes)]}],
            "clusters": [cluster(root)],
        },
    })
}

/// TLS, HTTP of either version, and the routes.
fn chain(root: &Path, routes: &[Value]) -> Value {
    json!({
        "transport_socket": {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {
                    "alpn_protocols": ["h2", "http/1.1"],
                    "tls_certificates": [{
                        "certificate_chain": {"filename": root.join(CERTIFICATE)},
                        "private_key": {"filename": root.join(KEY)},
                    }],
                },
            },
        },
        "filters": [{"name": "http", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "shop",
            "codec_type": "AUTO",
            // Streams of live updates are silent while nothing happens.
            "stream_idle_timeout": "0s",
            "route_config": {"virtual_hosts": [{
                "name": "shop",
                "domains": ["*"],
                // For whoever looks at a single call.
                "include_attempt_count_in_response": true,
                "routes": routes,
            }]},
            "http_filters": [{"name": "router", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
            }}],
        }}],
    })
}

/// The shops: HTTP/2, with their health asked for, and looked at in what they answer.
fn cluster(root: &Path) -> Value {
    json!({
        "name": CLUSTER,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": {"path_config_source": {
            "path": root.join(SHOPS),
            "watched_directory": {"path": root},
        }}},
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        // A shop that is gone from the list gets no more calls, healthy or not.
        "ignore_health_on_host_removal": true,
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http2_protocol_options": {
                // Finds out that a machine is gone, where no packet says so.
                "connection_keepalive": {"interval": "10s", "timeout": "5s"},
            }},
        }},
        "health_checks": [{
            "timeout": "0.5s",
            "interval": "0.5s",
            "no_traffic_interval": "0.5s",
            "unhealthy_threshold": 2,
            "healthy_threshold": 1,
            "grpc_health_check": {},
        }],
        "outlier_detection": {
            "consecutive_5xx": 5,
            "consecutive_gateway_failure": 5,
            "interval": "1s",
            "base_ejection_time": "2s",
            "max_ejection_percent": 50,
        },
        // Retries are a part of the calls, so that they cannot become a storm.
        "circuit_breakers": {"thresholds": [{"retry_budget": {
            "budget_percent": {"value": 50.0},
            "min_retry_concurrency": 50,
        }}]},
    })
}
