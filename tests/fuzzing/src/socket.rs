//! Bytes on a connection to a whole server: HTTP/1.1, and what follows an upgrade to WebSocket.

use std::cell::RefCell;
use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::service::{runtime, server};

/// More than an answer has.
const PIPE: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(20);
const HANDSHAKE: &str = "GET /v1/bidi HTTP/1.1\r\nhost: fuzz\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

struct World {
    runtime: Runtime,
    connections: mpsc::UnboundedSender<DuplexStream>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

impl World {
    fn new() -> Self {
        let runtime = runtime();
        let (connections, waiting) = mpsc::unbounded_channel();
        let incoming = stream::unfold(waiting, |mut waiting| async {
            let connection = waiting.recv().await?;
            Some((Ok::<_, Infallible>(connection), waiting))
        });
        runtime.spawn(server().serve_with_incoming(Box::pin(incoming), std::future::pending()));
        Self { runtime, connections }
    }
}

/// What comes back for what is sent, until the server closes. What is sent waits for the answer to `handshake`.
fn exchange(handshake: &str, data: &[u8]) -> Vec<u8> {
    WORLD.with_borrow_mut(|World { runtime, connections }| {
        runtime.block_on(async {
            let (mut client, server) = duplex(PIPE);
            connections.send(server).expect("the server runs");
            let mut back = Vec::new();
            let talk = async {
                // It may have closed: what came back says why.
                let _ = client.write_all(handshake.as_bytes()).await;
                while !handshake.is_empty() && !back.ends_with(b"\r\n\r\n") {
                    back.push(client.read_u8().await.expect("the handshake has an answer"));
                }
                let _ = client.write_all(data).await;
                let _ = client.shutdown().await;
                let _ = client.read_to_end(&mut back).await;
            };
            tokio::time::timeout(PATIENCE, talk).await.expect("the connection ends with what is sent");
            back
        })
    })
}

/// A connection.
pub(crate) fn http1(data: &[u8]) {
    if data.starts_with(b"PRI") {
        return;
    }
    let back = exchange("", data);
    assert!(back.is_empty() || back.starts_with(b"HTTP/1."), "an answer that is none of HTTP");
}

/// What follows the handshake: frames.
pub(crate) fn websocket(data: &[u8]) {
    let back = exchange(HANDSHAKE, data);
    assert!(back.starts_with(b"HTTP/1.1 101"), "no WebSocket: {}", back.escape_ascii());
}
