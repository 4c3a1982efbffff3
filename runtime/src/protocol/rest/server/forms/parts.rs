//! The parts of a multipart form, as they arrive.
//!
//! multer reads them. It takes and keeps all that its stream has, so its stream is given little at a time: the body is
//! pushed in here by whoever waits for it, and goes on in pieces once what was there has been read.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll, Waker};

use bytes::Bytes;
use futures_util::Stream;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use multer::{Field, Multipart};

use super::{BINARY, faulty, large_text, malformed};
use crate::bridge::Status;
use crate::call::CallError;
use crate::protocol::accept;
use crate::protocol::rest::server::options::FormLimits;
use crate::transcode::url::named::{ParameterSource, too_many};

/// The most bytes that a boundary has, by RFC 2046.
const MAX_BOUNDARY: usize = 70;

/// How much multer is given at once of a file.
const PIECE: usize = 64 << 10;

/// How much it is given at once of anything else. It may keep so much more than the limit.
const SMALL_PIECE: usize = 1 << 10;

/// What a form has next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A field that is not a file.
    Text(TextPart),
    /// A file begins.
    File(FileHead),
    /// A piece of its content, which is not empty.
    Content(Bytes),
    /// It ends.
    FileEnd,
}

/// A field that is not a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TextPart {
    pub(crate) name: String,
    pub(crate) media_type: Option<String>,
    pub(crate) value: Vec<u8>,
}

/// What a form says about a file before its content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileHead {
    pub(crate) name: String,
    /// The name of the file, as its owner has it; may be empty.
    pub(crate) filename: String,
    pub(crate) media_type: Option<String>,
}

/// Reads the parts of a form.
pub(crate) struct Parts {
    multipart: Multipart<'static>,
    feed: Feed,
    /// What has arrived and was not given to multer.
    arrived: Bytes,
    /// Whether the body has ended.
    ended: bool,
    /// Whether the form has.
    over: bool,
    part: Option<(Field<'static>, Part)>,
    events: VecDeque<Event>,
    limits: FormLimits,
    fields: usize,
    text: usize,
    /// How many bytes multer was given since the last part.
    unread: usize,
}

/// What is known of a part whose content arrives.
enum Part {
    Text(TextPart),
    /// With the head of a file without a name, until there is content: without either it is an input that was not
    /// filled in.
    File(Option<FileHead>),
}

impl Parts {
    /// A form whose parts are separated by `boundary`, if its header says one.
    pub(crate) fn new(boundary: Option<&str>, limits: FormLimits) -> Result<Self, CallError> {
        let boundary = match boundary {
            None | Some("") => return Err(malformed("its `Content-Type` has no boundary")),
            Some(boundary) if boundary.len() > MAX_BOUNDARY => {
                return Err(malformed(&format!("its boundary has more than {MAX_BOUNDARY} bytes")));
            }
            Some(boundary) => boundary,
        };
        let feed = Feed::default();
        Ok(Self {
            multipart: Multipart::new(feed.clone(), boundary),
            feed,
            arrived: Bytes::new(),
            ended: false,
            over: false,
            part: None,
            events: VecDeque::new(),
            limits,
            fields: 0,
            text: 0,
            unread: 0,
        })
    }

    /// More of the body has arrived. What arrived before has been read.
    pub(crate) fn push(&mut self, data: Bytes) {
        self.arrived = data;
    }

    /// The body has ended.
    pub(crate) fn finish(&mut self) {
        self.ended = true;
    }

    /// Whether there is nothing more. What is behind the last boundary means nothing.
    pub(crate) fn is_over(&self) -> bool {
        self.over && self.events.is_empty()
    }

