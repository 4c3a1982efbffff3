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

    use anyhow::Context;
    use conformance::connect::{ConformanceServiceServer, ServerCompatRequest, ServerCompatResponse, frames};
    use rsvc::tls::{Identity, ServerTls};

    /// The runner waits 5 seconds after SIGTERM.
    const DRAIN: Duration = Duration::from_secs(2);

    let request: ServerCompatRequest =
        frames::read(&mut tokio::io::stdin()).await?.context("there is no request on standard input")?;
    let mut server = rsvc::Server::new().without_reflection().compress_from(Some(0)).drain_timeout(DRAIN);
    let mut pem_cert = Vec::new();
    if request.use_tls {
        let creds = request.server_creds.context("a request for TLS without a certificate")?;
        let mut tls = ServerTls::new(Identity::from_pem(&*creds.cert, &*creds.key));
        if !request.client_tls_cert.is_empty() {
            tls = tls.client_ca(request.client_tls_cert);
        }
        server = server.tls(tls);
        pem_cert = creds.cert;
    }
    if request.message_receive_limit > 0 {
        server = server.max_request_size(request.message_receive_limit as usize);
    }
    let server = server.layer(query::Layer).add(ConformanceServiceServer::new(service::Conformance));
    let server = server.bind("127.0.0.1:0").await?;
    let address = server.local_addr();
    let response =
        ServerCompatResponse { host: address.ip().to_string(), port: address.port().into(), pem_cert };
    frames::write(&mut tokio::io::stdout(), &response).await?;
    server.serve().await?;
    Ok(())
}
