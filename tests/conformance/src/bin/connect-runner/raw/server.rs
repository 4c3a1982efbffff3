//! Answers requests with the responses that their cases give in HTTP's terms.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use conformance::connect::{Header, RawHttpResponse, raw_http_response};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::{message, stream};
use crate::http::fields::Fields;
use crate::http::http1::{Direction, Event, Parser};
use crate::http::recorder::NAME;

/// The header that stands for a response of nothing but headers, in one frame. It is not sent.
const TRAILERS_ONLY: &str = "x-connect-trailers-only";

/// The responses by the names of their cases.
pub(crate) type Responses = HashMap<String, RawHttpResponse>;

/// Serves until it is dropped.
pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl RawServer {
    /// Serves one version of HTTP.
    pub(crate) async fn start(http2: bool, responses: Arc<Responses>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let responses = Arc::clone(&responses);
                connections.spawn(async move {
                    let served = if http2 {
                        serve_http2(connection, responses).await
                    } else {
                        serve_http1(connection, &responses).await
                    };
                    if let Err(error) = served {
                        eprintln!("raw server: {error:#}");
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, task })
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn find<'a>(responses: &'a Responses, name: Option<&str>) -> Result<&'a RawHttpResponse> {
    let name = name.context("a request without the name of its case")?;
    responses.get(name).with_context(|| format!("no raw response for {name}"))
}

fn body(response: &RawHttpResponse) -> Result<Vec<u8>> {
    match &response.body {
        None => Ok(Vec::new()),
        Some(raw_http_response::Body::Unary(contents)) => message(contents),
        Some(raw_http_response::Body::Stream(contents)) => stream(contents),
    }
}

fn status(response: &RawHttpResponse) -> u32 {
    if response.status_code == 0 { 200 } else { response.status_code }
}

async fn serve_http1(mut connection: TcpStream, responses: &Responses) -> Result<()> {
    let mut parser = Parser::new(Direction::Requests);
    let mut buffer = vec![0; 16 * 1024];
    let mut headers = Fields::default();
    loop {
        let count = connection.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        for event in parser.feed(&buffer[..count])? {
            match event {
                Event::Head(_, fields) => headers = fields,
                Event::End => {
                    let response = find(responses, headers.get(NAME))?;
                    connection.write_all(&http1_bytes(response)?).await?;
                }
                Event::Data(_) | Event::Trailers(_) => {}
            }
        }
    }
}

fn http1_bytes(response: &RawHttpResponse) -> Result<Vec<u8>> {
    ensure!(response.trailers.is_empty(), "trailers in HTTP/1.1");
    let body = body(response)?;
    let mut bytes = format!("HTTP/1.1 {} \r\n", status(response)).into_bytes();
    for (name, value) in pairs(&response.headers) {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
    bytes.extend(body);
    Ok(bytes)
}

fn pairs(headers: &[Header]) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().flat_map(|header| header.value.iter().map(|value| (&*header.name, &**value)))
}

async fn serve_http2(connection: TcpStream, responses: Arc<Responses>) -> Result<()> {
    let mut connection = h2::server::handshake(connection).await?;
    let mut calls = JoinSet::new();
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        let responses = Arc::clone(&responses);
        calls.spawn(async move {
            // The call may be over for the client, whose result tells.
            let _ = answer_http2(request, respond, &responses).await;
        });
    }
    Ok(())
}

async fn answer_http2(
    request: Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
    responses: &Responses,
) -> Result<()> {
    let (parts, mut received) = request.into_parts();
    while let Some(data) = received.data().await {
        received.flow_control().release_capacity(data?.len())?;
    }
    let name = parts.headers.get(NAME).and_then(|name| name.to_str().ok());
    let response = find(responses, name)?;
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(u16::try_from(status(response))?)?;
    *head.headers_mut() = header_map(&response.headers)?;
    let only_headers = head.headers_mut().remove(TRAILERS_ONLY).is_some();
    let body = body(response)?;
    if only_headers {
        if !body.is_empty() || !response.trailers.is_empty() {
            bail!("more than headers in a response of headers alone");
        }
        respond.send_response(head, true)?;
        return Ok(());
    }
    let trailers = header_map(&response.trailers)?;
    let mut sending = respond.send_response(head, false)?;
    sending.send_data(Bytes::from(body), trailers.is_empty())?;
    if !trailers.is_empty() {
        sending.send_trailers(trailers)?;
    }
    Ok(())
}

fn header_map(headers: &[Header]) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in pairs(headers) {
        map.append(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
    }
    Ok(map)
}
