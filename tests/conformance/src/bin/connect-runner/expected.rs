//! The result that a case wants, where its template does not give it: what the service does with the definition in the
//! first request.

use anyhow::{Context, Result, bail};
use conformance::connect::conformance_payload::{ConnectGetInfo, RequestInfo};
use conformance::connect::unary_response_definition::Response;
use conformance::connect::{
    ClientCompatRequest, ClientResponseResult, Codec, ConformancePayload, Error, Header, Named,
    StreamResponseDefinition, StreamType, UnaryResponseDefinition,
};

use crate::definition::Definition;

/// The result of a call that goes as it should.
pub(crate) fn compute(request: &ClientCompatRequest) -> Result<ClientResponseResult> {
    let definition = request.request_messages.first().map(Definition::of).transpose()?.flatten();
    match (request.stream_type(), definition) {
        (StreamType::Unary | StreamType::ClientStream, None) => Ok(of_one(request, None)),
        (StreamType::Unary | StreamType::ClientStream, Some(Definition::One(definition))) => {
            Ok(of_one(request, Some(definition)))
        }
        (StreamType::Unspecified, _) => bail!("a case without a type of stream"),
        (_, None) => Ok(ClientResponseResult::default()),
        (_, Some(Definition::Stream(definition))) => of_stream(request, definition),
        (kind, Some(_)) => bail!("{kind:?} with the definition of another one"),
    }
}

fn of_one(
    request: &ClientCompatRequest,
    definition: Option<UnaryResponseDefinition>,
) -> ClientResponseResult {
    let info = request_info(request);
    let definition = definition.unwrap_or_default();
    let mut result = ClientResponseResult {
        response_headers: definition.response_headers,
        response_trailers: definition.response_trailers,
        ..ClientResponseResult::default()
    };
    match definition.response {
        Some(Response::Error(error)) => result.error = Some(with_info(error, &info)),
        Some(Response::ResponseData(data)) => {
            result.payloads = vec![ConformancePayload { data, request_info: Some(info) }];
        }
        None => {
            result.payloads =
                vec![ConformancePayload { request_info: Some(info), ..ConformancePayload::default() }];
        }
    }
    result
}

fn of_stream(
    request: &ClientCompatRequest,
    definition: StreamResponseDefinition,
) -> Result<ClientResponseResult> {
    let in_turns = request.stream_type() == StreamType::FullDuplexBidiStream;
    let error = match definition.error {
        Some(error) if definition.response_data.is_empty() => Some(with_info(error, &request_info(request))),
        error => error,
    };
    let mut payloads = Vec::new();
    for (at, data) in definition.response_data.into_iter().enumerate() {
        let mut info = (at == 0).then(|| request_info(request));
        if in_turns {
            let asked = request.request_messages.get(at).context("more responses than requests, in turns")?;
            info.get_or_insert_default().requests = vec![asked.clone()];
        }
        payloads.push(ConformancePayload { data, request_info: info });
    }
    Ok(ClientResponseResult {
        response_headers: definition.response_headers,
        response_trailers: definition.response_trailers,
        payloads,
        error,
        ..ClientResponseResult::default()
    })
}

/// What the server is to have seen.
fn request_info(request: &ClientCompatRequest) -> RequestInfo {
    RequestInfo {
        request_headers: request.request_headers.clone(),
        timeout_ms: request.timeout_ms.map(i64::from),
        requests: request.request_messages.clone(),
        connect_get_info: request.use_get_http_method.then(|| {
            let encoding = if request.codec() == Codec::Json { "json" } else { "proto" };
            let param = |name: &str, value: &str| Header { name: name.into(), value: vec![value.into()] };
            ConnectGetInfo { query_params: vec![param("encoding", encoding), param("connect", "v1")] }
        }),
    }
}

/// An error without answers before it tells what the server saw as its last detail.
fn with_info(mut error: Error, info: &RequestInfo) -> Error {
    error.details.push(info.to_any());
    error
}

#[cfg(test)]
mod tests {
    use conformance::connect::{
        BidiStreamRequest, IdempotentUnaryRequest, ServerStreamRequest, UnaryRequest,
    };

    use super::*;

    fn header(name: &str) -> Header {
        Header { name: name.into(), value: vec!["v".into()] }
    }

    fn request(kind: StreamType, messages: Vec<prost_types::Any>) -> ClientCompatRequest {
        let mut request = ClientCompatRequest {
            request_headers: vec![header("x-request")],
            request_messages: messages,
            timeout_ms: Some(200),
            ..ClientCompatRequest::default()
        };
        request.set_stream_type(kind);
        request
    }

