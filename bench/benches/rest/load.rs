//! The load generator: so many requests over so many connections, each of which waits for its answer.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An HTTP/1.1 connection.
pub struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(8 * 1024) })
    }

    /// Sends a request and returns the body of the answer, which has to be 200 and of a length that its head tells.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        self.answer.clear();
        self.stream.write_all(request).await?;
        let mut body = None;
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::Error::other("the server closed the connection"));
            }
            if body.is_none() {
                body = head(&self.answer)?;
            }
            if let Some((start, length)) = body
                && self.answer.len() >= start + length
            {
                return Ok(&self.answer[start..start + length]);
            }
        }
    }
}

/// Where the body starts and how long it is, once the head is there.
fn head(answer: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end]).map_err(io::Error::other)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    match length {
        Some(length) if head.starts_with("HTTP/1.1 200 ") => Ok(Some((end + 4, length))),
        _ => Err(io::Error::other(format!(
            "not the answer that was expected: {}",
            String::from_utf8_lossy(answer)
        ))),
    }
}

/// Sends `count` requests one after the other over one connection.
pub async fn send(address: SocketAddr, requests: &[Vec<u8>], count: usize) -> io::Result<()> {
    let mut connection = Connection::open(address).await?;
    for request in requests.iter().cycle().take(count) {
        connection.exchange(request).await?;
    }
    Ok(())
}

/// The time that `count` requests take over the connections together.
pub async fn time(connections: &mut [Connection], requests: &[Vec<u8>], count: u32) -> io::Result<Duration> {
    let share = count as usize / connections.len();
    let start = Instant::now();
    try_join_all(connections.iter_mut().enumerate().map(|(n, connection)| async move {
        // Each starts somewhere else, so that together they are everywhere all the time.
        for request in requests.iter().cycle().skip(n * 11).take(share) {
            connection.exchange(request).await?;
        }
        Ok::<_, io::Error>(())
    }))
    .await?;
    Ok(start.elapsed())
}
