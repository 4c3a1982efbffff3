//! The option `serde`: the same JSON by serde, and the same messages by other formats.

use std::collections::HashMap;

use ciborium::Value as Cbor;
use goldens::serde::serde::v1::parcel::{Item, State, To};
use goldens::serde::serde::v1::{Nothing, Parcel};
use prost::Message;
use prost_types::value::Kind;
use prost_types::{Any, Duration, Struct, Timestamp, Value};

fn parcel() -> Parcel {
    let item = Item { name: "kettle \"K\"\n".into(), count: -2 };
    let kinds = [Kind::NullValue(0), Kind::NumberValue(-0.5), Kind::BoolValue(true)];
    let fields = kinds.into_iter().enumerate().map(|(i, kind)| (format!("k{i}"), Value { kind: Some(kind) }));
    Parcel {
        tracking_id: "größer".into(),
        state: State::Lost.into(),
        items: vec![item.clone(), Item::default()],
        by_shelf: HashMap::from([(-7, item), (12, Item::default())]),
        value_cents: i64::MIN,
        barcode: u64::MAX,
        weight: 1e300,
        volume: 0.1,
        seal: vec![0, 255, 16],
        fragile: true,
        sent_at: Some(Timestamp { seconds: 1_709_209_800, nanos: 500_000_000 }),
        note: Some(Value { kind: Some(Kind::StructValue(Struct { fields: fields.collect() })) }),
        extra: Some(Any {
            type_url: "type.googleapis.com/google.protobuf.Duration".into(),
            value: Duration { seconds: 3, nanos: 0 }.encode_to_vec(),
        }),
        insured: Some(1 << 60),
        history: vec![State::Sent.into(), 77],
        to: Some(To::Box(Box::new(Parcel { to: Some(To::Address(String::new())), ..Parcel::default() }))),
    }
}

#[test]
fn serde_json_writes_the_same_bytes() {
    for parcel in [parcel(), Parcel::default()] {
        assert_eq!(serde_json::to_string(&parcel).ok(), rsvc::json::to_string(&parcel).ok());
    }
    let pretty = rsvc::json::WriteOptions::new().pretty(true);
    assert_eq!(serde_json::to_string_pretty(&parcel()).ok(), pretty.to_string(&parcel()).ok());
    assert_eq!(serde_json::to_string(&Nothing {}).expect("JSON"), "{}");
}

#[test]
fn what_serde_json_wrote_comes_back() {
    for parcel in [parcel(), Parcel::default()] {
        let text = serde_json::to_string(&parcel).expect("JSON");
        assert_eq!(serde_json::from_str::<Parcel>(&text).expect("a parcel"), parcel);
        let value = serde_json::to_value(&parcel).expect("JSON");
        assert_eq!(serde_json::from_value::<Parcel>(value).expect("a parcel"), parcel);
    }
    assert_eq!(serde_json::from_str::<Nothing>("{}").expect("nothing"), Nothing {});
}

