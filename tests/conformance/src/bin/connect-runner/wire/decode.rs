//! A response on the wire as the result of its call, as a client would tell it.

use anyhow::{Context, Result, bail};
use conformance::connect::{
    ClientResponseResult, Code, ConformancePayload, Error, Header, Protocol, StreamType, UnaryResponse,
};
use prost::Message as _;

use super::envelope::{self, Envelope};
use super::{Framing, coding, content_types, encoding_header, error_json, grpc_status, web_trailers};
use crate::cases::Case;
use crate::http::exchange::Exchange;
use crate::http::fields::Fields;
use crate::schema::Schema;

/// All responses have the same shape as this one.
const RESPONSE: &str = "connectrpc.conformance.v1.UnaryResponse";
/// How Connect marks the trailers of a unary call.
const TRAILER: &str = "trailer-";

/// The result that a response says, and what is wrong with how it says it.
pub(crate) fn decode(
    schema: &Schema,
    case: &Case,
    exchange: &Exchange,
    problems: &mut Vec<String>,
) -> Result<ClientResponseResult> {
    let status = exchange.status.context("there is no response")?;
    let decoder = Decoder { schema, case, exchange, status };
    let mut result = match (case.request.protocol(), Framing::of(case)) {
        (Protocol::Connect, Framing::Bare) => decoder.connect_unary(problems)?,
        _ if status != 200 => ClientResponseResult { error: Some(of_http(status)), ..Default::default() },
        _ if !decoder.is_of_protocol() => {
            ClientResponseResult { error: Some(code(Code::Unknown)), ..Default::default() }
        }
        (Protocol::Connect, _) => decoder.connect_stream(problems)?,
        (Protocol::GrpcWeb, _) => decoder.grpc_web(problems)?,
        _ => decoder.grpc(problems)?,
    };
    result.http_status_code = Some(status.into());
    Ok(result)
}

struct Decoder<'a> {
    schema: &'a Schema,
    case: &'a Case,
    exchange: &'a Exchange,
    status: u16,
}

