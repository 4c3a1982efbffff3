//! A server with several identities.

use rsvc::Server;
use rsvc::tls::{ClientTls, ServerTls};

use crate::authority::Authority;
use crate::{call, serve};

#[tokio::test]
async fn a_client_sees_the_identity_of_the_name_that_it_asks_for() {
    let (default, exact, wildcard) = (Authority::new(), Authority::new(), Authority::new());
    let tls = ServerTls::new(default.identity("localhost"))
        .identity_for(["API.shop.example", "shop.test"], {
            let (chain, key) = exact.issue(["api.shop.example", "shop.test"]);
            rsvc::tls::Identity::from_pem(chain, key)
        })
        .identity_for(["*.shop.example"], wildcard.identity("*.shop.example"));
    let endpoint = serve(tls).await;
    // Each has an authority of its own, so that a call only succeeds with the right one.
    for (name, authority) in [
        ("localhost", &default),
        ("api.shop.example", &exact),
        ("shop.test", &exact),
        ("www.shop.example", &wildcard),
    ] {
        let tls = ClientTls::new().ca(authority.pem()).server_name(name);
        assert_eq!(call(&endpoint, tls).await.as_deref(), Ok("0"), "{name}");
    }
    // A wildcard stands for one label, and nobody else's name has an identity.
    for name in ["a.b.shop.example", "shop.example", "elsewhere.example"] {
        call(&endpoint, ClientTls::new().ca(wildcard.pem()).server_name(name)).await.unwrap_err();
    }
}

/// A client that asks for no name, as it has an address only.
#[tokio::test]
async fn the_default_is_for_those_that_ask_for_none() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity("127.0.0.1"))
        .identity_for(["localhost"], Authority::new().identity("localhost"));
    let endpoint = serve(tls).await.replace("localhost", "127.0.0.1");
    assert_eq!(call(&endpoint, ClientTls::new().ca(authority.pem())).await.as_deref(), Ok("0"));
}

#[tokio::test]
async fn a_certificate_must_be_for_its_name() {
    let authority = Authority::new();
    let tls = ServerTls::new(authority.identity("localhost"));
    let refused = async |tls: ServerTls| {
        let error = Server::new().tls(tls).bind("127.0.0.1:0").await.unwrap_err();
        std::error::Error::source(&error).unwrap().to_string()
    };
    let wrong = tls.clone().identity_for(["shop.example"], authority.identity("shop.test"));
    let error = refused(wrong).await;
    assert!(error.starts_with("TLS identity: `shop.example`: "), "{error}");
    let wrong = tls.clone().identity_for(["*.shop.example"], authority.identity("api.shop.example"));
    let error = refused(wrong).await;
    assert!(error.starts_with("TLS identity: `*.shop.example`: "), "{error}");
    let twice = tls
        .identity_for(["shop.test"], authority.identity("shop.test"))
        .identity_for(["Shop.Test"], authority.identity("shop.test"));
    assert_eq!(refused(twice).await, "TLS identity: two are for `shop.test`");
}
