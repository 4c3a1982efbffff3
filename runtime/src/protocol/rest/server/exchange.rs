//! A call over REST as an exchange of messages.

use std::mem::take;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, Response};

#[cfg(feature = "compression")]
use super::compress;
use super::headers::Received;
use super::method::RestMethod;
use super::options::Options;
use super::request::{BodyPosition, RequestReader, read_url};
use super::respond::{self, Content, RawContent};
use super::stream;
use crate::Context;
use crate::call::aside::{Aside, LARGE, Written};
use crate::call::collect::Collect;
use crate::call::dispatch::Inbound;
use crate::call::{Body, CallError, Exchange, Outgoing, Responded};
use crate::etag::{self, EntityTag};
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::peer::Peer;
use crate::protocol::caching::{Caching, Form, tag_of};
use crate::protocol::rest::negotiate::Media;
use crate::stream::Incoming;
use crate::transcode::binding::{Binding, BodyKind};
use crate::transcode::segments::Segments;
use crate::transcode::url::Url;

/// A request whose path has led to a binding, besides its head and its body.
pub(crate) struct RestCall {
    /// The method that the binding is of.
    pub(crate) info: &'static MethodInfo,
    pub(crate) method: RestMethod,
    /// Those of the path.
    pub(crate) segments: Segments,
    /// The other end of the connection, unless that is told by the extensions.
    pub(crate) peer: Option<Arc<Peer>>,
}

/// A call with a body at most, each way; streams are bodies, too.
pub(crate) struct RestExchange {
    call: Inbound,
    method: RestMethod,
    /// Of the URI, which is larger.
    target: PathAndQuery,
    segments: Segments,
    body: Body,
    /// The body, while it is waited for. Apart, since nearly all bodies are there with the head.
    arriving: Option<Box<ArrivingBody>>,
    /// The request, if it is large.
    aside: Option<Aside>,
    /// The response, if it is large, and its tag.
    written: Option<Written<(Content, Option<EntityTag>)>>,
    /// Whether the request may ask for something else than JSON.
    accept: bool,
    /// What caches are told, where the method says something.
    caching: Option<Box<Caching>>,
    answer: Option<RestAnswer>,
}

struct ArrivingBody {
    reader: RequestReader,
    collect: Collect,
}

/// What a handler has answered.
pub(crate) enum RestAnswer {
    Single(Content),
    /// Messages of the type that the table describes.
    Stream(&'static MessageInfo, Box<dyn Outgoing>),
}

impl RestExchange {
    /// A call whose headers have become its metadata. It takes them out of `parts`.
    #[inline]
    pub(crate) fn new(parts: &mut Parts, body: Body, call: RestCall, received: &Received) -> Self {
        let RestCall { info, method, segments, peer } = call;
        let caching = Caching::of(info, &parts.method, &parts.headers);
        let policy = &method.settings.policy;
        let http = method.http(&parts.method, parts.version, &parts.uri);
        let (headers, extensions) = (take(&mut parts.headers), take(&mut parts.extensions));
        let call = Inbound::new(info, headers, extensions, peer, received.timeout, policy, http);
        let target = parts.uri.path_and_query().expect("a path has led here").clone();
        let accept = received.accept;
        Self {
            call,
            method,
            target,
            segments,
            body,
            arriving: None,
            aside: None,
            written: None,
            accept,
            caching,
            answer: None,
        }
    }

    /// Makes the body readable if it is compressed.
    #[cfg(feature = "compression")]
    #[inline]
    pub(crate) fn decompress(&mut self) -> Result<(), CallError> {
        let headers = self.call.context().metadata().as_ref();
        let Options { compression, decoders, .. } = &self.method.settings.options;
        compress::request(*compression, decoders, headers, &mut self.body)
    }

    pub(crate) fn info(&self) -> &'static MethodInfo {
        self.call.method()
    }

    pub(crate) fn method(&self) -> &RestMethod {
        &self.method
    }

    /// What the handler has answered.
    pub(crate) fn take_answer(&mut self) -> RestAnswer {
        self.answer.take().expect("a handler that ends well has answered")
    }

    /// What caches are told.
    pub(crate) fn take_caching(&mut self) -> Option<Box<Caching>> {
        self.caching.take()
    }

    /// Whether a response with this content goes out as it is: it cannot become an error, and it is not compressed. To find out
    /// about that takes the headers of the request.
    #[inline]
    pub(crate) fn is_final(&self, content: &Content) -> bool {
        #[cfg(feature = "compression")]
        let may_change =
            !compress::is_too_small(self.method.settings.options.compression, content.body.len() as u64);
        #[cfg(not(feature = "compression"))]
        let (may_change, _) = (false, content);
        self.caching.is_none() && !may_change
    }

    /// The response with this content. If it is final, nobody needs the headers of the request any more.
    #[inline]
    pub(crate) fn content(
        &mut self,
        Content { media_type, body }: Content,
        is_final: bool,
    ) -> Response<Body> {
        let mut response = Response::new(Body::from(body));
        let headers = response.headers_mut();
        if is_final {
            self.call.recycle_headers(headers);
        }
        respond::add_headers(headers, media_type, self.call.context(), &self.method.settings.options);
        response
    }

