//! A relay between a client and a server that reads along what the server sends, since no client tells whether a
//! response was compressed.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use peers::compression::{Envelopes, Flags};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The head of a frame of HTTP/2.
const HEAD: usize = 9;
const DATA: u8 = 0;
const PADDED: u8 = 8;

/// A relay for one connection of HTTP/2, until it is dropped.
pub(crate) struct Tap {
    addr: SocketAddr,
    flags: Flags,
    relay: JoinHandle<io::Result<()>>,
}

impl Tap {
    /// Begins to listen in front of a server.
    pub(crate) async fn open(server: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (addr, flags) = (listener.local_addr()?, Flags::default());
        let relay = relay(listener, server.to_owned(), flags.clone());
        Ok(Self { addr, flags, relay: tokio::spawn(relay) })
    }

    /// Where to connect to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// For each message that the server has sent, whether it was compressed.
    pub(crate) fn flags(&self) -> Vec<bool> {
        self.flags.all()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn relay(listener: TcpListener, server: String, flags: Flags) -> io::Result<()> {
    let (client, _) = listener.accept().await?;
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
    tokio::try_join!(copy(&mut from_client, &mut to_server), answers(from_server, to_client, &flags))?;
    Ok(())
}

/// Reads, notes, and only then passes on, so that who has a message finds its flag.
async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, flags: &Flags) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let size = from.read(&mut buffer).await?;
        if size == 0 {
            return to.shutdown().await;
        }
        frames.read(&buffer[..size], flags);
        to.write_all(&buffer[..size]).await?;
    }
}

/// The frames of a connection of HTTP/2, and the bodies in them.
#[derive(Default)]
struct Frames {
    buffer: Vec<u8>,
    bodies: HashMap<[u8; 4], Envelopes>,
}

impl Frames {
    fn read(&mut self, bytes: &[u8], flags: &Flags) {
        self.buffer.extend_from_slice(bytes);
        let mut rest = &*self.buffer;
        while let [a, b, c, kind, frame_flags, stream @ ..] = rest
            && let size = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)
            && let Some(content) = rest.get(HEAD..HEAD + size)
            && let Some(stream) = stream.first_chunk::<4>()
        {
            if *kind == DATA {
                self.bodies.entry(*stream).or_default().read(data(content, frame_flags & PADDED != 0), flags);
            }
            rest = &rest[HEAD + size..];
        }
        self.buffer = rest.to_vec();
    }
}

/// What a DATA frame carries, without its padding.
fn data(content: &[u8], padded: bool) -> &[u8] {
    match content {
        [padding, rest @ ..] if padded => &rest[..rest.len().saturating_sub(usize::from(*padding))],
        _ => content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_frames_in_any_pieces() {
        let frame = |kind: u8, flags: u8, stream: u8, content: &[u8]| {
            let size = u8::try_from(content.len()).unwrap();
            [&[0, 0, size, kind, flags, 0, 0, 0, stream], content].concat()
        };
        let sent = [
            frame(4, 0, 0, b"settings"),
            frame(DATA, 0, 1, b"\x01\x00\x00"),
            frame(DATA, 0, 3, b"\x00\x00\x00\x00\x01x"),
            frame(DATA, PADDED, 1, b"\x02\x00\x02abpp"),
            frame(1, 4, 1, b"trailers"),
        ]
        .concat();
        for size in 1..=sent.len() {
            let (mut frames, flags) = (Frames::default(), Flags::default());
            for piece in sent.chunks(size) {
                frames.read(piece, &flags);
            }
            assert_eq!(flags.all(), [false, true], "pieces of {size}");
            assert!(frames.buffer.is_empty());
        }
    }
}