#[test]
fn the_rules_are_those_of_the_reader() {
    // Either name, numbers in quotes and with exponents, enums by number, null for absent.
    let json = r#"{"tracking_id":"x","valueCents":1e2,"barcode":"7","state":-1,"items":null,"history":[1,"STATE_LOST"]}"#;
    let read: Parcel = serde_json::from_str(json).expect("a parcel");
    assert_eq!(Some(read), rsvc::json::from_str(json).ok());
    for (json, error) in [
        (r#"{"trackingId":"a","tracking_id":"b"}"#, "field \"trackingId\" of serde.v1.Parcel comes twice"),
        (r#"{"nobody":1}"#, "serde.v1.Parcel has no field \"nobody\""),
        (r#"{"items":[{},{"count":2147483648}]}"#, "2147483648 is not an int32 at `items[1].count`"),
        (r#"{"address":"a","box":{}}"#, "two fields of one oneof of serde.v1.Parcel"),
        (r#"{"history":["STATE_FAR"]}"#, "serde.v1.Parcel.State has no value \"STATE_FAR\" at `history[0]`"),
    ] {
        let found = serde_json::from_str::<Parcel>(json).expect_err(json).to_string();
        assert!(found.starts_with(error), "{found}");
    }
    let unwritable = Parcel { sent_at: Some(Timestamp { seconds: i64::MAX, nanos: 0 }), ..Parcel::default() };
    let error = serde_json::to_string(&unwritable).expect_err("no such year").to_string();
    assert!(error.contains("outside of years 1 to 9999 at `sentAt`"), "{error}");
}

#[test]
fn nesting_is_limited() {
    let nested = |levels: usize| format!("{}{}", "{\"box\":".repeat(levels), "{}") + &"}".repeat(levels);
    assert!(serde_json::from_str::<Parcel>(&nested(100)).is_ok());
    let error = serde_json::from_str::<Parcel>(&nested(101)).map(drop).expect_err("too deep");
    assert!(error.to_string().contains("deeper than 100 levels"), "{error}");
    // A format without a limit of its own.
    let mut value = Cbor::Map(Vec::new());
    for _ in 0..10_000 {
        value = Cbor::Map(vec![(Cbor::Text("box".into()), value)]);
    }
    let error = value.deserialized::<Parcel>().expect_err("too deep").to_string();
    assert!(error.contains("nested too deep"), "{error}");
    // Its own drop would be as deep.
    while let Cbor::Map(entries) = value {
        let Some((_, inner)) = entries.into_iter().next() else { break };
        value = inner;
    }
}

#[test]
fn enums_by_themselves() {
    assert_eq!(serde_json::to_string(&State::Sent).expect("JSON"), "\"STATE_SENT\"");
    assert_eq!(serde_json::from_str::<State>("\"STATE_LOST\"").expect("a state"), State::Lost);
    assert_eq!(serde_json::from_str::<State>("-1").expect("a state"), State::Lost);
    assert!(serde_json::from_str::<State>("5").is_err());
    assert!(serde_json::from_str::<State>("\"STATE\"").is_err());
    let keyed = HashMap::from([(State::Sent, 1)]);
    assert_eq!(serde_json::to_string(&keyed).expect("JSON"), r#"{"STATE_SENT":1}"#);
}

#[test]
fn other_formats() {
    let mut bytes = Vec::new();
    ciborium::into_writer(&parcel(), &mut bytes).expect("CBOR");
    assert_eq!(ciborium::from_reader::<Parcel, _>(&bytes[..]).expect("a parcel"), parcel());
    // What other formats have and JSON has not: keys that are numbers, bytes, numbers that are none.
    let text = |text: &str| Cbor::Text(text.into());
    let value = Cbor::Map(vec![
        (text("byShelf"), Cbor::Map(vec![(Cbor::Integer(3.into()), Cbor::Map(Vec::new()))])),
        (text("seal"), Cbor::Bytes(vec![1, 2])),
        (text("weight"), Cbor::Float(f64::NEG_INFINITY)),
        (text("fragile"), Cbor::Null),
    ]);
    let read: Parcel = value.deserialized().expect("a parcel");
    assert_eq!(read.by_shelf, HashMap::from([(3, Item::default())]));
    assert_eq!((read.seal.as_slice(), read.weight, read.fragile), (&[1, 2][..], f64::NEG_INFINITY, false));
}

/// A struct of the user's.
#[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
struct Visit {
    #[serde(with = "rsvc::json::serde")]
    at: Timestamp,
    parcel: Parcel,
    others: Vec<Parcel>,
}

#[test]
fn as_a_part_of_other_types() {
    let visit = Visit { at: Timestamp::default(), parcel: Parcel::default(), others: vec![parcel()] };
    let text = serde_json::to_string(&visit).expect("JSON");
    assert!(text.starts_with(r#"{"at":"1970-01-01T00:00:00Z","parcel":{},"others":[{"#), "{text}");
    assert_eq!(serde_json::from_str::<Visit>(&text).expect("a visit"), visit);
}
