//! The trailers of gRPC-Web, which stand in the body: a line for each
//! ([gRPC-Web](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md)).

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::bridge::Status;

/// Reads trailers. The values share the memory of `content`.
pub(crate) fn read(content: &Bytes) -> Result<HeaderMap, Status> {
    let mut trailers = HeaderMap::new();
    for line in content.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let colon = line.iter().position(|&byte| byte == b':').ok_or_else(|| malformed(line))?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii_start());
        let name = HeaderName::from_bytes(name).map_err(|_| malformed(line))?;
        let value = HeaderValue::from_maybe_shared(content.slice_ref(value)).map_err(|_| malformed(line))?;
        trailers
            .try_append(name, value)
            .map_err(|_| Status::resource_exhausted("the response has too many trailers"))?;
    }
    Ok(trailers)
}

#[cold]
fn malformed(line: &[u8]) -> Status {
    let shown = &line[..line.len().min(100)];
    Status::internal(format!("the trailers of the response have the line \"{}\"", shown.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bridge::Code;

    fn pairs(text: &'static str) -> Option<Vec<(String, String)>> {
        let trailers = read(&Bytes::from_static(text.as_bytes())).ok()?;
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        Some(trailers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
    }

    #[test]
    fn lines_are_trailers() {
        for (text, expected) in [
            ("", &[][..]),
            ("grpc-status: 0\r\n", &[("grpc-status", "0")]),
            ("Grpc-Status:9\r\ngRPC-Message: a: b", &[("grpc-status", "9"), ("grpc-message", "a: b")]),
            ("a: 1\nb:\r\n\r\na:  2 \r\n", &[("a", "1"), ("a", "2"), ("b", "")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect();
            assert_eq!(pairs(text), Some(expected), "{text:?}");
        }
        for text in ["x", "a b: 1\r\n", ": 1\r\n", "a: \u{1}\r\n"] {
            assert_eq!(pairs(text), None, "{text:?}");
        }
    }

    #[test]
    fn too_many_are_an_error() {
        let mut lines = String::new();
        for index in 0..40_000 {
            lines.push('a');
            lines.push_str(&index.to_string());
            lines.push_str(":\n");
        }
        assert_eq!(read(&lines.into()).unwrap_err().code(), Code::ResourceExhausted);
    }

    proptest! {
        #[test]
        fn anything_is_read(content: Vec<u8>) {
            let _ = read(&content.into());
        }
    }
}
