//! The two reflection services.

use std::error::Error as _;

use rsvc::{Code, Context, RequestStream, ResponseStream, Server};

use crate::demo::DemoServer;
use crate::grpc::grpc::reflection::v1::server_reflection_request::MessageRequest;
use crate::grpc::grpc::reflection::v1::server_reflection_response::MessageResponse;
use crate::grpc::grpc::reflection::v1::{self, ServerReflection as _};
use crate::grpc::grpc::reflection::v1alpha::{self, ServerReflection as _};
use crate::setup::{Script, pair, serve};

const RSVC_OPTIONS: i32 = 7_782_001;

fn request(message_request: MessageRequest) -> v1::ServerReflectionRequest {
    v1::ServerReflectionRequest { host: "shop.example".into(), message_request: Some(message_request) }
}

fn symbol(name: &str) -> MessageRequest {
    MessageRequest::FileContainingSymbol(name.into())
}

fn extension(message: &str, number: i32) -> MessageRequest {
    MessageRequest::FileContainingExtension(v1::ExtensionRequest {
        containing_type: message.into(),
        extension_number: number,
    })
}

/// Asks on one stream, and looks at what all responses have in common.
async fn ask<const N: usize>(endpoint: &str, requests: [MessageRequest; N]) -> [MessageResponse; N] {
    let client = v1::ServerReflectionClient::connect(endpoint).await.unwrap();
    let requests = requests.map(request);
    let sent = RequestStream::from_iter(requests.clone());
    let mut responses = client.server_reflection_info(Context::new(), sent).await.unwrap();
    let mut answers = Vec::new();
    for request in requests {
        let response = responses.message().await.unwrap().unwrap();
        assert_eq!(response.valid_host, "shop.example");
        assert_eq!(response.original_request, Some(request));
        answers.push(response.message_response.unwrap());
    }
    assert_eq!(responses.message().await.unwrap(), None);
    answers.try_into().unwrap()
}

/// The names of the files of a response.
fn files(response: &MessageResponse) -> Vec<String> {
    let MessageResponse::FileDescriptorResponse(files) = response else { panic!("{response:?}") };
    let name = |file: &Vec<u8>| {
        use prost::Message as _;
        prost_types::FileDescriptorProto::decode(&**file).unwrap().name.unwrap()
    };
    files.file_descriptor_proto.iter().map(name).collect()
}

fn error(response: &MessageResponse) -> (i32, &str) {
    let MessageResponse::ErrorResponse(error) = response else { panic!("{response:?}") };
    (error.error_code, &error.error_message)
}

fn numbers(response: &MessageResponse) -> &[i32] {
    let MessageResponse::AllExtensionNumbersResponse(numbers) = response else { panic!("{response:?}") };
    assert_eq!(numbers.base_type_name, "google.protobuf.MethodOptions");
    &numbers.extension_number
}

