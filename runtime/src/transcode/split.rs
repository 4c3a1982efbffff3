//! Where one message ends and the next begins, in a body that arrives in pieces.
//!
//! It looks at structure alone: brackets, strings, separators. Whether a message is JSON, and of the right shape, is for
//! whoever reads it. What is kept is the message that is not complete yet, and of that no more than the limit.

use std::fmt;

use bytes::{Bytes, BytesMut};
use http::StatusCode;

use crate::bridge::Status;
use crate::call::CallError;

/// A complete message, as it stood in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) content: Bytes,
    /// Where it starts, in bytes from the start of the body.
    pub(crate) offset: usize,
    /// How many came before it.
    pub(crate) index: usize,
}

/// A body that is not a sequence of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SplitError {
    /// Something else stands here, or nothing more.
    Syntax { message: String, offset: usize, index: usize },
    /// A message beyond the limit.
    TooLarge { limit: usize, index: usize },
    /// As many bytes that are not a message stand before one.
    Gap { limit: usize, index: usize },
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { message, offset, .. } => write!(f, "{message} (offset {offset})"),
            Self::TooLarge { limit, index } => {
                write!(f, "message {index} of the stream is larger than {limit} bytes")
            }
            Self::Gap { limit, index } => {
                write!(
                    f,
                    "more than {limit} bytes before message {index} of the stream are none of a message"
                )
            }
        }
    }
}

impl From<SplitError> for CallError {
    #[cold]
    fn from(error: SplitError) -> Self {
        match error {
            SplitError::Syntax { .. } => Status::invalid_argument(format!("the body: {error}")).into(),
            SplitError::TooLarge { .. } | SplitError::Gap { .. } => {
                Self::with_http(StatusCode::PAYLOAD_TOO_LARGE, Status::resource_exhausted(error.to_string()))
            }
        }
    }
}

/// What the body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One array of messages, or one message after the other: the first byte says which.
    Any,
    /// One message after the other.
    Sequence,
}

/// Where in the body the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before anything but whitespace.
    Start,
    /// Before a value or the end.
    Between,
    /// After `[`.
    First,
    /// After `,`.
    Element,
    /// After an element.
    Separator,
    /// After `]`.
    Over,
    /// In a value.
    Value(Value),
}

/// How the value ends that the next byte is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    /// With as many closing brackets as are open.
    Nested(u32),
    /// With a quote. The number is that of the brackets around it.
    Text(u32),
    /// As `Text`, after a backslash.
    Escape(u32),
    /// Before whatever cannot belong to a number or a literal.
    Word,
}

/// Cuts a body of JSON texts into messages.
#[derive(Debug)]
pub(crate) struct Splitter {
    shape: Shape,
    state: State,
    /// Whether the messages stand in an array.
    array: bool,
    /// The start of the open message, from earlier frames.
    partial: BytesMut,
    frame: Bytes,
    /// The next byte of the frame.
    at: usize,
    /// Where the frame starts in the body.
    base: usize,
    /// Where the open message starts in the body.
    start: usize,
    /// Where the last message ended in the body.
    end: usize,
    index: usize,
    limit: usize,
}

impl Splitter {
    pub(crate) fn new(shape: Shape, limit: usize) -> Self {
        Self {
            shape,
            state: State::Start,
            array: false,
            partial: BytesMut::new(),
            frame: Bytes::new(),
            at: 0,
            base: 0,
            start: 0,
            end: 0,
            index: 0,
            limit,
        }
    }

    /// Takes the next part of the body. The one before is used up: [`next`](Self::next) said `None`.
    pub(crate) fn push(&mut self, frame: Bytes) {
        self.base += self.frame.len();
        self.frame = frame;
        self.at = 0;
    }

