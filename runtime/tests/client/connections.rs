//! Connections that fail, are lost and made again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rsvc::client::{HttpVersion, Protocol};
use rsvc::{Channel, Code, Context};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::raw;
use crate::setup::{LONG, answer, hi, serve, text, unary};

const WAYS: [(Protocol, HttpVersion); 3] = [
    (Protocol::Grpc, HttpVersion::Http2),
    (Protocol::GrpcWeb, HttpVersion::Http1),
    (Protocol::Connect, HttpVersion::Http1),
];

fn lazy(address: std::net::SocketAddr, (protocol, version): (Protocol, HttpVersion)) -> Channel {
    let builder = Channel::builder(format!("http://{address}"));
    builder.protocol(protocol).http_version(version).connect_lazy().unwrap()
}

#[tokio::test]
async fn nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for way in WAYS {
        let channel = lazy(address, way);
        for _ in 0..2 {
            let status = timeout(LONG, unary(&channel, &Context::new())).await.unwrap().unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{way:?}: {status:?}");
            assert!(status.message().contains("refused"), "{status:?}");
        }
    }
    let error = Channel::connect(format!("http://{address}")).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to `http://{address}`"));
    assert!(!error.is_invalid_endpoint());
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    assert!(reason.to_string().contains("refused"), "{reason}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_unavailable() {
    // It takes connections, reads a little, and closes them.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut io, _)) = listener.accept().await {
            let _ = io.read(&mut [0; 16]).await;
        }
    });
    for way in WAYS {
        let channel = lazy(address, way);
        for _ in 0..3 {
            let status = timeout(LONG, unary(&channel, &Context::new())).await.unwrap().unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{way:?}: {status:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_ends_each_connection_at_once_is_not_asked_for_ever() {
    // Its settings and the end come together: there is a connection, and before the call has it there is none.
    let (count, script): (_, raw::Script) = {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let settings = raw::frame(4, 0, 0, &[]);
        let script = move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            (settings.clone(), raw::After::Close)
        };
        (count, Arc::new(script))
    };
    let channel = lazy(raw::blunt(script).await, WAYS[0]);
    for call in 1..=3 {
        let status = timeout(LONG, unary(&channel, &Context::new())).await.expect("an end").unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        // Each call makes three at most, and what repeats calls makes it once more.
        let connections = count.load(Ordering::SeqCst);
        assert!((call..=6 * call).contains(&connections), "{connections} connections for {call} calls");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_response_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut io, _)) = listener.accept().await {
            let _ = io.read(&mut [0; 1024]).await;
            let head =
                b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web\r\ncontent-length: 99\r\n\r\nabc";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut io, head).await;
        }
    });
    let channel = lazy(address, (Protocol::GrpcWeb, HttpVersion::Http1));
    let status = timeout(LONG, unary(&channel, &Context::new())).await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
}

#[tokio::test]
async fn what_does_not_speak_http() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut io, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut io, b"220 mail.example ESMTP\r\n\r\n").await;
            let _ = io.read(&mut [0; 1024]).await;
        }
    });
    for way in WAYS {
        let outcome = timeout(LONG, unary(&lazy(address, way), &Context::new())).await.unwrap();
        assert_eq!(outcome.unwrap_err().code(), Code::Unavailable, "{way:?}");
    }
}

#[tokio::test]
async fn one_connection_is_for_all_calls_and_is_made_again() {
    let ok = || answer("application/grpc").data(hi()).trailers([("grpc-status", "0")]);
    let address = serve(HttpVersion::Http2, Arc::new(move |_, _| Box::pin(std::future::ready(ok())))).await;
    // A door in front of the server that counts who comes in, and can throw them out.
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outside = door.local_addr().unwrap();
    let (count, close) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Notify::new()));
    let (counted, closed) = (Arc::clone(&count), Arc::clone(&close));
    tokio::spawn(async move {
        while let Ok((mut outer, _)) = door.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let closed = Arc::clone(&closed);
            tokio::spawn(async move {
                let mut inner = tokio::net::TcpStream::connect(address).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut outer, &mut inner) => {}
                    () = closed.notified() => {}
                }
            });
        }
    });
    let channel = lazy(outside, WAYS[0]);
    for round in 1..=3 {
        let ctx = Context::new();
        let calls = (0..20).map(|_| unary(&channel, &ctx));
        for outcome in timeout(LONG, futures_util::future::join_all(calls)).await.unwrap() {
            assert_eq!(outcome.unwrap(), text("hi"));
        }
        assert_eq!(count.load(Ordering::SeqCst), round);
        close.notify_one();
        // Until the client knows, a call may fail, but not otherwise than it should.
        let again = async {
            while count.load(Ordering::SeqCst) == round {
                if let Err(status) = unary(&channel, &Context::new()).await {
                    assert_eq!(status.code(), Code::Unavailable);
                }
            }
        };
        if round < 3 {
            timeout(LONG, again).await.unwrap();
        }
    }
}

#[tokio::test]
async fn endpoints_and_settings_that_make_no_sense() {
    for (endpoint, protocol, version, text) in [
        ("not an endpoint", Protocol::Grpc, HttpVersion::Http2, "`not an endpoint` is not an endpoint"),
        (
            "ftp://a",
            Protocol::Grpc,
            HttpVersion::Http2,
            "`ftp://a` is not an endpoint: it must look like `http://host:port` or `unix:/path`",
        ),
        (
            "http://user:secret@a/?token=secret",
            Protocol::Grpc,
            HttpVersion::Http2,
            "`http://…@a/` is not an endpoint: it has no user and no password; metadata is for those",
        ),
        (
            "http://a?token=secret",
            Protocol::Grpc,
            HttpVersion::Http2,
            "`http://a` is not an endpoint: it must look like `http://host:port` or `unix:/path`",
        ),
        ("http://a", Protocol::Grpc, HttpVersion::Http1, "`http://a` cannot be called: gRPC needs HTTP/2"),
    ] {
        let builder = Channel::builder(endpoint).protocol(protocol).http_version(version);
        assert!(!format!("{builder:?}").contains("secret"));
        let error = builder.connect_lazy().unwrap_err();
        assert!(!format!("{error:?} {}", error.endpoint()).contains("secret"));
        assert_eq!((error.to_string().as_str(), error.is_invalid_endpoint()), (text, true));
    }
}
