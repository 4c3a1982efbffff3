//! The runtime's types and the suite's messages for the same things.

use http::HeaderMap;
use prost::Message;
use rsvc::pb::google::rpc;
use rsvc::{Code, Status};

use super::{Error, Header};

/// Headers or trailers, each value as its own entry, in their order.
pub fn headers(map: &HeaderMap) -> Vec<Header> {
    let value = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let of = |name: &http::HeaderName| map.get_all(name).iter().map(value).collect();
    map.keys().map(|name| Header { name: name.to_string(), value: of(name) }).collect()
}

/// An error that a test asks for.
pub fn status(error: &Error) -> Status {
    let (code, message) = (Code::from_i32(error.code), error.message.clone().unwrap_or_default());
    if error.details.is_empty() {
        return Status::new(code, message);
    }
    let details = rpc::Status { code: error.code, message: message.clone(), details: error.details.clone() };
    Status::with_details(code, message, details.encode_to_vec().into())
}

/// An error that a call has ended in.
pub fn error(status: &Status) -> Result<Error, prost::DecodeError> {
    let details = rpc::Status::decode(status.details())?.details;
    Ok(Error { code: status.code().into(), message: Some(status.message().to_owned()), details })
}

#[cfg(test)]
mod tests {
    use super::super::{Named, UnaryRequest};
    use super::*;

    #[test]
    fn an_error_survives() {
        let details = vec![UnaryRequest { request_data: b"x".to_vec(), ..UnaryRequest::default() }.to_any()];
        let error_of = |details| Error { code: 5, message: Some("no".into()), details };
        for given in [error_of(details), error_of(Vec::new())] {
            assert_eq!(error(&status(&given)).unwrap(), given);
        }
    }

    #[test]
    fn values_of_a_name_stay_in_order() {
        let mut map = HeaderMap::new();
        for value in ["b", "a"] {
            map.append("x-many", value.parse().unwrap());
        }
        let header = Header { name: "x-many".into(), value: vec!["b".into(), "a".into()] };
        assert_eq!(headers(&map), [header]);
    }
}
