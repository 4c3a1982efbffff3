//! Envoy with its `grpc_json_transcoder`, one thread of it, before rsvc's gRPC in a process of its own.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use bench::Child;
use serde_json::{Value, json};

use crate::case::Routes;
use crate::peers::{Serve, rsvc};

pub struct Envoy {
    process: std::process::Child,
    address: SocketAddr,
    backend: Child,
}

impl Envoy {
    pub async fn start(program: &Path, serve: Serve) -> io::Result<Self> {
        let backend = serve.start()?;
        // Envoy cannot be given a socket: it gets a port that is free now.
        let address = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()?;
        let config = Path::new(env!("CARGO_TARGET_TMPDIR")).join("envoy.json");
        fs::write(&config, config_of(serve, address, backend.address()).to_string())?;
        let mut command = Command::new(program);
        command.arg("--config-path").arg(&config);
        command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "off"]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let envoy = Self { process, address, backend };
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if TcpStream::connect(address).is_ok() {
                return Ok(envoy);
            }
        }
        Err(io::Error::other("Envoy does not listen"))
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of both processes.
    pub fn cpu(&self) -> io::Result<Duration> {
        Ok(bench::cpu(self.process.id())? + self.backend.cpu()?)
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn config_of(serve: Serve, address: SocketAddr, backend: SocketAddr) -> Value {
    let is_one = serve.routes == Routes::One;
    let set = if is_one { rsvc::one::FILE_DESCRIPTOR_SET } else { rsvc::many::FILE_DESCRIPTOR_SET };
    let local = |port: u16| json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } });
    let extension = |name: &str| format!("type.googleapis.com/envoy.extensions.{name}");
    let route = json!({ "match": { "prefix": "/" }, "route": { "cluster": "backend" } });
    let filters = json!([
        {
            "name": "transcoder",
            "typed_config": {
                "@type": extension("filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder"),
                "proto_descriptor_bin": base64::engine::general_purpose::STANDARD.encode(set),
                "services": ["rest.Orders"],
            },
        },
        { "name": "router", "typed_config": { "@type": extension("filters.http.router.v3.Router") } },
    ]);
    let manager = json!({
        "@type": extension("filters.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "rest",
        "route_config": { "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [route] }] },
        "http_filters": filters,
    });
    let listener = json!({
        "address": local(address.port()),
        "filter_chains": [{ "filters": [{ "name": "http", "typed_config": manager }] }],
    });
    let http2 = json!({
        "@type": extension("upstreams.http.v3.HttpProtocolOptions"),
        "explicit_http_config": { "http2_protocol_options": {} },
    });
    let endpoint = json!({ "endpoint": { "address": local(backend.port()) } });
    let cluster = json!({
        "name": "backend",
        "load_assignment": { "cluster_name": "backend", "endpoints": [{ "lb_endpoints": [endpoint] }] },
        "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2 },
    });
    json!({ "static_resources": { "listeners": [listener], "clusters": [cluster] } })
}
