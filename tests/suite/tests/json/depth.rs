//! JSON and the binary form nest as deep as each other: what one takes the other takes too, and can be written again.

use goldens::recursion::recursion::v1::{Circle, Node};
use goldens::wellknown::wellknown::v1::WellKnown;
use prost::Message;
use prost_types::{Any, ListValue, Struct, Value};
use rsvc::json::{Json, from_str, to_string};

/// A message whose text is `open`, so many times, around `inner`, and as many times `close`.
fn text(open: &str, turns: usize, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(turns), close.repeat(turns))
}

/// Both forms take the most turns that there are, and neither takes one more.
#[track_caller]
fn equal<T>(outer: (&str, &str), open: &str, inner: &str, close: &str)
where
    T: Json + Message + Default + PartialEq,
{
    let of = |turns| format!("{}{}{}", outer.0, text(open, turns, inner, close), outer.1);
    let turns = (1..300).take_while(|turns| from_str::<T>(&of(*turns)).is_ok()).count();
    assert!((10..=101).contains(&turns), "{turns} turns of {open}");
    let message: T = from_str(&of(turns)).expect("it was read");
    let wire = message.encode_to_vec();
    let back = T::decode(&wire[..]).unwrap_or_else(|error| panic!("{open}, {turns} turns: {error}"));
    assert!(back == message);
    let json = to_string(&back).expect("it has JSON");
    assert!(from_str::<T>(&json).expect(open) == back);
    // One more is built around it by hand.
    let error = from_str::<T>(&of(turns + 1)).map(drop).expect_err(open);
    assert!(error.message().contains("deeper than 100 levels"), "{open}: {error}");
}

const PLAIN: (&str, &str) = ("", "");

#[test]
fn messages() {
    equal::<Node>(PLAIN, "{\"next\":", "{}", "}");
    equal::<Node>(PLAIN, "{\"children\":[", "{}", "]}");
    equal::<Node>(PLAIN, "{\"named\":{\"k\":", "{}", "}}");
    equal::<Node>(("{\"next\":", "}"), "{\"named\":{\"k\":", "{}", "}}");
    equal::<Node>(PLAIN, "{\"left\":", "{}", "}");
    equal::<Node>(PLAIN, "{\"left\":", "{\"named\":{},\"children\":[],\"leaf\":\"a\"}", "}");
    equal::<Circle>(PLAIN, "{\"through\":{\"circle\":", "{}", "}}");
}

#[test]
fn structs() {
    for inner in ["{}", "1", "null", "\"\"", "[]", "{\"a\":1}", "[1]"] {
        for (open, close) in
            [("{\"a\":", "}"), ("[", "]"), ("[{\"a\":", "}]"), ("[1,{\"b\":2,\"a\":", "},[]]")]
        {
            equal::<Value>(PLAIN, open, inner, close);
            if open.starts_with('{') {
                equal::<Struct>(PLAIN, open, inner, close);
            } else {
                equal::<ListValue>(PLAIN, open, inner, close);
            }
            for field in ["value", "struct", "list", "values"] {
                let outer = match field {
                    "values" => ("{\"values\":{\"k\":".to_owned(), "}}"),
                    _ => (format!("{{\"{field}\":"), "}"),
                };
                let fits = match field {
                    "struct" => open.starts_with('{'),
                    "list" => open.starts_with('['),
                    _ => true,
                };
                if fits {
                    equal::<WellKnown>((&outer.0, outer.1), open, inner, close);
                }
            }
        }
    }
}

/// The most objects and arrays there can be.
#[test]
fn figures() {
    let ok = |open: &str, turns, inner: &str, close: &str| {
        from_str::<Value>(&text(open, turns, inner, close)).is_ok()
    };
    assert!(ok("{\"a\":", 33, "1", "}") && !ok("{\"a\":", 34, "1", "}"));
    assert!(ok("[", 49, "[]", "]") && !ok("[", 50, "[]", "]"));
    assert!(from_str::<Node>(&text("{\"next\":", 100, "{}", "}")).is_ok());
    assert!(from_str::<Node>(&text("{\"next\":", 101, "{}", "}")).is_err());
}

/// Binary messages at the limit have JSON that is read again.
#[test]
fn from_the_binary_form() {
    fn nested(number: u32, levels: usize) -> Vec<u8> {
        let mut wire = Vec::new();
        for _ in 0..levels {
            let mut outer = Vec::new();
            prost::encoding::bytes::encode(number, &wire, &mut outer);
            wire =
                if outer.is_empty() { vec![u8::try_from(number << 3 | 2).expect("small"), 0] } else { outer };
        }
        wire
    }
    for number in [1, 2, 4] {
        let wire = nested(number, 100);
        let node = Node::decode(&wire[..]).expect("a hundred levels");
        let json = to_string(&node).expect("it has JSON");
        assert!(from_str::<Node>(&json).expect("what was written") == node);
        assert!(Node::decode(&nested(number, 101)[..]).is_err());
    }
}

/// An `Any` is bytes, which are decoded by themselves.
#[test]
fn an_any_starts_anew() {
    let deep = text("{\"next\":", 100, "{}", "}").replacen('{', "{\"@type\":\"a/recursion.v1.Node\",", 1);
    let any: Any = from_str(&deep).expect("a message with a hundred levels");
    assert!(Node::decode(&any.value[..]).is_ok());
    assert!(from_str::<Any>(&to_string(&any).expect("JSON")).expect("the same") == any);
    let deeper = text("{\"next\":", 101, "{}", "}").replacen('{', "{\"@type\":\"a/recursion.v1.Node\",", 1);
    assert!(from_str::<Any>(&deeper).is_err());
    let lists = text("[", 50, "[]", "]");
    let any: Any = from_str(&format!("{{\"@type\":\"a/google.protobuf.ListValue\",\"value\":{lists}}}"))
        .expect("51 lists");
    assert!(ListValue::decode(&any.value[..]).is_ok());
}

/// One in another, as deep as the bytes allow: nobody's stack is used up.
#[test]
fn any_in_any() {
    let wrap =
        |inner: Vec<u8>| Any { type_url: "a/google.protobuf.Any".into(), value: inner }.encode_to_vec();
    let nested = |levels| (0..levels).fold(Vec::new(), |wire, _| wrap(wire));
    for (levels, fits) in [(10, true), (99, true), (102, false), (3_000, false)] {
        let any = Any::decode(&nested(levels)[..]).expect("an Any");
        let json = to_string(&any);
        assert_eq!(json.is_ok(), fits, "{levels}");
        if let Ok(json) = json {
            assert!(from_str::<Any>(&json).expect("what was written") == any);
        }
    }
}
