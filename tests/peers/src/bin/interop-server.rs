//! `interop-server`: serves gRPC's interop test service.

use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Parser;
use peers::api::TestServiceServer;
use peers::compression;
use peers::service::Interop;
use rsvc::Server;
use tower::util::{MapRequestLayer, option_layer};
use tower_http::cors::CorsLayer;
use tracing_subscriber::EnvFilter;

/// Serves gRPC's interop test service.
#[derive(Debug, Parser)]
struct Args {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Let pages of any origin call
    #[arg(long)]
    any_origin: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { listen, any_origin } = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    let server = Server::new()
        .add(TestServiceServer::new(Interop))
        .layer(option_layer(any_origin.then(CorsLayer::permissive)))
        .layer(MapRequestLayer::new(compression::watch))
        .bind(listen)
        .await?;
    writeln!(io::stdout(), "listening on http://{}", server.local_addr())?;
    Ok(server.serve().await?)
}
