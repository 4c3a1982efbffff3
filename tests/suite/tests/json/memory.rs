//! What a message takes in memory is known before it is read: never too little, and not much too much.

use std::sync::LazyLock;

use goldens::containers::containers::v1::Containers;
use goldens::recursion::recursion::v1::Node;
use goldens::scalars::scalars::v1::Scalars;
use goldens::wellknown::wellknown::v1::WellKnown;
use proptest::prelude::*;
use prost::Message;
use prost::bytes::Bytes as Shared;
use prost_reflect::MessageDescriptor;
use prost_types::{Any, FieldMask, ListValue, Struct, Value};
use rsvc::json::{Json, Meter, ReadOptions};

use crate::arbitrary::{Bytes, pool};
use crate::counting::most;
use crate::properties::config;

/// What is not worth to be counted: a few small buffers of the reader itself.
const SMALL: usize = 2048;

/// Decodes `wire`, and compares what that takes with what was said.
#[track_caller]
fn decode<T: Json + Message + Default>(wire: &[u8]) -> usize {
    let said = Meter::of_wire::<T>(wire);
    let shared = Shared::copy_from_slice(wire);
    let (_message, taken) = most(|| T::decode(shared));
    assert!(said + SMALL >= taken, "{taken} taken, {said} said, of {} bytes", wire.len());
    // What stays in the bytes that arrived is counted too.
    assert!(said <= 2 * taken + 2 * wire.len() + SMALL, "{taken} taken, {said} said, of {}", wire.len());
    let at_most = Meter::at_most::<T>() * wire.len();
    assert!(said <= at_most, "{said} said, {at_most} at most");
    taken
}

/// Reads `text`, and compares what that takes with what was said.
#[track_caller]
fn read<T: Json + Default>(text: &str, factor: usize) -> usize {
    let options = ReadOptions::new().ignore_unknown(true).partial(true);
    let said = Meter::of_text::<T>(text.as_bytes(), &options);
    let (message, taken) = most(|| options.from_str::<T>(text));
    assert_eq!(said.is_ok(), message.is_ok(), "{said:?}: {text:.200}");
    let Ok(said) = said else { return taken };
    assert!(said + SMALL >= taken, "{taken} taken, {said} said, of {} bytes", text.len());
    assert!(said <= factor * taken + 2 * text.len() + SMALL, "{taken} taken, {said} said, of {}", text.len());
    let at_most = Meter::at_most::<T>() * text.len();
    assert!(said <= at_most, "{said} said, {at_most} at most");
    taken
}

/// One and many of each.
#[track_caller]
fn wires<T: Json + Message + Default>(one: &[u8]) {
    for count in [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 14, 15, 16, 17, 28, 29, 1000, 1024, 1025, 20_000] {
        decode::<T>(&one.repeat(count));
    }
}

#[test]
fn lists_on_the_wire() {
    wires::<Node>(b"\x12\x00");
    wires::<Node>(b"\x12\x02\x12\x00");
    wires::<Node>(b"\x12\x02\x0a\x00");
    wires::<Node>(b"\x12\x03\x2a\x01a");
    // A list of one, in a list of one, …
    wires::<Node>(b"\x12\x06\x12\x04\x12\x02\x12\x00");
    wires::<Containers>(b"\x1a\x00");
    wires::<Containers>(b"\x1a\x01a");
    wires::<ListValue>(b"\x0a\x00");
    wires::<ListValue>(b"\x0a\x04\x32\x02\x0a\x00");
    wires::<ListValue>(b"\x0a\x04\x2a\x02\x0a\x00");
    wires::<FieldMask>(b"\x0a\x00");
    wires::<FieldMask>(b"\x0a\x01a");
    wires::<WellKnown>(b"\xaa\x01\x00");
    wires::<WellKnown>(b"\xc2\x01\x00");
}

#[test]
fn maps_on_the_wire() {
    let entries = |count: u32, field: u8| -> Vec<u8> {
        let entry = |key: u32| {
            let key = format!("{key:05}");
            [&[field, 7, 0x0a, 5], key.as_bytes()].concat()
        };
        (0..count).flat_map(entry).collect()
    };
    for count in [1, 3, 4, 7, 8, 11, 12, 14, 15, 28, 29, 56, 57, 1000, 7168, 7169, 20_000] {
        decode::<Node>(&entries(count, 0x1a));
        decode::<Containers>(&entries(count, 0x2a));
        decode::<Containers>(&entries(count, 0x32));
        decode::<Struct>(&entries(count, 0x0a));
    }
    // Many maps of one entry.
    wires::<Node>(b"\x12\x02\x1a\x00");
    wires::<ListValue>(b"\x0a\x06\x2a\x04\x0a\x02\x0a\x00");
}

