//! Servers without any HTTP library: they write the bytes that a test gives them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::BodyExt as _;
use rsvc::Channel;
use rsvc::client::{HttpVersion, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::setup::{Answer, Handler, serve};

/// What a server says to a call, by the number of its stream, and what it does then.
pub(crate) type Script = Arc<dyn Fn(u32) -> (Vec<u8>, After) + Send + Sync>;

#[derive(Clone)]
pub(crate) enum After {
    /// The connection ends.
    Close,
    /// It stays open, and nothing comes.
    Stay,
    /// The same bytes again and again, with a pause in milliseconds, until the client has gone or has had enough.
    Repeat(Vec<u8>, u64),
    /// As `Repeat` without a pause, and counts.
    Count(Vec<u8>, Arc<AtomicUsize>),
}

/// What `Repeat` sends at most.
const MOST: usize = 64 << 20;
const PREFACE: usize = 24;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;

/// What a server waits for before it speaks.
#[derive(Clone, Copy)]
enum Until {
    Connected,
    Http1Request,
    Http2Request,
}

/// A server that waits for the head of a request.
pub(crate) async fn http1(script: Script) -> SocketAddr {
    start(Until::Http1Request, script).await
}

/// A server that waits for a request over HTTP/2, and has sent its settings before.
pub(crate) async fn http2(script: Script) -> SocketAddr {
    start(Until::Http2Request, script).await
}

/// A server that speaks at once.
pub(crate) async fn blunt(script: Script) -> SocketAddr {
    start(Until::Connected, script).await
}

async fn start(until: Until, script: Script) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut io, _)) = listener.accept().await {
            let script = Arc::clone(&script);
            tokio::spawn(async move {
                // The client may go whenever it wants to.
                let _ = speak(&mut io, until, &script).await;
            });
        }
    });
    address
}

/// Answers each request of a connection.
async fn speak(io: &mut TcpStream, until: Until, script: &Script) -> std::io::Result<()> {
    if matches!(until, Until::Http2Request) {
        io.write_all(&[frame(SETTINGS, 0, 0, &[]), frame(SETTINGS, 1, 0, &[])].concat()).await?;
    }
    let (mut received, mut last) = (Vec::new(), 0);
    loop {
        let found = match until {
            Until::Connected => Some(0),
            Until::Http1Request => received.windows(4).any(|end| end == b"\r\n\r\n").then_some(0),
            Until::Http2Request => request_after(last, &received),
        };
        if let Some(stream) = found {
            let (said, after) = script(stream);
            io.write_all(&said).await?;
            if !matches!((until, &after), (Until::Http2Request, After::Stay)) {
                return go_on(io, after).await;
            }
            last = stream;
        } else if io.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
}

async fn go_on(io: &mut TcpStream, after: After) -> std::io::Result<()> {
    match after {
        After::Close => {
            io.shutdown().await?;
            // What the client still sends is read, so that nothing resets what was said.
            while io.read(&mut [0; 4096]).await? > 0 {}
        }
        After::Stay => while io.read(&mut [0; 4096]).await? > 0 {},
        After::Repeat(bytes, pause) => {
            for _ in 0..MOST / bytes.len() {
                io.write_all(&bytes).await?;
                if pause > 0 {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
            }
        }
        After::Count(bytes, sent) => {
            for _ in 0..MOST / bytes.len() {
                io.write_all(&bytes).await?;
                sent.fetch_add(bytes.len(), Ordering::Relaxed);
            }
        }
    }
    Ok(())
}

/// A script whose repeated bytes are counted, and the count.
pub(crate) fn counted(script: Script) -> (Script, impl Fn() -> usize) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let script: Script = Arc::new(move |stream| match script(stream) {
        (said, After::Repeat(bytes, _)) => (said, After::Count(bytes, Arc::clone(&counter))),
        other => other,
    });
    (script, move || sent.load(Ordering::Relaxed))
}

/// The stream of the next request among the frames that have come.
fn request_after(last: u32, received: &[u8]) -> Option<u32> {
    let mut rest = received.get(PREFACE..)?;
    while let Some((head, content)) = rest.split_at_checked(9) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if head[3] == HEADERS && stream > last {
            return Some(stream);
        }
        rest = content.get(length..)?;
    }
    None
}

/// A frame of HTTP/2.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// The frame with the head of a response.
pub(crate) fn head_block(stream: u32, block: &[u8], ends: bool) -> Vec<u8> {
    frame(HEADERS, if ends { 5 } else { 4 }, stream, block)
}

/// A header as HPACK has it without its table and without compression.
pub(crate) fn literal(name: &str, value: &[u8]) -> Vec<u8> {
    [&[0][..], &length(name.len()), name.as_bytes(), &length(value.len()), value].concat()
}

/// An integer with a prefix of seven bits.
fn length(mut value: usize) -> Vec<u8> {
    if value < 127 {
        return vec![u8::try_from(value).unwrap()];
    }
    value -= 127;
    let mut out = vec![127];
    while value > 127 {
        out.push(u8::try_from(value & 127 | 128).unwrap());
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}

/// A channel whose first connection ends in the middle of a call, and whose later ones are good.
pub(crate) async fn second_is_good(protocol: Protocol, answer: Answer) -> Channel {
    let handler: Handler = Arc::new(move |_, body| {
        let answer = answer.clone();
        Box::pin(async {
            let _ = body.collect().await;
            answer
        })
    });
    let good = serve(HttpVersion::Http2, handler).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        let _ = first.write_all(&frame(SETTINGS, 0, 0, &[])).await;
        let mut received = Vec::new();
        while request_after(0, &received).is_none() {
            if first.read_buf(&mut received).await.unwrap() == 0 {
                break;
            }
        }
        drop(first);
        while let Ok((mut io, _)) = listener.accept().await {
            let mut there = TcpStream::connect(good).await.unwrap();
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut io, &mut there).await;
            });
        }
    });
    let builder = Channel::builder(format!("http://{address}")).protocol(protocol);
    builder.http_version(HttpVersion::Http2).connect_lazy().unwrap()
}
