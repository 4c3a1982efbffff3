//! The suites as they are written: YAML that stands for the JSON of `TestSuite`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use conformance::connect::TestSuite;
use prost::Message as _;
use serde_json::{Map, Value};

use crate::schema::Schema;

/// Reads all suites of a folder.
pub(crate) fn load(schema: &Schema, folder: &Path) -> Result<Vec<TestSuite>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    ensure!(!files.is_empty(), "there are no suites in {}", folder.display());
    let read = |file: &PathBuf| suite(schema, &fs::read_to_string(file)?);
    files.iter().map(|file| read(file).with_context(|| file.display().to_string())).collect()
}

fn suite(schema: &Schema, text: &str) -> Result<TestSuite> {
    let json = present(serde_saphyr::from_str(text)?);
    Ok(TestSuite::decode(&*schema.parse("connectrpc.conformance.v1.TestSuite", json)?)?)
}

/// A key without a value stands for a message that is there and empty.
fn present(value: Value) -> Value {
    let entry = |(key, value)| match value {
        Value::Null => (key, Value::Object(Map::new())),
        other => (key, present(other)),
    };
    match value {
        Value::Object(map) => Value::Object(map.into_iter().map(entry).collect()),
        Value::Array(items) => Value::Array(items.into_iter().map(present).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use conformance::connect::client_compat_request::cancel::CancelTiming;
    use conformance::connect::{ClientResponseResult, Code, Named as _, ServerStreamRequest};

    use super::*;

    #[test]
    fn the_ways_of_writing_that_occur() {
        let text = "\
name: The Suite # a comment
mode: TEST_MODE_CLIENT
relies_on_connect_get: true
relevantCodecs: [CODEC_PROTO]
testCases:
- request:
    testName: one
    cancel:
      beforeCloseSend:
    requestMessages:
    - \"@type\": type.googleapis.com/connectrpc.conformance.v1.ServerStreamRequest
      request_data: dGVzdA
      responseDefinition:
        rawResponse:
          status_code: 200
          stream:
            items:
            - flags: 2
              payload:
                text: |
                  { \"error\": null }
  expectedResponse:
- request:
    testName: two
  expectedResponse:
    error:
      code: 9
";
        let suite = suite(&Schema::of_tests(), text).unwrap();
        assert!(suite.relies_on_connect_get && suite.mode == 1 && suite.relevant_codecs == [1]);
        let [one, two] = &*suite.test_cases else { panic!("{suite:?}") };
        assert_eq!(one.expected_response, Some(ClientResponseResult::default()));
        let request = one.request.as_ref().unwrap();
        let timing = request.cancel.as_ref().unwrap().cancel_timing;
        assert_eq!(timing, Some(CancelTiming::BeforeCloseSend(())));
        let message = ServerStreamRequest::from_any(&request.request_messages[0]).unwrap().unwrap();
        assert_eq!(message.request_data, b"test");
        let raw = format!("{:?}", message.response_definition);
        assert!(raw.contains("{ \\\"error\\\": null }\\n"), "{raw}");
        let error = two.expected_response.as_ref().unwrap().error.as_ref().unwrap();
        assert_eq!(error.code(), Code::FailedPrecondition);
    }

    #[test]
    fn what_the_schema_does_not_know_is_an_error() {
        assert!(suite(&Schema::of_tests(), "name: x\nnoSuchField: 1\n").is_err());
        assert!(suite(&Schema::of_tests(), "name: [\n").is_err());
    }
}
