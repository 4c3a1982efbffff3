//! Messages with every kind of field, as JSON and as protobuf.

use prost::Message as _;
use rsvc::Validate as _;
use rsvc::json::{self, ReadOptions, WriteOptions};

use crate::proto::fuzz::v1::All;

/// JSON text: what is read is written, and read again is the same.
pub(crate) fn json(data: &[u8]) {
    let strict = json::from_slice::<All>(data);
    let tolerant = ReadOptions::new().ignore_unknown(true).from_slice::<All>(data);
    let Ok(message) = tolerant else {
        assert!(strict.is_err(), "what is not ignored is read, and fails where it is ignored");
        return;
    };
    if let Ok(strict) = strict {
        assert_eq!(strict.encode_to_vec(), message.encode_to_vec(), "ignoring nothing changes a message");
    }
    let bytes = message.encode_to_vec();
    let text = json::to_vec(&message).expect("what was read from JSON has JSON");
    let is_kept = !has_null(&text);
    let options = [
        WriteOptions::new(),
        WriteOptions::new().emit_defaults(true),
        WriteOptions::new().proto_names(true),
        WriteOptions::new().enums_as_numbers(true),
        WriteOptions::new().pretty(true),
    ];
    for options in options {
        let form = options.to_vec(&message).expect("what has JSON has it in every form");
        let again = json::from_slice::<All>(&form).expect("what was written is read");
        if is_kept {
            assert_eq!(json::to_vec(&again).expect("it was read"), text, "a form of JSON changes a message");
        }
    }
    let again = json::from_slice::<All>(&text).expect("what was written is read");
    if is_kept {
        assert_eq!(again.encode_to_vec(), bytes, "JSON changes a message");
    }
    let decoded = All::decode(&*bytes).expect("what was read from JSON is protobuf");
    // prost does not encode negative zeros. The runtime does, where it sends a message.
    if !text.windows(4).any(|part| part == b"-0.0") {
        assert_eq!(json::to_vec(&decoded).expect("it was JSON"), text, "protobuf changes a message");
    }
    assert_eq!(violations(&decoded), violations(&message), "protobuf changes what rules say");
}

/// Whether a `NullValue` is there. It may hold any number, whose JSON is `null`, and that is read as 0.
fn has_null(text: &[u8]) -> bool {
    let fields: [&[u8]; 2] = [b"\"null\":null", b"\"choiceNull\":null"];
    fields.iter().any(|field| text.windows(field.len()).any(|part| part == *field))
}

/// Protobuf: what is read is written, as JSON too where it has any.
pub(crate) fn message(data: &[u8]) {
    let Ok(message) = All::decode(data) else { return };
    let bytes = message.encode_to_vec();
    assert_eq!(message.encoded_len(), bytes.len(), "the length is another one");
    let again = All::decode(&*bytes).expect("what was written is read");
    assert_eq!(again.encode_to_vec(), bytes, "protobuf changes a message");
    let found = violations(&message);
    // Not every message has JSON: an `Any` of a type that nobody knows, a year beyond 9999.
    let Ok(text) = json::to_vec(&message) else { return };
    let again = json::from_slice::<All>(&text).expect("what was written is read");
    if !has_null(&text) {
        assert_eq!(json::to_vec(&again).expect("it was read"), text, "JSON changes a message");
    }
    assert_eq!(violations(&again), found, "JSON changes what rules say");
}

fn violations(message: &All) -> Option<String> {
    message.validate().err().map(|violations| violations.to_string())
}
