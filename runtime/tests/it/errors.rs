//! Public errors: each says what went wrong in one line, and leaves what its source says to the source.

use std::error::Error;

use rsvc::client::Protocol;
use rsvc::{Authenticator, Channel, Code, Context, Principal, Server, Status};

use crate::demo::{Demo, DemoClient, text};
use crate::setup::{pair, serve};

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

/// `?` alone makes a status of an I/O error: `NOT_FOUND` with the system's text, if it is left to tonic.
#[tokio::test]
async fn what_the_system_says_stays_in_the_log() {
    let (server, _) = pair().await;
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let channel = Channel::builder(&*server.endpoint).protocol(protocol).connect_lazy().unwrap();
        let client = DemoClient::new(channel);
        let hidden = |status: Status| {
            assert_eq!(status.code(), Code::Internal, "{protocol:?}");
            assert!(!format!("{status:?}").contains("os error"), "{protocol:?}: {status:?}");
        };
        hidden(client.say(Context::new(), text("no such file")).await.unwrap_err());
        for request in ["no such file", "no such file at the end"] {
            let mut error = None;
            match client.count(Context::new(), text(request)).await {
                Err(status) => error = Some(status),
                Ok(mut stream) => {
                    while error.is_none() {
                        error = stream.message().await.err();
                    }
                }
            }
            hidden(error.unwrap());
        }
    }
}

/// Its keys are in a file that is not there.
struct Keyless;

impl Authenticator for Keyless {
    async fn authenticate(&self, _: &Context) -> Result<Option<Principal>, Status> {
        Ok(Some(Principal::new(std::fs::read_to_string("/there/is/no/such/file")?)))
    }
}

#[tokio::test]
async fn what_the_system_says_to_an_authenticator_stays_there() {
    let server = serve(|server| server.authenticator(Keyless)).await;
    let status = server.client().await.private(Context::new(), text("")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Internal, Code::Internal.description()));
}
