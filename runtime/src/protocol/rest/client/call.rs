//! A call over REST, one function per kind of method.

use crate::bridge::Status;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use prost::Message as _;
use prost_types::Struct;
use tokio::time::Instant;
use tonic::body::Body;
use tower::ServiceExt as _;

use crate::client::channel::innermost;
use crate::client::rest::RestChannel;
use crate::deadline;
use crate::deadline::earliest;
use crate::json;
use crate::json::Json;
use crate::metadata;
use crate::method::MethodInfo;
use crate::pb::google::api::HttpBody;
use crate::protocol::grpc::client::within;
use crate::protocol::rest::client::{answer, url};
use crate::protocol::rest::headers;
use crate::protocol::rest::negotiate::JSON;
use crate::protocol::rest::server::respond;
use crate::transcode::binding::{Binding, BodyKind, Fields};
use crate::transcode::httpbody;
use crate::{Context, RequestStream, ResponseStream, Validate, validate};

/// A method as it is reached over REST: its bindings are those of `bindings` with its index.
#[derive(Debug)]
pub struct Target<Req, Res> {
    /// What it is.
    pub info: &'static MethodInfo,
    /// Its index in the service.
    pub method: u16,
    /// The bindings of the whole service.
    pub bindings: &'static [Binding],
    /// The typed code of its bodies; those of the response are read, those of the request written.
    pub fields: Fields<Res, Req>,
}

impl<Req, Res> Target<Req, Res> {
    fn bindings(&self) -> impl Iterator<Item = &'static Binding> + use<Req, Res> {
        let method = self.method;
        self.bindings.iter().filter(move |binding| binding.method == method)
    }

    fn unbound(&self) -> Status {
        Status::unimplemented(format!("`{}` has no `google.api.http`", self.info.path))
    }
}

/// Calls a method with one request and one response.
pub async fn unary<Req, Res, E>(
    channel: &RestChannel,
    target: Target<Req, Res>,
    ctx: Context,
    request: Req,
) -> Result<Res, E>
where
    Req: prost::Message + Json + Validate + 'static,
    Res: prost::Message + Default + Json + 'static,
    E: From<Status>,
{
    let call = Outgoing::new(channel, target.info, ctx);
    Ok(within(call.deadline, async {
        let (binding, request) = call.request(&target, &request)?;
        call.single(&target, binding, request).await
    })
    .await?)
}

