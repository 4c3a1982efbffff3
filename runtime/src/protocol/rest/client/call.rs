//! A call over REST, one function per kind of answer.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::request::{BoundRequest, StreamForm};
use super::responses::StreamedResponses;
use super::target::RestCall;
use super::{compress, response};
use crate::bridge::Status;
use crate::call::{Body, Outgoing};
use crate::error::not_modified;
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::protocol::client::{CallerLink, Limits, Requests, collect, stream};
use crate::protocol::limits::ReceiveLimits;
use crate::stream::Incoming;
use crate::transcode::binding::Binding;

/// The one response of a call.
pub(crate) struct OneResponse {
    binding: &'static Binding,
    headers: HeaderMap,
    body: Bytes,
    memory: usize,
}

impl OneResponse {
    /// Reads it into `message`, an empty one.
    pub(crate) fn read(self, message: &mut dyn AnyMessage) -> Result<(), Status> {
        let Self { binding, headers, body, memory } = self;
        response::read(binding, &headers, body, memory, message)
    }
}

impl RestCall<'_> {
    /// The body of messages of the type that `table` describes.
    pub(crate) fn body(
        &self,
        table: &'static MessageInfo,
        messages: Box<dyn Outgoing>,
    ) -> (Body, CallerLink) {
        let form = StreamForm::of(table);
        Requests::body(messages, form, self.call.info, &self.call.ctx, self.call.settings())
    }

    /// The HTTP request of messages of the type that `table` describes, which are its body.
    pub(crate) fn requests(&self, table: &'static MessageInfo, body: Body) -> Result<BoundRequest, Status> {
        self.stream_request(table, body)
    }

    /// Waits for the one response.
    pub(crate) async fn one(
        self,
        request: BoundRequest,
        link: Option<CallerLink>,
    ) -> Result<OneResponse, Status> {
        let mut limits = Limits::new(&self.call.ctx, self.call.deadline, link);
        let response = async {
            let binding = request.binding;
            let (head, body) = self.send(request).await?;
            let ReceiveLimits { size, memory } = self.call.settings().messages.received;
            let body = collect(body, size).await?;
            Ok(OneResponse { binding, headers: head.headers, body, memory })
        };
        limits.hold(response).await
    }

    /// Waits for the beginning of the responses, which are of the type that `table` describes.
    pub(crate) async fn several(
        self,
        request: BoundRequest,
        link: Option<CallerLink>,
        table: &'static MessageInfo,
    ) -> Result<Box<dyn Incoming>, Status> {
        let binding = request.binding;
        let mut limits = Limits::new(&self.call.ctx, self.call.deadline, link);
        let (head, body) = limits.hold(self.send(request)).await?;
        let responses = StreamedResponses::new(head.headers, body, binding, table, self.call.settings());
        Ok(stream(responses, self.call.ctx, limits))
    }

    /// Sends a request and waits for the head of the response; an error that it is becomes one.
    async fn send(&self, request: BoundRequest) -> Result<(http::response::Parts, Body), Status> {
        self.tell_binding(request.request.method(), request.binding);
        let (head, body) = self.call.send(request.request).await?.into_parts();
        self.tell_status(head.status);
        if head.status == StatusCode::NOT_MODIFIED {
            response::keep_metadata(&self.call, &head.headers);
            return Err(not_modified());
        }
        let body = compress::response(&head.headers, body);
        if !head.status.is_success() {
            // What cannot be read leaves what the HTTP status says.
            let status = response::error(&head, body.unwrap_or_else(|_| Body::empty())).await;
            if !status.metadata().is_empty() {
                self.call.ctx.store_trailers(status.metadata().clone());
            }
            return Err(status);
        }
        response::keep_metadata(&self.call, &head.headers);
        Ok((head, body?))
    }
}
