//! What a server has put on the wire, held against what its protocol says.

use conformance::connect::{Compression, Protocol};

use super::{Framing, content_types, encoding_header, envelope, grpc_status};
use crate::cases::Case;
use crate::http::exchange::Exchange;

/// What is wrong with a response that is complete.
pub(crate) fn check(case: &Case, exchange: &Exchange) -> Vec<String> {
    let mut problems = Vec::new();
    let response = &exchange.response;
    if exchange.version == 2 {
        let fields = response.headers.iter().chain(response.trailers.iter());
        for (name, _) in fields.filter(|(name, _)| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
            problems.push(format!("the header {name} in HTTP/2"));
        }
    }
    let protocol = case.request.protocol();
    if protocol != Protocol::Grpc && !response.trailers.is_empty() {
        problems.push("trailers of HTTP outside of gRPC".into());
    }
    grpc_status::check_binary(&response.headers, &mut problems);
    grpc_status::check_binary(&response.trailers, &mut problems);
    content_type(case, exchange, &mut problems);
    encoding(case, exchange, &mut problems);
    problems
}

fn content_type(case: &Case, exchange: &Exchange, problems: &mut Vec<String>) {
    let status = exchange.status.unwrap_or_default();
    let actual = exchange.response.headers.get("content-type").unwrap_or_default();
    if Framing::of(case) == Framing::Bare && status != 200 {
        if actual != "application/json" {
            problems.push(format!("an error of the content type {actual:?}"));
        }
        return;
    }
    if status != 200 {
        problems.push(format!("the status {status}"));
    }
    let wanted = content_types(case);
    if !wanted.iter().any(|wanted| wanted == actual) {
        problems.push(format!("the content type {actual:?}, wanted {wanted:?}"));
    }
}

/// A compression has a name, and the client has asked for it.
fn encoding(case: &Case, exchange: &Exchange, problems: &mut Vec<String>) {
    let name = encoding_header(case);
    let named = exchange.response.headers.get(name);
    let asked = case.request.compression() == Compression::Gzip;
    match named {
        None | Some("identity") => {}
        Some("gzip") if asked => {}
        Some(other) => problems.push(format!("{name} is {other:?}, which was not asked for")),
    }
    if Framing::of(case) == Framing::Envelopes {
        let (envelopes, rest) = envelope::split(&exchange.response.body);
        let compressed = envelopes.iter().any(|envelope| envelope.flags & envelope::COMPRESSED != 0);
        if compressed && named.is_none() {
            problems.push(format!("compressed messages without {name}"));
        }
        if rest > 0 {
            problems.push(format!("{rest} bytes after the last message"));
        }
    }
}
