//! What the conformance runner does not ask, of generated messages: depth, size, boundaries, broken input, places.

use std::collections::HashMap;
use std::fmt::Debug;

use goldens::recursion::recursion::v1::{Circle, Node, Straight};
use goldens::scalars::scalars::v1::Scalars;
use goldens::serde::serde::v1::Parcel;
use goldens::wellknown::wellknown::v1::WellKnown;
use prost_types::Any;
use rsvc::json::{ErrorKind, Json, ReadOptions, from_slice, from_str, to_string};

/// `open`, so many times, around `inner`.
fn nested(open: &str, levels: usize, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn every_way_to_nest_is_limited() {
    #[track_caller]
    fn limited<T: Json + Default>(open: &str, inner: &str, close: &str, turns: usize) {
        assert!(from_str::<T>(&nested(open, turns, inner, close)).is_ok(), "{open}");
        for turns in [turns + 1, 100_000] {
            let error = from_str::<T>(&nested(open, turns, inner, close)).map(drop).expect_err(open);
            assert!(error.message().contains("deeper than 100 levels"), "{open}: {error}");
            assert!(error.path().len() <= 600, "{open}: {}", error.path().len());
        }
    }
    limited::<Node>("{\"next\":", "{}", "}", 100);
    limited::<Node>("{\"children\":[", "{}", "]}", 100);
    limited::<Node>("{\"named\":{\"k\":", "{}", "}}", 50);
    limited::<Node>("{\"left\":", "{}", "}", 100);
    limited::<Circle>("{\"through\":{\"circle\":", "{}", "}}", 50);
    // The outermost `Any` holds a message by itself.
    let any = "{\"@type\":\"type.googleapis.com/google.protobuf.Any\",\"value\":";
    limited::<Any>(any, "{}", "}", 101);
    let message = "{\"@type\":\"type.googleapis.com/wellknown.v1.WellKnown\",\"any\":";
    limited::<Any>(message, "{}", "}", 50);
    // Unknown fields are skipped no deeper.
    let unknown = nested("{\"nobody\":", 100_000, "{}", "}");
    let error = ReadOptions::new().ignore_unknown(true).from_str::<Straight>(&unknown).expect_err("deep");
    assert!(error.message().contains("deeper"), "{error}");
}

#[test]
fn names_and_keys_come_once() {
    for json in [
        r#"{"c":1,"c":1}"#,
        r#"{"trackingId":"","tracking_id":""}"#,
        r#"{"c":1,"\u0063":2}"#,
        r#"{"ma":{"1":1,"1":1}}"#,
        // The same key, written otherwise.
        r#"{"ma":{"1":1,"1e0":1}}"#,
        r#"{"mm":{"true":"1","true":"1"}}"#,
        r#"{"mo":{"a":"","\u0061":""}}"#,
        r#"{"address":"a","box":{}}"#,
        r#"{"address":"a","address":"a"}"#,
    ] {
        assert!(from_str::<Scalars>(json).is_err() && from_str::<Parcel>(json).is_err(), "{json}");
    }
    // One entry in the message and one in the text are not two.
    let mut scalars = Scalars { ma: HashMap::from([(1, 1.0), (2, 2.0)]), ..Scalars::default() };
    rsvc::json::merge(&mut scalars, br#"{"ma":{"1":5,"3":7}}"#).expect("a map");
    assert_eq!(scalars.ma, HashMap::from([(1, 5.0), (2, 2.0), (3, 7.0)]));
    assert!(rsvc::json::merge(&mut scalars, br#"{"ma":{"9":5,"9":7}}"#).is_err());
}

/// All ways to write an integer.
fn forms(digits: &str) -> [String; 7] {
    let exponent = |text: &str| if text == "0" { "0e-1".into() } else { format!("{text}0e-1") };
    [
        digits.into(),
        format!("\"{digits}\""),
        format!("{digits}.0"),
        format!("\"{digits}.000\""),
        exponent(digits),
        format!("\"{}\"", exponent(digits)),
        format!("{digits}E+0"),
    ]
}

#[test]
fn integers_of_every_field_at_their_boundaries() {
    const SIGNED_32: (&str, &str, &str, &str) = ("-2147483648", "2147483647", "-2147483649", "2147483648");
    const UNSIGNED_32: (&str, &str, &str, &str) = ("0", "4294967295", "-1", "4294967296");
    const SIGNED_64: (&str, &str, &str, &str) =
        ("-9223372036854775808", "9223372036854775807", "-9223372036854775809", "9223372036854775808");
    const UNSIGNED_64: (&str, &str, &str, &str) = ("0", "18446744073709551615", "-1", "18446744073709551616");
    for (fields, (min, max, below, above)) in [
        (["c", "g", "k"], SIGNED_32),
        (["d", "h", "l"], SIGNED_64),
        (["e", "i", "e"], UNSIGNED_32),
        (["f", "j", "f"], UNSIGNED_64),
    ] {
        for field in fields {
            for digits in [min, max] {
                for form in forms(digits) {
                    let json = format!("{{\"{field}\":{form}}}");
                    let read: Scalars = from_str(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
                    let back = to_string(&read).expect("JSON");
                    assert!(digits == "0" || back.contains(digits), "{json} became {back}");
                }
            }
            for digits in [below, above, "1e30", "0.5", "1e-1", "", "x", "+1", "0x1", "01", "1_0"] {
                for form in [digits.to_owned(), format!("\"{digits}\""), format!("\" {digits}\"")] {
                    let json = format!("{{\"{field}\":{form}}}");
                    assert!(from_str::<Scalars>(&json).is_err(), "{json}");
                }
            }
        }
    }
}

#[test]
fn keys_of_every_type_in_maps() {
    let json = r#"{"ma":{"-2147483648":1,"2147483647":2},"mh":{"-9223372036854775808":4294967295},"mm":{"false":"-1","true":"1"},"mo":{"":"AA==","k\"":""},"mn":{"18446744073709551615":"x"}}"#;
    let read: Scalars = from_str(json).expect("maps");
    assert_eq!(to_string(&read).as_deref(), Ok(json));
    for wrong in [
        r#"{"ma":{"2147483648":1}}"#,
        r#"{"ma":{"":1}}"#,
        r#"{"ma":{1:1}}"#,
        r#"{"mh":{"0.5":1}}"#,
        r#"{"mm":{"1":"1"}}"#,
        r#"{"mm":{"True":"1"}}"#,
        r#"{"mn":{"-1":"1"}}"#,
        r#"{"mo":{null:""}}"#,
        r#"{"mo":{"a":null}}"#,
    ] {
        assert!(from_str::<Scalars>(wrong).is_err(), "{wrong}");
    }
}

/// JSON with all that the well-known types have.
const WELL_KNOWN: &str = r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"-1.5s"},"duration":"3s","empty":{},"fieldMask":"aB,c.d","struct":{"k":[1,null,"x"]},"value":null,"list":[[],{}],"timestamp":"2024-02-29T12:30:00.500Z","b":true,"bytes":"AQI=","d":"NaN","l":"9","s":"\u00e9","anys":[{}],"empties":[{}],"ints":{"a":1},"values":{"n":null}}"#;

#[test]
fn cut_off_at_every_byte() {
    fn cut<T: Json + Default + Debug>(json: &str) {
        assert!(from_str::<T>(json).is_ok(), "{json}");
        for end in 0..json.len() {
            let error = from_slice::<T>(&json.as_bytes()[..end]).expect_err("cut off");
            assert!(error.offset() <= end, "{error}");
        }
    }
    cut::<WellKnown>(WELL_KNOWN);
    cut::<Parcel>(
        r#"{"state":-1,"items":[{"name":"a\n"}],"byShelf":{"1":{}},"barcode":"1e2","volume":1.5e3,"box":{"fragile":true}}"#,
    );
    cut::<Circle>(r#"{"through":{"circle":{"through":null}}}"#);
}

#[test]
fn what_is_not_utf_8_is_refused_wherever_it_is() {
    for at in 0..WELL_KNOWN.len() {
        for byte in [0x80, 0xc0, 0xff] {
            let mut bytes = WELL_KNOWN.as_bytes().to_vec();
            bytes.insert(at, byte);
            let error = from_slice::<WellKnown>(&bytes).expect_err("no UTF-8");
            assert_eq!(
                (error.message(), error.offset(), error.kind()),
                ("invalid UTF-8", at, ErrorKind::Syntax)
            );
        }
    }
}

#[test]
fn halves_of_surrogates() {
    for half in [r"\ud83d", r"\ude00", r"\ud83d\ud83d", r"\ude00\ud83d", r"\ud83dx", r"\ud83d\n"] {
        for json in [
            format!(r#"{{"n":"{half}"}}"#),
            format!(r#"{{"mo":{{"{half}":""}}}}"#),
            format!(r#"{{"{half}":1}}"#),
        ] {
            let error = from_str::<Scalars>(&json).expect_err("half of a pair");
            assert!(error.message().contains("surrogate"), "{json}: {error}");
            // Also where nobody wants the value.
            assert!(ReadOptions::new().ignore_unknown(true).from_str::<Parcel>(&json).is_err(), "{json}");
        }
    }
    assert_eq!(from_str::<Scalars>(r#"{"n":"\ud83d\uDE00"}"#).expect("a pair").n, "😀");
}

#[test]
fn a_million_elements() {
    const MILLION: usize = 1_000_000;
    let list = |name: &str, element: &str| {
        format!("{{\"{name}\":[{}{element}]}}", format!("{element},").repeat(MILLION - 1))
    };
    assert_eq!(from_str::<Scalars>(&list("unpacked", "7")).expect("a list").unpacked.len(), MILLION);
    assert_eq!(from_str::<Scalars>(&list("rn", "\"\"")).expect("a list").rn.len(), MILLION);
    let many: Parcel = from_str(&list("items", "{}")).expect("a list");
    assert_eq!(many.items.len(), MILLION);
    assert_eq!(to_string(&many).expect("JSON"), list("items", "{}"));
    let entries: Vec<_> = (0..MILLION).map(|key| format!("\"{key}\":0")).collect();
    let map = format!("{{\"ma\":{{{}}}}}", entries.join(","));
    let read: Scalars = from_str(&map).expect("a map");
    assert_eq!(read.ma.len(), MILLION);
    assert_eq!(to_string(&read).expect("JSON"), map);
}

#[test]
fn errors_name_the_path_and_the_offset() {
    for (json, path, offset, message) in [
        (r#"{"items":[{},{"count":true}]}"#, "items[1].count", 22, "expected a number, found a bool"),
        (r#"{"byShelf":{"7":{"name":1}}}"#, "byShelf.7.name", 24, "expected a string, found a number"),
        (r#"{"box":{"box":{"seal":"?"}}}"#, "box.box.seal", 23, "'?' is not base64"),
        (r#"{"history":["STATE_SENT","X"]}"#, "history[1]", 25, r#"serde.v1.Parcel.State has no value "X""#),
        (
            r#"{"sentAt":"yesterday"}"#,
            "sentAt",
            10,
            r#""yesterday" is not an RFC 3339 timestamp of years 1 to 9999"#,
        ),
        (r#"{"fragile":1}"#, "fragile", 11, "expected a bool, found a number"),
        (r#"{"items":{}}"#, "items", 9, "expected an array, found an object"),
        (r#"{"items":[null]}"#, "items[0]", 10, "expected an object, found null"),
        (r#"{"x":1}"#, "", 1, r#"serde.v1.Parcel has no field "x""#),
        (r"[]", "", 0, "expected an object, found an array"),
        (r#"{"state":1,}"#, "", 11, "expected a field name in quotes, found '}'"),
        // What stands there is named by all of it, not by its first letter.
        ("name=x", "", 0, "expected an object, found `name`"),
        ("foo=x", "", 0, "expected an object, found `foo`"),
        ("tag=x", "", 0, "expected an object, found `tag`"),
        ("-x", "", 0, "expected an object, found `-x`"),
        ("12abc=1", "", 0, "expected an object, found `12abc`"),
        ("über", "", 0, "expected an object, found `über`"),
        ("<html>", "", 0, "expected an object, found '<'"),
        ("null", "", 0, "expected an object, found null"),
        ("true", "", 0, "expected an object, found a bool"),
        ("-1.5e3", "", 0, "expected an object, found a number"),
        (r#"{"fragile":truth}"#, "fragile", 11, "expected a value, found `truth`"),
        (r#"{"fragile":"yes"}"#, "fragile", 11, "expected a bool, found a string"),
        (r#"{"fragile":none}"#, "fragile", 11, "expected a value, found `none`"),
        (r"{} {}", "", 3, "expected the end, found an object"),
    ] {
        let error = from_str::<Parcel>(json).expect_err(json);
        assert_eq!((error.path(), error.offset(), error.message()), (path, offset, message), "{json}");
        let place = if path.is_empty() { String::new() } else { format!(" at `{path}`") };
        assert_eq!(error.to_string(), format!("{message}{place} (offset {offset})"));
    }
}
