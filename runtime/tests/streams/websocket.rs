//! Streams over WebSocket.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::Request;
use prost::Message as _;
use rsvc::prost;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::demo::Item;
use crate::setup::{LONG, Running, body, serve, serve_with};

struct Socket<S = TcpStream> {
    inner: WebSocketStream<S>,
    protocol: Option<String>,
}

/// Opens a WebSocket, or gives the status of the response that says why not.
async fn open(server: &Running, target: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
    let mut request = format!("ws://{}{target}", server.address).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    let stream = TcpStream::connect(&server.address).await.unwrap();
    match timeout(LONG, tokio_tungstenite::client_async(request, stream)).await.expect("a response") {
        Ok((inner, response)) => {
            let protocol = response.headers().get("sec-websocket-protocol");
            Ok(Socket { inner, protocol: protocol.map(|value| value.to_str().unwrap().to_owned()) })
        }
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Socket<S> {
    async fn send(&mut self, text: &str) {
        self.inner.send(Message::text(text)).await.unwrap();
    }

    /// The next message that is not a ping.
    async fn next(&mut self) -> Message {
        loop {
            match timeout(LONG, self.inner.next()).await.expect("a message").expect("no end").unwrap() {
                Message::Ping(_) => {}
                message => return message,
            }
        }
    }

    async fn json(&mut self) -> Value {
        serde_json::from_str(self.next().await.to_text().unwrap()).unwrap()
    }

    /// The code and the text of the close frame, which comes now.
    async fn closed(&mut self) -> (u16, String) {
        match self.next().await {
            Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("no close: {other:?}"),
        }
    }
}

#[tokio::test]
async fn both_sides_stream() {
    let mut server = serve().await;
    let mut socket = open(&server, "/v1/chat", &[]).await.unwrap();
    for id in ["1", "2"] {
        socket.send(&format!(r#"{{"id":"{id}"}}"#)).await;
        assert_eq!(socket.json().await, json!({"id": format!("re: {id}")}));
    }
    socket.send("").await;
    assert_eq!(socket.closed().await, (1000, String::new()));
    server.expect("over").await;
}

/// Runs a test in which the one thread for long work is not free until `release` is called.
fn with_a_busy_thread(test: impl AsyncFnOnce(std::sync::mpsc::Sender<()>)) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (release, busy) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || busy.recv());
        test(release).await;
    });
}

