//! By hand on hyper: the least there can be.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::by_hand::Order;
use crate::case::Size;

pub async fn serve(listener: TcpListener, size: Size) {
    let order: Arc<Order> = Arc::new(serde_json::from_str(&size.json()).expect("a sample"));
    let service = service_fn(move |request| {
        let order = Arc::clone(&order);
        async move { Ok::<_, Infallible>(answer(request, &order).await.unwrap_or_else(empty)) }
    });
    connections(listener, service).await;
}

/// Serves a service on every connection, as plainly as it goes.
pub async fn connections<S, B>(listener: TcpListener, service: S)
where
    S: HttpService<
            Incoming,
            ResBody = B,
            Future: Send,
            Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        > + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            stream.set_nodelay(true)?;
            http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
                .map_err(std::io::Error::other)
        });
    }
}

async fn answer(request: Request<Incoming>, order: &Order) -> Result<Response<Full<Bytes>>, StatusCode> {
    let path = request.uri().path().strip_prefix("/v1/orders000").ok_or(StatusCode::NOT_FOUND)?;
    let order = match (request.method(), path.strip_prefix('/')) {
        (&Method::GET, Some(id)) => {
            let mut order = order.clone();
            id.clone_into(&mut order.order_id);
            order
        }
        (&Method::POST, None) if path.is_empty() => {
            let body = request.into_body().collect().await.map_err(|_| StatusCode::BAD_REQUEST)?;
            serde_json::from_slice(&body.to_bytes()).map_err(|_| StatusCode::BAD_REQUEST)?
        }
        _ => return Err(StatusCode::NOT_FOUND),
    };
    let json = serde_json::to_vec(&order).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let mut response = Response::new(Full::from(json));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
