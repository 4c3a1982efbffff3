//! A gateway for the recorded REST requests: our REST adapter over our gRPC client.
//!
//! `rest-gateway --listen ADDR --backend ADDR`

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use conformance::rest::rsvctest::v1::{
    BodiesClient, BodiesServer, FaultsClient, FaultsServer, OverlapClient, OverlapServer, PathsClient,
    PathsServer, QueriesClient, QueriesServer, RawClient, RawServer, ResponseBodiesClient,
    ResponseBodiesServer, StreamsClient, StreamsServer, VerbsClient, VerbsServer,
};
use rsvc::{Channel, Server};

#[tokio::main]
async fn main() -> Result<()> {
    let [listen, backend] = addresses()?;
    let backend = Channel::connect(format!("http://{backend}")).await?;
    Server::new()
        .add(PathsServer::new(PathsClient::new(backend.clone())))
        .add(OverlapServer::new(OverlapClient::new(backend.clone())))
        .add(VerbsServer::new(VerbsClient::new(backend.clone())))
        .add(QueriesServer::new(QueriesClient::new(backend.clone())))
        .add(BodiesServer::new(BodiesClient::new(backend.clone())))
        .add(ResponseBodiesServer::new(ResponseBodiesClient::new(backend.clone())))
        .add(RawServer::new(RawClient::new(backend.clone())))
        .add(StreamsServer::new(StreamsClient::new(backend.clone())))
        .add(FaultsServer::new(FaultsClient::new(backend)))
        .serve(listen)
        .await?;
    Ok(())
}

fn addresses() -> Result<[SocketAddr; 2]> {
    let mut found = [None, None];
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--listen" => &mut found[0],
            "--backend" => &mut found[1],
            _ => bail!("unknown argument `{word}`; they are --listen ADDR and --backend ADDR"),
        };
        let address = words.next().with_context(|| format!("`{word}` needs an address"))?;
        *place = Some(address.parse().with_context(|| format!("`{address}` is not an address"))?);
    }
    match found {
        [Some(listen), Some(backend)] => Ok([listen, backend]),
        _ => bail!("both --listen ADDR and --backend ADDR are needed"),
    }
}