#[test]
fn others_are_served_while_a_large_message_is_read() {
    for binary in [false, true] {
        with_a_busy_thread(async |release| {
            let mut server = serve().await;
            let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
            let large = Item { count: 7, note: Some("x".repeat(100_000)), ..Item::default() };
            socket
                .inner
                .send(if binary {
                    Message::binary(large.encode_to_vec())
                } else {
                    Message::text(json!({"count": 7, "note": large.note}).to_string())
                })
                .await
                .unwrap();
            let mut other = open(&server, "/v1/chat", &[]).await.unwrap();
            for id in ["1", "2", "3"] {
                other.send(&format!(r#"{{"id":"{id}"}}"#)).await;
                assert_eq!(other.json().await, json!({"id": format!("re: {id}")}));
                assert_eq!(server.event().await, format!("got {id}"), "and nothing of the large message");
            }
            drop(release);
            assert_eq!(server.event().await, "got 7");
        });
    }
}

#[test]
fn others_are_served_while_a_large_response_is_written() {
    with_a_busy_thread(async |release| {
        let server = serve().await;
        let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
        let id = "x".repeat(50_000);
        for _ in 0..2 {
            socket.send(&format!(r#"{{"id":"{id}"}}"#)).await;
        }
        socket.send("").await;
        let mut other = open(&server, "/v1/chat", &[]).await.unwrap();
        for id in ["1", "2", "3"] {
            other.send(&format!(r#"{{"id":"{id}"}}"#)).await;
            assert_eq!(other.json().await, json!({"id": format!("re: {id}")}));
        }
        let early = timeout(Duration::from_millis(50), socket.inner.next()).await;
        assert!(early.is_err(), "it was written by the thread that serves: {early:?}");
        drop(release);
        assert_eq!(socket.json().await, json!({"tags": [id, id]}));
    });
}

#[test]
fn others_are_served_while_a_large_response_of_a_stream_is_written() {
    // So long that it is read at once, and the response, which is four bytes longer, is not written at once.
    let said = Item { id: "x".repeat((64 << 10) - 6), ..Item::default() };
    let heard = Item { id: format!("re: {}", said.id), ..Item::default() };
    with_a_busy_thread(async |release| {
        let server = serve().await;
        let protobuf = [("sec-websocket-protocol", "rsvc.protobuf")];
        let mut socket = open(&server, "/v1/chat", &protobuf).await.unwrap();
        let say = Message::binary(said.encode_to_vec());
        // Of a stream none is measured whose last one was small.
        socket.inner.send(say.clone()).await.unwrap();
        assert_eq!(Item::decode(socket.next().await.into_data()).unwrap(), heard);
        socket.inner.send(say).await.unwrap();
        let mut other = open(&server, "/v1/chat", &[]).await.unwrap();
        for id in ["1", "2", "3"] {
            other.send(&format!(r#"{{"id":"{id}"}}"#)).await;
            assert_eq!(other.json().await, json!({"id": format!("re: {id}")}));
        }
        let early = timeout(Duration::from_millis(50), socket.inner.next()).await;
        assert!(early.is_err(), "it was written by the thread that serves: {early:?}");
        drop(release);
        assert_eq!(Item::decode(socket.next().await.into_data()).unwrap(), heard);
    });
}

#[tokio::test]
async fn one_side_streams() {
    let server = serve().await;
    let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
    for _ in 0..3 {
        socket.send(r#"{"count":2}"#).await;
    }
    socket.send("").await;
    assert_eq!(socket.json().await, json!({"count": 6}));
    assert_eq!(socket.closed().await.0, 1000);

    // What the URL says needs no message; a method of which a body is wanted gets one.
    let mut socket = open(&server, "/v1/count/2", &[]).await.unwrap();
    assert_eq!(socket.json().await["id"], "item 0");
    assert_eq!(socket.json().await["id"], "item 1");
    assert_eq!(socket.closed().await.0, 1000);
    let mut socket = open(&server, "/v1/count", &[]).await.unwrap();
    socket.send(r#"{"count":1}"#).await;
    assert_eq!(socket.json().await["id"], "item 0");
    assert_eq!(socket.closed().await.0, 1000);
    let mut socket = open(&server, "/v1/count", &[]).await.unwrap();
    socket.send("").await;
    assert_eq!(socket.json().await["error"]["code"], 3);
    assert_eq!(socket.closed().await.0, 4003);

    let mut socket = open(&server, "/v1/sum/7", &[]).await.unwrap();
    socket.send(r#"{"id":"a"}"#).await;
    socket.send("").await;
    assert_eq!(socket.json().await, json!({"tags": ["7", "a"]}));
    let mut socket = open(&server, "/v1/children/1", &[]).await.unwrap();
    assert_eq!(socket.json().await, json!({"id": "child 0"}));
}

#[tokio::test]
async fn a_binary_frame_is_protobuf() {
    let server = serve().await;
    let mut socket =
        open(&server, "/v1/chat", &[("sec-websocket-protocol", "other, rsvc.protobuf")]).await.unwrap();
    assert_eq!(socket.protocol.as_deref(), Some("rsvc.protobuf"));
    let item = Item { id: "1".into(), ..Item::default() };
    socket.inner.send(Message::binary(item.encode_to_vec())).await.unwrap();
    let Message::Binary(answer) = socket.next().await else { panic!("no binary frame") };
    assert_eq!(Item::decode(answer).unwrap().id, "re: 1");
    // Who is answered in protobuf may send JSON, and the other way round.
    socket.send(r#"{"id":"fail"}"#).await;
    assert_eq!(socket.json().await, json!({"error": {"code": 10, "message": "as you said"}}));
    assert_eq!(socket.closed().await, (4010, "ABORTED: as you said".into()));
    let mut socket = open(&server, "/v1/chat", &[("sec-websocket-protocol", "rsvc.json")]).await.unwrap();
    assert_eq!(socket.protocol.as_deref(), Some("rsvc.json"));
    socket.inner.send(Message::binary(item.encode_to_vec())).await.unwrap();
    assert_eq!(socket.json().await, json!({"id": "re: 1"}));
    socket.inner.send(Message::binary(vec![8, 1])).await.unwrap();
    assert_eq!(socket.json().await["error"]["code"], 3);
}

#[tokio::test]
async fn a_message_that_is_none_ends_the_call() {
    let server = serve_with(|options| options.max_body_size(100), |server| server).await;
    let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
    socket.send("{}").await;
    socket.send(r#"{"count":"x"}"#).await;
    let message = r#"the body: "x" is not an int32 at `[1].count` (offset 9)"#;
    assert_eq!(socket.json().await["error"]["message"], message);
    assert_eq!(socket.closed().await, (4003, format!("INVALID_ARGUMENT: {message}")));
    let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
    socket.send(&"x".repeat(101)).await;
    assert_eq!(socket.json().await["error"]["code"], 8);
    assert_eq!(socket.closed().await.0, 4008);
}

#[tokio::test]
async fn an_error_body_of_the_users_is_the_last_message() {
    let write = |error: &rsvc::rest::ErrorResponse<'_>| {
        let (code, open) = (error.http_status().as_u16(), error.is_in_stream());
        Some(rsvc::rest::ErrorBody::json(format!("[{code},{open}]")))
    };
    let server = serve_with(|options| options.error_body(write), |server| server).await;
    let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
    socket.send("x").await;
    assert_eq!(socket.json().await["error"], serde_json::json!([400, true]));
    assert_eq!(socket.closed().await.0, 4003);
}

#[tokio::test]
async fn every_message_is_validated() {
    let server = serve().await;
    let forbidden = r#"{"id":"forbidden"}"#;
    for (target, before) in [("/v1/chat", 1), ("/v1/sum", 0), ("/v1/count", 0)] {
        let mut socket = open(&server, target, &[]).await.unwrap();
        for _ in 0..before {
            socket.send(r#"{"id":"fine"}"#).await;
            socket.json().await;
        }
        socket.send(forbidden).await;
        assert_eq!(socket.json().await["error"]["code"], 3, "{target}");
        assert_eq!(socket.closed().await.0, 4003, "{target}");
    }
    // What the URL says is known before it opens.
    assert_eq!(open(&server, "/v1/count/1?id=forbidden", &[]).await.err(), Some(400));
    // As bodies.
    for (target, body) in [("/v1/sum", format!("{{}}\n{forbidden}\n")), ("/v1/count", forbidden.to_owned())] {
        let answer = server.post(target, &[], &body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!(3)), "{target}");
    }
    assert_eq!(server.get("/v1/count/1?id=forbidden", &[]).await.status, 400);
}

#[tokio::test]
async fn what_fails_before_it_opens_is_a_response() {
    let server = serve().await;
    for (target, headers, expected) in [
        ("/v1/nothing", &[][..], 404),
        ("/v1/count/x", &[], 400),
        ("/v1/secret", &[], 401),
        ("/v1/secret", &[("authorization", "Bearer bob")], 401),
        ("/v1/chat", &[("origin", "https://evil.example")], 403),
        ("/v1/chat", &[("grpc-timeout", "x")], 400),
    ] {
        assert_eq!(open(&server, target, headers).await.err(), Some(expected), "{target} {headers:?}");
    }
    let headers = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "8")];
    let answer = server.get("/v1/chat", &headers).await;
    assert_eq!((answer.status.as_u16(), answer.header("sec-websocket-version")), (426, Some("13")));
    let headers = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
    assert_eq!(server.get("/v1/chat", &headers).await.status, 400);
}

#[tokio::test]
async fn a_token_comes_as_a_header_or_where_a_page_can_put_it() {
    let server = serve().await;
    for headers in [("authorization", "Bearer ann"), ("sec-websocket-protocol", "rsvc.json, rsvc.bearer.ann")]
    {
        let mut socket = open(&server, "/v1/secret", &[headers]).await.unwrap();
        assert_ne!(socket.protocol.as_deref(), Some("rsvc.bearer.ann"));
        socket.send(r#"{"id":"1"}"#).await;
        assert_eq!(socket.json().await, json!({"id": "re: 1"}));
    }
}

/// The first message decides, and no handler sees one that does not meet the condition.
#[tokio::test]
async fn a_condition_is_tested_with_the_first_message() {
    let server = serve().await;
    let mut socket = open(&server, "/v1/own", &[("authorization", "Bearer ann")]).await.unwrap();
    for id in ["ann", "bob"] {
        socket.send(&format!(r#"{{"id":"{id}"}}"#)).await;
        assert_eq!(socket.json().await, json!({"id": format!("re: {id}")}));
    }
    assert_eq!(open(&server, "/v1/own", &[]).await.err(), Some(401));
    for messages in [&[r#"{"id":"bob"}"#, r#"{"id":"ann"}"#][..], &[""]] {
        let mut socket = open(&server, "/v1/own", &[("authorization", "Bearer ann")]).await.unwrap();
        for message in messages {
            socket.send(message).await;
        }
        let error = socket.json().await;
        assert_eq!(
            (&error["error"]["code"], &error["error"]["message"]),
            (&json!(7), &json!("`rest.v1.Streams.Own` is not allowed for this caller")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn pages_of_the_server_and_of_those_it_lists_may_open_one() {
    let server = serve_with(|options| options.allow_origin("https://app.example"), |server| server).await;
    let own = format!("http://{}", server.address);
    for (origin, expected) in
        [(&*own, None), ("https://app.example", None), ("https://other.example", Some(403))]
    {
        assert_eq!(open(&server, "/v1/chat", &[("origin", origin)]).await.err(), expected, "{origin}");
    }
    let server = serve_with(rsvc::rest::Options::allow_any_origin, |server| server).await;
    assert!(open(&server, "/v1/chat", &[("origin", "https://other.example")]).await.is_ok());
}

#[tokio::test]
async fn a_client_that_goes_ends_the_call() {
    let mut server = serve().await;
    // With a word and without one.
    let mut socket = open(&server, "/v1/count/1?id=hang", &[]).await.unwrap();
    socket.json().await;
    socket.inner.close(None).await.unwrap();
    server.expect("over").await;
    let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
    socket.send(r#"{"count":1}"#).await;
    server.expect("got 1").await;
    drop(socket);
    server.expect("over").await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_gone() {
    let keep_alive = Duration::from_millis(300);
    let mut server = serve_with(|options| options.keep_alive(keep_alive), |server| server).await;
    let mut socket = open(&server, "/v1/count/1?id=hang", &[]).await.unwrap();
    socket.json().await;
    // Pings are answered only while it is read.
    assert!(timeout(keep_alive * 6, socket.next()).await.is_err());
    tokio::time::sleep(keep_alive * 3).await;
    server.expect("over").await;
}

#[tokio::test]
async fn a_slow_client_slows_the_handler_down() {
    let mut server = serve().await;
    let note = "x".repeat(4000);
    let mut socket = open(&server, &format!("/v1/count/1000000?note={note}"), &[]).await.unwrap();
    socket.json().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(socket);
    let gone = loop {
        if let Some(count) = server.event().await.strip_prefix("gone after ") {
            break count.parse::<u32>().unwrap();
        }
    };
    assert!(gone < 100_000, "{gone} messages were sent to nobody");
}

#[tokio::test]
async fn the_deadline_holds() {
    let server = serve().await;
    let mut socket = open(&server, "/v1/count/1?id=hang", &[("grpc-timeout", "1S")]).await.unwrap();
    socket.json().await;
    assert_eq!(socket.json().await["error"]["code"], 4);
    assert_eq!(socket.closed().await.0, 4004);
    let mut socket = open(&server, "/v1/sum", &[("grpc-timeout", "1S")]).await.unwrap();
    assert_eq!(socket.json().await["error"]["code"], 4);
}

#[tokio::test]
async fn a_server_that_stops_lets_it_finish() {
    let mut server = serve().await;
    let mut socket = open(&server, "/v1/chat", &[]).await.unwrap();
    drop(server.stop.take());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!server.serving.is_finished());
    socket.send(r#"{"id":"1"}"#).await;
    assert_eq!(socket.json().await, json!({"id": "re: 1"}));
    socket.send("").await;
    assert_eq!(socket.closed().await.0, 1000);
    timeout(LONG, &mut server.serving).await.expect("an end").unwrap();
    // But not for ever.
    let drain = Duration::from_millis(100);
    let mut server = serve_with(|options| options, |server| server.drain_timeout(drain)).await;
    let _socket = open(&server, "/v1/chat", &[]).await.unwrap();
    drop(server.stop.take());
    server.expect("over").await;
    timeout(LONG, &mut server.serving).await.expect("an end").unwrap();
}

#[tokio::test]
async fn over_http2() {
    let mut server = serve().await;
    let io = server.connect().await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(hyper_util::rt::TokioExecutor::new(), io).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = || {
        Request::builder()
            .method("CONNECT")
            .uri("http://localhost/v1/chat")
            .extension(hyper::ext::Protocol::from_static("websocket"))
            .header("sec-websocket-version", "13")
            .header("sec-websocket-protocol", "rsvc.json")
            .body(body(""))
            .unwrap()
    };
    // Before the server has said that it can, the client does not ask.
    let asked = async {
        loop {
            match sender.send_request(request()).await {
                Ok(response) => break response,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let response = timeout(LONG, asked).await.expect("a response");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["sec-websocket-protocol"], "rsvc.json");
    let upgraded = timeout(LONG, hyper::upgrade::on(response)).await.expect("a WebSocket").unwrap();
    let io = hyper_util::rt::TokioIo::new(upgraded);
    let mut socket =
        Socket { inner: WebSocketStream::from_raw_socket(io, Role::Client, None).await, protocol: None };
    socket.send(r#"{"id":"1"}"#).await;
    assert_eq!(socket.json().await, json!({"id": "re: 1"}));
    socket.send("").await;
    assert_eq!(socket.closed().await.0, 1000);
    server.expect("over").await;
    connection.abort();
}

/// Frames as a client sends them, with a mask that changes nothing; each is its first byte and its content.
fn raw(frames: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (first, content) in frames {
        bytes.extend([*first, 0x80 | u8::try_from(content.len()).unwrap(), 0, 0, 0, 0]);
        bytes.extend(*content);
    }
    bytes
}

#[tokio::test]
async fn a_close_is_answered_by_a_close() {
    let mut server = serve().await;
    // Before a message, between messages, and while the handler is at work.
    for (target, first) in
        [("/v1/sum", None), ("/v1/chat", Some(r#"{"id":"1"}"#)), ("/v1/count/1?id=hang", None)]
    {
        for code in [1000_u16, 3000, 4000] {
            let mut socket = open(&server, target, &[]).await.unwrap();
            if let Some(first) = first {
                socket.send(first).await;
            }
            if target != "/v1/sum" {
                socket.json().await;
            }
            socket.inner.close(Some(CloseFrame { code: code.into(), reason: "bye".into() })).await.unwrap();
            assert_eq!(socket.closed().await, (code, "bye".into()), "{target}");
            assert!(timeout(LONG, socket.inner.next()).await.expect("an end").is_none());
            server.expect("over").await;
        }
    }
    // A close that is none has the answer of the protocol.
    for (content, code) in [(&b"\x03"[..], 1002), (b"\0\0", 1002), (b"\x03\xe8\xff", 1007)] {
        let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
        socket.inner.get_mut().write_all(&raw(&[(0x88, content)])).await.unwrap();
        assert_eq!(socket.closed().await.0, code);
    }
}

#[tokio::test]
async fn who_does_not_read_is_not_read_either() {
    let server = serve().await;
    let mut stream = plain(&server, "/v1/chat", &[]).await;
    let pings = raw(&[(0x89, &[0_u8; 125][..]); 500]);
    let mut sent = 0;
    // What lies in the buffers of both ends is all that is taken.
    while let Ok(written) = timeout(Duration::from_secs(1), stream.write(&pings[sent % pings.len()..])).await
    {
        sent += written.unwrap();
        assert!(sent < 64 << 20, "answers pile up");
    }
}

#[tokio::test]
async fn a_message_that_does_not_go_on_ends_the_call() {
    let mut server =
        serve_with(|options| options.idle_timeout(Duration::from_millis(300)), |server| server).await;
    for begun in [&b"\x81"[..], &raw(&[(0x01, b"{")]), &raw(&[(0x81, b"{}")])[..7]] {
        let mut stream = plain(&server, "/v1/sum", &[]).await;
        stream.write_all(begun).await.unwrap();
        let mut answer = Vec::new();
        timeout(LONG, stream.read_to_end(&mut answer)).await.expect("an end").unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.contains("DEADLINE_EXCEEDED: a message of the stream paused"), "{answer}");
        server.expect("over").await;
    }
}

#[tokio::test]
async fn fragments_without_content_have_a_limit() {
    let server = serve().await;
    let mut socket = open(&server, "/v1/sum", &[]).await.unwrap();
    socket.inner.get_mut().write_all(&raw(&[(0x01, b"{")])).await.unwrap();
    socket.inner.get_mut().write_all(&raw(&vec![(0x00, &b""[..]); 1100])).await.unwrap();
    assert_eq!(socket.closed().await.0, 1008);
}

/// Opens a WebSocket that answers nothing by itself.
async fn plain(server: &Running, target: &str, headers: &[(&str, &str)]) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    let mut head = format!(
        "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: MDAwMDAwMDAwMDAwMDAwMA==\r\n"
    );
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    for (options, headers) in [
        (rsvc::rest::Options::new().send_timeout(Duration::from_millis(500)), &[][..]),
        // The deadline covers what is sent.
        (rsvc::rest::Options::new(), &[("grpc-timeout", "500m")][..]),
    ] {
        let mut server = serve_with(|_| options, |server| server).await;
        let target = format!("/v1/count/1000000?note={}", "x".repeat(4000));
        let mut stream = plain(&server, &target, headers).await;
        while !server.event().await.starts_with("gone after") {}
        // The connection ends as well: what lies in buffers can be read, and then no more.
        let mut rest = Vec::new();
        drop(timeout(LONG, stream.read_to_end(&mut rest)).await.expect("an end"));
    }
}
