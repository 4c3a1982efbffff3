//! What holds for every message: it comes back as it was, no text makes the reader panic, and prost-reflect, which
//! passes the conformance tests for JSON as well, reads and writes the same.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError};
use prost::Message;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor};
use rsvc::json::{Json, ReadOptions, WriteOptions};

use crate::arbitrary::{Bytes, pool};

/// Levels of a message below the first.
const DEPTH: u32 = 3;

fn text<T: Json>(message: &T) -> String {
    rsvc::json::to_string(message).expect("every message of these tests has JSON")
}

/// Messages are the same: by their JSON, in which `NaN` is equal to itself and the maps in an `Any` have an order.
fn same<T: Json + PartialEq>(a: &T, b: &T) -> Result<(), TestCaseError> {
    prop_assert_eq!(text(a), text(b));
    let unequal = ["NaN", "@type"].iter().any(|odd| text(a).contains(odd));
    prop_assert!(a == b || unequal, "{} twice, and yet different", text(a));
    Ok(())
}

/// What prost-reflect reads.
fn peer(descriptor: &MessageDescriptor, json: &str) -> Result<DynamicMessage, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let options = DeserializeOptions::new();
    let message = DynamicMessage::deserialize_with_options(descriptor.clone(), &mut deserializer, &options)?;
    deserializer.end()?;
    Ok(message)
}

fn decode<T: Message + Default>(message: &DynamicMessage) -> T {
    T::decode(&message.encode_to_vec()[..]).expect("the same descriptor")
}

/// How the message is read. Of an edition's required field prost-reflect does not know it.
fn reader(descriptor: &MessageDescriptor) -> ReadOptions {
    ReadOptions::new().partial(descriptor.full_name() == "editions.v1.Edition")
}

/// Every way to write is read back, by us and by prost-reflect.
fn survives<T>(descriptor: &MessageDescriptor, seed: &[u8]) -> Result<(), TestCaseError>
where
    T: Json + Message + Default + PartialEq,
{
    let message: T = decode(&Bytes::new(seed).message(descriptor, DEPTH));
    // Again, since no encoder keeps all of what can be made: a negative zero in a map is none any more.
    let dynamic = DynamicMessage::decode(descriptor.clone(), &message.encode_to_vec()[..]).expect("the same");
    let json = text(&message);
    for options in [
        WriteOptions::new(),
        WriteOptions::new().pretty(true),
        WriteOptions::new().emit_defaults(true),
        WriteOptions::new().proto_names(true).enums_as_numbers(true),
    ] {
        let json = options.to_string(&message).expect("the same message");
        match reader(descriptor).from_str::<T>(&json) {
            Ok(back) => same(&message, &back)?,
            Err(error) => return Err(TestCaseError::fail(format!("{error}: {json}"))),
        }
    }
    match peer(descriptor, &json) {
        Ok(theirs) => same(&message, &decode(&theirs))?,
        Err(error) => differs(Accepts::Ours, &error.to_string(), &json)?,
    }
    let theirs = serde_json::to_string(&dynamic).expect("the same message");
    match reader(descriptor).from_str::<T>(&theirs) {
        Ok(back) => same(&message, &back),
        Err(error) => Err(TestCaseError::fail(format!("{error}: {theirs}"))),
    }
}

/// What is put into texts.
const TOKENS: [&str; 30] = [
    "null",
    "true",
    "1",
    "-0",
    "1e2",
    "1.5",
    "1.0",
    "01",
    "1e400",
    "-1",
    "99999999999",
    "\"\"",
    "\"1\"",
    "\"1e1\"",
    "\"NaN\"",
    "\"a\":1,",
    "{}",
    "[]",
    "[1,2]",
    ",",
    ":",
    "\"",
    "{",
    "}",
    "\\u0041",
    "\\ud83d",
    "\\ud83d\\ude00",
    " ",
    "\"STATE_SENT\"",
    "\u{e9}",
];

/// A text with some places changed.
fn changed(mut json: String, source: &mut Bytes<'_>) -> String {
    for _ in 0..=source.below(3) {
        let boundary = |at: usize| (0..=at).rev().find(|at| json.is_char_boundary(*at)).unwrap_or(0);
        let (a, b) = (source.below(json.len() + 1), source.below(12));
        let (start, end) = (boundary(a), boundary((a + b).min(json.len())));
        match source.below(4) {
            0 => json.replace_range(start..end, ""),
            1 => json.replace_range(start..end, source.pick(&TOKENS)),
            2 => json.insert_str(start, source.pick(&TOKENS)),
            _ => {
                let again = json[start..end].to_owned();
                json.insert_str(end, &again);
            }
        }
    }
    json
}