    /// Whether a message has begun and not ended.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Value(_))
    }

    /// The next message, or `None` if it takes more of the body.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, SplitError> {
        while let Some(&byte) = self.frame.get(self.at) {
            if let State::Value(value) = self.state {
                let (ended, at) = scan(&self.frame, self.at, value);
                self.at = at;
                match ended {
                    None => return Ok(Some(self.take()?)),
                    Some(value) => self.state = State::Value(value),
                }
            } else if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                self.at += 1;
                if self.base + self.at - self.end > self.limit {
                    return Err(SplitError::Gap { limit: self.limit, index: self.index });
                }
            } else {
                self.structure(byte)?;
            }
        }
        if self.is_open() {
            let from = self.start.saturating_sub(self.base);
            self.check(self.partial.len() + self.frame.len() - from)?;
            self.partial.extend_from_slice(&self.frame[from..]);
        }
        self.push(Bytes::new());
        Ok(None)
    }

    /// What the end of the body makes of the rest: a last message, or `None`.
    pub(crate) fn finish(&mut self) -> Result<Option<Piece>, SplitError> {
        self.push(Bytes::new());
        match self.state {
            State::Value(Value::Word) => {
                let piece = self.take()?;
                if self.array { Err(self.expected("`,` or `]`")) } else { Ok(Some(piece)) }
            }
            State::Value(_) => Err(self.expected("the rest of a message")),
            State::First | State::Element => Err(self.expected("a message or `]`")),
            State::Separator => Err(self.expected("`,` or `]`")),
            State::Start | State::Between | State::Over => Ok(None),
        }
    }

    /// A byte between messages.
    fn structure(&mut self, byte: u8) -> Result<(), SplitError> {
        match (self.state, byte) {
            (State::Start, b'[') if self.shape == Shape::Any => {
                self.array = true;
                self.state = State::First;
                self.at += 1;
            }
            (State::First | State::Separator, b']') => {
                self.state = State::Over;
                self.at += 1;
            }
            (State::Separator, b',') => {
                self.state = State::Element;
                self.at += 1;
            }
            (State::Start | State::Between | State::First | State::Element, _)
                if !matches!(byte, b',' | b':' | b']' | b'}') =>
            {
                self.start = self.base + self.at;
                self.state = State::Value(match byte {
                    b'{' | b'[' => Value::Nested(1),
                    b'"' => Value::Text(0),
                    _ => Value::Word,
                });
                self.at += 1;
            }
            (State::First, _) => return Err(self.expected("a message or `]`")),
            (State::Element, _) => return Err(self.expected("a message")),
            (State::Separator, _) => return Err(self.expected("`,` or `]`")),
            (State::Over, _) => return Err(self.expected("the end")),
            (State::Start | State::Between | State::Value(_), _) => {
                return Err(self.expected("a message or the end"));
            }
        }
        Ok(())
    }

    /// The message that ends here.
    fn take(&mut self) -> Result<Piece, SplitError> {
        let from = self.start.saturating_sub(self.base);
        self.check(self.partial.len() + self.at - from)?;
        let content = if self.partial.is_empty() {
            self.frame.slice(from..self.at)
        } else {
            self.partial.extend_from_slice(&self.frame[..self.at]);
            self.partial.split().freeze()
        };
        let piece = Piece { content, offset: self.start, index: self.index };
        self.end = self.base + self.at;
        self.index += 1;
        self.state = if self.array { State::Separator } else { State::Between };
        Ok(piece)
    }

    fn check(&self, length: usize) -> Result<(), SplitError> {
        if length <= self.limit {
            Ok(())
        } else {
            Err(SplitError::TooLarge { limit: self.limit, index: self.index })
        }
    }

    fn expected(&self, what: &str) -> SplitError {
        let message = match self.frame.get(self.at) {
            None => format!("expected {what}, found the end"),
            Some(byte) => format!("expected {what}, found `{}`", byte.escape_ascii()),
        };
        SplitError::Syntax { message, offset: self.base + self.at, index: self.index }
    }
}

