//! Configurations of rustls that a user has made.

use std::error::Error as _;
use std::sync::Arc;

use rsvc::tls::rustls::pki_types::pem::PemObject as _;
use rsvc::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rsvc::tls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};
use rsvc::tls::{ClientTls, ServerTls};
use rsvc::{Channel, Server};

use crate::authority::Authority;
use crate::{call, serve};

fn server_config(authority: &Authority) -> ServerConfig {
    let (chain, key) = authority.issue(["localhost"]);
    let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

fn client_config(authority: &Authority) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[tokio::test]
async fn they_serve_and_call() {
    let authority = Authority::new();
    let endpoint = serve(ServerTls::from_config(server_config(&authority))).await;
    let config = client_config(&authority);
    assert_eq!(call(&endpoint, ClientTls::from_config(config.clone())).await.as_deref(), Ok("0"));
    call(&endpoint, ClientTls::from_config(client_config(&Authority::new()))).await.unwrap_err();

    // It may name protocols itself.
    let offering = |protocols: &[&str]| {
        let mut config = config.clone();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        ClientTls::from_config(config)
    };
    assert_eq!(call(&endpoint, offering(&["http/1.1", "h2"])).await.as_deref(), Ok("0"));
    let refused = Channel::builder(&endpoint).tls(offering(&["http/1.1"])).connect_lazy().unwrap_err();
    assert_eq!(refused.source().unwrap().to_string(), "TLS protocols: `h2` is not among them");
}

#[tokio::test]
async fn what_they_already_say_is_not_said_again() {
    let authority = Authority::new();
    let refused = async |tls: ServerTls| {
        let error = Server::new().tls(tls).bind("127.0.0.1:0").await.unwrap_err();
        error.source().unwrap().to_string()
    };
    let mut config = server_config(&authority);
    let both = ServerTls::from_config(config.clone()).client_ca(authority.pem());
    assert_eq!(
        refused(both).await,
        "TLS settings: identities and authorities are those of the configuration"
    );
    config.alpn_protocols = vec![b"imap".to_vec()];
    assert_eq!(
        refused(ServerTls::from_config(config)).await,
        "TLS protocols: neither `h2` nor `http/1.1` is among them"
    );
    let both = ClientTls::from_config(client_config(&authority)).identity(authority.identity("client"));
    let error = Channel::builder("https://localhost").tls(both).connect_lazy().unwrap_err();
    assert_eq!(
        error.source().unwrap().to_string(),
        "TLS settings: identity and authorities are those of the configuration"
    );
}
