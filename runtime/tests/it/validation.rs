//! No handler sees a request that breaks a rule, alone or in a stream.

use prost::Message as _;
use rsvc::client::Protocol;
use rsvc::pb::buf::validate::Violations as ViolationsProto;
use rsvc::server::ResponseValidation;
use rsvc::{Channel, Code, Context, RequestStream};
use tonic_types::pb::{BadRequest, Status};

use crate::demo::{Demo, DemoClient, number, text};
use crate::setup::{Running, pair, serve};

const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect];

async fn client(server: &Running, protocol: Protocol) -> DemoClient {
    DemoClient::new(Channel::builder(&*server.endpoint).protocol(protocol).connect().await.unwrap())
}

#[tokio::test]
async fn a_request_that_breaks_a_rule_is_refused() {
    let (_server, client) = pair().await;
    let error = client.say(Context::new(), number(-666)).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::InvalidArgument, "number: must not be in list [-666]")
    );

    let details = Status::decode(error.details()).unwrap().details;
    assert_eq!(details.len(), 2);
    assert_eq!(details[0].type_url, "type.googleapis.com/google.rpc.BadRequest");
    let bad = BadRequest::decode(details[0].value.as_slice()).unwrap();
    assert_eq!(bad.field_violations[0].field, "number");
    assert_eq!(bad.field_violations[0].reason, "int32.not_in");
    assert_eq!(details[1].type_url, "type.googleapis.com/buf.validate.Violations");
    let violations = ViolationsProto::decode(details[1].value.as_slice()).unwrap();
    let rule = violations.violations[0].rule.clone().unwrap();
    assert_eq!(rule.elements[1].field_name.as_deref(), Some("not_in"));
}

/// What a status says of each violation, and of the rest.
fn listed(status: &rsvc::Status) -> (usize, String) {
    let details = Status::decode(status.details()).unwrap().details;
    let bad = BadRequest::decode(details[0].value.as_slice()).unwrap().field_violations;
    let (last, listed) = bad.split_last().unwrap();
    assert!(listed.iter().all(|violation| violation.field == "number"));
    (listed.len(), last.description.clone())
}

#[tokio::test]
async fn a_server_says_how_many_violations_are_listed() {
    let server = serve(|server| server.max_violations(5).validate_responses(ResponseValidation::Fail)).await;
    let client = server.client().await;
    let error = client.say(Context::new(), number(-2400)).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(listed(&error), (5, "1395 more violations".to_owned()));
    assert!(error.message().ends_with("; 1395 more violations"), "{}", error.message());
    let bad = RequestStream::from_iter([number(1), number(-2400)]);
    let error = client.sum(Context::new(), bad).await.unwrap_err();
    assert_eq!(listed(&error), (5, "1395 more violations".to_owned()));
    // Of a response they are in the message.
    let requests = RequestStream::from_iter([number(-999), number(-999), number(-402)]);
    let error = client.sum(Context::new(), requests).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(error.message().ends_with("; 1395 more violations"), "{}", error.message());
}

/// As many as the trailers of a call take, and none is lost of the count.
#[tokio::test]
async fn a_hundred_violations_are_listed_and_counted() {
    let (server, _) = pair().await;
    for protocol in PROTOCOLS {
        let client = client(&server, protocol).await;
        let error = client.say(Context::new(), number(-1_001_000)).await.unwrap_err();
        assert_eq!(listed(&error), (16, "999984 more violations".to_owned()), "{protocol:?}");
    }
}

#[tokio::test]
async fn every_message_of_a_stream_is_checked() {
    let (server, _) = pair().await;
    for protocol in PROTOCOLS {
        let client = client(&server, protocol).await;
        let fine = RequestStream::from_iter([number(1), number(2)]);
        client.sum(Context::new(), fine).await.unwrap();
        let bad = RequestStream::from_iter([number(1), number(-666)]);
        let error = client.sum(Context::new(), bad).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{protocol:?}");
        // One request alone, of either kind of call.
        let error = match client.count(Context::new(), number(-666)).await {
            Err(error) => error,
            Ok(mut responses) => responses.message().await.unwrap_err(),
        };
        assert_eq!(error.code(), Code::InvalidArgument, "{protocol:?}");
        let error = client.say(Context::new(), number(-666)).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{protocol:?}");
    }
}

#[tokio::test]
async fn a_response_that_breaks_a_rule_is_the_servers_mistake() {
    let server = serve(|server| server.validate_responses(ResponseValidation::Fail)).await;
    let client = server.client().await;
    let requests = || RequestStream::from_iter([number(-600), number(-66)]);
    let error = client.sum(Context::new(), requests()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::Internal, "the response is not valid: number: must not be in list [-666]")
    );
    let mut responses = client.count(Context::new(), text("wrong")).await.unwrap();
    assert_eq!(responses.message().await.unwrap(), Some(number(1)));
    assert_eq!(responses.message().await.unwrap_err().code(), Code::Internal);

    // What the handler has done is done: unless asked, it is not taken back from the caller.
    for validation in [ResponseValidation::Off, ResponseValidation::Log, ResponseValidation::default()] {
        let server = serve(|server| server.validate_responses(validation)).await;
        let client = server.client().await;
        assert_eq!(client.sum(Context::new(), requests()).await.unwrap(), number(-666), "{validation:?}");
    }
}

#[tokio::test]
async fn a_client_can_check_before_it_sends() {
    let mut server = serve(|server| server).await;
    let channel = Channel::builder(&*server.endpoint).validate_requests(true).connect().await.unwrap();
    let client = DemoClient::new(channel);
    client.say(Context::new(), number(1)).await.unwrap();
    let error = client.say(Context::new(), number(-666)).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::InvalidArgument, "number: must not be in list [-666]")
    );
    assert_eq!(client.count(Context::new(), number(-666)).await.err().unwrap().code(), Code::InvalidArgument);
    let bad = RequestStream::from_iter([number(1), number(-666), number(2)]);
    let error = client.sum(Context::new(), bad).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);

    // Nothing arrived of the calls with one request; a server that is gone would not be noticed either.
    server.stop();
    server.serving.await.unwrap().unwrap();
    let error = client.say(Context::new(), number(-666)).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
}
