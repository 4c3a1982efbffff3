//! `grpc-status` and what goes with it, in trailers of HTTP or in the body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::Message as _;
use rsvc::pb::google::rpc;

use crate::http::fields::Fields;

/// The names that only a status has.
const DETAILS: &str = "grpc-status-details-bin";

/// The end of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) message: String,
    pub(crate) details: Vec<prost_types::Any>,
}

/// Reads a status; `None` where there is none.
pub(crate) fn read(trailers: &Fields) -> Option<Outcome> {
    let code = trailers.get("grpc-status")?.parse().ok()?;
    let message = unescape(trailers.get("grpc-message").unwrap_or_default());
    let details = trailers.get(DETAILS).and_then(|text| STANDARD_NO_PAD.decode(text).ok());
    let details = details.and_then(|bytes| rpc::Status::decode(&*bytes).ok());
    Some(Outcome { code, message, details: details.map(|status| status.details).unwrap_or_default() })
}

/// What is wrong with the status in these trailers.
pub(crate) fn check(trailers: &Fields, problems: &mut Vec<String>) {
    let mut once = |name: &'static str| {
        let count = trailers.all(name).count();
        if count > 1 {
            problems.push(format!("{name} comes {count} times"));
        }
        trailers.get(name)
    };
    let (status, message, details) = (once("grpc-status"), once("grpc-message"), once(DETAILS));
    let code = status.and_then(|text| text.parse::<i32>().ok());
    match status {
        None => problems.push("there is no grpc-status".into()),
        Some(text) if !code.is_some_and(|code| (0..=16).contains(&code) && code.to_string() == text) => {
            problems.push(format!("grpc-status is {text:?}"));
        }
        Some(_) => {}
    }
    if let Some(text) = message {
        if !is_escaped(text) {
            problems.push(format!("grpc-message is not percent-encoded as it should be: {text:?}"));
        }
        if code == Some(0) && !text.is_empty() {
            problems.push("grpc-message beside status 0".into());
        }
    }
    let Some(details) = details else { return };
    let Ok(bytes) = STANDARD_NO_PAD.decode(details) else {
        return problems.push(format!("{DETAILS} is not base64 without padding: {details:?}"));
    };
    match rpc::Status::decode(&*bytes) {
        Err(error) => problems.push(format!("{DETAILS} is not a status: {error}")),
        Ok(inner) => {
            if Some(inner.code) != code {
                problems.push(format!("{DETAILS} says code {}, grpc-status {status:?}", inner.code));
            }
            if message.is_some_and(|text| unescape(text) != inner.message) {
                problems.push(format!("{DETAILS} says {:?}, grpc-message {message:?}", inner.message));
            }
            if inner.code == 0 && !inner.details.is_empty() {
                problems.push("details beside status 0".into());
            }
        }
    }
}

/// Binary values of metadata have no padding.
pub(crate) fn check_binary(fields: &Fields, problems: &mut Vec<String>) {
    for (name, value) in fields.iter() {
        let binary = name.to_ascii_lowercase().ends_with("-bin");
        let mut values = value.split(',').map(str::trim);
        if binary && !values.all(|value| STANDARD_NO_PAD.decode(value).is_ok()) {
            problems.push(format!("{name} is not base64 without padding: {value:?}"));
        }
    }
}

/// Whether exactly that is escaped which has to be.
fn is_escaped(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => {
                let mut digit = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
                digit() && digit()
            }
            b' '..=b'~' => true,
            _ => false,
        };
        if !fine {
            return false;
        }
    }
    true
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let escaped =
            digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(pairs: &[(&str, &str)]) -> usize {
        let mut problems = Vec::new();
        let fields = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        check(&fields, &mut problems);
        problems.len()
    }

    /// `google.rpc.Status { code: 5, message: "no" }`
    const DETAILS_OF_5: &str = "CAUSAm5v";

    #[test]
    fn a_good_status_has_no_problems() {
        assert_eq!(problems(&[("grpc-status", "0")]), 0);
        assert_eq!(problems(&[("grpc-status", "5"), ("grpc-message", "a%20b%C3%BC c")]), 0);
        assert_eq!(problems(&[("grpc-status", "5"), ("grpc-message", "no"), (DETAILS, DETAILS_OF_5)]), 0);
    }

    #[test]
    fn each_mistake_is_found() {
        for wrong in [
            &[("x", "1")][..],
            &[("grpc-status", "17")],
            &[("grpc-status", "05")],
            &[("grpc-status", "5"), ("grpc-status", "5")],
            &[("grpc-status", "0"), ("grpc-message", "fine")],
            &[("grpc-status", "5"), ("grpc-message", "ü")],
            &[("grpc-status", "5"), ("grpc-message", "50% off")],
            &[("grpc-status", "5"), ("grpc-message", "50%")],
            &[("grpc-status", "5"), (DETAILS, "CAU=")],
            &[("grpc-status", "6"), ("grpc-message", "no"), (DETAILS, DETAILS_OF_5)],
            &[("grpc-status", "5"), ("grpc-message", "yes"), (DETAILS, DETAILS_OF_5)],
        ] {
            assert_eq!(problems(wrong), 1, "{wrong:?}");
        }
    }

    #[test]
    fn messages_are_unescaped() {
        assert_eq!(unescape("a%20b%C3%BC%"), "a bü%");
    }
}