/// Where the two readers differ, with the reason: who accepts, what the other says, and why this is right.
const DIFFERENCES: &[(Accepts, &str, &str)] = &[
    (
        Accepts::Ours,
        "float value out of range",
        "prost-reflect refuses the largest float, whose shortest form is a double a little above it",
    ),
    (
        Accepts::Ours,
        "invalid digit found in string",
        "prost-reflect takes no fraction and no exponent in quotes for 64 bits",
    ),
    (Accepts::Theirs, "comes twice", "prost-reflect takes a name or key twice, the last one wins"),
    (Accepts::Theirs, "base64 of a wrong length", "prost-reflect takes less padding than there should be"),
    (Accepts::Theirs, "is not a field mask", "prost-reflect takes paths that are not identifiers"),
    (Accepts::Theirs, "is not a duration", "prost-reflect cuts off what is below a nanosecond"),
    (Accepts::Theirs, "is not an RFC 3339 timestamp", "prost-reflect cuts off what is below a nanosecond"),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Accepts {
    Ours,
    Theirs,
}

/// Both read the same from a text, or neither does.
fn agrees<T>(descriptor: &MessageDescriptor, seed: &[u8]) -> Result<(), TestCaseError>
where
    T: Json + Message + Default + PartialEq,
{
    let mut source = Bytes::new(seed);
    let message: T = decode(&source.message(descriptor, DEPTH));
    let json = changed(text(&message), &mut source);
    let unchecked = reader(descriptor).ignore_unknown(true).from_str::<T>(&json);
    let (accepts, error) = match (reader(descriptor).from_str::<T>(&json), peer(descriptor, &json)) {
        (Ok(ours), Ok(theirs)) => {
            prop_assert!(unchecked.is_ok());
            return same(&ours, &decode(&theirs));
        }
        (Err(_), Err(_)) => return Ok(()),
        (Ok(_), Err(error)) => (Accepts::Ours, error.to_string()),
        (Err(error), Ok(_)) => (Accepts::Theirs, error.to_string()),
    };
    differs(accepts, &error, &json)
}

/// Only where it is known why.
fn differs(accepts: Accepts, error: &str, json: &str) -> Result<(), TestCaseError> {
    let known = DIFFERENCES.iter().any(|(who, part, _)| *who == accepts && error.contains(part));
    prop_assert!(known, "{accepts:?} accept, the other says {error}: {json}");
    Ok(())
}

/// Bytes that are JSON by chance at most.
fn never_panics<T: Json + Default>(bytes: &[u8]) {
    let _ = rsvc::json::from_slice::<T>(bytes);
    let _ = ReadOptions::new().ignore_unknown(true).from_slice::<T>(bytes);
}

/// The same cases in every run. To look for others: `RSVC_SEED=7 PROPTEST_CASES=2000 cargo test -p suite --test json`.
pub(crate) fn config() -> ProptestConfig {
    let seed = std::env::var("RSVC_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..ProptestConfig::default() }
}

macro_rules! properties {
    ($($name:ident: $tree:ident $($path:ident)::+, $full:literal;)*) => {$(
        mod $name {
            use super::*;
            use goldens::$tree::$($path)::+ as Subject;

            static DESCRIPTOR: LazyLock<MessageDescriptor> = LazyLock::new(|| {
                let pool = pool(stringify!($tree));
                pool.get_message_by_name($full).expect("a message of the case")
            });

            proptest! {
                #![proptest_config(config())]

                #[test]
                fn survives(seed in prop::collection::vec(any::<u8>(), 0..500)) {
                    super::survives::<Subject>(&DESCRIPTOR, &seed)?;
                }

                #[test]
                fn agrees(seed in prop::collection::vec(any::<u8>(), 0..300)) {
                    super::agrees::<Subject>(&DESCRIPTOR, &seed)?;
                }

                #[test]
                fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
                    super::never_panics::<Subject>(&bytes);
                }
            }
        }
    )*};
}

properties! {
    scalars: scalars scalars::v1::Scalars, "scalars.v1.Scalars";
    containers: containers containers::v1::Containers, "containers.v1.Containers";
    oneofs: oneofs oneofs::v1::Mixed, "oneofs.v1.Mixed";
    well_known: wellknown wellknown::v1::WellKnown, "wellknown.v1.WellKnown";
    proto2: proto2 proto2::v1::Old, "proto2.v1.Old";
    recursion: recursion recursion::v1::Straight, "recursion.v1.Straight";
    groups: recursion recursion::v1::Circle, "recursion.v1.Circle";
    enums: enums enums::v1::Holder, "enums.v1.Holder";
    editions: editions editions::v1::Edition, "editions.v1.Edition";
    names: json_names json_names::v1::Names, "json_names.v1.Names";
    parcel: serde serde::v1::Parcel, "serde.v1.Parcel";
}
