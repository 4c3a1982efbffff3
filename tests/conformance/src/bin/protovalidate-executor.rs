//! Answers protovalidate's conformance cases: a `TestConformanceRequest` on standard input, a
//! `TestConformanceResponse` on standard output. `--cel` takes the standard rules from their CEL.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use prost::Message;
use rsvc::pb::buf::validate::Violations as ViolationsProto;

/// `TestConformanceRequest`; the descriptors are compiled in, so those sent are not read.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(btree_map = "string, message", tag = "3")]
    cases: BTreeMap<String, prost_types::Any>,
}

/// `TestConformanceResponse`
#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(btree_map = "string, message", tag = "1")]
    results: BTreeMap<String, TestResult>,
}

/// `TestResult`
#[derive(Clone, PartialEq, Message)]
struct TestResult {
    #[prost(oneof = "Outcome", tags = "1, 2, 3, 4, 5")]
    result: Option<Outcome>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Outcome {
    #[prost(bool, tag = "1")]
    Success(bool),
    #[prost(message, tag = "2")]
    ValidationError(ViolationsProto),
    #[prost(string, tag = "3")]
    CompilationError(String),
    #[prost(string, tag = "4")]
    RuntimeError(String),
    #[prost(string, tag = "5")]
    UnexpectedError(String),
}

fn main() -> anyhow::Result<()> {
    let from_cel = std::env::args().any(|a| a == "--cel");
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let request = Request::decode(input.as_slice())?;
    let results = request.cases.into_iter().map(|(name, case)| {
        let result = Some(answer(&case, from_cel));
        (name, TestResult { result })
    });
    let response = Response { results: results.collect() };
    std::io::stdout().write_all(&response.encode_to_vec())?;
    Ok(())
}

#[cfg(protovalidate_cases)]
fn answer(case: &prost_types::Any, from_cel: bool) -> Outcome {
    use conformance::protovalidate::{Rules, validate};
    use rsvc::validate::Failure;

    let name = case.type_url.rsplit('/').next().unwrap_or_default();
    let rules = if from_cel { Rules::Cel } else { Rules::Native };
    let violations = match validate(rules, name, &case.value) {
        None => return Outcome::UnexpectedError(format!("`{name}` is not compiled in")),
        Some(Err(error)) => return Outcome::UnexpectedError(error.to_string()),
        Some(Ok(Ok(()))) => return Outcome::Success(true),
        Some(Ok(Err(violations))) => violations,
    };
    match violations.failure() {
        Some(failure @ Failure::Compilation(_)) => Outcome::CompilationError(failure.to_string()),
        Some(failure @ Failure::Runtime { .. }) => Outcome::RuntimeError(failure.to_string()),
        None => Outcome::ValidationError((&violations).into()),
    }
}

#[cfg(not(protovalidate_cases))]
fn answer(_: &prost_types::Any, _: bool) -> Outcome {
    let text = "built without the cases: set RSVC_SHARED to the folder with conformance/protovalidate, and build again";
    Outcome::UnexpectedError(text.to_owned())
}