/// Calls a method with one request and many responses.
pub async fn server_streaming<Req, Res, E>(
    channel: &RestChannel,
    target: Target<Req, Res>,
    ctx: Context,
    request: Req,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: prost::Message + Json + Validate + 'static,
    Res: prost::Message + Default + Json + 'static,
    E: From<Status> + Send + 'static,
{
    let call = Outgoing::new(channel, target.info, ctx);
    let (binding, request) = call.request(&target, &request)?;
    call.several(&target, binding, request).await
}

/// Calls a method with many requests and one response.
pub async fn client_streaming<Req, Res, E>(
    channel: &RestChannel,
    target: Target<Req, Res>,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<Res, E>
where
    Req: prost::Message + Default + Json + Validate + 'static,
    Res: prost::Message + Default + Json + 'static,
    E: From<Status>,
{
    let call = Outgoing::new(channel, target.info, ctx);
    Ok(within(call.deadline, async {
        let (binding, request) = call.upload(&target, requests)?;
        call.single(&target, binding, request).await
    })
    .await?)
}

/// Calls a method with many requests and many responses.
pub async fn streaming<Req, Res, E>(
    channel: &RestChannel,
    target: Target<Req, Res>,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: prost::Message + Default + Json + Validate + 'static,
    Res: prost::Message + Default + Json + 'static,
    E: From<Status> + Send + 'static,
{
    let call = Outgoing::new(channel, target.info, ctx);
    let (binding, request) = call.upload(&target, requests)?;
    call.several(&target, binding, request).await
}

/// A call that is going out.
struct Outgoing<'a> {
    channel: &'a RestChannel,
    ctx: Context,
    deadline: Option<Instant>,
}

impl<'a> Outgoing<'a> {
    fn new(channel: &'a RestChannel, info: &MethodInfo, ctx: Context) -> Self {
        let timeout = earliest(info.timeout, channel.settings.timeout);
        let deadline = earliest(ctx.instant(), timeout.and_then(deadline::after));
        Self { channel, ctx, deadline }
    }

    /// The HTTP request of a message, by the first binding that can say it.
    fn request<Req, Res>(
        &self,
        target: &Target<Req, Res>,
        message: &Req,
    ) -> Result<(&'static Binding, Request<Body>), Status>
    where
        Req: prost::Message + Json + Validate + 'static,
        Res: Json,
    {
        if self.channel.settings.validate_requests {
            validate::admit(message)?;
        }
        let json = json::to_vec(message).map_err(|error| unwritable(&error))?;
        // A message whose JSON is no object has no fields for a URL either.
        let said = json::from_slice::<Struct>(&json).unwrap_or_default();
        let mut first = None;
        for binding in target.bindings() {
            let url = match url::of(Req::info(), binding, &said) {
                Ok(url) => url,
                Err(status) => {
                    first.get_or_insert(status);
                    continue;
                }
            };
            let content = content(target, binding, message, json)?;
            let (media_type, body) = match content {
                Some((media_type, body)) => (Some(media_type), Body::new(Full::new(body))),
                None => (None, Body::empty()),
            };
            return Ok((binding, self.head(target, binding, &url, media_type, body)?));
        }
        Err(first.unwrap_or_else(|| target.unbound()))
    }

    /// The HTTP request of a stream: a message a line, or the content of each `HttpBody`.
    fn upload<Req, Res>(
        &self,
        target: &Target<Req, Res>,
        messages: RequestStream<Req>,
    ) -> Result<(&'static Binding, Request<Body>), Status>
    where
        Req: prost::Message + Default + Json + Validate + 'static,
        Res: Json,
    {
        let binding = target
            .bindings()
            .find(|binding| binding.body == BodyKind::Whole && binding.variables.is_empty())
            .ok_or_else(|| {
                Status::unimplemented(format!(
                    "`{}` has no binding whose body is the whole of each message, and whose path is fixed",
                    target.info.path
                ))
            })?;
        let url = url::of(Req::info(), binding, &Struct::default())?;
        let raw = httpbody::is(Req::info());
        let checks = self.channel.settings.validate_requests;
        let frames = messages.map(move |message| {
            let message = message?;
            if checks {
                validate::admit(&message)?;
            }
            let data = if raw {
                httpbody::written(message).map_err(|failure| failure.status)?.data
            } else {
                let mut line = json::to_vec(&message).map_err(|error| unwritable(&error))?;
                line.push(b'\n');
                line
            };
            Ok::<_, Status>(Frame::data(Bytes::from(data)))
        });
        let media_type = if raw { "application/octet-stream" } else { "application/x-ndjson" };
        let body = Body::new(StreamBody::new(frames));
        let media_type = Some(HeaderValue::from_static(media_type));
        Ok((binding, self.head(target, binding, &url, media_type, body)?))
    }

    fn head<Req, Res>(
        &self,
        target: &Target<Req, Res>,
        binding: &Binding,
        url: &str,
        media_type: Option<HeaderValue>,
        body: Body,
    ) -> Result<Request<Body>, Status> {
        let settings = &self.channel.settings;
        let uri = Uri::builder()
            .scheme(settings.scheme.clone())
            .authority(settings.authority.clone())
            .path_and_query(format!("{}{url}", settings.prefix))
            .build()
            .map_err(|error| Status::internal(format!("`{url}` is no URL: {error}")))?;
        let verb = match (binding.verb, binding.body) {
            ("*", BodyKind::None) => "GET",
            ("*", _) => "POST",
            (verb, _) => verb,
        };
        let mut request = Request::new(body);
        *request.method_mut() = Method::from_bytes(verb.as_bytes())
            .map_err(|_| Status::internal(format!("`{verb}` is no HTTP method")))?;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        metadata_headers(&self.ctx, headers);
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            headers.insert(deadline::HEADER, deadline::format(left));
        }
        let accept = if target.info.kind.server_streams() {
            "text/event-stream, application/x-ndjson;q=0.9, application/json;q=0.8, */*;q=0.1"
        } else {
            "application/json, */*;q=0.1"
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(media_type) = media_type {
            headers.insert(CONTENT_TYPE, media_type);
        }
        Ok(request)
    }

    /// Sends a request and waits for the head of the response; an error that it is becomes one.
    async fn send(&self, request: Request<Body>) -> Result<(http::response::Parts, Body), Status> {
        let sent = self.channel.transport.clone().oneshot(request).await;
        let response =
            sent.map_err(|error| Status::unavailable(format!("no answer: {}", innermost(&*error))))?;
        let (parts, body) = response.into_parts();
        if !parts.status.is_success() {
            let limit = self.channel.settings.max_response_size;
            let status = answer::error(&parts, body, limit).await;
            if !status.metadata().is_empty() {
                self.ctx.store_trailers(status.metadata().clone());
            }
            return Err(status);
        }
        answer::keep_metadata(&self.ctx, &parts);
        Ok((parts, body))
    }

    async fn single<Req, Res>(
        &self,
        target: &Target<Req, Res>,
        binding: &'static Binding,
        request: Request<Body>,
    ) -> Result<Res, Status>
    where
        Res: prost::Message + Default + Json + 'static,
    {
        let (parts, body) = self.send(request).await?;
        let body = answer::collect(body, self.channel.settings.max_response_size).await?;
        answer::message(binding, target.fields, &parts.headers, &body)
    }

    async fn several<Req, Res, E>(
        self,
        target: &Target<Req, Res>,
        binding: &'static Binding,
        request: Request<Body>,
    ) -> Result<ResponseStream<Res, E>, E>
    where
        Req: 'static,
        Res: prost::Message + Default + Json + 'static,
        E: From<Status> + Send + 'static,
    {
        let (parts, body) = within(self.deadline, self.send(request)).await?;
        let limit = self.channel.settings.max_response_size;
        let messages = answer::Messages::new(parts, body, binding, target.fields, limit);
        let deadline = self.deadline;
        let messages = stream::unfold(Some(messages), move |messages| async move {
            let mut messages = messages?;
            match within(deadline, messages.next()).await {
                Ok(Some(message)) => Some((Ok(message), Some(messages))),
                Ok(None) => None,
                Err(status) => Some((Err(E::from(status)), None)),
            }
        });
        Ok(ResponseStream::new(messages))
    }
}

/// What the body of a request is; `None` where it has none.
fn content<Req, Res>(
    target: &Target<Req, Res>,
    binding: &Binding,
    message: &Req,
    json: Vec<u8>,
) -> Result<Option<(HeaderValue, Bytes)>, Status>
where
    Req: prost::Message + Json + 'static,
{
    let field = match binding.body {
        BodyKind::None => return Ok(None),
        BodyKind::Whole if httpbody::is(Req::info()) => {
            let body = HttpBody::decode(&*message.encode_to_vec()).unwrap_or_default();
            return raw(body).map(Some);
        }
        BodyKind::Whole => return Ok(Some((JSON, json.into()))),
        BodyKind::Field(index) => index,
    };
    let entry = Req::info().field(field.into());
    if httpbody::is_field(entry) {
        let body = respond::field_bytes(message, entry.number);
        return raw(HttpBody::decode(&*body).unwrap_or_default()).map(Some);
    }
    let body = respond::field_json(message, field, &json::WriteOptions::new(), target.fields.write);
    Ok(Some((JSON, body.map_err(|error| unwritable(&error))?.into())))
}

fn raw(body: HttpBody) -> Result<(HeaderValue, Bytes), Status> {
    let media_type = HeaderValue::from_str(&body.content_type)
        .map_err(|_| Status::invalid_argument("the content type of the request is no header value"))?;
    Ok((media_type, body.data.into()))
}

/// The metadata of a call as headers. Those that HTTP knows go by their names, others by a prefix that servers take off.
fn metadata_headers(ctx: &Context, out: &mut HeaderMap) {
    for (key, value) in &metadata::application(ctx.metadata()) {
        let plain = metadata::is_trace(key.as_str())
            || matches!(key.as_str(), "authorization" | "accept-language" | "cookie" | "baggage");
        let name = if plain {
            Some(key.clone())
        } else {
            HeaderName::try_from(format!("{}{key}", headers::PREFIX)).ok()
        };
        if let Some(name) = name {
            out.append(name, value.clone());
        }
    }
}

fn unwritable(error: &json::Error) -> Status {
    Status::internal(format!("the request has no JSON: {error}"))
}