#[test]
fn lists_in_json() {
    fn texts<T: Json + Default>(open: &str, one: &str, close: &str) {
        for count in [1, 2, 3, 4, 5, 8, 9, 16, 17, 1000, 1024, 1025, 20_000] {
            read::<T>(&format!("{open}{}{close}", vec![one; count].join(",")), 2);
        }
    }
    texts::<Node>("{\"children\":[", "{}", "]}");
    texts::<Node>("{\"children\":[", "{\"next\":{}}", "]}");
    texts::<Node>("{\"children\":[", "{\"named\":{\"\":{}}}", "]}");
    texts::<Node>("{\"children\":[", "{\"children\":[{\"children\":[{}]}]}", "]}");
    texts::<Node>("{\"children\":[", "{\"leaf\":\"\\n\\n\\n\"}", "]}");
    texts::<Containers>("{\"many\":[", "\"\"", "]}");
    texts::<Containers>("{\"many\":[", "\"YWJj\"", "]}");
    texts::<ListValue>("[", "1", "]");
    texts::<ListValue>("[", "[]", "]");
    texts::<ListValue>("[", "[[[1]]]", "]");
    texts::<ListValue>("[", "{\"\":{\"\":{}}}", "]");
    texts::<Value>("[", "\"\"", "]");
    texts::<FieldMask>("\"", "a", "\"");
    texts::<FieldMask>("\"", "aB", "\"");
    texts::<WellKnown>("{\"strings\":[", "\"\"", "]}");
    texts::<WellKnown>("{\"empties\":[", "{}", "]}");
}

#[test]
fn an_any_in_json() {
    let scalars = "{\"@type\":\"a/scalars.v1.Scalars\",\"c\":-1,\"ra\":[1,2,3],\"ma\":{\"1\":1}}";
    let tree = format!(
        "{{\"@type\":\"a/recursion.v1.Node\",\"children\":[{}]}}",
        vec!["{\"next\":{\"leaf\":\"a\"}}"; 5_000].join(",")
    );
    let numbers =
        format!("{{\"@type\":\"a/google.protobuf.ListValue\",\"value\":[{}1]}}", "1,".repeat(20_000));
    for text in [scalars, &tree, &numbers] {
        read::<Any>(text, 200);
    }
}

#[test]
fn maps_in_json() {
    for count in [1, 3, 4, 7, 8, 11, 12, 14, 15, 28, 29, 1000, 7168, 7169, 20_000] {
        let entries: Vec<String> = (0..count).map(|key| format!("\"{key:05}\":{{}}")).collect();
        let entries = entries.join(",");
        read::<Struct>(&format!("{{{entries}}}"), 2);
        for (field, open) in [("named", "{"), ("sorted", "{"), ("hashed", "{")] {
            let text = format!("{{\"{field}\":{open}{entries}}}}}");
            if field == "named" {
                read::<Node>(&text, 2)
            } else {
                read::<Containers>(&text, 2)
            };
        }
    }
}

#[test]
fn small_messages_are_never_looked_at() {
    // 32 MiB are enough for whatever these have, however they are filled.
    assert!(Meter::at_most::<Node>() <= 2048, "{}", Meter::at_most::<Node>());
    assert!(Meter::at_most::<Struct>() <= 1024, "{}", Meter::at_most::<Struct>());
    assert_eq!(Meter::at_most::<i32>(), 1);
}

fn of_any_message<T: Json + Message + Default>(descriptor: &MessageDescriptor, seed: &[u8]) {
    let dynamic = Bytes::new(seed).message(descriptor, 4);
    let wire = dynamic.encode_to_vec();
    decode::<T>(&wire);
    let message = T::decode(&wire[..]).expect("the same descriptor");
    let text = rsvc::json::to_string(&message).expect("every message of these tests has JSON");
    read::<T>(&text, 200);
}

macro_rules! of_any_messages {
    ($($name:ident: $tree:ident $($path:ident)::+, $full:literal;)*) => {$(
        #[test]
        fn $name() {
            use goldens::$tree::$($path)::+ as Subject;
            static DESCRIPTOR: LazyLock<MessageDescriptor> =
                LazyLock::new(|| pool(stringify!($tree)).get_message_by_name($full).expect("a message of the case"));
            proptest!(config(), |(seed in prop::collection::vec(any::<u8>(), 0..3000))| {
                of_any_message::<Subject>(&DESCRIPTOR, &seed);
            });
        }
    )*};
}

of_any_messages! {
    any_scalars: scalars scalars::v1::Scalars, "scalars.v1.Scalars";
    any_containers: containers containers::v1::Containers, "containers.v1.Containers";
    any_oneof: oneofs oneofs::v1::Mixed, "oneofs.v1.Mixed";
    any_well_known: wellknown wellknown::v1::WellKnown, "wellknown.v1.WellKnown";
    any_of_proto2: proto2 proto2::v1::Old, "proto2.v1.Old";
    any_recursion: recursion recursion::v1::Straight, "recursion.v1.Straight";
    any_group: recursion recursion::v1::Circle, "recursion.v1.Circle";
    any_of_an_edition: editions editions::v1::Edition, "editions.v1.Edition";
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn broken_bytes_take_no_more_than_was_said(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let said = Meter::of_wire::<Scalars>(&bytes);
        let (_message, taken) = most(|| Scalars::decode(&bytes[..]));
        prop_assert!(said + SMALL >= taken);
        let said = Meter::of_wire::<Node>(&bytes);
        let (_message, taken) = most(|| Node::decode(&bytes[..]));
        prop_assert!(said + SMALL >= taken);
    }
}
