//! The same for every protocol, both versions of HTTP, and with TLS.

#[path = "../support/authority.rs"]
mod authority;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use rsvc::client::{Balance, Endpoint, EndpointState, HttpVersion, OutlierEjection, Protocol, RestChannel};
use rsvc::codegen::rest::{Binding, BodyKind};
use rsvc::codegen::rest_client::{self, Target};
use rsvc::tls::{ClientTls, ServerTls};
use rsvc::{Channel, Context, Server, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use self::authority::Authority;
use crate::setup::{LONG, Text, WHO, named, nobody, shares, three, until, who};

#[tokio::test]
async fn every_protocol_is_spread_and_survives() {
    for (protocol, version) in [
        (Protocol::Grpc, HttpVersion::Http2),
        (Protocol::GrpcWeb, HttpVersion::Http1),
        (Protocol::GrpcWeb, HttpVersion::Http2),
        (Protocol::Connect, HttpVersion::Http1),
        (Protocol::Connect, HttpVersion::Http2),
    ] {
        let [mut a, b, c] = three().await;
        let channel = Channel::builder("http://shop.test")
            .protocol(protocol)
            .http_version(version)
            .endpoints([a.addr, b.addr, c.addr])
            .balance(Balance::round_robin().health_check("demo.Who").outlier_ejection(OutlierEjection::new()))
            .connect()
            .await
            .unwrap();
        let what = format!("{protocol:?} over {version:?}");
        let all: BTreeMap<_, _> = ["a", "b", "c"].map(|name| (name.to_owned(), 2)).into();
        until(&format!("{what}: all answer"), async || shares(&channel, 6).await == all).await;
        b.health.set("demo.Who", false);
        until(&format!("{what}: one is not healthy"), async || shares(&channel, 6).await.len() == 2).await;
        a.kill();
        until(&format!("{what}: one is dead as well"), async || {
            let mut names = Vec::new();
            for _ in 0..4 {
                names.push(who(&channel).await.unwrap_or_default());
            }
            names == ["c"; 4]
        })
        .await;
    }
}

#[tokio::test]
async fn certificates_are_for_the_name_of_the_channel_or_of_the_endpoint() {
    let authority = Authority::new();
    let mut addresses = Vec::new();
    for (name, host) in [("a", "shop.test"), ("b", "shop.test"), ("c", "other.test")] {
        let server = Server::new().tls(ServerTls::new(authority.identity(host))).add(named(name));
        let server = server.bind("127.0.0.1:0").await.unwrap();
        addresses.push(server.local_addr());
        tokio::spawn(server.serve());
    }
    let [a, b, c] = addresses[..] else { unreachable!("there are three") };
    let builder = Channel::builder("https://shop.test").tls(ClientTls::new().ca(authority.pem()));
    let channel = builder
        .clone()
        .endpoints([a.into(), b.into(), Endpoint::from(c).authority("other.test")])
        .connect()
        .await
        .unwrap();
    until("all answer", async || shares(&channel, 6).await.len() == 3).await;
    let wrong = builder.endpoints([c]).connect().await;
    assert!(wrong.is_err(), "its certificate is for another name");
}

/// Answers each request of a connection with its name.
async fn answer(mut stream: TcpStream, name: &'static str) -> std::io::Result<()> {
    let mut request = Vec::new();
    loop {
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&buffer[..read]);
        // The body of a call is in braces.
        if request.ends_with(b"}") {
            request.clear();
            let body = format!("{{\"message\":\"{name}\"}}");
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).await?;
        }
    }
}

/// A REST server of another make. All of it ends with the set.
async fn rest_server(name: &'static str) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            connections.spawn(answer(stream, name));
        }
    });
    (addr, server)
}

static BINDINGS: [Binding; 1] = [Binding::new(0, "POST", "/v1/who").body(BodyKind::Whole)];

async fn rest_who(channel: &RestChannel) -> Result<String, Status> {
    let target = Target { info: &WHO, method: 0, bindings: &BINDINGS };
    let ctx = Context::new().with_timeout(LONG);
    let answer: Result<Text, Status> = rest_client::unary(channel, target, ctx, Text::default()).await;
    Ok(answer?.message)
}

#[tokio::test]
async fn rest_is_spread_and_survives() {
    let (a, mut server) = rest_server("a").await;
    let (b, _server) = rest_server("b").await;
    let channel = RestChannel::builder("http://shop.test").endpoints([a, nobody(), b]).build().unwrap();
    let answers = async |calls: usize| {
        let mut names = BTreeSet::new();
        for _ in 0..calls {
            names.insert(rest_who(&channel).await.expect("no call is lost"));
        }
        names
    };
    until("both answer", async || answers(6).await.len() == 2).await;
    server.shutdown().await;
    let is_lost = async || channel.endpoints()[0].state != EndpointState::Ready;
    until("it is known that one is dead", is_lost).await;
    until("one is left", async || answers(6).await == ["b".to_owned()].into()).await;
    assert_eq!(channel.endpoints().len(), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn sockets_are_endpoints() {
    let folder = tempfile::tempdir().unwrap();
    let mut endpoints = Vec::new();
    for name in ["a", "b"] {
        let path = folder.path().join(name);
        endpoints.push(format!("unix:{}", path.display()));
        tokio::spawn(async move { Server::new().add(named(name)).serve_unix(path).await });
    }
    let channel = Channel::builder("http://shop.test").endpoints(endpoints).connect_lazy().unwrap();
    until("both answer", async || who(&channel).await.is_ok() && shares(&channel, 4).await.len() == 2).await;
}
