//! From the templates of a suite to its cases, each with the name that the suite's own runner gives it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use conformance::connect::test_suite::TestMode;
use conformance::connect::{
    ClientCompatRequest, ClientResponseResult, Codec, Compression, HttpVersion, Protocol, RawHttpResponse,
    StreamType, TestCase, TestSuite,
};

use crate::definition::Definition;
use crate::expected;
use crate::padding::pad;
use crate::schema::Schema;

const SERVICE: &str = "connectrpc.conformance.v1.ConformanceService";
/// What a client may receive, in bytes: more than a server, whose responses tell of its requests.
const CLIENT_LIMIT: u32 = 1024 * 1024;

// What the programs can do. There is no TLS, and clear text includes HTTP/2.
const VERSIONS: [HttpVersion; 2] = [HttpVersion::HttpVersion1, HttpVersion::HttpVersion2];
const PROTOCOLS: [Protocol; 3] = [Protocol::Connect, Protocol::Grpc, Protocol::GrpcWeb];
const CODECS: [Codec; 2] = [Codec::Proto, Codec::Json];
const COMPRESSIONS: [Compression; 2] = [Compression::Identity, Compression::Gzip];

/// A call, and the result that it is to have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    /// The test's name is the full one.
    pub(crate) request: ClientCompatRequest,
    pub(crate) expected: ClientResponseResult,
    /// Codes that are as good as the expected one.
    pub(crate) other_codes: Vec<i32>,
    /// What the server is to answer, in HTTP's terms.
    pub(crate) raw_response: Option<RawHttpResponse>,
}

impl Case {
    pub(crate) fn name(&self) -> &str {
        &self.request.test_name
    }

    /// Whether an ordinary client calls an ordinary server.
    pub(crate) fn is_plain(&self) -> bool {
        self.request.raw_request.is_none() && self.raw_response.is_none()
    }
}

/// All cases of a mode, by name.
pub(crate) fn expand(
    schema: &Schema,
    suites: &[TestSuite],
    mode: TestMode,
) -> Result<BTreeMap<String, Case>> {
    let mut cases = BTreeMap::new();
    for suite in suites {
        if suite.relies_on_tls || ![TestMode::Unspecified, mode].contains(&suite.mode()) {
            continue;
        }
        for template in &suite.test_cases {
            for place in places(suite) {
                let kind = template.request.as_ref().context("a template without a request")?.stream_type();
                if !place.can_carry(kind) {
                    continue;
                }
                let case = place.case(schema, suite, template).with_context(|| suite.name.clone())?;
                if let Some(other) = cases.insert(case.name().to_owned(), case) {
                    bail!("there are two cases of the name {}", other.name());
                }
            }
        }
    }
    Ok(cases)
}

/// One way to make a call.
#[derive(Clone, Copy)]
struct Place {
    version: HttpVersion,
    protocol: Protocol,
    codec: Codec,
    compression: Compression,
}

/// The ways that matter to a suite and that the programs know.
fn places(suite: &TestSuite) -> Vec<Place> {
    let versions = relevant(&VERSIONS, &suite.relevant_http_versions().collect::<Vec<_>>());
    let protocols = relevant(&PROTOCOLS, &suite.relevant_protocols().collect::<Vec<_>>());
    let codecs = relevant(&CODECS, &suite.relevant_codecs().collect::<Vec<_>>());
    let compressions = relevant(&COMPRESSIONS, &suite.relevant_compressions().collect::<Vec<_>>());
    let mut places = Vec::new();
    for &protocol in &protocols {
        for &version in &versions {
            for &codec in &codecs {
                for &compression in &compressions {
                    places.push(Place { version, protocol, codec, compression });
                }
            }
        }
    }
    places.retain(|place| !suite.relies_on_connect_get || place.protocol == Protocol::Connect);
    places
}

/// What of `known` a suite names; all of it where it names nothing.
fn relevant<T: Copy + PartialEq>(known: &[T], named: &[T]) -> Vec<T> {
    known.iter().copied().filter(|value| named.is_empty() || named.contains(value)).collect()
}

impl Place {
    fn can_carry(self, kind: StreamType) -> bool {
        match self.version {
            HttpVersion::HttpVersion1 => {
                self.protocol != Protocol::Grpc && kind != StreamType::FullDuplexBidiStream
            }
            _ => true,
        }
    }

    fn case(self, schema: &Schema, suite: &TestSuite, template: &TestCase) -> Result<Case> {
        let mut request = template.request.clone().context("a template without a request")?;
        ensure!(!request.test_name.is_empty(), "a template without a name");
        request.test_name = self.name(suite, &request.test_name);
        pad(schema, &mut request.request_messages, &template.expand_requests)?;
        request.set_http_version(self.version);
        request.set_protocol(self.protocol);
        request.set_codec(self.codec);
        request.set_compression(self.compression);
        request.message_receive_limit = CLIENT_LIMIT;
        if request.service.is_none() {
            request.service = Some(SERVICE.to_owned());
            request.method = Some(method(request.stream_type()).to_owned());
        }
        let expected = match &template.expected_response {
            Some(expected) => expected.clone(),
            None => expected::compute(&request).with_context(|| request.test_name.clone())?,
        };
        let definition = request.request_messages.first().map(Definition::of).transpose()?.flatten();
        Ok(Case {
            raw_response: definition.and_then(Definition::raw_response),
            request,
            expected,
            other_codes: template.other_allowed_error_codes.clone(),
        })
    }