    /// What is next: `None` where the form is over, or more of the body has to arrive.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, CallError> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if self.over {
                return Ok(None);
            }
            if self.read()?.is_pending() && !self.feed()? {
                return Ok(None);
            }
        }
    }

    /// Reads on in what multer has; pending where that is not enough.
    fn read(&mut self) -> Result<Poll<()>, CallError> {
        let task = &mut Task::from_waker(Waker::noop());
        let Some((field, part)) = &mut self.part else {
            return match self.multipart.poll_next_field(task) {
                Poll::Pending => Ok(Poll::Pending),
                Poll::Ready(Err(error)) => Err(self.refused(&error)),
                Poll::Ready(Ok(None)) => {
                    self.over = true;
                    Ok(Poll::Ready(()))
                }
                Poll::Ready(Ok(Some(field))) => self.begin(field).map(Poll::Ready),
            };
        };
        match Pin::new(field).poll_next(task) {
            Poll::Pending => return Ok(Poll::Pending),
            Poll::Ready(Some(Err(error))) => return Err(self.refused(&error)),
            Poll::Ready(Some(Ok(data))) if data.is_empty() => {}
            Poll::Ready(Some(Ok(data))) => match part {
                Part::Text(text) => {
                    text.value.extend_from_slice(&data);
                    self.add_text(data.len())?;
                }
                Part::File(head) => {
                    self.events.extend(head.take().map(Event::File));
                    self.events.push_back(Event::Content(data));
                }
            },
            Poll::Ready(None) => match self.part.take() {
                Some((_, Part::Text(text))) => self.events.push_back(Event::Text(text)),
                Some((_, Part::File(None))) => self.events.push_back(Event::FileEnd),
                Some((_, Part::File(Some(_)))) | None => {}
            },
        }
        Ok(Poll::Ready(()))
    }

    /// A part begins.
    fn begin(&mut self, field: Field<'static>) -> Result<(), CallError> {
        self.unread = 0;
        self.fields += 1;
        if self.fields > self.limits.fields {
            return Err(too_many(ParameterSource::Form, self.limits.fields));
        }
        let headers = field.headers();
        let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if size > self.limits.part_header {
            return Err(self.large_head());
        }
        let Some(name) = field.name().map(str::to_owned) else {
            return Err(malformed("a part has no name in UTF-8"));
        };
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let filename = field.file_name().map(str::to_owned);
        let is_binary = || media_type.as_deref().is_some_and(|said| is_type(said, BINARY));
        let part = if filename.is_some() || is_binary() {
            let head = FileHead { name, filename: filename.unwrap_or_default(), media_type };
            if head.filename.is_empty() {
                Part::File(Some(head))
            } else {
                self.events.push_back(Event::File(head));
                Part::File(None)
            }
        } else {
            let charset = field.content_type().and_then(|media_type| media_type.get_param("charset"));
            if charset.is_some_and(|charset| charset != "utf-8" && charset != "us-ascii") {
                return Err(faulty(&name, "a form has to be UTF-8"));
            }
            self.add_text(name.len())?;
            Part::Text(TextPart { name, media_type, value: Vec::new() })
        };
        self.part = Some((field, part));
        Ok(())
    }

    fn add_text(&mut self, bytes: usize) -> Result<(), CallError> {
        self.text += bytes;
        if self.text > self.limits.text { Err(large_text(self.limits.text)) } else { Ok(()) }
    }

    /// Gives multer more; `false` if there is no more.
    fn feed(&mut self) -> Result<bool, CallError> {
        if self.arrived.is_empty() {
            if !self.ended {
                return Ok(false);
            }
            if self.feed.lock().ended {
                return Err(self.broken_off());
            }
            self.feed.lock().ended = true;
            return Ok(true);
        }
        let size = if matches!(self.part, Some((_, Part::File(_)))) { PIECE } else { SMALL_PIECE };
        let piece = self.arrived.split_to(self.arrived.len().min(size));
        if self.part.is_none() {
            self.unread += piece.len();
            if self.unread > self.limits.part_header + 2 * SMALL_PIECE {
                return Err(self.large_head());
            }
        }
        self.feed.lock().piece = piece;
        Ok(true)
    }

    #[cold]
    fn refused(&self, error: &multer::Error) -> CallError {
        match error {
            _ if self.feed.lock().ended => self.broken_off(),
            multer::Error::IncompleteStream => malformed("a boundary is followed by something else"),
            multer::Error::ReadHeaderFailed(_)
            | multer::Error::IncompleteHeaders
            | multer::Error::DecodeHeaderName { .. }
            | multer::Error::DecodeHeaderValue { .. } => malformed("the head of a part is not one"),
            other => malformed(&other.to_string()),
        }
    }

    #[cold]
    fn broken_off(&self) -> CallError {
        match &self.part {
            Some((field, _)) => faulty(field.name().unwrap_or_default(), "the form breaks off in it"),
            None => malformed("it breaks off before its last boundary"),
        }
    }

    #[cold]
    fn large_head(&self) -> CallError {
        let limit = self.limits.part_header;
        let text = format!("the head of a part of the form has more than {limit} bytes");
        CallError::with_http(StatusCode::PAYLOAD_TOO_LARGE, Status::resource_exhausted(text))
    }
}

/// Whether a `Content-Type` is of this media type.
fn is_type(said: &str, media_type: &str) -> bool {
    accept::essence(said).eq_ignore_ascii_case(media_type)
}

/// What multer reads: the piece that it was given last.
#[derive(Clone, Default)]
struct Feed(Arc<Mutex<Fed>>);

#[derive(Default)]
struct Fed {
    piece: Bytes,
    ended: bool,
}

impl Feed {
    fn lock(&self) -> MutexGuard<'_, Fed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream for Feed {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let mut fed = self.lock();
        match std::mem::take(&mut fed.piece) {
            piece if !piece.is_empty() => Poll::Ready(Some(Ok(piece))),
            _ if fed.ended => Poll::Ready(None),
            // Whoever gives it more asks again.
            _ => Poll::Pending,
        }
    }
}
