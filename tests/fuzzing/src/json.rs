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
    let options = [
        WriteOptions::new(),
        WriteOptions::new().emit_defaults(true),
        WriteOptions::new().proto_names(true),
        WriteOptions::new().enums_as_numbers(true),
        WriteOptions::new().pretty(true),
    ];
    for options in options {
        let text = options.to_vec(&message).expect("what has JSON has it in every form");
        let again = json::from_slice::<All>(&text).expect("what was written is read");
        if !text.windows(7).any(|part| part == b"default") {
            let written = json::to_vec(&again).expect("it was read");
            assert!(
                same(&written, &json::to_vec(&message).expect("it was written")),
                "JSON changes a message"
            );
        }
    }
    let again = json::from_slice::<All>(&text).expect("what was written is read");
    assert_eq!(again.encode_to_vec(), bytes, "JSON changes a message");
    let decoded = All::decode(&*bytes).expect("what was read from JSON is protobuf");
    // prost does not encode negative zeros. The runtime does, where it sends a message.
    if !text.windows(4).any(|part| part == b"-0.0") {
        assert_eq!(json::to_vec(&decoded).expect("it was JSON"), text, "protobuf changes a message");
    }
    assert_eq!(violations(&decoded), violations(&message), "protobuf changes what rules say");
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a == b
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
    // `null` is 0 where it is read, and whatever a `NullValue` holds has no other JSON.
    if !text.windows(11).any(|part| part == b"\"null\":null") {
        assert_eq!(json::to_vec(&again).expect("it was read"), text, "JSON changes a message");
    }
    assert_eq!(violations(&again), found, "JSON changes what rules say");
}

fn violations(message: &All) -> Option<String> {
    message.validate().err().map(|violations| violations.to_string())
}
