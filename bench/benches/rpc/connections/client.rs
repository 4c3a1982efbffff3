//! Calls by hand, as plainly as it goes, over either version of HTTP.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::peers::encoded_order;

/// A version of HTTP.
#[derive(Clone, Copy)]
pub enum Version {
    Http1,
    Http2,
}

impl Version {
    pub const ALL: [Self; 2] = [Self::Http1, Self::Http2];

    pub fn name(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }
}

/// Opens a connection, makes so many calls one after the other, and closes it.
pub async fn call(version: Version, server: SocketAddr, calls: u32) -> io::Result<()> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let io = TokioIo::new(stream);
    match version {
        Version::Http1 => {
            let (mut sender, connection) = http1::handshake(io).await.map_err(io::Error::other)?;
            let driver = tokio::spawn(connection);
            for _ in 0..calls {
                check(sender.send_request(request(server, "/rpc.Calls/Unary")).await).await?;
            }
            drop(sender);
            driver.await?.map_err(io::Error::other)
        }
        Version::Http2 => {
            let handshake = http2::handshake(TokioExecutor::new(), io).await;
            let (mut sender, connection) = handshake.map_err(io::Error::other)?;
            let driver = tokio::spawn(connection);
            let target = format!("http://{server}/rpc.Calls/Unary");
            for _ in 0..calls {
                check(sender.send_request(request(server, &target)).await).await?;
            }
            drop(sender);
            driver.await?.map_err(io::Error::other)
        }
    }
}

fn request(server: SocketAddr, target: &str) -> Request<Full<Bytes>> {
    let request =
        Request::builder().method(Method::POST).uri(target).header(CONTENT_TYPE, "application/proto");
    let request = if target.starts_with('/') { request.header(HOST, server.to_string()) } else { request };
    request.body(encoded_order(1).into()).expect("a request")
}

async fn check(response: hyper::Result<Response<Incoming>>) -> io::Result<()> {
    let response = response.map_err(io::Error::other)?;
    assert_eq!(response.status(), StatusCode::OK);
    let content = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    assert_eq!(content, encoded_order(1));
    Ok(())
}
