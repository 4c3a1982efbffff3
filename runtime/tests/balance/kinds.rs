//! The same for every protocol, both versions of HTTP, and with TLS.

#[path = "../support/authority.rs"]
mod authority;

use std::collections::BTreeMap;

use rsvc::client::{Balance, Endpoint, HttpVersion, OutlierEjection, Protocol};
use rsvc::tls::{ClientTls, ServerTls};
use rsvc::{Channel, Server};

use self::authority::Authority;
use crate::setup::{named, shares, three, until, who};

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
