//! What a client has put on the wire, held against what its case asks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use conformance::connect::{Code, Compression, Protocol};
use prost_types::Any;

use super::{Framing, codec, coding, content_types, encoding_header, envelope};
use crate::cases::Case;
use crate::http::exchange::Exchange;
use crate::schema::Schema;

/// The parameters of a GET, in the order that caches like.
const PARAMETERS: [&str; 5] = ["connect", "base64", "compression", "encoding", "message"];

/// What the way to the server may take off a timeout, in milliseconds.
const ON_THE_WAY: u64 = 500;

/// What is wrong with the requests of a case.
pub(crate) fn check(schema: &Schema, case: &Case, exchanges: &[Exchange]) -> Vec<String> {
    let mut problems = Vec::new();
    // Who has no time or gives up may do so before there is a request.
    let over = case.expected.error.as_ref().is_some_and(|error| error.code() == Code::DeadlineExceeded);
    match exchanges {
        [] if over || case.request.cancel.is_some() => {}
        [exchange] => Checker { schema, case, exchange, problems: &mut problems }.check(),
        _ => problems.push(format!("{} requests on the wire, wanted 1", exchanges.len())),
    }
    problems.into_iter().map(|problem| format!("request: {problem}")).collect()
}

struct Checker<'a> {
    schema: &'a Schema,
    case: &'a Case,
    exchange: &'a Exchange,
    problems: &'a mut Vec<String>,
}

