//! The messages of a streamed response, as they arrive.

use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::Body as _;

use super::events::Events;
use super::response::{self, status_of, with_prefix};
use crate::bridge::Status;
use crate::call::Body;
use crate::json::info::{MessageInfo, Type};
use crate::message::AnyMessage;
use crate::protocol::client::{ClientSettings, Event, ResponseSource, body_error};
use crate::protocol::limits::ReceiveLimits;
use crate::protocol::rest::TRAILER_PREFIX;
use crate::transcode::binding::Binding;
use crate::transcode::field::BodyField;
use crate::transcode::httpbody;
use crate::transcode::split::{Shape, SplitError, Splitter};

/// The messages of a body, of the type that `table` describes.
pub(super) struct StreamedResponses {
    body: Body,
    headers: HeaderMap,
    format: Format,
    binding: &'static Binding,
    table: &'static MessageInfo,
    max_memory: usize,
    ended: bool,
    trailers: HeaderMap,
}

enum Format {
    Events(Events),
    /// An array or lines.
    Texts(Splitter),
    /// The content of `google.api.HttpBody`s.
    Raw,
}

impl StreamedResponses {
    pub(super) fn new(
        headers: HeaderMap,
        body: Body,
        binding: &'static Binding,
        table: &'static MessageInfo,
        settings: &ClientSettings,
    ) -> Self {
        let ReceiveLimits { size: limit, memory } = settings.messages.received;
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_events = media_type.is_some_and(|text| text.starts_with("text/event-stream"));
        let raw = match binding.response_body {
            None => httpbody::is(table),
            Some(index) => httpbody::is_field(BodyField::of(table, index).info()),
        };
        let format = if raw {
            Format::Raw
        } else if is_events {
            Format::Events(Events::new(limit))
        } else {
            Format::Texts(Splitter::new(Shape::Any, limit))
        };
        Self {
            body,
            headers,
            format,
            binding,
            table,
            max_memory: memory,
            ended: false,
            trailers: HeaderMap::new(),
        }
    }

    /// What there is without more of the body.
    fn take(&mut self) -> Result<Option<Event>, Status> {
        match &mut self.format {
            Format::Raw if self.ended => Ok(Some(self.end())),
            Format::Raw => Ok(None),
            Format::Events(events) => {
                match events.next().map_err(|_| Status::resource_exhausted("an event is too large"))? {
                    Some(event) if event.name == "error" => Err(status_of(&event.data)
                        .unwrap_or_else(|| Status::unknown("the stream ended with an error"))),
                    Some(event) if event.name == "end" => Ok(Some(self.end())),
                    Some(event) => Ok(Some(Event::Message(event.data.into()))),
                    None if self.ended => Err(Status::unavailable("the stream broke off")),
                    None => Ok(None),
                }
            }
            Format::Texts(texts) => {
                let piece = match texts.next().map_err(wrong)? {
                    None if self.ended => texts.finish().map_err(wrong)?,
                    piece => piece,
                };
                match piece {
                    Some(piece) => match last_word(self.binding, self.table, &piece.content) {
                        Some(status) => Err(status),
                        None => Ok(Some(Event::Message(piece.content))),
                    },
                    None => Ok(self.ended.then(|| self.end())),
                }
            }
        }
    }

    /// The end of a call that went well.
    fn end(&mut self) -> Event {
        Event::End(Ok(std::mem::take(&mut self.trailers)))
    }
}

impl ResponseSource for StreamedResponses {
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Event> {
        for _ in 0..MAX_BURST {
            match self.take() {
                Ok(Some(event)) => return Poll::Ready(event),
                Err(status) => return Poll::Ready(Event::End(Err(status))),
                Ok(None) => {}
            }
            match ready!(Pin::new(&mut self.body).poll_frame(task)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => match &mut self.format {
                        Format::Events(events) => events.push(&data),
                        Format::Texts(texts) => texts.push(data),
                        Format::Raw => return Poll::Ready(Event::Message(data)),
                    },
                    Err(frame) => {
                        if let Ok(trailers) = frame.into_trailers() {
                            self.trailers = with_prefix(&trailers, TRAILER_PREFIX);
                        }
                    }
                },
                Some(Err(status)) => return Poll::Ready(Event::End(Err(body_error(status)))),
                None => self.ended = true,
            }
        }
        task.waker().wake_by_ref();
        Poll::Pending
    }

    fn read(&self, content: Bytes, message: &mut dyn AnyMessage) -> Result<(), Status> {
        response::read(self.binding, &self.headers, content, self.max_memory, message)
    }
}

#[cold]
#[allow(clippy::needless_pass_by_value, reason = "it maps errors")]
fn wrong(error: SplitError) -> Status {
    let message = format!("the response: {error}");
    match error {
        SplitError::TooLarge { .. } | SplitError::Gap { .. } => Status::resource_exhausted(message),
        SplitError::Syntax { .. } => Status::internal(message),
    }
}

/// How many frames without the end of a message are read before the task yields.
const MAX_BURST: usize = 64;

/// The error in place of a message, `{"error": …}`; or a message that has such a field of its own.
fn last_word(binding: &Binding, table: &'static MessageInfo, text: &[u8]) -> Option<Status> {
    let table = match binding.response_body.map(|index| table.field(index.into()).ty) {
        Some(Type::Message(table)) => table(),
        _ => table,
    };
    if table.fields.iter().any(|field| field.has_name("error")) {
        return None;
    }
    let start = text.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    let inner = start.strip_prefix(b"\"error\"")?.trim_ascii_start().strip_prefix(b":")?;
    status_of(inner.trim_ascii_end().strip_suffix(b"}")?)
}

#[cfg(test)]
mod tests {
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;
    use crate::json::Json as _;
    use crate::pb::google::rpc::LocalizedMessage;

    #[test]
    fn what_brings_no_message_gives_others_their_turn() {
        static BINDING: Binding = Binding::new(0, "GET", "/");
        let settings = ClientSettings::default();
        for (media_type, nothing) in [("text/event-stream", ":\n"), ("application/x-ndjson", " \n")] {
            // More than is read at once, and an end to tell how much was read.
            let frames = (0..10 * MAX_BURST)
                .map(|_| Ok::<_, Status>(Frame::data(Bytes::from_static(nothing.as_bytes()))));
            let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, http::HeaderValue::from_static(media_type))]);
            let mut responses =
                StreamedResponses::new(headers, body, &BINDING, LocalizedMessage::info(), &settings);
            let mut task = Task::from_waker(std::task::Waker::noop());
            let mut yields = 0;
            while responses.poll_next(&mut task).is_pending() {
                yields += 1;
            }
            assert_eq!(yields, 10, "{media_type}");
        }
    }
}
