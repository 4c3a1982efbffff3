//! The generated REST client before servers that misbehave: a call ends in time, with the code that tells what happened.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goldens::rest_client::client::v1::{GetNoteRequest, Note, Notes, NotesRestClient};
use rsvc::client::RestChannel;
use rsvc::error::is_retryable;
use rsvc::{Code, Context, RequestStream, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Longer than anything in these tests takes.
const LONG: Duration = Duration::from_secs(20);
/// What `Again` sends at most, and what a client may take of something that it refuses.
const MOST: usize = 64 << 20;
const A_LITTLE: usize = 32 << 20;

/// What a server does once it has said what it has to say.
#[derive(Clone)]
enum Then {
    Close,
    Stay,
    /// The same again and again.
    Again(&'static [u8]),
}

/// A server that says the same to every request, and how much it has said of what comes again and again.
async fn server(said: Vec<u8>, then: Then) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((mut io, _)) = listener.accept().await {
            let (said, then, counter) = (said.clone(), then.clone(), Arc::clone(&counter));
            tokio::spawn(async move {
                // The client may go whenever it wants to.
                let _ = answer(&mut io, &said, then, &counter).await;
            });
        }
    });
    (address, sent)
}

async fn answer(io: &mut TcpStream, said: &[u8], then: Then, sent: &AtomicUsize) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if io.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    io.write_all(said).await?;
    match then {
        Then::Close => io.shutdown().await?,
        Then::Stay => {}
        Then::Again(bytes) => {
            for _ in 0..MOST / bytes.len() {
                io.write_all(bytes).await?;
                sent.fetch_add(bytes.len(), Ordering::Relaxed);
            }
        }
    }
    // What the client still sends is read, so that nothing resets what was said.
    while io.read(&mut [0; 4096]).await? > 0 {}
    Ok(())
}

/// How calls of each kind end.
async fn outcomes(address: SocketAddr, ctx: impl Fn() -> Context) -> [Status; 3] {
    let channel = RestChannel::builder(format!("http://{address}")).max_response_size(1000).build().unwrap();
    let client = NotesRestClient::new(channel);
    let named = || GetNoteRequest { name: "folders/a/notes/b".into(), ..GetNoteRequest::default() };
    let ended = async {
        let one = client.get_note(ctx(), named()).await.map(drop);
        let many = client.import_notes(ctx(), RequestStream::from_iter([Note::default()])).await.map(drop);
        let stream = async {
            let mut notes = client.watch_notes(ctx(), named()).await?;
            while notes.message().await?.is_some() {}
            Ok(())
        };
        [one, many, stream.await].map(|outcome| outcome.expect_err("no call can succeed"))
    };
    timeout(LONG, ended).await.expect("a call ends, whatever the server does")
}

fn all_are(statuses: &[Status], expected: Code, name: &str) {
    for status in statuses {
        assert_eq!(status.code(), expected, "{name}: {status:?}");
        assert_eq!(is_retryable(status), expected == Code::Unavailable, "{name}: {status:?}");
    }
}

#[tokio::test]
async fn the_page_of_a_proxy_has_the_code_of_its_http_status() {
    for (http, expected) in [
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::NotFound),
        (429, Code::ResourceExhausted),
        (500, Code::Internal),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::DeadlineExceeded),
    ] {
        for (media_type, page) in
            [("text/html", "<html>no</html>"), ("application/json", "{\"a\":1}"), ("a/b", "\0\u{fffd}")]
        {
            let length = page.len();
            let said = format!(
                "HTTP/1.1 {http} No\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{page}"
            );
            let (address, _) = server(said.into(), Then::Close).await;
            all_are(&outcomes(address, Context::new).await, expected, &format!("{http} {media_type}"));
        }
    }
}

#[tokio::test]
async fn a_page_without_end_is_the_same_error() {
    let head = "HTTP/1.1 503 No\r\ncontent-type: text/html\r\n";
    let (long, open) = ("content-length: 4294967296\r\n\r\n<html>", "\r\n<html>");
    for (rest, then, expected) in [
        (long, Then::Again(&[b'a'; 1000]), Code::Unavailable),
        (open, Then::Again(&[b'a'; 1000]), Code::Unavailable),
        (long, Then::Stay, Code::Unavailable),
        // What would still come nobody knows.
        (open, Then::Stay, Code::DeadlineExceeded),
    ] {
        let (address, sent) = server(format!("{head}{rest}").into(), then).await;
        let ctx = || Context::new().with_timeout(Duration::from_secs(2));
        all_are(&outcomes(address, ctx).await, expected, rest);
        assert!(sent.load(Ordering::Relaxed) < A_LITTLE, "{rest}");
    }
}

#[tokio::test]
async fn a_server_that_goes_away() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    for said in [
        String::new(),
        "HTTP/1.1 200 OK\r\ncont".into(),
        format!("{head}content-length: 99\r\n\r\n"),
        format!("{head}content-length: 99\r\n\r\n{{\"name\":"),
        format!("{head}transfer-encoding: chunked\r\n\r\n5\r\n[{{\"na\r\n"),
    ] {
        let (address, _) = server(said.clone().into(), Then::Close).await;
        all_are(&outcomes(address, Context::new).await, Code::Unavailable, &said);
    }
}

#[tokio::test]
async fn too_much_is_exhausted_before_it_has_come() {
    let large = [&b"{\"text\":\""[..], &[b'a'; 2000]].concat();
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let length = b"content-length: 4294967296\r\n\r\n";
    for said in [[head, &length[..], &large].concat(), [head, &b"\r\n"[..], &large].concat()] {
        let (address, sent) = server(said, Then::Again(&[b'a'; 1000])).await;
        let [one, many, _] = outcomes(address, || Context::new().with_timeout(Duration::from_secs(3))).await;
        all_are(&[one, many], Code::ResourceExhausted, "a response without end");
        assert!(sent.load(Ordering::Relaxed) < A_LITTLE);
    }
}

#[tokio::test]
async fn silence_ends_with_the_deadline() {
    let ctx = || Context::new().with_timeout(Duration::from_millis(100));
    for said in [
        "",
        "HTTP/1.1 200 OK\r\nx-a",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n[",
    ] {
        let (address, _) = server(said.into(), Then::Stay).await;
        all_are(&outcomes(address, ctx).await, Code::DeadlineExceeded, said);
    }
    let (address, _) = server(Vec::new(), Then::Again(b"HTTP/1.1 103 Hints\r\n\r\n")).await;
    all_are(&outcomes(address, ctx).await, Code::DeadlineExceeded, "interim responses");
}

#[tokio::test]
async fn heads_without_end_are_refused() {
    for (said, again) in [
        ("HTTP/1.1 200 OK\r\n", &b"x-a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n"[..]),
        ("HTTP/1.1 200 OK\r\nx-a: ", &[b'a'; 1000]),
    ] {
        let (address, sent) = server(said.into(), Then::Again(again)).await;
        for status in outcomes(address, || Context::new().with_timeout(Duration::from_secs(10))).await {
            let expected = [Code::Unavailable, Code::ResourceExhausted, Code::Internal];
            assert!(expected.contains(&status.code()), "{status:?}");
        }
        assert!(sent.load(Ordering::Relaxed) < 3 * A_LITTLE);
    }
}
