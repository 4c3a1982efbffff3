//! Streams of answers.

use conformance::connect::conformance_payload::RequestInfo;
use conformance::connect::{
    BidiStreamRequest, ConformancePayload, Named, ServerStreamRequest, StreamResponseDefinition,
};
use futures_util::stream;
use prost_types::Any;
use rsvc::{Context, RequestStream, ResponseStream, Status};

use crate::service::{delay, failure, request_info, set_metadata};

/// What a stream of answers goes by.
pub(crate) struct Answers {
    ctx: Context,
    definition: StreamResponseDefinition,
    /// What else comes from the client, in a conversation where each request has an answer.
    requests: Option<RequestStream<BidiStreamRequest>>,
    /// The requests that no answer has told of yet.
    seen: Vec<Any>,
    /// Whether the last of them waits for its answer.
    asked: bool,
    sent: usize,
}

/// The answers to one request.
pub(crate) fn one_request(ctx: Context, request: ServerStreamRequest) -> Result<Answers, Status> {
    let seen = vec![request.to_any()];
    Answers::new(ctx, request.response_definition, seen, None)
}

/// The answers to a stream: to all requests at the end, or to each when it comes.
pub(crate) async fn many_requests(
    ctx: Context,
    mut requests: RequestStream<BidiStreamRequest>,
) -> Result<Answers, Status> {
    let Some(first) = requests.message().await? else {
        return Answers::new(ctx, None, Vec::new(), None);
    };
    let mut seen = vec![first.to_any()];
    if first.full_duplex {
        return Answers::new(ctx, first.response_definition, seen, Some(requests));
    }
    while let Some(request) = requests.message().await? {
        seen.push(request.to_any());
    }
    Answers::new(ctx, first.response_definition, seen, None)
}

/// The answers as messages of a method.
pub(crate) fn responses<T: Send + 'static>(
    answers: Answers,
    message: fn(ConformancePayload) -> T,
) -> ResponseStream<T> {
    ResponseStream::new(stream::unfold(Some(answers), move |answers| async move {
        let mut answers = answers?;
        match answers.next().await {
            Ok(Some(payload)) => Some((Ok(message(payload)), Some(answers))),
            Ok(None) => None,
            Err(status) => Some((Err(status), None)),
        }
    }))
}

impl Answers {
    fn new(
        ctx: Context,
        definition: Option<StreamResponseDefinition>,
        seen: Vec<Any>,
        requests: Option<RequestStream<BidiStreamRequest>>,
    ) -> Result<Self, Status> {
        let definition = definition.unwrap_or_default();
        set_metadata(&ctx, &definition.response_headers, &definition.response_trailers)?;
        let asked = requests.is_some();
        Ok(Self { ctx, definition, requests, seen, asked, sent: 0 })
    }

    /// The next answer, `None` after the last.
    async fn next(&mut self) -> Result<Option<ConformancePayload>, Status> {
        if !self.asked
            && let Some(requests) = &mut self.requests
        {
            match requests.message().await? {
                Some(request) => {
                    self.seen.push(request.to_any());
                    self.asked = true;
                }
                None => self.requests = None,
            }
        }
        let Some(data) = self.definition.response_data.get_mut(self.sent).map(std::mem::take) else {
            return self.end();
        };
        let info = self.info();
        delay(self.definition.response_delay_ms).await;
        self.asked = false;
        self.sent += 1;
        Ok(Some(ConformancePayload { data, request_info: info }))
    }

    /// What an answer tells: the first one of everything, one to a request of what came since the last.
    fn info(&mut self) -> Option<RequestInfo> {
        let requests = std::mem::take(&mut self.seen);
        if self.sent == 0 {
            return Some(request_info(&self.ctx, requests));
        }
        self.asked.then(|| RequestInfo { requests, ..RequestInfo::default() })
    }

    /// The end of the stream, with the error that was asked for.
    fn end(&mut self) -> Result<Option<ConformancePayload>, Status> {
        let Some(error) = self.definition.error.take() else { return Ok(None) };
        let info = (self.sent == 0).then(|| request_info(&self.ctx, std::mem::take(&mut self.seen)));
        Err(failure(error, info.as_ref()))
    }
}
