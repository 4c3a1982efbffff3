//! The service that answers with what it is asked.

use std::cell::RefCell;
use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use rsvc::metadata::MetadataValue;
use rsvc::server::Router;
use rsvc::{Body, Context, RequestStream, ResponseStream, Server, Status};
use tokio::runtime::Runtime;
use tower::{Layer, Service as _};

use crate::proto::fuzz::v1::{All, Echo, EchoError, EchoServer};

/// What a message may have, in bytes.
pub(crate) const LIMIT: usize = 64 * 1024;

#[derive(Clone)]
struct Service;

impl Echo for Service {
    async fn unary(&self, ctx: Context, request: All) -> Result<All, EchoError> {
        if let Some(value) = ctx.metadata_str("x-echo").map(str::to_owned) {
            // What cannot be a header is the caller's fault, and no panic.
            ctx.set_header("x-echo", value).map_err(Status::from)?;
        }
        if let Some(Ok(value)) = ctx.metadata().get_bin("x-echo-bin").map(MetadataValue::to_bytes) {
            ctx.set_trailer("x-echo-bin", value).map_err(Status::from)?;
        }
        let checked = ctx.precondition().check(&request.text);
        match request.text.strip_prefix("refuse") {
            Some(text) if text.starts_with("stale") => checked.map(|()| request).map_err(EchoError::from),
            Some(text) => Err(EchoError::refused(text, Some(request.clone()))),
            None => Ok(request),
        }
    }

    async fn server_stream(
        &self,
        _: Context,
        request: All,
    ) -> Result<ResponseStream<All, EchoError>, EchoError> {
        let end = request.text.starts_with("refuse").then(|| EchoError::refused("", None));
        let messages = [request.clone(), request].map(Ok).into_iter().chain(end.map(Err));
        Ok(ResponseStream::new(stream::iter(messages)))
    }

    async fn client_stream(&self, _: Context, mut requests: RequestStream<All>) -> Result<All, EchoError> {
        let mut last = All::default();
        while let Some(request) = requests.message().await? {
            last = request;
        }
        Ok(last)
    }

    async fn bidi(
        &self,
        _: Context,
        requests: RequestStream<All>,
    ) -> Result<ResponseStream<All, EchoError>, EchoError> {
        Ok(ResponseStream::new(stream::unfold(Some(requests), |requests| async {
            let mut requests = requests?;
            match requests.message().await {
                Ok(Some(message)) => Some((Ok(message), Some(requests))),
                Ok(None) => None,
                Err(status) => Some((Err(status.into()), None)),
            }
        })))
    }

    async fn nothing(&self, _: Context, (): ()) -> Result<(), EchoError> {
        Ok(())
    }
}

/// The server with the service, with limits that small inputs reach.
pub(crate) fn server() -> Server {
    let rest = rsvc::rest::Options::new().accept_compressed(true).max_body_size(LIMIT);
    Server::new()
        .add(EchoServer::new(Service))
        .max_request_size(LIMIT)
        .rest(rest)
        .validate_responses(rsvc::server::ResponseValidation::Off)
}

/// A response, read to its end.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    /// The body broke off.
    pub(crate) broken: bool,
}

struct World {
    runtime: Runtime,
    router: Router,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// Takes the router out of a server.
#[derive(Clone)]
struct Capture<'a>(&'a RefCell<Option<Router>>);

impl Layer<Router> for Capture<'_> {
    type Service = Router;

    fn layer(&self, router: Router) -> Router {
        *self.0.borrow_mut() = Some(router.clone());
        router
    }
}

impl World {
    fn new() -> Self {
        let runtime = runtime();
        let captured = RefCell::new(None);
        let none = stream::empty::<Result<tokio::io::DuplexStream, Infallible>>();
        let serving = server().layer(Capture(&captured)).serve_with_incoming(none, std::future::pending());
        runtime.block_on(serving).expect("the service fits");
        let router = captured.take().expect("the server has made its router");
        Self { runtime, router }
    }
}

/// A runtime on this thread alone.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// Sends a request, whose body arrives in these frames, to the server, past its connections.
pub(crate) fn answer(request: Request<Vec<Bytes>>) -> Answer {
    let request = request.map(|frames| {
        let frames = frames.into_iter().map(|data| Ok::<_, Status>(http_body::Frame::data(data)));
        Body::new(StreamBody::new(stream::iter(frames)))
    });
    WORLD.with_borrow_mut(|world| {
        let World { runtime, router } = world;
        let call = async {
            let Ok(response) = router.call(request).await;
            read(response).await
        };
        let call = async { tokio::time::timeout(std::time::Duration::from_secs(20), call).await };
        runtime.block_on(call).expect("all of the request is there, and no answer comes")
    })
}

async fn read(response: Response<Body>) -> Answer {
    let (parts, mut body) = response.into_parts();
    let mut answer = Answer {
        status: parts.status,
        headers: parts.headers,
        body: Vec::new(),
        trailers: None,
        broken: false,
    };
    while let Some(frame) = body.frame().await {
        match frame.map(|frame| frame.into_data().map_err(http_body::Frame::into_trailers)) {
            Ok(Ok(data)) => answer.body.extend_from_slice(&data),
            Ok(Err(trailers)) => answer.trailers = trailers.ok(),
            Err(_) => answer.broken = true,
        }
    }
    answer
}