impl Decoder<'_> {
    fn is_of_protocol(&self) -> bool {
        let actual = self.exchange.response.headers.get("content-type").unwrap_or_default();
        content_types(self.case).iter().any(|wanted| wanted == actual)
    }

    fn connect_unary(&self, problems: &mut Vec<String>) -> Result<ClientResponseResult> {
        let response = &self.exchange.response;
        let encoding = response.headers.get(encoding_header(self.case));
        let mut result = ClientResponseResult {
            response_headers: headers(response.headers.iter().filter(|(name, _)| trailer(name).is_none())),
            response_trailers: headers(
                response.headers.iter().filter_map(|(name, value)| Some((trailer(name)?, value))),
            ),
            ..ClientResponseResult::default()
        };
        if self.status != 200 {
            result.error = Some(of_http(self.status));
            if response.headers.get("content-type") == Some("application/json") {
                let body = coding::decompress(encoding, &response.body)?;
                result.error = error_json::read(self.schema, &body, problems).or(result.error);
            }
        } else if self.is_of_protocol() {
            let body = coding::decompress(encoding, &response.body)?;
            result.payloads = vec![self.payload(&body)?];
        } else {
            result.error = Some(code(Code::Unknown));
        }
        Ok(result)
    }

    fn connect_stream(&self, problems: &mut Vec<String>) -> Result<ClientResponseResult> {
        let (mut messages, end) = self.split(Some(envelope::END_STREAM))?;
        let mut result = self.with_headers();
        match end {
            None => result.error = Some(code(Code::Internal)),
            Some(end) => {
                let end = end.plain(self.encoding())?;
                let (error, trailers) = error_json::read_end(self.schema, &end, problems);
                grpc_status::check_binary(&trailers, problems);
                result.error = error;
                result.response_trailers = headers(trailers.iter());
            }
        }
        self.payloads(&mut messages, &mut result)?;
        Ok(result)
    }

    fn grpc_web(&self, problems: &mut Vec<String>) -> Result<ClientResponseResult> {
        let (mut messages, end) = self.split(Some(envelope::TRAILERS))?;
        let trailers = match end {
            Some(end) => {
                let text =
                    String::from_utf8(end.plain(self.encoding())?).context("trailers that are not text")?;
                Some(web_trailers::read(&text, problems))
            }
            None => None,
        };
        self.of_grpc(&mut messages, trailers.as_ref(), problems)
    }

    fn grpc(&self, problems: &mut Vec<String>) -> Result<ClientResponseResult> {
        let (mut messages, _) = self.split(None)?;
        let trailers = &self.exchange.response.trailers;
        self.of_grpc(&mut messages, (!trailers.is_empty()).then_some(trailers), problems)
    }

    /// The status is in the trailers, or in the headers of a response that has nothing else.
    fn of_grpc(
        &self,
        messages: &mut Vec<Envelope>,
        trailers: Option<&Fields>,
        problems: &mut Vec<String>,
    ) -> Result<ClientResponseResult> {
        let response = &self.exchange.response;
        let mut result = ClientResponseResult::default();
        let fields = match trailers {
            Some(trailers) => {
                result.response_headers = headers(response.headers.iter());
                trailers
            }
            None if response.body.is_empty() => &response.headers,
            None => bail!("a response without trailers"),
        };
        grpc_status::check(fields, problems);
        grpc_status::check_binary(fields, problems);
        result.response_trailers = headers(fields.iter());
        let outcome = grpc_status::read(fields).context("a response without a status")?;
        result.error = (outcome.code != 0).then_some(Error {
            code: outcome.code,
            message: Some(outcome.message),
            details: outcome.details,
        });
        self.payloads(messages, &mut result)?;
        Ok(result)
    }

    fn with_headers(&self) -> ClientResponseResult {
        ClientResponseResult {
            response_headers: headers(self.exchange.response.headers.iter()),
            ..ClientResponseResult::default()
        }
    }

    fn encoding(&self) -> Option<&str> {
        self.exchange.response.headers.get(encoding_header(self.case))
    }

    /// The messages of the body, and the one that ends it: its flags have `mark`.
    fn split(&self, mark: Option<u8>) -> Result<(Vec<Envelope>, Option<Envelope>)> {
        let (mut envelopes, rest) = envelope::split(&self.exchange.response.body);
        if rest > 0 {
            bail!("{rest} bytes after the last message");
        }
        let ends = |envelope: &Envelope| mark.is_some_and(|mark| envelope.flags & mark != 0);
        let end = envelopes.iter().position(ends);
        let end = match end {
            Some(at) if at + 1 < envelopes.len() => bail!("messages after the end of the stream"),
            Some(_) => envelopes.pop(),
            None => None,
        };
        if let Some(strange) = envelopes.iter().find(|envelope| envelope.flags > envelope::COMPRESSED) {
            bail!("a message with the flags {}", strange.flags);
        }
        Ok((envelopes, end))
    }

    /// Adds the payloads of the messages. A method with one response has exactly one.
    fn payloads(&self, messages: &mut Vec<Envelope>, result: &mut ClientResponseResult) -> Result<()> {
        let one = matches!(self.case.request.stream_type(), StreamType::Unary | StreamType::ClientStream);
        if one && result.error.is_some() {
            messages.clear();
        }
        if one && result.error.is_none() && messages.len() != 1 {
            result.error = Some(code(Code::Unimplemented));
            return Ok(());
        }
        for message in messages {
            result.payloads.push(self.payload(&message.plain(self.encoding())?)?);
        }
        Ok(())
    }

    fn payload(&self, bytes: &[u8]) -> Result<ConformancePayload> {
        let bytes = coding::message(self.schema, self.case.request.codec(), RESPONSE, bytes)?;
        Ok(UnaryResponse::decode(&*bytes)?.payload.unwrap_or_default())
    }
}

/// The name of a trailer, of the name of the header that carries it.
fn trailer(name: &str) -> Option<&str> {
    let (prefix, rest) = name.split_at_checked(TRAILER.len())?;
    prefix.eq_ignore_ascii_case(TRAILER).then_some(rest)
}

fn headers<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Header> {
    fields.map(|(name, value)| Header { name: name.into(), value: vec![value.into()] }).collect()
}

fn code(code: Code) -> Error {
    Error { code: code.into(), ..Error::default() }
}

/// The error of a status that says no more.
fn of_http(status: u16) -> Error {
    code(match status {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    })
}