impl Checker<'_> {
    fn check(&mut self) {
        let request = &self.case.request;
        let get = request.use_get_http_method;
        self.is("the version of HTTP", &self.exchange.version, &request.http_version);
        self.is("the method", &*self.exchange.method, if get { "GET" } else { "POST" });
        let (path, query) = match self.exchange.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*self.exchange.target, None),
        };
        self.is("the path", path, &format!("/{}/{}", request.service(), request.method()));
        if self.exchange.version == 2 {
            let names = self.exchange.request.headers.iter().map(|(name, _)| name);
            for name in names.filter(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
                self.problems.push(format!("the header {name} in HTTP/2"));
            }
        }
        if !self.exchange.request.trailers.is_empty() {
            self.problems.push("a request with trailers".into());
        }
        self.protocol();
        self.timeout();
        match query {
            Some(query) if get => self.get(query),
            None if !get => self.post(),
            _ => self.problems.push(format!("the target {:?}", self.exchange.target)),
        }
    }

    fn is<T: PartialEq + std::fmt::Debug + ?Sized>(&mut self, what: &str, actual: &T, wanted: &T) {
        if actual != wanted {
            self.problems.push(format!("{what} is {actual:?}, wanted {wanted:?}"));
        }
    }

    /// A header of the protocol, which comes at most once.
    fn header(&mut self, name: &str) -> Option<String> {
        let values: Vec<_> = self.exchange.request.headers.all(name).map(str::to_owned).collect();
        if values.len() > 1 {
            self.problems.push(format!("{name} comes {} times", values.len()));
        }
        values.into_iter().next()
    }

    fn protocol(&mut self) {
        let te = self.header("te");
        if self.case.request.protocol() == Protocol::Grpc {
            self.is("te", &te.as_deref(), &Some("trailers"));
        }
        if self.case.request.protocol() == Protocol::Connect && !self.case.request.use_get_http_method {
            let version = self.header("connect-protocol-version");
            self.is("connect-protocol-version", &version.as_deref(), &Some("1"));
        }
        let accepts = match (self.case.request.protocol(), Framing::of(self.case)) {
            (Protocol::Grpc | Protocol::GrpcWeb, _) => "grpc-accept-encoding",
            (_, Framing::Envelopes) => "connect-accept-encoding",
            (_, Framing::Bare) => "accept-encoding",
        };
        if self.case.request.compression() == Compression::Gzip {
            let accepted = self.header(accepts).unwrap_or_default();
            if !accepted.split(',').any(|coding| coding.trim() == "gzip") {
                self.problems.push(format!("{accepts} is {accepted:?}, wanted gzip among it"));
            }
        }
    }

    fn timeout(&mut self) {
        let (name, other) = match self.case.request.protocol() {
            Protocol::Connect => ("connect-timeout-ms", "grpc-timeout"),
            _ => ("grpc-timeout", "connect-timeout-ms"),
        };
        let sent = self.header(name);
        if self.header(other).is_some() {
            self.problems.push(format!("{other} belongs to another protocol"));
        }
        match (sent, self.case.request.timeout_ms.map(u64::from)) {
            (None, None) => {}
            (None, Some(_)) => self.problems.push(format!("no {name}")),
            (Some(text), None) => self.problems.push(format!("{name} is {text:?}, without a timeout")),
            (Some(text), Some(wanted)) => {
                let milliseconds =
                    if name == "grpc-timeout" { grpc_timeout(&text) } else { digits(&text, 10) };
                if !milliseconds.is_some_and(|sent| sent <= wanted && sent + ON_THE_WAY >= wanted) {
                    self.problems.push(format!("{name} is {text:?}, wanted {wanted} ms"));
                }
            }
        }
    }

    fn post(&mut self) {
        let types = content_types(self.case);
        let content_type = self.header("content-type").unwrap_or_default();
        if !types.contains(&content_type) {
            self.problems.push(format!("the content type is {content_type:?}, wanted {types:?}"));
        }
        let encoding = self.header(encoding_header(self.case));
        let wanted = if self.case.request.compression() == Compression::Gzip { "gzip" } else { "identity" };
        self.is(encoding_header(self.case), encoding.as_deref().unwrap_or("identity"), wanted);
        let body = &self.exchange.request.body;
        let messages = match Framing::of(self.case) {
            Framing::Bare => {
                if !self.exchange.request.is_complete() {
                    return;
                }
                coding::decompress(encoding.as_deref(), body).map(|message| vec![message])
            }
            Framing::Envelopes => {
                let (envelopes, rest) = envelope::split(body);
                if rest > 0 && self.exchange.request.is_complete() {
                    self.problems.push(format!("{rest} bytes after the last message"));
                }
                envelopes.iter().map(|envelope| envelope.plain(encoding.as_deref())).collect()
            }
        };
        match messages {
            Ok(messages) => self.messages(&messages),
            Err(error) => self.problems.push(format!("a message: {error:#}")),
        }
    }

    fn get(&mut self, query: &str) {
        for name in ["content-type", "content-encoding"] {
            if self.header(name).is_some() {
                self.problems.push(format!("a GET with {name}"));
            }
        }
        if !self.exchange.request.body.is_empty() {
            self.problems.push("a GET with a body".into());
        }
        let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap_or(pair)).collect();
        let ranks: Vec<_> =
            names.iter().filter_map(|name| PARAMETERS.iter().position(|p| p == name)).collect();
        if !ranks.is_sorted_by(|a, b| a < b) || ranks.len() != names.len() {
            self.problems.push(format!("the parameters {names:?}"));
        }
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let param = |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, value)| &**value);
        self.is("the parameter connect", &param("connect"), &Some("v1"));
        self.is("the parameter encoding", &param("encoding"), &Some(codec(self.case)));
        let Some(text) = param("message") else { return self.problems.push("no parameter message".into()) };
        let bytes = match param("base64") {
            None => text.as_bytes().to_vec(),
            Some("1") => match URL_SAFE_NO_PAD.decode(text) {
                Ok(bytes) => bytes,
                Err(error) => return self.problems.push(format!("the parameter message: {error}: {text:?}")),
            },
            Some(other) => return self.problems.push(format!("the parameter base64 is {other:?}")),
        };
        match coding::decompress(param("compression"), &bytes) {
            Ok(message) => self.messages(&[message]),
            Err(error) => self.problems.push(format!("the parameter message: {error:#}")),
        }
    }

    /// The messages of the case: all of them, or the first ones where the call may be over before the rest.
    fn messages(&mut self, sent: &[Vec<u8>]) {
        let wanted = &self.case.request.request_messages;
        let early = self.case.request.cancel.is_some() || self.case.expected.error.is_some();
        let too_few = self.exchange.request.is_complete() && !early && sent.len() < wanted.len();
        if sent.len() > wanted.len() || too_few {
            self.problems.push(format!("{} messages, wanted {}", sent.len(), wanted.len()));
        }
        for (at, (bytes, wanted)) in sent.iter().zip(wanted).enumerate() {
            let name = wanted.type_url.rsplit('/').next().unwrap_or_default();
            match coding::message(self.schema, self.case.request.codec(), name, bytes) {
                Err(error) => self.problems.push(format!("message {at}: {error:#}")),
                Ok(value) => {
                    let sent = Any { type_url: wanted.type_url.clone(), value };
                    if !self.schema.same(&sent, wanted) {
                        let (sent, wanted) = (self.schema.show(&sent), self.schema.show(wanted));
                        self.problems.push(format!("message {at} is {sent}, wanted {wanted}"));
                    }
                }
            }
        }
    }
}

/// A number of at most so many digits.
fn digits(text: &str, most: usize) -> Option<u64> {
    let fine = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fine.then(|| text.parse().ok()).flatten()
}

/// A value of `grpc-timeout`, in milliseconds.
fn grpc_timeout(text: &str) -> Option<u64> {
    let (unit, number) = (text.chars().next_back()?, digits(text.get(..text.len() - 1)?, 8)?);
    match unit {
        'H' => number.checked_mul(3_600_000),
        'M' => number.checked_mul(60_000),
        'S' => number.checked_mul(1000),
        'm' => Some(number),
        'u' => Some(number / 1000),
        'n' => Some(number / 1_000_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_few_digits_and_a_unit() {
        assert_eq!(grpc_timeout("200m"), Some(200));
        assert_eq!(grpc_timeout("2S"), Some(2000));
        assert_eq!(grpc_timeout("99999999u"), Some(99_999));
        for wrong in ["", "m", "200", "123456789n", "+1m", "1s", "1.5S"] {
            assert_eq!(grpc_timeout(wrong), None, "{wrong}");
        }
        assert_eq!((digits("0123456789", 10), digits("12345678901", 10)), (Some(123_456_789), None));
    }
}
