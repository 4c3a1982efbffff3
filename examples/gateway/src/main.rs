//! `gateway`: takes calls over REST, gRPC-Web and gRPC, and hands them to a shop that runs elsewhere, over gRPC.
//!
//! There is no code for any of the methods: the generated client implements the service's trait, so that it can stand
//! where a handler would.

mod pass;

/// What `build.rs` has made of the shop's protos.
#[allow(unreachable_pub, reason = "it is made for libraries as well")]
mod proto {
    rsvc::include_protos!();
}

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use rsvc::server::ResponseValidation;
use rsvc::{Channel, Server};
use tracing_subscriber::EnvFilter;

use crate::pass::PassOn;
use crate::proto::shop::v1::{
    ChatServiceClient, ChatServiceServer, OrderServiceClient, OrderServiceServer, UploadServiceClient,
    UploadServiceServer, UserServiceClient, UserServiceServer,
};

/// How long calls may go on once the gateway is told to stop. Streams that the shop would never end are among them.
const DRAIN: Duration = Duration::from_secs(5);

/// Stands in front of a shop.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// The shop, which may come later and may come back
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    backend: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { listen, backend } = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    let shop = Channel::connect_lazy(&backend)?;
    let gateway = Server::new()
        .add(UserServiceServer::new(UserServiceClient::new(shop.clone())))
        .add(OrderServiceServer::new(OrderServiceClient::new(shop.clone())))
        .add(UploadServiceServer::new(UploadServiceClient::new(shop.clone())))
        .add(ChatServiceServer::new(ChatServiceClient::new(shop)))
        .authenticator(PassOn)
        .require_access()
        .validate_responses(ResponseValidation::Off) // what the shop answers is the shop's affair
        .rest(rsvc::rest::Options::new().accept_compressed(true))
        .drain_timeout(DRAIN)
        .bind(listen)
        .await?;
    writeln!(io::stdout(), "listening on http://{} for {backend}", gateway.local_addr())?;
    Ok(gateway.serve().await?)
}
