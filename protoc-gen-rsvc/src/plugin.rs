//! The plugin protocol: a `CodeGeneratorRequest` on standard input, a `CodeGeneratorResponse` on standard output.
//!
//! What is wrong with the request or the files goes into the response, and the exit code stays 0, as the protocol
//! wants it (`google/protobuf/compiler/plugin.proto`, `CodeGeneratorResponse.error`).

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use prost::Message as _;
use prost_types::compiler::CodeGeneratorResponse;
use prost_types::compiler::code_generator_response::{Feature, File};
use protoc_gen_rsvc::diag::Errors;
use protoc_gen_rsvc::input::{Request, Source};
use protoc_gen_rsvc::options::Options;
use protoc_gen_rsvc::{Builder, Generated};

/// Editions by their numbers in `descriptor.proto`.
const EDITION_PROTO2: i32 = 998;
const EDITION_2024: i32 = 1001;
/// Newer than prost-types knows it.
const FEATURE_SUPPORTS_EDITIONS: u64 = 2;

/// The response's fields for editions, which prost-types does not have yet.
#[derive(Clone, prost::Message)]
#[prost(skip_debug)]
struct Editions {
    #[prost(int32, optional, tag = "3")]
    minimum_edition: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    maximum_edition: Option<i32>,
}

pub(crate) fn run() -> ExitCode {
    let mut stdin = io::stdin();
    if stdin.is_terminal() {
        say("protoc-gen-rsvc is run by protoc or buf; for the command line see `protoc-gen-rsvc --help`\n");
        return ExitCode::FAILURE;
    }
    let mut request = Vec::new();
    if let Err(error) = stdin.read_to_end(&mut request) {
        say(&format!("protoc-gen-rsvc: cannot read the request: {error}\n"));
        return ExitCode::FAILURE;
    }
    let response = respond(&request);
    match io::stdout().write_all(&response).and_then(|()| io::stdout().flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("protoc-gen-rsvc: cannot write the response: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

fn respond(request: &[u8]) -> Vec<u8> {
    let mut response = CodeGeneratorResponse {
        supported_features: Some(Feature::Proto3Optional as u64 | FEATURE_SUPPORTS_EDITIONS),
        ..CodeGeneratorResponse::default()
    };
    match generate(request) {
        Ok(generated) => {
            for warning in &generated.warnings {
                say(&warning.to_string());
            }
            response.file = generated
                .files
                .into_iter()
                .map(|file| File { name: Some(file.name), content: Some(file.content), ..File::default() })
                .collect();
        }
        Err(errors) => response.error = Some(errors.to_string()),
    }
    let mut bytes = response.encode_to_vec();
    let editions = Editions { minimum_edition: Some(EDITION_PROTO2), maximum_edition: Some(EDITION_2024) };
    bytes.extend(editions.encode_to_vec());
    bytes
}

fn generate(request: &[u8]) -> Result<Generated, Errors> {
    let request = Request::decode(request)?;
    let options = Options::parse(request.parameter()).map_err(Errors::all)?;
    Builder::with_options(options).generate(&Source::Request(request))
}

#[cfg(test)]
mod tests {
    use protoc_gen_rsvc::diag::Code;

    use super::*;

    #[test]
    fn a_broken_request_is_an_error_in_the_response() {
        for bytes in [&[0xff; 9][..], b"hello", &[10, 1, b'x']] {
            let response = CodeGeneratorResponse::decode(&*respond(bytes)).expect("a response");
            assert!(response.error.is_some_and(|e| e.contains(&Code::BAD_DESCRIPTOR.to_string())));
            assert!(response.file.is_empty());
        }
    }

    #[test]
    fn the_response_says_what_is_supported() {
        let bytes = respond(&[]);
        let editions = Editions::decode(&*bytes).expect("a response");
        assert_eq!((editions.minimum_edition, editions.maximum_edition), (Some(998), Some(1001)));
    }
}
