//! TLS on both ends, with and without client certificates.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

#[path = "../support/authority.rs"]
mod authority;
mod config;
mod identity;
mod native_roots;
mod reload;
mod revoked;
mod sni;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use authority::Authority;
use rcgen::KeyPair;
use rsvc::codegen::{Call, Handling, Service};
use rsvc::tls::{ClientTls, Identity, ServerTls};
use rsvc::{Channel, Context, MethodInfo, MethodKind, Server, ServiceInfo, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const WHO: MethodInfo = MethodInfo::new("demo.Who", "Who", "/demo.Who/Who", MethodKind::Unary);
const INFO: ServiceInfo = ServiceInfo::new("demo.Who", &[WHO], b"");

/// Answers with the peer's certificates, as their number.
struct Who;

impl Service for Who {
    const INFO: &'static ServiceInfo = &INFO;

    fn call<'a>(&'a self, _: usize, call: Call<'a>) -> Handling<'a> {
        call.unary(|ctx: Context, (): ()| async move {
            assert!(ctx.peer_addr().is_some());
            let shown = ctx.peer_certificates().map_or(0, |certificates| certificates.len());
            ctx.set_header("x-shown", shown.to_string())?;
            Ok::<(), Status>(())
        })
    }
}

async fn serve(tls: ServerTls) -> String {
    let server = Server::new().add(Who).tls(tls).bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://localhost:{}", server.local_addr().port());
    tokio::spawn(server.serve_with_shutdown(std::future::pending()));
    endpoint
}

/// How many certificates the server sees, or why the call fails.
async fn call(endpoint: &str, tls: ClientTls) -> Result<String, String> {
    let channel = Channel::builder(endpoint).tls(tls).connect().await.map_err(|error| error.to_string())?;
    let ctx = Context::new();
    rsvc::codegen::client::unary::<(), (), Status>(&channel, &WHO, ctx.clone(), ())
        .await
        .map_err(|status| status.to_string())?;
    Ok(ctx.response_headers().get("x-shown").unwrap().to_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_server_is_known() {
    let authority = Authority::new();
    let endpoint = serve(ServerTls::new(authority.identity("localhost"))).await;
    let trusting = ClientTls::new().ca(authority.pem());
    assert_eq!(call(&endpoint, trusting.clone()).await.as_deref(), Ok("0"));

    // Another authority, the well-known ones, another name, no TLS at all: each is refused.
    call(&endpoint, ClientTls::new().ca(Authority::new().pem())).await.unwrap_err();
    call(&endpoint, ClientTls::new()).await.unwrap_err();
    call(&endpoint, trusting.server_name("elsewhere")).await.unwrap_err();
    let plain = endpoint.replace("https", "http");
    call(&plain, ClientTls::new()).await.unwrap_err();
}

#[tokio::test]
async fn both_sides_are_known() {
    let authority = Arc::new(Authority::new());
    let trusting = ClientTls::new().ca(authority.pem());
    let known = trusting.clone().identity(authority.identity("client"));
    let stranger = trusting.clone().identity(Authority::new().identity("client"));

    let tls = ServerTls::new(authority.identity("localhost"));
    let endpoint = serve(tls.clone().client_ca(authority.pem())).await;
    assert_eq!(call(&endpoint, known.clone()).await.as_deref(), Ok("1"));
    call(&endpoint, trusting.clone()).await.unwrap_err();
    call(&endpoint, stranger.clone()).await.unwrap_err();

    let endpoint = serve(tls.optional_client_ca(authority.pem())).await;
    assert_eq!(call(&endpoint, known).await.as_deref(), Ok("1"));
    assert_eq!(call(&endpoint, trusting).await.as_deref(), Ok("0"));
    call(&endpoint, stranger).await.unwrap_err();
}

#[tokio::test]
async fn useless_certificates_are_named() {
    let key = KeyPair::generate().unwrap().serialize_pem();
    for (chain, key, expected) in [
        (String::new(), key.clone(), "TLS certificate chain: there is no certificate in it"),
        (Authority::new().pem(), "nonsense".to_owned(), "TLS private key: "),
        (Authority::new().pem(), key, "TLS identity: "),
    ] {
        let tls = ServerTls::new(Identity::from_pem(chain, key));
        let error = Server::new().tls(tls).bind("127.0.0.1:0").await.unwrap_err();
        assert!(error.is_invalid_tls(), "{error}");
        let source = error.source().unwrap().to_string();
        assert!(source.starts_with(expected), "{source}");
    }
}

/// Whoever says nothing, or only a part of what begins a handshake.
#[tokio::test]
async fn a_handshake_has_a_time_limit() {
    let tls = ServerTls::new(Authority::new().identity("localhost"));
    let server = Server::new().add(Who).tls(tls).handshake_timeout(Duration::from_millis(100));
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    tokio::spawn(server.serve_with_shutdown(std::future::pending()));
    // A record of TLS 1.0 and newer, whose 200 bytes do not come.
    for beginning in [&[][..], &[22], &[22, 3, 1, 0, 200, 1, 0, 0, 196]] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(beginning).await.unwrap();
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(15), client.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "the connection stays open after {beginning:?}");
    }
}
