//! Error sets in calls of all four kinds.

use std::sync::Arc;

use prost_types::Timestamp;
use rsvc::error::StatusExt;
use rsvc::prost::Message as _;
use rsvc::{
    Channel, Code, Context, ErrorSet as _, OrStatus as _, RequestStream, ResponseStream, Server, Status,
};

use crate::variants::{Variants as _, all, not_found, not_found_payload};
use all::{Failing, FailingClient, FailingError, FailingServer, Request, Response};

/// Fails as the request says.
struct Fails;

impl Fails {
    fn error(request: &Request) -> FailingError {
        let index = FailingError::ERRORS.iter().position(|e| e.name == request.error).unwrap();
        FailingError::make(index, &request.payload)
    }
}

impl Failing for Fails {
    async fn unary(&self, _: Context, request: Request) -> Result<Response, FailingError> {
        if request.error == "io" {
            std::fs::read("/there/is/no/such/file").internal()?;
        }
        Err(Self::error(&request))
    }

    async fn server_stream(
        &self,
        _: Context,
        request: Request,
    ) -> Result<ResponseStream<Response, FailingError>, FailingError> {
        let messages: Vec<_> = (0..request.after).map(|number| Ok(Response { number })).collect();
        let all =
            messages.into_iter().chain([Err(Self::error(&request))]).chain([Ok(Response { number: 99 })]);
        let all: Vec<_> = all.collect();
        let (sender, stream) = ResponseStream::channel(1);
        tokio::spawn(async move {
            for message in all {
                let sent = match message {
                    Ok(message) => sender.send(message).await,
                    Err(error) => {
                        // Whether somebody still reads is all the same now.
                        let _ = sender.fail(error).await;
                        return;
                    }
                };
                if sent.is_err() {
                    return;
                }
            }
        });
        Ok(stream)
    }

    async fn client_stream(
        &self,
        _: Context,
        mut requests: RequestStream<Request>,
    ) -> Result<Response, FailingError> {
        let mut last = Request::default();
        while let Some(request) = requests.message().await? {
            last = request;
        }
        Err(Self::error(&last))
    }

    async fn both(
        &self,
        ctx: Context,
        mut requests: RequestStream<Request>,
    ) -> Result<ResponseStream<Response, FailingError>, FailingError> {
        let first = requests.message().await?.unwrap_or_default();
        self.server_stream(ctx, first).await
    }
}

async fn channel() -> Channel {
    let server = Server::new().add(FailingServer::new(Fails)).bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", server.local_addr());
    tokio::spawn(server.serve_with_shutdown(std::future::pending()));
    Channel::connect(endpoint).await.unwrap()
}

async fn start() -> FailingClient {
    FailingClient::new(channel().await)
}

fn request(after: u32) -> Request {
    Request { error: "not_found".into(), payload: not_found_payload(), after }
}

#[tokio::test]
async fn every_kind_of_call_brings_the_variant() {
    let client = start().await;
    let expected = not_found();
    let error = client.unary(Context::new(), request(0)).await.unwrap_err();
    assert!(error.same(&expected), "{error:?}");
    let requests = RequestStream::from_iter([request(0), request(0)]);
    let error = client.client_stream(Context::new(), requests).await.unwrap_err();
    assert!(error.same(&expected), "{error:?}");
    for after in [0, 1, 3] {
        let server_stream = client.server_stream(Context::new(), request(after)).await;
        let both = client.both(Context::new(), RequestStream::from_iter([request(after)])).await;
        for mut stream in [server_stream.unwrap(), both.unwrap()] {
            for number in 0..after {
                assert_eq!(stream.message().await.unwrap().unwrap().number, number);
            }
            let error = stream.message().await.unwrap_err();
            assert!(error.same(&expected), "{error:?} after {after}");
            assert!(stream.message().await.unwrap().is_none(), "an error is the end");
        }
    }
}

#[tokio::test]
async fn a_handler_in_the_same_process_gives_the_same() {
    let error = Arc::new(Fails).unary(Context::new(), request(0)).await.unwrap_err();
    assert!(error.same(&not_found()));
}

#[tokio::test]
async fn the_caller_chooses_the_language() {
    let channel = channel().await;
    let busy = all::Busy { until: Some(Timestamp::default()), queue: None };
    let request = Request { error: "busy".into(), payload: busy.encode_to_vec(), after: 2 };
    let plain = all::PlainClient::new(channel.clone());
    // `Plain` has no error set: its client sees the status itself.
    assert_eq!(
        all::Plain::unary(&plain, Context::new(), request.clone()).await.unwrap_err().code(),
        Code::Unimplemented
    );
    for (wish, locale) in [("de", "de-CH"), ("en-GB", "en"), ("fr", "en")] {
        let ctx = Context::new().with_metadata("accept-language", wish).unwrap();
        let mut stream = raw(&channel, ctx, request.clone()).await;
        let status = loop {
            match stream.message().await {
                Ok(message) => assert!(message.is_some()),
                Err(status) => break status,
            }
        };
        assert_eq!(status.get_details_localized_message().unwrap().locale, locale);
    }
}

#[tokio::test]
async fn an_error_that_is_too_long_is_cut_down_and_arrives() {
    let client = start().await;
    let ctx = Context::new();
    let payload = all::NotFound { kind: "k".repeat(30), id: "x".repeat(100_000) };
    let request = Request { error: "not_found".into(), payload: payload.encode_to_vec(), after: 0 };
    let FailingError::NotFound(arrived) = client.unary(ctx, request.clone()).await.unwrap_err() else {
        panic!("another error")
    };
    assert_eq!((arrived.kind.as_str(), arrived.id.as_str()), (payload.kind.as_str(), ""));
    let mut stream = client.server_stream(Context::new(), Request { after: 1, ..request }).await.unwrap();
    assert!(stream.message().await.unwrap().is_some());
    assert!(matches!(stream.message().await, Err(FailingError::NotFound(_))));
}

#[tokio::test]
async fn what_is_nobodys_business_stays_inside() {
    let client = start().await;
    let request = Request { error: "io".into(), ..Request::default() };
    let FailingError::Status(status) = client.unary(Context::new(), request).await.unwrap_err() else {
        panic!("a variant of its own")
    };
    assert_eq!((status.code(), status.message()), (Code::Internal, "Internal error"));
    assert!(status.details().is_empty());
}

#[test]
fn the_code_can_be_chosen() {
    let parse =
        || -> Result<u8, FailingError> { Ok("no number".parse::<u8>().or_status(Code::Unavailable)?) };
    let error = parse().unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.is_retryable() && !error.to_string().contains("digit"));
}

/// The stream of a call whose errors are not turned into variants.
async fn raw(channel: &Channel, ctx: Context, request: Request) -> ResponseStream<Response, Status> {
    let method = &all::FAILING_SERVER_STREAM;
    rsvc::codegen::client::server_streaming(channel, method, ctx, request).await.unwrap()
}