/// Goes on in a value from `at`: where it stops, and what the value then is; `None` when it is complete.
fn scan(bytes: &[u8], mut at: usize, mut value: Value) -> (Option<Value>, usize) {
    while let Some(&byte) = bytes.get(at) {
        match value {
            Value::Nested(depth) => match byte {
                b'"' => value = Value::Text(depth),
                b'{' | b'[' => value = Value::Nested(depth.saturating_add(1)),
                b'}' | b']' if depth <= 1 => return (None, at + 1),
                b'}' | b']' => value = Value::Nested(depth - 1),
                _ => {}
            },
            Value::Text(depth) => match byte {
                b'\\' => value = Value::Escape(depth),
                b'"' if depth == 0 => return (None, at + 1),
                b'"' => value = Value::Nested(depth),
                _ => {}
            },
            Value::Escape(depth) => value = Value::Text(depth),
            Value::Word => {
                if matches!(
                    byte,
                    b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' | b'"' | b'[' | b']' | b'{' | b'}'
                ) {
                    return (None, at);
                }
            }
        }
        at += 1;
    }
    (Some(value), at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 64;

    type Outcome = (Vec<(String, usize, usize)>, Option<SplitError>);

    /// What a body in these frames gives: messages, and the error that ended it.
    fn split(shape: Shape, frames: &[&[u8]]) -> Outcome {
        let mut splitter = Splitter::new(shape, LIMIT);
        let mut pieces = Vec::new();
        let mut note = |piece: Piece| {
            pieces.push((String::from_utf8_lossy(&piece.content).into_owned(), piece.offset, piece.index));
        };
        for frame in frames {
            splitter.push(Bytes::copy_from_slice(frame));
            loop {
                match splitter.next() {
                    Ok(Some(piece)) => note(piece),
                    // Asked again, it says so again.
                    Ok(None) if splitter.next() == Ok(None) => break,
                    Ok(None) => panic!("more without more of the body"),
                    Err(error) => return (pieces, Some(error)),
                }
            }
        }
        let error = match splitter.finish() {
            Ok(last) => {
                last.into_iter().for_each(note);
                None
            }
            Err(error) => Some(error),
        };
        (pieces, error)
    }

    fn messages(body: &str) -> Vec<String> {
        let (pieces, error) = split(Shape::Any, &[body.as_bytes()]);
        assert_eq!(error, None, "{body}");
        pieces
            .into_iter()
            .map(|(text, offset, _)| {
                assert!(body[offset..].starts_with(&text));
                text
            })
            .collect()
    }

    #[test]
    fn arrays_and_sequences() {
        assert_eq!(messages(r#" [ {"a":1} , {"b":[2]} ] "#), [r#"{"a":1}"#, r#"{"b":[2]}"#]);
        assert_eq!(messages("{\"a\":1}\n{\"b\":2}\r\n\n{}"), [r#"{"a":1}"#, r#"{"b":2}"#, "{}"]);
        assert_eq!(messages(r#"{"a":1}{"b":2}"#), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(messages(r#"["a\"],", 1,true,null]"#), [r#""a\"],""#, "1", "true", "null"]);
        assert_eq!(messages("1 2\n3"), ["1", "2", "3"]);
        assert_eq!(messages(r#"[{"a":"}]\\"},[[],[1]]]"#), [r#"{"a":"}]\\"}"#, "[[],[1]]"]);
        for empty in ["", " \n", "[]", " [ ] "] {
            assert!(messages(empty).is_empty());
        }
    }

    #[test]
    fn a_line_may_be_an_array() {
        let (pieces, error) = split(Shape::Sequence, &[b"[1,2]\n[3]"]);
        assert_eq!(error, None);
        assert_eq!(pieces, [("[1,2]".into(), 0, 0), ("[3]".into(), 6, 1)]);
    }

    #[test]
    fn what_is_between_messages_has_a_place() {
        for (body, count, text) in [
            (r#"{"text":"a"},{"text":"b"}"#, 1, "expected a message or the end, found `,` (offset 12)"),
            (r#"[{"text":"a"}"#, 1, "expected `,` or `]`, found the end (offset 13)"),
            (r#"[{"text":"a"}]x"#, 1, "expected the end, found `x` (offset 14)"),
            (r#"[{"text":"a"} {}]"#, 1, "expected `,` or `]`, found `{` (offset 14)"),
            ("[1", 0, "expected `,` or `]`, found the end (offset 2)"),
            ("[", 0, "expected a message or `]`, found the end (offset 1)"),
            ("[1,]", 1, "expected a message, found `]` (offset 3)"),
            ("[,1]", 0, "expected a message or `]`, found `,` (offset 1)"),
            (r#"{"a":"#, 0, "expected the rest of a message, found the end (offset 5)"),
            (r#"["a"#, 0, "expected the rest of a message, found the end (offset 3)"),
            ("]", 0, "expected a message or the end, found `]` (offset 0)"),
        ] {
            let (pieces, error) = split(Shape::Any, &[body.as_bytes()]);
            assert_eq!(error.unwrap().to_string(), text, "{body}");
            assert_eq!(pieces.len(), count, "{body}");
        }
    }

    #[test]
    fn a_message_has_a_limit_and_a_body_has_none() {
        let fits = format!("\"{}\"", "x".repeat(LIMIT - 2));
        let body = format!("[{}]", vec![&*fits; 100].join(","));
        assert_eq!(messages(&body).len(), 100);
        for body in [format!("[1,\"{}\"]", "x".repeat(LIMIT - 1)), format!("[1,\"{}", "x".repeat(LIMIT))] {
            let (pieces, error) = split(Shape::Any, &[body.as_bytes()]);
            assert_eq!(pieces.len(), 1);
            assert_eq!(error, Some(SplitError::TooLarge { limit: LIMIT, index: 1 }));
        }
    }

    #[test]
    fn what_is_no_message_has_a_limit() {
        let spaces = [b' '; LIMIT];
        for (frames, index) in [
            (&[&spaces[..], b"1", &spaces][..], None),
            (&[&spaces, b" "], Some(0)),
            (&[b"1", &spaces, b" "], Some(1)),
            (&[b"[1", &spaces[1..], b",  "], Some(1)),
            (&[b"[1]", &spaces], Some(1)),
        ] {
            let (_, error) = split(Shape::Any, frames);
            assert_eq!(error, index.map(|index| SplitError::Gap { limit: LIMIT, index }), "{frames:?}");
        }
    }

    #[test]
    fn whole_messages_are_not_copied() {
        let body = Bytes::from_static(b"[{\"a\":1},{\"b\":2}]");
        let mut splitter = Splitter::new(Shape::Any, LIMIT);
        splitter.push(body.clone());
        let piece = splitter.next().unwrap().unwrap();
        assert_eq!(piece.content.as_ptr(), body[1..].as_ptr());
    }

    /// Bodies that are nearly right.
    fn bodies() -> impl Strategy<Value = Vec<u8>> {
        let token = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            " ",
            "\n",
            "1",
            "true",
            "\"a\"",
            "{\"a\":[1,\"]\"]}",
            "é",
            "\"\\\"\"",
            "{}",
            "[]",
        ]);
        prop_oneof![
            prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat().into_bytes()),
            prop::collection::vec(any::<u8>(), 0..40),
        ]
    }

    proptest! {
        #[test]
        fn frames_make_no_difference(
            body in bodies(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
            lines in any::<bool>(),
        ) {
            let shape = if lines { Shape::Sequence } else { Shape::Any };
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let frames: Vec<&[u8]> = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).collect();
            prop_assert_eq!(split(shape, &frames), split(shape, &[&body]));
            let bytes: Vec<&[u8]> = body.chunks(1).collect();
            prop_assert_eq!(split(shape, &bytes), split(shape, &[&body]));
        }

        #[test]
        fn valid_arrays_give_their_elements(values in prop::collection::vec("[ -~]{0,8}", 0..5), pretty in any::<bool>()) {
            let values: Vec<_> = values.iter().map(|text| serde_json::json!({"k": text, "n": [text, 1]})).collect();
            let body = if pretty { serde_json::to_string_pretty(&values) } else { serde_json::to_string(&values) }.unwrap();
            let mut splitter = Splitter::new(Shape::Any, 1 << 20);
            splitter.push(Bytes::from(body));
            let mut found = Vec::new();
            while let Some(piece) = splitter.next().unwrap() {
                found.push(serde_json::from_slice::<serde_json::Value>(&piece.content).unwrap());
            }
            prop_assert_eq!(splitter.finish().unwrap(), None);
            prop_assert_eq!(found, values);
        }
    }
}
