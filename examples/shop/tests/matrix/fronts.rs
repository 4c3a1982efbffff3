//! The ways to a shop: its own server, a gateway in front of it, and as a part of a server of axum.

use std::net::SocketAddr;

use rsvc::{Channel, Server, rest};
use shop::api::{
    ChatServiceClient, ChatServiceServer, OrderServiceClient, OrderServiceServer, UploadServiceClient,
    UploadServiceServer, UserServiceClient, UserServiceServer,
};
use shop::{Options, Running};
use tokio::net::TcpListener;

use crate::tokens::{AUDIENCE, Issuer, NAME};

/// The gateway's own.
#[path = "../../../gateway/src/pass.rs"]
mod pass;

const STAFF: &str = "the token of the staff";

pub(crate) struct Fronts {
    shop: Running,
    addresses: [(&'static str, SocketAddr); 3],
}

fn options(issuer: &Issuer) -> Options {
    let issuer = shop::Issuer {
        jwks: issuer.url.clone(),
        name: NAME.to_owned(),
        audience: AUDIENCE.to_owned(),
        refresh: None,
    };
    Options { token: Some(STAFF.to_owned()), issuer: Some(issuer), ..Options::default() }
}

pub(crate) async fn start(issuer: &Issuer) -> Fronts {
    let shop = shop::start(options(issuer)).await.unwrap();
    let direct = shop.url().strip_prefix("http://").unwrap().parse().unwrap();

    let channel = Channel::connect(shop.url()).await.unwrap();
    let gateway = Server::new()
        .add(UserServiceServer::new(UserServiceClient::new(channel.clone())))
        .add(OrderServiceServer::new(OrderServiceClient::new(channel.clone())))
        .add(UploadServiceServer::new(UploadServiceClient::new(channel.clone())))
        .add(ChatServiceServer::new(ChatServiceClient::new(channel)))
        .authenticator(pass::PassOn)
        .require_access()
        .rest(rest::Options::new().accept_compressed(true))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let through = gateway.local_addr();
    tokio::spawn(gateway.serve());

    let mounted = shop::mount(options(issuer)).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let place = mounted.place;
        axum::serve(listener, axum::Router::from(mounted.service)).await.unwrap();
        drop(place);
    });
    Fronts { shop, addresses: [("shop", direct), ("gateway", through), ("axum", inside)] }
}

impl Fronts {
    pub(crate) fn addresses(&self) -> [(&'static str, SocketAddr); 3] {
        self.addresses
    }

    #[allow(clippy::unused_self, reason = "it is the token of these")]
    pub(crate) fn staff_token(&self) -> &'static str {
        STAFF
    }

    pub(crate) async fn stop(self) {
        self.shop.stop().await.unwrap();
    }
}
