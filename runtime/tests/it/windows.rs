//! What both ends say of the windows and frames of HTTP/2, read from what they send first.

use rsvc::{Channel, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// A PING frame.
fn ping(content: u8) -> Vec<u8> {
    [&[0, 0, 8, 6, 0, 0, 0, 0, 0][..], &[content; 8]].concat()
}

/// What an end says when it begins.
#[derive(Debug, PartialEq)]
struct Said {
    stream_window: Option<u32>,
    connection_window: u32,
    frame: Option<u32>,
}

/// Reads frames until nothing more is said of windows.
async fn read(stream: &mut TcpStream) -> Said {
    let mut said = Said { stream_window: None, connection_window: 65_535, frame: None };
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; usize::try_from(number(&[0, head[0], head[1], head[2]])).unwrap()];
        stream.read_exact(&mut payload).await.unwrap();
        match (head[3], head[4]) {
            (4, 0) => {
                for setting in payload.chunks_exact(6) {
                    match setting[1] {
                        4 => said.stream_window = Some(number(&setting[2..])),
                        5 => said.frame = Some(number(&setting[2..])),
                        _ => {}
                    }
                }
            }
            (8, _) => said.connection_window += number(&payload),
            // The answer to the second PING: it has read all before, and has said what it had to say.
            (6, 1) if payload == [2; 8] => return said,
            (6, 1) => stream.write_all(&ping(2)).await.unwrap(),
            _ => {}
        }
    }
}

async fn of_server(change: impl FnOnce(Server) -> Server) -> Said {
    let server = change(Server::new()).bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(server.serve_with_shutdown(std::future::pending()));
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(&[PREFACE, SETTINGS, &ping(1)].concat()).await.unwrap();
    read(&mut stream).await
}

async fn of_client(
    change: impl FnOnce(rsvc::client::Builder) -> rsvc::client::Builder + Send + 'static,
) -> Said {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let connecting = tokio::spawn(change(Channel::builder(endpoint)).connect());
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.read_exact(&mut [0; PREFACE.len()]).await.unwrap();
    stream.write_all(&[SETTINGS, &ping(1)].concat()).await.unwrap();
    let said = read(&mut stream).await;
    connecting.await.unwrap().unwrap();
    said
}

const fn said(stream_window: u32, connection_window: u32, frame: u32) -> Said {
    Said { stream_window: Some(stream_window), connection_window, frame: Some(frame) }
}

#[tokio::test]
async fn a_server_says_what_it_is_told() {
    assert_eq!(of_server(|server| server).await, said(1 << 20, 1 << 20, 16 << 10));
    let set = |server: Server| {
        server
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(8 << 20)
            .max_frame_size(64 << 10)
    };
    assert_eq!(of_server(set).await, said(4 << 20, 8 << 20, 64 << 10));
    // It begins with what HTTP/2 begins with.
    assert_eq!(
        of_server(move |server| set(server).adaptive_window(true)).await,
        said(65_535, 65_535, 64 << 10)
    );
}

#[tokio::test]
async fn a_client_says_what_it_is_told() {
    assert_eq!(of_client(|builder| builder).await, said(2 << 20, 5 << 20, 16 << 10));
    let set = |builder: rsvc::client::Builder| {
        builder
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(8 << 20)
            .max_frame_size(64 << 10)
    };
    assert_eq!(of_client(set).await, said(4 << 20, 8 << 20, 64 << 10));
    assert_eq!(
        of_client(move |builder| set(builder).adaptive_window(true)).await,
        said(65_535, 65_535, 64 << 10)
    );
}

/// h2 would panic, or nothing could be sent.
#[tokio::test]
async fn what_http2_does_not_allow_is_brought_within_its_bounds() {
    let least = |server: Server| {
        server.initial_stream_window_size(0).initial_connection_window_size(0).max_frame_size(0)
    };
    assert_eq!(of_server(least).await, said(1 << 10, 65_535, 16 << 10));
    let most = |server: Server| {
        let server = server.initial_stream_window_size(u32::MAX).initial_connection_window_size(u32::MAX);
        server.max_frame_size(u32::MAX)
    };
    let largest = (1 << 31) - 1;
    assert_eq!(of_server(most).await, said(largest, largest, (16 << 20) - 1));
}