    /// The full name of a case: what a suite has one value of is not part of it.
    fn name(self, suite: &TestSuite, template: &str) -> String {
        let mut parts = vec![suite.name.clone()];
        let mut part = |values: &[i32], text: String| {
            if values.len() != 1 {
                parts.push(text);
            }
        };
        part(&suite.relevant_http_versions, format!("HTTPVersion:{}", i32::from(self.version)));
        part(&suite.relevant_protocols, format!("Protocol:{}", self.protocol.as_str_name()));
        part(&suite.relevant_codecs, format!("Codec:{}", self.codec.as_str_name()));
        part(&suite.relevant_compressions, format!("Compression:{}", self.compression.as_str_name()));
        if !suite.relies_on_tls {
            parts.push("TLS:false".to_owned());
        }
        parts.push(template.to_owned());
        parts.join("/")
    }
}

/// The method that a case without one calls.
fn method(kind: StreamType) -> &'static str {
    match kind {
        StreamType::ClientStream => "ClientStream",
        StreamType::ServerStream => "ServerStream",
        StreamType::HalfDuplexBidiStream | StreamType::FullDuplexBidiStream => "BidiStream",
        StreamType::Unary | StreamType::Unspecified => "Unary",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(name: &str, kind: StreamType) -> TestCase {
        let mut request = ClientCompatRequest { test_name: name.into(), ..ClientCompatRequest::default() };
        request.set_stream_type(kind);
        TestCase { request: Some(request), ..TestCase::default() }
    }

    fn suite(templates: Vec<TestCase>) -> TestSuite {
        TestSuite { name: "The Suite".into(), test_cases: templates, ..TestSuite::default() }
    }

    fn names(suite: &TestSuite, mode: TestMode) -> Vec<String> {
        let cases = expand(&Schema::of_tests(), std::slice::from_ref(suite), mode).unwrap();
        cases.into_keys().collect()
    }

    #[test]
    fn a_suite_for_everything_has_a_case_of_each_kind() {
        let all = names(&suite(vec![template("unary/ok", StreamType::Unary)]), TestMode::Server);
        // Connect and gRPC-Web on two versions of HTTP, gRPC on one; two codecs, two compressions.
        assert_eq!(all.len(), (2 + 2 + 1) * 2 * 2);
        let way = "Protocol:PROTOCOL_CONNECT/Codec:CODEC_PROTO/Compression:COMPRESSION_IDENTITY";
        assert!(all.contains(&format!("The Suite/HTTPVersion:1/{way}/TLS:false/unary/ok")));
        assert!(!all.iter().any(|name| name.contains("HTTPVersion:1/Protocol:PROTOCOL_GRPC/")));
        let duplex = suite(vec![template("duplex", StreamType::FullDuplexBidiStream)]);
        assert_eq!(names(&duplex, TestMode::Client).len(), 3 * 2 * 2);
        let half = suite(vec![template("half", StreamType::HalfDuplexBidiStream)]);
        assert_eq!(names(&half, TestMode::Client).len(), (2 + 2 + 1) * 2 * 2);
    }

    #[test]
    fn what_has_one_value_is_not_part_of_a_name() {
        let mut suite = suite(vec![template("ok", StreamType::Unary)]);
        suite.relevant_protocols = vec![Protocol::Grpc.into()];
        suite.relevant_codecs = vec![Codec::Json.into()];
        suite.relevant_compressions = vec![Compression::Gzip.into()];
        assert_eq!(names(&suite, TestMode::Server), ["The Suite/HTTPVersion:2/TLS:false/ok"]);
        suite.relevant_http_versions = vec![HttpVersion::HttpVersion2.into()];
        assert_eq!(names(&suite, TestMode::Server), ["The Suite/TLS:false/ok"]);
        suite.relevant_codecs.push(Codec::Proto.into());
        assert_eq!(
            names(&suite, TestMode::Server),
            ["The Suite/Codec:CODEC_JSON/TLS:false/ok", "The Suite/Codec:CODEC_PROTO/TLS:false/ok"]
        );
        // One that the programs do not know counts for the name all the same.
        suite.relevant_compressions.push(Compression::Snappy.into());
        suite.relevant_codecs.pop();
        assert_eq!(names(&suite, TestMode::Server), ["The Suite/Compression:COMPRESSION_GZIP/TLS:false/ok"]);
    }

    #[test]
    fn suites_for_others_are_left_out() {
        let mut of_clients = suite(vec![template("ok", StreamType::Unary)]);
        of_clients.set_mode(TestMode::Client);
        assert!(names(&of_clients, TestMode::Server).is_empty());
        assert_eq!(names(&of_clients, TestMode::Client).len(), 20);
        let mut with_tls = suite(vec![template("ok", StreamType::Unary)]);
        with_tls.relies_on_tls = true;
        assert!(names(&with_tls, TestMode::Server).is_empty());
        let mut with_get = suite(vec![template("ok", StreamType::Unary)]);
        with_get.relies_on_connect_get = true;
        assert_eq!(names(&with_get, TestMode::Server).len(), 8);
    }

    #[test]
    fn a_name_stands_for_one_case() {
        let twice = suite(vec![template("ok", StreamType::Unary), template("ok", StreamType::Unary)]);
        assert!(expand(&Schema::of_tests(), &[twice], TestMode::Server).is_err());
    }

    #[test]
    fn a_case_says_how_to_call() {
        let suite = suite(vec![template("ok", StreamType::ServerStream)]);
        let cases = expand(&Schema::of_tests(), &[suite], TestMode::Server).unwrap();
        let (name, case) = cases.iter().find(|(name, _)| name.contains("GRPC_WEB")).unwrap();
        assert_eq!(case.name(), name);
        assert_eq!((case.request.service(), case.request.method()), (SERVICE, "ServerStream"));
        assert_eq!(case.request.protocol(), Protocol::GrpcWeb);
        assert_eq!(case.request.message_receive_limit, CLIENT_LIMIT);
        assert!(case.is_plain());
    }
}