    fn error() -> Error {
        Error { code: 5, message: Some("no".into()), details: Vec::new() }
    }

    fn stream(data: &[&str], error: Option<Error>) -> StreamResponseDefinition {
        let response_data = data.iter().map(|data| data.as_bytes().to_vec()).collect();
        StreamResponseDefinition { response_data, error, ..StreamResponseDefinition::default() }
    }

    #[test]
    fn a_response_tells_of_its_request() {
        let definition = UnaryResponseDefinition {
            response_headers: vec![header("x-header")],
            response_trailers: vec![header("x-trailer")],
            response: Some(Response::ResponseData(b"data".to_vec())),
            ..UnaryResponseDefinition::default()
        };
        let message =
            UnaryRequest { response_definition: Some(definition), ..UnaryRequest::default() }.to_any();
        let result = compute(&request(StreamType::Unary, vec![message.clone()])).unwrap();
        assert_eq!(result.response_headers, [header("x-header")]);
        assert_eq!(result.response_trailers, [header("x-trailer")]);
        let [payload] = &*result.payloads else { panic!("{result:?}") };
        assert_eq!(payload.data, b"data");
        let info = payload.request_info.as_ref().unwrap();
        assert_eq!((info.timeout_ms, &info.requests), (Some(200), &vec![message]));
        assert_eq!(info.request_headers, [header("x-request")]);
        assert_eq!(info.connect_get_info, None);
    }

    #[test]
    fn an_error_without_responses_tells_it_in_its_details() {
        let definition = UnaryResponseDefinition {
            response: Some(Response::Error(error())),
            ..UnaryResponseDefinition::default()
        };
        let message =
            UnaryRequest { response_definition: Some(definition), ..UnaryRequest::default() }.to_any();
        let result = compute(&request(StreamType::Unary, vec![message])).unwrap();
        assert!(result.payloads.is_empty());
        assert!(RequestInfo::is_in(&result.error.unwrap().details[0]));
        let of = |data: &[&str]| {
            let message = ServerStreamRequest {
                response_definition: Some(stream(data, Some(error()))),
                ..ServerStreamRequest::default()
            };
            compute(&request(StreamType::ServerStream, vec![message.to_any()])).unwrap()
        };
        assert_eq!(of(&[]).error.unwrap().details.len(), 1);
        assert_eq!(of(&["a"]).error.unwrap().details.len(), 0);
    }

    #[test]
    fn a_stream_tells_it_once_and_a_conversation_each_time() {
        let first = BidiStreamRequest {
            response_definition: Some(stream(&["a", "b"], None)),
            ..BidiStreamRequest::default()
        };
        let second = BidiStreamRequest { request_data: b"2".to_vec(), ..BidiStreamRequest::default() };
        let messages = vec![first.to_any(), second.to_any()];
        let infos = |kind| {
            let result = compute(&request(kind, messages.clone())).unwrap();
            let infos = result.payloads.into_iter().map(|payload| payload.request_info);
            infos.map(|info| info.map(|info| (info.timeout_ms, info.requests))).collect::<Vec<_>>()
        };
        assert_eq!(infos(StreamType::HalfDuplexBidiStream), [Some((Some(200), messages.clone())), None]);
        let turns = [Some((Some(200), vec![messages[0].clone()])), Some((None, vec![messages[1].clone()]))];
        assert_eq!(infos(StreamType::FullDuplexBidiStream), turns);
    }

    #[test]
    fn a_get_tells_of_its_query() {
        let mut request = request(StreamType::Unary, vec![IdempotentUnaryRequest::default().to_any()]);
        request.use_get_http_method = true;
        request.set_codec(Codec::Json);
        let result = compute(&request).unwrap();
        let get = result.payloads[0].request_info.as_ref().unwrap().connect_get_info.as_ref().unwrap();
        let names: Vec<_> = get.query_params.iter().map(|param| (&*param.name, &*param.value[0])).collect();
        assert_eq!(names, [("encoding", "json"), ("connect", "v1")]);
    }

    #[test]
    fn a_stream_without_a_definition_is_empty() {
        let message = ServerStreamRequest::default().to_any();
        let result = compute(&request(StreamType::ServerStream, vec![message])).unwrap();
        assert_eq!(result, ClientResponseResult::default());
    }
}
