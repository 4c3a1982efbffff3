//! A call over REST, one function per kind of answer.

use http::StatusCode;

use super::request::{BoundRequest, StreamForm};
use super::response;
use super::responses::StreamedResponses;
use super::target::RestCall;
use crate::bridge::Status;
use crate::call::{Body, Outgoing};
use crate::error::not_modified;
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::protocol::client::{CallerLink, Limits, Requests, collect, stream};
use crate::stream::Incoming;

impl RestCall<'_> {
    /// The HTTP request of messages of the type that `table` describes.
    pub(crate) fn requests(
        &self,
        table: &'static MessageInfo,
        messages: Box<dyn Outgoing>,
    ) -> Result<(BoundRequest, CallerLink), Status> {
        let BoundRequest { binding, request } = self.stream_request(table)?;
        let form = StreamForm::of(table);
        let (body, link) =
            Requests::body(messages, form, self.call.info, &self.call.ctx, self.call.settings());
        Ok((BoundRequest { binding, request: request.map(|_| body) }, link))
    }

    /// Waits for the one response, which is read into `message`, an empty one.
    pub(crate) async fn one(
        self,
        request: BoundRequest,
        link: Option<CallerLink>,
        message: &mut dyn AnyMessage,
    ) -> Result<(), Status> {
        let mut limits = Limits::new(&self.call.ctx, self.call.deadline, link);
        let response = async {
            let binding = request.binding;
            let (head, body) = self.send(request).await?;
            let received = self.call.settings().messages.received;
            let body = collect(body, received.size).await?;
            response::read(binding, &head.headers, body, received.memory, message)
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
        let (head, body) = self.call.send(request.request).await?.into_parts();
        if head.status == StatusCode::NOT_MODIFIED {
            response::keep_metadata(&self.call, &head.headers);
            return Err(not_modified());
        }
        if !head.status.is_success() {
            let status = response::error(&head, body).await;
            if !status.metadata().is_empty() {
                self.call.ctx.store_trailers(status.metadata().clone());
            }
            return Err(status);
        }
        response::keep_metadata(&self.call, &head.headers);
        Ok((head, body))
    }
}