    /// The response with these messages, once it is known how it begins.
    pub(crate) async fn stream(
        self,
        table: &'static MessageInfo,
        messages: Box<dyn Outgoing>,
    ) -> Result<Response<Body>, CallError> {
        stream::responses::respond(self.call, messages, table, self.method).await
    }

    #[inline]
    fn url(&self) -> Url<'_> {
        Url {
            path: self.target.path(),
            segments: &self.segments,
            query: self.target.query().unwrap_or_default(),
        }
    }

    fn request_headers(&self) -> &HeaderMap {
        self.call.context().metadata().as_ref()
    }

    fn reader(&self, table: &'static MessageInfo) -> Result<RequestReader, CallError> {
        RequestReader::new(table, &self.call, &self.method, self.url())
    }

    fn arriving(&self, table: &'static MessageInfo) -> Result<ArrivingBody, CallError> {
        let Options { received, body_timeout, idle_timeout, .. } = self.method.settings.options;
        let collect = Collect::new(received.size, body_timeout, idle_timeout);
        Ok(ArrivingBody { reader: self.reader(table)?, collect })
    }

    #[cold]
    fn write_aside(
        &mut self,
        message: &mut dyn AnyMessage,
        length: usize,
        media: Media,
    ) -> Result<Responded, CallError> {
        let method = self.method.clone();
        let is_tagged = self.caching.as_ref().is_some_and(|caching| caching.wants_content());
        let write = move |message: &mut dyn AnyMessage| {
            let content = Content::of(message, media, &method)?;
            let tag = is_tagged.then(|| tag_of(&content.media_type, &content.body));
            Ok((content, tag))
        };
        self.written = Some(Written::alone(self.call.context(), message, length, write)?);
        Ok(Responded::Aside)
    }

    fn poll_body(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        if let Some(aside) = &mut self.aside {
            return aside.poll(task, message);
        }
        let (mut known, mut new) = (self.arriving.take(), None);
        let ArrivingBody { reader, collect } = match &mut known {
            Some(arriving) => arriving,
            None => new.insert(self.arriving(message.table())?),
        };
        let Poll::Ready(body) = collect.poll(&mut self.body, task) else {
            self.arriving = known.or_else(|| new.map(Box::new));
            return Poll::Pending;
        };
        let body = body?;
        let headers = self.call.context().metadata().as_ref();
        if body.len() <= LARGE || reader.is_raw(message.table()) {
            return Poll::Ready(reader.read(BodyPosition::WHOLE, headers, body, message));
        }
        let headers = headers.clone();
        let ArrivingBody { reader, .. } = known.map(|known| *known).or(new).expect("it is one of them");
        let read =
            move |message: &mut dyn AnyMessage| reader.read(BodyPosition::WHOLE, &headers, body, message);
        self.aside.insert(Aside::new(message, read)).poll(task, message)
    }
}

/// What caches need to know of the form of a response. Raw content has one alone.
fn form_of(table: &'static MessageInfo, media: Media, binding: &Binding) -> Form {
    if RawContent::of(table, binding).is_some() {
        return Form::default();
    }
    Form { name: (media == Media::Protobuf).then_some(etag::PROTOBUF), chosen_by: Some("accept") }
}

impl Exchange for RestExchange {
    fn context(&self) -> &Context {
        self.call.context()
    }

    #[inline]
    fn poll_request(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        if self.method.binding.body == BodyKind::None {
            return Poll::Ready(read_url(message, &self.call, &self.method, self.url()));
        }
        self.poll_body(task, message)
    }

    fn requests(&mut self, table: &'static MessageInfo) -> Result<Box<dyn Incoming>, CallError> {
        let reader = self.reader(table)?;
        let body = take(&mut self.body);
        let options = &self.method.settings.options;
        stream::requests::messages(table, reader, body, self.call.context(), options)
    }

    fn respond(&mut self, message: &mut dyn AnyMessage) -> Result<Responded, CallError> {
        self.call.release(message)?;
        let media = if self.accept { Media::accepted(self.request_headers()) } else { Media::Json };
        if let Some(caching) = &mut self.caching {
            let form = form_of(message.table(), media, self.method.binding);
            caching.message(message, form);
        }
        // What is raw goes out as it is.
        if let Some(length) = self.method.settings.large_seen.of_large(message)
            && RawContent::of(message.table(), self.method.binding).is_none()
        {
            return self.write_aside(message, length, media);
        }
        let content = Content::of(message, media, &self.method)?;
        self.method.settings.large_seen.note(content.body.len());
        if let Some(caching) = &mut self.caching {
            let tag = caching.wants_content().then(|| tag_of(&content.media_type, &content.body));
            caching.content(tag);
        }
        self.answer = Some(RestAnswer::Single(content));
        Ok(Responded::There)
    }

    fn poll_responded(&mut self, task: &mut Task<'_>) -> Poll<Result<(), CallError>> {
        let written = self.written.as_mut().expect("a response that is waited for");
        let (content, tag) = ready!(written.poll(task))?;
        if let Some(caching) = &mut self.caching {
            caching.content(tag);
        }
        self.answer = Some(RestAnswer::Single(content));
        Poll::Ready(Ok(()))
    }

    fn respond_all(&mut self, table: &'static MessageInfo, messages: Box<dyn Outgoing>) {
        self.answer = Some(RestAnswer::Stream(table, messages));
    }
}