#[tokio::test]
async fn services_are_listed() {
    let (server, _) = pair().await;
    let [response] = ask(&server.endpoint, [MessageRequest::ListServices(String::new())]).await;
    let MessageResponse::ListServicesResponse(list) = response else { panic!("{response:?}") };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    let expected = [
        "demo.v1.Demo",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn files_are_found_by_name_symbol_and_extension() {
    let (server, _) = pair().await;
    let health = "grpc/health/v1/health.proto";
    let responses = ask(
        &server.endpoint,
        [
            MessageRequest::FileByFilename("demo.proto".into()),
            symbol("demo.v1.Demo.Say"),
            symbol("grpc.health.v1.HealthCheckResponse.SERVING"),
            // What it imports was sent before.
            MessageRequest::FileByFilename(health.into()),
            extension("google.protobuf.MethodOptions", RSVC_OPTIONS),
        ],
    )
    .await;
    let [by_name, by_symbol, with_imports, alone, extension] = &responses;
    assert_eq!((files(by_name), files(by_symbol)), (vec!["demo.proto".into()], vec!["demo.proto".into()]));
    let expected = [
        health,
        "rsvc/v1/rsvc.proto",
        "google/protobuf/descriptor.proto",
        "google/protobuf/duration.proto",
        "google/rpc/code.proto",
    ];
    assert_eq!(files(with_imports), expected);
    assert_eq!(files(alone), [health]);
    assert_eq!(files(extension), ["rsvc/v1/rsvc.proto"]);
}

/// Custom options and all.
#[tokio::test]
async fn files_are_sent_as_they_are() {
    let (server, _) = pair().await;
    let asked = [symbol("demo.v1.Demo"), symbol("grpc.health.v1.Health")];
    let sets = [crate::demo::FILE_DESCRIPTOR_SET, crate::grpc::FILE_DESCRIPTOR_SET];
    for (response, set) in ask(&server.endpoint, asked).await.iter().zip(sets) {
        let MessageResponse::FileDescriptorResponse(files) = response else { panic!("{response:?}") };
        for file in &files.file_descriptor_proto {
            assert!(set.windows(file.len()).any(|part| part == file));
        }
    }
}

#[tokio::test]
async fn extensions_have_numbers() {
    let (server, _) = pair().await;
    let of = |message: &str| MessageRequest::AllExtensionNumbersOfType(message.into());
    let asked = [of("google.protobuf.MethodOptions"), of("demo.v1.Text"), of("demo.v1.Demo")];
    let [options, none, service] = ask(&server.endpoint, asked).await;
    assert_eq!(numbers(&options), [RSVC_OPTIONS]);
    let MessageResponse::AllExtensionNumbersResponse(none) = none else { panic!("{none:?}") };
    assert_eq!((&*none.base_type_name, &*none.extension_number), ("demo.v1.Text", &[][..]));
    assert_eq!(error(&service), (5, "there is no message `demo.v1.Demo`"));
}

#[tokio::test]
async fn what_is_unknown_does_not_end_the_stream() {
    let (server, _) = pair().await;
    let responses = ask(
        &server.endpoint,
        [
            symbol("demo.v1.Nope"),
            symbol("demo.v1"),
            symbol(""),
            MessageRequest::FileByFilename("nope.proto".into()),
            extension("google.protobuf.MethodOptions", 1),
            extension("demo.v1.Nope", 1),
            symbol("demo.v1.Demo"),
        ],
    )
    .await;
    let [.., last] = &responses;
    assert_eq!(files(last), ["demo.proto"]);
    let errors: Vec<_> = responses[..6].iter().map(error).collect();
    let expected = [
        (5, "there is no symbol `demo.v1.Nope`"),
        (5, "there is no symbol `demo.v1`"),
        (5, "there is no symbol ``"),
        (5, "there is no file `nope.proto`"),
        (5, "`google.protobuf.MethodOptions` has no extension 1"),
        (5, "`demo.v1.Nope` has no extension 1"),
    ];
    assert_eq!(errors, expected);
}

#[tokio::test]
async fn a_request_without_a_question_does_not_end_the_stream() {
    let (server, _) = pair().await;
    let client = v1::ServerReflectionClient::connect(&*server.endpoint).await.unwrap();
    let requests = [v1::ServerReflectionRequest::default(), request(symbol("demo.v1.Demo"))];
    let requests = RequestStream::from_iter(requests);
    let mut responses = client.server_reflection_info(Context::new(), requests).await.unwrap();
    let mut next = async || responses.message().await.unwrap().unwrap().message_response.unwrap();
    assert_eq!(error(&next().await).0, 12);
    assert_eq!(files(&next().await), ["demo.proto"]);
}

async fn v1alpha(
    endpoint: &str,
    requests: impl IntoIterator<Item = v1alpha::server_reflection_request::MessageRequest>,
) -> Result<ResponseStream<v1alpha::ServerReflectionResponse>, rsvc::Status> {
    let client = v1alpha::ServerReflectionClient::connect(endpoint).await.unwrap();
    let requests: Vec<_> = requests
        .into_iter()
        .map(|message_request| v1alpha::ServerReflectionRequest {
            host: "shop.example".into(),
            message_request: Some(message_request),
        })
        .collect();
    client.server_reflection_info(Context::new(), RequestStream::from_iter(requests)).await
}

#[tokio::test]
async fn the_older_version_says_the_same() {
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;

    let (server, _) = pair().await;
    let asked = [
        MessageRequest::ListServices(String::new()),
        MessageRequest::FileContainingSymbol("nope".into()),
        MessageRequest::AllExtensionNumbersOfType("google.protobuf.MethodOptions".into()),
        MessageRequest::FileContainingSymbol("demo.v1.Demo.Say".into()),
    ];
    let mut responses = v1alpha(&server.endpoint, asked.clone()).await.unwrap();
    let mut found = Vec::new();
    for asked in asked {
        let response = responses.message().await.unwrap().unwrap();
        assert_eq!(response.valid_host, "shop.example");
        assert_eq!(response.original_request.unwrap().message_request, Some(asked));
        found.push(response.message_response.unwrap());
    }
    let [
        MessageResponse::ListServicesResponse(services),
        MessageResponse::ErrorResponse(error),
        MessageResponse::AllExtensionNumbersResponse(numbers),
        MessageResponse::FileDescriptorResponse(files),
    ] = &*found
    else {
        panic!("{found:?}")
    };
    assert_eq!(services.service.len(), 4);
    assert_eq!(error.error_code, 5);
    assert_eq!(numbers.extension_number, [RSVC_OPTIONS]);
    assert!(crate::demo::FILE_DESCRIPTOR_SET.ends_with(&files.file_descriptor_proto[0]));
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let server = serve(Server::without_reflection).await;
    let error = v1alpha(&server.endpoint, []).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    let client = v1::ServerReflectionClient::connect(&*server.endpoint).await.unwrap();
    let error = client.server_reflection_info(Context::new(), RequestStream::from_iter([])).await;
    assert_eq!(error.unwrap_err().code(), Code::Unimplemented);
}

/// Where access is required, it takes a caller that is known; health does not.
#[tokio::test]
async fn it_asks_who_calls_where_access_is_required() {
    use crate::grpc::grpc::health::v1 as health;
    let serve = async |server: Server| {
        let server = server.add(health::HealthServer::new(crate::health::AlwaysServing)).without_health();
        serve(move |_| server).await
    };
    let ask = async |endpoint: &str, ctx: Context| {
        let client = v1::ServerReflectionClient::connect(endpoint).await.unwrap();
        client.server_reflection_info(ctx, RequestStream::from_iter([])).await.map(drop)
    };
    let known = || Context::new().with_metadata("authorization", "Bearer 42").unwrap();
    let closed = serve(Server::new().require_access().authenticator(Tokens)).await;
    assert_eq!(ask(&closed.endpoint, Context::new()).await.unwrap_err().code(), Code::Unauthenticated);
    ask(&closed.endpoint, known()).await.unwrap();
    // Nobody knows callers.
    let closed = serve(Server::new().require_access()).await;
    assert_eq!(ask(&closed.endpoint, known()).await.unwrap_err().code(), Code::Unauthenticated);
    let open = serve(Server::new().require_access().authenticator(Tokens).public_reflection()).await;
    ask(&open.endpoint, Context::new()).await.unwrap();
    let open = serve(Server::new().authenticator(Tokens)).await;
    ask(&open.endpoint, Context::new()).await.unwrap();
}

struct Tokens;

impl rsvc::Authenticator for Tokens {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<rsvc::Principal>, rsvc::Status> {
        Ok(ctx.metadata_str("authorization").map(|_| rsvc::Principal::new("ann")))
    }
}

#[tokio::test]
async fn sets_that_are_none_are_named() {
    for (set, expected) in [
        (&b"\x0A\x05\x0A\x01a"[..], "buffer underflow"),
        (b"\x0A\x00", "a file has no name"),
        (b"\x0A\x07\x0A\x01a\x22\x02\x0A\x00", "`a`: a message has no name"),
        (b"\x0A\x09\x0A\x01a\x3A\x04\x0A\x02ex", "`a`: the extension `ex` extends nothing"),
    ] {
        let server =
            Server::new().authenticated_by_layers().add(DemoServer::new(Script::new().0)).descriptor_set(set);
        let error = server.bind("127.0.0.1:0").await.unwrap_err();
        assert!(error.is_invalid_descriptors());
        assert_eq!(error.to_string(), "reflection cannot serve the descriptors");
        let source = error.source().unwrap().to_string();
        assert!(source.contains(expected), "{source}");
        let server = Server::new().without_reflection().descriptor_set(set);
        drop(server.bind("127.0.0.1:0").await.unwrap());
    }
}
