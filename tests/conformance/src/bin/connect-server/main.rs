//! The server under test of the Connect conformance suite: it reads one `ServerCompatRequest` from standard input, tells on
//! standard output where it listens, and serves until SIGTERM.

#![forbid(unsafe_code)] // as a user's crate may: generated code has to stand it

#[cfg(connect_suite)]
mod query;
#[cfg(connect_suite)]
mod service;
#[cfg(connect_suite)]
mod streams;

#[cfg(not(connect_suite))]
fn main() -> anyhow::Result<()> {
    conformance::without_connect_suite()
}

#[cfg(connect_suite)]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    use std::time::Duration;

    use anyhow::{Context, bail};
    use conformance::connect::{ConformanceServiceServer, ServerCompatRequest, ServerCompatResponse, frames};

    /// The runner waits 5 seconds after SIGTERM.
    const DRAIN: Duration = Duration::from_secs(2);

    let request: ServerCompatRequest =
        frames::read(&mut tokio::io::stdin()).await?.context("there is no request on standard input")?;
    if request.use_tls {
        bail!("this program has no TLS");
    }
    let mut server = rsvc::Server::new().without_reflection().compress_from(Some(0)).drain_timeout(DRAIN);
    if request.message_receive_limit > 0 {
        server = server.max_request_size(request.message_receive_limit as usize);
    }
    let server = server.layer(query::Layer).add(ConformanceServiceServer::new(service::Conformance));
    let server = server.bind("127.0.0.1:0").await?;
    let address = server.local_addr();
    let response = ServerCompatResponse {
        host: address.ip().to_string(),
        port: address.port().into(),
        ..ServerCompatResponse::default()
    };
    frames::write(&mut tokio::io::stdout(), &response).await?;
    server.serve().await?;
    Ok(())
}
