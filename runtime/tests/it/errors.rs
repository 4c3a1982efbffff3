//! Public errors: each says what went wrong in one line, and leaves what its source says to the source.

use std::error::Error;

use rsvc::{Channel, Server};

/// A chain of errors none of which repeats what the next one says.
fn assert_no_repetition(error: &dyn Error) {
    let source = error.source().expect("it has a source");
    let mut chain = Some(source);
    while let Some(cause) = chain {
        let (text, cause_text) = (error.to_string(), cause.to_string());
        assert!(!text.contains(&cause_text), "`{text}` repeats its source `{cause_text}`");
        chain = cause.source();
    }
}

#[tokio::test]
async fn a_server_does_not_repeat_its_source() {
    let taken = Server::new().bind("127.0.0.1:0").await.unwrap();
    let in_use = Server::new().bind(taken.local_addr()).await.unwrap_err();
    assert!(in_use.is_bind() && !in_use.is_invalid_descriptors());
    assert_no_repetition(&in_use);

    let descriptors = Server::new().descriptor_set(b"\x0A\x00").bind("127.0.0.1:0").await.unwrap_err();
    assert!(descriptors.is_invalid_descriptors() && descriptors.names().is_empty());
    assert_no_repetition(&descriptors);

    let tls = rsvc::tls::ServerTls::new(rsvc::tls::Identity::from_pem("", ""));
    let tls = Server::new().tls(tls).bind("127.0.0.1:0").await.unwrap_err();
    assert!(tls.is_invalid_tls());
    assert_no_repetition(&tls);
}

#[tokio::test]
async fn a_channel_does_not_repeat_its_source() {
    let no_uri = Channel::connect("http://[").await.unwrap_err();
    assert!(no_uri.is_invalid_endpoint());
    assert_no_repetition(&no_uri);

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let unreachable = Channel::connect(closed).await.unwrap_err();
    assert!(!unreachable.is_invalid_endpoint());
    assert_no_repetition(&unreachable);

    let tls = rsvc::tls::ClientTls::new().ca("no certificate");
    let tls = Channel::builder("https://127.0.0.1:1").tls(tls).connect().await.unwrap_err();
    assert!(tls.is_invalid_endpoint());
    assert_no_repetition(&tls);
}
