//! A listener before a server that passes all bytes on as they are, and reads along.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::http1::Direction;
use super::recorder::{Recorder, Store};

/// Listens until it is dropped.
pub(crate) struct Tap {
    pub(crate) address: SocketAddr,
    pub(crate) store: Store,
    task: JoinHandle<()>,
}

impl Tap {
    /// Listens for connections to `server`.
    pub(crate) async fn start(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let store = Store::default();
        let of_connections = store.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let recorder = Recorder::new(of_connections.clone());
                connections.spawn(connection(client, server, recorder));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, store, task })
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes on both directions until both have ended.
async fn connection(client: TcpStream, server: SocketAddr, recorder: Recorder) -> std::io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let recorder = Arc::new(Mutex::new(recorder));
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    // An error of either side is the end of both: the sockets are closed when this returns.
    tokio::try_join!(
        pass(client_in, server_out, Direction::Requests, &recorder),
        pass(server_in, client_out, Direction::Responses, &recorder),
    )
    .inspect_err(|_| {
        let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.end(Direction::Requests);
        recorder.end(Direction::Responses);
    })?;
    Ok(())
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    recorder: &Mutex<Recorder>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        // Noted before it is passed on: who has received something finds it noted.
        note(recorder, direction, &buffer[..count]);
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
    }
}

fn note(recorder: &Mutex<Recorder>, direction: Direction, bytes: &[u8]) {
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    if bytes.is_empty() {
        recorder.end(direction);
    } else {
        recorder.feed(direction, bytes);
    }
}
