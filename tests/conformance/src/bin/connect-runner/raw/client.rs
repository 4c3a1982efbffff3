//! Sends requests in HTTP's terms. What comes back is read by a tap before the server.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use bytes::Bytes;
use conformance::connect::{HttpVersion, RawHttpRequest, raw_http_request};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{message, stream};
use crate::http::http1::{Direction, Event, Parser};
use crate::http::recorder::NAME;

/// Sends a request, and waits for the end of its response.
pub(crate) async fn send(
    server: SocketAddr,
    version: HttpVersion,
    case: &str,
    request: &RawHttpRequest,
) -> Result<()> {
    // No case of the suite has them.
    ensure!(
        request.raw_query_params.is_empty() && request.encoded_query_params.is_empty(),
        "a raw request with parameters"
    );
    let body = match &request.body {
        Some(raw_http_request::Body::Unary(contents)) => message(contents)?,
        Some(raw_http_request::Body::Stream(contents)) => stream(contents)?,
        None => Vec::new(),
    };
    let headers = request
        .headers
        .iter()
        .flat_map(|header| header.value.iter().map(|value| (header.name.clone(), value.clone())));
    let headers: Vec<_> = headers.chain([(NAME.to_owned(), case.to_owned())]).collect();
    let connection = TcpStream::connect(server).await?;
    connection.set_nodelay(true)?;
    if version == HttpVersion::HttpVersion1 {
        send_http1(connection, server, request, &headers, &body).await
    } else {
        send_http2(connection, server, request, &headers, body).await
    }
}

async fn send_http1(
    mut connection: TcpStream,
    server: SocketAddr,
    request: &RawHttpRequest,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<()> {
    let mut bytes = format!("{} {} HTTP/1.1\r\nhost: {server}\r\n", request.verb, request.uri).into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
    if !body.is_empty() {
        bytes.extend(format!("{:x}\r\n", body.len()).bytes());
        bytes.extend(body);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    connection.write_all(&bytes).await?;
    let mut parser = Parser::new(Direction::Responses);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = connection.read(&mut buffer).await?;
        let events = parser.feed(&buffer[..count])?;
        if count == 0 || events.contains(&Event::End) {
            return Ok(());
        }
    }
}

async fn send_http2(
    connection: TcpStream,
    server: SocketAddr,
    request: &RawHttpRequest,
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Result<()> {
    let (client, connection) = h2::client::handshake(connection).await?;
    let connection = tokio::spawn(connection);
    let mut head = Request::builder().method(&*request.verb).uri(format!("http://{server}{}", request.uri));
    for (name, value) in headers {
        head = head.header(name, value);
    }
    let (response, mut sending) = client.ready().await?.send_request(head.body(())?, false)?;
    // A server may have answered before it wants the body.
    let _ = sending.send_data(Bytes::from(body), true);
    let mut received = response.await?.into_body();
    while let Some(data) = received.data().await {
        received.flow_control().release_capacity(data?.len())?;
    }
    received.trailers().await?;
    drop(sending);
    connection.abort();
    Ok(())
}
