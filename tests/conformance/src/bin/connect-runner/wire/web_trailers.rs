//! The trailers of gRPC-Web, which are text at the end of the body.

use crate::http::fields::Fields;

/// Reads trailers, and tells what is wrong with how they are written.
pub(crate) fn read(text: &str, problems: &mut Vec<String>) -> Fields {
    let mut fields = Fields::default();
    let lines = text.strip_suffix("\r\n");
    if lines.is_none() {
        problems.push("the trailers do not end in CRLF".into());
    }
    for line in lines.unwrap_or(text).split("\r\n") {
        if line.is_empty() {
            problems.push("a blank line among the trailers".into());
            continue;
        }
        if line.contains(['\r', '\n']) {
            problems.push(format!("a line of the trailers does not end in CRLF: {line:?}"));
        }
        let Some((name, value)) = line.split_once(':') else {
            problems.push(format!("a trailer without a colon: {line:?}"));
            continue;
        };
        if !is_name(name) || name != name.to_ascii_lowercase() {
            problems.push(format!("the name of a trailer, {name:?}"));
        }
        let value = value.trim_matches([' ', '\t']);
        if !is_value(value) {
            problems.push(format!("the value of the trailer {name}: {value:?}"));
        }
        fields.push(name.as_bytes(), value.as_bytes());
    }
    fields
}

/// Whether a text may be the name of a header.
pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(allowed)
}

/// Whether a text may be the value of a header.
pub(crate) fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> usize {
        let mut problems = Vec::new();
        read(text, &mut problems);
        problems.len()
    }

    #[test]
    fn good_trailers_are_read() {
        let mut problems = Vec::new();
        let fields = read("grpc-status: 0\r\nx-a:b \r\n", &mut problems);
        let pairs: Vec<_> = fields.iter().collect();
        assert_eq!(pairs, [("grpc-status", "0"), ("x-a", "b")]);
        assert!(problems.is_empty());
    }

    #[test]
    fn each_mistake_is_found() {
        for text in [
            "grpc-status: 0",
            "grpc-status: 0\r\n\r\n",
            "\r\ngrpc-status: 0\r\n",
            "Grpc-Status: 0\r\n",
            "grpc-status 0\r\n",
            "grpc status: 0\r\n",
            "grpc-status: 0\nx: 1\r\n",
            "x: \u{1}\r\n",
        ] {
            assert_ne!(problems(text), 0, "{text:?}");
        }
    }
}
