//! How a stream of messages stands in a body: what is between them, and how the end of the call is told.

use prost::encoding::encode_varint;

/// The form of a stream in the body of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A JSON array.
    Array,
    /// A JSON text a line.
    Lines,
    /// Server-sent events, each with a JSON text.
    Events,
    /// A `StreamBody`, as Google's servers stream protobuf over plain HTTP: one message whose fields are the messages.
    Protobuf,
    /// The content of each `google.api.HttpBody`, one after the other.
    Raw,
}

/// The fields of a `StreamBody`, as they are tagged.
pub(crate) mod tag {
    /// `repeated bytes messages = 1`
    pub(crate) const MESSAGE: u8 = 1 << 3 | 2;
    /// `google.rpc.Status status = 2`
    pub(crate) const STATUS: u8 = 2 << 3 | 2;
    /// `repeated bytes noop = 15`: nothing, to keep the connection alive
    pub(crate) const NOOP: u8 = 15 << 3 | 2;
}

impl Format {
    /// Whether messages are written as JSON.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Array | Self::Lines | Self::Events)
    }

    /// What says nothing and may stand between messages.
    pub(crate) fn keep_alive(self) -> Option<&'static [u8]> {
        match self {
            Self::Events => Some(b":\n\n"),
            Self::Protobuf => Some(&[tag::NOOP, 0]),
            Self::Array | Self::Lines | Self::Raw => None,
        }
    }
}

/// Writes the messages of one call.
#[derive(Debug)]
pub(crate) struct Encoder {
    pub(crate) format: Format,
    items: u64,
}

impl Encoder {
    /// `seen` is how many messages the client says it has from an earlier call.
    pub(crate) fn new(format: Format, seen: u64) -> Self {
        // Only events are counted, and the others start with their first.
        Self { format, items: if format == Format::Events { seen } else { 0 } }
    }

    /// Adds a message.
    pub(crate) fn item(&mut self, content: &[u8], out: &mut Vec<u8>) {
        let first = self.items == 0;
        self.items = self.items.saturating_add(1);
        match self.format {
            Format::Array => {
                out.push(if first { b'[' } else { b',' });
                out.extend_from_slice(content);
            }
            Format::Lines => line(content, out),
            Format::Events => {
                out.extend_from_slice(b"id: ");
                out.extend_from_slice(itoa::Buffer::new().format(self.items).as_bytes());
                out.push(b'\n');
                data(content, out);
            }
            Format::Protobuf => field(tag::MESSAGE, content, out),
            Format::Raw => out.extend_from_slice(content),
        }
    }

    /// Ends a call that went well.
    pub(crate) fn end(&self, out: &mut Vec<u8>) {
        match self.format {
            Format::Array if self.items == 0 => out.extend_from_slice(b"[]"),
            Format::Array => out.push(b']'),
            // Without a last word a browser takes the end for a broken connection, and calls again.
            Format::Events => out.extend_from_slice(b"event: end\ndata: {}\n\n"),
            Format::Lines | Format::Protobuf | Format::Raw => {}
        }
    }

    /// Ends a call that failed; `status` is a `google.rpc.Status` as the format has it.
    pub(crate) fn fail(&self, status: &[u8], out: &mut Vec<u8>) {
        match self.format {
            Format::Array => {
                out.push(if self.items == 0 { b'[' } else { b',' });
                error(status, out);
                out.push(b']');
            }
            Format::Lines => {
                error(status, out);
                out.push(b'\n');
            }
            Format::Events => {
                out.extend_from_slice(b"event: error\n");
                data(status, out);
            }
            Format::Protobuf => field(tag::STATUS, status, out),
            Format::Raw => {}
        }
    }
}

/// `{"error":…}`, where a message could stand.
pub(crate) fn error(status: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"error\":");
    out.extend_from_slice(status);
    out.push(b'}');
}

/// A JSON text on one line, whose lines, if it has several, are there for the eye alone.
fn line(content: &[u8], out: &mut Vec<u8>) {
    for line in content.split(|&byte| byte == b'\n') {
        out.extend_from_slice(line.trim_ascii_start());
    }
    out.push(b'\n');
}

/// The text of an event, and its end.
fn data(content: &[u8], out: &mut Vec<u8>) {
    for line in content.split(|&byte| byte == b'\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
}

fn field(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    encode_varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a call writes that gives these messages and then ends or fails.
    fn written(format: Format, messages: &[&str], failure: Option<&str>) -> String {
        let (mut encoder, mut out) = (Encoder::new(format, 0), Vec::new());
        for message in messages {
            encoder.item(message.as_bytes(), &mut out);
        }
        match failure {
            None => encoder.end(&mut out),
            Some(status) => encoder.fail(status.as_bytes(), &mut out),
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_format_from_start_to_end() {
        let two: &[&str] = &["{}", "{\"a\":1}"];
        for (format, messages, failure, expected) in [
            (Format::Array, &[][..], None, "[]"),
            (Format::Array, two, None, r#"[{},{"a":1}]"#),
            (Format::Array, two, Some("{\"code\":5}"), r#"[{},{"a":1},{"error":{"code":5}}]"#),
            (Format::Array, &[], Some("{}"), r#"[{"error":{}}]"#),
            (Format::Lines, &[], None, ""),
            (Format::Lines, two, None, "{}\n{\"a\":1}\n"),
            (Format::Lines, &["{\n  \"a\": \" \\n\"\n}"], None, "{\"a\": \" \\n\"}\n"),
            (Format::Lines, two, Some("{}"), "{}\n{\"a\":1}\n{\"error\":{}}\n"),
            (Format::Events, &[], None, "event: end\ndata: {}\n\n"),
            (
                Format::Events,
                two,
                Some("{\"code\":5}"),
                "id: 1\ndata: {}\n\nid: 2\ndata: {\"a\":1}\n\nevent: error\ndata: {\"code\":5}\n\n",
            ),
            (Format::Events, &["{\n}"], None, "id: 1\ndata: {\ndata: }\n\nevent: end\ndata: {}\n\n"),
            (Format::Protobuf, two, None, "\x0a\x02{}\x0a\x07{\"a\":1}"),
            (Format::Protobuf, &["ab"], Some("s"), "\x0a\x02ab\x12\x01s"),
            (Format::Raw, &["ab", "c"], None, "abc"),
        ] {
            assert_eq!(written(format, messages, failure), expected, "{format:?}");
        }
    }

    #[test]
    fn events_count_on_from_what_the_client_has() {
        let (mut encoder, mut out) = (Encoder::new(Format::Events, 7), Vec::new());
        encoder.item(b"1", &mut out);
        assert_eq!(out, b"id: 8\ndata: 1\n\n");
    }
}
